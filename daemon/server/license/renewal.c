// SPDX-License-Identifier: GPL-2.0
/*
 * renewal.c - GET /v1/contents/CID/terms, GET /v1/licenses/LID/terms and POST /v1/licenses/LID/renewals.
 *
 * The statement is made for the version that the license has by then. Who finds another one when it is
 * to be recorded begins again: of renewals at the same time each takes the place of the one before.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "../content.h"
#include "authentication.h"
#include "crypto.h"
#include "issue.h"
#include "json.h"
#include "parse.h"
#include "renewal.h"

#define TRIES 8		/* of a renewal that others are in the way of */

/**
 * struct renewal - a renewal that is asked for
 * @order: what for
 * @request: to be known again
 * @term: name of the term
 * @price: that it agrees to
 */
struct renewal {
	struct issue_order order;
	struct issue_request request;
	char term[TERM_NAME_MAX + 1];
	uint64_t price;
};

/* --- the license that there is --- */

static int read_statement(const uint8_t *data, size_t size, struct issue_renewed *r)
{
	struct cask_license_view l;
	struct cask_cose cose;
	int ret = cask_cose_parse(&cose, data, size);

	if (!ret)
		ret = cask_license_parse(&l, cose.payload.data, cose.payload.len);
	if (ret)
		return -EBADMSG;
	memcpy(r->id, l.license_id.data, sizeof(r->id));
	r->version = l.version;
	r->not_after = l.not_after;
	r->once = cask_license_is_once(&l);
	r->may_own = (l.permissions & CASK_PERMISSION_OWN) ||
		     (!l.not_before && !l.not_after && l.max_opens == CASK_OPENS_ANY);
	r->use_log = l.permissions & CASK_PERMISSION_LOG;
	r->meter = (struct content_meter){ l.unit, l.quantum, l.max_unreported };
	return 0;
}

/*
 * Sets the order's user to whose it is. Return: 0; -ESRCH when the device has no such license;
 * -EMEDIUMTYPE when it is on a medium; -ENODEV when its content is not on offer any more; or
 * another -errno.
 */
static int find_license(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
			const uint8_t device_id[CASK_KID_SIZE], struct issue_order *order)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *statement;
	size_t size;
	int ret = cask_db_query_one(db, "SELECT l.content_id, l.medium_class, c.removed, l.statement, "
				    "l.user_id "
				    "FROM licenses l JOIN contents c ON c.id = l.content_id "
				    "WHERE l.id = $1 AND l.device_id = $2",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE),
					    DB_BLOB(device_id, CASK_KID_SIZE)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 0, order->content_id, sizeof(order->content_id));
	if (!ret && !cask_db_is_null(rows, 1))
		ret = -EMEDIUMTYPE;
	if (!ret && !cask_db_is_null(rows, 2))
		ret = -ENODEV;
	if (ret)
		return ret;
	statement = cask_db_blob(rows, 3, &size);
	order->renews = true;
	order->user_id = cask_db_int(rows, 4);
	return read_statement(statement, size, &order->renewed);
}

static struct cask_reply *not_found(int error)
{
	switch (error) {
	case -EINVAL:
	case -ESRCH:
		return cask_reply_problem(404, "license-unknown", "There is no such license.");
	case -EMEDIUMTYPE:
		return cask_reply_problem(409, "license-on-medium",
					  "The license is on a medium: the medium gets another one.");
	case -ENODEV:
		return cask_reply_problem(410, "content-removed", "The content is not offered any more.");
	default:
		return call_failed(error);
	}
}

/* Who may ask for another license for the content renews this one, and pays; it has to be theirs. */
static bool is_theirs(struct call *call, const struct cask_http_request *rq,
		      struct issue_order *order, struct cask_reply **ret_refusal)
{
	struct content content;
	int64_t asks;
	int ret = content_find(call->db, order->content_id, &content);

