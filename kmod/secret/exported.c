// SPDX-License-Identifier: GPL-2.0
/* exported.c - keys in copies of licenses, under the individual key of a medium. */
#include <linux/err.h>
#include <linux/random.h>

#include "secret.h"

/* What the key in a copy is sealed under, into s->key. */
static int exported_key(struct scratch *s, struct cask_key *class_key, const u8 *number)
{
	return cask_key_expand(class_key, CASK_INFO_INDIVIDUAL, number, CASK_MEDIUM_NUMBER_SIZE,
			       s->prk) ?:
	       cask_expand_label(s->prk, CASK_INFO_EXPORTED, s->key);
}

/**
 * cask_key_wrap() - seal a key for a medium
 * @key: of a license that copies are made of
 * @use: the class of the medium, and what the copy says
 * @number: the medium's, CASK_MEDIUM_NUMBER_SIZE bytes
 * @wrapped: CASK_MEDIUM_WRAP_SIZE bytes, when 0 is returned
 *
 * Return: 0; -EPERM when no copies are made of it; -ENOMEM or another error of the crypto API.
 */
int cask_key_wrap(const struct cask_key *key, const struct cask_slot_use *use, const u8 *number,
		  u8 *wrapped)
{
	struct scratch *s;
	int ret;

	if (!key->raw)
		return -EPERM;
	s = cask_scratch_get();
	if (!s)
		return -ENOMEM;
	get_random_bytes(s->nonce, NONCE_SIZE);
	/* The cipher may change it. */
	memcpy(wrapped, s->nonce, NONCE_SIZE);
	memcpy(s->aad, use->body_hash, SHA256_DIGEST_SIZE);
	memcpy(s->text, key->raw, CASK_KEY_SIZE);
	ret = exported_key(s, use->class_key, number) ?:
	      cask_gcm_seal(s->key, AES256_SIZE, s->nonce, s->aad, SHA256_DIGEST_SIZE, s->text,
			    CASK_KEY_SIZE);
	if (!ret)
		memcpy(wrapped + NONCE_SIZE, s->text, CASK_KEY_SIZE + TAG_SIZE);
	cask_scratch_put(s);
	return ret;
}

/**
 * cask_key_of_copy() - open the key in a copy of a license
 * @wrapped: CASK_MEDIUM_WRAP_SIZE bytes
 * @use: the class of the medium, and what the copy says
 * @number: the medium's, CASK_MEDIUM_NUMBER_SIZE bytes
 * @ret_key: the key, with one reference; no copies are made of it
 *
 * Return: 0; -EBADMSG when it is not authentic; -ENOMEM or another error of the crypto API.
 */
int cask_key_of_copy(const u8 *wrapped, const struct cask_slot_use *use, const u8 *number,
		     struct cask_key **ret_key)
{
	struct scratch *s = cask_scratch_get();
	struct cask_key *key;
	int ret;

	if (!s)
		return -ENOMEM;
	memcpy(s->nonce, wrapped, NONCE_SIZE);
	memcpy(s->aad, use->body_hash, SHA256_DIGEST_SIZE);
	memcpy(s->text, wrapped + NONCE_SIZE, CASK_KEY_SIZE + TAG_SIZE);
	ret = exported_key(s, use->class_key, number) ?:
	      cask_gcm_open(s->key, AES256_SIZE, s->nonce, s->aad, SHA256_DIGEST_SIZE, s->text,
			    CASK_KEY_SIZE + TAG_SIZE);
	key = ret ? ERR_PTR(ret) : cask_key_new(s->text, use->suite, false);
	cask_scratch_put(s);
	if (IS_ERR(key))
		return PTR_ERR(key);
	*ret_key = key;
	return 0;
}
