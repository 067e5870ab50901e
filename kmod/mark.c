// SPDX-License-Identifier: GPL-2.0
/*
 * mark.c - how far media have come in this device, in its secure area.
 *
 * A use that counts moves a medium one image on and leaves a mark of that image here.
 * A copy that was made before is behind it then, and goes on no more.
 */
#include "private.h"
#include "area/area.h"

static struct cask_record_key key_of(const u8 *issuer, const u8 *number)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_MARK, .issuer = issuer, .name = number,
	};
}

static int get_mark(const struct cask_records *r, const struct cask_record_key *key,
		    struct cask_mark_record *ret)
{
	struct cask_bytes value;

	if (!cask_records_find(r, key, &value))
		return -ENOENT;
	if (value.len != sizeof(*ret))
		return -EIO;
	memcpy(ret, value.data, sizeof(*ret));
	return 0;
}

/**
 * cask_mark_is_behind() - whether a medium is an older copy of what left a mark
 * @at: the mark; a counter of 0 is none
 * @image: that the medium is at
 *
 * Return: true when it is behind, or as far by another image.
 */
bool cask_mark_is_behind(const struct cask_mark_record *at, const struct cask_mark_record *image)
{
	u64 mark = le64_to_cpu(at->counter), now = le64_to_cpu(image->counter);

	return now < mark || (now && now == mark && memcmp(at->salt, image->salt, sizeof(at->salt)));
}

/**
 * cask_mark_apply() - move a medium's mark, in a transaction
 * @mark: the step
 * @records: of the secure area
 * @make: also where there is no mark yet
 *
 * Return: 1; 0 when there is no mark; -ESTALE when the medium is an older copy; -EIO;
 * -ENOSPC.
 */
int cask_mark_apply(const struct cask_mark *mark, struct cask_records *records, bool make)
{
	const struct cask_record_key key = key_of(mark->issuer, mark->number);
	struct cask_mark_record at;
	int ret = get_mark(records, &key, &at);

	if (ret == -ENOENT && !make)
		return 0;
	if (ret && ret != -ENOENT)
		return ret;
	if (!ret && cask_mark_is_behind(&at, &mark->from))
		return -ESTALE;
	return cask_records_put(records, &key, &mark->to, sizeof(mark->to)) ?: 1;
}

/**
 * struct mark_txn - a look at a mark, or a step of it
 * @txn: carries it out
 * @issuer: whose class
 * @number: of the medium
 * @mark: points to @issuer and @number
 * @at: the mark that was found
 */
struct mark_txn {
	struct cask_txn txn;
	u8 issuer[CASK_KID_SIZE];
	u8 number[CASK_MEDIUM_NUMBER_SIZE];
	struct cask_mark mark;
	struct cask_mark_record at;
};

static struct mark_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct mark_txn, txn);
}

static void release(struct cask_txn *txn)
{
	kfree(of(txn));
}

static struct mark_txn *mark_new(const struct cask_txn_ops *ops, const u8 *issuer, const u8 *number)
{
	struct mark_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	cask_txn_init(&t->txn, ops, issuer);
	memcpy(t->issuer, issuer, CASK_KID_SIZE);
	memcpy(t->number, number, CASK_MEDIUM_NUMBER_SIZE);
	t->mark.issuer = t->issuer;
	t->mark.number = t->number;
	return t;
}

static int apply_get(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct mark_txn *t = of(txn);
	const struct cask_record_key key = key_of(t->issuer, t->number);
	int ret = get_mark(r, &key, &t->at);

	return ret == -ENOENT ? 0 : ret;
}

static const struct cask_txn_ops get_ops = {
	.apply = apply_get, .release = release,
};

/**
 * cask_mark_get() - how far a medium has come in this device
 * @issuer: whose class, CASK_KID_SIZE bytes
 * @number: of the medium, CASK_MEDIUM_NUMBER_SIZE bytes
 * @ret_at: the mark; its counter is 0 when there is none
 *
 * Return: 0; -ENOMEM; cask_area_run().
 */
int cask_mark_get(const u8 *issuer, const u8 *number, struct cask_mark_record *ret_at)
{
	struct mark_txn *t = mark_new(&get_ops, issuer, number);
	int ret;

	if (!t)
		return -ENOMEM;
	ret = cask_area_run(&t->txn);
	if (!ret)
		*ret_at = t->at;
	cask_txn_put(&t->txn);
	return ret;
}

static int apply_move(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	return cask_mark_apply(&of(txn)->mark, r, false);
}

static const struct cask_txn_ops move_ops = {
	.apply = apply_move, .release = release,
};

/**
 * cask_mark_move() - a medium that has a mark went on without a use
 * @mark: the step
 *
 * Return: 0; -ESTALE when the medium is an older copy; -ENOMEM; cask_area_run().
 */
int cask_mark_move(const struct cask_mark *mark)
{
	struct mark_txn *t = mark_new(&move_ops, mark->issuer, mark->number);

	if (!t)
		return -ENOMEM;
	t->mark.from = mark->from;
	t->mark.to = mark->to;
	return cask_txn_run(&t->txn);
}
