// SPDX-License-Identifier: GPL-2.0
/*
 * twokey.c - second keys: the first key of a content, under a key made from a parameter,
 * the hardware key and the content.
 */
#include "secret.h"

/* K_2 into @s->key: HKDF of the hardware secret, with what the second key says of itself. */
static int make_key(struct scratch *s, const struct cask_slot_use *use)
{
	const struct cask_bytes *head = &use->twokey->head;
	size_t n = strlen(CASK_INFO_SECOND_KEY);
	int ret;

	ret = cask_pairwise_key(s, use->server_key, CASK_INFO_TWOKEY) ?:
	      cask_hmac(head->data, head->len, s->key, PRK_SIZE, s->prk);
	if (ret)
		return ret;
	memcpy(s->message, CASK_INFO_SECOND_KEY, n);
	memcpy(s->message + n, use->content_id, CASK_ID_SIZE);
	s->message[n + CASK_ID_SIZE] = 1;
	return cask_hmac(s->prk, PRK_SIZE, s->message, n + CASK_ID_SIZE + 1, s->key);
}

/**
 * cask_twokey_open() - the first key from a second key
 * @s: the slot's aad in @s->aad; gets the key in @s->text
 * @use: the second key, and what it came with
 * @aad: bytes of @s->aad
 *
 * Whether the parameter is good is for the secure area to say (step.c, right.c). Return: 0;
 * -EBADMSG when it was altered, or is not made of what it says; -EKEYREJECTED for a server
 * key of small order; another error of the crypto API.
 */
int cask_twokey_open(struct scratch *s, const struct cask_slot_use *use, size_t aad)
{
	const struct cask_bytes *sealed = &use->twokey->sealed;
	int ret = make_key(s, use);

	if (ret)
		return ret;
	memcpy(s->nonce, sealed->data, NONCE_SIZE);
	memcpy(s->text, sealed->data + NONCE_SIZE, CASK_KEY_SIZE + TAG_SIZE);
	return cask_gcm_open(s->key, AES256_SIZE, s->nonce, s->aad, aad, s->text,
			     CASK_KEY_SIZE + TAG_SIZE);
}
