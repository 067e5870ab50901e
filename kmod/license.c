// SPDX-License-Identifier: GPL-2.0
/*
 * license.c - licenses, the keys that came with them, and who may use them.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/moduleparam.h>
#include <linux/stringhash.h>
#include <linux/uaccess.h>

#include "private.h"

static unsigned int max_licenses = 4096;
module_param(max_licenses, uint, 0644);
MODULE_PARM_DESC(max_licenses, "most licenses of a distributor installed at once (ENOSPC)");

/* Protects the list, the hash, each distributor's count and the generation. */
static DEFINE_MUTEX(licenses);
static LIST_HEAD(license_list);
static DEFINE_HASHTABLE(license_hash, 10);
static u32 generation;

static u32 hash_of(const u8 *content_id)
{
	return full_name_hash(NULL, content_id, CASK_ID_SIZE);
}

static void license_release(struct kref *ref)
{
	struct cask_license *l = container_of(ref, struct cask_license, ref);

	if (l->class_license) {
		mutex_lock(&l->class_license->lock);
		list_del(&l->sibling);
		mutex_unlock(&l->class_license->lock);
		cask_license_put(l->class_license);
	}
	cask_key_put(l->key);
	cask_anchor_put(l->anchor);
	mutex_destroy(&l->lock);
	kfree(l);
}

/**
 * cask_license_put() - drop a reference
 * @license: NULL does nothing
 */
void cask_license_put(struct cask_license *license)
{
	if (license)
		kref_put(&license->ref, license_release);
}

/* Looks through all: only control operations come here, never a read. */
static struct cask_license *find_locked(const u8 *issuer, const u8 *id)
{
	struct cask_license *l;

	lockdep_assert_held(&licenses);
	list_for_each_entry(l, &license_list, entry)
		if (!memcmp(l->id, id, CASK_ID_SIZE) &&
		    !memcmp(l->anchor->issuer, issuer, CASK_KID_SIZE))
			return l;
	return NULL;
}

/**
 * cask_license_find() - a license by its names
 * @issuer: CASK_KID_SIZE bytes
 * @id: CASK_ID_SIZE bytes
 *
 * Return: the license with a reference, or NULL.
 */
struct cask_license *cask_license_find(const u8 *issuer, const u8 *id)
{
	struct cask_license *l;

	mutex_lock(&licenses);
	l = find_locked(issuer, id);
	if (l)
		kref_get(&l->ref);
	mutex_unlock(&licenses);
	return l;
}

/**
 * cask_license_walk() - look at the licenses, in parts
 * @place: where to begin, 0 at first; where to go on
 * @fn: is given each license under the lock; not 0 ends this part, and the same
 *	license comes first in the next
 * @arg: for @fn
 *
 * A removal between parts moves the later ones up: see
 * cask_license_generation(). Return: 0 at the end, or what @fn returned.
 */
int cask_license_walk(unsigned long *place, int (*fn)(const struct cask_license *, void *),
		      void *arg)
{
	unsigned long n = 0;
	struct cask_license *l;
	int ret = 0;

	mutex_lock(&licenses);
	list_for_each_entry(l, &license_list, entry) {
		if (n++ < *place)
			continue;
		ret = fn(l, arg);
		if (ret)
			break;
		++*place;
	}
	mutex_unlock(&licenses);
	return ret;
}

/**
 * cask_license_generation() - tells whether licenses came or went
 *
 * Return: a number that changes when they do; never 0.
 */
u32 cask_license_generation(void)
{
	return READ_ONCE(generation) | 1;
}

/* --- making --- */

