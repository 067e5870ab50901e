// SPDX-License-Identifier: GPL-2.0
/* key.c - content keys: unwrapped here, and good for one purpose. */
#include <linux/err.h>
#include <crypto/algapi.h>

#include "secret.h"

/* The key of a file, or of a class of media, becomes one that can only derive. */
static int keep_prk(struct cask_key *key, const u8 *kc, const char *salt)
{
	struct crypto_shash *prk;
	u8 extracted[PRK_SIZE];
	int ret;

	ret = cask_hmac(salt, strlen(salt), kc, CASK_KEY_SIZE, extracted);
	prk = ret ? ERR_PTR(ret) : cask_hmac_new(extracted, sizeof(extracted));
	memzero_explicit(extracted, sizeof(extracted));
	if (IS_ERR(prk))
		return PTR_ERR(prk);
	key->prk = prk;
	return 0;
}

static int keep_raw(struct cask_key *key, const u8 *kc)
{
	key->raw = kmem_cache_zalloc(cask_secret_cache, GFP_KERNEL_ACCOUNT);
	if (!key->raw)
		return -ENOMEM;
	memcpy(key->raw, kc, CASK_KEY_SIZE);
	return 0;
}

static int keep(struct cask_key *key, const u8 *kc, u32 suite)
{
	if (cask_suite_is_raw(suite))
		return 0;
	return keep_prk(key, kc, suite == CASK_SUITE_MEDIUM_CLASS ? CASK_SALT_MEDIUM :
								    CASK_SALT_CONTENT);
}

/**
 * cask_key_new() - a key that can do what its suite needs and nothing else
 * @kc: CASK_KEY_SIZE bytes
 * @suite: enum cask_suite
 * @copied: it has to be there for copies, too
 *
 * Return: the key with one reference; -ENOMEM or another error of the crypto API.
 */
struct cask_key *cask_key_new(const u8 *kc, u32 suite, bool copied)
{
	struct cask_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	kref_init(&key->ref);
	ret = keep(key, kc, suite);
	if (!ret && (copied || cask_suite_is_raw(suite)))
		ret = keep_raw(key, kc);
	if (ret) {
		cask_key_put(key);
		return ERR_PTR(ret);
	}
	return key;
}

/* What binds a slot to its license; returns how much of s->aad it is. */
static size_t bind(struct scratch *s, const struct cask_slot_view *slot,
		   const struct cask_slot_use *use)
{
	memcpy(s->aad, use->body_hash, SHA256_DIGEST_SIZE);
	memcpy(s->aad + SHA256_DIGEST_SIZE, use->kid, CASK_KID_SIZE);
	memcpy(s->aad + SHA256_DIGEST_SIZE + CASK_KID_SIZE, slot->head.data,
	       sizeof(struct cask_slot));
	return SHA256_DIGEST_SIZE + CASK_KID_SIZE + sizeof(struct cask_slot);
}

/* What HPKE holds, into s->text. */
static int open_device(struct scratch *s, const struct cask_slot_view *slot,
		       const struct cask_slot_use *use, size_t aad)
{
	const struct cask_bytes *wrapped = &slot->wrapped;
	size_t len = wrapped->len - CASK_HPKE_ENC_SIZE;
	int ret;

	ret = cask_hpke_decap(s, wrapped->data) ?: cask_hpke_schedule(s, CASK_INFO_DEVICE_SLOT);
	if (ret)
		return ret;
	memcpy(s->text, wrapped->data + CASK_HPKE_ENC_SIZE, len);
	return cask_gcm_open(s->key, AES128_SIZE, s->nonce, s->aad, aad, s->text, len);
}

/* What is in s->text, with its nonce, under the individual key of a medium. */
static int open_text(struct scratch *s, struct cask_key *class_key, const u8 *number, size_t aad)
{
	int ret;

	ret = cask_key_expand(class_key, CASK_INFO_INDIVIDUAL, number, CASK_MEDIUM_NUMBER_SIZE,
			      s->prk) ?:
	      cask_expand_label(s->prk, CASK_INFO_MEDIUM_SLOT, s->key);
	if (ret)
		return ret;
	memcpy(s->nonce, s->text, NONCE_SIZE);
	memmove(s->text, s->text + NONCE_SIZE, CASK_KEY_SIZE + TAG_SIZE);
	return cask_gcm_open(s->key, AES256_SIZE, s->nonce, s->aad, aad, s->text,
			     CASK_KEY_SIZE + TAG_SIZE);
}

