// SPDX-License-Identifier: GPL-2.0
/*
 * api_content.c - GET /v1/catalogue, /v1/contents/CID/terms, and GET and HEAD of /v1/contents/CID: the
 * server's, passed through.
 *
 * A local client goes whenever it wants; the reply's end closes the stream, and
 * with it the connection to the server.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "json.h"
#include "stream.h"
#include "text.h"

/**
 * api_catalogue() - GET /v1/catalogue
 * @rq: from anyone
 *
 * Return: 200, or a problem of server or module.
 */
struct cask_reply *api_catalogue(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_free_ uint8_t *text = NULL;
	struct request_place place;
	struct problem p = { 0 };
	size_t size;

	if (api_distributor(cask_http_query(rq, "issuer"), &d, &p) ||
	    distributor_place(d, &place, &p) || server_catalogue(&place, &text, &size, &p))
		return problem_reply(&p);
	return cask_reply_header(cask_reply_bytes(200, "application/json", text, size),
				 "Cache-Control", "no-store");
}

static int read_content(struct cask_http_request *rq, uint8_t ret_id[CASK_ID_SIZE], struct problem *p)
{
	if (text_from_hex(cask_http_param(rq, 0), ret_id, CASK_ID_SIZE))
		return problem_set(p, 400, "bad-request", "a content id is 32 hex digits");
	return 0;
}

/**
 * api_content_terms() - GET /v1/contents/CID/terms
 * @rq: from anyone
 *
 * Return: 200, or a problem of server or module.
 */
struct cask_reply *api_content_terms(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_free_ uint8_t *text = NULL;
	uint8_t content_id[CASK_ID_SIZE];
	struct request_place place;
	struct problem p = { 0 };
	size_t size;

	if (read_content(rq, content_id, &p) ||
	    api_distributor(cask_http_query(rq, "issuer"), &d, &p) ||
	    distributor_place(d, &place, &p) ||
	    server_terms(&place, "contents", content_id, &text, &size, &p))
		return problem_reply(&p);
	return cask_reply_header(cask_reply_bytes(200, "application/json", text, size),
				 "Cache-Control", "no-store");
}

static ssize_t pass(void *context, uint64_t position, char *buffer, size_t max)
{
	ssize_t n = stream_read(context, buffer, max);

	return n > 0 ? n : n ? CASK_REPLY_ABORT : CASK_REPLY_END;
}

static void end(void *context, uint64_t bytes)
{
	stream_close(context);
}

static struct cask_reply *add_field(struct cask_reply *reply, const char *name,
				    const char *value)
{
	return value[0] ? cask_reply_header(reply, name, value) : reply;
}

static int open_stream(struct cask_http_request *rq, struct stream **ret_stream,
		       struct stream_header *ret_header, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)], path[REQUEST_PATH_MAX];
	struct stream_ask ask = {
		.path = path, .type = STREAM_TYPE,
		.head = !strcmp(cask_http_method(rq), "HEAD"),
		.range = cask_http_header(rq, "Range"),
		.if_range = cask_http_header(rq, "If-Range"),
	};
	uint8_t content_id[CASK_ID_SIZE];
	struct request_place place;

	if (read_content(rq, content_id, p))
		return -1;
	text_hex(content_id, sizeof(content_id), id);
	snprintf(path, sizeof(path), "/v1/contents/%s", id);
	if (api_distributor(cask_http_query(rq, "issuer"), &d, p) ||
	    distributor_place(d, &place, p))
		return -1;
	return stream_open(&place, &ask, ret_stream, ret_header, p);
}

/**
 * api_content() - GET and HEAD of /v1/contents/CID
 * @rq: from anyone
 *
 * Return: 200 or 206, or a problem of server or module.
 */
struct cask_reply *api_content(struct cask_http_request *rq)
{
	struct cask_reply_source source = { .read = pass, .done = end };
	struct stream_header header;
	struct problem p = { 0 };
	struct cask_reply *reply;
	struct stream *stream;

	if (open_stream(rq, &stream, &header, &p))
		return problem_reply(&p);
	source.context = stream;
	reply = cask_reply_stream(header.status, STREAM_TYPE, header.size, &source);
	reply = add_field(reply, "ETag", header.etag);
	reply = add_field(reply, "Content-Range", header.content_range);
	return add_field(reply, "Accept-Ranges", header.accept_ranges);
}