	if (ret) {
		*ret_refusal = not_found(ret == -ESRCH ? -ENODEV : ret);
		return false;
	}
	if (!authenticate(call, rq, &content, &asks, ret_refusal))
		return false;
	if (order->user_id && order->user_id != asks) {
		*ret_refusal = not_found(-ESRCH);
		return false;
	}
	order->user_id = asks;
	return true;
}

/* --- what is offered: S94, S103 --- */

static struct cask_reply *terms_reply(struct call *call, const uint8_t content_id[CASK_ID_SIZE],
				      bool may_own)
{
	json_t *list = NULL;
	int ret = term_list_of(call->db, content_id, may_own, &list);

	if (ret)
		return call_failed(ret);
	return cask_reply_json(200, json_pack("{s:s, s:o, s:o}", "currency",
					      call->server->config.currency, "content_id",
					      cask_json_new_hex(content_id, CASK_ID_SIZE), "terms", list));
}

/**
 * renewal_get_terms() - GET /v1/licenses/LID/terms
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *renewal_get_terms(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct issue_order order = { 0 };
	struct cask_reply *refusal;
	uint8_t id[CASK_ID_SIZE];
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = call_id_param(rq, 0, id);
	if (!ret)
		ret = find_license(call.db, id, call.device.id, &order);
	return ret ? not_found(ret) : terms_reply(&call, order.content_id, order.renewed.may_own);
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
	uint8_t id[CASK_ID_SIZE];
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = call_id_param(rq, 0, id);
	if (!ret)
		ret = content_find(call.db, id, &content);
	if (ret == -EINVAL || ret == -ESRCH)
		return cask_reply_problem(404, "content-unknown", "There is no such content.");
	return ret ? call_failed(ret) : terms_reply(&call, id, true);
}

/* --- what is asked for: S102, S104 --- */

/**
 * issue_read_term() - the term of a request, if it names one
 * @json: the request
 * @ret_name: TERM_NAME_MAX + 1 bytes; empty when there is none
 * @ret_quantity: how many times, 1 if not said
 *
 * Return: 0 or -EINVAL.
 */
int issue_read_term(const json_t *json, char *ret_name, uint32_t *ret_quantity)
{
	const char *name = "";
	uint64_t quantity = 1;
	int ret = 0;

	if (json_object_get(json, "term"))
		ret = cask_json_string(json, "term", TERM_NAME_MAX, &name);
	if (!ret && json_object_get(json, "quantity"))
		ret = *name ? cask_json_u64(json, "quantity", &quantity) : -EINVAL;
	if (ret || !quantity || quantity > TERM_QUANTITY_MAX)
		return -EINVAL;
	strcpy(ret_name, name);
	*ret_quantity = quantity;
	return 0;
}

/**
 * issue_choose_term() - have what a request names, if it may be had
 * @db: connection
 * @name: of a term
 * @order: content, quantity and what is renewed; gets the term
 * @ret_refusal: the reply when it may not
 *
 * Return: whether it may.
 */
bool issue_choose_term(struct cask_db *db, const char *name, struct issue_order *order,
		       struct cask_reply **ret_refusal)
{
	int ret = term_find(db, order->content_id, name, &order->term);

	if (ret == -ESRCH)
		*ret_refusal = cask_reply_problem(404, "term-unknown", "There is no such term.");
	else if (ret)
		*ret_refusal = call_failed(ret);
	else if (order->quantity > order->term.max_quantity)
		*ret_refusal = cask_reply_problem(409, "quantity-exceeded",
						  "The term is not to be had so many times at once.");
	else if (order->renews && !order->renewed.may_own && term_is_ownership(&order->term))
		*ret_refusal = cask_reply_problem(403, "term-not-permitted",
						  "The license may not become ownership.");
	else
		return true;
	return false;
}

