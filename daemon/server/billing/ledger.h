/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ledger.h - double-entry bookkeeping: each line is from one account to another.
 */
#ifndef CASK_LEDGER_H
#define CASK_LEDGER_H

#include <stdint.h>

#include "../db/db.h"

#define LEDGER_ID_SIZE		16
#define LEDGER_REFERENCE_MAX	64
#define LEDGER_AMOUNT_MAX	1000000000000LL	/* of a line: sums of 2^23 lines still fit */

/* Accounts of ours; customers' follow. */
enum {
	LEDGER_INCOME	= 1,
	LEDGER_PAYMENTS	= 2,
};

enum ledger_kind {
	LEDGER_CHARGE	= 1,
	LEDGER_PAYMENT	= 2,
	LEDGER_REFUND	= 3,
};

/**
 * struct ledger_line - a transfer
 * @kind: why
 * @payer: account that it is taken from
 * @payee: account that it is given to
 * @amount: hundredths
 * @charge_id: of a charge and a refund, else NULL
 * @reference: of a payment, else NULL
 */
struct ledger_line {
	enum ledger_kind kind;
	int64_t payer;
	int64_t payee;
	int64_t amount;
	const uint8_t *charge_id;
	const char *reference;
};

int ledger_write(struct cask_db *db, const struct ledger_line *line);
int ledger_balance(struct cask_db *db, int64_t account, int64_t *ret_balance);
int ledger_find_payment(struct cask_db *db, const char *reference, int64_t *ret_payee,
			int64_t *ret_amount);

#endif /* CASK_LEDGER_H */
