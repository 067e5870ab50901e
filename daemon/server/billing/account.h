/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.h - who pays, and how.
 */
#ifndef CASK_ACCOUNT_H
#define CASK_ACCOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../db/db.h"

enum bill_method {
	BILL_PREPAID	= 1,
	BILL_INVOICE	= 2,
	BILL_PROVIDER	= 3,
};

/**
 * struct account - a customer's
 * @id: in the ledger
 * @method: how it pays
 * @credit: hundredths that it may owe
 */
struct account {
	int64_t id;
	enum bill_method method;
	int64_t credit;
};

int account_set(struct cask_db *db, int64_t user_id, enum bill_method method, int64_t credit);
int account_find(struct cask_db *db, int64_t user_id, struct account *ret_account);
int account_list(struct cask_db *db, json_t **ret_list);
const char *account_method_name(enum bill_method method);
int account_method_parse(const char *name, enum bill_method *ret_method);

#endif /* CASK_ACCOUNT_H */
