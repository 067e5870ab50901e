// SPDX-License-Identifier: GPL-2.0
/*
 * lent.c - copies of licenses that media have: counted, noted, given back, in the secure area.
 *
 * A copy is counted and its medium noted in one commit, before the medium is written; so what
 * the power cut short is known, and is finished without being counted again. The note of an
 * export goes when it has arrived, that of a check-out when the medium has it no more.
 */
#include <linux/err.h>

#include "private.h"
#include "area/area.h"

#define ENTRIES_MAX	(CASK_RECORD_MAX / sizeof(struct cask_lent))

/**
 * struct lent_txn - a change of what is noted of a license, or a look at it
 * @txn: carries it out
 * @license: that is copied, with a reference; NULL when it does not matter
 * @name: of the license
 * @use: enum cask_lent_use
 * @version: of @license, of which the copy is
 * @mark: the step of the medium; points to @issuer and @number
 * @issuer: of the license and the medium's class
 * @number: the medium's
 * @right: what is left then
 * @lent: to how many media it is checked out then
 * @count: of @entries
 * @entries: what is noted
 */
struct lent_txn {
	struct cask_txn txn;
	struct cask_license *license;
	u8 name[CASK_ID_SIZE];
	u32 use;
	u32 version;
	struct cask_mark mark;
	u8 issuer[CASK_KID_SIZE];
	u8 number[CASK_MEDIUM_NUMBER_SIZE];
	struct cask_right_record right;
	unsigned int lent;
	unsigned int count;
	struct cask_lent entries[ENTRIES_MAX];
};

static struct lent_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct lent_txn, txn);
}

static struct cask_record_key key_of(const u8 *issuer, const u8 *license_id)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_LENT, .issuer = issuer, .name = license_id,
	};
}

/* --- what is noted --- */

static int get_entries(struct lent_txn *t, const struct cask_records *r)
{
	const struct cask_record_key key = key_of(t->issuer, t->name);
	struct cask_bytes value;

	t->count = 0;
	if (!cask_records_find(r, &key, &value))
		return 0;
	if (value.len % sizeof(struct cask_lent) || value.len > sizeof(t->entries))
		return -EIO;
	memcpy(t->entries, value.data, value.len);
	t->count = value.len / sizeof(struct cask_lent);
	return 0;
}

static int put_entries(struct lent_txn *t, struct cask_records *r)
{
	const struct cask_record_key key = key_of(t->issuer, t->name);

	if (!t->count)
		return cask_records_del(r, &key);
	return cask_records_put(r, &key, t->entries, t->count * sizeof(struct cask_lent));
}

static struct cask_lent *find_entry(struct lent_txn *t)
{
	unsigned int i;

	for (i = 0; i < t->count; i++)
		if (!memcmp(t->entries[i].number, t->number, sizeof(t->number)))
			return &t->entries[i];
	return NULL;
}

/* Of so many bytes of entries, which may lie anywhere. */
static unsigned int count_lent(const void *entries, size_t len)
{
	const u8 *p = entries + offsetof(struct cask_lent, use);
	unsigned int n = 0;
	size_t at;

	for (at = 0; at + sizeof(struct cask_lent) <= len; at += sizeof(struct cask_lent))
		n += cask_le32(p + at) == CASK_LENT_CHECKOUT;
	return n;
}

static unsigned int count_noted(const struct lent_txn *t)
{
	return count_lent(t->entries, t->count * sizeof(struct cask_lent));
}

/* The note goes, if it is there and of this use; -ENOENT. */
static int drop_entry(struct lent_txn *t, struct cask_records *r)
{
	struct cask_lent *e = find_entry(t);

	if (!e || e->use != cpu_to_le32(t->use))
		return -ENOENT;
	*e = t->entries[--t->count];
	t->lent = count_noted(t);
	return put_entries(t, r);
}

/**
 * cask_lent_count() - to how many media a license is checked out, in a transaction
 * @records: of the secure area
 * @issuer: CASK_KID_SIZE bytes
 * @license_id: CASK_ID_SIZE bytes
 *
 * Return: how many.
 */
