// SPDX-License-Identifier: GPL-2.0
/*
 * api_medium.c - POST /v1/classes, POST and DELETE of /v1/media/NUMBER/licenses.
 */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "json.h"
#include "media.h"
#include "text.h"

#define STATEMENT_TYPE	"application/cose; cose-type=\"cose-sign1\""

static int wrong_issuer(struct problem *p)
{
	return problem_set(p, 400, "bad-request", "an issuer is 64 hex digits");
}

/* Borrowed from @body; NULL when it is not there. */
static int read_issuer(const json_t *body, const char **ret, struct problem *p)
{
	int err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, ret);

	return err && err != -ENOENT ? wrong_issuer(p) : 0;
}

static int get_class(struct cask_http_request *rq, struct acquired *ret, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_json_ json_t *body = NULL;
	uint8_t class_id[CASK_ID_SIZE];
	const char *issuer = NULL;
	uint32_t uid;

	if (api_caller(rq, &uid, p) || api_body(rq, &body, p) || read_issuer(body, &issuer, p))
		return -1;
	if (cask_json_hex(body, "class_id", class_id, sizeof(class_id)))
		return problem_set(p, 400, "bad-request", "\"class_id\" is 32 hex digits");
	if (api_distributor(issuer, &d, p))
		return -1;
	return acquire_class(d, class_id, uid, ret, p);
}

/**
 * api_class_new() - POST /v1/classes
 * @rq: from anyone: it is for the machine, and opens no content
 *
 * Return: 201, or a problem of caller, server, module or disk.
 */
struct cask_reply *api_class_new(struct cask_http_request *rq)
{
	struct acquired got = { 0 };
	struct problem p = { 0 };

	if (get_class(rq, &got, &p))
		return problem_reply(&p);
	return cask_reply_json(201, api_license_json(&got.license));
}

static int read_number(struct cask_http_request *rq, struct media_wish *wish, struct problem *p)
{
	if (api_caller(rq, &wish->owner, p))
		return -1;
	if (text_from_hex(cask_http_param(rq, 0), wish->number, sizeof(wish->number)))
		return problem_set(p, 400, "bad-request", "a medium's number is 32 hex digits");
	return 0;
}

static int read_wish(const json_t *body, struct media_wish *wish, struct problem *p)
{
	const json_t *locked = json_object_get(body, "locked");

	if (cask_json_hex(body, "content_id", wish->content_id, sizeof(wish->content_id)))
		return problem_set(p, 400, "bad-request", "\"content_id\" is 32 hex digits");
	if (cask_json_hex(body, "class_id", wish->class_id, sizeof(wish->class_id)))
		return problem_set(p, 400, "bad-request", "\"class_id\" is 32 hex digits");
	if (cask_json_hex(body, "class_issuer", wish->class_issuer, sizeof(wish->class_issuer)))
		return problem_set(p, 400, "bad-request", "\"class_issuer\" is 64 hex digits");
	if (locked && !json_is_boolean(locked))
		return problem_set(p, 400, "bad-request", "\"locked\" is true or false");
	wish->locked = json_is_true(locked);
	return 0;
}

static int get_license(struct cask_http_request *rq, uint8_t **ret_statement, size_t *ret_size,
		       struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_json_ json_t *body = NULL;
	struct media_wish wish = { 0 };
	const char *issuer = NULL;

	if (read_number(rq, &wish, p) || api_body(rq, &body, p) || read_issuer(body, &issuer, p) ||
	    read_wish(body, &wish, p) || api_price(rq, body, wish.owner, &wish.price, p) ||
	    api_distributor(issuer, &d, p))
		return -1;
	memcpy(wish.issuer, d->bundle.issuer, sizeof(wish.issuer));
	return media_license(d, &wish, ret_statement, ret_size, p);
}

/**
 * api_medium_license_new() - POST /v1/media/NUMBER/licenses
 * @rq: from anyone
 *
 * Return: 201 with the statement, or a problem of caller, server, module or disk.
 */
struct cask_reply *api_medium_license_new(struct cask_http_request *rq)
{
	_cleanup_free_ uint8_t *statement = NULL;
	struct problem p = { 0 };
	size_t size;

	if (get_license(rq, &statement, &size, &p))
		return problem_reply(&p);
	return cask_reply_bytes(201, STATEMENT_TYPE, statement, size);
}

static int done(struct cask_http_request *rq, struct problem *p)
{
	const char *locked = cask_http_query(rq, "locked");
	_cleanup_distributor_ struct distributor *d = NULL;
	struct media_wish wish = { 0 };

	if (read_number(rq, &wish, p))
		return -1;
	if (text_from_hex(cask_http_param(rq, 1), wish.content_id, sizeof(wish.content_id)))
		return problem_set(p, 400, "bad-request", "a content id is 32 hex digits");
	if (locked && strcmp(locked, "true") && strcmp(locked, "false"))
		return problem_set(p, 400, "bad-request", "\"locked\" is true or false");
	wish.locked = locked && !strcmp(locked, "true");
	if (api_distributor(cask_http_query(rq, "issuer"), &d, p))
		return -1;
	memcpy(wish.issuer, d->bundle.issuer, sizeof(wish.issuer));
	return media_license_done(&wish, p);
}

/**
 * api_medium_license_done() - DELETE /v1/media/NUMBER/licenses/CID
 * @rq: from who asked for it
 *
 * Return: 204 or a problem.
 */
struct cask_reply *api_medium_license_done(struct cask_http_request *rq)
{
	struct problem p = { 0 };

	return done(rq, &p) ? problem_reply(&p) : cask_reply_empty(204);
}
