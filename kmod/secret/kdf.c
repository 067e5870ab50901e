// SPDX-License-Identifier: GPL-2.0
/* kdf.c - HKDF-SHA256 (RFC 5869), at most one output block, and memory for its intermediates. */
#include <linux/err.h>

#include "secret.h"

/* Holds scratch memory and the identity: an object is as large as the larger. */
struct kmem_cache *cask_secret_cache;

/**
 * cask_scratch_get() - memory for the intermediates of one derivation
 *
 * Return: zeros, or NULL.
 */
struct scratch *cask_scratch_get(void)
{
	return kmem_cache_zalloc(cask_secret_cache, GFP_KERNEL_ACCOUNT);
}

/**
 * cask_scratch_put() - wipe it and give it back
 * @s: NULL does nothing
 */
void cask_scratch_put(struct scratch *s)
{
	if (!s)
		return;
	memzero_explicit(s, sizeof(*s));
	kmem_cache_free(cask_secret_cache, s);
}

/**
 * cask_hmac_new() - HMAC-SHA256 with a key
 * @key: the key
 * @len: bytes of it
 *
 * Return: a transform that crypto_free_shash() wipes, or an error of the crypto API.
 */
struct crypto_shash *cask_hmac_new(const u8 *key, size_t len)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	int ret;

	if (IS_ERR(tfm))
		return tfm;
	ret = crypto_shash_setkey(tfm, key, len);
	if (ret) {
		crypto_free_shash(tfm);
		return ERR_PTR(ret);
	}
	return tfm;
}

/**
 * cask_hmac() - HMAC-SHA256; as HKDF-Extract of @data with the salt @key
 * @key: the key
 * @key_len: bytes of it
 * @data: what
 * @len: bytes of it
 * @out: PRK_SIZE bytes; may be @key or @data
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_hmac(const u8 *key, size_t key_len, const void *data, size_t len, u8 *out)
{
	struct crypto_shash *tfm = cask_hmac_new(key, key_len);
	int ret;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = crypto_shash_tfm_digest(tfm, data, len, out);
	crypto_free_shash(tfm);
	return ret;
}

/**
 * cask_expand_label() - HKDF-Expand (RFC 5869) to one block
 * @prk: PRK_SIZE bytes
 * @label: the info
 * @out: PRK_SIZE bytes; may be @prk
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_expand_label(const u8 *prk, const char *label, u8 *out)
{
	u8 info[32];
	size_t len = strlen(label);

	if (WARN_ON_ONCE(len >= sizeof(info)))
		return -EINVAL;
	memcpy(info, label, len);
	info[len] = 1;
	return cask_hmac(prk, PRK_SIZE, info, len + 1, out);
}
