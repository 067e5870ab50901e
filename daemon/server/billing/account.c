// SPDX-License-Identifier: GPL-2.0
/*
 * account.c - who pays, and how.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "json.h"

/**
 * account_set() - open a user's account, or change how it pays
 * @db: connection
 * @user_id: whose
 * @method: how charges from now on are paid
 * @credit: hundredths that it may owe
 *
 * Return: 0, -ENOENT for an unknown user, or another -errno.
 */
int account_set(struct cask_db *db, int64_t user_id, enum bill_method method, int64_t credit)
{
	return cask_db_run(db, "INSERT INTO accounts (id, user_id, method, credit, created) "
			   "SELECT MAX(id) + 1, $1, $2, $3, $4 FROM accounts WHERE 1 = 1 "
			   "ON CONFLICT (user_id) DO UPDATE SET method = $2, credit = $3",
			   DB_ARGS(DB_INT(user_id), DB_INT(method), DB_INT(credit),
				   DB_INT(time(NULL))));
}

/**
 * account_find() - a user's account
 * @db: connection
 * @user_id: whose
 * @ret_account: the account
 *
 * Return: 0, -ESRCH when the user has none, or another -errno.
 */
int account_find(struct cask_db *db, int64_t user_id, struct account *ret_account)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT id, method, credit FROM accounts WHERE user_id = $1",
				    DB_ARGS(DB_INT(user_id)), &rows);

	if (ret)
		return ret;
	*ret_account = (struct account){ .id = cask_db_int(rows, 0),
					 .method = cask_db_int(rows, 1),
					 .credit = cask_db_int(rows, 2) };
	return 0;
}

static json_t *row_json(struct cask_db_rows *rows)
{
	json_int_t balance = cask_db_int(rows, 4);

	if (!cask_db_is_null(rows, 0))
		return json_pack("{s:s, s:I}", "name", cask_db_text(rows, 0), "balance", balance);
	return json_pack("{s:s, s:s, s:I, s:I}", "user", cask_db_text(rows, 1),
			 "method", account_method_name(cask_db_int(rows, 2)),
			 "credit", (json_int_t)cask_db_int(rows, 3), "balance", balance);
}

/**
 * account_list() - all accounts, ours first
 * @db: connection
 * @ret_list: of {"name" (ours) or "user", "method", "credit" (users'), "balance"}
 *
 * Return: 0 or -errno.
 */
int account_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT a.name, u.name, a.method, a.credit, CAST("
			    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payee = a.id) - "
			    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payer = a.id) "
			    "AS BIGINT) FROM accounts a LEFT JOIN users u ON u.id = a.user_id "
			    "ORDER BY a.name IS NULL, a.name, u.name", DB_NO_ARGS, row_json, ret_list);
}

static const char *const methods[] = {
	[BILL_PREPAID] = "prepaid", [BILL_INVOICE] = "invoice", [BILL_PROVIDER] = "provider",
};

/**
 * account_method_name() - how an account pays, for people and JSON
 * @method: as in the database
 *
 * Return: a word.
 */
const char *account_method_name(enum bill_method method)
{
	return methods[method];
}

/**
 * account_method_parse() - the way back
 * @name: a word
 * @ret_method: what it stands for
 *
 * Return: 0 or -EINVAL.
 */
int account_method_parse(const char *name, enum bill_method *ret_method)
{
	for (size_t i = BILL_PREPAID; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(name, methods[i]))
			continue;
		*ret_method = i;
		return 0;
	}
	return -EINVAL;
}
