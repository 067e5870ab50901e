// SPDX-License-Identifier: GPL-2.0
/*
 * api.c - the table of what the tools may ask, and what its handlers share.
 */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "json.h"
#include "payer.h"
#include "store.h"
#include "text.h"

/* Newlines double in JSON. */
#define REGISTRATION_MAX	((REQUEST_CA_MAX + SERVER_CERTIFICATE_MAX) * 2 + INFORMATION_MAX + 4096)
#define INFORMATION_MAX		16384
#define LICENSE_MAX		4096
#define PASSWORD_MAX		4096
#define REANCHOR_MAX		1024
#define PRICE_MAX		1000000000000	/* Documentation/protocol.rst */

const struct cask_http_route api_routes[] = {
	{ "GET", "/v1/status", api_status, 0 },
	{ "POST", "/v1/registrations", api_register, REGISTRATION_MAX },
	{ "POST", "/v1/passwords", api_password, PASSWORD_MAX },
	{ "POST", "/v1/reanchors", api_reanchor, REANCHOR_MAX },
	{ "POST", "/v1/words", api_word, REANCHOR_MAX },
	{ "GET", "/v1/catalogue", api_catalogue, 0 },
	{ "GET", "/v1/contents/{cid}", api_content, 0 },
	{ "GET", "/v1/contents/{cid}/terms", api_content_terms, 0 },
	{ "POST", "/v1/licenses", api_license_new, LICENSE_MAX },
	{ "GET", "/v1/events", api_events, 0 },
	{ "GET", "/v1/licenses", api_license_list, 0 },
	{ "GET", "/v1/licenses/{lid}", api_license_show, 0 },
	{ "DELETE", "/v1/licenses/{lid}", api_license_remove, 0 },
	{ "GET", "/v1/licenses/{lid}/terms", api_license_terms, 0 },
	{ "POST", "/v1/licenses/{lid}/renewals", api_license_renew, LICENSE_MAX },
	{ "POST", "/v1/classes", api_class_new, LICENSE_MAX },
	{ "POST", "/v1/media/{number}/licenses", api_medium_license_new, LICENSE_MAX },
	{ "DELETE", "/v1/media/{number}/licenses/{cid}", api_medium_license_done, 0 },
};
const size_t api_route_count = ARRAY_SIZE(api_routes);

/**
 * api_no_memory() - the problem that is not the caller's
 * @p: filled in
 *
 * Return: -1.
 */
int api_no_memory(struct problem *p)
{
	return problem_set(p, 500, "internal-error", "out of memory");
}

/**
 * api_caller() - who asks
 * @rq: the request
 * @ret_uid: effective uid when it connected
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int api_caller(struct cask_http_request *rq, uint32_t *ret_uid, struct problem *p)
{
	struct ucred caller;

	if (cask_http_peer(rq, &caller))
		return problem_set(p, 403, "forbidden", "caskd cannot tell who asks");
	*ret_uid = caller.uid;
	return 0;
}

/**
 * api_issuer() - read the name of a distributor
 * @text: hex
 * @ret_issuer: the bytes
 * @p: code bad-request
 *
 * Return: 0 or -1.
 */
int api_issuer(const char *text, uint8_t ret_issuer[CASK_KID_SIZE], struct problem *p)
{
	if (text_from_hex(text, ret_issuer, CASK_KID_SIZE))
		return problem_set(p, 400, "bad-request", "an issuer is 64 hex digits");
	return 0;
}

static int only_distributor(struct distributor **ret, struct problem *p)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	size_t count = 0;

	store_list_distributors(list, &count);
	if (count == 1) {
		*ret = list[0];
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		distributor_unref(list[i]);
	if (!count)
		return problem_set(p, 409, "not-registered",
				   "this device is not registered with a distributor");
	return problem_set(p, 409, "issuer-ambiguous",
			   "there are %zu distributors: say which", count);
}

/**
 * api_distributor() - the distributor that a request is about
 * @issuer: hex, or NULL for the only one
 * @ret: a reference
 * @p: issuer-ambiguous, issuer-unknown, not-registered, bad-request
 *
 * Return: 0 or -1.
 */
int api_distributor(const char *issuer, struct distributor **ret, struct problem *p)
{
	uint8_t id[CASK_KID_SIZE];

	if (!issuer)
		return only_distributor(ret, p);
	if (api_issuer(issuer, id, p))
		return -1;
	if (store_get_distributor(id, ret))
		return problem_set(p, 404, "issuer-unknown",
				   "this device is not registered with that distributor");
	return 0;
}

/**
 * api_body() - the JSON object of a request
 * @rq: the request
 * @ret: the caller drops it
 * @p: code bad-request
 *
 * Return: 0 or -1.
 */
int api_body(struct cask_http_request *rq, json_t **ret, struct problem *p)
{
	const uint8_t *body;
	size_t size;

	body = cask_http_body(rq, &size);
	if (cask_json_parse(body ? body : (uint8_t *)"", size, ret))
		return problem_set(p, 400, "bad-request", "the body is not a JSON object");
	return 0;
}

/**
 * api_body_distributor() - the distributor that the body of a request names, or the only one
 * @rq: the request
 * @ret: held
 * @p: code bad-request, or api_distributor()'s
 *
 * Return: 0 or -1.
 */
int api_body_distributor(struct cask_http_request *rq, struct distributor **ret, struct problem *p)
{
	_cleanup_json_ json_t *body = NULL;
	const char *issuer = NULL;
	int err;

	if (api_body(rq, &body, p))
		return -1;
	err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, &issuer);
	if (err && err != -ENOENT)
		return problem_set(p, 400, "bad-request", "\"issuer\" is 64 hex digits");
	return api_distributor(issuer, ret, p);
}

/**
 * api_distributor_reply() - which distributor it was
 * @d: that something was done with
 *
 * Return: 200.
 */
struct cask_reply *api_distributor_reply(const struct distributor *d)
{
	return cask_reply_json(200, json_pack("{so ss}", "issuer",
					      cask_json_new_hex(d->bundle.issuer, CASK_KID_SIZE),
					      "name", d->bundle.name));
}

/**
 * api_price() - the price that a request agrees to
 * @rq: the request
 * @body: of it
 * @uid: who asks
 * @ret_price: hundredths; left alone if none is said
 * @p: bad-request, or forbidden when it is not theirs to agree to
 *
 * Return: 0 or -1.
 */
int api_price(const struct cask_http_request *rq, const json_t *body, uint32_t uid,
	      uint64_t *ret_price, struct problem *p)
{
	int err = cask_json_u64(body, "price", ret_price);

	if ((err && err != -ENOENT) || *ret_price > PRICE_MAX)
		return problem_set(p, 400, "bad-request", "\"price\" is an amount in hundredths");
	if (*ret_price && !payer_is(rq, uid))
		return problem_set(p, 403, "forbidden", "only who may use " PAYER_DEVICE " agrees to a price");
	return 0;
}
