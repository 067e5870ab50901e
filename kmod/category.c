// SPDX-License-Identifier: GPL-2.0
/*
 * category.c - this device's leaves, and the EKBs that were brought for them: LEAF_ADD, EKB_ADD,
 * EKB_DATA.
 *
 * An EKB is larger than a message, so its statement comes first, and is believed before memory
 * is taken for the entries that it names. One is under way at a time. When it is whole and opens,
 * its version is committed as a floor; older ones are refused from then on, in other boots as
 * well. Contents under older versions stay playable, for who opens one has the keys before it.
 */
#include <linux/err.h>

#include "private.h"
#include "area/area.h"
#include "ekb.h"

/* Of a distributor; what others have takes nothing away from it. */
#define CATEGORIES_MAX	64

/**
 * struct category - a tree that this device is in
 * @entry: in the list of all
 * @anchor: whose it is
 * @id: of the category
 * @hash: SHA-256 of the LEAF statement
 * @created: of the LEAF
 * @scheme: of the tree
 * @height: of the tree
 * @leaf: the labels
 * @root: NULL before an EKB was opened
 */
struct category {
	struct list_head entry;
	struct cask_anchor *anchor;
	u8 id[CASK_ID_SIZE];
	u8 hash[SHA256_DIGEST_SIZE];
	u64 created;
	u32 scheme;
	u32 height;
	struct cask_leaf_key *leaf;
	struct cask_root_key *root;
};

/**
 * struct arrival - an EKB that is under way
 * @statement: a copy, which @ekb points into
 * @anchor: whose it is; NULL when none is under way
 * @ekb: what it says
 * @entries: as many as have come
 * @size: bytes of all
 * @got: bytes that have come
 */
struct arrival {
	u8 *statement;
	struct cask_anchor *anchor;
	struct cask_ekb ekb;
	u8 *entries;
	size_t size;
	size_t got;
};

/* Protects both, and what categories hold; no transaction is waited for under it. */
static DEFINE_MUTEX(categories);
static LIST_HEAD(category_list);
static struct arrival arriving;

/* --- leaves --- */

static struct category *find_locked(const struct cask_anchor *anchor, const u8 *id)
{
	struct category *c;

	lockdep_assert_held(&categories);
	list_for_each_entry(c, &category_list, entry)
		if (c->anchor == anchor && !memcmp(c->id, id, CASK_ID_SIZE))
			return c;
	return NULL;
}

static void category_free(struct category *c)
{
	if (!c)
		return;
	cask_leaf_free(c->leaf);
	cask_root_key_put(c->root);
	cask_anchor_put(c->anchor);
	kfree(c);
}

static struct category *category_new(const struct cask_leaf_view *v, struct cask_anchor *anchor)
{
	struct category *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	kref_get(&anchor->ref);
	c->anchor = anchor;
	memcpy(c->id, v->category.data, CASK_ID_SIZE);
	c->created = v->created;
	c->scheme = v->scheme;
	c->height = v->height;
	return c;
}

/* A later LEAF takes the place of the one before, with the root keys that it opened. */
static int insert(struct category *c, struct category **ret_old)
{
	struct category *old = find_locked(c->anchor, c->id), *other;
	unsigned int n = 0;

	if (old && !memcmp(old->hash, c->hash, sizeof(c->hash))) {
		*ret_old = c;
		return 0;
	}
	if (old && old->created >= c->created)
		return -ESTALE;
	list_for_each_entry(other, &category_list, entry)
		n += other->anchor == c->anchor;
	if (!old && n >= CATEGORIES_MAX)
		return -ENOSPC;
	if (old)
		list_del(&old->entry);
	list_add_tail(&c->entry, &category_list);
	*ret_old = old;
	return 0;
}

static int check_leaf(struct cask_anchor *anchor, const struct cask_cose *cose,
		      const struct cask_leaf_view *v)
{
	int ret = cask_anchor_verify(anchor, cose, CASK_PURPOSE_EKB) ?:
		  cask_anchor_signed_time(anchor, v->created) ?:
		  cask_anchor_check(anchor, 0, 0);

	if (!ret && memcmp(v->device_id.data, cask_device_id(), CASK_KID_SIZE))
		ret = -EXDEV;
	return ret;
}

static int add_leaf(struct cask_anchor *anchor, const struct cask_cose *cose,
		    const struct cask_leaf_view *v, const struct cask_bytes *statement)
{
	struct category *c, *old = NULL;
	int ret = check_leaf(anchor, cose, v);

	if (ret)
		return ret;
	c = category_new(v, anchor);
	if (!c)
		return -ENOMEM;
	sha256(statement->data, statement->len, c->hash);
	ret = cask_leaf_unwrap(v, cose->kid, &c->leaf);
	if (!ret) {
		mutex_lock(&categories);
		ret = insert(c, &old);
		mutex_unlock(&categories);
	}
	category_free(ret ? c : old);
	return ret;
}