static struct cask_license *license_new(const struct cask_license_view *v,
					struct cask_anchor *anchor)
{
	struct cask_license *l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return NULL;
	kref_init(&l->ref);
	mutex_init(&l->lock);
	seqcount_mutex_init(&l->period, &l->lock);
	INIT_LIST_HEAD(&l->entry);
	INIT_LIST_HEAD(&l->players);
	INIT_LIST_HEAD(&l->derived);
	INIT_LIST_HEAD(&l->sibling);
	kref_get(&anchor->ref);
	l->anchor = anchor;
	memcpy(l->id, v->license_id.data, CASK_ID_SIZE);
	memcpy(l->content_id, v->content_id.data, CASK_ID_SIZE);
	l->version = v->version;
	l->operations = v->operations;
	l->suite = v->suite;
	l->permissions = v->permissions;
	l->has_download = v->download.data;
	l->download_from = v->download_from;
	l->download_until = v->download_until;
	l->offline_max = v->max_offline_opens;
	l->created = v->created;
	l->not_before = v->not_before;
	l->not_after = v->not_after;
	l->once = cask_license_is_once(v);
	l->stepped = v->twokey.mode == CASK_TWOKEY_SYNCHRONISED;
	l->opens_max = v->max_opens;
	l->opens_left = v->max_opens;
	l->logged = v->permissions & CASK_PERMISSION_LOG;
	l->prepaid.unit = v->unit;
	l->prepaid.quantum = v->quantum;
	l->prepaid.max_unreported = v->max_unreported;
	l->exports_max = v->max_exports;
	l->exports_left = v->max_exports;
	l->checkouts_max = v->max_checkouts;
	l->checkouts_left = v->max_checkouts;
	l->at_once = v->at_once;
	l->min_level = v->min_level;
	l->in_header = cask_license_is_in_header(v);
	if (l->in_header)
		memcpy(l->category, v->slots[0].key_id, CASK_ID_SIZE);
	return l;
}

/* What a slot's wrapped key is bound to. */
static void hash_body(const struct cask_license_view *v, u8 *hash)
{
	struct sha256_state state;

	sha256_init(&state);
	sha256_update(&state, v->head.data, v->head.len);
	sha256_update(&state, v->sections.data, v->sections.len);
	sha256_final(&state, hash);
}

static bool is_for_device(const struct cask_slot_view *slot, const struct cask_from *from)
{
	return !from && !memcmp(slot->key_id, cask_device_id(), CASK_KID_SIZE);
}

static bool is_for_medium(const struct cask_slot_view *slot, const struct cask_from *from)
{
	return from && !memcmp(slot->key_id, from->key_id, CASK_KID_SIZE);
}

/* Whether this device is one of them shows when the root key is looked for. */
static bool is_for_leaves(const struct cask_slot_view *slot, const struct cask_from *from)
{
	return !from;
}

/* Whether a slot is for this device, or for the medium that the license came on, by its method. */
static bool (*const is_for[])(const struct cask_slot_view *slot, const struct cask_from *from) = {
	[CASK_METHOD_DEVICE]		= is_for_device,
	[CASK_METHOD_MEDIUM]		= is_for_medium,
	[CASK_METHOD_MEDIUM_DEVICE]	= is_for_medium,
	[CASK_METHOD_EKB]		= is_for_leaves,
	[CASK_METHOD_TWOKEY]		= is_for_device,
	[CASK_METHOD_HEADER]		= is_for_leaves,
};

static bool is_known(u16 method)
{
	return method < ARRAY_SIZE(is_for) && is_for[method];
}

/*
 * A category's slot opens by what its issuer, and no other, gave this device. With HEADER there
 * is nothing to open, yet it is for who could.
 */
static int unwrap_slot(const struct cask_slot_view *slot, const struct cask_anchor *anchor,
		       struct cask_slot_use *use, struct cask_key **ret_key)
{
	int ret = 0;

	if (slot->method == CASK_METHOD_EKB || slot->method == CASK_METHOD_HEADER)
		ret = cask_category_root(anchor, slot, &use->root);
	if (!ret && slot->method != CASK_METHOD_HEADER)
		ret = cask_key_unwrap(slot, use, ret_key);
	cask_root_key_put(use->root);
	use->root = NULL;
	return ret;
}

