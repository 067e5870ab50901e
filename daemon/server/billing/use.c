// SPDX-License-Identifier: GPL-2.0
/*
 * use.c - charge for what devices report of use.
 *
 * What is prepaid is used, but for what is given back when the last player is closed. So what is
 * prepaid last is not charged for before something else is reported of the license. A price is for
 * so many units; what they do not make up waits for more.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "charge.h"
#include "use.h"

/* A license's, in a device. */
struct totals {
	int64_t used;
	int64_t pending;
	int64_t charged;
};

#define TOTALS_ARGS(b)	DB_BLOB((b)->device_id, CASK_KID_SIZE), DB_ID((b)->entry->license_id)

static int find(struct cask_db *db, const struct use_bill *bill, struct totals *ret)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret_find = cask_db_query_one(db, "SELECT used, pending, charged FROM use_totals "
					 "WHERE device_id = $1 AND license_id = $2",
					 DB_ARGS(TOTALS_ARGS(bill)), &rows);

	*ret = (struct totals){ 0 };
	if (ret_find)
		return ret_find == -ESRCH ? 0 : ret_find;
	ret->used = cask_db_int(rows, 0);
	ret->pending = cask_db_int(rows, 1);
	ret->charged = cask_db_int(rows, 2);
	return 0;
}

static int keep(struct cask_db *db, const struct use_bill *bill, const struct totals *t)
{
	return cask_db_run(db, "INSERT INTO use_totals (device_id, license_id, used, pending, charged) "
			   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device_id, license_id) "
			   "DO UPDATE SET used = $3, pending = $4, charged = $5",
			   DB_ARGS(TOTALS_ARGS(bill), DB_INT(t->used), DB_INT(t->pending),
				   DB_INT(t->charged)));
}

/* A device that reports more than there are numbers has reached the end of them. */
static void add(int64_t *sum, int64_t amount)
{
	if (__builtin_add_overflow(*sum, amount, sum))
		*sum = amount < 0 ? INT64_MIN : INT64_MAX;
}

static void count(const struct cask_log_entry *entry, struct totals *t)
{
	int64_t amount = le64toh(entry->amount);
	uint32_t event = le32toh(entry->event);

	/* Who shared what others had prepaid prepaid nothing. */
	if (event == CASK_LOG_OPENED && !amount)
		return;
	add(&t->used, t->pending);
	t->pending = 0;
	if (event == CASK_LOG_RETURNED)
		add(&t->used, -amount);
	else if (entry->unit)
		t->pending = amount;
	else
		add(&t->used, amount);
}

/* What the units that were not charged for cost, and how many of them that is for. */
static int64_t price_of(const struct product *product, const struct totals *t, int64_t *ret_units)
{
	__int128 units = (__int128)t->used - t->charged, amount;

	if (units <= 0)
		return 0;
	amount = units * product->price / product->units;
	if (amount > LEDGER_AMOUNT_MAX)
		amount = LEDGER_AMOUNT_MAX;
	*ret_units = (amount * product->units + product->price - 1) / product->price;
	return amount;
}

static int find_product(struct cask_db *db, const struct use_bill *bill, struct product *ret)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t content_id[CASK_ID_SIZE];
	int ret_find = cask_db_query_one(db, "SELECT content_id FROM licenses WHERE id = $1",
					 DB_ARGS(DB_ID(bill->entry->license_id)), &rows);

	if (!ret_find)
		ret_find = cask_db_id(rows, 0, content_id, sizeof(content_id));
	return ret_find ? ret_find : product_find(db, BILL_USE, content_id, 0, ret);
}

static int charge(struct cask_db *db, const struct use_bill *bill, struct totals *t)
{
	uint8_t subject[CASK_KID_SIZE + sizeof(*bill->place)];
	struct bill b = {
		.event = BILL_USE, .subject = subject, .subject_size = sizeof(subject),
		.user_id = bill->user_id, .config = bill->config,
	};
	struct product product;
	int64_t units = 0;
	int ret = find_product(db, bill, &product);

	if (ret)
		return ret == -ESRCH ? 0 : ret;
	b.price = price_of(&product, t, &units);
	if (!b.price)
		return 0;
	memcpy(subject, bill->device_id, CASK_KID_SIZE);
	memcpy(subject + CASK_KID_SIZE, bill->place, sizeof(*bill->place));
	ret = bill_book(db, &b, &product);
	/* Nobody was asked: whoever has no way to pay does not. */
	if (ret == -ESRCH)
		return 0;
	add(&t->charged, units);
	return ret;
}

/**
 * use_charge() - charge for a use, if it costs
 * @db: connection with an open transaction, the one in which the use is recorded
 * @bill: the use
 *
 * It happened, so nobody is refused: who has too little owes it. Return: 0, -EEXIST when it was
 * charged for before, or another -errno.
 */
int use_charge(struct cask_db *db, const struct use_bill *bill)
{
	struct totals t;
	int ret = find(db, bill, &t);

	if (ret)
		return ret;
	count(bill->entry, &t);
	ret = charge(db, bill, &t);
	return ret ? ret : keep(db, bill, &t);
}
