// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * fetch.c - download a content through the agent, going on where an earlier
 * attempt stopped (resume.c). The whole appears only when there are as many bytes
 * as were announced.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "resume.h"

#define REFUSAL_MAX	16384
#define STALL_SECONDS	60L

/**
 * struct download - a fetch on its way
 * @fetch: what the caller wants
 * @agent: through whom
 * @error: the caller's
 * @resume: what there is, and what will be
 * @begun: the answer's header has been judged
 * @refusal: body of a problem
 * @refusal_size: of it
 * @failed: @error says why the transfer was broken off on our side
 */
struct download {
	const struct cask_fetch *fetch;
	struct cask_agent *agent;
	struct cask_error *error;
	struct cask_resume resume;
	bool begun;
	char refusal[REFUSAL_MAX];
	size_t refusal_size;
	bool failed;
};

/* Borrowed from curl; "" if there is none. */
static const char *field_of(struct download *d, const char *name)
{
	struct curl_header *field;

	return curl_easy_header(cask_agent_handle(d->agent), name, 0, CURLH_HEADER, -1, &field) ?
	       "" : field->value;
}

static int begin(struct download *d, long status)
{
	struct cask_resume_header header = {
		.status = status, .tag = field_of(d, "ETag"), .range = field_of(d, "Content-Range"),
	};
	curl_off_t size = -1;

	curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
	header.size = size;
	d->begun = true;
	d->failed = cask_resume_begin(&d->resume, &header, d->error);
	return d->failed ? -1 : 0;
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
	if (cask_resume_write(&d->resume, data, size, d->error)) {
		d->failed = true;
		return 0;
	}
	if (d->fetch->progress)
		d->fetch->progress(d->fetch->context, d->resume.done, d->resume.size);
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

/* Returns 0, with or without fields, or -1. */
static int fields_of(struct download *d, struct curl_slist **ret_fields)
{
	char range[RESUME_RANGE_MAX], line[sizeof("Range: ") + RESUME_RANGE_MAX];
	char if_range[PIECE_TAG_MAX + 16];
	struct curl_slist *one, *two;

	if (!cask_resume_ask(&d->resume, range))
		return 0;
	snprintf(line, sizeof(line), "Range: %s", range);
	snprintf(if_range, sizeof(if_range), "If-Range: %s", d->resume.tag);
	one = curl_slist_append(NULL, line);
	two = one ? curl_slist_append(one, if_range) : NULL;
	if (!two)
		curl_slist_free_all(one);
	*ret_fields = two;
	return two ? 0 : -1;
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
	return cask_resume_end(&d->resume, d->error);
}

static int attempt(struct download *d)
{
	struct curl_slist *fields = NULL;
	CURLcode code;
	int ret;

	d->begun = d->failed = false;
	d->refusal_size = 0;
	if (fields_of(d, &fields) || set_up(d, fields)) {
		ret = cask_error_set(d->error, ERROR_CODE_ANSWER, "out of memory");
	} else {
		code = curl_easy_perform(cask_agent_handle(d->agent));
		ret = judge(d, code);
	}
	curl_slist_free_all(fields);
	return ret;
}

static int transfer(struct download *d)
{
	while (attempt(d)) {
		if (!strcmp(d->error->code, "range-unsatisfiable") && cask_resume_forget(&d->resume))
			continue;
		if (strcmp(d->error->code, ERROR_CODE_INTERRUPTED) || !cask_resume_goes_on(&d->resume))
			return -1;
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
	ret = cask_piece_open(&d->resume.piece, fetch->path, error);
	if (!ret) {
		ret = transfer(d);
		if (!ret)
			ret = cask_piece_publish(&d->resume.piece, error);
		else
			cask_piece_drop_empty(&d->resume.piece);
	}
	cask_piece_close(&d->resume.piece);
	free(d);
	return ret;
}
