/* SPDX-License-Identifier: GPL-2.0 */
/*
 * twokey.h - the key exchange of two keys (Documentation/formats.rst, "Two keys"): the
 * first key of a content, the key under which it is sent, and what parameters are agreed
 * on by.
 */
#ifndef CASK_COMMON_TWOKEY_H
#define CASK_COMMON_TWOKEY_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#define TWOKEY_SECRET_SIZE	32	/* of a distributor, behind its first keys */

/**
 * struct twokey_information - what describes a content
 * @content_id: its id
 * @suite: enum cask_suite
 * @issuer: whose it is
 * @media_type: with the codec, or ""
 * @title: or ""
 */
struct twokey_information {
	const uint8_t *content_id;
	uint32_t suite;
	const uint8_t *issuer;
	const char *media_type;
	const char *title;
};

/**
 * struct twokey_synchronise - what a SYNCHRONISE says
 * @created: seconds since 1970
 * @nonce: of the device's kernel
 * @issuer: thumbprint of the root key
 * @device_id: thumbprint of the device's key
 * @step: the one before the first
 */
struct twokey_synchronise {
	uint64_t created;
	uint8_t nonce[CASK_NONCE_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
	struct cask_step step;
};

int twokey_first_key(const uint8_t secret[TWOKEY_SECRET_SIZE],
		     const struct twokey_information *information,
		     uint8_t ret_key[CASK_KEY_SIZE]);
int twokey_wrap_key(const uint8_t hardware_secret[32], const struct cask_twokey *twokey,
		    const uint8_t content_id[CASK_ID_SIZE], uint8_t ret_key[32]);
int twokey_synchronise(const uint8_t pairwise_secret[32],
		       const struct twokey_synchronise *fields,
		       uint8_t **ret_object, size_t *ret_size);

#endif /* CASK_COMMON_TWOKEY_H */
