// SPDX-License-Identifier: GPL-2.0
/*
 * charge.c - charges: credit, booking, payment, refund.
 *
 * A charge is booked when it is made, whoever pays how: the customer's account goes down, below
 * nothing if it has credit. What comes in, and what is there, settles what is open, the first due first.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "charge.h"
#include "crypto.h"
#include "reply.h"
#include "text.h"

/**
 * struct method - what tells the ways to pay apart
 * @on_credit: the account may owe
 * @by_provider: a provider gets the money, and says so
 * @seconds: until a charge is due
 */
struct method {
	bool on_credit;
	bool by_provider;
	uint64_t (*seconds)(const struct bill *bill);
};

static uint64_t at_once(const struct bill *bill)
{
	return 0;
}

static uint64_t by_invoice(const struct bill *bill)
{
	return bill->config->invoice_seconds;
}

static uint64_t by_provider(const struct bill *bill)
{
	return bill->config->provider_seconds;
}

static const struct method methods[] = {
	[BILL_PREPAID] = { .seconds = at_once },
	[BILL_INVOICE] = { .on_credit = true, .seconds = by_invoice },
	[BILL_PROVIDER] = { .on_credit = true, .by_provider = true, .seconds = by_provider },
};

static int refuse(struct bill *bill, enum bill_verdict verdict)
{
	bill->verdict = verdict;
	return -EACCES;
}

/* S77: what was not paid in time, or could not be had. */
static int has_unpaid(struct cask_db *db, int64_t account, bool *ret_unpaid)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT COUNT(*) FROM charges WHERE account_id = $1 "
				    "AND ((state = 1 AND due < $2) OR state = 3)",
				    DB_ARGS(DB_INT(account), DB_INT(time(NULL))), &rows);

	if (!ret)
		*ret_unpaid = cask_db_int(rows, 0);
	return ret;
}

static int judge_credit(struct cask_db *db, const struct account *account, struct bill *bill)
{
	const struct method *method = &methods[account->method];
	int64_t balance = 0;
	bool unpaid = false;
	int ret = has_unpaid(db, account->id, &unpaid);

	if (!ret && unpaid)
		return refuse(bill, BILL_CREDIT_LOST);
	if (!ret)
		ret = ledger_balance(db, account->id, &balance);
	if (ret)
		return ret;
	if (balance - bill->price >= (method->on_credit ? -account->credit : 0))
		return 0;
	return refuse(bill, method->on_credit ? BILL_CREDIT_EXCEEDED : BILL_NO_FUNDS);
}

static int judge(struct cask_db *db, struct bill *bill, struct product *product,
		 struct account *account)
{
	int ret = product_find(db, bill->event, bill->content_id, bill->term_id, product);

	bill->verdict = BILL_GRANTED;
	bill->price = ret ? 0 : product->price * (bill->quantity ? bill->quantity : 1);
	if (bill->price > LEDGER_AMOUNT_MAX)
		return -ERANGE;
	if (ret == -ESRCH && bill->agreed <= 0)
		return 0;
	if (ret && ret != -ESRCH)
		return ret;
	/* What has become free is told, too: who agreed to pay asks anew. */
	if (bill->agreed != -1 && bill->agreed != bill->price)
		return refuse(bill, BILL_PRICE_CHANGED);
	ret = account_find(db, bill->user_id, account);
	if (ret)
		return ret == -ESRCH ? refuse(bill, BILL_NO_ACCOUNT) : ret;
	return judge_credit(db, account, bill);
}

/**
 * bill_check() - whether something would be granted
 * @db: connection
 * @bill: what; its verdict and price are set
 *
 * Return: 0, -EACCES and the verdict, or another -errno.
 */
int bill_check(struct cask_db *db, struct bill *bill)
{
	struct product product;
	struct account account;

	return judge(db, bill, &product, &account);
}

static int insert(struct cask_db *db, const struct bill *bill, const struct product *product,
		  const struct account *account, const uint8_t id[LEDGER_ID_SIZE])
{
	const struct method *method = &methods[account->method];
	int64_t now = time(NULL);

	return cask_db_run(db, "INSERT INTO charges (id, account_id, product_id, event, subject, "
			   "amount, created, due, state, by_provider) "
			   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			   DB_ARGS(DB_BLOB(id, LEDGER_ID_SIZE), DB_INT(account->id),
				   DB_INT(product->id), DB_INT(bill->event),
				   DB_BLOB(bill->subject, bill->subject_size),
				   DB_INT(bill->price), DB_INT(now),
				   DB_INT(now + method->seconds(bill)),
				   DB_INT(BILL_OPEN),
				   DB_INT(method->by_provider)));
}

