// SPDX-License-Identifier: GPL-2.0
/*
 * provider.c - GET /v1/billing/charges and POST /v1/billing/events: the payment provider, what it
 * is to collect and what it says came of it.
 *
 * Its messages carry the time and HMAC-SHA256 under the provider's key over method, path, time and
 * body (Documentation/protocol.rst). An event has a number, and is heard once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "charge.h"
#include "crypto.h"
#include "json.h"
#include "../license/information.h"
#include "provider.h"
#include "text.h"

#define PROVIDER_HEADER	"Cask-Provider"
#define EVENT_ID_MAX	64
#define BODY_MAX	4096	/* as the role's route has it */
#define MESSAGE_MAX	(BODY_MAX + CASK_HTTP_TARGET_MAX + 64)

/* "t=SECONDS, mac=HEX", and nothing else. */
static int parse(const char *header, uint64_t *ret_time, uint8_t mac[CASK_MAC_SIZE])
{
	size_t digits;

	if (strncmp(header, "t=", 2))
		return -EINVAL;
	header += 2;
	digits = strspn(header, "0123456789");
	if (!digits || digits > 12 || strncmp(header + digits, ", mac=", 6))
		return -EINVAL;
	*ret_time = strtoull(header, NULL, 10);
	return text_from_hex(header + digits + 6, mac, CASK_MAC_SIZE);
}

static int mac_of(const struct server *server, const struct cask_http_request *rq, uint64_t at,
		  uint8_t mac[CASK_MAC_SIZE])
{
	char message[MESSAGE_MAX];
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	int length = snprintf(message, sizeof(message), "%s\n%s\n%llu\n", cask_http_method(rq),
			      cask_http_target(rq), (unsigned long long)at);

	if (length < 0 || length + size > sizeof(message))
		return -E2BIG;
	if (size)
		memcpy(message + length, body, size);
	return crypto_hmac_sha256(server->provider, sizeof(server->provider), message,
				  length + size, mac);
}

/* The time is looked at after the MAC: nobody else learns what is wrong. */
static bool is_provider(const struct server *server, const struct cask_http_request *rq)
{
	const char *header = cask_http_header(rq, PROVIDER_HEADER);
	uint8_t said[CASK_MAC_SIZE], mac[CASK_MAC_SIZE];
	uint64_t at, now = time(NULL);

	return server->has_provider && header && cask_http_header_count(rq, PROVIDER_HEADER) == 1 &&
	       !parse(header, &at, said) && !mac_of(server, rq, at, mac) &&
	       crypto_equal(mac, said, sizeof(mac)) &&
	       at <= now + CALL_CLOCK_WINDOW && at + CALL_CLOCK_WINDOW >= now;
}

static struct cask_reply *rejected(void)
{
	return cask_reply_header(cask_reply_problem(401, "provider-rejected",
						    "This is not from the payment provider."),
				 "WWW-Authenticate", PROVIDER_HEADER);
}

/* What the customer said for the provider: of the way to pay, and nothing else. */
static int payment_of(struct call *call, int64_t user_id, json_t **ret_payment)
{
	_cleanup_json_ json_t *said = NULL;
	json_t *payment = json_object(), *value;
	const char *name;
	int ret = information_particulars(call->db, &call->server->vault, user_id, &said);

	json_object_foreach(said, name, value)
		if (!strncmp(name, FORM_PAYMENT, strlen(FORM_PAYMENT)) &&
		    strcmp(name, FORM_PAYMENT_METHOD))
			json_object_set(payment, name, value);
	if (!ret || ret == -ESRCH)
		*ret_payment = steal_ptr(&payment);
	json_decref(payment);
	return ret == -ESRCH ? 0 : ret;
}

static json_t *row_json(struct cask_db_rows *rows, json_t *payment)
{
	size_t size;
	const uint8_t *id = cask_db_blob(rows, 0, &size);

	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:s, s:o}", "charge_id", cask_json_new_hex(id, size),
			 "user", cask_db_text(rows, 1), "amount", (json_int_t)cask_db_int(rows, 2),
			 "created", (json_int_t)cask_db_int(rows, 3),
			 "due", (json_int_t)cask_db_int(rows, 4),
			 "state", bill_state_name(cask_db_int(rows, 5)), "payment", payment);
}

