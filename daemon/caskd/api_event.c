// SPDX-License-Identifier: GPL-2.0
/*
 * api_event.c - GET /v1/events: what happened to licenses, a line of JSON each.
 */
#include <string.h>

#include "api.h"
#include "events.h"

static ssize_t pass(void *context, uint64_t position, char *buffer, size_t max)
{
	ssize_t n = events_read(context, buffer, max);

	return n ? n : CASK_REPLY_END;
}

static void end(void *context, uint64_t bytes)
{
	events_close(context);
}

/**
 * api_events() - GET /v1/events
 * @rq: from anyone, who sees what concerns one's own licenses and the machine's
 *
 * Return: 200, or a problem of the caller.
 */
struct cask_reply *api_events(struct cask_http_request *rq)
{
	const char *follow = cask_http_query(rq, "follow");
	struct cask_reply_source source = { .read = pass, .done = end };
	struct problem p = { 0 };
	uint32_t uid;

	if (follow && strcmp(follow, "true") && strcmp(follow, "false"))
		problem_set(&p, 400, "bad-request", "\"follow\" is true or false");
	if (p.status || api_caller(rq, &uid, &p))
		return problem_reply(&p);
	source.context = events_open(uid, follow && !strcmp(follow, "true"));
	if (!source.context)
		return NULL;
	return cask_reply_header(cask_reply_stream(200, "application/x-ndjson",
						   CASK_REPLY_SIZE_UNKNOWN, &source),
				 "Cache-Control", "no-store");
}
