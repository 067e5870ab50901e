// SPDX-License-Identifier: GPL-2.0
/*
 * term.c - terms: what licenses for a content can be had with and renewed with; GET /v1/contents/CID/terms.
 *
 * What a term costs is a product's to say (billing/product.c); without one it is free.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../billing/product.h"
#include "../content.h"
#include "json.h"
#include "term.h"

/**
 * term_add() - offer a content with a term
 * @db: connection
 * @content_id: of a content on offer
 * @term: all but its id
 *
 * Return: 0, -EEXIST when the content has one of that name, -ESRCH for a content that is not on
 * offer, -EDOM for a term that cannot be, or another -errno.
 */
int term_add(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const struct term *term)
{
	int ret = cask_db_run(db, "INSERT INTO terms (id, content_id, name, title, period, max_opens, "
			      "max_quantity, created) SELECT COALESCE((SELECT MAX(id) FROM terms), 0) + 1, "
			      "id, $2, $3, $4, $5, $6, $7 FROM contents WHERE id = $1 AND removed IS NULL",
			      DB_ARGS(DB_BLOB(content_id, CASK_ID_SIZE), DB_TEXT(term->name),
				      DB_TEXT(term->title[0] ? term->title : NULL),
				      DB_INT_OR_NULL(term->period), DB_INT_OR_NULL(term->max_opens),
				      DB_INT(term->max_quantity), DB_INT(time(NULL))));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/**
 * term_remove() - offer a content with a term no more
 * @db: connection
 * @content_id: of the content
 * @name: of the term
 *
 * What was had with it stays. Return: 0, -ESRCH, or another -errno.
 */
int term_remove(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const char *name)
{
	int ret = cask_db_run(db, "UPDATE terms SET removed = $3 WHERE content_id = $1 AND name = $2 "
			      "AND removed IS NULL",
			      DB_ARGS(DB_BLOB(content_id, CASK_ID_SIZE), DB_TEXT(name),
				      DB_INT(time(NULL))));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

#define COLUMNS "t.id, t.name, t.title, t.period, t.max_opens, t.max_quantity"

static void read_row(struct cask_db_rows *rows, struct term *ret_term)
{
	struct term t = {
		.id = cask_db_int(rows, 0), .period = cask_db_int(rows, 3),
		.max_opens = cask_db_int(rows, 4), .max_quantity = cask_db_int(rows, 5),
	};
	const char *title = cask_db_text(rows, 2);

	snprintf(t.name, sizeof(t.name), "%s", cask_db_text(rows, 1));
	snprintf(t.title, sizeof(t.title), "%s", title ? title : "");
	*ret_term = t;
}

/**
 * term_find() - a term of a content on offer
 * @db: connection
 * @content_id: of the content
 * @name: of the term
 * @ret_term: what it is
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int term_find(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const char *name,
	      struct term *ret_term)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT " COLUMNS " FROM terms t "
				    "JOIN contents c ON c.id = t.content_id WHERE t.content_id = $1 "
				    "AND t.name = $2 AND t.removed IS NULL AND c.removed IS NULL",
				    DB_ARGS(DB_BLOB(content_id, CASK_ID_SIZE), DB_TEXT(name)), &rows);

	if (!ret)
		read_row(rows, ret_term);
	return ret;
}

static json_t *number_or_null(uint64_t n)
{
	return n ? json_integer(n) : json_null();
}

/* How long and how often, and what it costs. A content's own have no name. */
static json_t *term_json(const struct term *t, int64_t price)
{
	return json_pack("{s:s*, s:s*, s:o, s:o, s:b, s:I, s:I}", "term", t->name[0] ? t->name : NULL,
			 "title", t->title[0] ? t->title : NULL, "period", number_or_null(t->period),
			 "max_opens", number_or_null(t->max_opens), "own", term_is_ownership(t),
			 "max_quantity", (json_int_t)t->max_quantity, "price", (json_int_t)price);
}

#define PRICE "COALESCE((SELECT p.price FROM products p WHERE p.content_id = t.content_id AND p.event = 1 " \
	      "AND COALESCE(p.term_id, 0) = t.id AND p.removed IS NULL), 0)"

static json_t *row_json(struct cask_db_rows *rows)
{
	size_t size;
	const uint8_t *content_id = cask_db_blob(rows, 7, &size);
	struct term t;
	json_t *json;

	read_row(rows, &t);
	json = term_json(&t, cask_db_int(rows, 6));
	if (json)
		json_object_set_new(json, "content_id", cask_json_new_hex(content_id, size));
	return json;
}

/**
 * term_list() - all terms
 * @db: connection
 * @ret_list: of {"content_id", "term", "title" (if there is one), "period", "max_opens" (null: without end),
 *	"own", "max_quantity", "price"}
 *
 * Return: 0 or -errno.
 */
int term_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT " COLUMNS ", " PRICE ", t.content_id FROM terms t "
			    "JOIN contents c ON c.id = t.content_id "
			    "WHERE t.removed IS NULL AND c.removed IS NULL "
			    "ORDER BY t.content_id, t.name", DB_NO_ARGS, row_json, ret_list);
}

