// SPDX-License-Identifier: GPL-2.0
/*
 * product.c - what costs how much.
 *
 * A price that changes is the next buyer's; what was charged stays what it was. What has no
 * product is free.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "product.h"

/**
 * product_add() - put a price on something
 * @db: connection
 * @name: unique, of 1 to PRODUCT_NAME_MAX bytes
 * @product: event, content, term and price
 *
 * Return: 0, -EEXIST when name, content or term have a product, -ENOENT for an unknown content, -EDOM
 * for a price that cannot be, or another -errno.
 */
int product_add(struct cask_db *db, const char *name, const struct product *product)
{
	return cask_db_run(db, "INSERT INTO products (id, name, event, content_id, price, units, created, "
			   "term_id) SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7 FROM products",
			   DB_ARGS(DB_TEXT(name), DB_INT(product->event),
				   product->event == BILL_REGISTRATION ? DB_NULL :
				   DB_ID(product->content_id), DB_INT(product->price),
				   DB_INT_OR_NULL(product->units), DB_INT(time(NULL)),
				   DB_INT_OR_NULL(product->term_id)));
}

/**
 * product_set_price() - change a price
 * @db: connection
 * @name: of the product
 * @price: hundredths
 *
 * Return: 0, -ESRCH, -EDOM for a price that cannot be, or another -errno.
 */
int product_set_price(struct cask_db *db, const char *name, int64_t price)
{
	int ret = cask_db_run(db, "UPDATE products SET price = $2 "
			      "WHERE name = $1 AND removed IS NULL",
			      DB_ARGS(DB_TEXT(name), DB_INT(price)));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/**
 * product_remove() - what it was for is free from now on
 * @db: connection
 * @name: of the product; it stays in the books, and is not used again
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int product_remove(struct cask_db *db, const char *name)
{
	int ret = cask_db_run(db, "UPDATE products SET removed = $2 "
			      "WHERE name = $1 AND removed IS NULL",
			      DB_ARGS(DB_TEXT(name), DB_INT(time(NULL))));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/**
 * product_find() - what something costs
 * @db: connection
 * @event: what happens
 * @content_id: to which content, for a license or a use; else NULL
 * @term_id: with which term of it; 0: with its own conditions
 * @ret_product: what it is
 *
 * Return: 0, -ESRCH when it is free, or another -errno.
 */
int product_find(struct cask_db *db, enum bill_event event, const uint8_t *content_id,
		 int64_t term_id, struct product *ret_product)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct product p = { .event = event, .term_id = term_id };
	int ret;

	if (content_id)
		ret = cask_db_query_one(db, "SELECT p.id, p.price, p.units FROM products p "
					"JOIN contents c ON c.id = p.content_id "
					"WHERE p.event = $2 AND p.removed IS NULL "
					"AND c.removed IS NULL AND p.content_id = $1 "
					"AND COALESCE(p.term_id, 0) = $3",
					DB_ARGS(DB_BLOB(content_id, CASK_ID_SIZE), DB_INT(event),
						DB_INT(term_id)),
					&rows);
	else
		ret = cask_db_query_one(db, "SELECT id, price, units FROM products WHERE event = $1 "
					"AND removed IS NULL", DB_ARGS(DB_INT(event)), &rows);
	if (ret)
		return ret;
	if (content_id)
		memcpy(p.content_id, content_id, sizeof(p.content_id));
	p.id = cask_db_int(rows, 0);
	p.price = cask_db_int(rows, 1);
	p.units = cask_db_int(rows, 2);
	*ret_product = p;
	return 0;
}

static json_t *row_json(struct cask_db_rows *rows)
{
	json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", cask_db_text(rows, 0),
				 "event", product_event_name(cask_db_int(rows, 1)),
				 "price", (json_int_t)cask_db_int(rows, 3),
				 "created", (json_int_t)cask_db_int(rows, 4),
				 "sold", (json_int_t)cask_db_int(rows, 5));
	size_t size;
	const uint8_t *id = cask_db_blob(rows, 2, &size);

	if (json && id)
		json_object_set_new(json, "content_id", cask_json_new_hex(id, size));
	if (json && !cask_db_is_null(rows, 6))
		json_object_set_new(json, "units", json_integer(cask_db_int(rows, 6)));
	if (json && cask_db_text(rows, 7))
		json_object_set_new(json, "term", json_string(cask_db_text(rows, 7)));
	return json;
}

/**
 * product_list() - all that has a price
 * @db: connection
 * @ret_list: of {"name", "event", "content_id" (of a license or a use), "term" (if it has one), "price",
 *	"units" (of a use), "created", "sold"}
 *
 * Return: 0 or -errno.
 */
int product_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT p.name, p.event, p.content_id, p.price, p.created, "
			    "(SELECT COUNT(*) FROM charges c WHERE c.product_id = p.id), p.units, t.name "
			    "FROM products p LEFT JOIN terms t ON t.id = p.term_id "
			    "WHERE p.removed IS NULL ORDER BY p.name", DB_NO_ARGS, row_json, ret_list);
}

/**
 * product_event_name() - what is charged for, for people and JSON
 * @event: as in the database
 *
 * Return: a word.
 */
const char *product_event_name(enum bill_event event)
{
	static const char *const names[] = {
		[BILL_LICENSE] = "license", [BILL_REGISTRATION] = "registration", [BILL_USE] = "use",
	};

	return names[event];
}
