// SPDX-License-Identifier: GPL-2.0
/*
 * api_reanchor.c - POST /v1/reanchors: have a distributor's records begin anew after a loss.
 */
#include "api.h"
#include "reanchor.h"

static int handle(struct cask_http_request *rq, struct distributor **ret, struct problem *p)
{
	uint32_t uid;

	if (api_caller(rq, &uid, p))
		return -1;
	if (uid)
		return problem_set(p, 403, "forbidden", "only root re-anchors the device");
	return api_body_distributor(rq, ret, p) ?: reanchor_distributor(*ret, p);
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
	return api_distributor_reply(d);
}