/* The key from the first slot that is for here; none where the content's header has it. */
static int unwrap(const struct cask_license_view *v, const u8 *kid, struct cask_anchor *anchor,
		  const struct cask_from *from, struct cask_key **ret_key)
{
	u8 body_hash[SHA256_DIGEST_SIZE], server_key[CASK_X25519_SIZE];
	struct cask_slot_use use = {
		.body_hash = body_hash, .kid = kid, .content_id = v->content_id.data,
		.suite = v->suite, .class_key = from ? from->class_key : NULL,
		.copied = !from && (v->max_exports || v->max_checkouts), .twokey = &v->twokey, .server_key = server_key,
	};
	int ret = -EOPNOTSUPP;
	unsigned int i;

	hash_body(v, body_hash);
	cask_anchor_server_key(anchor, server_key);
	for (i = 0; i < v->slot_count; i++) {
		const struct cask_slot_view *slot = &v->slots[i];
		int now = -EXDEV;

		if (is_known(slot->method) && is_for[slot->method](slot, from))
			now = unwrap_slot(slot, anchor, &use, ret_key);
		/* That it is another device's does not show before. */
		if (now == -EBADMSG && slot->method == CASK_METHOD_MEDIUM_DEVICE)
			now = -EXDEV;
		/* Without the EKB another slot may fit; if none does, that is what is missing. */
		if (now != -EXDEV && now != -ENOKEY)
			return now;
		if (is_known(slot->method) && ret != -ENOKEY)
			ret = now;
	}
	return ret;
}

/* What the statement says must be within what its signer may say. */
static int check_bounds(const struct cask_license_view *v, struct cask_anchor *anchor)
{
	if (v->device_id.data && memcmp(v->device_id.data, cask_device_id(), CASK_KID_SIZE))
		return -EXDEV;
	if (v->min_level > cask_level())
		return -EACCES;
	return cask_anchor_check(anchor, 0, v->not_after);
}

/* The same statement for the same owner again is the license that is there. */
static bool is_there(const struct cask_license *old, const struct cask_license *l)
{
	return !memcmp(old->hash, l->hash, sizeof(l->hash)) &&
	       old->machine == l->machine && uid_eq(old->owner, l->owner);
}

static int check_locked(const struct cask_license *old, const struct cask_license *l)
{
	lockdep_assert_held(&licenses);
	return is_there(old, l) ? 0 : cask_renew_check(old, l);
}

static int renew_locked(struct cask_license *old, const struct cask_license *l)
{
	int ret = check_locked(old, l);

	if (!ret && !is_there(old, l)) {
		cask_renew(old, l);
		WRITE_ONCE(generation, generation + 2);
	}
	return ret;
}

/* Before anything is written for it. */
static int check_place(const struct cask_license *l)
{
	struct cask_license *old;
	int ret;

	mutex_lock(&licenses);
	old = find_locked(l->anchor->issuer, l->id);
	ret = old ? check_locked(old, l) : 0;
	mutex_unlock(&licenses);
	return ret;
}

/**
 * cask_license_renewed() - the secure area has the record of a license that took the place of another
 * @license: not in the table; what it says holds for the one that is there, if there is one
 *
 * In the worker of the secure area, so that who uses it there finds license and record agree.
 */
void cask_license_renewed(const struct cask_license *license)
{
	struct cask_license *old;

	mutex_lock(&licenses);
	old = find_locked(license->anchor->issuer, license->id);
	/* Else who brought it is told. */
	if (old)
		renew_locked(old, license);
	mutex_unlock(&licenses);
}

static int insert(struct cask_license *l, struct cask_license **ret_license)
{
	struct cask_license *old;
	int ret = 0;

	mutex_lock(&licenses);
	old = find_locked(l->anchor->issuer, l->id);
	if (old) {
		ret = renew_locked(old, l);
		l = old;
	} else if (l->anchor->licenses >= max_licenses) {
		ret = -ENOSPC;
	} else {
		kref_get(&l->ref);
		list_add_tail(&l->entry, &license_list);
		hash_add(license_hash, &l->by_content, hash_of(l->content_id));
		l->anchor->licenses++;
		WRITE_ONCE(generation, generation + 2);
	}
	if (!ret) {
		kref_get(&l->ref);
		*ret_license = l;
	}
	mutex_unlock(&licenses);
	return ret;
}

/*
 * @v is not believed before its signature is verified.
 * @from: the medium that it came on, NULL: it is this device's
 */
static int license_make(const struct cask_cose *cose, const struct cask_license_view *v,
			struct cask_anchor *anchor, const struct cask_from *from,
			struct cask_license **ret_license)
{
	struct cask_license *l;
	u32 covered_by;
	int ret;

