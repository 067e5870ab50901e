// SPDX-License-Identifier: GPL-2.0
/* cipher.c - a transform with its request, for one of the suites. */
#include <linux/err.h>
#include <linux/scatterlist.h>

#include "private.h"

/* A fixed list: no name of an algorithm comes from outside. */
static const char *algorithm_of(u32 suite)
{
	switch (suite) {
	case CASK_SUITE_AES_128_GCM:
	case CASK_SUITE_RAW_AES_128_GCM:
		return "gcm(aes)";
	case CASK_SUITE_AES_128_CBC:
	case CASK_SUITE_RAW_AES_128_CBC:
		return "cbc(aes)";
	case CASK_SUITE_RAW_AES_128_CTR:
		return "ctr(aes)";
	default:
		return NULL;
	}
}

static bool is_authenticated(u32 suite)
{
	return suite == CASK_SUITE_AES_128_GCM || suite == CASK_SUITE_RAW_AES_128_GCM;
}

#define REQUEST_FLAGS	(CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP)

static int init_aead(struct cask_cipher *c, const char *name)
{
	int ret;

	c->aead = crypto_alloc_aead(name, 0, 0);
	if (IS_ERR(c->aead)) {
		ret = PTR_ERR(c->aead);
		c->aead = NULL;
		return ret;
	}
	ret = crypto_aead_setauthsize(c->aead, CASK_GCM_TAG_SIZE);
	if (ret)
		return ret;
	c->aead_req = aead_request_alloc(c->aead, GFP_KERNEL_ACCOUNT);
	if (!c->aead_req)
		return -ENOMEM;
	aead_request_set_callback(c->aead_req, REQUEST_FLAGS, crypto_req_done, &c->wait);
	return 0;
}

static int init_skcipher(struct cask_cipher *c, const char *name)
{
	int ret;

	c->skcipher = crypto_alloc_skcipher(name, 0, 0);
	if (IS_ERR(c->skcipher)) {
		ret = PTR_ERR(c->skcipher);
		c->skcipher = NULL;
		return ret;
	}
	c->skcipher_req = skcipher_request_alloc(c->skcipher, GFP_KERNEL_ACCOUNT);
	if (!c->skcipher_req)
		return -ENOMEM;
	skcipher_request_set_callback(c->skcipher_req, REQUEST_FLAGS, crypto_req_done, &c->wait);
	return 0;
}

/**
 * cask_cipher_init() - have a transform for a suite
 * @cipher: zeroed; cask_cipher_exit() it also when this fails
 * @suite: enum cask_suite
 *
 * Return: 0; -ENOMEM; -ENOENT when the kernel does not have the algorithm.
 */
int cask_cipher_init(struct cask_cipher *cipher, u32 suite)
{
	const char *name = algorithm_of(suite);

	if (WARN_ON_ONCE(!name))
		return -EOPNOTSUPP;
	crypto_init_wait(&cipher->wait);
	return is_authenticated(suite) ? init_aead(cipher, name) : init_skcipher(cipher, name);
}

/**
 * cask_cipher_exit() - wipe a transform and its request and free them
 * @cipher: after cask_cipher_init(), or zeroed
 */
void cask_cipher_exit(struct cask_cipher *cipher)
{
	aead_request_free(cipher->aead_req);
	crypto_free_aead(cipher->aead);
	skcipher_request_free(cipher->skcipher_req);
	crypto_free_skcipher(cipher->skcipher);
	memset(cipher, 0, sizeof(*cipher));
}

/**
 * cask_cipher_set_key() - key a transform; for secret/ only
 * @cipher: which
 * @key: AES-128, CASK_KEY_SIZE bytes
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_cipher_set_key(struct cask_cipher *cipher, const u8 *key)
{
	return cipher->aead ? crypto_aead_setkey(cipher->aead, key, CASK_KEY_SIZE) :
			      crypto_skcipher_setkey(cipher->skcipher, key, CASK_KEY_SIZE);
}

/**
 * cask_cipher_decrypt() - decrypt in place
 * @cipher: keyed; used by one caller at a time
 * @sg: memory of the module's own: additional data, text, tag; of a cipher without
 *	authentication just text
 * @aad: bytes of additional data
 * @len: bytes of text, and of the tag
 * @iv: as long as the suite's; of CTR and CBC, set to go on behind @len
 *
 * Return: 0; -EBADMSG when it is not authentic; another error of the crypto API.
 */
int cask_cipher_decrypt(struct cask_cipher *cipher, struct scatterlist *sg,
			unsigned int aad, unsigned int len, u8 *iv)
{
	int ret;

	if (cipher->aead) {
		aead_request_set_ad(cipher->aead_req, aad);
		aead_request_set_crypt(cipher->aead_req, sg, sg, len, iv);
		ret = crypto_aead_decrypt(cipher->aead_req);
	} else {
		skcipher_request_set_crypt(cipher->skcipher_req, sg, sg, len, iv);
		ret = crypto_skcipher_decrypt(cipher->skcipher_req);
	}
	return crypto_wait_req(ret, &cipher->wait);
}
