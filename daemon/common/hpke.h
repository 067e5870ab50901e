/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hpke.h - RFC 9180, base mode, single shot: DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-128-GCM. Nothing else of the RFC is here.
 */
#ifndef CASK_COMMON_HPKE_H
#define CASK_COMMON_HPKE_H

#include <stddef.h>
#include <stdint.h>

#define HPKE_ENC_SIZE	32
#define HPKE_KEY_SIZE	16
#define HPKE_NONCE_SIZE	12
#define HPKE_TAG_SIZE	16

/**
 * struct hpke_text - what both sides of a message agree on
 * @info: application's label
 * @info_size: bytes of it, at most HPKE_INFO_MAX
 * @aad: additional data
 * @aad_size: bytes of it
 */
struct hpke_text {
	const void *info;
	size_t info_size;
	const void *aad;
	size_t aad_size;
};
#define HPKE_INFO_MAX	128

/* Key schedule's result; a secret. */
struct hpke_context {
	uint8_t key[HPKE_KEY_SIZE];
	uint8_t base_nonce[HPKE_NONCE_SIZE];
};

int hpke_schedule(const uint8_t shared_secret[32], const void *info, size_t info_size,
		  struct hpke_context *ret_context);
int hpke_encap(const uint8_t ephemeral_private[32], const uint8_t recipient_public[32],
	       uint8_t ret_enc[HPKE_ENC_SIZE], uint8_t ret_shared[32]);
int hpke_decap(const uint8_t enc[HPKE_ENC_SIZE], const uint8_t recipient_private[32],
	       uint8_t ret_shared[32]);

int hpke_context_seal(const struct hpke_context *context, const struct hpke_text *text,
		      const void *plain, size_t plain_size, uint8_t *ret_sealed);

/* Sealed: plain_size + HPKE_TAG_SIZE bytes. */
int hpke_seal(const uint8_t recipient_public[32], const struct hpke_text *text,
	      const void *plain, size_t plain_size,
	      uint8_t ret_enc[HPKE_ENC_SIZE], uint8_t *ret_sealed);
int hpke_open(const uint8_t recipient_private[32], const struct hpke_text *text,
	      const uint8_t enc[HPKE_ENC_SIZE], const uint8_t *sealed, size_t sealed_size,
	      void *ret_plain);

#endif /* CASK_COMMON_HPKE_H */