/**
 * cask_leaf_add() - take this device's place in a category
 * @statement: from outside
 * @issuer: CASK_KID_SIZE bytes, whose category it is, when 0 is returned
 * @category: CASK_ID_SIZE bytes, likewise
 *
 * Return: 0, also when it was there; -EINVAL, -EOPNOTSUPP, -ENOPKG for what cannot be read; -ENOKEY,
 * -EKEYREJECTED for what is not believed; -EKEYEXPIRED, -ETIME out of time; -EXDEV when it is for
 * another device; -EBADMSG when its labels do not open; -ESTALE when a later one is there; -ENOSPC;
 * -ENOMEM.
 */
int cask_leaf_add(const struct cask_bytes *statement, u8 *issuer, u8 *category)
{
	struct cask_anchor *anchor;
	struct cask_leaf_view v;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_leaf_parse(&v, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v.issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = add_leaf(anchor, &cose, &v, statement);
	cask_anchor_put(anchor);
	memcpy(issuer, v.issuer.data, CASK_KID_SIZE);
	memcpy(category, v.category.data, CASK_ID_SIZE);
	return ret;
}

/**
 * cask_category_root() - the root key that a slot wants
 * @anchor: whose license it is
 * @slot: of the method EKB
 * @ret_root: with a reference
 *
 * Return: 0; -ENOKEY when the device has no leaf in the category, or no EKB as new as that.
 */
int cask_category_root(const struct cask_anchor *anchor, const struct cask_slot_view *slot,
		       struct cask_root_key **ret_root)
{
	struct category *c;
	int ret = -ENOKEY;

	mutex_lock(&categories);
	c = find_locked(anchor, slot->key_id);
	if (c && c->root && cask_root_key_version(c->root) >= cask_slot_version(slot)) {
		*ret_root = cask_root_key_get(c->root);
		ret = 0;
	}
	mutex_unlock(&categories);
	return ret;
}

/* --- floors --- */

/**
 * struct floor_txn - an EKB that was opened
 * @txn: carries it out
 * @category: of the EKB
 * @version: of the EKB
 */
struct floor_txn {
	struct cask_txn txn;
	u8 category[CASK_ID_SIZE];
	u32 version;
};

static struct floor_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct floor_txn, txn);
}

static void release(struct cask_txn *txn)
{
	kfree(of(txn));
}

static int apply_floor(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct floor_txn *t = of(txn);
	const struct cask_floor_record floor = { .version = cpu_to_le32(t->version) };
	const struct cask_record_key key = {
		.kind = CASK_RECORD_FLOOR, .issuer = txn->issuer, .name = t->category,
	};
	struct cask_bytes value;
	u32 before = 0;

	if (cask_records_find(r, &key, &value)) {
		if (value.len != sizeof(floor))
			return -EIO;
		before = cask_le32(value.data);
	}
	if (t->version <= before)
		return t->version < before ? -ESTALE : 0;
	return cask_records_put(r, &key, &floor, sizeof(floor)) ?: 1;
}

static const struct cask_txn_ops floor_ops = {
	.apply = apply_floor, .release = release,
};

static int raise_floor(const u8 *issuer, const struct cask_ekb *e)
{
	struct floor_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, &floor_ops, issuer);
	memcpy(t->category, e->category.data, CASK_ID_SIZE);
	t->version = e->version;
	return cask_txn_run(&t->txn);
}

/* --- EKBs --- */

static void arrival_free(struct arrival *a)
{
	if (a->anchor)
		cask_anchor_put(a->anchor);
	kvfree(a->entries);
	kfree(a->statement);
	memset(a, 0, sizeof(*a));
}

/* Whether there is a leaf to open it with, and nothing newer. */
static int check_wanted(const struct cask_anchor *anchor, const struct cask_ekb *e)
{
	const struct category *c;
	int ret = 0;

	mutex_lock(&categories);
	c = find_locked(anchor, e->category.data);
	if (!c || c->scheme != e->scheme || c->height != e->height)
		ret = -ENOENT;
	else if (c->root && cask_root_key_version(c->root) > e->version)
		ret = -ESTALE;
	mutex_unlock(&categories);
	return ret;
}

static int check_ekb(struct cask_anchor *anchor, const struct cask_cose *cose,
		     const struct cask_ekb *e)
{
	return cask_anchor_verify(anchor, cose, CASK_PURPOSE_EKB) ?:
	       cask_anchor_signed_time(anchor, e->created) ?:
	       cask_anchor_check(anchor, 0, 0) ?:
	       check_wanted(anchor, e) ?:
	       /* All are revoked. */
	       (e->count ? 0 : -EKEYREVOKED);
}