unsigned int cask_lent_count(const struct cask_records *records, const u8 *issuer,
			     const u8 *license_id)
{
	const struct cask_record_key key = key_of(issuer, license_id);
	struct cask_bytes value;

	if (!cask_records_find(records, &key, &value))
		return 0;
	return count_lent(value.data, value.len);
}

/**
 * cask_lent_end() - forget which media have copies of a license, in a transaction
 * @records: of the secure area
 * @issuer: CASK_KID_SIZE bytes
 * @license_id: CASK_ID_SIZE bytes
 *
 * Return: 1, or 0 when none has.
 */
int cask_lent_end(struct cask_records *records, const u8 *issuer, const u8 *license_id)
{
	const struct cask_record_key key = key_of(issuer, license_id);

	return !cask_records_del(records, &key);
}

/* --- transactions --- */

static void release(struct cask_txn *txn)
{
	cask_license_put(of(txn)->license);
	kfree(of(txn));
}

static void committed(struct cask_txn *txn)
{
	const struct lent_txn *t = of(txn);

	if (!t->license)
		return;
	WRITE_ONCE(t->license->exports_left, le32_to_cpu(t->right.exports));
	WRITE_ONCE(t->license->checkouts_left, le32_to_cpu(t->right.checkouts));
	WRITE_ONCE(t->license->lent, t->lent);
	cask_time_kept(t->license);
}

/* A count of the right goes down by one, or there is none left. */
static int count_one(struct lent_txn *t)
{
	__le32 *left = t->use == CASK_LENT_EXPORT ? &t->right.exports : &t->right.checkouts;

	if (!*left)
		return -EDQUOT;
	if (t->use == CASK_LENT_CHECKOUT && t->lent >= t->license->at_once)
		return -EBUSY;
	*left = cpu_to_le32(le32_to_cpu(*left) - 1);
	return 0;
}

static int add_entry(struct lent_txn *t, struct cask_records *r)
{
	struct cask_lent *e = &t->entries[t->count];
	int ret;

	if (t->count == ENTRIES_MAX)
		return -ENOSPC;
	ret = count_one(t);
	if (ret)
		return ret;
	memcpy(e->number, t->number, sizeof(e->number));
	e->use = cpu_to_le32(t->use);
	t->count++;
	t->lent = count_noted(t);
	return cask_right_put(r, t->license, &t->right) ?: put_entries(t, r);
}

static int apply_lend(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct lent_txn *t = of(txn);
	const struct cask_lent *e;
	int ret;

	ret = cask_right_get(r, t->license, &t->right);
	/* The copy is of the one before. */
	if (!ret && le32_to_cpu(t->right.version) != t->version)
		ret = -EKEYREVOKED;
	ret = ret ?: min(cask_time_apply(t->license, r), 0) ?: get_entries(t, r);
	if (ret)
		return ret;
	t->lent = count_noted(t);
	e = find_entry(t);
	/* What was begun before was counted then. */
	if (!e)
		ret = add_entry(t, r);
	else if (e->use != cpu_to_le32(t->use))
		ret = -EEXIST;
	return ret ?: cask_mark_apply(&t->mark, r, true);
}

static const struct cask_txn_ops lend_ops = {
	.apply = apply_lend, .committed = committed, .release = release,
};

static int apply_seek(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct lent_txn *t = of(txn);
	const struct cask_lent *e;
	int ret = get_entries(t, r);

	e = find_entry(t);
	return ret ?: e && e->use == cpu_to_le32(t->use) ? 0 : -ENOENT;
}

static const struct cask_txn_ops seek_ops = {
	.apply = apply_seek, .release = release,
};

static int apply_arrive(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct lent_txn *t = of(txn);
	int ret = get_entries(t, r);

	/* An export stays where it is now, and a check-out may come back. */
	if (!ret && t->use == CASK_LENT_EXPORT)
		ret = drop_entry(t, r);
	return ret ?: cask_mark_apply(&t->mark, r, true);
}

