// SPDX-License-Identifier: GPL-2.0
/* twokey.c - the key exchange of two keys, at the server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "object.h"
#include "pairwise.h"
#include "twokey.h"

#define CRITICAL	CASK_SECTION_CRITICAL

/* One encoding of each description: no two contents have one in common. */
static int describe(const struct twokey_information *i, uint8_t **ret_data, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_INFORMATION);
	object_add(&o, CASK_SEC_CONTENT_ID, CRITICAL, i->content_id, CASK_ID_SIZE);
	object_u32(&o, CASK_SEC_SUITE, CRITICAL, i->suite);
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, i->issuer, CASK_KID_SIZE);
	if (*i->media_type)
		object_text(&o, CASK_SEC_MEDIA_TYPE, CRITICAL, i->media_type);
	if (*i->title)
		object_text(&o, CASK_SEC_TITLE, CRITICAL, i->title);
	return object_end(&o, ret_data, ret_size);
}

/**
 * twokey_first_key() - the first key of a content: K1, which is its Kc
 * @secret: the distributor's
 * @information: what describes the content
 * @ret_key: on success; the caller wipes it
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int twokey_first_key(const uint8_t secret[TWOKEY_SECRET_SIZE],
		     const struct twokey_information *information,
		     uint8_t ret_key[CASK_KEY_SIZE])
{
	uint8_t prk[CRYPTO_SHA256_SIZE], *data = NULL;
	size_t size;
	int ret = describe(information, &data, &size);

	if (!ret)
		ret = crypto_hkdf_extract(CASK_SALT_FIRST_KEY, strlen(CASK_SALT_FIRST_KEY), secret,
					  TWOKEY_SECRET_SIZE, prk);
	if (!ret)
		ret = crypto_hkdf_expand(prk, data, size, ret_key, CASK_KEY_SIZE);
	crypto_wipe(prk, sizeof(prk));
	free(data);
	return ret;
}

/**
 * twokey_wrap_key() - K_2, under which the first key is sent
 * @hardware_secret: K_twokey of the device's pairwise key
 * @twokey: mode and parameter
 * @content_id: of the content
 * @ret_key: 32 bytes; the caller wipes them
 *
 * Return: 0 or -EIO.
 */
int twokey_wrap_key(const uint8_t hardware_secret[32], const struct cask_twokey *twokey,
		    const uint8_t content_id[CASK_ID_SIZE], uint8_t ret_key[32])
{
	uint8_t info[sizeof(CASK_INFO_SECOND_KEY) - 1 + CASK_ID_SIZE], prk[CRYPTO_SHA256_SIZE];
	size_t label = sizeof(info) - CASK_ID_SIZE;
	int ret;

	memcpy(info, CASK_INFO_SECOND_KEY, label);
	memcpy(info + label, content_id, CASK_ID_SIZE);
	ret = crypto_hkdf_extract(twokey, sizeof(*twokey), hardware_secret, 32, prk);
	if (!ret)
		ret = crypto_hkdf_expand(prk, info, sizeof(info), ret_key, 32);
	crypto_wipe(prk, sizeof(prk));
	return ret;
}

/**
 * twokey_synchronise() - make a SYNCHRONISE
 * @pairwise_secret: S of the device
 * @fields: what it says
 * @ret_object: allocated; the caller frees
 * @ret_size: bytes of it
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int twokey_synchronise(const uint8_t pairwise_secret[32],
		       const struct twokey_synchronise *fields,
		       uint8_t **ret_object, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	uint8_t key[32];
	int ret = pairwise_key(pairwise_secret, CASK_INFO_SYNCHRONISE, key);

	if (ret)
		return ret;
	object_begin(&o, CASK_TYPE_SYNCHRONISE);
	object_u64(&o, CASK_SEC_CREATED, CRITICAL, fields->created);
	object_add(&o, CASK_SEC_NONCE, CRITICAL, fields->nonce, sizeof(fields->nonce));
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, fields->issuer, sizeof(fields->issuer));
	object_add(&o, CASK_SEC_DEVICE_ID, CRITICAL, fields->device_id, sizeof(fields->device_id));
	object_add(&o, CASK_SEC_STEP, CRITICAL, &fields->step, sizeof(fields->step));
	object_mac(&o, CASK_SEC_STEP_MAC, key);
	crypto_wipe(key, sizeof(key));
	return object_end(&o, ret_object, ret_size);
}
