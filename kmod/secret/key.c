// SPDX-License-Identifier: GPL-2.0
/* key.c - content keys: unwrapped here, and good for one purpose. */
#include <linux/err.h>
#include <crypto/algapi.h>

#include "secret.h"

/**
 * struct cask_key - a content key
 * @ref: held by the license and by each request that uses it
 * @prk: of a file's key: HMAC-SHA256 keyed with HKDF-Extract of it
 * @raw: of a key without a file: itself, from @cask_secret_cache
 */
struct cask_key {
	struct kref ref;
	struct crypto_shash *prk;
	u8 *raw;
};

/* A file's key becomes one that can only derive. */
static int keep_prk(struct cask_key *key, const u8 *kc)
{
	struct crypto_shash *prk;
	u8 extracted[PRK_SIZE];
	int ret;

	ret = cask_hmac(CASK_SALT_CONTENT, strlen(CASK_SALT_CONTENT), kc, CASK_KEY_SIZE, extracted);
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

/* One purpose: the key in @kc can do what its suite needs and nothing else. */
static struct cask_key *key_new(const u8 *kc, u32 suite)
{
	struct cask_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	kref_init(&key->ref);
	ret = cask_suite_is_raw(suite) ? keep_raw(key, kc) : keep_prk(key, kc);
	if (ret) {
		kfree(key);
		return ERR_PTR(ret);
	}
	return key;
}

/**
 * cask_key_unwrap_device() - open a DEVICE slot
 * @slot: of the license; its key id is this device's
 * @body_hash: SHA-256 of the license's body
 * @kid: thumbprint of the key that signed the license
 * @suite: what the key is for, enum cask_suite
 * @ret_key: the content key, with one reference
 *
 * Return: 0; -EBADMSG when the slot does not open with this body and signer;
 * -ENOMEM or another error of the crypto API.
 */
int cask_key_unwrap_device(const struct cask_slot_view *slot, const u8 *body_hash,
			   const u8 *kid, u32 suite, struct cask_key **ret_key)
{
	struct scratch *s = cask_scratch_get();
	struct cask_key *key;
	size_t aad = 0;
	int ret;

	BUILD_BUG_ON(CASK_KEY_SIZE + TAG_SIZE > sizeof_field(struct scratch, text));
	if (!s)
		return -ENOMEM;
	ret = cask_hpke_decap(s, slot->wrapped.data) ?: cask_hpke_schedule(s, CASK_INFO_DEVICE_SLOT);
	if (ret)
		goto out;

	memcpy(s->aad, body_hash, SHA256_DIGEST_SIZE);
	aad += SHA256_DIGEST_SIZE;
	memcpy(s->aad + aad, kid, CASK_KID_SIZE);
	aad += CASK_KID_SIZE;
	memcpy(s->aad + aad, slot->head.data, sizeof(struct cask_slot));
	aad += sizeof(struct cask_slot);
	memcpy(s->text, slot->wrapped.data + CASK_HPKE_ENC_SIZE, CASK_KEY_SIZE + TAG_SIZE);
	ret = cask_gcm_open(s->key, AES128_SIZE, s->nonce, s->aad, aad,
			    s->text, CASK_KEY_SIZE + TAG_SIZE);
	if (ret)
		goto out;

	key = key_new(s->text, suite);
	ret = PTR_ERR_OR_ZERO(key);
	if (!ret)
		*ret_key = key;
out:
	cask_scratch_put(s);
	return ret;
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

/* HKDF-Expand to one block: HMAC(PRK, info || 1). */
static int key_expand(struct cask_key *key, const char *label,
		      const u8 *more, size_t len, u8 *out)
{
	u8 info[8 + CASK_SEED_SIZE + 1];
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

	ret = key_expand(key, CASK_INFO_HEADER, NULL, 0, k);
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

	ret = key_expand(key, CASK_INFO_BLOCK, seed, CASK_SEED_SIZE, k);
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
