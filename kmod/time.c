// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - how late it has been, by each distributor, in the secure area.
 *
 * What a distributor signed and the boot clock since go with the power. So before a
 * license with a period is of use, and every so often while it plays, what is known by
 * then becomes a record, and after a boot that is known again. How long the power was
 * off, nobody here can tell.
 */
#include <linux/ktime.h>
#include <linux/moduleparam.h>

#include "private.h"
#include "area/area.h"

#define TIME_SECONDS_MAX	300	/* of play that are lost when the power is cut, at most */

static unsigned int time_seconds = TIME_SECONDS_MAX;

/* Without a bound, root could have a license play for days of which nothing is kept. */
static int set_time_seconds(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 0, TIME_SECONDS_MAX);
}

static const struct kernel_param_ops time_seconds_ops = {
	.set = set_time_seconds, .get = param_get_uint,
};

module_param_cb(time_seconds, &time_seconds_ops, &time_seconds, 0644);
__MODULE_PARM_TYPE(time_seconds, "uint");
MODULE_PARM_DESC(time_seconds, "seconds that a license with a period plays before the time is kept anew, 300 at most");

static bool has_period(const struct cask_license *l)
{
	const struct cask_period p = cask_license_period(l);

	return p.not_before || p.not_after;
}

static struct cask_record_key key_of(const struct cask_anchor *anchor)
{
	static const u8 none[CASK_ID_SIZE];

	return (struct cask_record_key){
		.kind = CASK_RECORD_TIME, .issuer = anchor->issuer, .name = none,
	};
}

/* What was kept last is known from here on; 0 when nothing was. */
static int learn(struct cask_anchor *anchor, const struct cask_records *r, u64 *ret_kept)
{
	const struct cask_record_key key = key_of(anchor);
	struct cask_bytes value;

	*ret_kept = 0;
	if (!cask_records_find(r, &key, &value))
		return 0;
	if (value.len != sizeof(struct cask_time_record))
		return -EIO;
	*ret_kept = cask_le64(value.data);
	cask_anchor_has_been(anchor, *ret_kept);
	return 0;
}

/**
 * cask_time_apply_in() - keep the time of a distributor, in a transaction
 * @anchor: the distributor
 * @not_before: of a period that it has to be in, 0 when open
 * @not_after: of that period, 0 when open
 * @records: of the secure area
 *
 * Return: 1; 0 when it is as late as what is kept; -EKEYEXPIRED or -ETIME out of the period, by
 * what was kept; -EIO; -ENOSPC.
 */
int cask_time_apply_in(struct cask_anchor *anchor, u64 not_before, u64 not_after,
		       struct cask_records *records)
{
	const struct cask_record_key key = key_of(anchor);
	struct cask_time_record now;
	u64 kept, known;
	int ret;

	ret = learn(anchor, records, &kept) ?: cask_anchor_check(anchor, not_before, not_after);
	if (ret)
		return ret;
	known = cask_anchor_known_time(anchor);
	if (known <= kept)
		return 0;
	now.seconds = cpu_to_le64(known);
	return cask_records_put(records, &key, &now, sizeof(now)) ?: 1;
}

/**
 * cask_time_apply() - keep the time of a license's distributor, in a transaction
 * @license: to be used; without a period there is nothing to do
 * @records: of the secure area
 *
 * Return: cask_time_apply_in() of its period.
 */
int cask_time_apply(const struct cask_license *license, struct cask_records *records)
{
	const struct cask_period p = cask_license_period(license);

	return has_period(license) ? cask_time_apply_in(license->anchor, p.not_before, p.not_after,
							records) : 0;
}

/**
 * cask_time_apply_open() - keep it, and count an opening without word from the distributor
 * @license: to be opened
 * @records: of the secure area
 *
 * Return: 1; 0 when there is nothing to write; cask_time_apply(); cask_offline_apply().
 */
int cask_time_apply_open(const struct cask_license *license, struct cask_records *records)
{
	int kept = cask_time_apply(license, records), counted;

	if (kept < 0)
		return kept;
	counted = cask_offline_apply(license, records);
	return counted < 0 ? counted : kept | counted;
}

/**
 * cask_time_kept() - what cask_time_apply() did is on disk
 * @license: that it was done for
 */
void cask_time_kept(const struct cask_license *license)
{
	if (has_period(license))
		atomic64_set(&license->anchor->kept, ktime_get_boottime_seconds());
}

