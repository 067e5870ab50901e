// SPDX-License-Identifier: GPL-2.0
/*
 * statement.c - GET /v1/statement, and what the books say of what is not paid and of themselves.
 */
#include <errno.h>
#include <time.h>

#include "../call.h"
#include "charge.h"
#include "json.h"
#include "statement.h"

/* Columns: id, product, event, amount, created, due, state, user. */
static json_t *charge_json(struct cask_db_rows *rows)
{
	size_t size;
	const uint8_t *id = cask_db_blob(rows, 0, &size);

	return json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:s, s:s*}",
			 "charge_id", cask_json_new_hex(id, size),
			 "product", cask_db_text(rows, 1),
			 "event", product_event_name(cask_db_int(rows, 2)),
			 "amount", (json_int_t)cask_db_int(rows, 3),
			 "created", (json_int_t)cask_db_int(rows, 4),
			 "due", (json_int_t)cask_db_int(rows, 5),
			 "state", bill_state_name(cask_db_int(rows, 6)),
			 "user", cask_db_text(rows, 7));
}

static json_t *payment_json(struct cask_db_rows *rows)
{
	return json_pack("{s:s, s:I, s:I}", "reference", cask_db_text(rows, 0),
			 "amount", (json_int_t)cask_db_int(rows, 1),
			 "created", (json_int_t)cask_db_int(rows, 2));
}

static int add_charges(struct cask_db *db, int64_t account, json_t *statement)
{
	json_t *list;
	int ret = cask_db_list(db, "SELECT c.id, p.name, c.event, c.amount, c.created, c.due, c.state, "
			       "NULL FROM charges c JOIN products p ON p.id = c.product_id "
			       "WHERE c.account_id = $1 ORDER BY c.created, c.id",
			       DB_ARGS(DB_INT(account)), charge_json, &list);

	return ret ? ret : json_object_set_new(statement, "charges", list) ? -ENOMEM : 0;
}

static int add_payments(struct cask_db *db, int64_t account, json_t *statement)
{
	json_t *list;
	int ret = cask_db_list(db, "SELECT reference, amount, created FROM transfers "
			       "WHERE payee = $1 AND kind = $2 ORDER BY created, id",
			       DB_ARGS(DB_INT(account), DB_INT(LEDGER_PAYMENT)), payment_json, &list);

	return ret ? ret : json_object_set_new(statement, "payments", list) ? -ENOMEM : 0;
}

/**
 * statement_of() - a user's statement
 * @db: connection
 * @user_id: whose
 * @currency: of the amounts
 * @ret_statement: {"currency", "method", "credit", "balance", "charges", "payments"}
 *
 * Return: 0, -ESRCH when the user has no account, or another -errno.
 */
int statement_of(struct cask_db *db, int64_t user_id, const char *currency, json_t **ret_statement)
{
	_cleanup_json_ json_t *statement = NULL;
	struct account account;
	int64_t balance;
	int ret = account_find(db, user_id, &account);

	if (!ret)
		ret = ledger_balance(db, account.id, &balance);
	if (ret)
		return ret;
	statement = json_pack("{s:s, s:s, s:I, s:I}", "currency", currency,
			      "method", account_method_name(account.method),
			      "credit", (json_int_t)account.credit,
			      "balance", (json_int_t)balance);
	ret = statement ? add_charges(db, account.id, statement) : -ENOMEM;
	if (!ret)
		ret = add_payments(db, account.id, statement);
	if (!ret)
		*ret_statement = steal_ptr(&statement);
	return ret;
}

/**
 * statement_overdue() - charges whose users have no credit until they are paid, the oldest first
 * @db: connection
 * @ret_list: of charges, with "user"
 *
 * Return: 0 or -errno.
 */
int statement_overdue(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT c.id, p.name, c.event, c.amount, c.created, c.due, c.state, "
			    "u.name FROM charges c JOIN products p ON p.id = c.product_id "
			    "JOIN accounts a ON a.id = c.account_id "
			    "JOIN users u ON u.id = a.user_id "
			    "WHERE (c.state = 1 AND c.due < $1) OR c.state = 3 "
			    "ORDER BY c.due, c.id", DB_ARGS(DB_INT(time(NULL))), charge_json, ret_list);
}

/*
 * Charges that the ledger does not have as they are, and accounts that would owe without those that
 * are open: something is paid there that nobody paid.
 */
static int count_wrong(struct cask_db *db, int64_t *ret_count)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT (SELECT COUNT(*) FROM charges c WHERE NOT EXISTS "
				    "(SELECT 1 FROM transfers t WHERE t.kind = 1 AND t.charge_id = c.id "
				    "AND t.payer = c.account_id AND t.payee = 1 AND t.amount = c.amount) "
				    "OR (c.state = 4) <> EXISTS "
				    "(SELECT 1 FROM transfers t WHERE t.kind = 3 AND t.charge_id = c.id "
				    "AND t.payer = 1 AND t.payee = c.account_id AND t.amount = c.amount)) + "
				    "(SELECT COUNT(*) FROM accounts a WHERE a.user_id IS NOT NULL AND "
				    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payee = a.id) + "
				    "(SELECT COALESCE(SUM(amount), 0) FROM charges "
				    "WHERE account_id = a.id AND state IN (1, 3)) < "
				    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payer = a.id))",
				    DB_NO_ARGS, &rows);

	if (!ret)
		*ret_count = cask_db_int(rows, 0);
	return ret;
}

static int sum_balances(const json_t *accounts, json_int_t *ret_sum)
{
	json_int_t sum = 0;
	json_t *account;
	size_t i;

	json_array_foreach(accounts, i, account)
		if (__builtin_add_overflow(sum, json_integer_value(json_object_get(account, "balance")),
					   &sum))
			return -EOVERFLOW;
	*ret_sum = sum;
	return 0;
}

/**
 * statement_audit() - look the books through
 * @db: connection
 * @ret_audit: {"accounts", "sum" (0), "wrong" (charges that the ledger has not, or otherwise, and
 *	accounts with charges that are paid and were not; 0)}
 *
 * Return: 0 or -errno.
 */
int statement_audit(struct cask_db *db, json_t **ret_audit)
{
	_cleanup_json_ json_t *accounts = NULL;
	json_int_t sum = 0;
	int64_t wrong = 0;
	int ret = account_list(db, &accounts);

	if (!ret)
		ret = sum_balances(accounts, &sum);
	if (!ret)
		ret = count_wrong(db, &wrong);
	if (ret)
		return ret;
	*ret_audit = json_pack("{s:O, s:I, s:I}", "accounts", accounts, "sum", sum,
			       "wrong", (json_int_t)wrong);
	return *ret_audit ? 0 : -ENOMEM;
}

/**
 * statement_get() - GET /v1/statement
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *statement_get(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	json_t *statement;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = statement_of(call.db, call.device.user_id, call.server->config.currency, &statement);
	if (ret == -ESRCH)
		return cask_reply_problem(404, "account-unknown", "The user has no way to pay.");
	if (ret)
		return call_failed(ret);
	return cask_reply_header(cask_reply_json(200, statement), "Cache-Control", "no-store");
}
