/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sign.h - HTTP message signatures (RFC 9421) as Documentation/protocol.rst has
 * them; the MAC comes from the module.
 */
#ifndef CASKD_SIGN_H
#define CASKD_SIGN_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "problem.h"

#define SIGN_DIGEST_MAX		64	/* sha-256=:44 characters: */
#define SIGN_PARAMS_MAX		384
#define SIGN_MAC_MAX		64
#define SIGN_NONCE_SIZE		16

/**
 * struct sign_message - what of a request is signed
 * @method: upper case
 * @authority: lower case, without a default port
 * @path: as it is sent
 * @query: with its "?"; "?" when there is none
 * @body: NULL without one
 * @body_size: bytes of @body
 * @created: seconds since 1970 by the server's clock
 * @nonce: random
 * @device_id: the key's name
 */
struct sign_message {
	const char *method;
	const char *authority;
	const char *path;
	const char *query;
	const void *body;
	size_t body_size;
	int64_t created;
	uint8_t nonce[SIGN_NONCE_SIZE];
	const uint8_t *device_id;
};

/**
 * struct sign_fields - values of the header fields
 * @content_digest: "" without a body
 * @signature_input: behind "cask="
 * @signature: behind "cask=:", before ":"
 */
struct sign_fields {
	char content_digest[SIGN_DIGEST_MAX];
	char signature_input[SIGN_PARAMS_MAX];
	char signature[SIGN_MAC_MAX];
};

int sign_base(const struct sign_message *m, struct sign_fields *fields, char *base, size_t max);
int sign_message(const struct sign_message *m, const uint8_t issuer[CASK_KID_SIZE],
		 struct sign_fields *ret_fields, struct problem *p);

#endif /* CASKD_SIGN_H */
