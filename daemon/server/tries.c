// SPDX-License-Identifier: GPL-2.0
/*
 * tries.c - how often passwords may be guessed.
 *
 * A try is taken before the password is looked at, and given back when it fits: many at once
 * are no more than one after the other.
 */
#include <errno.h>
#include <time.h>

#include "tries.h"

static int count(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE], int64_t *ret_tries)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT tries FROM password_tries WHERE who = $1",
				    DB_ARGS(DB_BLOB(who, TRIES_WHO_SIZE)), &rows);

	if (!ret)
		*ret_tries = cask_db_int(rows, 0);
	return ret;
}

static int take(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE], int64_t max)
{
	int64_t now = time(NULL), tries = 0;
	int ret = cask_db_run(db, "DELETE FROM password_tries WHERE since <= $1",
			      DB_ARGS(DB_INT(now - TRIES_SECONDS)));

	if (!ret)
		ret = cask_db_run(db, "INSERT INTO password_tries (who, since, tries) "
				  "VALUES ($1, $2, 1) ON CONFLICT (who) DO UPDATE "
				  "SET tries = password_tries.tries + 1",
				  DB_ARGS(DB_BLOB(who, TRIES_WHO_SIZE), DB_INT(now)));
	if (!ret)
		ret = count(db, who, &tries);
	return !ret && tries > max ? -EDQUOT : ret;
}

/**
 * tries_take() - before a password is looked at
 * @db: connection without an open transaction
 * @who: whose, or on what: a hash
 * @max: of them within TRIES_SECONDS
 *
 * Return: 0, -EDQUOT when there were too many, or another -errno.
 */
int tries_take(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE], int64_t max)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = take(db, who, max);
	return ret;
}

/**
 * tries_give() - the password fitted
 * @db: connection
 * @who: as taken
 *
 * Return: 0 or -errno.
 */
int tries_give(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE])
{
	return cask_db_run(db, "UPDATE password_tries SET tries = tries - 1 "
			   "WHERE who = $1 AND tries > 0", DB_ARGS(DB_BLOB(who, TRIES_WHO_SIZE)));
}
