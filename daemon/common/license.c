// SPDX-License-Identifier: GPL-2.0
/*
 * license.c - make a LICENSE: the rights, and the content key sealed to each
 * device, to a medium, or to the leaves of a category, inside them.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "aes.h"
#include "crypto.h"
#include "hpke.h"
#include "license.h"
#include "statement.h"
#include "twokey.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define BODY_HEAD_SIZE	offsetof(struct cask_head, length)

static void add_meter(struct object *o, const struct license_fields *fields)
{
	const struct cask_metering metering = {
		.unit = htole32(fields->unit), .quantum = htole64(fields->quantum),
		.max_unreported = htole64(fields->max_unreported),
	};

	object_add(o, CASK_SEC_METER, CRITICAL, &metering, sizeof(metering));
}

static void add_period(struct object *o, uint64_t not_before, uint64_t not_after)
{
	const struct cask_download_period period = {
		.not_before = htole64(not_before), .not_after = htole64(not_after),
	};

	object_add(o, CASK_SEC_DOWNLOAD_PERIOD, CRITICAL, &period, sizeof(period));
}

/**
 * license_body() - write the sections before the slots
 * @o: to begin and fill
 * @fields: the rights
 */
void license_body(struct object *o, const struct license_fields *fields)
{
	const struct cask_checkouts checkouts = {
		.total = htole32(fields->max_checkouts), .at_once = htole32(fields->at_once),
	};

	object_begin(o, CASK_TYPE_LICENSE);
	if (fields->not_before)
		object_u64(o, CASK_SEC_NOT_BEFORE, CRITICAL, fields->not_before);
	if (fields->not_after)
		object_u64(o, CASK_SEC_NOT_AFTER, CRITICAL, fields->not_after);
	object_add(o, CASK_SEC_LICENSE_ID, CRITICAL, fields->id, sizeof(fields->id));
	object_add(o, CASK_SEC_CONTENT_ID, CRITICAL, fields->content_id,
		   sizeof(fields->content_id));
	object_u32(o, CASK_SEC_VERSION, CRITICAL, fields->version);
	object_u64(o, CASK_SEC_CREATED, CRITICAL, fields->created);
	object_u32(o, CASK_SEC_OPERATIONS, CRITICAL, fields->operations);
	object_u32(o, CASK_SEC_SUITE, CRITICAL, fields->suite);
	object_u32(o, CASK_SEC_MIN_LEVEL, CRITICAL, fields->min_level);
	if (fields->once)
		object_add(o, CASK_SEC_NONCE, CRITICAL, fields->nonce, sizeof(fields->nonce));
	if (fields->max_opens)
		object_u32(o, CASK_SEC_MAX_OPENS, CRITICAL, fields->max_opens);
	if (fields->download_from || fields->download_until)
		add_period(o, fields->download_from, fields->download_until);
	if (fields->permissions)
		object_u32(o, CASK_SEC_PERMISSIONS, CRITICAL, fields->permissions);
	if (fields->max_offline_opens)
		object_u32(o, CASK_SEC_MAX_OFFLINE_OPENS, CRITICAL, fields->max_offline_opens);
	if (fields->unit)
		add_meter(o, fields);
	if (fields->max_exports)
		object_u32(o, CASK_SEC_MAX_EXPORTS, CRITICAL, fields->max_exports);
	if (fields->max_checkouts)
		object_add(o, CASK_SEC_CHECKOUTS, CRITICAL, &checkouts, sizeof(checkouts));
	object_add(o, CASK_SEC_ISSUER, CRITICAL, fields->issuer, sizeof(fields->issuer));
	if (fields->for_device)
		object_add(o, CASK_SEC_DEVICE_ID, CRITICAL, fields->device_id,
			   sizeof(fields->device_id));
}

/**
 * license_body_hash() - what slots, and the labels of a LEAF, are bound to
 * @o: after license_body(), before the first slot; or a LEAF before its labels
 * @ret_hash: 32 bytes
 *
 * The head's length is left out: what follows adds to it. Return: 0, @o's error, -EIO.
 */
int license_body_hash(const struct object *o, uint8_t ret_hash[32])
{
	struct iovec parts[2];

	if (o->error)
		return o->error;
	if (o->size < sizeof(struct cask_head))
		return -EINVAL;
	parts[0].iov_base = o->data;
	parts[0].iov_len = BODY_HEAD_SIZE;
	parts[1].iov_base = o->data + sizeof(struct cask_head);
	parts[1].iov_len = o->size - sizeof(struct cask_head);
	return crypto_sha256v(parts, 2, ret_hash);
}

/* What a slot is bound to: the rights, the signer, and its own head. */
#define AAD_SIZE	(CRYPTO_SHA256_SIZE + CASK_KID_SIZE + sizeof(struct cask_slot))

