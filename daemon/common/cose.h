/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cose.h - public keys as COSE_Key, thumbprints, statements as COSE_Sign1, in
 * the one profile of Documentation/formats.rst.
 */
#ifndef CASK_COMMON_COSE_H
#define CASK_COMMON_COSE_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <linux/cask_format.h>

/* IANA COSE algorithms */
enum cose_alg {
	COSE_ALG_ES256	= -7,
	COSE_ALG_RS256	= -257,
};

/**
 * struct cose_key - a public signing key on the wire
 * @bytes: COSE_Key in deterministic CBOR
 * @size: how many
 * @kid: SHA-256 of them, its name
 */
struct cose_key {
	uint8_t bytes[CASK_COSE_KEY_MAX];
	size_t size;
	uint8_t kid[CASK_KID_SIZE];
};

/**
 * struct cose_signer - who makes a statement
 * @pkey: RSA of 2048 to 4096 bits, or P-256; not owned
 * @alg: what the protected header says
 * @kid: likewise
 */
struct cose_signer {
	EVP_PKEY *pkey;
	enum cose_alg alg;
	uint8_t kid[CASK_KID_SIZE];
};

/* RSA-2048 for RS256, P-256 for ES256; the caller frees. */
int cose_generate(enum cose_alg alg, EVP_PKEY **ret_pkey);
int cose_key_from_pkey(const EVP_PKEY *pkey, struct cose_key *ret_key);
int cose_key_to_pkey(const uint8_t *bytes, size_t size, EVP_PKEY **ret_pkey);
/* The device id: thumbprint of an X25519 public key. */
int cose_device_id(const uint8_t x[CASK_X25519_SIZE], uint8_t ret_id[CASK_KID_SIZE]);

int cose_signer_init(struct cose_signer *signer, EVP_PKEY *pkey);
/* The statement is allocated; the caller frees. */
int cose_sign1(const struct cose_signer *signer, const uint8_t *payload, size_t payload_size,
	       uint8_t **ret_statement, size_t *ret_size);
/* Payload points into the statement. EINVAL, EOPNOTSUPP, ENOKEY, EKEYREJECTED. */
int cose_verify1(EVP_PKEY *pkey, const uint8_t *statement, size_t size,
		 const uint8_t **ret_payload, size_t *ret_payload_size);

#endif /* CASK_COMMON_COSE_H */
