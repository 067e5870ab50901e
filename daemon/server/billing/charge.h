/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charge.h - charges: credit, booking, payment, refund.
 */
#ifndef CASK_CHARGE_H
#define CASK_CHARGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../server.h"
#include "account.h"
#include "ledger.h"
#include "product.h"

/* enum of charges.state */
enum bill_state {
	BILL_OPEN	= 1,	/* not paid yet; no credit any more once it is due */
	BILL_PAID	= 2,
	BILL_FAILED	= 3,	/* the provider got no money: no credit until it is paid */
	BILL_REFUNDED	= 4,
};

/* Why nothing is granted. */
enum bill_verdict {
	BILL_GRANTED,
	BILL_PRICE_CHANGED,	/* it costs something else than who asks agreed to */
	BILL_NO_ACCOUNT,
	BILL_NO_FUNDS,		/* prepaid too little */
	BILL_CREDIT_EXCEEDED,
	BILL_CREDIT_LOST,	/* something is not paid that was due */
};

/**
 * struct bill - something that may cost, and what came of it
 * @event: what happens
 * @content_id: to which content, for a license; else NULL
 * @term_id: with which term; 0: none
 * @quantity: how many times that; 0: once
 * @subject: license, version of one, device or use: charged for once
 * @subject_size: bytes of @subject
 * @user_id: who pays
 * @agreed: to this price; -1: to whatever it is
 * @config: says when it is due
 * @verdict: set on -EACCES
 * @price: set to what it costs; 0: nothing
 */
struct bill {
	enum bill_event event;
	const uint8_t *content_id;
	int64_t term_id;
	uint32_t quantity;
	const uint8_t *subject;
	size_t subject_size;
	int64_t user_id;
	int64_t agreed;
	const struct server_config *config;
	enum bill_verdict verdict;
	int64_t price;
};

int bill_check(struct cask_db *db, struct bill *bill);
int bill_charge(struct cask_db *db, struct bill *bill);
int bill_book(struct cask_db *db, const struct bill *bill, const struct product *product);
int bill_pay(struct cask_db *db, int64_t account, int64_t amount, const char *reference);
int bill_refund(struct cask_db *db, const uint8_t charge_id[LEDGER_ID_SIZE]);
int bill_settle(struct cask_db *db, const uint8_t charge_id[LEDGER_ID_SIZE], bool paid);
const char *bill_state_name(enum bill_state state);

struct cask_reply;

struct cask_reply *bill_refusal(const struct bill *bill);

#endif /* CASK_CHARGE_H */
