// SPDX-License-Identifier: GPL-2.0
/*
 * user.c - the people who own devices: name, enabled or not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "user.h"

/**
 * user_check_name() - whether a name may be an account's
 * @name: 1 to USER_NAME_MAX bytes of letters, digits and ._@+-, not beginning with a dash
 *
 * Return: 0 or -EINVAL.
 */
int user_check_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._@+-";
	size_t length = strlen(name);

	return length && length <= USER_NAME_MAX && name[0] != '-' &&
	       strspn(name, allowed) == length ? 0 : -EINVAL;
}

/**
 * user_check_own_name() - whether somebody may choose a name
 * @name: as user_check_name()
 *
 * What looks like a device id would be the account of a device that comes without an owner.
 *
 * Return: 0 or -EINVAL.
 */
int user_check_own_name(const char *name)
{
	return strlen(name) == USER_NAME_MAX && strspn(name, "0123456789abcdef") == USER_NAME_MAX ?
	       -EINVAL : user_check_name(name);
}

/**
 * user_add() - make an account
 * @db: connection
 * @name: unique
 *
 * Return: 0, -EEXIST, -EINVAL for the name, or another -errno.
 */
int user_add(struct cask_db *db, const char *name)
{
	int ret = user_check_name(name);

	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO users (id, name, enabled, created) "
			   "SELECT COALESCE(MAX(id), 0) + 1, $1, 1, $2 FROM users",
			   DB_ARGS(DB_TEXT(name), DB_INT(time(NULL))));
}

static void read_row(struct cask_db_rows *rows, struct user *user)
{
	user->id = cask_db_int(rows, 0);
	snprintf(user->name, sizeof(user->name), "%s", cask_db_text(rows, 1));
	user->enabled = cask_db_int(rows, 2);
}

/**
 * user_find() - look an account up by name
 * @db: connection
 * @name: as given to user_add()
 * @ret_user: the account
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int user_find(struct cask_db *db, const char *name, struct user *ret_user)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT id, name, enabled FROM users WHERE name = $1",
				    DB_ARGS(DB_TEXT(name)), &rows);

	if (!ret)
		read_row(rows, ret_user);
	return ret;
}

/**
 * user_get() - look an account up by id
 * @db: connection
 * @id: of the account
 * @ret_user: the account
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int user_get(struct cask_db *db, int64_t id, struct user *ret_user)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT id, name, enabled FROM users WHERE id = $1",
				    DB_ARGS(DB_INT(id)), &rows);

	if (!ret)
		read_row(rows, ret_user);
	return ret;
}

/**
 * user_enable() - answer an account's devices, or no more
 * @db: connection
 * @name: of the account
 * @enabled: which
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int user_enable(struct cask_db *db, const char *name, bool enabled)
{
	int ret = cask_db_run(db, "UPDATE users SET enabled = $2 WHERE name = $1",
			      DB_ARGS(DB_TEXT(name), DB_INT(enabled)));

	if (!ret && !cask_db_changes(db))
		return -ESRCH;
	return ret;
}

static json_t *row_json(struct cask_db_rows *rows)
{
	return json_pack("{s:s, s:b, s:I, s:I}", "name", cask_db_text(rows, 0),
			 "enabled", (int)cask_db_int(rows, 1),
			 "devices", (json_int_t)cask_db_int(rows, 3),
			 "created", (json_int_t)cask_db_int(rows, 2));
}

/**
 * user_list() - all accounts
 * @db: connection
 * @ret_list: [{"name", "enabled", "devices", "created"}]
 *
 * Return: 0 or -errno.
 */
int user_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT u.name, u.enabled, u.created, "
			    "(SELECT COUNT(*) FROM devices d WHERE d.user_id = u.id) "
			    "FROM users u ORDER BY u.name", DB_NO_ARGS, row_json, ret_list);
}
