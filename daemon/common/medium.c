// SPDX-License-Identifier: GPL-2.0
/* medium.c - a medium's keys, its first layer, and images of its second. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "hpke.h"
#include "medium.h"
#include "object.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define TAG		CASK_GCM_TAG_SIZE

/* Expand(prk, label || number); without a number of the label alone. */
static int expand(const uint8_t prk[32], const char *label, const uint8_t *number,
		  uint8_t ret_key[32])
{
	uint8_t info[32 + CASK_MEDIUM_NUMBER_SIZE];
	size_t size = strlen(label);

	if (size + CASK_MEDIUM_NUMBER_SIZE > sizeof(info))
		return -EINVAL;
	memcpy(info, label, size);
	if (number) {
		memcpy(info + size, number, CASK_MEDIUM_NUMBER_SIZE);
		size += CASK_MEDIUM_NUMBER_SIZE;
	}
	return crypto_hkdf_expand(prk, info, size, ret_key, 32);
}

/**
 * medium_derive() - make a medium's keys
 * @class_key: of its class
 * @number: the medium's
 * @ret_keys: the caller wipes them
 *
 * Return: 0 or -EIO; then @ret_keys is wiped.
 */
int medium_derive(const uint8_t class_key[CASK_KEY_SIZE],
		  const uint8_t number[CASK_MEDIUM_NUMBER_SIZE], struct medium_keys *ret_keys)
{
	uint8_t prk[32];
	int ret = crypto_hkdf_extract(CASK_SALT_MEDIUM, strlen(CASK_SALT_MEDIUM), class_key,
				      CASK_KEY_SIZE, prk);

	if (!ret)
		ret = expand(prk, CASK_INFO_FIRST, NULL, ret_keys->first);
	if (!ret)
		ret = expand(prk, CASK_INFO_SECOND, number, ret_keys->second);
	if (!ret)
		ret = expand(prk, CASK_INFO_INDIVIDUAL, number, ret_keys->individual);
	if (!ret)
		ret = expand(prk, CASK_INFO_NUMBER, number, ret_keys->backup);
	if (!ret)
		ret = expand(ret_keys->individual, CASK_INFO_MEDIUM_SLOT, NULL, ret_keys->wrap);
	crypto_wipe(prk, sizeof(prk));
	if (ret)
		crypto_wipe(ret_keys, sizeof(*ret_keys));
	return ret;
}

/**
 * medium_first() - make a first layer
 * @medium: what it says
 * @keys: of its class and number
 * @ret_data: the object MEDIUM, allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int medium_first(const struct medium *medium, const struct medium_keys *keys,
		 uint8_t **ret_data, size_t *ret_size)
{
	const struct cask_medium_layout layout = {
		.slot_size = htole32(medium->slot_size),
		.third_offset = htole64(medium->third_offset),
		.third_size = htole64(medium->third_size),
	};
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_MEDIUM);
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, medium->issuer, sizeof(medium->issuer));
	object_add(&o, CASK_SEC_MEDIUM_NUMBER, CRITICAL, medium->number, sizeof(medium->number));
	object_add(&o, CASK_SEC_MEDIUM_CLASS, CRITICAL, medium->class_id, sizeof(medium->class_id));
	object_add(&o, CASK_SEC_MEDIUM_LAYOUT, CRITICAL, &layout, sizeof(layout));
	if (medium->locked)
		object_add(&o, CASK_SEC_APPARATUS, CRITICAL, medium->apparatus,
			   sizeof(medium->apparatus));
	object_mac(&o, CASK_SEC_MEDIUM_MAC, keys->first);
	return object_end(&o, ret_data, ret_size);
}

/**
 * medium_draw() - draw what is drawn for each image
 * @image: gets a salt and an ephemeral key
 *
 * Return: 0 or -EIO.
 */
int medium_draw(struct medium_image *image)
{
	int ret = crypto_random(image->salt, sizeof(image->salt));

	return ret ? ret : crypto_random(image->ephemeral, sizeof(image->ephemeral));
}

