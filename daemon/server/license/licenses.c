// SPDX-License-Identifier: GPL-2.0
/*
 * licenses.c - POST /v1/licenses and GET /v1/licenses/LID.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../call.h"
#include "../content.h"
#include "authentication.h"
#include "crypto.h"
#include "designation.h"
#include "issue.h"
#include "json.h"
#include "text.h"
#include "wish.h"

#define STATEMENT_TYPE "application/cose; cose-type=\"cose-sign1\""

/**
 * issue_statement_reply() - a license as an answer
 * @status: of the reply
 * @issue: the license
 *
 * Return: the reply.
 */
struct cask_reply *issue_statement_reply(unsigned int status, const struct issue *issue)
{
	char location[sizeof("/v1/licenses/") + TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	struct cask_reply *reply = cask_reply_bytes(status, STATEMENT_TYPE, issue->statement,
						    issue->size);

	text_hex(issue->id, sizeof(issue->id), id);
	snprintf(location, sizeof(location), "/v1/licenses/%s", id);
	reply = cask_reply_header(reply, "Cache-Control", "no-store");
	return cask_reply_header(reply, "Location", location);
}

/**
 * issue_unpaid() - what quota and bill say, for those who asked
 * @bill: of what was asked for
 * @error: of issue_check_quota(), bill_check() or bill_charge()
 *
 * Return: the reply.
 */
struct cask_reply *issue_unpaid(const struct bill *bill, int error)
{
	switch (error) {
	case -EACCES:
		return bill_refusal(bill);
	case -ERANGE:
		return cask_reply_problem(409, "quantity-exceeded", "So much cannot be charged at once.");
	case -EDQUOT:
		return cask_reply_header(cask_reply_problem(429, "quota-exceeded",
							    "The device had many licenses today."),
					 "Retry-After", "3600");
	}
	return call_failed(error);
}

/* A class's license is for a device, and answers no nonce. */
static int read_class(const json_t *json, struct issue_order *order)
{
	json_t *class = json_object_get(json, "class");

	if (class && !json_is_boolean(class))
		return -EINVAL;
	order->of_class = json_is_true(class);
	return order->of_class && (order->on_medium || order->once) ? -EINVAL : 0;
}

/* Whose class it is, is not in the order: we issue for our own. */
static int read_medium(const json_t *json, struct issue_order *order, uint8_t issuer[CASK_KID_SIZE])
{
	json_t *medium = json_object_get(json, "medium"), *locked = json_object_get(json, "locked");
	int ret;

	if (locked && !json_is_boolean(locked))
		return -EINVAL;
	order->on_medium = medium;
	order->locked = json_is_true(locked);
	if (!medium)
		return order->locked ? -EINVAL : 0;
	ret = cask_json_hex(medium, "number", order->number, sizeof(order->number));
	if (!ret)
		ret = cask_json_hex(medium, "class_id", order->class_id, sizeof(order->class_id));
	return ret ? ret : cask_json_hex(medium, "issuer", issuer, CASK_KID_SIZE);
}

/**
 * struct asking - a request as it came
 * @designation: what for
 * @wish: how; its order is for a content once that is found
 * @class_issuer: whose class the medium is of, where there is one
 */
struct asking {
	struct designation designation;
	struct wish wish;
	uint8_t class_issuer[CASK_KID_SIZE];
};

static int read_body(const uint8_t *body, size_t size, struct asking *a)
{
	_cleanup_json_ json_t *json = NULL;
	struct issue_order *order = &a->wish.order;
	int ret = cask_json_parse(body, size, &json);

	if (!ret)
		ret = designation_read(json, &a->designation);
	if (!ret)
		ret = wish_read(&a->wish, json);
	if (!ret)
		ret = read_medium(json, order, a->class_issuer);
	if (!ret)
		ret = read_class(json, order);
	/* A product says itself whose term it is. */
	if (!ret && a->wish.term[0] && (order->of_class || a->designation.kind == DESIGNATES_PRODUCT))
		ret = -EINVAL;
	return ret;
}

static int read_request(const struct cask_http_request *rq, const struct device *device,
			struct asking *a)
{
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	int ret = wish_begin(&a->wish, rq, device);

