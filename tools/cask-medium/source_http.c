// SPDX-License-Identifier: GPL-2.0
/*
 * source_http.c - record from HTTP. Where the server tags what it sends, an interrupted
 * recording goes on; from others (a live stream) it begins anew.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "recording.h"

#define TRIES		3
#define STALL_SECONDS	60L

/**
 * struct transfer - a request
 * @r: what it is for
 * @easy: of curl
 * @tag: what the piece is of, if a range was asked for, else ""
 * @begun: the answer's header has been judged
 * @failed: @r->error says why it was broken off on our side
 * @status: of HTTP
 */
struct transfer {
	struct recording *r;
	CURL *easy;
	char tag[PIECE_TAG_MAX + 1];
	bool begun;
	bool failed;
	long status;
};

/* Borrowed from curl; "" if there is none. */
static const char *field_of(const struct transfer *t, const char *name)
{
	struct curl_header *field;

	return curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &field) ? "" : field->value;
}

static int begin_rest(struct transfer *t)
{
	uint64_t first;

	if (!t->tag[0] || sscanf(field_of(t, "Content-Range"), "bytes %" SCNu64 "-", &first) != 1 ||
	    first != t->r->done)
		return cask_error_set(t->r->error, "server-answer",
				      "the server answered with another range");
	return cask_piece_cut(&t->r->piece, first, t->r->error) ? -1 : recording_grown(t->r);
}

static int begin(struct transfer *t)
{
	const char *tag = field_of(t, "ETag");

	t->begun = true;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
	if (t->status == 206)
		return begin_rest(t);
	if (t->status != 200)
		return cask_error_set(t->r->error, "server-answer",
				      "the server answered with status %ld", t->status);
	t->r->done = t->r->size = 0;
	return cask_piece_begin(&t->r->piece, cask_piece_is_tag(tag) ? tag : "", t->r->error);
}

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct transfer *t = context;

	if (!t->begun)
		t->failed = begin(t);
	if (!t->failed)
		t->failed = recording_append(t->r, data, size);
	/* The content may end before the stream does. */
	return t->failed || recording_whole(t->r) ? 0 : size;
}

/* Goes on where the piece ends, if it can be known what it is a piece of. */
static struct curl_slist *fields_of(struct transfer *t)
{
	char range[64], if_range[PIECE_TAG_MAX + 16];
	struct curl_slist *one, *two;

	t->r->done = cask_piece_size(&t->r->piece);
	cask_piece_tag(&t->r->piece, t->tag);
	snprintf(range, sizeof(range), "Range: bytes=%" PRIu64 "-", t->r->done);
	snprintf(if_range, sizeof(if_range), "If-Range: %s", t->tag);
	one = t->r->done && t->tag[0] ? curl_slist_append(NULL, range) : NULL;
	two = one ? curl_slist_append(one, if_range) : NULL;
	if (two)
		return two;
	curl_slist_free_all(one);
	t->tag[0] = 0;
	t->r->done = 0;
	return NULL;
}

static int set_up(struct transfer *t, const char *url, struct curl_slist *fields)
{
	return curl_easy_setopt(t->easy, CURLOPT_URL, url) ||
	       curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https") ||
	       curl_easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") ||
	       curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L) ||
	       curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, fields) ||
	       curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take) ||
	       curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t) ||
	       curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L) ||
	       curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS) ||
	       curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L) ?
	       cask_error_set(t->r->error, "server-answer", "out of memory") : 0;
}

static int judge(struct transfer *t, CURLcode code)
{
	if (t->failed)
		return -1;
	if (recording_whole(t->r))
		return 0;
	/* An empty body never came by take(). */
	if (!code && !t->begun && begin(t))
		return -1;
	return cask_error_set(t->r->error, ERROR_CODE_INTERRUPTED, "the broadcast broke off: %s",
			      code ? curl_easy_strerror(code) : "it ended too early");
}

static int attempt(struct recording *r, const char *url)
{
	struct transfer t = { .r = r, .easy = curl_easy_init() };
	struct curl_slist *fields = fields_of(&t);
	int ret;

	/* All had come before, and whoever recorded died before it could appear. */
	if (fields && !recording_grown(r) && recording_whole(r))
		ret = 0;
	else if (!t.easy)
		ret = cask_error_set(r->error, "server-answer", "out of memory");
	else
		ret = set_up(&t, url, fields) ? -1 : judge(&t, curl_easy_perform(t.easy));
	curl_slist_free_all(fields);
	curl_easy_cleanup(t.easy);
	return ret;
}

/**
 * source_http() - record from a URL
 * @r: open; what there is of the same is continued
 * @url: http or https
 *
 * Return: 0 or -1.
 */
int source_http(struct recording *r, const char *url)
{
	uint64_t most = 0;

	for (int barren = 0; attempt(r, url); ) {
		if (strcmp(r->error->code, ERROR_CODE_INTERRUPTED))
			return -1;
		barren = r->done > most ? 0 : barren + 1;
		most = r->done > most ? r->done : most;
		if (barren == TRIES)
			return -1;
	}
	return 0;
}
