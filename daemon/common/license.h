/* SPDX-License-Identifier: GPL-2.0 */
/*
 * license.h - make a LICENSE statement: the rights, and the content key sealed
 * to each device, or to a medium, inside them.
 */
#ifndef CASK_COMMON_LICENSE_H
#define CASK_COMMON_LICENSE_H

#include <stdbool.h>

#include "cose.h"
#include "object.h"

/**
 * struct license_fields - rights of a license
 * @id: license id, not all zero
 * @content_id: not all zero
 * @version: of the license
 * @created: seconds since 1970
 * @not_before: first second of the usage period, 0: open
 * @not_after: last second of the usage period, 0: open
 * @operations: enum cask_operation bits
 * @suite: enum cask_suite
 * @min_level: enum cask_level
 * @once: it installs once, as the answer to a request
 * @nonce: of that request
 * @max_opens: how often it may be opened, 0: any number; needs @once, or a step
 * @permissions: enum cask_permission bits
 * @unit: enum cask_unit, 0: it is not metered; needs LOG
 * @quantum: of its unit, that is logged at a time
 * @max_unreported: of its unit, that may be in the log
 * @max_exports: how many media may get a copy, 0: none; needs @once, or a step
 * @max_checkouts: how often it may be checked out to media, 0: never; likewise
 * @at_once: and not yet be checked in
 * @download_from: first second of the download period, 0: open
 * @download_until: last second of the download period, 0: open
 * @max_offline_opens: how often it may be opened without word from the issuer, 0: any number; needs
 *	a usage period
 * @issuer: thumbprint of the root key whose scope names the signer
 * @for_device: it is of use in one device only, whoever else has the key of a slot
 * @device_id: thumbprint of that one's key
 */
struct license_fields {
	uint8_t id[CASK_ID_SIZE];
	uint8_t content_id[CASK_ID_SIZE];
	uint32_t version;
	uint64_t created;
	uint64_t not_before;
	uint64_t not_after;
	uint32_t operations;
	uint32_t suite;
	uint32_t min_level;
	bool once;
	uint8_t nonce[CASK_NONCE_SIZE];
	uint32_t max_opens;
	uint32_t permissions;
	uint32_t unit;
	uint64_t quantum;
	uint64_t max_unreported;
	uint32_t max_exports;
	uint32_t max_checkouts;
	uint32_t at_once;
	uint64_t download_from;
	uint64_t download_until;
	uint32_t max_offline_opens;
	uint8_t issuer[CASK_KID_SIZE];
	bool for_device;
	uint8_t device_id[CASK_KID_SIZE];
};

/* A device that the license is for: its X25519 public key. */
struct license_device {
	uint8_t key[CASK_X25519_SIZE];
};

/**
 * struct license_medium - a medium that the license is for; a secret
 * @class_id: content id of its class key
 * @number: the medium's
 * @wrap: K_wrap of its individual key
 * @locked: it is of use in one device only
 * @device: that one
 */
struct license_medium {
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t wrap[32];
	bool locked;
	struct license_device device;
};

/**
 * struct license_twokey - a device that the key is sent to as a second key; a secret
 * @device: the device
 * @secret: the one behind its hardware-key id: K_twokey
 * @twokey: mode and parameter; in mode terminal the parameter is the rights' nonce
 */
struct license_twokey {
	struct license_device device;
	uint8_t secret[32];
	struct cask_twokey twokey;
};

/**
 * struct license_root - a root key of a category that the license is for; a secret
 * @category: which
 * @version: of the key: the least that a device must have
 * @wrap: K_EKB of that version
 */
struct license_root {
	uint8_t category[CASK_ID_SIZE];
	uint32_t version;
	uint8_t wrap[CASK_KEY_SIZE];
};

/* The whole of it. The statement is allocated; the caller frees. */
int license_make(const struct cose_signer *signer, const struct license_fields *fields,
		 const struct license_device *devices, size_t n_devices,
		 const uint8_t content_key[CASK_KEY_SIZE],
		 uint8_t **ret_statement, size_t *ret_size);
int license_make_medium(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_medium *medium,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t **ret_statement, size_t *ret_size);
int license_make_twokey(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_twokey *to, const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t **ret_statement, size_t *ret_size);
int license_make_category(const struct cose_signer *signer, const struct license_fields *fields,
			  const struct license_root *root,
			  const uint8_t content_key[CASK_KEY_SIZE],
			  uint8_t **ret_statement, size_t *ret_size);
int license_make_header(const struct cose_signer *signer, const struct license_fields *fields,
			const struct license_root *root, uint8_t **ret_statement, size_t *ret_size);

/* Their steps. */
void license_body(struct object *o, const struct license_fields *fields);
int license_body_hash(const struct object *o, uint8_t ret_hash[32]);
int license_device_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_device *device,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_DEVICE_SLOT_SIZE]);
int license_medium_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_medium *medium,
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_MEDIUM_DEVICE_SLOT_SIZE], size_t *ret_size);
int license_twokey_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			const struct license_twokey *to, const uint8_t content_id[CASK_ID_SIZE],
			const uint8_t content_key[CASK_KEY_SIZE],
			uint8_t ret_slot[CASK_TWOKEY_SLOT_SIZE]);
int license_category_slot(const uint8_t body_hash[32], const uint8_t signer_kid[CASK_KID_SIZE],
			  const struct license_root *root,
			  const uint8_t content_key[CASK_KEY_SIZE],
			  uint8_t ret_slot[CASK_EKB_SLOT_SIZE]);
void license_root_slot(enum cask_method method, const struct license_root *root,
		       struct cask_slot *ret_slot);
int license_root_wrap(const struct license_root *root, const void *aad, size_t aad_size,
		      const uint8_t content_key[CASK_KEY_SIZE],
		      uint8_t ret_wrapped[CASK_KEYWRAP_SIZE]);

#endif /* CASK_COMMON_LICENSE_H */
