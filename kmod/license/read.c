// SPDX-License-Identifier: GPL-2.0
/*
 * read.c - what a statement or a copy says becomes a license, with its key.
 *
 * Nothing is believed before the signature, of a copy the seal of the class, is verified; the key
 * is in the first slot that is for here.
 */
#include <linux/err.h>

#include "private.h"

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

/**
 * cask_license_read_statement() - check a license
 * @statement: from outside
 * @from: the medium that it came on, NULL: it is this device's
 * @v: what the statement says; points into it
 * @ret_license: the license, nobody's yet, with a reference; it is in no table
 *
 * Return: as cask_license_add(), but nothing is installed; -EXDEV when it is for another
 * medium, or for another device with it.
 */
int cask_license_read_statement(const struct cask_bytes *statement, const struct cask_from *from,
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

/**
 * cask_license_read() - check a license that came on a medium
 * @statement: from outside
 * @from: the medium
 * @nonce: of one that installs once, CASK_NONCE_SIZE bytes; else zeros
 * @ret_license: the license, every user's, with a reference; it is in no table
 *
 * Return: cask_license_read_statement(); -EKEYREVOKED when the license of the class is gone.
 */
int cask_license_read(const struct cask_bytes *statement, const struct cask_from *from,
		      u8 *nonce, struct cask_license **ret_license)
{
	struct cask_license *l = NULL;
	struct cask_license_view v;
	int ret;

	ret = cask_license_read_statement(statement, from, &v, &l);
	if (ret)
		return ret;
	l->machine = true;
	l->owner = GLOBAL_ROOT_UID;
	memset(nonce, 0, CASK_NONCE_SIZE);
	if (v.nonce.data)
		memcpy(nonce, v.nonce.data, CASK_NONCE_SIZE);
	ret = cask_license_derive(l, from->class_license);
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
	      unwrap_copy(copy, from, &l->key) ?: cask_license_derive(l, from->class_license);
	if (ret)
		cask_license_put(l);
	else
		*ret_license = l;
	return ret;
}
