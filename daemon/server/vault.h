/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vault.h - secrets at rest, wrapped under the key encryption key.
 */
#ifndef CASK_VAULT_H
#define CASK_VAULT_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>

#include "db/db.h"

#define VAULT_KEK_SIZE		32
#define VAULT_OVERHEAD		(12 + 16)
#define VAULT_SECRET_MAX	8192
#define VAULT_CREDENTIAL	"cask-kek"

/**
 * struct vault - what wraps and unwraps; a secret
 * @kek: AES-256 key
 */
struct vault {
	uint8_t kek[VAULT_KEK_SIZE];
};

int vault_create(const char *path, struct vault *ret_vault);
int vault_open(const char *path, struct vault *ret_vault);
void vault_close(struct vault *vault);

int vault_wrap(const struct vault *vault, const char *label, const void *plain, size_t size,
	       uint8_t *ret_wrapped);
int vault_unwrap(const struct vault *vault, const char *label, const uint8_t *wrapped,
		 size_t size, void *ret_plain);

int vault_put(const struct vault *vault, struct cask_db *db, const char *name,
	      const void *secret, size_t size);
int vault_get(const struct vault *vault, struct cask_db *db, const char *name,
	      uint8_t **ret_secret, size_t *ret_size);
int vault_put_key(const struct vault *vault, struct cask_db *db, const char *name,
		  EVP_PKEY *pkey);
int vault_get_key(const struct vault *vault, struct cask_db *db, const char *name,
		  EVP_PKEY **ret_pkey);

#endif /* CASK_VAULT_H */
