/* SPDX-License-Identifier: GPL-2.0 */
/* wrap.h - every secret between a device's key and the content key of a license. */
#ifndef CASK_SELFTESTS_WRAP_H
#define CASK_SELFTESTS_WRAP_H

#include <stdint.h>

/**
 * struct wrap - HPKE's values for one slot, by RFC 9180's names
 * @dh: X25519 of the device's key and the slot's enc
 * @eae_prk: extracted from @dh
 * @shared_secret: of the KEM
 * @secret: of the key schedule
 * @key: of AES-128-GCM
 * @nonce: of AES-128-GCM; no secret, and worth nothing without @key
 */
struct wrap {
	uint8_t dh[32];
	uint8_t eae_prk[32];
	uint8_t shared_secret[32];
	uint8_t secret[32];
	uint8_t key[16];
	uint8_t nonce[12];
};

/* 0 or a negative errno. */
int wrap_derive(struct wrap *wrap, const uint8_t device_secret[32],
		const uint8_t device_public[32], const uint8_t enc[32]);

#endif /* CASK_SELFTESTS_WRAP_H */