static void bind_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
		      const struct cask_slot *slot, uint8_t aad[AAD_SIZE])
{
	memcpy(aad, body_hash, CRYPTO_SHA256_SIZE);
	memcpy(aad + CRYPTO_SHA256_SIZE, signer_kid, CASK_KID_SIZE);
	memcpy(aad + CRYPTO_SHA256_SIZE + CASK_KID_SIZE, slot, sizeof(*slot));
}

/* enc and ct, as DEVICE and MEDIUM_DEVICE have them. */
static int seal_to_device(const struct license_device *device, const uint8_t aad[AAD_SIZE],
			  const uint8_t *plain, size_t size, uint8_t *out)
{
	const struct hpke_text text = {
		.info = CASK_INFO_DEVICE_SLOT, .info_size = strlen(CASK_INFO_DEVICE_SLOT),
		.aad = aad, .aad_size = AAD_SIZE,
	};

	return hpke_seal(device->key, &text, plain, size, out, out + CASK_HPKE_ENC_SIZE);
}

/**
 * license_device_slot() - seal the content key to a device, inside the rights
 * @body_hash: from license_body_hash()
 * @signer_kid: of the key that will sign the license
 * @device: whom it is for
 * @content_key: Kc
 * @ret_slot: value of the SLOT section
 *
 * Return: 0, -EINVAL for a device key of low order, -EIO.
 */
int license_device_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_device *device,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_DEVICE_SLOT_SIZE])
{
	struct cask_slot slot = { .method = htole16(CASK_METHOD_DEVICE) };
	uint8_t aad[AAD_SIZE];
	int ret;

	ret = cose_device_id(device->key, slot.key_id);
	if (ret)
		return ret;
	bind_slot(body_hash, signer_kid, &slot, aad);
	memcpy(ret_slot, &slot, sizeof(slot));
	return seal_to_device(device, aad, content_key, CASK_KEY_SIZE, ret_slot + sizeof(slot));
}

/* Nonce, ciphertext and tag under a key that both ends derive. */
static int seal_under(const uint8_t key[32], const uint8_t aad[AAD_SIZE],
		      const uint8_t content_key[CASK_KEY_SIZE], uint8_t out[CASK_MEDIUM_WRAP_SIZE])
{
	const struct crypto_gcm gcm = {
		.key = key, .key_size = 32, .iv = out, .aad = aad, .aad_size = AAD_SIZE,
	};
	int ret = crypto_random(out, CRYPTO_GCM_IV_SIZE);

	return ret ? ret : crypto_gcm_seal(&gcm, content_key, CASK_KEY_SIZE, out + CRYPTO_GCM_IV_SIZE);
}

/**
 * license_medium_slot() - seal the content key to a medium, inside the rights
 * @body_hash: from license_body_hash()
 * @signer_kid: of the key that will sign the license
 * @medium: which, and perhaps the one device that may use it there
 * @content_key: Kc
 * @ret_slot: value of the SLOT section
 * @ret_size: bytes of it
 *
 * Return: 0, -EINVAL for a device key of low order, -EIO.
 */
int license_medium_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_medium *medium,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_MEDIUM_DEVICE_SLOT_SIZE], size_t *ret_size)
{
	struct cask_slot slot = { .method = htole16(medium->locked ? CASK_METHOD_MEDIUM_DEVICE :
						    CASK_METHOD_MEDIUM) };
	uint8_t aad[AAD_SIZE], wrapped[CASK_MEDIUM_WRAP_SIZE];
	int ret;

	memcpy(slot.key_id, medium->class_id, CASK_ID_SIZE);
	memcpy(slot.key_id + CASK_ID_SIZE, medium->number, CASK_MEDIUM_NUMBER_SIZE);
	bind_slot(body_hash, signer_kid, &slot, aad);
	memcpy(ret_slot, &slot, sizeof(slot));
	ret = seal_under(medium->wrap, aad, content_key, wrapped);
	if (!ret && medium->locked)
		ret = seal_to_device(&medium->device, aad, wrapped, sizeof(wrapped),
				     ret_slot + sizeof(slot));
	else if (!ret)
		memcpy(ret_slot + sizeof(slot), wrapped, sizeof(wrapped));
	*ret_size = medium->locked ? CASK_MEDIUM_DEVICE_SLOT_SIZE : CASK_MEDIUM_SLOT_SIZE;
	return ret;
}

/**
 * license_twokey_slot() - make the second key of a device, inside the rights
 * @body_hash: from license_body_hash()
 * @signer_kid: of the key that will sign the license
 * @to: whose, and the parameter
 * @content_id: of the content
 * @content_key: its first key
 * @ret_slot: value of the SLOT section
 *
 * Return: 0 or -EIO.
 */
