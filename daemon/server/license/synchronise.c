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
#include "../pairs.h"
#include "pairwise.h"
#include "synchronise.h"
#include "twokey.h"

#define OBJECT_TYPE "application/vnd.cask.synchronise"

/* The last that was given out. */
static int find(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], struct cask_step *step)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT series, number FROM synchronisations "
				    "WHERE device_id = $1",
				    DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 0, step->series, sizeof(step->series));
	if (!ret)
		step->number = htole64(cask_db_int(rows, 1));
	return ret;
}

static int next(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE], struct cask_step *step)
{
	int ret = cask_db_run(db, "UPDATE synchronisations SET number = number + 1 WHERE device_id = $1",
			      DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE)));

	return ret ? ret : find(db, device_id, step);
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

/* A series is named by when it began: the kernel takes none that is before its own. */
static int begin(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE],
		 const uint8_t nonce[CASK_NONCE_SIZE])
{
	uint64_t series = htobe64(time(NULL));

	return cask_db_run(db, "INSERT INTO synchronisations (device_id, nonce, series, number, created) "
			   "VALUES ($1, $2, $3, 0, $4) "
			   "ON CONFLICT (device_id) DO UPDATE SET nonce = $2",
			   DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE), DB_BLOB(nonce, CASK_NONCE_SIZE),
				   DB_BLOB(&series, sizeof(series)), DB_INT(be64toh(series))));
}

/*
 * The series that there is goes on, and the latest steps that were given out stay good: what was
 * paid for and is out of step is installed then, and none takes its place. Nothing grows, and no
 * step is given out twice, so a device may ask as often as it likes.
 */
static int agree(struct cask_db *db, struct twokey_synchronise *fields)
{
	uint64_t number;
	int ret = begin(db, fields->device_id, fields->nonce);

	if (!ret)
		ret = find(db, fields->device_id, &fields->step);
	if (ret)
		return ret;
	number = le64toh(fields->step.number);
	fields->step.number = htole64(number > CASK_STEP_WINDOW ? number - CASK_STEP_WINDOW : 0);
	return 0;
}

static int agree_alone(struct cask_db *db, struct twokey_synchronise *fields)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = agree(db, fields);
	return ret;
}

/**
 * synchronise_forget() - begin another series with a device that lost its records
 * @db: connection with an open transaction
 * @device_id: the device
 *
 * It does not know any more which steps it used, so none of them may be good again.
 *
 * Return: 0 or -errno.
 */
int synchronise_forget(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE])
{
	struct cask_step step;
	uint64_t series, now = time(NULL);
	int ret = find(db, device_id, &step);

	if (ret)
		return ret == -ESRCH ? 0 : ret;
	memcpy(&series, step.series, sizeof(series));
	series = be64toh(series) + 1;
	series = htobe64(series < now ? now : series);
	return cask_db_run(db, "UPDATE synchronisations SET series = $2, number = 0, created = $3 "
			   "WHERE device_id = $1",
			   DB_ARGS(DB_BLOB(device_id, CASK_KID_SIZE), DB_BLOB(&series, sizeof(series)),
				   DB_INT(now)));
}

static struct cask_reply *answer(const struct call *call, const struct twokey_synchronise *fields)
{
	_cleanup_free_ uint8_t *object = NULL;
	uint8_t secret[32];
	size_t size = 0;
	int ret = pairs_derive(call->server, call->device.key, secret);

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
	fields.created = time(NULL);
	memcpy(fields.issuer, call.server->distributor.issuer, sizeof(fields.issuer));
	memcpy(fields.device_id, call.device.id, sizeof(fields.device_id));
	ret = agree_alone(call.db, &fields);
	return ret ? call_failed(ret) : answer(&call, &fields);
}
