// SPDX-License-Identifier: GPL-2.0
/*
 * accept.c - files that were accepted into the store while their license allowed it, in the
 * secure area.
 *
 * A license may have a download period. A file is then accepted in that period, by its head,
 * which the license's key shows to be authentic; and a file that was not accepted is not opened.
 * What was accepted stays so whatever licenses come and go, but each distributor has only so many.
 */
#include "private.h"
#include "area/area.h"

/* Most files of one distributor that are known to have been accepted; the oldest is forgotten then. */
#define ACCEPTED_MAX	1024

/**
 * struct accept_txn - the acceptance of a file, or a look at it
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

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, ops, license->anchor->issuer);
	kref_get(&license->ref);
	t->license = license;
	memcpy(t->name, name, sizeof(t->name));
	return cask_txn_run(&t->txn);
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
	const struct cask_accepted_record value = { .counter = cpu_to_le64(counter) };
	int ret;

	if (is_accepted(r, t))
		return 0;
	ret = cask_time_apply_in(l->anchor, p.not_before, p.not_after, r);
	if (ret < 0)
		return ret;
	cask_records_make_room(r, CASK_RECORD_ACCEPTED, txn->issuer, ACCEPTED_MAX);
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
