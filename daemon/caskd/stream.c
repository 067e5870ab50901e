// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - a content on its way through, from the server to a local client; or an EKB, to the
 * disk (download.c).
 *
 * The client's thread drives the transfer whenever it wants bytes, so nothing
 * runs ahead: what arrives while the buffer is not empty pauses the transfer,
 * and closing the stream ends it. Only HTTP/1.1, since HTTP/2 would buffer
 * megabytes behind a pause.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "stream.h"

#define BUFFER_SIZE	65536L
/* The server is given up when nothing comes for so long while somebody waits. */
#define STALL_SECONDS	30
#define POLL_MS		1000

/**
 * struct stream - a transfer and what of it has not been read
 * @multi: drives @easy
 * @easy: the transfer
 * @fields: its header fields
 * @error: words of curl
 * @buffer: bytes that arrived; a problem's body when the server refuses
 * @size: of them
 * @taken: bytes of @buffer that were read
 * @headers: all header fields are there
 * @paused: the transfer waits until the buffer is empty
 * @done: the transfer has ended
 * @result: of it
 * @until: as it was asked for
 */
struct stream {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *fields;
	char error[CURL_ERROR_SIZE];
	uint8_t buffer[BUFFER_SIZE];
	size_t size;
	size_t taken;
	bool headers;
	bool paused;
	bool done;
	CURLcode result;
	int64_t until;
};

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
	struct stream *s = context;

	if (size > sizeof(s->buffer) - s->size) {
		/* It comes again, whole, when there is room. */
		s->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	memcpy(s->buffer + s->size, data, size);
	s->size += size;
	return size;
}

static size_t take_field(char *data, size_t one, size_t size, void *context)
{
	struct stream *s = context;
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && size <= 2 && data[0] != ' ')
		s->headers = true;
	return size;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Whether the server is given up, for which somebody has waited since @began. */
static bool is_late(const struct stream *s, int64_t began)
{
	return now() - began > STALL_SECONDS || (s->until && now() >= s->until);
}

static void look_for_end(struct stream *s)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(s->multi, &left)))
		if (message->msg == CURLMSG_DONE) {
			s->done = true;
			s->result = message->data.result;
		}
}

static void fail(struct stream *s, CURLcode code)
{
	s->done = true;
	s->result = code;
}

/* Runs until there are bytes, or the header if that is all one waits for, or the end. */
static void drive(struct stream *s, bool header)
{
	int64_t began = now();
	int running;

	while (!s->done && s->taken == s->size && !(header && s->headers)) {
		s->taken = s->size = 0;
		if (s->paused) {
			s->paused = false;
			if (curl_easy_pause(s->easy, CURLPAUSE_CONT))
				fail(s, CURLE_RECV_ERROR);
		}
		if (curl_multi_perform(s->multi, &running)) {
			fail(s, CURLE_RECV_ERROR);
			return;
		}
		look_for_end(s);
		if (s->done || s->size || s->paused || (header && s->headers))
			continue;
		if (is_late(s, began)) {
			fail(s, CURLE_OPERATION_TIMEDOUT);
			return;
		}
		if (curl_multi_poll(s->multi, NULL, 0, POLL_MS, NULL))
			fail(s, CURLE_RECV_ERROR);
	}
}

static int set_up(struct stream *s)
{
	s->multi = curl_multi_init();
	return !s->multi ||
	       curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ||
	       curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE / 2) ||
	       curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->error) ||
	       curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_body) ||
	       curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s) ||
	       curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, take_field) ||
	       curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s) ||
	       curl_multi_add_handle(s->multi, s->easy);
}

static void get_field(struct stream *s, const char *name, char out[STREAM_FIELD_MAX + 1])
{
	struct curl_header *field;

	out[0] = 0;
	if (!curl_easy_header(s->easy, name, 0, CURLH_HEADER, -1, &field) &&
	    strlen(field->value) <= STREAM_FIELD_MAX)
		strcpy(out, field->value);
}

static int read_header(struct stream *s, const char *type, struct stream_header *ret_header,
		       struct problem *p)
{
	struct stream_header *h = ret_header;
	curl_off_t size = -1;

	curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
	if (!request_is_type(s->easy, type))
		return problem_set(p, 502, "server-answer",
				   "the server answered with another media type");
	/* Without it nobody could tell a part from the whole. */
	if (size < 0)
		return problem_set(p, 502, "server-answer",
				   "the server does not say how long it is");
	h->size = size;
	get_field(s, "ETag", h->etag);
	get_field(s, "Content-Range", h->content_range);
	get_field(s, "Accept-Ranges", h->accept_ranges);
	return 0;
}

