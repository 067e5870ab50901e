// SPDX-License-Identifier: GPL-2.0
/* category.c - the keys of a tree's leaves, and EKBs for all but the revoked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "category.h"
#include "cleanup.h"
#include "crypto.h"
#include "hpke.h"
#include "license.h"
#include "statement.h"

#define CRITICAL	CASK_SECTION_CRITICAL

/* The label that a set's key is made from: its subtree's, then down to what it leaves out. */
static int subset_label(const struct category *c, struct cask_aes *aes,
			const struct cask_subset *s, uint8_t out[CASK_KEY_SIZE])
{
	bool whole = c->scheme == CASK_SCHEME_DIFFERENCES && !s->hole;
	int ret = cask_ekb_derive(aes, c->master, CASK_EKB_NODE, whole ? 0 : s->top, out);

	if (ret || !s->hole)
		return ret;
	return cask_ekb_descend(aes, out, s->hole,
				cask_node_depth(s->hole) - cask_node_depth(s->top));
}

/* Of @top's subtree, the labels of all nodes beside the way down to @leaf. */
static int beside_labels(const struct category *c, struct cask_aes *aes, uint64_t leaf,
			 uint64_t top, uint8_t **out)
{
	unsigned int left = c->height - cask_node_depth(top);
	uint8_t on_the_way[CASK_KEY_SIZE];
	int ret = cask_ekb_derive(aes, c->master, CASK_EKB_NODE, top, on_the_way);

	for (; left-- && !ret; *out += CASK_KEY_SIZE) {
		memcpy(*out, on_the_way, CASK_KEY_SIZE);
		ret = cask_ekb_descend(aes, *out, ~leaf >> left, 1);
		ret = ret ? ret : cask_ekb_descend(aes, on_the_way, leaf >> left, 1);
	}
	crypto_wipe(on_the_way, sizeof(on_the_way));
	return ret;
}

/**
 * category_labels() - the labels of a leaf
 * @c: the category
 * @aes: to work with
 * @leaf: of its tree
 * @ret_labels: cask_ekb_leaf_labels() times CASK_KEY_SIZE bytes, a secret
 *
 * Return: 0, -EINVAL when @leaf is not in the tree, -EIO.
 */
int category_labels(const struct category *c, struct cask_aes *aes, uint32_t leaf,
		    uint8_t *ret_labels)
{
	const struct cask_subset all = { .top = 1 };
	uint64_t node = cask_node_of_leaf(c->height, leaf);
	uint8_t *out = ret_labels + CASK_KEY_SIZE;
	unsigned int depth;
	int ret;

	if ((uint64_t)leaf >> c->height)
		return -EINVAL;
	ret = subset_label(c, aes, &all, ret_labels);
	if (c->scheme == CASK_SCHEME_DIFFERENCES) {
		for (depth = 0; depth < c->height && !ret; depth++)
			ret = beside_labels(c, aes, node, cask_node_at(node, depth), &out);
		return ret;
	}
	for (depth = 1; depth <= c->height && !ret; depth++, out += CASK_KEY_SIZE) {
		const struct cask_subset s = { .top = cask_node_at(node, depth) };

		ret = subset_label(c, aes, &s, out);
	}
	return ret;
}

/**
 * category_root() - the root key of a version
 * @c: the category
 * @aes: to work with
 * @version: 1..CASK_EKB_VERSIONS
 * @ret_root: a secret
 *
 * Return: 0, -EINVAL for another version, -EIO.
 */
int category_root(const struct category *c, struct cask_aes *aes, uint32_t version,
		  uint8_t ret_root[CASK_KEY_SIZE])
{
	if (!version || version > CASK_EKB_VERSIONS)
		return -EINVAL;
	memcpy(ret_root, c->seed, CASK_KEY_SIZE);
	return cask_ekb_older(aes, ret_root, CASK_EKB_VERSIONS - version);
}

/* How many sets cover all but the revoked. */
static int count_sets(struct cask_cover *cover, const struct category_ekb *ekb, size_t *ret_count)
{
	struct cask_subset s;
	int ret = cask_cover_begin(cover, ekb->revoked, ekb->n_revoked);

	*ret_count = 0;
	if (ret)
		return ret;
	while (cask_cover_next(cover, &s))
		++*ret_count;
	return *ret_count > CASK_EKB_ENTRIES_MAX ? -EFBIG : 0;
}