/* --- what is offered: S94, S103 --- */

/* What use costs; nothing where it is free. */
static int find_use(struct cask_db *db, const struct content *content, struct product *ret_use)
{
	int ret = product_find(db, BILL_USE, content->id, 0, ret_use);

	return ret == -ESRCH ? 0 : ret;
}

/* A term with the content's other conditions, as a license would have them (license/issue.c). */
static json_t *offer_json(const struct content *content, const struct product *use, const struct term *t,
			  int64_t price)
{
	json_t *json = term_json(t, price);
	struct content with = *content;

	if (!json)
		return NULL;
	if (!t->period)
		with.max_offline_opens = 0;
	if (with.use_log || t->max_opens)
		with.max_exports = with.max_checkouts = 0;
	content_put_conditions(json, &with);
	content_put_use(json, content, use->price, use->units);
	return json;
}

/* The cheapest first. */
static int list_offers(struct cask_db *db, const struct content *content, const struct product *use, bool may_own,
		       json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *list = json_array();
	int ret = cask_db_query(db, "SELECT " COLUMNS ", " PRICE " FROM terms t "
				"WHERE t.content_id = $1 AND t.removed IS NULL ORDER BY 7, t.name",
				DB_ARGS(DB_ID(content->id)), &rows);

	while (!ret && (ret = cask_db_next(rows)) > 0) {
		struct term t;

		read_row(rows, &t);
		ret = 0;
		if (may_own || !term_is_ownership(&t))
			ret = json_array_append_new(list, offer_json(content, use, &t, cask_db_int(rows, 6))) ?
			      -ENOMEM : 0;
	}
	if (!ret)
		*ret_list = steal_ptr(&list);
	return ret;
}

/* The content's own conditions, and what a license with them costs. */
static int own_json(struct cask_db *db, const struct content *content, const struct product *use, json_t **ret)
{
	const struct term own = {
		.period = content->period, .max_opens = content->max_opens, .max_quantity = 1,
	};
	struct product product = { 0 };
	int err = product_find(db, BILL_LICENSE, content->id, 0, &product);

	if (err && err != -ESRCH)
		return err;
	*ret = offer_json(content, use, &own, product.price);
	return *ret ? 0 : -ENOMEM;
}

/**
 * term_reply() - the terms that may be chosen, the cheapest first, as an answer
 * @call: signed by a device
 * @content: on offer; logged and metered as the license would be
 * @may_own: ownership, too
 * @without: say what is to be had without a term, too
 *
 * Return: the reply.
 */
struct cask_reply *term_reply(struct call *call, const struct content *content, bool may_own, bool without)
{
	_cleanup_json_ json_t *list = NULL, *own = NULL;
	struct product use = { 0 };
	int ret = find_use(call->db, content, &use);

	if (!ret)
		ret = list_offers(call->db, content, &use, may_own, &list);
	if (!ret && without)
		ret = own_json(call->db, content, &use, &own);
	if (ret)
		return call_failed(ret);
	return cask_reply_json(200, json_pack("{s:s, s:o, s:O, s:O*}", "currency",
					      call->server->config.currency, "content_id",
					      cask_json_new_hex(content->id, CASK_ID_SIZE), "terms", list,
					      "without", own));
}

/**
 * term_get_of_content() - GET /v1/contents/CID/terms
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *term_get_of_content(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	struct content content;

	if (!call_begin_signed(&call, rq, &refusal) || !call_find_content(&call, &content, &refusal))
		return refusal;
	return term_reply(&call, &content, true, true);
}