/* The refusal's body is short; what does not fit into the buffer is not read. */
static void read_problem(struct stream *s, long status, int64_t *ret_time, struct problem *p)
{
	int64_t began = now();
	int running;

	while (!s->done && !s->paused && !is_late(s, began) &&
	       !curl_multi_perform(s->multi, &running)) {
		look_for_end(s);
		if (!s->done)
			curl_multi_poll(s->multi, NULL, 0, POLL_MS, NULL);
	}
	request_refused(status, s->buffer, s->size, ret_time, p);
}

/* Why HEAD failed stands in no body; the statuses of contents say enough. */
static void name_head(long status, struct problem *p)
{
	if (status == 404)
		problem_set(p, 404, "content-unknown", "the server does not have this content");
	else if (status == 401)
		problem_set(p, 401, "signature-rejected", "the server refuses our signature");
}

/**
 * stream_problem() - say why the server stopped short
 * @s: for which stream_read() said so
 * @p: filled in
 */
void stream_problem(const struct stream *s, struct problem *p)
{
	request_transport(s->result, s->error, p);
}

enum outcome { OPEN, FAILED, RESYNC };

static enum outcome begin(struct stream *s, const struct request_place *place,
			  const struct request *rq, struct stream_header *ret_header,
			  struct problem *p)
{
	int64_t server_time;
	long status = 0;

	if (request_easy(place, rq, &s->easy, &s->fields, p))
		return FAILED;
	if (set_up(s)) {
		problem_set(p, 500, "internal-error", "setting up the transfer failed");
		return FAILED;
	}
	drive(s, true);
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	ret_header->status = status;
	/* What came before the end is worth having, even if that was too early. */
	if (s->done && s->result && !(s->size && (status == 200 || status == 206))) {
		stream_problem(s, p);
		return FAILED;
	}
	if (status == 200 || status == 206)
		return read_header(s, rq->expect, ret_header, p) ? FAILED : OPEN;
	read_problem(s, status, &server_time, p);
	if (!strcmp(rq->method, "HEAD"))
		name_head(status, p);
	return request_resync(place, server_time, p) ? RESYNC : FAILED;
}

/**
 * stream_close() - stop the transfer and free it
 * @s: may be NULL
 */
void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->multi && s->easy)
		curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	if (s->multi)
		curl_multi_cleanup(s->multi);
	curl_slist_free_all(s->fields);
	free(s);
}

static enum outcome try_open(const struct request_place *place, const struct request *rq, int64_t until,
			     struct stream **ret_stream, struct stream_header *ret_header,
			     struct problem *p)
{
	struct stream *s = calloc(1, sizeof(*s));
	enum outcome outcome;

	if (!s) {
		problem_set(p, 500, "internal-error", "out of memory");
		return FAILED;
	}
	s->until = until;
	outcome = begin(s, place, rq, ret_header, p);
	if (outcome == OPEN)
		*ret_stream = s;
	else
		stream_close(s);
	return outcome;
}

/* Why the server does not know us stands in no body of HEAD's: GET's sets our clock. */
static enum outcome learn_why(const struct request_place *place, const struct request *head,
			      struct stream_header *header, struct problem *p)
{
	struct request get = *head;
	struct stream *s;
	enum outcome outcome;

	get.method = "GET";
	outcome = try_open(place, &get, 0, &s, header, p);
	if (outcome != OPEN)
		return outcome;
	stream_close(s);
	return RESYNC;
}

/**
 * stream_open() - GET or HEAD what may be long
 * @place: signed
 * @ask: what
 * @ret_stream: to be read and closed; for HEAD there is nothing to read
 * @ret_header: what the server says about it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int stream_open(const struct request_place *place, const struct stream_ask *ask,
		struct stream **ret_stream, struct stream_header *ret_header, struct problem *p)
{
	struct request rq = {
		.method = ask->head ? "HEAD" : "GET", .path = ask->path, .expect = ask->type,
		.range = ask->range, .if_range = ask->if_range,
	};
	enum outcome outcome;

	outcome = try_open(place, &rq, ask->until, ret_stream, ret_header, p);
	if (outcome == FAILED && ask->head && p->status == 401)
		outcome = learn_why(place, &rq, ret_header, p);
	if (outcome == RESYNC)
		outcome = try_open(place, &rq, ask->until, ret_stream, ret_header, p);
	return outcome == OPEN ? 0 : -1;
}

/**
 * stream_read() - take bytes, waiting for them if need be
 * @s: open
 * @buffer: where
 * @max: bytes of @buffer
 *
 * Return: how many; 0 at the end; -EIO when the server stopped short.
 */
ssize_t stream_read(struct stream *s, char *buffer, size_t max)
{
	size_t n;

	drive(s, false);
	n = s->size - s->taken;
	if (!n)
		return s->result ? -EIO : 0;
	if (n > max)
		n = max;
	memcpy(buffer, s->buffer + s->taken, n);
	s->taken += n;
	return n;
}