static int set_state(struct cask_db *db, const uint8_t charge_id[LEDGER_ID_SIZE],
		     enum bill_state state)
{
	return cask_db_run(db, "UPDATE charges SET state = $2 WHERE id = $1",
			   DB_ARGS(DB_BLOB(charge_id, LEDGER_ID_SIZE), DB_INT(state)));
}

/* What the account would have without its open charges: that is there to pay them. */
static int find_available(struct cask_db *db, int64_t account, int64_t *ret_available)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = ledger_balance(db, account, ret_available);

	if (!ret)
		ret = cask_db_query_one(db, "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) "
					"FROM charges WHERE account_id = $1 AND state IN (1, 3)",
					DB_ARGS(DB_INT(account)), &rows);
	if (!ret)
		*ret_available += cask_db_int(rows, 0);
	return ret;
}

/* Pays what is open or failed, the first due first, each whole or not. */
static int settle_open(struct cask_db *db, int64_t account)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int64_t available;
	int ret = find_available(db, account, &available);

	if (!ret)
		ret = cask_db_query(db, "SELECT id, amount FROM charges WHERE account_id = $1 "
				    "AND state IN (1, 3) ORDER BY due, created, id",
				    DB_ARGS(DB_INT(account)), &rows);
	while (!ret && (ret = cask_db_next(rows)) > 0) {
		uint8_t id[LEDGER_ID_SIZE];

		available -= cask_db_int(rows, 1);
		if (available < 0)
			return 0;
		ret = cask_db_id(rows, 0, id, sizeof(id));
		if (!ret)
			ret = set_state(db, id, BILL_PAID);
	}
	return ret;
}

static int book(struct cask_db *db, const struct bill *bill, const struct product *product,
		const struct account *account)
{
	uint8_t id[LEDGER_ID_SIZE];
	int ret = crypto_random(id, sizeof(id));

	if (!ret)
		ret = insert(db, bill, product, account, id);
	if (!ret)
		ret = ledger_write(db, &(struct ledger_line){ .kind = LEDGER_CHARGE,
				   .payer = account->id, .payee = LEDGER_INCOME,
				   .amount = bill->price, .charge_id = id });
	/* The account may have it already: paid in advance, or given back. */
	return ret ? ret : settle_open(db, account->id);
}

/**
 * bill_charge() - charge for something, if it costs and is granted
 * @db: connection with an open transaction, the one in which it is recorded
 * @bill: what; its verdict and price are set
 *
 * Return: 0, -EACCES and the verdict, -EEXIST when the subject was charged for before, or
 * another -errno.
 */
int bill_charge(struct cask_db *db, struct bill *bill)
{
	struct product product;
	struct account account;
	int ret = judge(db, bill, &product, &account);

	return ret || !bill->price ? ret : book(db, bill, &product, &account);
}

/**
 * bill_book() - charge for something that happened already: nobody is refused
 * @db: connection with an open transaction, the one in which it is recorded
 * @bill: what, with its price
 * @product: that it is charged for by
 *
 * Who has prepaid too little owes it, and has no credit until it is paid. Return: 0, -ESRCH when
 * the user has no account, -EEXIST when the subject was charged for before, or another -errno.
 */
int bill_book(struct cask_db *db, const struct bill *bill, const struct product *product)
{
	struct account account;
	int ret = account_find(db, bill->user_id, &account);

	return ret ? ret : book(db, bill, product, &account);
}

/**
 * bill_pay() - book a payment
 * @db: connection with an open transaction
 * @account: whose
 * @amount: hundredths
 * @reference: of the bank or the provider: booked once
 *
 * Return: 0, also when the same was booked before; -EEXIST when the reference is another payment's,
 * -EDOM for an amount that cannot be, or another -errno.
 */
int bill_pay(struct cask_db *db, int64_t account, int64_t amount, const char *reference)
{
	int64_t payee, before;
	int ret = ledger_find_payment(db, reference, &payee, &before);

	if (!ret)
		return payee == account && before == amount ? 0 : -EEXIST;
	if (ret != -ESRCH)
		return ret;
	ret = ledger_write(db, &(struct ledger_line){ .kind = LEDGER_PAYMENT,
			   .payer = LEDGER_PAYMENTS, .payee = account, .amount = amount,
			   .reference = reference });
	return ret ? ret : settle_open(db, account);
}

