// SPDX-License-Identifier: GPL-2.0
/*
 * api_password.c - POST /v1/passwords: change a user's password at a distributor.
 *
 * It passes through, and nothing of it stays.
 */
#include <errno.h>

#include "api.h"
#include "json.h"

static int change(struct cask_http_request *rq, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_json_ json_t *body = NULL;
	struct request_place place;
	const char *user, *old, *fresh, *issuer = NULL;
	int err;

	if (api_body(rq, &body, p))
		return -1;
	err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, &issuer);
	if ((err && err != -ENOENT) || cask_json_string(body, "user", SERVER_USER_MAX, &user) ||
	    cask_json_string(body, "old", SERVER_PASSWORD_MAX, &old) ||
	    cask_json_string(body, "new", SERVER_PASSWORD_MAX, &fresh))
		return problem_set(p, 400, "bad-request", "\"user\", \"old\" and \"new\" are wanted");
	if (api_distributor(issuer, &d, p) || distributor_place(d, &place, p))
		return -1;
	return server_password(&place, user, old, fresh, p);
}

/**
 * api_password() - POST /v1/passwords
 * @rq: from anyone
 *
 * Return: 204, or a problem of caller, module or server.
 */
struct cask_reply *api_password(struct cask_http_request *rq)
{
	struct problem p = { 0 };

	return change(rq, &p) ? problem_reply(&p) : cask_reply_empty(204);
}
