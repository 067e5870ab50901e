// SPDX-License-Identifier: GPL-2.0
/*
 * call.c - a request being handled: database connection and authentication
 * (RFC 9421 under the pairwise key, Documentation/protocol.rst).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "call.h"
#include "crypto.h"
#include "log.h"
#include "names.h"
#include "pairs.h"
#include "pairwise.h"
#include "signature.h"
#include "text.h"
#include "tries.h"

/* A signed request, as it is taken apart. */
struct claim {
	struct signature_params params;
	struct signature_message message;
	uint8_t mac[CASK_MAC_SIZE];
};

/**
 * call_begin() - prepare to handle a request that anyone may make
 * @call: CALL_INIT
 * @rq: the request; its context is the server
 */
void call_begin(struct call *call, struct cask_http_request *rq)
{
	call->server = cask_http_context(rq);
	call->rq = rq;
	call->db = pool_take(call->server->pool);
}

/**
 * call_end() - give back what the call holds
 * @call: may never have begun
 *
 * What it read may be of a transaction that does not last yet, as may its own: the answer waits.
 */
void call_end(struct call *call)
{
	if (call->server) {
		pool_give(call->server->pool, call->db);
		cask_http_hold(call->rq);
	}
	call->db = NULL;
}

/**
 * call_failed() - the reply to what went wrong inside
 * @error: negative errno
 *
 * Return: 503 "unavailable" for what may pass by itself, else NULL, which is a 500.
 */
struct cask_reply *call_failed(int error)
{
	cask_err("request: %s", strerror(-error));
	if (error != -EBUSY && error != -EAGAIN && error != -ENOSPC)
		return NULL;
	return cask_reply_header(cask_reply_problem(503, "unavailable",
						    "The server is busy; try again."),
				 "Retry-After", "5");
}

/**
 * call_user_disabled() - the reply to a device whose account is disabled
 *
 * Return: the reply.
 */
struct cask_reply *call_user_disabled(void)
{
	return cask_reply_problem(403, "user-disabled", "The account is disabled.");
}

/**
 * call_device_disabled() - the reply to a device that is disabled
 *
 * Return: the reply.
 */
struct cask_reply *call_device_disabled(void)
{
	return cask_reply_problem(403, "device-disabled", "The device is disabled.");
}

/**
 * call_password_failed() - the reply to a password that was not looked at
 * @error: of password_check(), any but -EACCES
 *
 * Return: the reply, or NULL as call_failed().
 */
struct cask_reply *call_password_failed(int error)
{
	if (error == -EPERM)
		return call_user_disabled();
	if (error != -EDQUOT)
		return call_failed(error);
	return cask_reply_header(cask_reply_problem(429, "too-many-tries",
						    "Too many passwords did not fit."),
				 "Retry-After", TRIES_RETRY_AFTER);
}

/**
 * call_content_unknown() - the reply to who asks for a content that is not offered
 *
 * Return: the reply.
 */
struct cask_reply *call_content_unknown(void)
{
	return cask_reply_problem(404, "content-unknown", "There is no such content.");
}

/**
 * call_id_param() - an id from the path
 * @rq: the request
 * @index: of the path parameter
 * @ret_id: the id
 *
 * Return: 0, or -EINVAL when it is not 16 bytes of lower-case hex.
 */
int call_id_param(const struct cask_http_request *rq, unsigned int index,
		  uint8_t ret_id[CASK_ID_SIZE])
{
	return text_from_hex(cask_http_param(rq, index), ret_id, CASK_ID_SIZE);
}

/**
 * call_find_content() - the content that the path names
 * @call: begun
 * @ret_content: by the first parameter of the path
 * @ret_refusal: on failure: the reply; NULL stands for 500
 *
 * Return: whether there is one.
 */
bool call_find_content(struct call *call, struct content *ret_content,
		       struct cask_reply **ret_refusal)
{
	uint8_t id[CASK_ID_SIZE];
	int ret = call_id_param(call->rq, 0, id);

