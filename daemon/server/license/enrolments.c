// SPDX-License-Identifier: GPL-2.0
/*
 * enrolments.c - POST /v1/enrolments and POST /v1/enrolments/ID/answer.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "dialogue.h"
#include "enrolment.h"
#include "json.h"
#include "text.h"
#include "../device.h"
#include "../factory.h"

#define TOKEN_TEXT_MAX 128	/* of whatever is sent as a token */

static struct cask_reply *bad_request(const char *what)
{
	return cask_reply_problem(400, "bad-request", "%s", what);
}

/**
 * enrolment_unknown() - the reply when there is no such enrolment
 *
 * Return: the reply.
 */
struct cask_reply *enrolment_unknown(void)
{
	return cask_reply_problem(404, "enrolment-unknown", "There is no such enrolment.");
}

/**
 * enrolment_expired() - the reply when an enrolment's time is over
 *
 * Return: the reply.
 */
struct cask_reply *enrolment_expired(void)
{
	return cask_reply_problem(410, "enrolment-expired",
				  "The challenge has expired; ask for a new one.");
}

/*
 * Within a transaction, whose outcome the error is. Without a reply there was nothing to refuse;
 * the reply of a turn before is dropped.
 */
static int begin(struct call *call, const struct voucher_papers *papers, struct voucher *voucher,
		 struct cask_reply **reply)
{
	struct enrolment e;
	int ret;

	cask_reply_drop(*reply);
	*reply = NULL;
	if (!voucher_check(call, papers, voucher, reply))
		return -EACCES;
	ret = enrolment_begin(call, voucher, &e);
	if (ret == -EINVAL)
		*reply = bad_request("device_key is not a key.");
	if (!ret)
		*reply = dialogue_reply(call, 201, &e);
	return ret;
}

static int read_papers(const json_t *json, struct voucher_papers *papers)
{
	_cleanup_free_ uint8_t *device_key = NULL;
	size_t size;
	int ret = cask_json_base64url(json, "device_key", CASK_X25519_SIZE, &device_key, &size);

	if (ret || size != CASK_X25519_SIZE)
		return -EINVAL;
	memcpy(papers->device_key, device_key, size);
	ret = cask_json_string(json, "token", TOKEN_TEXT_MAX, &papers->token);
	if (!ret || ret == -ENOENT)
		ret = cask_json_string(json, "certificate", FACTORY_PEM_MAX, &papers->certificate);
	return ret == -ENOENT ? 0 : ret;
}

/**
 * enrolment_post() - POST /v1/enrolments
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *enrolment_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *json = NULL;
	struct voucher_papers papers = { 0 };
	struct cask_reply *reply = NULL;
	struct voucher voucher;
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	int ret;

	if (cask_json_parse(body, size, &json) || read_papers(json, &papers))
		return bad_request("A JSON object is wanted with \"device_key\", 32 bytes in "
				   "base64url, and \"token\" or \"certificate\".");
	call_begin(&call, rq);
	if (!voucher_begin(&call, &papers, &voucher, &reply))
		return reply;
	DB_TRANSACTION(call.db, ret)
		ret = begin(&call, &papers, &voucher, &reply);
	if (!ret || cask_reply_status(reply) >= 400)
		return reply;
	cask_reply_drop(reply);
	return call_failed(ret);
}

static struct cask_reply *result(struct call *call, const struct enrolment *e)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(call->db, "SELECT u.name, c.pem, d.enrolment, d.level "
				    "FROM certificates c JOIN devices d ON d.id = c.device_id "
				    "JOIN users u ON u.id = d.user_id WHERE c.serial = $1",
				    DB_ARGS(DB_ID(e->serial)), &rows);

	if (ret)
		return call_failed(ret);
	return cask_reply_json(200, json_pack("{s:o, s:s, s:s, s:s, s:s}",
			"device_id", cask_json_new_hex(e->device_id, sizeof(e->device_id)),
			"user", cask_db_text(rows, 0), "certificate", cask_db_text(rows, 1),
			"enrolment", device_enrolment_name(cask_db_int(rows, 2)),
			"level", device_level_name(cask_db_int(rows, 3))));
}

static struct cask_reply *rejected(void)
{
	return cask_reply_problem(403, "answer-rejected",
				  "This is no answer to the challenge by the device that asked.");
}

/* The same answer again is a retry, and gets the same result. */
static struct cask_reply *answer_again(struct call *call, const struct enrolment *e,
				       const uint8_t *answer, size_t size)
{
	uint8_t hash[32];
	int ret = crypto_sha256(answer, size, hash);

	if (ret)
		return call_failed(ret);
	return memcmp(hash, e->answer_hash, sizeof(hash)) ? rejected() : result(call, e);
}

static struct cask_reply *take_answer(struct call *call, struct enrolment *e,
				      const uint8_t *answer, size_t size)
{
	struct bill bill;
	int ret = enrolment_answer(call, e, answer, size, &bill);

	if (ret == -EINVAL || ret == -EBADMSG || ret == -EOPNOTSUPP)
		return rejected();
	if (ret == -EACCES)
		return call_user_disabled();
	if (ret == -ECANCELED)
		return bill_refusal(&bill);
	if (ret == -EPERM)
		return call_device_disabled();
	if (ret == -ENODATA)
		return cask_reply_problem(409, "information-wanted",
					  "The user has to say something before.");
	if (ret == -ENOTUNIQ)
		return cask_reply_problem_with(409, "user-taken", json_pack("{s:s}", "field", "user"),
					       "There is such a user by now.");
	/* On -ESRCH another answer was faster: it may have been this one, sent twice. */
	if (ret && ret != -ESRCH)
		return call_failed(ret);
	ret = enrolment_find(call->db, e->id, e);
	if (ret == -ESRCH || (!ret && !e->answered))
		return rejected();
	return ret ? call_failed(ret) : answer_again(call, e, answer, size);
}

/**
 * enrolment_post_answer() - POST /v1/enrolments/ID/answer
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *enrolment_post_answer(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	uint8_t id[CASK_ID_SIZE];
	struct enrolment e;
	size_t size;
	const uint8_t *answer = cask_http_body(rq, &size);
	int ret = call_id_param(rq, 0, id);

	call_begin(&call, rq);
	if (!ret)
		ret = enrolment_find(call.db, id, &e);
	if (ret == -ESRCH || ret == -EINVAL)
		return enrolment_unknown();
	if (ret)
		return call_failed(ret);
	if (e.answered)
		return answer_again(&call, &e, answer, size);
	if (e.expires < time(NULL))
		return enrolment_expired();
	return take_answer(&call, &e, answer, size);
}
