// SPDX-License-Identifier: GPL-2.0
/*
 * reply.c - what an HTTP handler answers: JSON, problems, bytes, streams.
 * Files with ranges are in reply_file.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "http_internal.h"
#include "json.h"
#include "reply.h"

#define DETAIL_MAX 512

struct stream {
	struct cask_reply_source source;
	_Atomic uint64_t bytes;
};

static struct cask_reply *wrap(unsigned int status, struct MHD_Response *response, uint64_t size)
{
	struct cask_reply *reply;

	if (!response)
		return NULL;
	reply = calloc(1, sizeof(*reply));
	if (!reply) {
		MHD_destroy_response(response);
		return NULL;
	}
	reply->response = response;
	reply->status = status;
	reply->size = size;
	return reply;
}

/**
 * cask_reply_drop() - free a reply that is not returned to the server
 * @reply: may be NULL
 */
void cask_reply_drop(struct cask_reply *reply)
{
	if (!reply)
		return;
	MHD_destroy_response(reply->response);
	free(reply);
}

/**
 * cask_reply_status() - what was decided
 * @reply: may be NULL
 *
 * Return: the HTTP status; 500 for NULL, which becomes one.
 */
unsigned int cask_reply_status(const struct cask_reply *reply)
{
	return reply ? reply->status : 500;
}

/**
 * cask_reply_header() - add a header
 * @reply: may be NULL
 * @name: of the header
 * @value: without control characters
 *
 * Return: @reply, or NULL (and @reply is gone) when it could not be added.
 */
struct cask_reply *cask_reply_header(struct cask_reply *reply, const char *name,
				     const char *value)
{
	if (!reply)
		return NULL;
	if (MHD_add_response_header(reply->response, name, value) == MHD_YES)
		return reply;
	cask_reply_drop(reply);
	return NULL;
}

/**
 * cask_reply_empty() - no body
 * @status: HTTP status
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_empty(unsigned int status)
{
	return wrap(status, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT), 0);
}

/**
 * cask_reply_bytes() - a body from memory
 * @status: HTTP status
 * @type: media type, or NULL for none
 * @data: copied
 * @size: bytes of @data
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_bytes(unsigned int status, const char *type, const void *data,
				    size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)data, MHD_RESPMEM_MUST_COPY);
	struct cask_reply *reply = wrap(status, response, size);

	return type ? cask_reply_header(reply, "Content-Type", type) : reply;
}

/* What an API answers is for this request; no cache may give it to another. */
static struct cask_reply *dump(unsigned int status, const char *type, const json_t *json)
{
	_cleanup_free_ char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text)
		return NULL;
	return cask_reply_header(cask_reply_bytes(status, type, text, strlen(text)),
				 "Cache-Control", "no-store");
}

/**
 * cask_reply_json() - a JSON document
 * @status: HTTP status
 * @json: the reference is taken over; NULL (it could not be made) gives NULL
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_json(unsigned int status, json_t *json)
{
	_cleanup_json_ json_t *owned = json;

	return dump(status, "application/json", owned);
}

static struct cask_reply *problem(unsigned int status, const char *code, json_t *members,
				  const char *detail)
{
	_cleanup_json_ json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s}",
						"type", "about:blank",
						"title", MHD_get_reason_phrase_for(status),
						"status", status, "detail", detail, "code", code);

	if (!json || (members && json_object_update_missing(json, members)))
		return NULL;
	return dump(status, "application/problem+json", json);
}

/**
 * cask_reply_problem() - an error as RFC 9457 has it
 * @status: HTTP status
 * @code: what programs look at, from Documentation/protocol.rst
 * @format: a sentence for people
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_problem(unsigned int status, const char *code,
				      const char *format, ...)
{
	char detail[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	return problem(status, code, NULL, detail);
}

/**
 * cask_reply_problem_with() - an error with further members
 * @status: HTTP status
 * @code: what programs look at
 * @members: an object; the reference is taken over
 * @format: a sentence for people
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
{
	_cleanup_json_ json_t *owned = members;
	char detail[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	return problem(status, code, owned, detail);
}

static ssize_t stream_read(void *cls, uint64_t position, char *buffer, size_t max)
{
	struct stream *s = cls;
	ssize_t n = s->source.read(s->source.context, position, buffer, max);

	if (n == CASK_REPLY_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n <= 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	s->bytes += n;
	return n;
}

static void stream_free(void *cls)
{
	struct stream *s = cls;

	if (s->source.done)
		s->source.done(s->source.context, s->bytes);
	free(s);
}

/**
 * cask_reply_stream() - a body that is read while it is sent
 * @status: HTTP status
 * @type: media type, or NULL for none
 * @size: bytes there will be, or CASK_REPLY_SIZE_UNKNOWN (sent in chunks)
 * @source: copied; its done() is called in every case, also when this fails
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *cask_reply_stream(unsigned int status, const char *type, uint64_t size,
				     const struct cask_reply_source *source)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct MHD_Response *response;
	struct cask_reply *reply;

	if (!s) {
		if (source->done)
			source->done(source->context, 0);
		return NULL;
	}
	s->source = *source;
	response = MHD_create_response_from_callback(size, CASK_REPLY_BLOCK_SIZE, stream_read, s,
						     stream_free);
	if (!response) {
		stream_free(s);
		return NULL;
	}
	reply = wrap(status, response, size);
	if (reply)
		reply->read = &s->bytes;
	return reply && type ? cask_reply_header(reply, "Content-Type", type) : reply;
}
