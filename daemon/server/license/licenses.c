// SPDX-License-Identifier: GPL-2.0
/*
 * licenses.c - POST /v1/licenses and GET /v1/licenses/LID.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../call.h"
#include "crypto.h"
#include "issue.h"
#include "json.h"
#include "text.h"

#define STATEMENT_TYPE "application/cose; cose-type=\"cose-sign1\""

static struct cask_reply *statement_reply(unsigned int status, const struct issue *issue)
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

static struct cask_reply *content_unknown(void)
{
	return cask_reply_problem(404, "content-unknown", "There is no such content.");
}

static struct cask_reply *quota_exceeded(void)
{
	return cask_reply_header(cask_reply_problem(429, "quota-exceeded",
						    "The device had many licenses today."),
				 "Retry-After", "3600");
}

static int read_request(const struct cask_http_request *rq, const struct device *device,
			struct issue_order *order, struct issue_request *request)
{
	_cleanup_json_ json_t *json = NULL;
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	int ret;

	request->key = call_idempotency_key(rq);
	if (!request->key)
		return -EINVAL;
	ret = cask_json_parse(body, size, &json);
	if (!ret)
		ret = cask_json_hex(json, "content_id", order->content_id, CASK_ID_SIZE);
	if (!ret && json_object_get(json, "nonce")) {
		order->once = true;
		ret = cask_json_hex(json, "nonce", order->nonce, sizeof(order->nonce));
	}
	if (ret)
		return ret;
	memcpy(order->device_key, device->key, sizeof(order->device_key));
	memcpy(request->device_id, device->id, sizeof(request->device_id));
	order->device_level = device->level;
	order->user_id = device->user_id;
	return crypto_sha256(body, size, request->hash);
}

static struct cask_reply *issue_new(struct call *call, const struct issue_order *order,
				    const struct issue_request *request)
{
	_cleanup_issue_ struct issue issue = { 0 }, before = { 0 };
	int ret = issue_check_quota(call->db, call->device.id,
				    call->server->config.licenses_per_day);

	if (ret == -EDQUOT)
		return quota_exceeded();
	if (!ret)
		ret = issue_make(call->server, call->db, order, &issue);
	if (ret == -ESRCH)
		return content_unknown();
	if (ret == -EACCES)
		return cask_reply_problem(403, "level-too-low",
					  "The content wants a device of a higher level.");
	if (ret == -ENODATA)
		return cask_reply_problem(409, "nonce-wanted",
					  "The license counts: it has to answer a nonce.");
	if (!ret)
		ret = issue_record_once(call->db, order, &issue, request);
	if (!ret)
		return statement_reply(201, &issue);
	/* The same request at the same time on another connection was faster. */
	if (ret == -EEXIST)
		ret = issue_find_request(call->db, request, &before);
	if (ret == -EEXIST)
		return cask_reply_problem(422, "key-reused", "The key was used for another request.");
	return ret ? call_failed(ret) : statement_reply(201, &before);
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
	struct cask_reply *refusal;
	struct issue_request request = { 0 };
	struct issue_order order = { 0 };
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	if (read_request(rq, &call.device, &order, &request))
		return cask_reply_problem(400, "bad-request", "An Idempotency-Key and a JSON object "
					  "with \"content_id\", and perhaps \"nonce\", are wanted.");
	ret = issue_find_request(call.db, &request, &before);
	if (ret == -EEXIST)
		return cask_reply_problem(422, "key-reused", "The key was used for another request.");
	if (ret == -ESRCH)
		return issue_new(&call, &order, &request);
	return ret ? call_failed(ret) : statement_reply(201, &before);
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
	return ret ? call_failed(ret) : statement_reply(200, &issue);
}
