// SPDX-License-Identifier: GPL-2.0
/*
 * aes.c - single blocks of AES-128, on OpenSSL's EVP.
 *
 * An EKB takes tens of thousands, each under a key of its own: cipher and contexts are
 * fetched once.
 */
#include <errno.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "aes.h"

struct cask_aes {
	EVP_CIPHER_CTX *encrypt, *decrypt;
};

static EVP_CIPHER_CTX *context_new(const EVP_CIPHER *cipher, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx && EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/**
 * aes_new() - for many blocks
 *
 * Return: to be freed by aes_free(), or NULL.
 */
struct cask_aes *aes_new(void)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	struct cask_aes *aes = cipher ? calloc(1, sizeof(*aes)) : NULL;

	if (aes) {
		aes->encrypt = context_new(cipher, 1);
		aes->decrypt = context_new(cipher, 0);
	}
	EVP_CIPHER_free(cipher);
	if (aes && aes->encrypt && aes->decrypt)
		return aes;
	aes_free(aes);
	return NULL;
}

/**
 * aes_free() - with the last key
 * @aes: NULL does nothing
 */
void aes_free(struct cask_aes *aes)
{
	if (!aes)
		return;
	EVP_CIPHER_CTX_free(aes->encrypt);
	EVP_CIPHER_CTX_free(aes->decrypt);
	free(aes);
}

static int block(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	int n = 0;

	return EVP_CipherInit_ex2(ctx, NULL, key, NULL, -1, NULL) == 1 &&
		EVP_CipherUpdate(ctx, out, &n, in, CASK_KEY_SIZE) == 1 &&
		n == CASK_KEY_SIZE ? 0 : -EIO;
}

/**
 * cask_aes_encrypt() - encrypt a block
 * @aes: from aes_new()
 * @key: CASK_KEY_SIZE bytes
 * @in: CASK_KEY_SIZE bytes
 * @out: CASK_KEY_SIZE bytes; may be @key or @in
 *
 * Return: 0 or -EIO.
 */
int cask_aes_encrypt(struct cask_aes *aes, const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	return block(aes->encrypt, key, in, out);
}

/**
 * cask_aes_decrypt() - decrypt a block
 * @aes: from aes_new()
 * @key: CASK_KEY_SIZE bytes
 * @in: CASK_KEY_SIZE bytes
 * @out: CASK_KEY_SIZE bytes; may be @key or @in
 *
 * Return: 0 or -EIO.
 */
int cask_aes_decrypt(struct cask_aes *aes, const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	return block(aes->decrypt, key, in, out);
}
