/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crypto.h - the primitives of Cask's formats, on OpenSSL's EVP.
 *
 * All return 0 or a negative errno: EBADMSG when something is not authentic,
 * EINVAL for an impossible argument, EIO when libcrypto fails. Outputs are
 * wiped or untouched on failure.
 */
#ifndef CASK_COMMON_CRYPTO_H
#define CASK_COMMON_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define CRYPTO_SHA256_SIZE	32
#define CRYPTO_X25519_SIZE	32
#define CRYPTO_GCM_IV_SIZE	12
#define CRYPTO_GCM_TAG_SIZE	16

int crypto_random(void *out, size_t size);
bool crypto_equal(const void *a, const void *b, size_t size);
void crypto_wipe(void *data, size_t size);
int crypto_no_passphrase(char *buffer, int size, int writing, void *context);

int crypto_sha256(const void *data, size_t size, uint8_t ret_hash[32]);
int crypto_sha256v(const struct iovec *parts, size_t n_parts, uint8_t ret_hash[32]);
int crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		       uint8_t ret_mac[32]);
int crypto_hkdf_extract(const void *salt, size_t salt_size, const void *ikm, size_t ikm_size,
			uint8_t ret_prk[32]);
int crypto_hkdf_expand(const uint8_t prk[32], const void *info, size_t info_size,
		       void *ret_key, size_t key_size);

/**
 * struct crypto_gcm - one use of AES-GCM
 * @key: 16 or 32 bytes
 * @key_size: 16 or 32
 * @iv: CRYPTO_GCM_IV_SIZE bytes, never twice under one key
 * @aad: additional data
 * @aad_size: bytes of it
 */
struct crypto_gcm {
	const uint8_t *key;
	size_t key_size;
	const uint8_t *iv;
	const void *aad;
	size_t aad_size;
};

/* Sealed data is the ciphertext and then the tag: in and out do not overlap. */
int crypto_gcm_seal(const struct crypto_gcm *gcm, const void *plain, size_t plain_size,
		    uint8_t *ret_sealed);
int crypto_gcm_open(const struct crypto_gcm *gcm, const uint8_t *sealed, size_t sealed_size,
		    void *ret_plain);

/* AES-128-CBC of whole blocks, unpadded and unauthenticated; @iv has 16 bytes. */
int crypto_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], const void *plain,
		       size_t size, uint8_t *ret_cipher);

int crypto_x25519_keypair(uint8_t ret_private[32], uint8_t ret_public[32]);
int crypto_x25519_public(const uint8_t private_key[32], uint8_t ret_public[32]);
int crypto_x25519_both(const uint8_t private_key[32], const uint8_t peer_public[32],
		       uint8_t ret_public[32], uint8_t ret_shared[32]);
int crypto_x25519(const uint8_t private_key[32], const uint8_t peer_public[32],
		  uint8_t ret_shared[32]);

#endif /* CASK_COMMON_CRYPTO_H */