/* A charge as it is on record. */
struct charge {
	int64_t account;
	int64_t amount;
	enum bill_state state;
	bool by_provider;
};

static int find(struct cask_db *db, const uint8_t id[LEDGER_ID_SIZE], struct charge *ret_charge)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT account_id, amount, state, by_provider FROM charges "
				    "WHERE id = $1", DB_ARGS(DB_BLOB(id, LEDGER_ID_SIZE)), &rows);

	if (ret)
		return ret;
	*ret_charge = (struct charge){ .account = cask_db_int(rows, 0),
				       .amount = cask_db_int(rows, 1),
				       .state = cask_db_int(rows, 2),
				       .by_provider = cask_db_int(rows, 3) };
	return 0;
}

/**
 * bill_refund() - take a charge back
 * @db: connection with an open transaction
 * @charge_id: which
 *
 * What was paid is the account's again, and pays what else is open.
 *
 * Return: 0, -ESRCH, -EALREADY, or another -errno.
 */
int bill_refund(struct cask_db *db, const uint8_t charge_id[LEDGER_ID_SIZE])
{
	struct charge charge;
	int ret = find(db, charge_id, &charge);

	if (!ret && charge.state == BILL_REFUNDED)
		ret = -EALREADY;
	if (!ret)
		ret = set_state(db, charge_id, BILL_REFUNDED);
	if (!ret)
		ret = ledger_write(db, &(struct ledger_line){ .kind = LEDGER_REFUND,
				   .payer = LEDGER_INCOME, .payee = charge.account,
				   .amount = charge.amount, .charge_id = charge_id });
	return ret ? ret : settle_open(db, charge.account);
}

/**
 * bill_settle() - what the provider says of a charge
 * @db: connection with an open transaction
 * @charge_id: which
 * @paid: it has the money; else it could not get it
 *
 * A charge that failed may be paid later; one that is paid or refunded stays so.
 *
 * Return: 0, -ESRCH when there is none that is the provider's, -EALREADY when it is settled, or
 * another -errno.
 */
int bill_settle(struct cask_db *db, const uint8_t charge_id[LEDGER_ID_SIZE], bool paid)
{
	char reference[2 * LEDGER_ID_SIZE + 1];
	struct charge charge;
	int ret = find(db, charge_id, &charge);

	if (!ret && !charge.by_provider)
		ret = -ESRCH;
	if (!ret && charge.state != BILL_OPEN && charge.state != BILL_FAILED)
		ret = -EALREADY;
	if (!ret)
		ret = set_state(db, charge_id, paid ? BILL_PAID : BILL_FAILED);
	if (ret || !paid)
		return ret;
	text_hex(charge_id, LEDGER_ID_SIZE, reference);
	return ledger_write(db, &(struct ledger_line){ .kind = LEDGER_PAYMENT,
			    .payer = LEDGER_PAYMENTS, .payee = charge.account,
			    .amount = charge.amount, .reference = reference });
}

/**
 * bill_state_name() - what became of a charge, for people and JSON
 * @state: as in the database
 *
 * Return: a word.
 */
const char *bill_state_name(enum bill_state state)
{
	static const char *const names[] = {
		[BILL_OPEN] = "open", [BILL_PAID] = "paid", [BILL_FAILED] = "failed",
		[BILL_REFUNDED] = "refunded",
	};

	return names[state];
}

/**
 * bill_refusal() - the reply to who is refused
 * @bill: on which -EACCES came
 *
 * Return: the reply.
 */
struct cask_reply *bill_refusal(const struct bill *bill)
{
	static const struct {
		unsigned int status;
		const char *code;
		const char *detail;
	} refusals[] = {
		[BILL_PRICE_CHANGED] = { 402, "price", "It costs something else than was agreed to." },
		[BILL_NO_ACCOUNT] = { 402, "payment-method-wanted", "It has a price, and the user no "
				      "way to pay." },
		[BILL_NO_FUNDS] = { 402, "funds-missing", "Less is prepaid than it costs." },
		[BILL_CREDIT_EXCEEDED] = { 402, "credit-exceeded", "The user would owe more than may be "
					   "owed." },
		[BILL_CREDIT_LOST] = { 403, "credit-lost", "Something was not paid when it was due." },
	};

	return cask_reply_problem_with(refusals[bill->verdict].status, refusals[bill->verdict].code,
				       json_pack("{s:I, s:s}", "price", (json_int_t)bill->price,
						 "currency", bill->config->currency),
				       "%s", refusals[bill->verdict].detail);
}
