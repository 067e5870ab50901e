// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * fetch.c - download a content through the agent, going on where an earlier
 * attempt stopped.
 *
 * What has come is a piece (piece.c) with the tag of the version that it is of.
 * If-Range makes the server begin anew when it has another one. The whole
 * appears only when there are as many bytes as were announced.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "piece.h"

#define REFUSAL_MAX	16384
/* Interrupted so often without one byte more than ever before, it is given up. */
#define BARREN_TRIES	3
#define STALL_SECONDS	60L

/**
 * struct download - a fetch on its way
 * @fetch: what the caller wants
 * @agent: through whom
 * @error: the caller's
 * @piece: what there is
 * @tag: what it is a piece of, if a range was asked for, else ""
 * @done: bytes of it
 * @size: bytes there will be; known when @begun
 * @begun: the answer's header has been judged
 * @refusal: body of a problem
 * @refusal_size: of it
 * @failed: @error says why the transfer was broken off on our side
 */
struct download {
	const struct cask_fetch *fetch;
	struct cask_agent *agent;
	struct cask_error *error;
	struct cask_piece piece;
	char tag[PIECE_TAG_MAX + 1];
	uint64_t done;
	uint64_t size;
	bool begun;
	char refusal[REFUSAL_MAX];
	size_t refusal_size;
	bool failed;
};

static int wrong(struct download *d, const char *what)
{
	return cask_error_set(d->error, ERROR_CODE_ANSWER, "the server answered %s", what);
}

/* Borrowed from curl; "" if there is none. */
static const char *field_of(struct download *d, const char *name)
{
	struct curl_header *field;

	return curl_easy_header(cask_agent_handle(d->agent), name, 0, CURLH_HEADER, -1, &field) ?
	       "" : field->value;
}

/* "bytes FIRST-LAST/SIZE", and it must be where we stopped, of what we have. */
static int begin_rest(struct download *d)
{
	uint64_t first, last, size;
	const char *tag;

	if (!d->tag[0])
		return wrong(d, "with a range that nobody asked for");
	if (sscanf(field_of(d, "Content-Range"), "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64,
		   &first, &last, &size) != 3 ||
	    first != d->done || last < first || size != last + 1)
		return wrong(d, "with another range");
	tag = field_of(d, "ETag");
	if (tag[0] && strcmp(tag, d->tag))
		return wrong(d, "with a range of another version");
	d->size = size;
	return cask_piece_cut(&d->piece, d->done, d->error);
}

static int begin_anew(struct download *d)
{
	const char *tag = field_of(d, "ETag");
	curl_off_t size = -1;

	/* Without it an end that comes too early would be the end. */
	if (curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
			      &size) || size < 0)
		return wrong(d, "without saying how much it is");
	d->size = size;
	d->done = 0;
	return cask_piece_begin(&d->piece, cask_piece_is_tag(tag) ? tag : "", d->error);
}

static int begin(struct download *d, long status)
{
	int ret = status == 206 ? begin_rest(d) : begin_anew(d);

	d->begun = true;
	d->failed = ret;
	return ret;
}

static size_t take_refusal(struct download *d, const char *data, size_t size)
{
	if (size > sizeof(d->refusal) - d->refusal_size)
		return 0;
	memcpy(d->refusal + d->refusal_size, data, size);
	d->refusal_size += size;
	return size;
}

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct download *d = context;
	long status = 0;

	curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206)
		return take_refusal(d, data, size);
	if (!d->begun && begin(d, status))
		return 0;
	if (cask_piece_write(&d->piece, data, size, d->error)) {
		d->failed = true;
		return 0;
	}
	d->done += size;
	if (d->fetch->progress)
		d->fetch->progress(d->fetch->context, d->done, d->size);
	return size;
}

static int path_of(const struct cask_fetch *fetch, char out[AGENT_PATH_MAX])
{
	char id[CASK_ID_TEXT_SIZE];

	cask_hex(fetch->content_id, sizeof(fetch->content_id), id);
	return snprintf(out, AGENT_PATH_MAX, "/v1/contents/%s%s%s", id,
			fetch->issuer ? "?issuer=" : "", fetch->issuer ? fetch->issuer : "") <
	       AGENT_PATH_MAX ? 0 : -1;
}