static const struct cask_txn_ops arrive_ops = {
	.apply = apply_arrive, .release = release,
};

static int apply_return(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct lent_txn *t = of(txn);
	int ret = get_entries(t, r) ?: drop_entry(t, r);

	return ret ?: cask_mark_apply(&t->mark, r, true);
}

static void returned(struct cask_txn *txn)
{
	struct cask_license *l = of(txn)->license;

	if (l)
		WRITE_ONCE(l->lent, of(txn)->lent);
}

static const struct cask_txn_ops return_ops = {
	.apply = apply_return, .committed = returned, .release = release,
};

static struct lent_txn *lent_new(const struct cask_txn_ops *ops, const u8 *license_id, u32 use,
				 const struct cask_mark *mark, struct cask_license *l)
{
	struct lent_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	cask_txn_init(&t->txn, ops, mark->issuer);
	if (l)
		kref_get(&l->ref);
	t->license = l;
	t->use = use;
	memcpy(t->name, license_id, sizeof(t->name));
	memcpy(t->issuer, mark->issuer, sizeof(t->issuer));
	memcpy(t->number, mark->number, sizeof(t->number));
	t->mark = *mark;
	t->mark.issuer = t->issuer;
	t->mark.number = t->number;
	return t;
}

static int run(struct lent_txn *t)
{
	if (!t)
		return -ENOMEM;
	return cask_txn_run(&t->txn);
}

/**
 * cask_lent_begin() - count a copy, before it is made
 * @license: that installs once, of the issuer of the medium's class
 * @version: of the license when the copy was prepared
 * @use: enum cask_lent_use
 * @mark: of the medium, from where it is to where it is
 *
 * Return: 0 when it is on disk, or was begun before; -EDQUOT when none is left; -EBUSY when as
 * many are checked out as may be at once; -EEXIST when a copy of the other use is on its way to
 * the medium, or on it; -ESTALE when the medium is an older copy; -EKEYREVOKED when the
 * license is gone, or cask_right_was_renewed(); -ENOSPC; cask_time_apply(); -ENOMEM;
 * cask_area_run().
 */
int cask_lent_begin(struct cask_license *license, u32 version, u32 use,
		    const struct cask_mark *mark)
{
	struct lent_txn *t = lent_new(&lend_ops, license->id, use, mark, license);

	if (t)
		t->version = version;
	return run(t);
}

/**
 * cask_lent_look() - whether a copy is noted
 * @license_id: CASK_ID_SIZE bytes
 * @use: enum cask_lent_use
 * @mark: of the medium
 *
 * Return: 0; -ENOENT when it is not; -ENOMEM; cask_area_run().
 */
int cask_lent_look(const u8 *license_id, u32 use, const struct cask_mark *mark)
{
	return run(lent_new(&seek_ops, license_id, use, mark, NULL));
}

/**
 * cask_lent_arrive() - the copy is on the medium
 * @license_id: CASK_ID_SIZE bytes
 * @use: enum cask_lent_use
 * @mark: the step of the medium
 *
 * Return: 0; -ENOENT when no export was begun; -ESTALE when the medium is an older copy;
 * -ENOMEM; cask_area_run().
 */
int cask_lent_arrive(const u8 *license_id, u32 use, const struct cask_mark *mark)
{
	return run(lent_new(&arrive_ops, license_id, use, mark, NULL));
}

/**
 * cask_lent_return() - the copy is on the medium no more
 * @license_id: CASK_ID_SIZE bytes
 * @mark: the step of the medium
 *
 * Return: 0; -ENOENT when it was not checked out here; -ESTALE when the medium is an older
 * copy; -ENOMEM; cask_area_run().
 */
int cask_lent_return(const u8 *license_id, const struct cask_mark *mark)
{
	struct cask_license *l = cask_license_find(mark->issuer, license_id);
	int ret = run(lent_new(&return_ops, license_id, CASK_LENT_CHECKOUT, mark, l));

	cask_license_put(l);
	return ret;
}
