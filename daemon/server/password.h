/* SPDX-License-Identifier: GPL-2.0 */
/*
 * password.h - what users are known by.
 */
#ifndef CASK_PASSWORD_H
#define CASK_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "db/db.h"
#include "user.h"

#define PASSWORD_MIN		8	/* bytes */
#define PASSWORD_MAX		256
#define PASSWORD_HASH_SIZE	128	/* crypto_pwhash_STRBYTES */

int password_hash(const char *text, char ret_hash[PASSWORD_HASH_SIZE]);
int password_put(struct cask_db *db, int64_t user_id, const char *hash);
int password_exists(struct cask_db *db, int64_t user_id, bool *ret_exists);
int password_check(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], const char *name,
		   const char *text, struct user *ret_user);

#endif /* CASK_PASSWORD_H */
