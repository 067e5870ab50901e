/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pairwise.h - the server's side of the key that it shares with one device
 * (Documentation/formats.rst, "Pairwise key").
 */
#ifndef CASK_COMMON_PAIRWISE_H
#define CASK_COMMON_PAIRWISE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

/*
 * S is a secret: wipe it. The server derives it once at enrolment from its
 * X25519 key pair (whose public half is the scope's SERVER_KEY) and may keep it
 * wrapped.
 */
int pairwise_derive(const uint8_t server_private[32], const uint8_t device_public[32],
		    uint8_t ret_secret[32]);
/* label: CASK_INFO_CHALLENGE, _ENROL, _HTTP, _SYNCHRONISE or _TWOKEY */
int pairwise_key(const uint8_t secret[32], const char *label, uint8_t ret_key[32]);

int pairwise_seal_challenge(const uint8_t secret[32], const uint8_t device_id[32],
			    const uint8_t issuer[32],
			    const uint8_t challenge[CASK_CHALLENGE_SIZE],
			    uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE]);

/**
 * struct pairwise_answer - what a device said in an authentic ENROLMENT object
 * @issuer: thumbprint of the root key that the device enrolled with
 * @device_id: thumbprint of @device_key
 * @device_key: X25519
 * @challenge: as opened by the device; the caller compares it
 * @level: enum cask_level
 * @root: enum cask_root
 */
struct pairwise_answer {
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
	uint8_t device_key[CASK_X25519_SIZE];
	uint8_t challenge[CASK_CHALLENGE_SIZE];
	uint32_t level;
	uint32_t root;
};

/* EINVAL: malformed, or device_id is not device_key's; EBADMSG: MAC wrong. */
int pairwise_open_answer(const uint8_t secret[32], const uint8_t *object, size_t size,
			 struct pairwise_answer *ret_answer);
/* MAC of an RFC 9421 signature base. */
int pairwise_http_mac(const uint8_t secret[32], const void *base, size_t size,
		      uint8_t ret_mac[32]);

#endif /* CASK_COMMON_PAIRWISE_H */