static int list_charges(struct call *call, json_t *list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	json_t *payment = NULL;
	int ret = cask_db_query(call->db, "SELECT c.id, u.name, c.amount, c.created, c.due, c.state, "
				"u.id FROM charges c JOIN accounts a ON a.id = c.account_id "
				"JOIN users u ON u.id = a.user_id "
				"WHERE c.by_provider = 1 AND c.state IN (1, 3) "
				"ORDER BY c.state, c.created, c.id LIMIT 1000", DB_NO_ARGS, &rows);

	while (!ret && (ret = cask_db_next(rows)) > 0) {
		ret = payment_of(call, cask_db_int(rows, 6), &payment);
		if (!ret && json_array_append_new(list, row_json(rows, payment)))
			ret = -ENOMEM;
	}
	return ret;
}

/**
 * provider_get_charges() - GET /v1/billing/charges
 * @rq: the request
 *
 * Those that failed come last: however many there are, they keep no other from being collected.
 *
 * Return: the reply.
 */
struct cask_reply *provider_get_charges(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *list = json_array();
	int ret;

	call_begin(&call, rq);
	if (!is_provider(call.server, rq))
		return rejected();
	ret = list_charges(&call, list);
	if (ret)
		return call_failed(ret);
	return cask_reply_json(200, json_pack("{s:s, s:O}", "currency", call.server->config.currency,
					      "charges", list));
}

/**
 * struct event - what the provider says
 * @id: its own number of it
 * @charge_id: of which charge
 * @paid: it has the money; else it could not get it
 * @hash: of the body
 */
struct event {
	const char *id;
	uint8_t charge_id[LEDGER_ID_SIZE];
	bool paid;
	uint8_t hash[32];
};

static int read_event(const json_t *json, struct event *event)
{
	const char *type;
	int ret = cask_json_string(json, "id", EVENT_ID_MAX, &event->id);

	if (!ret)
		ret = cask_json_hex(json, "charge_id", event->charge_id, sizeof(event->charge_id));
	if (!ret)
		ret = cask_json_string(json, "type", EVENT_ID_MAX, &type);
	if (ret)
		return ret;
	event->paid = !strcmp(type, "paid");
	return *event->id && (event->paid || !strcmp(type, "failed")) ? 0 : -EINVAL;
}

/* Return: 1 when it was heard before, 0, -EEXIST when that was another one, or another -errno. */
static int find_event(struct cask_db *db, const struct event *event)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t hash[32];
	int ret = cask_db_query_one(db, "SELECT hash FROM provider_events WHERE id = $1",
				    DB_ARGS(DB_TEXT(event->id)), &rows);

	if (ret)
		return ret == -ESRCH ? 0 : ret;
	ret = cask_db_id(rows, 0, hash, sizeof(hash));
	if (ret)
		return ret;
	return memcmp(hash, event->hash, sizeof(hash)) ? -EEXIST : 1;
}

/* Within a transaction. */
static int take(struct cask_db *db, const struct event *event)
{
	int ret = find_event(db, event);

	if (ret)
		return ret == 1 ? 0 : ret;
	ret = cask_db_run(db, "INSERT INTO provider_events (id, hash, created) VALUES ($1, $2, $3)",
			  DB_ARGS(DB_TEXT(event->id), DB_ID(event->hash), DB_INT(time(NULL))));
	return ret ? ret : bill_settle(db, event->charge_id, event->paid);
}

static struct cask_reply *answer(struct cask_db *db, const struct event *event)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = take(db, event);
	/* The same on another connection may have been faster. */
	if (ret == -EEXIST && find_event(db, event) == 1)
		ret = 0;
	switch (ret) {
	case 0:
		return cask_reply_json(200, json_pack("{s:s}", "id", event->id));
	case -EEXIST:
		return cask_reply_problem(422, "key-reused", "The id was another event's.");
	case -ESRCH:
		return cask_reply_problem(404, "charge-unknown", "There is no such charge for the "
					  "provider.");
	case -EALREADY:
		return cask_reply_problem(409, "charge-settled", "The charge was paid or refunded.");
	}
	return call_failed(ret);
}

/**
 * provider_post_event() - POST /v1/billing/events
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *provider_post_event(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *json = NULL;
	struct event event;
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);

	call_begin(&call, rq);
	if (!is_provider(call.server, rq))
		return rejected();
	if (cask_json_parse(body, size, &json) || read_event(json, &event) ||
	    crypto_sha256(body, size, event.hash))
		return cask_reply_problem(400, "bad-request", "A JSON object with \"id\", \"charge_id\" and "
					  "\"type\", \"paid\" or \"failed\", is wanted.");
	return answer(call.db, &event);
}