	/* Before the rest: a scope that comes meanwhile makes the license be checked again. */
	covered_by = READ_ONCE(anchor->generation);
	ret = cask_anchor_verify(anchor, cose, CASK_PURPOSE_LICENSE) ?:
	      cask_anchor_covers(anchor, cose->kid, v->content_id.data) ?:
	      /* The distributor has signed that it is this late. */
	      cask_anchor_signed_time(anchor, v->created) ?:
	      check_bounds(v, anchor);
	if (ret)
		return ret;
	l = license_new(v, anchor);
	if (!l)
		return -ENOMEM;
	memcpy(l->signer, cose->kid, CASK_KID_SIZE);
	l->generation = covered_by;
	ret = unwrap(v, cose->kid, anchor, from, &l->key);
	if (ret) {
		cask_license_put(l);
		return ret;
	}
	*ret_license = l;
	return 0;
}

/**
 * cask_license_says_once() - whether a license says that it installs once
 * @statement: from outside, not to be believed
 *
 * Return: true when cask_license_add() may wait for the agent.
 */
bool cask_license_says_once(const struct cask_bytes *statement)
{
	struct cask_license_view v;
	struct cask_cose cose;

	return !cask_cose_parse(&cose, statement->data, statement->len) &&
	       !cask_license_parse(&v, cose.payload.data, cose.payload.len) &&
	       cask_license_is_once(&v);
}

static int read_statement(const struct cask_bytes *statement, const struct cask_from *from,
			  struct cask_license_view *v, struct cask_license **ret_license)
{
	struct cask_anchor *anchor;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_license_parse(v, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v->issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = license_make(&cose, v, anchor, from, ret_license);
	cask_anchor_put(anchor);
	if (!ret)
		sha256(statement->data, statement->len, (*ret_license)->hash);
	return ret;
}

/* From now on it lives no longer than the license of the class. */
static int derive(struct cask_license *l, struct cask_license *class_license)
{
	int ret = -EKEYREVOKED;

	mutex_lock(&class_license->lock);
	if (class_license->key) {
		kref_get(&class_license->ref);
		l->class_license = class_license;
		list_add(&l->sibling, &class_license->derived);
		ret = 0;
	}
	mutex_unlock(&class_license->lock);
	return ret;
}

/**
 * cask_license_read() - check a license that came on a medium
 * @statement: from outside
 * @from: the medium
 * @nonce: of one that installs once, CASK_NONCE_SIZE bytes; else zeros
 * @ret_license: the license, every user's, with a reference; it is in no table
 *
 * Return: as cask_license_add(), but nothing is installed; -EXDEV when it is for another
 * medium, or for another device with it; -EKEYREVOKED when the license of the class is gone.
 */
int cask_license_read(const struct cask_bytes *statement, const struct cask_from *from,
		      u8 *nonce, struct cask_license **ret_license)
{
	struct cask_license *l = NULL;
	struct cask_license_view v;
	int ret;

	ret = read_statement(statement, from, &v, &l);
	if (ret)
		return ret;
	l->machine = true;
	l->owner = GLOBAL_ROOT_UID;
	memset(nonce, 0, CASK_NONCE_SIZE);
	if (v.nonce.data)
		memcpy(nonce, v.nonce.data, CASK_NONCE_SIZE);
	ret = derive(l, from->class_license);
	if (ret)
		cask_license_put(l);
	else
		*ret_license = l;
	return ret;
}

/**
 * cask_license_bind_copy() - what the key in a copy of a license is bound to
 * @issuer: of the license, CASK_KID_SIZE bytes
 * @id: of the license, CASK_ID_SIZE bytes
 * @bound: what the copy says
 * @hash: SHA256_DIGEST_SIZE bytes
 */
void cask_license_bind_copy(const u8 *issuer, const u8 *id, const struct cask_bytes *bound, u8 *hash)
{
	struct cask_record head = {
		.kind = cpu_to_le16(CASK_RECORD_EXPORTED),
		.length = cpu_to_le16(sizeof(struct cask_exported_record)),
	};
	struct sha256_state state;

	memcpy(head.issuer, issuer, sizeof(head.issuer));
	memcpy(head.name, id, sizeof(head.name));
	sha256_init(&state);
	sha256_update(&state, (const u8 *)&head, sizeof(head));
	sha256_update(&state, bound->data, bound->len);
	sha256_final(&state, hash);
}

/* Only a device that has the class could seal it: what it says is as a device was told. */
static int unwrap_copy(const struct cask_exported_view *copy, const struct cask_from *from,
		       struct cask_key **ret_key)
{
	const struct cask_license_view *v = &copy->license;
	u8 hash[SHA256_DIGEST_SIZE];
	const struct cask_slot_use use = {
		.body_hash = hash, .suite = v->suite, .class_key = from->class_key,
	};

