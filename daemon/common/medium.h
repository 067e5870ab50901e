/* SPDX-License-Identifier: GPL-2.0 */
/*
 * medium.h - a medium's keys, its first layer, and images of its second, as the
 * licensing side makes and reads them (Documentation/formats.rst, Medium).
 */
#ifndef CASK_COMMON_MEDIUM_H
#define CASK_COMMON_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "area.h"

/**
 * struct medium_keys - what a medium's class key and number make; a secret
 * @first: K_first, of the first layer's MAC
 * @second: K_second, of the second layer
 * @individual: K_individual
 * @backup: K_backup
 * @wrap: K_wrap, of keys in licenses
 */
struct medium_keys {
	uint8_t first[32];
	uint8_t second[32];
	uint8_t individual[32];
	uint8_t backup[32];
	uint8_t wrap[32];
};

/**
 * struct medium - what a first layer says
 * @number: the medium's
 * @class_id: content id of its class key
 * @issuer: whose class
 * @slot_size: bytes of a slot of the second layer
 * @third_offset: bytes from the start of the medium
 * @third_size: bytes
 * @locked: its second layer is one apparatus's alone
 * @apparatus: that device's X25519 public key
 */
struct medium {
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint32_t slot_size;
	uint64_t third_offset;
	uint64_t third_size;
	bool locked;
	uint8_t apparatus[CASK_X25519_SIZE];
};

/**
 * struct medium_image - an image of the second layer
 * @counter: from 1
 * @salt: drawn for this image
 * @ephemeral: X25519 private key, drawn for it where there is an apparatus; a secret
 * @records: what it holds
 */
struct medium_image {
	uint64_t counter;
	uint8_t salt[CASK_AREA_SALT_SIZE];
	uint8_t ephemeral[CASK_X25519_SIZE];
	struct cask_records records;
};

int medium_derive(const uint8_t class_key[CASK_KEY_SIZE],
		  const uint8_t number[CASK_MEDIUM_NUMBER_SIZE], struct medium_keys *ret_keys);

/* Objects are allocated; the caller frees. */
int medium_first(const struct medium *medium, const struct medium_keys *keys,
		 uint8_t **ret_data, size_t *ret_size);
int medium_draw(struct medium_image *image);
int medium_layer(const struct medium *medium, const struct medium_keys *keys,
		 const struct medium_image *image, uint8_t **ret_data, size_t *ret_size);
int medium_open(const struct medium_keys *keys, const uint8_t *data, size_t size,
		struct cask_records *records, uint64_t *ret_counter);

#endif /* CASK_COMMON_MEDIUM_H */