static int open_medium(struct scratch *s, const struct cask_slot_view *slot,
		       const struct cask_slot_use *use, size_t aad)
{
	memcpy(s->text, slot->wrapped.data, CASK_MEDIUM_WRAP_SIZE);
	return open_text(s, use->class_key, slot->key_id + CASK_ID_SIZE, aad);
}

static int open_medium_device(struct scratch *s, const struct cask_slot_view *slot,
			      const struct cask_slot_use *use, size_t aad)
{
	return open_device(s, slot, use, aad) ?:
	       open_text(s, use->class_key, slot->key_id + CASK_ID_SIZE, aad);
}

static int open_twokey(struct scratch *s, const struct cask_slot_view *slot,
		       const struct cask_slot_use *use, size_t aad)
{
	return cask_twokey_open(s, use, aad);
}

static int open_category(struct scratch *s, const struct cask_slot_view *slot,
			 const struct cask_slot_use *use, size_t aad)
{
	return cask_root_open_slot(s, use->root, slot, aad);
}

/* The key into s->text, by the slot's method. */
static int (*const openers[])(struct scratch *s, const struct cask_slot_view *slot,
			      const struct cask_slot_use *use, size_t aad) = {
	[CASK_METHOD_DEVICE]		= open_device,
	[CASK_METHOD_MEDIUM]		= open_medium,
	[CASK_METHOD_MEDIUM_DEVICE]	= open_medium_device,
	[CASK_METHOD_EKB]		= open_category,
	[CASK_METHOD_TWOKEY]		= open_twokey,
};

/**
 * cask_key_unwrap() - open a slot
 * @slot: of the license, of a known method; its key id is this device's, or a medium's
 *	and the class is that of @use, or a category's and the root key is that of @use
 * @use: what it came with
 * @ret_key: the key, with one reference
 *
 * Return: 0; -EBADMSG when the slot does not open with this body and signer; -EKEYREJECTED
 * when the distributor's server key is of small order, of TWOKEY;
 * -ENOMEM or another error of the crypto API.
 */
int cask_key_unwrap(const struct cask_slot_view *slot, const struct cask_slot_use *use,
		    struct cask_key **ret_key)
{
	struct scratch *s = cask_scratch_get();
	struct cask_key *key;
	int ret;

	BUILD_BUG_ON(CASK_MEDIUM_WRAP_SIZE + TAG_SIZE > sizeof_field(struct scratch, text));
	if (!s)
		return -ENOMEM;
	ret = openers[slot->method](s, slot, use, bind(s, slot, use));
	key = ret ? ERR_PTR(ret) : cask_key_new(s->text, use->suite, use->copied);
	cask_scratch_put(s);
	if (IS_ERR(key))
		return PTR_ERR(key);
	*ret_key = key;
	return 0;
}

/**
 * cask_key_of_link() - open the key in the link part of a file
 * @slot: of the method EKB
 * @root: of its category, as new as it wants
 * @content: the fixed part of the same file
 * @ret_key: the key, with one reference
 *
 * Return: 0; -EBADMSG when it does not open for this content; -ENOMEM or another error of the
 * crypto API.
 */
int cask_key_of_link(const struct cask_slot_view *slot, const struct cask_root_key *root,
		     const struct cask_content *content, struct cask_key **ret_key)
{
	const size_t bound = sizeof(struct cask_link_aad), aad = bound + sizeof(struct cask_slot);
	struct scratch *s = cask_scratch_get();
	struct cask_link_aad *file;
	struct cask_key *key;
	int ret;

	BUILD_BUG_ON(aad > sizeof_field(struct scratch, aad));
	if (!s)
		return -ENOMEM;
	file = (struct cask_link_aad *)s->aad;
	memcpy(file->content_id, content->content_id.data, sizeof(file->content_id));
	memcpy(file->issuer, content->issuer.data, sizeof(file->issuer));
	file->suite = cpu_to_le32(content->suite);
	memcpy(s->aad + bound, slot->head.data, sizeof(struct cask_slot));
	ret = cask_root_open_slot(s, root, slot, aad);
	key = ret ? ERR_PTR(ret) : cask_key_new(s->text, content->suite, false);
	cask_scratch_put(s);
	if (IS_ERR(key))
		return PTR_ERR(key);
	*ret_key = key;
	return 0;
}