static int read_body(const uint8_t *body, size_t size, struct renewal *r)
{
	_cleanup_json_ json_t *json = NULL;
	int ret = cask_json_parse(body, size, &json);

	if (!ret)
		ret = issue_read_term(json, r->term, &r->order.quantity);
	if (!ret && !r->term[0])
		ret = -EINVAL;
	if (!ret && json_object_get(json, "nonce")) {
		r->order.once = true;
		ret = cask_json_hex(json, "nonce", r->order.nonce, sizeof(r->order.nonce));
	}
	if (!ret && json_object_get(json, "price"))
		ret = cask_json_u64(json, "price", &r->price);
	return !ret && r->price > LEDGER_AMOUNT_MAX ? -ERANGE : ret;
}

/* The license is in the path, and the request is about it. */
static int read_request(const struct cask_http_request *rq, const struct device *device,
			uint8_t id[CASK_ID_SIZE], struct renewal *r)
{
	struct iovec parts[2];
	int ret;

	parts[0] = (struct iovec){ id, CASK_ID_SIZE };
	parts[1].iov_base = (void *)cask_http_body(rq, &parts[1].iov_len);
	r->request.key = call_idempotency_key(rq);
	ret = r->request.key ? read_body(parts[1].iov_base, parts[1].iov_len, r) : -EINVAL;
	if (ret)
		return ret;
	memcpy(r->order.device_key, device->key, sizeof(r->order.device_key));
	memcpy(r->request.device_id, device->id, sizeof(r->request.device_id));
	r->order.device_level = device->level;
	return crypto_sha256v(parts, 2, r->request.hash);
}

/* Return: 0, -ESRCH when the key is new, -EEXIST when it was used for another request, or -errno. */
static int find_request(struct cask_db *db, const struct issue_request *request,
			struct issue *ret_issue)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct issue issue = { 0 };
	const uint8_t *statement;
	uint8_t hash[32];
	int ret = cask_db_query_one(db, "SELECT license_id, request_hash, statement FROM renewals "
				    "WHERE device_id = $1 AND idempotency_key = $2",
				    DB_ARGS(DB_ID(request->device_id), DB_TEXT(request->key)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 0, issue.id, sizeof(issue.id));
	if (!ret)
		ret = cask_db_id(rows, 1, hash, sizeof(hash));
	if (!ret && memcmp(hash, request->hash, sizeof(hash)))
		ret = -EEXIST;
	if (ret)
		return ret;
	statement = cask_db_blob(rows, 2, &issue.size);
	issue.statement = malloc(issue.size);
	if (!issue.statement)
		return -ENOMEM;
	memcpy(issue.statement, statement, issue.size);
	*ret_issue = issue;
	return 0;
}

static int check_quota(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], uint64_t per_day)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret;

	if (!per_day)
		return 0;
	ret = cask_db_query_one(db, "SELECT COUNT(*) FROM renewals WHERE device_id = $1 AND created > $2",
				DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE), DB_INT(time(NULL) - 86400)),
				&rows);
	if (ret)
		return ret;
	return (uint64_t)cask_db_int(rows, 0) < per_day ? 0 : -EDQUOT;
}

/* --- on record, and charged --- */

/*
 * It is the version that the statement was made for, and all of it is still offered; else -ESTALE. One
 * that was nobody's is from now on the user's who pays.
 */
static int replace(struct cask_db *db, const struct renewal *r, const struct issue *issue)
{
	int ret = cask_db_run(db, "UPDATE licenses SET version = $2, not_before = NULL, not_after = $3, "
			      "statement = $4, term_id = $5, user_id = $7 WHERE id = $1 AND version = $6 AND EXISTS "
			      "(SELECT 1 FROM terms t JOIN contents c ON c.id = t.content_id "
			      "WHERE t.id = $5 AND t.removed IS NULL AND c.removed IS NULL)",
			      DB_ARGS(DB_ID(issue->id), DB_INT(issue->version),
				      DB_INT_OR_NULL(issue->not_after),
				      DB_BLOB(issue->statement, issue->size), DB_INT(r->order.term.id),
				      DB_INT(r->order.renewed.version),
				      DB_INT_OR_NULL(r->order.user_id)));

	return !ret && !cask_db_changes(db) ? -ESTALE : ret;
}

static int record(struct cask_db *db, const struct renewal *r, const struct issue *issue,
		  struct bill *bill)
{
	int ret = replace(db, r, issue);

