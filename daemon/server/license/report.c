// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - POST /v1/reports: put on record what a device's kernel logged, each use once.
 *
 * A device reports until it is told that its uses are on record, so most of what comes has come
 * before, and says the same. A number that is missing is a gap; one that says something else is
 * of a device that was wound back.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../billing/use.h"
#include "../call.h"
#include "../content.h"
#include "crypto.h"
#include "json.h"
#include "log.h"
#include "../pairs.h"
#include "pairwise.h"
#include "../../common/report.h"
#include "report.h"
#include "text.h"

#define OBJECT_TYPE	"application/vnd.cask.acknowledgement"
#define SERIES_SIZE	sizeof(((struct cask_log_place *)0)->series)

/* Whose, and which log. */
#define LOG_ARGS(r)	DB_BLOB((r)->device_id.data, CASK_KID_SIZE), DB_BLOB((r)->series, SERIES_SIZE)

/* The number that was not reported yet; the log is new to us, perhaps. */
static int find_next(struct cask_db *db, const struct cask_report_view *r, uint64_t *ret_next)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_run(db, "INSERT INTO use_logs (device_id, series, next, created) "
			      "VALUES ($1, $2, 1, $3) ON CONFLICT (device_id, series) DO NOTHING",
			      DB_ARGS(LOG_ARGS(r), DB_INT(time(NULL))));

	if (!ret)
		ret = cask_db_query_one(db, "SELECT next FROM use_logs WHERE device_id = $1 "
					"AND series = $2", DB_ARGS(LOG_ARGS(r)), &rows);
	if (!ret)
		*ret_next = cask_db_int(rows, 0);
	return ret;
}

static int record_gap(struct cask_db *db, const struct cask_report_view *r, uint64_t first)
{
	return cask_db_run(db, "INSERT INTO use_gaps (device_id, series, first, last, created) "
			   "VALUES ($1, $2, $3, $4, $5)",
			   DB_ARGS(LOG_ARGS(r), DB_INT(first), DB_INT(r->number - 1),
				   DB_INT(time(NULL))));
}

/* An entry in the order of the host; a time that cannot be is as late as can be. */
struct use {
	uint64_t number;
	struct cask_log_entry raw;
	uint32_t event;
	uint32_t unit;
	int64_t time;
	int64_t amount;
};

static struct use use_at(const struct cask_report_view *r, uint32_t i)
{
	struct use u = { .number = r->number + i };
	uint64_t time;

	memcpy(&u.raw, r->entries.data + i * sizeof(u.raw), sizeof(u.raw));
	time = le64toh(u.raw.time);
	u.event = le32toh(u.raw.event);
	u.unit = le32toh(u.raw.unit);
	u.time = time > INT64_MAX ? INT64_MAX : time;
	u.amount = le64toh(u.raw.amount);
	return u;
}

/* -EEXIST when something else is on record. */
static int compare(struct cask_db *db, const struct cask_report_view *r, const struct use *u)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t license_id[CASK_ID_SIZE];
	int ret = cask_db_query_one(db, "SELECT license_id, event, unit, time, amount FROM uses "
				    "WHERE device_id = $1 AND series = $2 AND number = $3",
				    DB_ARGS(LOG_ARGS(r), DB_INT(u->number)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 0, license_id, sizeof(license_id));
	if (ret)
		return ret;
	return !memcmp(license_id, u->raw.license_id, sizeof(license_id)) &&
	       cask_db_int(rows, 1) == u->event && cask_db_int(rows, 2) == u->unit &&
	       cask_db_int(rows, 3) == u->time && cask_db_int(rows, 4) == u->amount ? 0 : -EEXIST;
}

