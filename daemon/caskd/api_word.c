// SPDX-License-Identifier: GPL-2.0
/*
 * api_word.c - POST /v1/words: hear from a distributor, when a license was opened as often as it
 * may be without its word, or the key in a header wants a later EKB.
 */
#include <errno.h>

#include "api.h"
#include "json.h"
#include "word.h"

static int handle(struct cask_http_request *rq, struct distributor **ret, struct problem *p)
{
	_cleanup_json_ json_t *body = NULL;
	const char *issuer = NULL;
	int err;

	if (api_body(rq, &body, p))
		return -1;
	err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, &issuer);
	if (err && err != -ENOENT)
		return problem_set(p, 400, "bad-request", "\"issuer\" is 64 hex digits");
	return api_distributor(issuer, ret, p) ? -1 : word_hear(*ret, p);
}

/**
 * api_word() - POST /v1/words
 * @rq: from anyone
 *
 * Return: 200, or a problem of module or server.
 */
struct cask_reply *api_word(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	struct problem p = { 0 };

	if (handle(rq, &d, &p))
		return problem_reply(&p);
	return cask_reply_json(200, json_pack("{so ss}", "issuer",
					      cask_json_new_hex(d->bundle.issuer, CASK_KID_SIZE),
					      "name", d->bundle.name));
}