static int arrival_begin(struct arrival *a, const struct cask_bytes *statement)
{
	struct cask_cose cose;
	int ret;

	a->statement = kmemdup(statement->data, statement->len, GFP_KERNEL_ACCOUNT);
	if (!a->statement)
		return -ENOMEM;
	ret = cask_cose_parse(&cose, a->statement, statement->len) ?:
	      cask_ekb_parse(&a->ekb, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	a->anchor = cask_anchor_find(a->ekb.issuer.data);
	if (!a->anchor)
		return -ENOKEY;
	ret = check_ekb(a->anchor, &cose, &a->ekb);
	if (ret)
		return ret;
	a->size = (size_t)a->ekb.count * CASK_EKB_ENTRY_SIZE;
	a->entries = kvmalloc(a->size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return a->entries ? 0 : -ENOMEM;
}

/**
 * cask_ekb_begin() - take the statement of an EKB; its entries are to follow
 * @statement: from outside
 * @ret_size: bytes of the entries
 *
 * Whatever was under way is given up. Return: 0; -EINVAL, -EOPNOTSUPP, -ENOPKG for what cannot be
 * read; -ENOKEY, -EKEYREJECTED for what is not believed; -EKEYEXPIRED, -ETIME out of time; -ENOENT when
 * this device has no leaf in such a tree; -ESTALE when a later one is there; -EKEYREVOKED when
 * it is for nobody; -ENOMEM.
 */
int cask_ekb_begin(const struct cask_bytes *statement, size_t *ret_size)
{
	struct arrival new = {};
	int ret = arrival_begin(&new, statement);

	if (ret) {
		arrival_free(&new);
		return ret;
	}
	*ret_size = new.size;
	mutex_lock(&categories);
	swap(arriving, new);
	mutex_unlock(&categories);
	arrival_free(&new);
	return 0;
}

/* The root key in one that is whole. */
static int open_arrived(struct arrival *a, struct cask_root_key **ret_root)
{
	u8 hash[SHA256_DIGEST_SIZE];
	struct category *c;
	int ret;

	sha256(a->entries, a->size, hash);
	if (memcmp(hash, a->ekb.hash.data, sizeof(hash)))
		return -EBADMSG;
	ret = cask_ekb_entries(&a->ekb, a->entries, a->size);
	if (ret)
		return ret;
	mutex_lock(&categories);
	c = find_locked(a->anchor, a->ekb.category.data);
	/* Another LEAF may have come meanwhile. */
	if (!c || c->scheme != a->ekb.scheme || c->height != a->ekb.height)
		ret = -ENOENT;
	else
		ret = cask_leaf_open(c->leaf, &a->ekb, ret_root);
	mutex_unlock(&categories);
	return ret;
}

/* The newest holds, whoever comes last. */
static void keep_root(const struct arrival *a, struct cask_root_key *root)
{
	struct category *c;

	mutex_lock(&categories);
	c = find_locked(a->anchor, a->ekb.category.data);
	if (c && (!c->root || cask_root_key_version(c->root) < cask_root_key_version(root)))
		swap(c->root, root);
	mutex_unlock(&categories);
	cask_root_key_put(root);
}

static int finish(struct arrival *a)
{
	struct cask_root_key *root;
	int ret = open_arrived(a, &root);

	if (ret)
		return ret;
	ret = raise_floor(a->anchor->issuer, &a->ekb);
	if (ret)
		cask_root_key_put(root);
	else
		keep_root(a, root);
	return ret;
}

/**
 * cask_ekb_data() - take a part of the entries of the EKB that is under way
 * @offset: bytes before it
 * @data: the part, from outside
 * @ret_left: bytes that are to follow; 0: the EKB is taken
 *
 * With the last part this may wait for the agent. Return: 0; -ENOENT when none is under way, or
 * the device's leaf is gone; -EINVAL for a part that does not follow the one before or is too long, and for
 * entries that are no cover; -EBADMSG when they are not those that the statement names, or of
 * another tree; -EKEYREVOKED when this device is not among those that it is for; -ESTALE below
 * the floor; -ENOMEM; cask_area_run(). After another error than for the part, none is under way.
 */
int cask_ekb_data(u32 offset, const struct cask_bytes *data, size_t *ret_left)
{
	struct arrival whole = {};
	int ret = 0;

	mutex_lock(&categories);
	if (!arriving.anchor)
		ret = -ENOENT;
	else if (offset != arriving.got || data->len > arriving.size - arriving.got)
		ret = -EINVAL;
	if (!ret) {
		memcpy(arriving.entries + offset, data->data, data->len);
		arriving.got += data->len;
		*ret_left = arriving.size - arriving.got;
		if (!*ret_left)
			swap(arriving, whole);
	}
	mutex_unlock(&categories);
	if (!whole.anchor)
		return ret;
	ret = finish(&whole);
	arrival_free(&whole);
	return ret;
}

/** cask_ekb_gone() - give up what is under way: who brought it is gone */
void cask_ekb_gone(void)
{
	struct arrival old = {};

	mutex_lock(&categories);
	swap(arriving, old);
	mutex_unlock(&categories);
	arrival_free(&old);
}

/** cask_category_exit() - wipe all labels and root keys */
void cask_category_exit(void)
{
	struct category *c, *next;
	LIST_HEAD(gone);

	cask_ekb_gone();
	mutex_lock(&categories);
	list_splice_init(&category_list, &gone);
	mutex_unlock(&categories);
	list_for_each_entry_safe(c, next, &gone, entry)
		category_free(c);
}