	cask_license_bind_copy(v->issuer.data, v->license_id.data, &copy->bound, hash);
	return cask_key_of_copy(copy->wrapped.data, &use, from->key_id + CASK_ID_SIZE, ret_key);
}

/**
 * cask_license_read_copy() - check a copy of a license that is on a medium
 * @copy: what it says
 * @value: its record's value
 * @from: the medium
 * @ret_license: the license, every user's, with a reference; it is in no table
 *
 * Return: 0; -EXDEV when it is not of the issuer of the medium's class; -ENOKEY,
 * -EKEYREJECTED when the scope does not allow it any more; -EKEYEXPIRED, -ETIME; -EACCES when
 * the device's level is too low; -EBADMSG when it is not authentic; -EKEYREVOKED when the
 * license of the class is gone; -ENOMEM or another error of the crypto API.
 */
int cask_license_read_copy(const struct cask_exported_view *copy, const struct cask_bytes *value,
			   const struct cask_from *from, struct cask_license **ret_license)
{
	struct cask_anchor *anchor = from->class_license->anchor;
	const struct cask_license_view *v = &copy->license;
	struct cask_license *l;
	int ret;

	if (memcmp(v->issuer.data, anchor->issuer, CASK_KID_SIZE))
		return -EXDEV;
	l = license_new(v, anchor);
	if (!l)
		return -ENOMEM;
	l->machine = true;
	l->owner = GLOBAL_ROOT_UID;
	l->generation = READ_ONCE(anchor->generation);
	memcpy(l->signer, copy->signer.data, CASK_KID_SIZE);
	sha256(value->data, value->len, l->hash);
	ret = cask_anchor_covers(anchor, l->signer, l->content_id) ?: check_bounds(v, anchor) ?:
	      unwrap_copy(copy, from, &l->key) ?: derive(l, from->class_license);
	if (ret)
		cask_license_put(l);
	else
		*ret_license = l;
	return ret;
}

/* --- using --- */

/**
 * cask_license_allows() - whether a user has a license
 * @license: which
 * @uid: of the user
 *
 * Return: true when it is the user's or the machine's.
 */
bool cask_license_allows(const struct cask_license *license, kuid_t uid)
{
	return license->machine || uid_eq(license->owner, uid);
}

/* A later scope may have withdrawn the signer, its purpose or the content. */
static int check_scope(struct cask_license *l)
{
	u32 now = READ_ONCE(l->anchor->generation);
	u8 signer[CASK_KID_SIZE];
	int ret;

	if (likely(now == READ_ONCE(l->generation)))
		return 0;
	mutex_lock(&l->lock);
	memcpy(signer, l->signer, sizeof(signer));
	mutex_unlock(&l->lock);
	ret = cask_anchor_covers(l->anchor, signer, l->content_id);
	if (ret)
		return -EKEYREJECTED;
	mutex_lock(&l->lock);
	/* It may have been renewed meanwhile. */
	if (!memcmp(signer, l->signer, sizeof(signer)))
		WRITE_ONCE(l->generation, now);
	mutex_unlock(&l->lock);
	return 0;
}

/**
 * cask_license_period() - when a license is of use
 * @license: which, and it may be renewed meanwhile
 *
 * Return: both ends of one period.
 */
struct cask_period cask_license_period(const struct cask_license *license)
{
	struct cask_period p;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&license->period);
		p = (struct cask_period){ license->not_before, license->not_after };
	} while (read_seqcount_retry(&license->period, seq));
	return p;
}

/**
 * cask_license_download() - when the content has to be accepted
 * @license: which, and it may be renewed meanwhile
 *
 * Return: both ends of one download period.
 */
struct cask_period cask_license_download(const struct cask_license *license)
{
	struct cask_period p;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&license->period);
		p = (struct cask_period){ license->download_from, license->download_until };
	} while (read_seqcount_retry(&license->period, seq));
	return p;
}

