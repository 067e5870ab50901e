// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - uses that a distributor wants to know of: logged before the key is of use,
 * reported, dropped when it says that they are on record.
 *
 * area/log.c says what a log is. An opening is logged in the commit that counts it, or in
 * one of its own where nothing else counts; what a meter wants is logged before it is
 * handed out (prepaid.c).
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/random.h>

#include "private.h"
#include "area/area.h"

/* As late as it is to the license, and never before what its distributor has signed. */
static u64 now(const struct cask_license *l)
{
	return max_t(u64, cask_anchor_known_time(l->anchor), max_t(s64, ktime_get_real_seconds(), 0));
}

static u64 amount_of(const struct cask_license *l, const struct cask_use *use)
{
	if (use->event != CASK_LOG_OPENED)
		return use->amount;
	/* What other files of the license have left is there for this one, too. */
	if (l->prepaid.unit)
		return cask_prepaid_is_left(&l->prepaid) ? 0 : l->prepaid.quantum;
	return 1;
}

/**
 * cask_log_apply() - log a use, in a transaction
 * @license: that is used
 * @records: of the secure area
 * @use: what for; an opening gets its amount
 *
 * Return: 1; 0 when the license owes no log; -EDQUOT when a report has to be acknowledged
 * first; -EIO; -ENOSPC.
 */
int cask_log_apply(const struct cask_license *license, struct cask_records *records,
		   struct cask_use *use)
{
	struct cask_log_entry entry = {
		.event = cpu_to_le32(use->event), .unit = cpu_to_le32(license->prepaid.unit),
	};
	u8 series[sizeof_field(struct cask_log_place, series)];
	const u8 *issuer = license->anchor->issuer;

	if (!license->logged)
		return 0;
	use->amount = amount_of(license, use);
	memcpy(entry.license_id, license->id, sizeof(entry.license_id));
	entry.time = cpu_to_le64(now(license));
	entry.amount = cpu_to_le64(use->amount);
	get_random_bytes(series, sizeof(series));
	return cask_log_begin(records, issuer, series) ?:
	       cask_log_append(records, issuer, &entry, license->prepaid.max_unreported) ?: 1;
}

/**
 * cask_log_applied() - what cask_log_apply() did is on disk
 * @license: that it was done for
 * @use: likewise
 *
 * What is prepaid may be used from here on, and the agent has something to report.
 */
void cask_log_applied(struct cask_license *license, const struct cask_use *use)
{
	const struct cask_happening h = {
		.event = CASK_EVENT_LOGGED, .issuer = license->anchor->issuer,
		.license_id = license->id, .content_id = license->content_id,
		.user = license->machine ? INVALID_UID : license->owner,
	};

	if (!license->logged)
		return;
	if (license->prepaid.unit && use->event != CASK_LOG_RETURNED)
		cask_prepaid_logged(license, use->amount);
	cask_netlink_event(&h);
}

/**
 * struct use_txn - a use that is logged, and by which nothing else counts but the time
 * @txn: carries it out
 * @license: with a reference
 * @use: of it
 */
struct use_txn {
	struct cask_txn txn;
	struct cask_license *license;
	struct cask_use use;
};

static struct use_txn *use_of(struct cask_txn *txn)
{
	return container_of(txn, struct use_txn, txn);
}

static int apply_log(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct use_txn *t = use_of(txn);
	int kept = t->use.event == CASK_LOG_OPENED ? cask_time_apply_open(t->license, r) : 0;
	int ret = kept < 0 ? kept : cask_log_apply(t->license, r, &t->use);

	return ret < 0 ? ret : ret | kept;
}

static void logged(struct cask_txn *txn)
{
	struct use_txn *t = use_of(txn);

	if (t->use.event == CASK_LOG_OPENED)
		cask_time_kept(t->license);
	cask_log_applied(t->license, &t->use);
}

static void release_use(struct cask_txn *txn)
{
	cask_license_put(use_of(txn)->license);
	kfree(use_of(txn));
}

static const struct cask_txn_ops use_ops = {
	.apply = apply_log, .committed = logged, .release = release_use,
};

static struct use_txn *use_new(struct cask_license *l, u32 event, u64 amount)
{
	struct use_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	cask_txn_init(&t->txn, &use_ops, l->anchor->issuer);
	kref_get(&l->ref);
	t->license = l;
	t->use.event = event;
	t->use.amount = amount;
	return t;
}

/**
 * cask_log_use() - log a use, before anything comes of it
 * @license: that owes a log
 * @event: CASK_LOG_OPENED, which also keeps the time and is counted as an opening; CASK_LOG_METERED
 * @amount: that is prepaid; of an opening, it is found out
 *
 * Return: 0 when it is on disk; cask_time_apply_open(); cask_log_apply(); -ENOMEM;
 * cask_area_run().
 */
int cask_log_use(struct cask_license *license, u32 event, u64 amount)
{
	struct use_txn *t = use_new(license, event, amount);

	if (!t)
		return -ENOMEM;
	return cask_txn_run(&t->txn);
}

/**
 * cask_log_return() - log that something prepaid was not used
 * @license: that it was prepaid by
 * @amount: of it
 *
 * All of it was, if nothing is left. Nobody waits for that: what cannot be logged stays
 * used. Return: 0, -ENOMEM,
 * -ESHUTDOWN.
 */