	if (!ret)
		ret = bill_charge(db, bill);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO renewals (license_id, version, device_id, user_id, "
			   "idempotency_key, request_hash, term_id, quantity, price, created, not_after, "
			   "statement) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			   DB_ARGS(DB_ID(issue->id), DB_INT(issue->version),
				   DB_ID(r->request.device_id), DB_INT_OR_NULL(r->order.user_id),
				   DB_TEXT(r->request.key), DB_ID(r->request.hash),
				   DB_INT(r->order.term.id), DB_INT(r->order.quantity),
				   DB_INT(bill->price), DB_INT(issue->created),
				   DB_INT_OR_NULL(issue->not_after),
				   DB_BLOB(issue->statement, issue->size)));
}

/* What is charged for once: a version of the license. */
struct subject {
	uint8_t id[CASK_ID_SIZE];
	__le32 version;
};

static struct bill bill_for(const struct call *call, const struct renewal *r,
			    const struct subject *subject)
{
	return (struct bill){ .event = BILL_LICENSE, .content_id = r->order.content_id,
			      .term_id = r->order.term.id, .quantity = r->order.quantity,
			      .subject = (const uint8_t *)subject, .subject_size = sizeof(*subject),
			      .user_id = r->order.user_id, .agreed = r->price,
			      .config = &call->server->config };
}

/* NULL: others were in the way, and it is to be begun again. */
static struct cask_reply *try(struct call *call, const struct cask_http_request *rq,
			      const uint8_t id[CASK_ID_SIZE], struct renewal *r)
{
	_cleanup_issue_ struct issue issue = { 0 };
	struct cask_reply *refusal;
	struct subject subject = { 0 };
	struct bill bill;
	int ret;

	ret = find_request(call->db, &r->request, &issue);
	if (ret == -EEXIST)
		return issue_key_reused();
	if (ret != -ESRCH)
		return ret ? call_failed(ret) : issue_statement_reply(201, &issue);
	ret = find_license(call->db, id, call->device.id, &r->order);
	if (ret)
		return not_found(ret);
	if (!is_theirs(call, rq, &r->order, &refusal) ||
	    !issue_choose_term(call->db, r->term, &r->order, &refusal))
		return refusal;
	bill = bill_for(call, r, &subject);
	ret = check_quota(call->db, call->device.id, call->server->config.licenses_per_day);
	if (!ret)
		ret = bill_check(call->db, &bill);
	if (ret)
		return issue_unpaid(&bill, ret);
	ret = issue_make(call->server, call->db, &r->order, &issue);
	/* Of the content, which was there before. */
	if (ret == -ESRCH)
		return not_found(-ENODEV);
	if (ret)
		return issue_refused(ret);
	memcpy(subject.id, issue.id, sizeof(subject.id));
	subject.version = htole32(issue.version);
	/* The credit counts in the transaction: it may be spent meanwhile. */
	DB_TRANSACTION(call->db, ret)
		ret = record(call->db, r, &issue, &bill);
	if (ret == -ESTALE || ret == -EEXIST)
		return NULL;
	return ret ? issue_unpaid(&bill, ret) : issue_statement_reply(201, &issue);
}

/**
 * renewal_post() - POST /v1/licenses/LID/renewals
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *renewal_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *reply = NULL;
	struct renewal r = { 0 };
	uint8_t id[CASK_ID_SIZE];

	if (!call_begin_signed(&call, rq, &reply))
		return reply;
	if (call_id_param(rq, 0, id))
		return not_found(-ESRCH);
	if (read_request(rq, &call.device, id, &r))
		return cask_reply_problem(400, "bad-request", "An Idempotency-Key and a JSON object "
					  "with \"term\", and perhaps \"quantity\", \"price\" and "
					  "\"nonce\", are wanted.");
	for (unsigned int i = 0; !reply && i < TRIES; i++)
		reply = try(&call, rq, id, &r);
	return reply ? reply : call_failed(-EBUSY);
}
