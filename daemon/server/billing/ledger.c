// SPDX-License-Identifier: GPL-2.0
/*
 * ledger.c - double-entry bookkeeping: each line is from one account to another.
 *
 * The schema lets no line stand that has one side only, or nothing in it, or is its own other side;
 * so the sum over all accounts is nothing after each of them.
 */
#include <errno.h>
#include <time.h>

#include "crypto.h"
#include "ledger.h"

/**
 * ledger_write() - add a line
 * @db: connection with an open transaction
 * @line: what
 *
 * Return: 0, -EEXIST when the charge or the reference has such a line, -EDOM for an amount that
 * cannot be, -ENOENT for an account that is none, or another -errno.
 */
int ledger_write(struct cask_db *db, const struct ledger_line *line)
{
	uint8_t id[LEDGER_ID_SIZE];
	int ret = line->amount > LEDGER_AMOUNT_MAX ? -EDOM : crypto_random(id, sizeof(id));

	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO transfers (id, payer, payee, amount, kind, charge_id, "
			   "reference, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			   DB_ARGS(DB_ID(id), DB_INT(line->payer), DB_INT(line->payee), DB_INT(line->amount),
				   DB_INT(line->kind), line->charge_id ?
				   DB_BLOB(line->charge_id, LEDGER_ID_SIZE) : DB_NULL,
				   DB_TEXT(line->reference), DB_INT(time(NULL))));
}

/**
 * ledger_balance() - what an account has
 * @db: connection
 * @account: its id
 * @ret_balance: hundredths, below 0 when it owes
 *
 * Return: 0 or -errno.
 */
int ledger_balance(struct cask_db *db, int64_t account, int64_t *ret_balance)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT CAST("
				    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payee = $1) - "
				    "(SELECT COALESCE(SUM(amount), 0) FROM transfers WHERE payer = $1) "
				    "AS BIGINT)", DB_ARGS(DB_INT(account)), &rows);

	if (!ret)
		*ret_balance = cask_db_int(rows, 0);
	return ret;
}

/**
 * ledger_find_payment() - a payment that was written before
 * @db: connection
 * @reference: of the bank or the provider
 * @ret_payee: whose it was
 * @ret_amount: hundredths
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int ledger_find_payment(struct cask_db *db, const char *reference, int64_t *ret_payee,
			int64_t *ret_amount)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT payee, amount FROM transfers "
				    "WHERE kind = $1 AND reference = $2",
				    DB_ARGS(DB_INT(LEDGER_PAYMENT), DB_TEXT(reference)), &rows);

	if (ret)
		return ret;
	*ret_payee = cask_db_int(rows, 0);
	*ret_amount = cask_db_int(rows, 1);
	return 0;
}