static int check_in(struct cask_license *l, struct cask_period p)
{
	int ret = 0;

	if (READ_ONCE(l->revoked))
		return -EKEYREVOKED;
	if (l->class_license)
		ret = cask_license_check(l->class_license);
	return ret ?: check_scope(l) ?: cask_anchor_check(l->anchor, p.not_before, p.not_after);
}

/**
 * cask_license_check() - whether a license may be used now
 * @license: which
 *
 * Return: 0, -EKEYREVOKED, -EKEYREJECTED when a later scope does not cover it,
 * -EKEYEXPIRED, -ETIME.
 */
int cask_license_check(struct cask_license *license)
{
	return check_in(license, cask_license_period(license));
}

/**
 * cask_license_key() - the key of a license, for one request
 * @license: which
 *
 * Return: the key with a reference, or -EKEYREVOKED.
 */
struct cask_key *cask_license_key(struct cask_license *license)
{
	struct cask_key *key;

	mutex_lock(&license->lock);
	key = license->key ? cask_key_get(license->key) : ERR_PTR(-EKEYREVOKED);
	mutex_unlock(&license->lock);
	return key;
}

/**
 * cask_license_in_category() - whether the key comes from the header of the content
 * @license: which, and it may be renewed meanwhile
 * @category: CASK_ID_SIZE bytes: which leaves the header has it for, when true
 *
 * Return: true if so.
 */
bool cask_license_in_category(struct cask_license *license, u8 *category)
{
	bool in_header;

	mutex_lock(&license->lock);
	in_header = license->in_header;
	memcpy(category, license->category, CASK_ID_SIZE);
	mutex_unlock(&license->lock);
	return in_header;
}

/**
 * cask_license_keep() - let those who play have the key from the header
 * @license: which; if its key is its own, it has that already
 * @key: under which the header is authentic; a reference is taken
 *
 * Return: 0 or -EKEYREVOKED.
 */
int cask_license_keep(struct cask_license *license, struct cask_key *key)
{
	struct cask_key *old = NULL;
	int ret = 0;

	mutex_lock(&license->lock);
	if (license->revoked) {
		ret = -EKEYREVOKED;
	} else if (license->in_header) {
		old = license->key;
		WRITE_ONCE(license->key, cask_key_get(key));
	}
	mutex_unlock(&license->lock);
	cask_key_put(old);
	return ret;
}

/* How much a reason helps the caller; what no license is to blame for helps most. */
static unsigned int rank(int reason)
{
	static const int order[] = { -ENOKEY, -EACCES, -EOPNOTSUPP, -EMEDIUMTYPE, -EXDEV,
				     -EKEYREVOKED, -EKEYREJECTED, -ETIME, -EDQUOT, -EKEYEXPIRED };
	unsigned int i = 0;

	while (i < ARRAY_SIZE(order) && order[i] != reason)
		i++;
	return i;
}

/**
 * cask_license_reason() - of two reasons why none fits, the one that helps the caller most
 * @old: an errno
 * @new: another
 *
 * Return: one of them.
 */
int cask_license_reason(int old, int new)
{
	return rank(new) > rank(old) ? new : old;
}

static bool is_wanted(const struct cask_license *l, const struct cask_wanted *w)
{
	return !memcmp(l->content_id, w->content_id, CASK_ID_SIZE) &&
	       (!w->issuer || !memcmp(l->anchor->issuer, w->issuer, CASK_KID_SIZE)) &&
	       (cask_id_is_zero(w->license_id) || !memcmp(l->id, w->license_id, CASK_ID_SIZE));
}

/**
 * cask_license_fits() - whether a license will do
 * @l: for the content that is wanted
 * @w: what is asked for
 *
 * Return: 0; -EACCES; -EOPNOTSUPP; -EMEDIUMTYPE when it does not permit to record; -ENOKEY when it
 * is left out; -EDQUOT; cask_license_check().
 */