/* @root under the key of a set. */
static int wrap(const struct category *c, struct cask_aes *aes, const struct cask_subset *s,
		const uint8_t *root, uint8_t *out)
{
	uint8_t key[CASK_KEY_SIZE];
	int ret = subset_label(c, aes, s, key);

	ret = ret ? ret : cask_ekb_derive(aes, key, CASK_EKB_KEY, 0, key);
	ret = ret ? ret : cask_aes_encrypt(aes, key, root, out);
	crypto_wipe(key, sizeof(key));
	return ret;
}

static int make_entries(const struct category *c, struct cask_aes *aes,
			const struct category_ekb *ekb, const uint8_t *root,
			uint8_t **ret_entries, size_t *ret_count)
{
	struct cask_cover cover = { .scheme = c->scheme, .height = c->height };
	uint8_t *labels, *wrapped;
	struct cask_subset s;
	size_t count;
	int ret = count_sets(&cover, ekb, &count);

	if (ret)
		return ret;
	labels = malloc(count ? count * CASK_EKB_ENTRY_SIZE : 1);
	if (!labels)
		return -ENOMEM;
	*ret_entries = labels;
	*ret_count = count;
	wrapped = labels + count * CASK_EKB_LABEL_SIZE;
	ret = cask_cover_begin(&cover, ekb->revoked, ekb->n_revoked);
	while (!ret && cask_cover_next(&cover, &s)) {
		cask_ekb_put_label(labels, &s);
		ret = wrap(c, aes, &s, root, wrapped);
		labels += CASK_EKB_LABEL_SIZE;
		wrapped += CASK_KEY_SIZE;
	}
	if (ret)
		free(steal_ptr(ret_entries));
	return ret;
}

static void write_body(struct object *o, const struct category *c, const struct category_ekb *ekb,
		       size_t count, const uint8_t hash[32], const uint8_t *check)
{
	object_begin(o, CASK_TYPE_EKB);
	object_u32(o, CASK_SEC_VERSION, CRITICAL, ekb->version);
	object_u64(o, CASK_SEC_CREATED, CRITICAL, ekb->created);
	object_add(o, CASK_SEC_ISSUER, CRITICAL, c->issuer, sizeof(c->issuer));
	object_add(o, CASK_SEC_CATEGORY, CRITICAL, c->id, sizeof(c->id));
	object_u32(o, CASK_SEC_SCHEME, CRITICAL, c->scheme);
	object_u32(o, CASK_SEC_HEIGHT, CRITICAL, c->height);
	object_u32(o, CASK_SEC_ENTRIES, CRITICAL, count);
	object_add(o, CASK_SEC_ENTRIES_HASH, CRITICAL, hash, CRYPTO_SHA256_SIZE);
	object_add(o, CASK_SEC_ROOT_CHECK, CRITICAL, check, CASK_ROOT_CHECK_SIZE);
}

/**
 * category_ekb_body() - make the entries of an EKB and write the sections of it
 * @o: to begin and fill
 * @c: the category
 * @aes: to work with
 * @ekb: what it is to be
 * @ret_entries: allocated; the caller frees
 * @ret_size: bytes of them
 *
 * Return: 0; -EINVAL for a version that is none, or revoked leaves that do not ascend or are not
 * in the tree; -EFBIG for more than CASK_EKB_ENTRIES_MAX entries; -ENOMEM; -EIO.
 */
int category_ekb_body(struct object *o, const struct category *c, struct cask_aes *aes,
		      const struct category_ekb *ekb, uint8_t **ret_entries, size_t *ret_size)
{
	uint8_t root[CASK_KEY_SIZE], check[CASK_ROOT_CHECK_SIZE], hash[CRYPTO_SHA256_SIZE];
	size_t count = 0;
	int ret = category_root(c, aes, ekb->version, root);

	ret = ret ? ret : cask_ekb_derive(aes, root, CASK_EKB_CHECK, 0, check);
	ret = ret ? ret : make_entries(c, aes, ekb, root, ret_entries, &count);
	crypto_wipe(root, sizeof(root));
	if (ret)
		return ret;
	*ret_size = count * CASK_EKB_ENTRY_SIZE;
	ret = crypto_sha256(*ret_entries, *ret_size, hash);
	if (ret)
		free(steal_ptr(ret_entries));
	else
		write_body(o, c, ekb, count, hash, check);
	return ret;
}

/**
 * category_ekb() - make an EKB
 * @c: the category
 * @signer: the distributor's license-signing key
 * @ekb: what it is to be
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes of it
 * @ret_entries: allocated; the caller frees
 * @ret_entries_size: bytes of them
 *
 * Return: 0, or an error of category_ekb_body(), object_end() or cose_sign1().
 */