/* It is charged for in the transaction that records it. */
static int insert(const struct call *call, const struct cask_report_view *r, const struct use *u)
{
	struct cask_log_place place = { .number = htole64(u->number) };
	const struct use_bill bill = {
		.device_id = call->device.id, .user_id = call->device.user_id, .entry = &u->raw,
		.place = &place, .config = &call->server->config,
	};
	struct cask_db *db = call->db;
	int ret;

	memcpy(place.series, r->series, sizeof(place.series));
	ret = cask_db_run(db, "INSERT INTO uses (device_id, series, number, license_id, event, unit, "
			   "time, amount, recorded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			   DB_ARGS(LOG_ARGS(r), DB_INT(u->number), DB_ID(u->raw.license_id),
				   DB_INT(u->event), DB_INT(u->unit), DB_INT(u->time),
				   DB_INT(u->amount), DB_INT(time(NULL))));
	return ret ? ret : use_charge(db, &bill);
}

/* One that lies in a gap has come late. */
static int record_use(const struct call *call, const struct cask_report_view *r, uint64_t next,
		      const struct use *u)
{
	int ret = u->number < next ? compare(call->db, r, u) : -ESRCH;

	return ret == -ESRCH ? insert(call, r, u) : ret;
}

static int record(const struct call *call, const struct cask_report_view *r, uint64_t *ret_missing)
{
	struct cask_db *db = call->db;
	uint64_t next;
	uint32_t i;
	int ret = find_next(db, r, &next);

	*ret_missing = 0;
	if (!ret && r->number > next) {
		*ret_missing = r->number - next;
		ret = record_gap(db, r, next);
	}
	for (i = 0; i < r->count && !ret; i++) {
		const struct use u = use_at(r, i);

		ret = record_use(call, r, next, &u);
	}
	if (ret || r->number + r->count <= next)
		return ret;
	return cask_db_run(db, "UPDATE use_logs SET next = $3 WHERE device_id = $1 AND series = $2",
			   DB_ARGS(LOG_ARGS(r), DB_INT(r->number + r->count)));
}

/* What has come before changes nothing. */
static int record_alone(const struct call *call, const struct cask_report_view *r)
{
	char device[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	uint64_t missing = 0;
	int ret;

	DB_TRANSACTION(call->db, ret)
		ret = record(call, r, &missing);
	text_hex(r->device_id.data, CASK_KID_SIZE, device);
	if (!ret && missing)
		cask_warn("device %s: %llu uses were not reported", device,
			  (unsigned long long)missing);
	if (ret == -EEXIST)
		cask_warn("device %s: reports other uses than before by the same numbers", device);
	return ret;
}

static struct cask_reply *answer(const uint8_t secret[32], const struct cask_report_view *r)
{
	_cleanup_free_ uint8_t *object = NULL;
	struct report_word word;
	size_t size = 0;
	int ret;

	memcpy(word.issuer, r->issuer.data, sizeof(word.issuer));
	memcpy(word.device_id, r->device_id.data, sizeof(word.device_id));
	memcpy(word.last.series, r->series, sizeof(word.last.series));
	word.last.number = htole64(r->number + r->count - 1);
	ret = report_acknowledge(secret, &word, &object, &size);
	if (ret)
		return call_failed(ret);
	return cask_reply_header(cask_reply_bytes(200, OBJECT_TYPE, object, size), "Cache-Control",
				 "no-store");
}

/* Also what one device says in another's name. */
static bool is_rejected(const struct call *call, int error, const struct cask_report_view *r)
{
	return error == -EBADMSG ||
	       (!error && (memcmp(r->issuer.data, call->server->distributor.issuer, CASK_KID_SIZE) ||
			   memcmp(r->device_id.data, call->device.id, CASK_KID_SIZE)));
}

static struct cask_reply *take(struct call *call, const uint8_t secret[32], const void *body,
			       size_t size)
{
	struct cask_report_view r;
	int ret = report_open(secret, body, size, &r);

	/* The database's numbers have a sign. */
	if (ret == -EINVAL || ret == -EOPNOTSUPP || (!ret && r.number > (uint64_t)INT64_MAX - r.count))
		return cask_reply_problem(400, "bad-request", "A REPORT object is wanted.");
	if (is_rejected(call, ret, &r))
		return cask_reply_problem(403, "report-rejected", "It is not this device's report "
					  "to this distributor.");
	if (!ret)
		ret = record_alone(call, &r);
	if (ret == -EEXIST)
		return cask_reply_problem(409, "report-conflict", "Other uses are on record by these "
					  "numbers.");
	return ret ? call_failed(ret) : answer(secret, &r);
}

/**
 * report_post() - POST /v1/reports
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *report_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *reply;
	const uint8_t *body;
	uint8_t secret[32];
	size_t size;
	int ret;

	if (!call_begin_signed(&call, rq, &reply))
		return reply;
	body = cask_http_body(rq, &size);
	ret = pairs_derive(call.server, call.device.key, secret);
	reply = ret ? call_failed(ret) : take(&call, secret, body, size);
	crypto_wipe(secret, sizeof(secret));
	return reply;
}

/* --- for the operator --- */

static json_t *hex_of(struct cask_db_rows *rows, int column)
{
	size_t size;
	const uint8_t *data = cask_db_blob(rows, column, &size);

	return cask_json_new_hex(data, size);
}

static json_t *log_json(struct cask_db_rows *rows)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "device_id", hex_of(rows, 0),
			 "series", hex_of(rows, 1), "created", (json_int_t)cask_db_int(rows, 2),
			 "entries", (json_int_t)cask_db_int(rows, 3),
			 "missing", (json_int_t)cask_db_int(rows, 4),
			 "recorded", (json_int_t)cask_db_int(rows, 5));
}

