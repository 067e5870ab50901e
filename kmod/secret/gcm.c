// SPDX-License-Identifier: GPL-2.0
/* gcm.c - AES-GCM in place, of a few bytes or of an image. */
#include <linux/err.h>

#include "secret.h"

/**
 * cask_gcm_crypt() - AES-GCM in place
 * @g: what
 * @crypt: crypto_aead_encrypt or crypto_aead_decrypt
 *
 * Return: 0; -EBADMSG when it is not authentic; another error of the crypto API.
 */
int cask_gcm_crypt(const struct gcm *g, int (*crypt)(struct aead_request *))
{
	struct crypto_aead *tfm = crypto_alloc_aead("gcm(aes)", 0, 0);
	struct aead_request *req = NULL;
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = crypto_aead_setkey(tfm, g->key, g->key_len) ?:
	      crypto_aead_setauthsize(tfm, TAG_SIZE);
	if (ret)
		goto out;
	ret = -ENOMEM;
	req = aead_request_alloc(tfm, GFP_KERNEL);
	if (!req)
		goto out;
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, g->aad_len);
	aead_request_set_crypt(req, g->sg, g->sg, g->len, g->nonce);
	ret = crypto_wait_req(crypt(req), &wait);
out:
	aead_request_free(req);
	crypto_free_aead(tfm);
	return ret;
}

static int crypt_few(struct gcm *g, u8 *aad, u8 *text, int (*crypt)(struct aead_request *))
{
	struct scatterlist sg[2];

	sg_init_table(sg, ARRAY_SIZE(sg));
	sg_set_buf(&sg[0], aad, g->aad_len);
	sg_set_buf(&sg[1], text, crypt == crypto_aead_encrypt ? g->len + TAG_SIZE : g->len);
	g->sg = sg;
	return cask_gcm_crypt(g, crypt);
}

/**
 * cask_gcm_seal() - seal a few bytes
 * @key: AES key
 * @key_len: bytes of it
 * @nonce: NONCE_SIZE bytes
 * @aad: additional data
 * @aad_len: bytes of it
 * @text: enciphered in place, and TAG_SIZE bytes of room for the tag
 * @text_len: bytes of it, without the tag
 *
 * All in memory of cask_scratch_get(). Return: as cask_gcm_crypt().
 */
int cask_gcm_seal(const u8 *key, size_t key_len, u8 *nonce,
		  u8 *aad, size_t aad_len, u8 *text, size_t text_len)
{
	struct gcm g = {
		.key = key, .key_len = key_len, .nonce = nonce, .aad_len = aad_len, .len = text_len,
	};

	return crypt_few(&g, aad, text, crypto_aead_encrypt);
}

/**
 * cask_gcm_open() - open a few bytes
 * @key: AES key
 * @key_len: bytes of it
 * @nonce: NONCE_SIZE bytes
 * @aad: additional data
 * @aad_len: bytes of it
 * @text: deciphered in place
 * @text_len: bytes of it, with the tag
 *
 * All in memory of cask_scratch_get(). Return: as cask_gcm_crypt().
 */
int cask_gcm_open(const u8 *key, size_t key_len, u8 *nonce,
		    u8 *aad, size_t aad_len, u8 *text, size_t text_len)
{
	struct gcm g = {
		.key = key, .key_len = key_len, .nonce = nonce, .aad_len = aad_len, .len = text_len,
	};

	return crypt_few(&g, aad, text, crypto_aead_decrypt);
}
