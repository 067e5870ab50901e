// SPDX-License-Identifier: GPL-2.0
/*
 * token.c - one-time codes that bring a device to its owner.
 *
 * The code is random enough for its plain hash to be kept: who reads the
 * database cannot enrol with it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "text.h"
#include "token.h"

static int hash_of(const char *text, uint8_t hash[TOKEN_HASH_SIZE])
{
	return crypto_sha256(text, strlen(text), hash);
}

/**
 * token_new() - make a code
 * @db: connection
 * @user_id: whose device it will enrol
 * @seconds: how long it is good for
 * @ret_text: the code, shown once and kept nowhere; the caller wipes it
 * @ret_expires: last second, since 1970
 *
 * Return: 0 or -errno.
 */
int token_new(struct cask_db *db, int64_t user_id, uint64_t seconds,
	      char ret_text[TOKEN_TEXT_SIZE], int64_t *ret_expires)
{
	uint8_t random[TOKEN_SIZE], hash[TOKEN_HASH_SIZE];
	int64_t now = time(NULL);
	int ret = crypto_random(random, sizeof(random));

	if (ret)
		return ret;
	text_hex(random, sizeof(random), ret_text);
	crypto_wipe(random, sizeof(random));
	ret = hash_of(ret_text, hash);
	if (ret)
		return ret;
	*ret_expires = now + seconds;
	return cask_db_run(db, "INSERT INTO tokens (hash, user_id, created, expires) "
			   "VALUES ($1, $2, $3, $4)",
			   DB_ARGS(DB_ID(hash), DB_INT(user_id), DB_INT(now),
				   DB_INT(*ret_expires)));
}

/**
 * token_find() - look a code up
 * @db: connection
 * @text: as the device sent it
 * @ret_token: what is known of it; also of one that is used or expired
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int token_find(struct cask_db *db, const char *text, struct token *ret_token)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct token t = { 0 };
	int ret = hash_of(text, t.hash);

	if (!ret)
		ret = cask_db_query_one(db, "SELECT user_id, expires, device_id, used FROM tokens "
					"WHERE hash = $1", DB_ARGS(DB_ID(t.hash)), &rows);
	if (ret)
		return ret;
	t.user_id = cask_db_int(rows, 0);
	t.expires = cask_db_int(rows, 1);
	t.bound = !cask_db_is_null(rows, 2);
	t.used = !cask_db_is_null(rows, 3);
	if (t.bound)
		ret = cask_db_id(rows, 2, t.device_id, sizeof(t.device_id));
	if (!ret)
		*ret_token = t;
	return ret;
}

/**
 * token_bind() - give a code to the first device that asks
 * @db: connection
 * @token: found in the same transaction
 * @device_id: the device
 *
 * Return: 0 or -errno.
 */
int token_bind(struct cask_db *db, const struct token *token,
	       const uint8_t device_id[CASK_KID_SIZE])
{
	return cask_db_run(db, "UPDATE tokens SET device_id = $2 WHERE hash = $1",
			   DB_ARGS(DB_ID(token->hash), DB_BLOB(device_id, CASK_KID_SIZE)));
}

/**
 * token_use() - a code has done its work
 * @db: connection
 * @hash: of the code
 *
 * Return: 0, -ESRCH when it was used before, or another -errno.
 */
int token_use(struct cask_db *db, const uint8_t hash[TOKEN_HASH_SIZE])
{
	int ret = cask_db_run(db, "UPDATE tokens SET used = $2 WHERE hash = $1 AND used IS NULL",
			      DB_ARGS(DB_BLOB(hash, TOKEN_HASH_SIZE), DB_INT(time(NULL))));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}