/* enum cask_log_event, for people and JSON. */
static const char *const events[] = {
	[CASK_LOG_OPENED] = "opened", [CASK_LOG_METERED] = "metered", [CASK_LOG_RETURNED] = "returned",
};

static json_t *use_json(struct cask_db_rows *rows)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:s, s:s, s:I, s:I, s:I}",
			 "device_id", hex_of(rows, 0), "series", hex_of(rows, 1),
			 "number", (json_int_t)cask_db_int(rows, 2), "license_id", hex_of(rows, 3),
			 "event", events[cask_db_int(rows, 4)], "unit", content_unit_name(cask_db_int(rows, 5)),
			 "time", (json_int_t)cask_db_int(rows, 6),
			 "amount", (json_int_t)cask_db_int(rows, 7),
			 "recorded", (json_int_t)cask_db_int(rows, 8));
}

/**
 * report_list() - the logs of all devices
 * @db: connection
 * @ret_list: of {"device_id", "series", "created", "entries", "missing", "recorded"}: how many are on
 *	record and how many never came, and when the last did
 *
 * Return: 0 or -errno.
 */
int report_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT l.device_id, l.series, l.created, "
			    "(SELECT COUNT(*) FROM uses u WHERE u.device_id = l.device_id "
			    "AND u.series = l.series), "
			    "l.next - 1 - (SELECT COUNT(*) FROM uses u WHERE u.device_id = l.device_id "
			    "AND u.series = l.series), "
			    "(SELECT COALESCE(MAX(u.recorded), 0) FROM uses u WHERE u.device_id = l.device_id "
			    "AND u.series = l.series) FROM use_logs l "
			    "ORDER BY l.created, l.device_id, l.series", DB_NO_ARGS, log_json,
			    ret_list);
}

/**
 * report_export() - all uses that are on record
 * @db: connection
 * @ret_list: of {"device_id", "series", "number", "license_id", "event", "unit", "time", "amount",
 *	"recorded"}
 *
 * Return: 0 or -errno.
 */
int report_export(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT device_id, series, number, license_id, event, unit, time, amount, "
			    "recorded FROM uses ORDER BY recorded, device_id, series, number",
			    DB_NO_ARGS, use_json, ret_list);
}
