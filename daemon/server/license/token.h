/* SPDX-License-Identifier: GPL-2.0 */
/*
 * token.h - one-time codes that bring a device to its owner.
 */
#ifndef CASK_TOKEN_H
#define CASK_TOKEN_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "../db/db.h"

#define TOKEN_SIZE	16			/* random bytes */
#define TOKEN_TEXT_SIZE	(2 * TOKEN_SIZE + 1)	/* as hex */
#define TOKEN_HASH_SIZE	32

/**
 * struct token - a code that was handed out
 * @hash: of the code
 * @user_id: whose devices it enrols
 * @expires: last second
 * @bound: a device has asked with it
 * @device_id: which, if @bound
 * @used: its answer was taken
 */
struct token {
	uint8_t hash[TOKEN_HASH_SIZE];
	int64_t user_id;
	int64_t expires;
	bool bound;
	uint8_t device_id[CASK_KID_SIZE];
	bool used;
};

int token_new(struct cask_db *db, int64_t user_id, uint64_t seconds,
	      char ret_text[TOKEN_TEXT_SIZE], int64_t *ret_expires);
int token_find(struct cask_db *db, const char *text, struct token *ret_token);
int token_bind(struct cask_db *db, const struct token *token,
	       const uint8_t device_id[CASK_KID_SIZE]);
int token_use(struct cask_db *db, const uint8_t hash[TOKEN_HASH_SIZE]);

#endif /* CASK_TOKEN_H */
