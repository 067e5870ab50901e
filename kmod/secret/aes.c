// SPDX-License-Identifier: GPL-2.0
/* aes.c - single blocks of AES-128, each under a key of its own: what ekb.c and keywrap.c work with. */
#include "secret.h"
#include "ekb.h"

/**
 * cask_aes_new() - for many blocks
 *
 * Return: to be freed by cask_aes_free(), or NULL.
 */
struct cask_aes *cask_aes_new(void)
{
	BUILD_BUG_ON(sizeof(struct cask_aes) > sizeof(struct scratch));
	return kmem_cache_zalloc(cask_secret_cache, GFP_KERNEL_ACCOUNT);
}

/**
 * cask_aes_free() - wipe it with the last key
 * @aes: NULL does nothing
 */
void cask_aes_free(struct cask_aes *aes)
{
	if (!aes)
		return;
	memzero_explicit(aes, sizeof(*aes));
	kmem_cache_free(cask_secret_cache, aes);
}

/**
 * cask_aes_encrypt() - encrypt a block
 * @aes: from cask_aes_new()
 * @key: CASK_KEY_SIZE bytes
 * @in: CASK_KEY_SIZE bytes
 * @out: CASK_KEY_SIZE bytes; may be @key or @in
 *
 * Return: 0; no other error of aes_expandkey() comes of such a key.
 */
int cask_aes_encrypt(struct cask_aes *aes, const u8 *key, const u8 *in, u8 *out)
{
	int ret = aes_expandkey(&aes->ctx, key, CASK_KEY_SIZE);

	if (!ret)
		aes_encrypt(&aes->ctx, out, in);
	return ret;
}

/**
 * cask_aes_decrypt() - decrypt a block
 * @aes: from cask_aes_new()
 * @key: CASK_KEY_SIZE bytes
 * @in: CASK_KEY_SIZE bytes
 * @out: CASK_KEY_SIZE bytes; may be @key or @in
 *
 * Return: as cask_aes_encrypt().
 */
int cask_aes_decrypt(struct cask_aes *aes, const u8 *key, const u8 *in, u8 *out)
{
	int ret = aes_expandkey(&aes->ctx, key, CASK_KEY_SIZE);

	if (!ret)
		aes_decrypt(&aes->ctx, out, in);
	return ret;
}
