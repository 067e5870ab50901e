// SPDX-License-Identifier: GPL-2.0
/*
 * api_reanchor.c - POST /v1/reanchors: have a distributor's records begin anew after a loss.
 */
#include <errno.h>

#include "api.h"
#include "json.h"
#include "reanchor.h"

static int handle(struct cask_http_request *rq, struct distributor **ret, struct problem *p)
{
	_cleanup_json_ json_t *body = NULL;
	const char *issuer = NULL;
	uint32_t uid;
	int err;

	if (api_caller(rq, &uid, p))
		return -1;
	if (uid)
		return problem_set(p, 403, "forbidden", "only root re-anchors the device");
	if (api_body(rq, &body, p))
		return -1;
	err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, &issuer);
	if (err && err != -ENOENT)
		return problem_set(p, 400, "bad-request", "\"issuer\" is 64 hex digits");
	if (api_distributor(issuer, ret, p))
		return -1;
	return reanchor_distributor(*ret, p);
}

/**
 * api_reanchor() - POST /v1/reanchors
 * @rq: from root
 *
 * Return: 200, or a problem of caller, module or server.
 */
struct cask_reply *api_reanchor(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	struct problem p = { 0 };

	if (handle(rq, &d, &p))
		return problem_reply(&p);
	return cask_reply_json(200, json_pack("{so ss}", "issuer",
					      cask_json_new_hex(d->bundle.issuer, CASK_KID_SIZE),
					      "name", d->bundle.name));
}
