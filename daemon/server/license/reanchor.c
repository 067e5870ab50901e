// SPDX-License-Identifier: GPL-2.0
/*
 * reanchor.c - POST /v1/reanchors: let a device that lost its records go on.
 *
 * The statement revives nothing, so a device has it for the asking unless the operator
 * says otherwise; what stays is how often it asked, and when. The nonce is of one
 * loss: it is the request's own idempotency key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "json.h"
#include "log.h"
#include "reanchor.h"
#include "statement.h"
#include "synchronise.h"
#include "text.h"

#define STATEMENT_TYPE "application/cose; cose-type=\"cose-sign1\""

/* A disk does not fail so often in a day, and what is kept must not grow without end. */
#define REANCHORS_PER_DAY	16

/**
 * struct word - a REANCHOR
 * @device: that it is for
 * @nonce: that the device drew
 * @created: seconds since 1970
 * @statement: allocated
 * @size: bytes of @statement
 */
struct word {
	const struct device *device;
	uint8_t nonce[CASK_NONCE_SIZE];
	int64_t created;
	uint8_t *statement;
	size_t size;
};

static void cleanup_word(struct word *word)
{
	free(word->statement);
}

static struct cask_reply *statement_reply(const struct word *word)
{
	return cask_reply_header(cask_reply_bytes(201, STATEMENT_TYPE, word->statement, word->size),
				 "Cache-Control", "no-store");
}

/* Return: 0, -ESRCH when the device was not told for this nonce, or another -errno. */
static int find(struct cask_db *db, struct word *word)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *statement;
	int ret = cask_db_query_one(db, "SELECT statement FROM reanchors "
				    "WHERE device_id = $1 AND nonce = $2",
				    DB_ARGS(DB_ID(word->device->id), DB_ID(word->nonce)), &rows);

	if (ret)
		return ret;
	statement = cask_db_blob(rows, 0, &word->size);
	word->statement = malloc(word->size);
	if (!word->statement)
		return -ENOMEM;
	memcpy(word->statement, statement, word->size);
	return 0;
}

static int check_quota(struct cask_db *db, const struct device *device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT COUNT(*) FROM reanchors "
				    "WHERE device_id = $1 AND created > $2",
				    DB_ARGS(DB_ID(device->id), DB_INT(time(NULL) - 86400)), &rows);

	if (ret)
		return ret;
	return cask_db_int(rows, 0) < REANCHORS_PER_DAY ? 0 : -EDQUOT;
}

static int make(const struct server *server, struct word *word)
{
	struct statement_reanchor fields = { .created = time(NULL) };

	word->created = fields.created;
	memcpy(fields.nonce, word->nonce, sizeof(fields.nonce));
	memcpy(fields.issuer, server->distributor.issuer, sizeof(fields.issuer));
	memcpy(fields.device_id, word->device->id, sizeof(fields.device_id));
	return statement_reanchor(&server->signer, &fields, &word->statement, &word->size);
}

/* What it was allowed once it is not allowed twice, whoever asks meanwhile. */
static int spend(struct cask_db *db, const struct device *device)
{
	int ret = cask_db_run(db, "UPDATE devices SET reanchor_asked = NULL, reanchor = "
			      "CASE reanchor WHEN $2 THEN $3 ELSE reanchor END "
			      "WHERE id = $1 AND reanchor = $4",
			      DB_ARGS(DB_ID(device->id), DB_INT(DEVICE_REANCHOR_ONCE),
				      DB_INT(DEVICE_REANCHOR_ASK), DB_INT(device->reanchor)));

	return !ret && !cask_db_changes(db) ? -EACCES : ret;
}

static int insert(struct cask_db *db, const struct word *word)
{
	int ret = spend(db, word->device);

	if (!ret)
		ret = synchronise_forget(db, word->device->id);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO reanchors (device_id, nonce, created, statement) "
			   "VALUES ($1, $2, $3, $4)",
			   DB_ARGS(DB_ID(word->device->id), DB_ID(word->nonce),
				   DB_INT(word->created), DB_BLOB(word->statement, word->size)));
}

static int record(struct cask_db *db, const struct word *word)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = insert(db, word);
	return ret;
}

static struct cask_reply *refuse(struct cask_db *db, const struct device *device)
{
	/* It may ask all day: what counts is since when. */
	int ret = cask_db_run(db, "UPDATE devices SET reanchor_asked = COALESCE(reanchor_asked, $2) "
			      "WHERE id = $1",
			      DB_ARGS(DB_ID(device->id), DB_INT(time(NULL))));

	if (ret)
		return call_failed(ret);
	if (device->reanchor == DEVICE_REANCHOR_REFUSE)
		return cask_reply_problem(403, "reanchor-refused",
					  "The operator does not let the device go on.");
	return cask_reply_problem(403, "reanchor-waits", "The operator has to let the device go on.");
}

static struct cask_reply *quota_exceeded(void)
{
	return cask_reply_header(cask_reply_problem(429, "quota-exceeded", "The device lost its "
						    "records too often today."),
				 "Retry-After", "3600");
}

/* The same request on another connection may have been faster: then it has its answer. */
static struct cask_reply *not_recorded(struct call *call, const struct word *word, int error)
{
	_cleanup_(cleanup_word) struct word before = { .device = word->device };
	int ret;

	memcpy(before.nonce, word->nonce, sizeof(before.nonce));
	ret = find(call->db, &before);
	if (!ret)
		return statement_reply(&before);
	if (ret != -ESRCH)
		return call_failed(ret);
	if (error == -EDQUOT)
		return quota_exceeded();
	return error == -EACCES ? refuse(call->db, word->device) : call_failed(error);
}

static struct cask_reply *answer(struct call *call, struct word *word)
{
	char id[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	int ret = check_quota(call->db, word->device);

	if (!ret)
		ret = make(call->server, word);
	if (!ret)
		ret = record(call->db, word);
	if (ret)
		return not_recorded(call, word, ret);
	text_hex(word->device->id, sizeof(word->device->id), id);
	cask_notice("device %s lost its records, and may go on without", id);
	return statement_reply(word);
}

/**
 * reanchor_post() - POST /v1/reanchors
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *reanchor_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_(cleanup_word) struct word word = { .device = &call.device };
	_cleanup_json_ json_t *json = NULL;
	struct cask_reply *refusal;
	const uint8_t *body;
	size_t size;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	body = cask_http_body(rq, &size);
	if (cask_json_parse(body, size, &json) ||
	    cask_json_hex(json, "nonce", word.nonce, sizeof(word.nonce)))
		return cask_reply_problem(400, "bad-request", "A JSON object with \"nonce\" is wanted.");
	ret = find(call.db, &word);
	if (ret != -ESRCH)
		return ret ? call_failed(ret) : statement_reply(&word);
	if (call.device.reanchor == DEVICE_REANCHOR_ASK ||
	    call.device.reanchor == DEVICE_REANCHOR_REFUSE)
		return refuse(call.db, &call.device);
	return answer(&call, &word);
}
