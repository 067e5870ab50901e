// SPDX-License-Identifier: GPL-2.0
/*
 * renewal.c - GET /v1/licenses/LID/terms and POST /v1/licenses/LID/renewals.
 *
 * The statement is made for the version that the license has by then. Who finds another one when it is
 * to be recorded begins again: of renewals at the same time each takes the place of the one before.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "../call.h"
#include "../content.h"
#include "authentication.h"
#include "crypto.h"
#include "issue.h"
#include "json.h"
#include "parse.h"
#include "renewal.h"
#include "wish.h"

#define TRIES 8		/* of a renewal that others are in the way of */

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
	struct content content;
	uint8_t id[CASK_ID_SIZE];
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = call_id_param(rq, 0, id);
	if (!ret)
		ret = find_license(call.db, id, call.device.id, &order);
	if (!ret && (ret = content_find(call.db, order.content_id, &content)) == -ESRCH)
		ret = -ENODEV;
	if (ret)
		return not_found(ret);
	/* As it always was: issue.c. */
	content.use_log = order.renewed.use_log;
	content.meter = order.renewed.meter;
	return term_reply(&call, &content, order.renewed.may_own, false);
}

/* --- what is asked for: S102, S104 --- */

static int read_body(const uint8_t *body, size_t size, struct wish *w)
{
	_cleanup_json_ json_t *json = NULL;
	int ret = cask_json_parse(body, size, &json);

	if (!ret)
		ret = wish_read(w, json);
	return !ret && !w->term[0] ? -EINVAL : ret;
}

/* The license is in the path, and the request is about it. */
static int read_request(const struct cask_http_request *rq, const struct device *device,
			uint8_t id[CASK_ID_SIZE], struct wish *w)
{
	struct iovec parts[2];
	int ret = wish_begin(w, rq, device);

	parts[0] = (struct iovec){ id, CASK_ID_SIZE };
	parts[1].iov_base = (void *)cask_http_body(rq, &parts[1].iov_len);
	w->request.renews = true;
	if (!ret)
		ret = read_body(parts[1].iov_base, parts[1].iov_len, w);
	return ret ? ret : crypto_sha256v(parts, 2, w->request.hash);
}

/* --- on record, and charged --- */

/*
 * It is the version that the statement was made for, and all of it is still offered; else -ESTALE. One
 * that was nobody's is from now on the user's who pays.
 */
static int replace(struct cask_db *db, const struct wish *w, const struct issue *issue)
{
	int ret = cask_db_run(db, "UPDATE licenses SET version = $2, not_before = NULL, not_after = $3, "
			      "statement = $4, term_id = $5, user_id = $7 WHERE id = $1 AND version = $6 AND EXISTS "
			      "(SELECT 1 FROM terms t JOIN contents c ON c.id = t.content_id "
			      "WHERE t.id = $5 AND t.removed IS NULL AND c.removed IS NULL)",
			      DB_ARGS(DB_ID(issue->id), DB_INT(issue->version),
				      DB_INT_OR_NULL(issue->not_after),
				      DB_BLOB(issue->statement, issue->size), DB_INT(w->order.term.id),
				      DB_INT(w->order.renewed.version),
				      DB_INT_OR_NULL(w->order.user_id)));

	return !ret && !cask_db_changes(db) ? -ESTALE : ret;
}

static int record(struct cask_db *db, const struct wish *w, const struct issue *issue,
		  struct bill *bill)
{
	int ret = replace(db, w, issue);

	if (!ret)
		ret = bill_charge(db, bill);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO renewals (license_id, version, device_id, user_id, "
			   "idempotency_key, request_hash, term_id, quantity, price, created, not_after, "
			   "statement) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			   DB_ARGS(DB_ID(issue->id), DB_INT(issue->version),
				   DB_ID(w->request.device_id), DB_INT_OR_NULL(w->order.user_id),
				   DB_TEXT(w->request.key), DB_ID(w->request.hash),
				   DB_INT(w->order.term.id), DB_INT(w->order.quantity),
				   DB_INT(bill->price), DB_INT(issue->created),
				   DB_INT_OR_NULL(issue->not_after),
				   DB_BLOB(issue->statement, issue->size)));
}

/* What is charged for once: a version of the license. */
struct subject {
	uint8_t id[CASK_ID_SIZE];
	__le32 version;
};

/* NULL: others were in the way, and it is to be begun again. */
static struct cask_reply *try(struct call *call, const struct cask_http_request *rq,
			      const uint8_t id[CASK_ID_SIZE], struct wish *w)
{
	_cleanup_issue_ struct issue issue = { 0 };
	struct cask_reply *refusal;
	struct subject subject = { 0 };
	struct bill bill;
	int ret;

	ret = issue_find_request(call->db, &w->request, &issue);
	if (ret == -EEXIST)
		return issue_key_reused();
	if (ret != -ESRCH)
		return ret ? call_failed(ret) : issue_statement_reply(201, &issue);
	ret = find_license(call->db, id, call->device.id, &w->order);
	if (ret)
		return not_found(ret);
	if (!is_theirs(call, rq, &w->order, &refusal) ||
	    !wish_choose_term(w, call->db, &refusal))
		return refusal;
	bill = wish_bill(w, &call->server->config, &subject, sizeof(subject));
	ret = issue_check_quota(call->db, &w->request, call->server->config.licenses_per_day);
	if (!ret)
		ret = bill_check(call->db, &bill);
	if (ret)
		return issue_unpaid(&bill, ret);
	ret = issue_make(call->server, call->db, &w->order, &issue);
	/* Of the content, which was there before. */
	if (ret == -ESRCH)
		return not_found(-ENODEV);
	if (ret)
		return issue_refused(ret);
	memcpy(subject.id, issue.id, sizeof(subject.id));
	subject.version = htole32(issue.version);
	/* The credit counts in the transaction: it may be spent meanwhile. */
	DB_TRANSACTION(call->db, ret)
		ret = record(call->db, w, &issue, &bill);
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
	struct wish w = { 0 };
	uint8_t id[CASK_ID_SIZE];

	if (!call_begin_signed(&call, rq, &reply))
		return reply;
	if (call_id_param(rq, 0, id))
		return not_found(-ESRCH);
	if (read_request(rq, &call.device, id, &w))
		return cask_reply_problem(400, "bad-request", "An Idempotency-Key and a JSON object "
					  "with \"term\", and perhaps \"quantity\", \"price\" and "
					  "\"nonce\", are wanted.");
	for (unsigned int i = 0; !reply && i < TRIES; i++)
		reply = try(&call, rq, id, &w);
	return reply ? reply : call_failed(-EBUSY);
}