	if (!ret)
		ret = read_body(body, size, a);
	return ret ? ret : crypto_sha256(body, size, a->wish.request.hash);
}

/**
 * issue_refused() - what issue_make() says, for those who asked
 * @error: what it returned
 *
 * Return: the reply.
 */
struct cask_reply *issue_refused(int error)
{
	static const struct {
		int error;
		unsigned int status;
		const char *code;
		const char *detail;
	} refusals[] = {
		{ -ESRCH, 404, "content-unknown", "There is no such content." },
		{ -ENXIO, 404, "license-unissued", "No license of that id was issued here." },
		{ -ENODEV, 404, "product-unknown", "There is no such product." },
		{ -ENOTUNIQ, 409, "product-is-no-license", "The product is no license." },
		{ -EACCES, 403, "level-too-low", "The content, its category, or the medium's class, wants a "
		  "device of a higher level." },
		{ -ENODATA, 409, "nonce-wanted", "The license has to answer a nonce." },
		{ -ENOLINK, 409, "synchronisation-wanted", "The license takes a step, and none was "
		  "agreed on with the device." },
		{ -ENOKEY, 404, "class-unknown", "There is no such class of media." },
		{ -EMEDIUMTYPE, 409, "content-is-class", "The key of a class is for devices." },
		{ -EPROTOTYPE, 409, "content-is-twokey", "The key is sent as a second key, and goes onto no "
		  "medium." },
		{ -EPROTONOSUPPORT, 409, "content-is-category", "The key is for the devices of a category, "
		  "and goes onto no medium." },
		{ -EDOM, 409, "class-level-too-low", "The class is for devices of a lower level than "
		  "the content's: the license has to be locked." },
		{ -EKEYREVOKED, 403, "leaf-revoked", "The device was taken out of the content's category." },
		{ -ENOSPC, 409, "category-full", "The content's category has no leaf left." },
		{ -ENOMEDIUM, 409, "content-is-no-class", "The content is no class of media." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].error == error)
			return cask_reply_problem(refusals[i].status, refusals[i].code,
						  "%s", refusals[i].detail);
	return call_failed(error);
}

/**
 * issue_key_reused() - the reply to another request with the Idempotency-Key of one before
 *
 * Return: the reply.
 */
struct cask_reply *issue_key_reused(void)
{
	return cask_reply_problem(422, "key-reused", "The key was used for another request.");
}

static bool class_is_ours(const struct call *call, const struct asking *a)
{
	return !a->wish.order.on_medium ||
	       !memcmp(a->class_issuer, call->server->distributor.issuer, CASK_KID_SIZE);
}

/* Which content, and whose the license will be: false and the reply, or NULL for 500. */
static bool settle(struct call *call, const struct cask_http_request *rq, struct asking *a,
		   struct cask_reply **ret_refusal)
{
	struct content content;
	struct issue_order *order = &a->wish.order;
	int ret = designation_content(call->db, &a->designation, order->content_id, a->wish.term);

	if (!ret)
		ret = content_find(call->db, order->content_id, &content);
	if (ret) {
		*ret_refusal = issue_refused(ret);
		return false;
	}
	return authenticate(call, rq, &content, &order->user_id, ret_refusal);
}

static struct cask_reply *issue_new(struct call *call, struct asking *a)
{
	_cleanup_issue_ struct issue issue = { 0 }, before = { 0 };
	const struct issue_request *request = &a->wish.request;
	const struct issue_order *order = &a->wish.order;
	struct cask_reply *refusal;
	struct bill bill;
	int ret;

	if (!class_is_ours(call, a))
		return cask_reply_problem(403, "class-foreign",
					  "The medium is of another distributor's class.");
	if (a->wish.term[0] && !wish_choose_term(&a->wish, call->db, &refusal))
		return refusal;
	bill = wish_bill(&a->wish, &call->server->config, issue.id, sizeof(issue.id));
	ret = issue_check_quota(call->db, request, call->server->config.licenses_per_day);
	if (!ret)
		ret = bill_check(call->db, &bill);
	if (ret)
		return issue_unpaid(&bill, ret);
	ret = issue_make(call->server, call->db, order, &issue);
	if (ret)
		return issue_refused(ret);
	/* The credit counts in the transaction: it may be spent meanwhile. */
	ret = issue_record_once(call->db, order, &issue, request, &bill);
	if (!ret)
		return issue_statement_reply(201, &issue);
	/* The same request at the same time on another connection was faster. */
	if (ret == -EEXIST)
		ret = issue_find_request(call->db, request, &before);
	if (ret == -EEXIST)
		return issue_key_reused();
	return ret ? issue_unpaid(&bill, ret) : issue_statement_reply(201, &before);
}

/**
 * issue_post() - POST /v1/licenses
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *issue_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_issue_ struct issue before = { 0 };
	struct cask_reply *refusal = NULL;
	struct asking a = { 0 };
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	if (read_request(rq, &call.device, &a))
		return cask_reply_problem(400, "bad-request", "An Idempotency-Key and a JSON object "
					  "with \"content_id\", \"license_id\" or \"product\", and perhaps \"nonce\", "
					  "\"term\" and \"medium\", or \"class\", are wanted.");
	ret = issue_find_request(call.db, &a.wish.request, &before);
	if (ret == -EEXIST)
		return issue_key_reused();
	if (ret == -ESRCH)
		return settle(&call, rq, &a, &refusal) ? issue_new(&call, &a) : refusal;
	return ret ? call_failed(ret) : issue_statement_reply(201, &before);
}

/**
 * issue_get() - GET /v1/licenses/LID
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *issue_get(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_issue_ struct issue issue = { 0 };
	struct cask_reply *refusal;
	uint8_t id[CASK_ID_SIZE];
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = call_id_param(rq, 0, id);
	if (!ret)
		ret = issue_find(call.db, id, call.device.id, &issue);
	if (ret == -EINVAL || ret == -ESRCH)
		return cask_reply_problem(404, "license-unknown", "There is no such license.");
	return ret ? call_failed(ret) : issue_statement_reply(200, &issue);
}