	if (!ret)
		ret = content_find(call->db, id, ret_content);
	if (!ret)
		return true;
	*ret_refusal = ret == -EINVAL || ret == -ESRCH ? call_content_unknown() : call_failed(ret);
	return false;
}

/**
 * call_idempotency_key() - what makes a repetition of the request known as one
 * @rq: the request
 *
 * Printable ASCII, in quotes or not: only sameness counts.
 *
 * Return: borrowed, or NULL when there is none, or none that will do.
 */
const char *call_idempotency_key(const struct cask_http_request *rq)
{
	const char *key = cask_http_header(rq, "Idempotency-Key");

	if (!key || !*key || strlen(key) > CALL_KEY_MAX)
		return NULL;
	for (const char *p = key; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return NULL;
	return key;
}

/*
 * A refusal is false and its reply. The reply alone does not tell: without memory
 * there is none, and then nobody is let in either.
 */
static bool refuse(struct cask_reply **ret_reply, const char *code, const char *what)
{
	*ret_reply = cask_reply_header(cask_reply_problem(401, code, "%s", what),
				       "WWW-Authenticate", "Signature");
	return false;
}

static bool malformed(struct cask_reply **ret_reply, const char *what)
{
	return refuse(ret_reply, "signature-malformed", what);
}

static bool failed(struct cask_reply **ret_reply, int error)
{
	*ret_reply = call_failed(error);
	return false;
}

static bool read_claim(const struct cask_http_request *rq, struct claim *claim,
		       struct cask_reply **ret_reply)
{
	const char *input = cask_http_header(rq, "Signature-Input");
	const char *value = cask_http_header(rq, "Signature"), *key;
	size_t size;

	if (!input || !value)
		return refuse(ret_reply, "signature-missing", "The request is not signed.");
	if (cask_http_header_count(rq, "Signature-Input") != 1 ||
	    cask_http_header_count(rq, "Signature") != 1 ||
	    cask_http_header_count(rq, "Host") != 1 ||
	    cask_http_header_count(rq, "Content-Digest") > 1)
		return malformed(ret_reply, "Of each header that counts there may be one.");
	if (cask_http_header_count(rq, "Idempotency-Key") > 1) {
		*ret_reply = cask_reply_problem(400, "bad-request", "One Idempotency-Key.");
		return false;
	}
	if (!names_include(cask_http_context(rq), cask_http_header(rq, "Host")))
		return refuse(ret_reply, "signature-rejected", "This server has another name.");
	if (signature_parse_input(input, &claim->params))
		return malformed(ret_reply, "Signature-Input is not as the protocol has it.");
	if (signature_parse_value(value, claim->mac))
		return malformed(ret_reply, "Signature is not as the protocol has it.");
	cask_http_body(rq, &size);
	if (claim->params.has_digest != (size > 0))
		return malformed(ret_reply, "A body wants \"content-digest\", and only a body does.");
	key = cask_http_header(rq, "Idempotency-Key");
	if (claim->params.has_key != !!key)
		return malformed(ret_reply,
				 "An Idempotency-Key wants \"idempotency-key\", and only one does.");
	claim->message = (struct signature_message){
		.method = cask_http_method(rq), .authority = cask_http_header(rq, "Host"),
		.path = cask_http_path(rq), .query = cask_http_raw_query(rq),
		.digest = cask_http_header(rq, "Content-Digest"), .idempotency_key = key,
	};
	return true;
}

static int mac_of(const struct server *server, const struct device *device,
		  const struct claim *claim, uint8_t mac[CASK_MAC_SIZE])
{
	char base[SIGNATURE_BASE_MAX];
	uint8_t secret[32];
	size_t size;
	int ret = signature_base(&claim->message, &claim->params, base, &size);

	if (ret)
		return ret;
	ret = pairs_derive(server, device->key, secret);
	if (!ret)
		ret = pairwise_http_mac(secret, base, size, mac);
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

static bool digest_fits(const struct cask_http_request *rq, const char *digest)
{
	char expected[SIGNATURE_DIGEST_MAX];
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);

	return !size || (!signature_digest(body, size, expected) && !strcmp(expected, digest));
}

static bool check_mac(const struct server *server, const struct device *device,
		      const struct cask_http_request *rq, const struct claim *claim,
		      struct cask_reply **ret_reply)
{
	uint8_t mac[CASK_MAC_SIZE];
	int ret = mac_of(server, device, claim, mac);

	if (ret == -EINVAL)
		return malformed(ret_reply, "Host or Content-Digest is missing or impossible.");
	if (ret == -E2BIG)
		return malformed(ret_reply, "What is signed is too long.");
	if (ret)
		return failed(ret_reply, ret);
	if (!crypto_equal(mac, claim->mac, sizeof(mac)))
		return refuse(ret_reply, "signature-rejected",
			      "The signature does not belong to this request.");
	if (!digest_fits(rq, claim->message.digest))
		return refuse(ret_reply, "signature-rejected",
			      "Content-Digest does not belong to this body.");
	return true;
}

static struct cask_reply *clock_skew(void)
{
	struct cask_reply *reply = cask_reply_problem_with(401, "clock-skew",
			json_pack("{s:I}", "time", (json_int_t)time(NULL)),
			"The signature's time is more than %d s off.", CALL_CLOCK_WINDOW);

	return cask_reply_header(reply, "WWW-Authenticate", "Signature");
}

/*
 * The clock is read once, with the lock: a nonce that this request might repeat
 * is forgotten only at a time at which the request is refused for its age. The
 * nonce stays for another window, should the clock be set back.
 */
static int record_nonce(struct cask_db *db, const struct signature_params *params)
{
	uint64_t now = time(NULL);
	int ret;

	if (params->created > now + CALL_CLOCK_WINDOW || params->created + CALL_CLOCK_WINDOW < now)
		return -ETIME;
	ret = cask_db_run(db, "DELETE FROM nonces WHERE expires < $1", DB_ARGS(DB_INT(now)));
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO nonces (device_id, nonce, expires) VALUES ($1, $2, $3)",
			   DB_ARGS(DB_ID(params->keyid), DB_ID(params->nonce),
				   DB_INT(params->created + 2 * CALL_CLOCK_WINDOW)));
}

