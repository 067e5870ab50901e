// SPDX-License-Identifier: GPL-2.0
/*
 * download.c - an EKB on its way from a server: GET /v1/ekbs/CATEGORY, going on where it stopped.
 *
 * It may be 22 MB, over a link that breaks, so what came stays beside the place where it will be kept
 * (resume.c, as libcask has it for contents), also over a restart. Nothing of it is believed: the
 * module judges the whole, which stays there until it has.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "cleanup.h"
#include "download.h"
#include "file.h"
#include "internal.h"
#include "resume.h"
#include "stream.h"
#include "text.h"

#define EKB_TYPE	"application/vnd.cask.ekb"

static bool is_over(const struct download_ask *ask)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec >= ask->until;
}

/* What libcask says, as caskd does: the disk, or the server. */
static int explain(const struct cask_error *error, struct problem *p)
{
	if (!strcmp(error->code, ERROR_CODE_FILE))
		return problem_store(p, error->number, "keeping an EKB");
	return problem_set(p, 502, "server-answer", "%s", error->text);
}

static int begin(const struct download_ask *ask, struct cask_resume *r,
		 const struct stream_header *h, struct problem *p)
{
	const struct cask_resume_header header = {
		.status = h->status, .size = h->size, .tag = h->etag, .range = h->content_range,
	};
	struct cask_error error;

	if (h->size > ask->max)
		return problem_set(p, 502, "server-answer", "the server's answer is too long");
	if (cask_resume_begin(r, &header, &error))
		return explain(&error, p);
	if (r->size > ask->max)
		return problem_set(p, 502, "server-answer", "the server's answer is too long");
	return 0;
}

static int copy(struct stream *s, struct cask_resume *r, struct problem *p)
{
	struct cask_error error;
	char buffer[65536];
	ssize_t n;

	while ((n = stream_read(s, buffer, sizeof(buffer))) > 0)
		if (cask_resume_write(r, buffer, n, &error))
			return explain(&error, p);
	if (n) {
		stream_problem(s, p);
		return -1;
	}
	return cask_resume_end(r, &error) ? explain(&error, p) : 0;
}

static int attempt(const struct request_place *place, const struct download_ask *ask,
		   struct cask_resume *r, struct problem *p)
{
	char path[REQUEST_PATH_MAX], id[TEXT_HEX_SIZE(CASK_ID_SIZE)], range[RESUME_RANGE_MAX];
	struct stream_ask what = { .path = path, .type = EKB_TYPE, .until = ask->until };
	struct stream_header header;
	struct stream *s;
	int ret;

	text_hex(ask->category, CASK_ID_SIZE, id);
	snprintf(path, sizeof(path), "/v1/ekbs/%s", id);
	if (cask_resume_ask(r, range)) {
		what.range = range;
		what.if_range = r->tag;
	}
	if (stream_open(place, &what, &s, &header, p))
		return -1;
	ret = begin(ask, r, &header, p);
	if (!ret)
		ret = copy(s, r, p);
	stream_close(s);
	return ret;
}

static bool is_interruption(const struct problem *p)
{
	return !strcmp(p->code, "server-unreachable") || !strcmp(p->code, "server-timeout");
}

/* Until there is no more, or no more time: it returns 1 if something came in that. */
static int transfer(const struct request_place *place, const struct download_ask *ask,
		    struct cask_resume *r, struct problem *p)
{
	const uint64_t before = cask_piece_size(&r->piece);

	while (attempt(place, ask, r, p)) {
		if (!strcmp(p->code, "range-unsatisfiable") && cask_resume_forget(r))
			continue;
		if (is_interruption(p) && is_over(ask) && r->done > before) {
			problem_set(p, 504, "server-timeout", "there is more of an EKB to come");
			return 1;
		}
		if (strcmp(p->code, "server-unreachable") || request_is_stopped() || is_over(ask) ||
		    !cask_resume_goes_on(r))
			return -1;
	}
	return 0;
}

/* A whole one that was not kept: caskd was killed before, or there was no room. */
static bool is_there(const struct download_ask *ask, const char *path)
{
	_cleanup_block_ struct block b = { 0 };

	return !cask_file_read(path, ask->max, &b.data, &b.size) && !block_read(&b) &&
	       b.says.version >= ask->version &&
	       !memcmp(b.says.category.data, ask->category, CASK_ID_SIZE);
}

/**
 * download_ekb() - GET /v1/ekbs/CATEGORY, as far as there is time, unless it is there
 * @place: signed
 * @ask: which
 * @ret_data: what the server says is an EKB; the caller frees it
 * @ret_size: bytes of it
 * @p: unless it returns 0; what came stays for another call
 *
 * Return: 0, and it lies beside its place, for download_keep() or download_forget(); -1; or 1 when some of it
 * came in the time that there was, and there is more to come.
 */
int download_ekb(const struct request_place *place, const struct download_ask *ask,
		 uint8_t **ret_data, size_t *ret_size, struct problem *p)
{
	struct cask_resume r = { 0 };
	struct cask_error error;
	int err, ret = cask_piece_open(&r.piece, ask->path, &error);

	if (ret)
		explain(&error, p);
	else if (!is_there(ask, r.piece.path))
		ret = transfer(place, ask, &r, p);
	if (!ret) {
		err = cask_file_read(r.piece.path, ask->max, ret_data, ret_size);
		ret = err ? problem_store(p, -err, "reading an EKB") : 0;
	}
	if (r.piece.fd >= 0)
		cask_piece_drop_empty(&r.piece);
	cask_piece_close(&r.piece);
	return ret;
}

/**
 * download_keep() - let what download_ekb() brought take its place, durably
 * @path: where it will be kept
 * @p: on failure; it stays where it is
 *
 * Return: 0 or -1.
 */
int download_keep(const char *path, struct problem *p)
{
	struct cask_error error;
	struct cask_piece piece;
	int ret = cask_piece_open(&piece, path, &error) || cask_piece_publish(&piece, &error);

	cask_piece_close(&piece);
	return ret ? explain(&error, p) : 0;
}

/**
 * download_forget() - what came of an EKB that is wanted no more, or is none
 * @path: where it would be kept
 */
void download_forget(const char *path)
{
	struct cask_error error;
	struct cask_piece piece;

	if (!cask_piece_open(&piece, path, &error)) {
		cask_piece_cut(&piece, 0, &error);
		cask_piece_drop_empty(&piece);
	}
	cask_piece_close(&piece);
}
