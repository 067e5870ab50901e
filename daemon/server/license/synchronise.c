// SPDX-License-Identifier: GPL-2.0
/*
 * synchronise.c - POST /v1/synchronisations: agree with a device on the steps that its second
 * keys take; and the steps.
 *
 * A step is given out once, whether its license arrives or not: the device has a window.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "crypto.h"
#include "json.h"
#include "pairwise.h"
#include "synchronise.h"
#include "twokey.h"

#define OBJECT_TYPE "application/vnd.cask.synchronise"

static int next(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], struct cask_step *step)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_run(db, "UPDATE synchronisations SET number = number + 1 WHERE device_id = $1",
			      DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE)));

	if (!ret)
		ret = cask_db_query_one(db, "SELECT series, number FROM synchronisations "
					"WHERE device_id = $1",
					DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE)), &rows);
	if (!ret)
		ret = cask_db_id(rows, 0, step->series, sizeof(step->series));
	if (!ret)
		step->number = htole64(cask_db_int(rows, 1));
	return ret;
}

/**
 * synchronise_next() - the next step of a device
 * @db: connection without an open transaction
 * @device_id: the device
 * @ret_step: nobody else gets it
 *
 * Return: 0, -ENOLINK when nothing was agreed on with the device, or another -errno.
 */
int synchronise_next(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE],
		     struct cask_step *ret_step)
{
	struct cask_step step;
	int ret;

	DB_TRANSACTION(db, ret)
		ret = next(db, device_id, &step);
	if (!ret)
		*ret_step = step;
	return ret == -ESRCH ? -ENOLINK : ret;
}

/* What this nonce began; it begins a series where it is new. */
static int agree(struct cask_db *db, struct twokey_synchronise *fields)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = crypto_random(fields->step.series, sizeof(fields->step.series));

	if (!ret)
		ret = cask_db_run(db, "INSERT INTO synchronisations (device_id, nonce, series, number, "
				  "created) VALUES ($1, $2, $3, 0, $4) "
				  "ON CONFLICT (device_id) DO UPDATE SET nonce = $2, series = $3, "
				  "number = 0, created = $4 WHERE synchronisations.nonce <> $2",
				  DB_ARGS(DB_ID(fields->device_id), DB_ID(fields->nonce),
					  DB_ID(fields->step.series), DB_INT(time(NULL))));
	if (!ret)
		ret = cask_db_query_one(db, "SELECT series FROM synchronisations WHERE device_id = $1",
					DB_ARGS(DB_ID(fields->device_id)), &rows);
	return ret ? ret : cask_db_id(rows, 0, fields->step.series, sizeof(fields->step.series));
}

static int agree_alone(struct cask_db *db, struct twokey_synchronise *fields)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = agree(db, fields);
	return ret;
}

static struct cask_reply *answer(const struct call *call, const struct twokey_synchronise *fields)
{
	_cleanup_free_ uint8_t *object = NULL;
	uint8_t secret[32];
	size_t size = 0;
	int ret = pairwise_derive(call->server->pairwise, call->device.key, secret);

	if (!ret)
		ret = twokey_synchronise(secret, fields, &object, &size);
	crypto_wipe(secret, sizeof(secret));
	if (ret)
		return call_failed(ret);
	return cask_reply_header(cask_reply_bytes(201, OBJECT_TYPE, object, size), "Cache-Control",
				 "no-store");
}

/**
 * synchronise_post() - POST /v1/synchronisations
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *synchronise_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *json = NULL;
	struct twokey_synchronise fields = { 0 };
	struct cask_reply *refusal;
	const uint8_t *body;
	size_t size;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	body = cask_http_body(rq, &size);
	if (cask_json_parse(body, size, &json) ||
	    cask_json_hex(json, "nonce", fields.nonce, sizeof(fields.nonce)))
		return cask_reply_problem(400, "bad-request", "A JSON object with \"nonce\" is wanted.");
	memcpy(fields.issuer, call.server->distributor.issuer, sizeof(fields.issuer));
	memcpy(fields.device_id, call.device.id, sizeof(fields.device_id));
	ret = agree_alone(call.db, &fields);
	return ret ? call_failed(ret) : answer(&call, &fields);
}
