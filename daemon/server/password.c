// SPDX-License-Identifier: GPL-2.0
/*
 * password.c - what users are known by: argon2id, and how often it may be guessed.
 *
 * Nobody is told, by an answer or by its time, whether a user id is one: what does not
 * belong to a password is hashed all the same.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sodium.h>

#include "crypto.h"
#include "password.h"
#include "tries.h"

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "libsodium's own size");

#define OPERATIONS	crypto_pwhash_OPSLIMIT_INTERACTIVE
#define MEMORY		crypto_pwhash_MEMLIMIT_INTERACTIVE	/* 64 MiB, held one at a time */

static pthread_mutex_t hashing = PTHREAD_MUTEX_INITIALIZER;

/**
 * password_hash() - what is kept of a password
 * @text: the password
 * @ret_hash: with its parameters and salt
 *
 * Return: 0, -ERANGE when it is too short or too long, or -ENOMEM.
 */
int password_hash(const char *text, char ret_hash[PASSWORD_HASH_SIZE])
{
	size_t size = strlen(text);
	int ret;

	if (size < PASSWORD_MIN || size > PASSWORD_MAX)
		return -ERANGE;
	pthread_mutex_lock(&hashing);
	ret = crypto_pwhash_str(ret_hash, text, size, OPERATIONS, MEMORY);
	pthread_mutex_unlock(&hashing);
	return ret ? -ENOMEM : 0;
}

/* Takes as long as password_hash(). */
static bool fits(const char *hash, const char *text)
{
	bool fit;

	pthread_mutex_lock(&hashing);
	fit = !crypto_pwhash_str_verify(hash, text, strlen(text));
	pthread_mutex_unlock(&hashing);
	return fit;
}

/**
 * password_put() - set or change a user's password
 * @db: connection
 * @user_id: whose
 * @hash: of password_hash()
 *
 * Sessions that the old one opened end.
 *
 * Return: 0 or -errno.
 */
int password_put(struct cask_db *db, int64_t user_id, const char *hash)
{
	int ret = cask_db_run(db, "INSERT INTO passwords (user_id, hash, changed) "
			      "VALUES ($1, $2, $3) "
			      "ON CONFLICT (user_id) DO UPDATE SET hash = $2, changed = $3",
			      DB_ARGS(DB_INT(user_id), DB_TEXT(hash), DB_INT(time(NULL))));

	return ret ? ret : cask_db_run(db, "DELETE FROM sessions WHERE user_id = $1",
				       DB_ARGS(DB_INT(user_id)));
}

/**
 * password_exists() - whether a user has a password
 * @db: connection
 * @user_id: whose
 * @ret_exists: whether
 *
 * Return: 0 or -errno.
 */
int password_exists(struct cask_db *db, int64_t user_id, bool *ret_exists)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT 1 FROM passwords WHERE user_id = $1",
				    DB_ARGS(DB_INT(user_id)), &rows);

	if (ret && ret != -ESRCH)
		return ret;
	*ret_exists = !ret;
	return 0;
}

static int find(struct cask_db *db, const char *name, char hash[PASSWORD_HASH_SIZE],
		struct user *user)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = user_find(db, name, user);

	if (!ret)
		ret = cask_db_query_one(db, "SELECT hash FROM passwords WHERE user_id = $1",
					DB_ARGS(DB_INT(user->id)), &rows);
	if (!ret)
		snprintf(hash, PASSWORD_HASH_SIZE, "%s", cask_db_text(rows, 0));
	return ret;
}

static int compare(struct cask_db *db, const char *name, const char *text, struct user *user)
{
	char hash[PASSWORD_HASH_SIZE];
	int ret = find(db, name, hash, user);

	if (ret == -ESRCH) {
		ret = password_hash(text, hash);
		return ret && ret != -ERANGE ? ret : -EACCES;
	}
	if (!ret && !fits(hash, text))
		ret = -EACCES;
	crypto_wipe(hash, sizeof(hash));
	return ret;
}

/* Of a name that nobody has, too: the table must not say which there are. */
static int hash_name(const char *name, uint8_t who[TRIES_WHO_SIZE])
{
	return crypto_sha256(name, strlen(name), who);
}

/**
 * password_check() - whether a password is a user's
 * @db: connection without an open transaction
 * @device_id: on which device it was typed
 * @name: user id, as typed
 * @text: password, as typed: PASSWORD_MIN to PASSWORD_MAX bytes
 * @ret_user: on success and -EPERM
 *
 * Return: 0; -EACCES when it is not, there is no such user, or the user has none; -EPERM when it
 * is, and the account is disabled; -EDQUOT when there were too many that did not fit, or another
 * -errno.
 */
int password_check(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], const char *name,
		   const char *text, struct user *ret_user)
{
	uint8_t who[TRIES_WHO_SIZE], where[TRIES_WHO_SIZE];
	int ret = hash_name(name, who);

	if (!ret)
		ret = crypto_sha256(device_id, CASK_KID_SIZE, where);
	if (!ret)
		ret = tries_take(db, where, TRIES_OF_DEVICE);
	if (!ret)
		ret = tries_take(db, who, TRIES_OF_USER);
	if (!ret)
		ret = compare(db, name, text, ret_user);
	if (!ret)
		ret = tries_give(db, who);
	if (!ret)
		ret = tries_give(db, where);
	return !ret && !ret_user->enabled ? -EPERM : ret;
}
