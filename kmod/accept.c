// SPDX-License-Identifier: GPL-2.0
/*
 * accept.c - files that were accepted into the store while their license allowed it, in the
 * secure area.
 *
 * A license may have a download period. A file is then accepted in that period, by its head,
 * which the license's key shows to be authentic; and a file that was not accepted is not opened.
 * What was accepted stays so, also for a later license for the same content.
 */
#include "private.h"
#include "area/area.h"

/**
 * struct accept_txn - the acceptance of a file, a look at it, or the end of all of a content's
 * @txn: carries it out
 * @license: whose, with a reference
 * @name: of the file
 */
struct accept_txn {
	struct cask_txn txn;
	struct cask_license *license;
	u8 name[CASK_ID_SIZE];
};

static struct accept_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct accept_txn, txn);
}

static void release(struct cask_txn *txn)
{
	cask_license_put(of(txn)->license);
	kfree(of(txn));
}

static int run(const struct cask_txn_ops *ops, struct cask_license *license, const u8 *name)
{
	struct accept_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, ops, license->anchor->issuer);
	kref_get(&license->ref);
	t->license = license;
	if (name)
		memcpy(t->name, name, sizeof(t->name));
	ret = cask_area_run(&t->txn);
	cask_txn_put(&t->txn);
	return ret;
}

static struct cask_record_key key_of(const struct accept_txn *t)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_ACCEPTED, .issuer = t->txn.issuer, .name = t->name,
	};
}

static bool is_accepted(const struct cask_records *r, const struct accept_txn *t)
{
	const struct cask_record_key key = key_of(t);
	struct cask_bytes value;

	return cask_records_find(r, &key, &value);
}

/* By the time of the distributor, as it was kept, too. */
static int apply_accept(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct accept_txn *t = of(txn);
	const struct cask_license *l = t->license;
	const struct cask_period p = cask_license_download(l);
	const struct cask_record_key key = key_of(t);
	struct cask_accepted_record value;
	int ret;

	if (is_accepted(r, t))
		return 0;
	ret = cask_time_apply_in(l->anchor, p.not_before, p.not_after, r);
	if (ret < 0)
		return ret;
	memcpy(value.content_id, l->content_id, sizeof(value.content_id));
	return cask_records_put(r, &key, &value, sizeof(value)) ?: 1;
}

static const struct cask_txn_ops accept_ops = {
	.apply = apply_accept, .release = release,
};

/**
 * cask_accept() - accept a file
 * @license: for it, with a download period
 * @name: of the file, CASK_ID_SIZE bytes
 *
 * Return: 0 when it is on disk, also when it was accepted before; -EKEYEXPIRED, -ETIME out of the
 * download period; -ENOMEM; cask_area_run().
 */
int cask_accept(struct cask_license *license, const u8 *name)
{
	return run(&accept_ops, license, name);
}

static int apply_check(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	return is_accepted(r, of(txn)) ? 0 : -EREMOTE;
}

static const struct cask_txn_ops check_ops = {
	.apply = apply_check, .release = release,
};

/**
 * cask_accept_check() - whether a file was accepted
 * @license: for it, with a download period
 * @name: of the file, CASK_ID_SIZE bytes
 *
 * Return: 0; -EREMOTE when it was not; -ENOMEM; cask_area_run().
 */
int cask_accept_check(struct cask_license *license, const u8 *name)
{
	return run(&check_ops, license, name);
}

static bool is_of_content(const struct accept_txn *t, const struct cask_record_key *key,
			  const struct cask_bytes *value)
{
	return key->kind == CASK_RECORD_ACCEPTED && !memcmp(key->issuer, t->txn.issuer, CASK_KID_SIZE) &&
	       value->len == sizeof(struct cask_accepted_record) &&
	       !memcmp(value->data, t->license->content_id, CASK_ID_SIZE);
}

static int apply_forget(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct accept_txn *t = of(txn);
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0, here;
	int ret = 0;

	for (here = 0; cask_records_next(r, &pos, &key, &value); here = pos) {
		if (!is_of_content(t, &key, &value))
			continue;
		memcpy(t->name, key.name, sizeof(t->name));
		key = key_of(t);
		cask_records_del(r, &key);
		pos = here;
		ret = 1;
	}
	return ret;
}

static const struct cask_txn_ops forget_ops = {
	.apply = apply_forget, .release = release,
};

/**
 * cask_accept_forget() - no license wants any more what was accepted of a content
 * @license: the last one for it that had a download period
 *
 * What cannot be removed now takes room, and opens nothing.
 */
void cask_accept_forget(struct cask_license *license)
{
	run(&forget_ops, license, NULL);
}
