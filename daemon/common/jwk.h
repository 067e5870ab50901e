/* SPDX-License-Identifier: GPL-2.0 */
/*
 * jwk.h - content keys, and keys that wrap them for categories, between packager and server, as JWK
 * files of mode 0600.
 */
#ifndef CASK_COMMON_JWK_H
#define CASK_COMMON_JWK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

/**
 * struct jwk - a content key and its name
 * @content_id: the JWK's kid
 * @key: Kc; a secret
 * @alg: what it is for: "A128GCM", "A128CBC" or "A128CTR"; a constant
 */
struct jwk {
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t key[CASK_KEY_SIZE];
	const char *alg;
};

struct license_root;

int jwk_parse(const char *text, size_t size, struct jwk *ret_jwk);
int jwk_read(const char *path, struct jwk *ret_jwk);
int jwk_write(const char *path, const struct jwk *jwk, bool replace);

/* K_EKB of one version of a category. */
int jwk_root_read(const char *path, struct license_root *ret_root);
int jwk_root_write(const char *path, const struct license_root *root);

#endif /* CASK_COMMON_JWK_H */