/* Goes on where the piece ends, if it can be known what it is a piece of. */
static struct curl_slist *fields_of(struct download *d)
{
	char range[64], if_range[PIECE_TAG_MAX + 16];
	struct curl_slist *one, *two;

	d->done = cask_piece_size(&d->piece);
	cask_piece_tag(&d->piece, d->tag);
	if (!d->done || !d->tag[0]) {
		d->done = 0;
		d->tag[0] = 0;
		return NULL;
	}
	snprintf(range, sizeof(range), "Range: bytes=%" PRIu64 "-", d->done);
	snprintf(if_range, sizeof(if_range), "If-Range: %s", d->tag);
	one = curl_slist_append(NULL, range);
	two = one ? curl_slist_append(one, if_range) : NULL;
	if (two)
		return two;
	curl_slist_free_all(one);
	d->done = 0;
	d->tag[0] = 0;
	return NULL;
}

static int set_up(struct download *d, struct curl_slist *fields)
{
	char path[AGENT_PATH_MAX];
	CURL *easy;

	if (path_of(d->fetch, path))
		return -1;
	easy = cask_agent_easy(d->agent, path);
	return !easy || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields) ||
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) ||
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, d) ||
	       curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256 * 1024L) ||
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) ||
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
}

static int judge(struct download *d, CURLcode code)
{
	long status = 0;

	if (d->failed)
		return -1;
	if (code)
		return cask_agent_transport(d->agent, code, d->error);
	curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206)
		return cask_agent_refused(status, d->refusal, d->refusal_size, d->error);
	/* An empty body never came by take(). */
	if (!d->begun && begin(d, status))
		return -1;
	if (!d->size)
		return wrong(d, "with nothing");
	if (d->done != d->size)
		return cask_error_set(d->error, ERROR_CODE_INTERRUPTED,
				      "the content ended too early");
	return 0;
}

static int attempt(struct download *d)
{
	struct curl_slist *fields;
	CURLcode code;
	int ret;

	d->begun = d->failed = false;
	d->refusal_size = 0;
	d->size = 0;
	fields = fields_of(d);
	if (set_up(d, fields)) {
		ret = cask_error_set(d->error, ERROR_CODE_ANSWER, "out of memory");
	} else {
		code = curl_easy_perform(cask_agent_handle(d->agent));
		ret = judge(d, code);
	}
	curl_slist_free_all(fields);
	return ret;
}

/* What we have is not a piece of what there is: as if we had nothing. */
static bool forget_piece(struct download *d)
{
	struct cask_error error;

	return !strcmp(d->error->code, "range-unsatisfiable") && d->done &&
	       !cask_piece_cut(&d->piece, 0, &error);
}

static int transfer(struct download *d)
{
	uint64_t most = 0;
	int barren = 0;

	while (attempt(d)) {
		if (forget_piece(d))
			continue;
		if (strcmp(d->error->code, ERROR_CODE_INTERRUPTED))
			return -1;
		barren = d->done > most ? 0 : barren + 1;
		if (d->done > most)
			most = d->done;
		if (barren == BARREN_TRIES)
			return -1;
		if (barren)
			sleep(1);
	}
	return 0;
}

/**
 * cask_agent_fetch() - download a content
 * @agent: through whom
 * @fetch: what and where to
 * @error: on failure; after transfer-interrupted the same call goes on
 *
 * Return: 0 or -1.
 */
int cask_agent_fetch(struct cask_agent *agent, const struct cask_fetch *fetch,
		     struct cask_error *error)
{
	struct download *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return cask_error_set(error, ERROR_CODE_FILE, "out of memory");
	d->fetch = fetch;
	d->agent = agent;
	d->error = error;
	ret = cask_piece_open(&d->piece, fetch->path, error);
	if (!ret) {
		ret = transfer(d);
		if (!ret)
			ret = cask_piece_publish(&d->piece, error);
		else
			cask_piece_drop_empty(&d->piece);
	}
	cask_piece_close(&d->piece);
	free(d);
	return ret;
}