int cask_license_fits(struct cask_license *l, const struct cask_wanted *w)
{
	if (!cask_license_allows(l, current_fsuid()))
		return -EACCES;
	if (!(l->operations & w->operation) || (w->suite && l->suite != w->suite))
		return -EOPNOTSUPP;
	if (w->permission & ~l->permissions)
		return -EMEDIUMTYPE;
	if (w->unbound && (READ_ONCE(l->has_download) ||
			   READ_ONCE(l->offline_max) != CASK_OPENS_ANY))
		return -ENOKEY;
	/* What is taken into the store now may be opened later, and what was taken stays there. */
	if (w->accept)
		return check_in(l, (struct cask_period){});
	if (!cask_right_is_left(l))
		return -EDQUOT;
	return cask_license_check(l);
}

static bool is_hint(const struct cask_license *l, const struct cask_wanted *w)
{
	return w->hint && !memcmp(l->id, w->hint, CASK_ID_SIZE);
}

/* To open, one that asks for no acceptance; to accept, one whose download period it is. */
static bool is_apt(const struct cask_license *l, const struct cask_wanted *w)
{
	struct cask_period p;

	if (!w->accept)
		return !READ_ONCE(l->has_download);
	p = cask_license_download(l);
	return READ_ONCE(l->has_download) && !cask_anchor_check(l->anchor, p.not_before, p.not_after);
}

/**
 * cask_license_is_better() - which of two licenses to take
 * @l: one that fits
 * @best: another, or NULL
 * @w: what is asked for
 *
 * Return: true for @l.
 */
bool cask_license_is_better(const struct cask_license *l, const struct cask_license *best,
			    const struct cask_wanted *w)
{
	if (!best)
		return true;
	if (!w->accept && (is_hint(l, w) || is_hint(best, w)))
		return is_hint(l, w);
	return is_apt(l, w) && !is_apt(best, w);
}

static struct cask_license *choose_locked(const struct cask_wanted *w)
{
	struct cask_license *l, *best = NULL;
	int reason = -ENOKEY;
	int ret;

	lockdep_assert_held(&licenses);
	hash_for_each_possible(license_hash, l, by_content, hash_of(w->content_id)) {
		if (!is_wanted(l, w))
			continue;
		ret = cask_license_fits(l, w);
		if (ret) {
			reason = cask_license_reason(reason, ret);
			continue;
		}
		/* One distributor must not answer for another: the caller has to say which. */
		if (best && best->anchor != l->anchor)
			return ERR_PTR(-ENOTUNIQ);
		if (cask_license_is_better(l, best, w))
			best = l;
	}
	return best ?: ERR_PTR(reason);
}

/**
 * cask_license_choose() - the license to open a content with
 * @wanted: what is asked for; of a file, by a head that is not yet known to be authentic
 *
 * Return: a license of the caller with a reference; -ENOKEY when there is
 * none for the content, or why the best one cannot be used; -ENOTUNIQ when
 * several distributors' would do.
 */
struct cask_license *cask_license_choose(const struct cask_wanted *wanted)
{
	struct cask_license *l;

	mutex_lock(&licenses);
	l = choose_locked(wanted);
	if (!IS_ERR(l))
		kref_get(&l->ref);
	mutex_unlock(&licenses);
	return l;
}

/* --- removing --- */

/*
 * From here on no request gets the key; it is wiped when the last one that has
 * it ends. The plaintext that open files keep is wiped now.
 */
static void revoke(struct cask_license *l)
{
	struct cask_license *derived;
	struct cask_player *p;
	struct cask_key *key;

	mutex_lock_nested(&l->lock, l->class_license ? SINGLE_DEPTH_NESTING : 0);
	key = l->key;
	WRITE_ONCE(l->revoked, true);
	WRITE_ONCE(l->key, NULL);
	list_for_each_entry(p, &l->players, entry) {
		cask_player_wipe(p);
		cond_resched();
	}
	/* What came on media of this class. One that is being released waits for the lock. */
	list_for_each_entry(derived, &l->derived, sibling)
		revoke(derived);
	mutex_unlock(&l->lock);
	cask_key_put(key);
}

/**
 * cask_license_revoke() - stop the files opened with a license that is in no table
 * @license: came on a medium
 */
void cask_license_revoke(struct cask_license *license)
{
	revoke(license);
}

static void unlink(struct cask_license *l)
{
	lockdep_assert_held(&licenses);
	list_del_init(&l->entry);
	hash_del(&l->by_content);
	l->anchor->licenses--;
	WRITE_ONCE(generation, generation + 2);
}

