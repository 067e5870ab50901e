/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signature.h - HTTP message signatures (RFC 9421) in the one form of
 * Documentation/protocol.rst: what is signed, and the headers that carry it.
 *
 * The client fills a message and parameters, has the base MACed by the kernel
 * and sends three headers; the server reads the parameters back, builds the
 * same base and compares the MAC.
 */
#ifndef CASK_SIGNATURE_H
#define CASK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/cask_format.h>

#define SIGNATURE_NONCE_SIZE	16
#define SIGNATURE_BASE_MAX	4096	/* CASK_SIGN_DATA_MAX: what the kernel signs */
#define SIGNATURE_INPUT_MAX	512	/* Signature-Input, whole */
#define SIGNATURE_VALUE_MAX	64	/* Signature, whole */
#define SIGNATURE_DIGEST_MAX	64	/* Content-Digest, whole */

/**
 * struct signature_message - the parts of a request that are signed
 * @method: in upper case
 * @authority: Host as sent; lower-cased here, and ":443" is dropped
 * @path: of the target, as sent
 * @query: of the target, with its question mark, as sent; "" without one
 * @digest: Content-Digest as sent; NULL without a body
 * @idempotency_key: Idempotency-Key as sent, or NULL
 */
struct signature_message {
	const char *method;
	const char *authority;
	const char *path;
	const char *query;
	const char *digest;
	const char *idempotency_key;
};

/**
 * struct signature_params - who signed, and when
 * @created: seconds since 1970
 * @nonce: random, once
 * @keyid: device id
 * @has_digest: whether "content-digest" is covered
 * @has_key: whether "idempotency-key" is covered
 */
struct signature_params {
	uint64_t created;
	uint8_t nonce[SIGNATURE_NONCE_SIZE];
	uint8_t keyid[CASK_KID_SIZE];
	bool has_digest;
	bool has_key;
};

int signature_base(const struct signature_message *message,
		   const struct signature_params *params,
		   char ret_base[SIGNATURE_BASE_MAX], size_t *ret_size);
void signature_input(const struct signature_params *params, char ret_input[SIGNATURE_INPUT_MAX]);
void signature_value(const uint8_t mac[CASK_MAC_SIZE], char ret_value[SIGNATURE_VALUE_MAX]);
int signature_digest(const void *body, size_t size, char ret_digest[SIGNATURE_DIGEST_MAX]);

int signature_parse_input(const char *input, struct signature_params *ret_params);
int signature_parse_value(const char *value, uint8_t ret_mac[CASK_MAC_SIZE]);

#endif /* CASK_SIGNATURE_H */