int category_ekb(const struct category *c, const struct cose_signer *signer,
		 const struct category_ekb *ekb, uint8_t **ret_statement, size_t *ret_size,
		 uint8_t **ret_entries, size_t *ret_entries_size)
{
	_cleanup_free_ uint8_t *entries = NULL;
	struct cask_aes *aes = aes_new();
	struct object o = OBJECT_INIT;
	size_t size = 0;
	int ret = aes ? category_ekb_body(&o, c, aes, ekb, &entries, &size) : -ENOMEM;

	aes_free(aes);
	ret = ret ? ret : statement_sign(&o, signer, ret_statement, ret_size);
	if (ret)
		return ret;
	*ret_entries = steal_ptr(&entries);
	*ret_entries_size = size;
	return 0;
}

/**
 * category_leaf_body() - write the sections of a LEAF before its labels
 * @o: to begin and fill
 * @c: the category
 * @leaf: what it is to be
 * @device_id: thumbprint of the device's key
 */
void category_leaf_body(struct object *o, const struct category *c,
			const struct category_leaf *leaf, const uint8_t device_id[CASK_KID_SIZE])
{
	object_begin(o, CASK_TYPE_LEAF);
	object_u64(o, CASK_SEC_CREATED, CRITICAL, leaf->created);
	object_add(o, CASK_SEC_ISSUER, CRITICAL, c->issuer, sizeof(c->issuer));
	object_add(o, CASK_SEC_DEVICE_ID, CRITICAL, device_id, CASK_KID_SIZE);
	object_add(o, CASK_SEC_CATEGORY, CRITICAL, c->id, sizeof(c->id));
	object_u32(o, CASK_SEC_SCHEME, CRITICAL, c->scheme);
	object_u32(o, CASK_SEC_HEIGHT, CRITICAL, c->height);
	object_u32(o, CASK_SEC_LEAF, CRITICAL, leaf->leaf);
}

/* The labels, sealed to the device inside what the statement says so far. */
static int seal_labels(struct object *o, const uint8_t kid[CASK_KID_SIZE],
		       const struct category_leaf *leaf, const uint8_t *labels, size_t size)
{
	uint8_t sealed[CASK_HPKE_ENC_SIZE + CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE + HPKE_TAG_SIZE];
	uint8_t aad[CRYPTO_SHA256_SIZE + CASK_KID_SIZE];
	const struct hpke_text text = {
		.info = CASK_INFO_LEAF, .info_size = strlen(CASK_INFO_LEAF),
		.aad = aad, .aad_size = sizeof(aad),
	};
	int ret = license_body_hash(o, aad);

	memcpy(aad + CRYPTO_SHA256_SIZE, kid, CASK_KID_SIZE);
	ret = ret ? ret : hpke_seal(leaf->device_key, &text, labels, size, sealed,
				    sealed + CASK_HPKE_ENC_SIZE);
	if (!ret)
		object_add(o, CASK_SEC_LEAF_LABELS, CRITICAL, sealed,
			   CASK_HPKE_ENC_SIZE + size + HPKE_TAG_SIZE);
	return ret;
}

/**
 * category_leaf() - make a LEAF: a device's place in a tree, and its labels sealed to it
 * @c: the category
 * @signer: the distributor's license-signing key
 * @leaf: what it is to be
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes of it
 *
 * Return: 0; -EINVAL for a leaf that is not in the tree, or a device key of low order; -ENOMEM; -EIO.
 */
int category_leaf(const struct category *c, const struct cose_signer *signer,
		  const struct category_leaf *leaf, uint8_t **ret_statement, size_t *ret_size)
{
	size_t size = cask_ekb_leaf_labels(c->scheme, c->height) * CASK_KEY_SIZE;
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE], device_id[CASK_KID_SIZE];
	struct cask_aes *aes = aes_new();
	struct object o = OBJECT_INIT;
	int ret = aes ? category_labels(c, aes, leaf->leaf, labels) : -ENOMEM;

	aes_free(aes);
	ret = ret ? ret : cose_device_id(leaf->device_key, device_id);
	if (!ret) {
		category_leaf_body(&o, c, leaf, device_id);
		ret = seal_labels(&o, signer->kid, leaf, labels, size);
	}
	crypto_wipe(labels, sizeof(labels));
	if (ret) {
		object_free(&o);
		return ret;
	}
	return statement_sign(&o, signer, ret_statement, ret_size);
}