static void tell_removed(const struct cask_license *l)
{
	const struct cask_happening h = {
		.event = CASK_EVENT_REMOVED,
		.issuer = l->anchor->issuer,
		.license_id = l->id,
		.content_id = l->content_id,
		.user = l->machine ? INVALID_UID : l->owner,
	};

	cask_netlink_event(&h);
}

/* Whoever unlinks it has the table's reference. */
static bool take_out(struct cask_license *l)
{
	bool there;

	mutex_lock(&licenses);
	there = !list_empty(&l->entry);
	if (there)
		unlink(l);
	mutex_unlock(&licenses);
	return there;
}

/**
 * cask_license_del() - remove a license and stop the files opened with it
 * @issuer: CASK_KID_SIZE bytes
 * @id: CASK_ID_SIZE bytes
 *
 * One that installs once is gone for good. Return: 0; -ENOENT; when it installs once,
 * cask_right_end(), and then it is still there.
 */
int cask_license_del(const u8 *issuer, const u8 *id)
{
	struct cask_license *l = cask_license_find(issuer, id);
	int ret;

	if (!l)
		return -ENOENT;
	ret = l->once ? cask_right_end(l) : 0;
	if (!ret && !take_out(l))
		ret = -ENOENT;
	if (!ret) {
		revoke(l);
		tell_removed(l);
		cask_license_put(l);
	}
	cask_license_put(l);
	return ret;
}

/* --- adding, whoever removes it meanwhile --- */

/*
 * It may have been removed after its record was found, and before it was in the table: who
 * removed it saw another one there, or none.
 * @l: brought now
 * @kept: in the table, the same or one that was there; the reference goes when it is gone
 */
static int check_still(struct cask_license *l, struct cask_license *kept)
{
	int ret = cask_right_look(kept);

	if (ret == -EKEYREVOKED && kept == l && take_out(l)) {
		revoke(l);
		cask_license_put(l);
	}
	if (ret)
		cask_license_put(kept);
	return ret;
}

/**
 * cask_license_add() - check a license and keep it with its key; one that is there is renewed
 * @statement: from outside
 * @machine: whether every user shall have it
 * @owner: who shall, if not @machine
 * @ret_license: the license, with a reference
 *
 * Return: 0, also when it was there; -EINVAL, -EOPNOTSUPP, -ENOPKG for what
 * cannot be read; -ENOKEY, -EKEYREJECTED for what is not believed; -ENOKEY without the EKB
 * that it wants; -EKEYEXPIRED, -ETIME out of time; -EACCES when the device's level is too low;
 * -EXDEV when it is for another device, or of another hardware key; -EBADMSG when its key does
 * not open; -EEXIST when another has its id; -ESTALE when that is as late, -EPERM when it may not
 * become ownership: cask_renew_check(); -ENOSPC; -ENOMEM; when it installs once,
 * cask_right_install() and cask_right_look(), and this may wait for the agent.
 */
int cask_license_add(const struct cask_bytes *statement, bool machine, kuid_t owner,
		     struct cask_license **ret_license)
{
	struct cask_license *l = NULL;
	struct cask_license_view v;
	int ret;

	ret = read_statement(statement, NULL, &v, &l);
	if (ret)
		return ret;
	l->machine = machine;
	l->owner = machine ? GLOBAL_ROOT_UID : owner;
	ret = check_place(l);
	if (!ret && l->once)
		ret = cask_right_install(l, v.twokey.mode ? v.twokey.parameter : v.nonce.data,
					 v.max_opens);
	ret = ret ?: insert(l, ret_license);
	if (!ret && l->once)
		ret = check_still(l, *ret_license);
	cask_license_put(l);
	return ret;
}

/* --- the end --- */

/** cask_license_revoke_all() - remove all and stop what is open; keys are wiped */
void cask_license_revoke_all(void)
{
	struct cask_license *l, *next;
	LIST_HEAD(gone);

	mutex_lock(&licenses);
	list_for_each_entry_safe(l, next, &license_list, entry) {
		unlink(l);
		list_add(&l->entry, &gone);
	}
	mutex_unlock(&licenses);
	list_for_each_entry_safe(l, next, &gone, entry) {
		list_del_init(&l->entry);
		revoke(l);
		cask_license_put(l);
	}
}