int license_twokey_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_twokey *to, const uint8_t content_id[CASK_ID_SIZE],
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_TWOKEY_SLOT_SIZE])
{
	struct cask_slot slot = { .method = htole16(CASK_METHOD_TWOKEY) };
	uint8_t aad[AAD_SIZE], key[32];
	int ret = cose_device_id(to->device.key, slot.key_id);

	if (!ret)
		ret = twokey_wrap_key(to->secret, &to->twokey, content_id, key);
	if (ret)
		return ret;
	bind_slot(body_hash, signer_kid, &slot, aad);
	memcpy(ret_slot, &slot, sizeof(slot));
	memcpy(ret_slot + sizeof(slot), &to->twokey, sizeof(to->twokey));
	ret = seal_under(key, aad, content_key, ret_slot + sizeof(slot) + sizeof(to->twokey));
	crypto_wipe(key, sizeof(key));
	return ret;
}

static int add_slots(struct object *o, const uint8_t signer_kid[CASK_KID_SIZE],
		     const struct license_device *devices, size_t n_devices,
		     const uint8_t content_key[CASK_KEY_SIZE])
{
	uint8_t hash[CRYPTO_SHA256_SIZE], slot[CASK_DEVICE_SLOT_SIZE];
	size_t i;
	int ret = license_body_hash(o, hash);

	for (i = 0; i < n_devices && !ret; i++) {
		ret = license_device_slot(hash, signer_kid, &devices[i], content_key, slot);
		if (!ret)
			object_add(o, CASK_SEC_SLOT, CRITICAL, slot, sizeof(slot));
	}
	return ret;
}

/**
 * license_make() - make a license
 * @signer: the distributor's license-signing key
 * @fields: the rights
 * @devices: whom it is for
 * @n_devices: how many, 1 to CASK_SLOTS_MAX
 * @content_key: Kc
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Says what it is told: whether the content id is in the signer's namespace and
 * the device's level is enough is for the caller to know. Return: 0; -EINVAL for
 * no or too many devices, or a device key of low order; -ENOMEM; -EIO.
 */
int license_make(const struct cose_signer *signer, const struct license_fields *fields,
		 const struct license_device *devices, size_t n_devices,
		 const uint8_t content_key[CASK_KEY_SIZE],
		 uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	int ret;

	if (!n_devices || n_devices > CASK_SLOTS_MAX)
		return -EINVAL;
	license_body(&o, fields);
	ret = add_slots(&o, signer->kid, devices, n_devices, content_key);
	if (ret) {
		object_free(&o);
		return ret;
	}
	return statement_sign(&o, signer, ret_statement, ret_size);
}

/* The body and its one slot, or none of it when @ret says why not. */
static int finish(struct object *o, int ret, const void *slot, size_t size,
		  const struct cose_signer *signer, uint8_t **ret_statement, size_t *ret_size)
{
	if (ret) {
		object_free(o);
		return ret;
	}
	object_add(o, CASK_SEC_SLOT, CRITICAL, slot, size);
	return statement_sign(o, signer, ret_statement, ret_size);
}

/**
 * license_make_medium() - make a license that lies on a medium
 * @signer: the distributor's license-signing key
 * @fields: the rights
 * @medium: which, and perhaps the one device that may use it there
 * @content_key: Kc
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Says what it is told, as license_make(). Return: 0; -EINVAL for a device key of low order, and
 * for what installs once and is no single device's; -ENOMEM; -EIO.
 */
int license_make_medium(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_medium *medium,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t **ret_statement, size_t *ret_size)
{
	uint8_t hash[CRYPTO_SHA256_SIZE], slot[CASK_MEDIUM_DEVICE_SLOT_SIZE];
	struct object o = OBJECT_INIT;
	size_t size = 0;
	int ret;

	if (fields->once && !medium->locked)
		return -EINVAL;
	license_body(&o, fields);
	ret = license_body_hash(&o, hash);
	if (!ret)
		ret = license_medium_slot(hash, signer->kid, medium, content_key, slot, &size);
	return finish(&o, ret, slot, size, signer, ret_statement, ret_size);
}

/**
 * license_make_twokey() - make a license that brings the second key of a device
 * @signer: the distributor's license-signing key
 * @fields: the rights
 * @to: the device, and the parameter
 * @content_key: the content's first key
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Says what it is told, as license_make(). Return: 0; -EINVAL when the nonce and the mode do not
 * go together; -ENOMEM; -EIO.
 */