/* After the MAC: a nonce costs a row, so only devices may spend it. */
static bool spend_nonce(struct cask_db *db, const struct signature_params *params,
			struct cask_reply **ret_reply)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = record_nonce(db, params);
	if (ret == -EEXIST)
		return refuse(ret_reply, "nonce-reused",
			      "A request with this nonce was here before.");
	if (ret == -ETIME) {
		*ret_reply = clock_skew();
		return false;
	}
	return !ret || failed(ret_reply, ret);
}

/* After the MAC, or anyone could ask which devices are. */
static bool check_enabled(const struct device *device, struct cask_reply **ret_reply)
{
	if (device->user_enabled && device->enabled)
		return true;
	*ret_reply = device->user_enabled ? call_device_disabled() : call_user_disabled();
	return false;
}

/**
 * call_begin_signed() - prepare to handle a request that only a device may make
 * @call: CALL_INIT
 * @rq: the request
 * @ret_refusal: on failure: the reply that refuses it; NULL stands for 500
 *
 * Return: whether @call->device signed it, and is neither disabled nor its account.
 */
bool call_begin_signed(struct call *call, struct cask_http_request *rq,
		       struct cask_reply **ret_refusal)
{
	char id[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	struct claim claim;
	int ret;

	call_begin(call, rq);
	if (!read_claim(rq, &claim, ret_refusal))
		return false;
	ret = device_find(call->db, claim.params.keyid, &call->device);
	if (ret == -ESRCH)
		return refuse(ret_refusal, "device-unknown", "The device is not enrolled.");
	if (ret)
		return failed(ret_refusal, ret);
	if (!check_mac(call->server, &call->device, rq, &claim, ret_refusal))
		return false;
	text_hex(call->device.id, sizeof(call->device.id), id);
	cask_http_set_who(rq, id);
	if (!check_enabled(&call->device, ret_refusal))
		return false;
	return spend_nonce(call->db, &claim.params, ret_refusal);
}