int cask_log_return(struct cask_license *license, u64 amount)
{
	struct use_txn *t = use_new(license, CASK_LOG_RETURNED, amount);
	int ret;

	if (!t)
		return -ENOMEM;
	ret = cask_area_post(&t->txn);
	cask_txn_put(&t->txn);
	return ret;
}

/* --- reports --- */

/**
 * struct report_txn - a look at a log
 * @txn: carries it out
 * @size: of @object
 * @object: REPORT
 */
struct report_txn {
	struct cask_txn txn;
	size_t size;
	u8 object[CASK_REPORT_MAX];
};

static struct report_txn *report_of(struct cask_txn *txn)
{
	return container_of(txn, struct report_txn, txn);
}

static int apply_report(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct report_txn *t = report_of(txn);
	struct cask_report_view v = {
		.issuer = { txn->issuer, CASK_KID_SIZE },
		.device_id = { cask_device_id(), CASK_KID_SIZE },
	};
	struct cask_log log = {};
	int ret = cask_log_find(r, txn->issuer, &log);

	if (ret == -ENOENT || (!ret && !log.count))
		return -ENODATA;
	if (ret)
		return ret;
	v.series = log.place.series;
	v.number = le64_to_cpu(log.place.number);
	v.count = log.count;
	v.entries.data = log.entries;
	t->size = cask_report_build(t->object, &v);
	return 0;
}

static void release_report(struct cask_txn *txn)
{
	kfree(report_of(txn));
}

static const struct cask_txn_ops report_ops = {
	.apply = apply_report, .release = release_report,
};

static int seal(struct report_txn *t, const u8 *server_key)
{
	size_t maced = t->size - CASK_MAC_SIZE;

	return cask_pairwise_mac(server_key, CASK_INFO_REPORT, t->object, maced, t->object + maced);
}

/**
 * cask_log_report() - what of a log is not acknowledged, for its distributor
 * @anchor: the distributor
 * @object: CASK_REPORT_MAX bytes: REPORT, when 0 is returned
 * @ret_size: bytes of it
 *
 * Return: 0; -ENODATA when there is nothing; -ENOMEM; cask_pairwise_mac(); cask_area_run().
 */
int cask_log_report(struct cask_anchor *anchor, u8 *object, size_t *ret_size)
{
	struct report_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	u8 server_key[CASK_X25519_SIZE];
	int ret;

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, &report_ops, anchor->issuer);
	cask_anchor_server_key(anchor, server_key);
	ret = cask_area_run(&t->txn) ?: seal(t, server_key);
	if (!ret) {
		memcpy(object, t->object, t->size);
		*ret_size = t->size;
	}
	cask_txn_put(&t->txn);
	return ret;
}

/* --- acknowledgements --- */

/**
 * struct drop_txn - entries that are on record
 * @txn: carries it out
 * @last: of them
 */
struct drop_txn {
	struct cask_txn txn;
	struct cask_log_place last;
};

static struct drop_txn *drop_of(struct cask_txn *txn)
{
	return container_of(txn, struct drop_txn, txn);
}

static int apply_acknowledged(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	const struct cask_log_place *last = &drop_of(txn)->last;

	return cask_log_drop(r, txn->issuer, last->series, le64_to_cpu(last->number));
}

static void release_drop(struct cask_txn *txn)
{
	kfree(drop_of(txn));
}

static const struct cask_txn_ops drop_ops = {
	.apply = apply_acknowledged, .release = release_drop,
};

static int drop(const struct cask_report_view *v)
{
	struct drop_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, &drop_ops, v->issuer.data);
	memcpy(t->last.series, v->series, sizeof(t->last.series));
	t->last.number = cpu_to_le64(v->number);
	return cask_txn_run(&t->txn);
}

static int check(struct cask_anchor *anchor, const struct cask_report_view *v)
{
	u8 server_key[CASK_X25519_SIZE];

	if (memcmp(v->device_id.data, cask_device_id(), CASK_KID_SIZE))
		return -EXDEV;
	cask_anchor_server_key(anchor, server_key);
	return cask_pairwise_check(server_key, CASK_INFO_ACKNOWLEDGE, &v->maced, v->mac.data);
}

/**
 * cask_log_acknowledge() - take a distributor's word that uses are on record
 * @object: ACKNOWLEDGEMENT, from outside
 * @issuer: CASK_KID_SIZE bytes, whose it was, when 0 is returned
 *
 * One that was taken, or is older, does nothing. Return: 0 when they are dropped; -EINVAL,
 * -EOPNOTSUPP for what cannot be read; -ENOKEY, -EKEYREJECTED for what is not believed;
 * -EXDEV when it is for another device; -EL2NSYNC when it is of a log that was lost; -ERANGE
 * beyond what is logged; -ENOMEM; cask_area_run().
 */
int cask_log_acknowledge(const struct cask_bytes *object, u8 *issuer)
{
	struct cask_report_view v;
	struct cask_anchor *anchor;
	int ret;

	ret = cask_acknowledgement_parse(&v, object->data, object->len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v.issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = check(anchor, &v) ?: drop(&v);
	cask_anchor_put(anchor);
	if (!ret)
		memcpy(issuer, v.issuer.data, CASK_KID_SIZE);
	return ret;
}