int license_make_twokey(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_twokey *to, const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t **ret_statement, size_t *ret_size)
{
	uint8_t hash[CRYPTO_SHA256_SIZE], slot[CASK_TWOKEY_SLOT_SIZE];
	struct object o = OBJECT_INIT;
	int ret;

	if (fields->once != (to->twokey.mode == htole32(CASK_TWOKEY_TERMINAL)))
		return -EINVAL;
	if (fields->once && memcmp(to->twokey.parameter, fields->nonce, sizeof(fields->nonce)))
		return -EINVAL;
	license_body(&o, fields);
	ret = license_body_hash(&o, hash);
	if (!ret)
		ret = license_twokey_slot(hash, signer->kid, to, fields->content_id, content_key, slot);
	return finish(&o, ret, slot, sizeof(slot), signer, ret_statement, ret_size);
}

/**
 * license_root_slot() - what a slot says that a root key opens
 * @method: EKB or HEADER
 * @root: the root key
 * @ret_slot: the slot, without what is wrapped
 */
void license_root_slot(enum cask_method method, const struct license_root *root,
		       struct cask_slot *ret_slot)
{
	*ret_slot = (struct cask_slot){ .method = htole16(method) };
	memcpy(ret_slot->key_id, root->category, CASK_ID_SIZE);
	cask_put_le32(ret_slot->key_id + CASK_ID_SIZE, root->version);
}

/**
 * license_root_wrap() - wrap a content key under a root key
 * @root: the root key
 * @aad: what it is bound to
 * @aad_size: bytes of @aad
 * @content_key: Kc
 * @ret_wrapped: the key in AES key wrap
 *
 * Return: 0, -ENOMEM, -EIO.
 */
int license_root_wrap(const struct license_root *root, const void *aad, size_t aad_size,
		      const uint8_t content_key[CASK_KEY_SIZE],
		      uint8_t ret_wrapped[CASK_KEYWRAP_SIZE])
{
	struct cask_aes *aes = aes_new();
	uint8_t kek[CRYPTO_SHA256_SIZE];
	int ret;

	if (!aes)
		return -ENOMEM;
	ret = crypto_hmac_sha256(root->wrap, sizeof(root->wrap), aad, aad_size, kek);
	ret = ret ? ret : cask_keywrap(aes, kek, content_key, ret_wrapped);
	crypto_wipe(kek, sizeof(kek));
	aes_free(aes);
	return ret;
}

/**
 * license_category_slot() - wrap the content key under a root key, inside the rights
 * @body_hash: from license_body_hash()
 * @signer_kid: of the key that will sign the license
 * @root: the root key
 * @content_key: Kc
 * @ret_slot: value of the SLOT section
 *
 * Return: 0, -ENOMEM, -EIO.
 */
int license_category_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			  const struct license_root *root,
			  const uint8_t content_key[CASK_KEY_SIZE],
			  uint8_t ret_slot[CASK_EKB_SLOT_SIZE])
{
	uint8_t aad[AAD_SIZE];
	struct cask_slot slot;

	license_root_slot(CASK_METHOD_EKB, root, &slot);
	bind_slot(body_hash, signer_kid, &slot, aad);
	memcpy(ret_slot, &slot, sizeof(slot));
	return license_root_wrap(root, aad, sizeof(aad), content_key, ret_slot + sizeof(slot));
}

/**
 * license_make_category() - make a license for all leaves of a category that are not revoked
 * @signer: the distributor's license-signing key
 * @fields: the rights
 * @root: a root key of the category
 * @content_key: Kc
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Says what it is told, as license_make(). Return: 0, -ENOMEM, -EIO.
 */
int license_make_category(const struct cose_signer *signer, const struct license_fields *fields,
			  const struct license_root *root,
			  const uint8_t content_key[CASK_KEY_SIZE],
			  uint8_t **ret_statement, size_t *ret_size)
{
	uint8_t hash[CRYPTO_SHA256_SIZE], slot[CASK_EKB_SLOT_SIZE];
	struct object o = OBJECT_INIT;
	int ret;

	license_body(&o, fields);
	ret = license_body_hash(&o, hash);
	ret = ret ? ret : license_category_slot(hash, signer->kid, root, content_key, slot);
	return finish(&o, ret, slot, sizeof(slot), signer, ret_statement, ret_size);
}

/**
 * license_make_header() - make a license for a file that has its key in its own header
 * @signer: the distributor's license-signing key
 * @fields: the rights
 * @root: category and version that a device needs; of no secret
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Says what it is told, as license_make(). Return: 0, -ENOMEM, -EIO.
 */
int license_make_header(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_root *root, uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	struct cask_slot slot;

	license_body(&o, fields);
	license_root_slot(CASK_METHOD_HEADER, root, &slot);
	return finish(&o, 0, &slot, sizeof(slot), signer, ret_statement, ret_size);
}