/* The medium's lock: a nonce of zeros, since no two images have a key in common. */
static int lock_medium(const struct medium_keys *keys, const struct medium_image *image,
		       const struct hpke_text *text, uint8_t *out)
{
	static const uint8_t nonce[CRYPTO_GCM_IV_SIZE];
	uint8_t prk[32], key[32];
	const struct crypto_gcm gcm = { .key = key, .key_size = sizeof(key), .iv = nonce,
					.aad = text->aad, .aad_size = text->aad_size };
	int ret = crypto_hkdf_extract(image->salt, sizeof(image->salt), keys->second,
				      sizeof(keys->second), prk);

	if (!ret)
		ret = expand(prk, CASK_INFO_LAYER, NULL, key);
	if (!ret)
		ret = crypto_gcm_seal(&gcm, image->records.data, image->records.len, out);
	crypto_wipe(prk, sizeof(prk));
	crypto_wipe(key, sizeof(key));
	return ret;
}

/* The apparatus's lock around it. enc is in the aad, so it is made before there is one. */
static int lock_both(const struct medium_keys *keys, const struct medium_image *image,
		     const struct hpke_context *context, const struct hpke_text *text, uint8_t *out)
{
	size_t size = image->records.len + TAG;
	uint8_t *inner = malloc(size);
	int ret = inner ? lock_medium(keys, image, text, inner) : -ENOMEM;

	if (!ret)
		ret = hpke_context_seal(context, text, inner, size, out);
	free(inner);
	return ret;
}

static int begin_lock(const struct medium *medium, const struct medium_image *image,
		      uint8_t ret_enc[CASK_HPKE_ENC_SIZE], struct hpke_context *ret_context)
{
	uint8_t shared[CRYPTO_SHA256_SIZE];
	int ret = hpke_encap(image->ephemeral, medium->apparatus, ret_enc, shared);

	if (!ret)
		ret = hpke_schedule(shared, CASK_INFO_LOCK, strlen(CASK_INFO_LOCK), ret_context);
	crypto_wipe(shared, sizeof(shared));
	return ret;
}

/* An object LAYER with zeros where the sealed records will be. */
static int frame(const struct medium_image *image, const uint8_t *enc, size_t sealed,
		 uint8_t **ret_data, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	uint8_t *zeros = calloc(1, sealed);

	if (!zeros)
		return -ENOMEM;
	object_begin(&o, CASK_TYPE_LAYER);
	object_u64(&o, CASK_SEC_COUNTER, CRITICAL, image->counter);
	object_add(&o, CASK_SEC_SALT, CRITICAL, image->salt, sizeof(image->salt));
	if (enc)
		object_add(&o, CASK_SEC_ENC, CRITICAL, enc, CASK_HPKE_ENC_SIZE);
	object_add(&o, CASK_SEC_RECORDS, CRITICAL, zeros, sealed);
	free(zeros);
	return object_end(&o, ret_data, ret_size);
}

/**
 * medium_layer() - seal an image of the second layer
 * @medium: whose
 * @keys: of its class and number
 * @image: with what medium_draw() drew
 * @ret_data: the object LAYER, for slot @image->counter & 1; allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0; -ENOSPC when a slot is too small for it; -EINVAL for an apparatus of low order;
 * -ENOMEM; -EIO.
 */
int medium_layer(const struct medium *medium, const struct medium_keys *keys,
		 const struct medium_image *image, uint8_t **ret_data, size_t *ret_size)
{
	size_t size, sealed = image->records.len + (medium->locked ? 2 * TAG : TAG);
	uint8_t enc[CASK_HPKE_ENC_SIZE], *data = NULL;
	struct hpke_context context = { 0 };
	struct hpke_text text = { 0 };
	int ret = 0;

	if (image->records.len > medium->slot_size - CASK_LAYER_OVERHEAD)
		return -ENOSPC;
	if (medium->locked)
		ret = begin_lock(medium, image, enc, &context);
	if (!ret)
		ret = frame(image, medium->locked ? enc : NULL, sealed, &data, &size);
	if (!ret) {
		text.aad = data;
		text.aad_size = size - sealed;
		ret = medium->locked ? lock_both(keys, image, &context, &text, data + size - sealed) :
				       lock_medium(keys, image, &text, data + size - sealed);
	}
	crypto_wipe(&context, sizeof(context));
	if (ret) {
		free(data);
		return ret;
	}
	*ret_data = data;
	*ret_size = size;
	return 0;
}