/**
 * struct time_txn - the keeping of a distributor's time, or a look at all that is kept
 * @txn: carries it out
 * @license: to be used, with a reference; NULL for a look
 * @opens: it is being opened
 */
struct time_txn {
	struct cask_txn txn;
	struct cask_license *license;
	bool opens;
};

static struct time_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct time_txn, txn);
}

/* Each distributor's is its own affair. */
static void learn_all(const struct cask_records *r)
{
	struct cask_anchor *anchor;
	unsigned int i;
	u64 kept;

	for (i = 0; (anchor = cask_anchor_nth(i)); i++) {
		learn(anchor, r, &kept);
		cask_anchor_put(anchor);
	}
}

static int apply_keep(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct time_txn *t = of(txn);

	if (!t->license) {
		learn_all(r);
		return 0;
	}
	return t->opens ? cask_time_apply_open(t->license, r) : cask_time_apply(t->license, r);
}

static void committed(struct cask_txn *txn)
{
	if (of(txn)->license)
		cask_time_kept(of(txn)->license);
}

static void release(struct cask_txn *txn)
{
	cask_license_put(of(txn)->license);
	kfree(of(txn));
}

static const struct cask_txn_ops keep_ops = {
	.apply = apply_keep, .committed = committed, .release = release,
};

static struct time_txn *time_new(const u8 *issuer)
{
	struct time_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (t)
		cask_txn_init(&t->txn, &keep_ops, issuer);
	return t;
}

static int keep(struct cask_license *license, bool opens)
{
	struct time_txn *t;

	if (!has_period(license))
		return 0;
	t = time_new(license->anchor->issuer);
	if (!t)
		return -ENOMEM;
	kref_get(&license->ref);
	t->license = license;
	t->opens = opens;
	return cask_txn_run(&t->txn);
}

/**
 * cask_time_keep() - keep the time of a license's distributor, while the license is used
 * @license: any; without a period there is nothing to do
 *
 * Return: 0; -EKEYEXPIRED or -ETIME when the license is out of time, by what was kept;
 * -ENOMEM; cask_area_run().
 */
int cask_time_keep(struct cask_license *license)
{
	return keep(license, false);
}

/**
 * cask_time_open() - keep it, and count the opening, before the license is of use
 * @license: any that does not install once; without a period there is nothing to do
 *
 * Return: as cask_time_keep(); cask_offline_apply().
 */
int cask_time_open(struct cask_license *license)
{
	return keep(license, true);
}

/**
 * cask_time_learn() - know how late it was before this boot, by each distributor
 *
 * Return: 0; -ENOMEM; cask_area_run().
 */
int cask_time_learn(void)
{
	static const u8 own[CASK_KID_SIZE];
	struct time_txn *t = time_new(own);

	return t ? cask_txn_run(&t->txn) : -ENOMEM;
}

/**
 * cask_time_is_due() - whether a license has played so long that the time is to be kept anew
 * @license: in use
 *
 * Return: never for one without a period.
 */
bool cask_time_is_due(const struct cask_license *license)
{
	return has_period(license) && ktime_get_boottime_seconds() -
	       atomic64_read(&license->anchor->kept) >= READ_ONCE(time_seconds);
}

/**
 * cask_time_hear() - take a distributor's word that it is so late
 * @statement: TIME, from outside
 * @issuer: CASK_KID_SIZE bytes, whose word it was, when 0 is returned
 *
 * Who may sign licenses says so with each of them, and here alone. Return: 0, also when it was
 * known to be as late; -EINVAL, -EOPNOTSUPP, -ENOPKG for what cannot be read; -ENOKEY, -EKEYREJECTED
 * for what is not believed; -EKEYEXPIRED, -ETIME out of the scope's time.
 */
int cask_time_hear(const struct cask_bytes *statement, u8 *issuer)
{
	struct cask_anchor *anchor;
	struct cask_time_view v;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_time_parse(&v, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v.issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = cask_anchor_verify(anchor, &cose, CASK_PURPOSE_LICENSE | CASK_PURPOSE_TIME) ?:
	      cask_anchor_signed_time(anchor, v.created) ?: cask_anchor_check(anchor, 0, 0);
	cask_anchor_put(anchor);
	memcpy(issuer, v.issuer.data, CASK_KID_SIZE);
	return ret;
}
