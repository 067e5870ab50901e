// SPDX-License-Identifier: GPL-2.0
/* medium.c - a medium's keys, its first layer, and images of its second. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "hpke.h"
#include "medium.h"

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

static struct cask_medium_view view_of(const struct medium *m)
{
	return (struct cask_medium_view){
		.issuer = { m->issuer, sizeof(m->issuer) },
		.number = { m->number, sizeof(m->number) },
		.class_id = { m->class_id, sizeof(m->class_id) },
		.apparatus = { m->locked ? m->apparatus : NULL, m->locked ? sizeof(m->apparatus) : 0 },
		.slot_size = m->slot_size,
		.third_offset = m->third_offset,
		.third_size = m->third_size,
	};
}

/**
 * medium_first() - make a first layer
 * @medium: what it says
 * @keys: of its class and number
 * @ret_data: the object MEDIUM, allocated; the caller frees
 * @ret_size: bytes of it
 *
 * Return: 0; -EINVAL for layers that have no room; -ENOMEM; -EIO.
 */
int medium_first(const struct medium *medium, const struct medium_keys *keys,
		 uint8_t **ret_data, size_t *ret_size)
{
	const struct cask_medium_view view = view_of(medium);
	uint8_t *data, *mac;
	int ret;

	if (cask_medium_check_layout(&view))
		return -EINVAL;
	data = malloc(CASK_MEDIUM_HEAD_MAX);
	if (!data)
		return -ENOMEM;
	mac = cask_medium_build(data, &view);
	ret = crypto_hmac_sha256(keys->first, sizeof(keys->first), data, mac - data, mac);
	if (ret) {
		free(data);
		return ret;
	}
	*ret_data = data;
	*ret_size = mac + CASK_MAC_SIZE - data;
	return 0;
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

static int image_key(const struct medium_keys *keys, const uint8_t salt[CASK_AREA_SALT_SIZE],
		     uint8_t ret_key[32])
{
	uint8_t prk[32];
	int ret = crypto_hkdf_extract(salt, CASK_AREA_SALT_SIZE, keys->second,
				      sizeof(keys->second), prk);

	if (!ret)
		ret = expand(prk, CASK_INFO_LAYER, NULL, ret_key);
	crypto_wipe(prk, sizeof(prk));
	return ret;
}

/* The medium's lock: a nonce of zeros, since no two images have a key in common. */
static int lock_medium(const struct medium_keys *keys, const struct medium_image *image,
		       const struct hpke_text *text, uint8_t *out)
{
	static const uint8_t nonce[CRYPTO_GCM_IV_SIZE];
	uint8_t key[32];
	const struct crypto_gcm gcm = { .key = key, .key_size = sizeof(key), .iv = nonce,
					.aad = text->aad, .aad_size = text->aad_size };
	int ret = image_key(keys, image->salt, key);

	if (!ret)
		ret = crypto_gcm_seal(&gcm, image->records.data, image->records.len, out);
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

/* The object, but for the sealed records; ret_head of its bytes come before them. */
static int frame(const struct medium_image *image, const uint8_t *enc, uint8_t **ret_data,
		 size_t *ret_head)
{
	const struct cask_image_view view = {
		.counter = image->counter, .salt = { image->salt, sizeof(image->salt) },
		.enc = { enc, enc ? CASK_HPKE_ENC_SIZE : 0 },
	};
	uint8_t *data = malloc(CASK_BACKUP_OVERHEAD + image->records.len + 2 * TAG);

	if (!data)
		return -ENOMEM;
	*ret_head = cask_image_build(data, &view, CASK_TYPE_LAYER, image->records.len);
	*ret_data = data;
	return 0;
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
	uint8_t enc[CASK_HPKE_ENC_SIZE], *data = NULL;
	struct hpke_context context = { 0 };
	struct hpke_text text = { 0 };
	int ret = 0;

	if (image->records.len > medium->slot_size - CASK_LAYER_OVERHEAD)
		return -ENOSPC;
	if (medium->locked)
		ret = begin_lock(medium, image, enc, &context);
	if (!ret)
		ret = frame(image, medium->locked ? enc : NULL, &data, &text.aad_size);
	text.aad = data;
	if (!ret)
		ret = medium->locked ? lock_both(keys, image, &context, &text, data + text.aad_size) :
				       lock_medium(keys, image, &text, data + text.aad_size);
	crypto_wipe(&context, sizeof(context));
	if (ret) {
		free(data);
		return ret;
	}
	*ret_data = data;
	*ret_size = text.aad_size + image->records.len + (medium->locked ? 2 * TAG : TAG);
	return 0;
}

/* The medium's lock, undone. */
static int unlock(const struct medium_keys *keys, const struct cask_image_view *view,
		  uint8_t *ret_records)
{
	static const uint8_t nonce[CRYPTO_GCM_IV_SIZE];
	uint8_t key[32];
	const struct crypto_gcm gcm = { .key = key, .key_size = sizeof(key), .iv = nonce,
					.aad = view->head.data, .aad_size = view->head.len };
	int ret = image_key(keys, view->salt.data, key);

	if (!ret)
		ret = crypto_gcm_open(&gcm, view->sealed.data, view->sealed.len, ret_records);
	crypto_wipe(key, sizeof(key));
	return ret;
}

/**
 * medium_open() - open an image of the second layer
 * @keys: of its medium's class and number
 * @data: the object LAYER, and whatever lies behind it
 * @size: bytes of @data
 * @records: gets what it holds; @records->capacity of @size is enough
 * @ret_counter: of the image
 *
 * Return: 0; -EBADMSG when it is not authentic, or its records are malformed; -ENOKEY when an
 * apparatus's lock is on it, which is not ours to undo; -EINVAL and -EOPNOTSUPP as
 * cask_image_parse(); -EIO.
 */
int medium_open(const struct medium_keys *keys, const uint8_t *data, size_t size,
		struct cask_records *records, uint64_t *ret_counter)
{
	size_t length = cask_area_length(data, size);
	struct cask_image_view view;
	int ret = length > size ? -EINVAL : cask_image_parse(&view, data, length, CASK_TYPE_LAYER);

	if (ret)
		return ret;
	if (view.enc.data)
		return -ENOKEY;
	if (view.sealed.len - view.tags > records->capacity)
		return -EINVAL;
	ret = unlock(keys, &view, records->data);
	records->len = ret ? 0 : view.sealed.len - view.tags;
	if (!ret && cask_records_check(records))
		ret = -EBADMSG;
	*ret_counter = view.counter;
	return ret;
}