/**
 * cask_key_get() - take a reference
 * @key: on which the caller has one or holds its license's lock
 *
 * Return: @key.
 */
struct cask_key *cask_key_get(struct cask_key *key)
{
	kref_get(&key->ref);
	return key;
}

static void key_release(struct kref *ref)
{
	struct cask_key *key = container_of(ref, struct cask_key, ref);

	/* Wipes the transform's pads (crypto_destroy_tfm() is kfree_sensitive()). */
	crypto_free_shash(key->prk);
	if (key->raw) {
		memzero_explicit(key->raw, CASK_KEY_SIZE);
		kmem_cache_free(cask_secret_cache, key->raw);
	}
	kfree(key);
}

/**
 * cask_key_put() - drop a reference; the last one wipes the key
 * @key: NULL does nothing
 */
void cask_key_put(struct cask_key *key)
{
	if (key)
		kref_put(&key->ref, key_release);
}

/**
 * cask_key_expand() - HKDF-Expand to one block: HMAC(PRK, label || more || 1)
 * @key: that derives
 * @label: at most 12 bytes
 * @more: goes with it
 * @len: bytes of @more, at most CASK_SEED_SIZE
 * @out: PRK_SIZE bytes
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_key_expand(struct cask_key *key, const char *label, const u8 *more, size_t len, u8 *out)
{
	u8 info[12 + CASK_SEED_SIZE + 1];
	size_t n = strlen(label);

	if (WARN_ON_ONCE(n + len + 1 > sizeof(info)))
		return -EINVAL;
	memcpy(info, label, n);
	if (len)
		memcpy(info + n, more, len);
	info[n + len] = 1;
	return crypto_shash_tfm_digest(key->prk, info, n + len + 1, out);
}

/**
 * cask_key_check_header() - whether the head of a file is authentic
 * @key: the content's
 * @content: the parsed head
 *
 * Return: 0, -EBADMSG when it is not, another error of the crypto API.
 */
int cask_key_check_header(struct cask_key *key, const struct cask_content *content)
{
	u8 mac[SHA256_DIGEST_SIZE];
	u8 k[SHA256_DIGEST_SIZE];
	int ret;

	ret = cask_key_expand(key, CASK_INFO_HEADER, NULL, 0, k);
	ret = ret ?: cask_hmac(k, sizeof(k), content->maced.data, content->maced.len, mac);
	if (!ret && crypto_memneq(mac, content->mac.data, CASK_MAC_SIZE))
		ret = -EBADMSG;
	memzero_explicit(k, sizeof(k));
	/* Of a forged head it is the MAC that the forger wants. */
	memzero_explicit(mac, sizeof(mac));
	return ret;
}

/**
 * cask_key_set_block() - key a transform for one block
 * @key: the content's
 * @cipher: of the content's suite
 * @seed: the block's, CASK_SEED_SIZE bytes
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_key_set_block(struct cask_key *key, struct cask_cipher *cipher, const u8 *seed)
{
	u8 k[SHA256_DIGEST_SIZE];
	int ret;

	ret = cask_key_expand(key, CASK_INFO_BLOCK, seed, CASK_SEED_SIZE, k);
	ret = ret ?: cask_cipher_set_key(cipher, k);
	memzero_explicit(k, sizeof(k));
	return ret;
}

/**
 * cask_key_set_raw() - key a transform with a key that has no file
 * @key: of a raw suite
 * @cipher: of that suite
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_key_set_raw(struct cask_key *key, struct cask_cipher *cipher)
{
	return cask_cipher_set_key(cipher, key->raw);
}
