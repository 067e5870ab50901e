// SPDX-License-Identifier: GPL-2.0
/*
 * leaf.c - this device's labels in a tree, the root keys that they open, and the content
 * keys under those (Figs. 21, 22).
 */
#include <linux/err.h>

#include "secret.h"
#include "ekb.h"

/**
 * struct cask_leaf_key - the labels of a leaf
 * @leaf: in its tree
 * @len: bytes of @labels
 * @labels: as sealed, so with room for the tag
 */
struct cask_leaf_key {
	u32 leaf;
	size_t len;
	u8 labels[];
};

/**
 * struct cask_root_key - a root key
 * @ref: held by its category and by each request that uses it
 * @version: whose it is; those of all before it are made from it
 * @secret: itself, from cask_secret_cache
 */
struct cask_root_key {
	struct kref ref;
	u32 version;
	u8 *secret;
};

/* --- labels --- */

/* enc and what it is bound to give s->key and s->nonce; then the labels are opened in place. */
static int open_labels(struct scratch *s, const struct cask_leaf_view *v, const u8 *kid,
		       struct cask_leaf_key *leaf)
{
	struct sha256_state state;
	int ret;

	sha256_init(&state);
	sha256_update(&state, v->head.data, v->head.len);
	sha256_update(&state, v->sections.data, v->sections.len);
	sha256_final(&state, s->aad);
	memcpy(s->aad + SHA256_DIGEST_SIZE, kid, CASK_KID_SIZE);
	ret = cask_hpke_decap(s, v->sealed.data) ?: cask_hpke_schedule(s, CASK_INFO_LEAF);
	return ret ?: cask_gcm_open(s->key, AES128_SIZE, s->nonce, s->aad,
				    SHA256_DIGEST_SIZE + CASK_KID_SIZE, leaf->labels, leaf->len);
}

/**
 * cask_leaf_unwrap() - open the labels of a LEAF
 * @v: checked, and of this device
 * @kid: thumbprint of the key that signed it
 * @ret_leaf: the labels
 *
 * Return: 0; -EBADMSG when they do not open with this body and signer; -ENOMEM or another error
 * of the crypto API.
 */
int cask_leaf_unwrap(const struct cask_leaf_view *v, const u8 *kid,
		     struct cask_leaf_key **ret_leaf)
{
	size_t len = v->sealed.len - CASK_HPKE_ENC_SIZE;
	struct scratch *s = cask_scratch_get();
	/* Too long for the cache that usercopy refuses; no road leads from here to a user. */
	struct cask_leaf_key *leaf = s ? kzalloc(struct_size(leaf, labels, len), GFP_KERNEL_ACCOUNT) :
					 NULL;
	int ret = -ENOMEM;

	if (leaf) {
		leaf->leaf = v->leaf;
		leaf->len = len;
		memcpy(leaf->labels, v->sealed.data + CASK_HPKE_ENC_SIZE, len);
		ret = open_labels(s, v, kid, leaf);
	}
	cask_scratch_put(s);
	if (ret)
		cask_leaf_free(leaf);
	else
		*ret_leaf = leaf;
	return ret;
}

/**
 * cask_leaf_free() - wipe the labels
 * @leaf: NULL does nothing
 */
void cask_leaf_free(struct cask_leaf_key *leaf)
{
	kfree_sensitive(leaf);
}

/* --- root keys --- */

static void root_release(struct kref *ref)
{
	struct cask_root_key *root = container_of(ref, struct cask_root_key, ref);

	memzero_explicit(root->secret, CASK_KEY_SIZE);
	kmem_cache_free(cask_secret_cache, root->secret);
	kfree(root);
}

/**
 * cask_root_key_get() - take a reference
 * @root: on which the caller has one or holds its category's lock
 *
 * Return: @root.
 */
struct cask_root_key *cask_root_key_get(struct cask_root_key *root)
{
	kref_get(&root->ref);
	return root;
}

/**
 * cask_root_key_put() - drop a reference; the last one wipes the key
 * @root: NULL does nothing
 */
void cask_root_key_put(struct cask_root_key *root)
{
	if (root)
		kref_put(&root->ref, root_release);
}

/**
 * cask_root_key_version() - of the EKB that it came from
 * @root: the key
 *
 * Return: from 1.
 */
u32 cask_root_key_version(const struct cask_root_key *root)
{
	return root->version;
}

static struct cask_root_key *root_new(u32 version)
{
	struct cask_root_key *root = kzalloc(sizeof(*root), GFP_KERNEL_ACCOUNT);

	if (!root)
		return NULL;
	kref_init(&root->ref);
	root->version = version;
	root->secret = kmem_cache_zalloc(cask_secret_cache, GFP_KERNEL_ACCOUNT);
	if (root->secret)
		return root;
	kfree(root);
	return NULL;
}

/**
 * cask_leaf_open() - take the root key out of an EKB
 * @leaf: this device's in the EKB's tree
 * @e: checked, with its entries
 * @ret_root: the key, with one reference
 *
 * Return: 0; -EKEYREVOKED when the leaf is not among those that it is for; -EBADMSG when the tree
 * is another; -ENOMEM.
 */
int cask_leaf_open(const struct cask_leaf_key *leaf, const struct cask_ekb *e,
		   struct cask_root_key **ret_root)
{
	struct cask_root_key *root = root_new(e->version);
	struct cask_aes *aes = cask_aes_new();
	int ret = -ENOMEM;

	if (root && aes)
		ret = cask_ekb_open(aes, e, leaf->leaf, leaf->labels, root->secret);
	cask_aes_free(aes);
	if (ret)
		cask_root_key_put(root);
	else
		*ret_root = root;
	return ret;
}

/* K_EKB of an older version, or of the same, into @key. */
static int wrapping_key(struct cask_aes *aes, const struct cask_root_key *root, u32 version, u8 *key)
{
	memcpy(key, root->secret, CASK_KEY_SIZE);
	return cask_ekb_older(aes, key, root->version - version) ?:
	       cask_ekb_derive(aes, key, CASK_EKB_WRAP, 0, key);
}

/**
 * cask_root_open_slot() - open what a slot EKB holds
 * @s: scratch memory; the content key comes into its text
 * @root: of the slot's category
 * @slot: whose version is at most the root key's
 * @aad: bytes of @s->aad that the slot is bound to
 *
 * Return: 0; -EBADMSG; -ENOMEM or another error of the crypto API.
 */
int cask_root_open_slot(struct scratch *s, const struct cask_root_key *root,
			const struct cask_slot_view *slot, size_t aad)
{
	struct cask_aes *aes = cask_aes_new();
	int ret;

	BUILD_BUG_ON(CASK_KEYWRAP_SIZE + CASK_KEY_SIZE > sizeof_field(struct scratch, text));
	if (!aes)
		return -ENOMEM;
	ret = wrapping_key(aes, root, cask_slot_version(slot), s->key) ?:
	      cask_hmac(s->key, CASK_KEY_SIZE, s->aad, aad, s->prk) ?:
	      cask_keyunwrap(aes, s->prk, slot->wrapped.data, s->text);
	cask_aes_free(aes);
	if (!ret)
		memmove(s->text, s->text + CASK_KEYWRAP_KEY, CASK_KEY_SIZE);
	return ret;
}
