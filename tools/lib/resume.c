// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * resume.c - a download that goes on where it stopped, whoever transfers it.
 *
 * What has come is a piece (piece.c) with the tag of the version that it is of.
 * If-Range makes the server begin anew when it has another one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "resume.h"

/* Interrupted so often without one byte more than ever before, it is given up. */
#define BARREN_TRIES	3

static int wrong(struct cask_error *error, const char *what)
{
	return cask_error_set(error, ERROR_CODE_ANSWER, "the server answered %s", what);
}

/**
 * cask_resume_ask() - what the next attempt asks for
 * @r: its piece is open
 * @ret_range: of Range, with the tag for If-Range, when true
 *
 * Return: true when it goes on where the piece ends, since it is known what that is a piece of.
 */
bool cask_resume_ask(struct cask_resume *r, char ret_range[RESUME_RANGE_MAX])
{
	r->size = 0;
	r->done = cask_piece_size(&r->piece);
	cask_piece_tag(&r->piece, r->tag);
	if (r->done && r->tag[0]) {
		snprintf(ret_range, RESUME_RANGE_MAX, "bytes=%" PRIu64 "-", r->done);
		return true;
	}
	r->done = 0;
	r->tag[0] = 0;
	return false;
}

/* "bytes FIRST-LAST/SIZE", and it must be where we stopped, of what we have, to its end, and no more. */
static int begin_rest(struct cask_resume *r, const struct cask_resume_header *h,
		      struct cask_error *error)
{
	uint64_t first, last, size;

	if (!r->tag[0])
		return wrong(error, "with a range that nobody asked for");
	if (sscanf(h->range, "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &first, &last, &size) != 3 ||
	    first != r->done || first >= size || last != size - 1)
		return wrong(error, "with another range");
	if (h->size < 0 || (uint64_t)h->size != size - first)
		return wrong(error, "with a range that is not as long as it says");
	if (h->tag[0] && strcmp(h->tag, r->tag))
		return wrong(error, "with a range of another version");
	r->size = size;
	return cask_piece_cut(&r->piece, r->done, error);
}

static int begin_anew(struct cask_resume *r, const struct cask_resume_header *h,
		      struct cask_error *error)
{
	/* Without it an end that comes too early would be the end. */
	if (h->size < 0)
		return wrong(error, "without saying how much it is");
	r->size = h->size;
	r->done = 0;
	return cask_piece_begin(&r->piece, cask_piece_is_tag(h->tag) ? h->tag : "", error);
}

/**
 * cask_resume_begin() - judge an answer, before its bytes
 * @r: asked
 * @header: of the answer
 * @error: on failure
 *
 * Return: 0, and what comes is written behind what there is; or -1.
 */
int cask_resume_begin(struct cask_resume *r, const struct cask_resume_header *header,
		      struct cask_error *error)
{
	return header->status == 206 ? begin_rest(r, header, error) : begin_anew(r, header, error);
}

/**
 * cask_resume_write() - take bytes of an answer
 * @r: begun
 * @data: what came
 * @size: bytes of it
 * @error: on failure
 *
 * Return: 0 or -1, also when there are more than there will be.
 */
int cask_resume_write(struct cask_resume *r, const char *data, size_t size, struct cask_error *error)
{
	if (size > r->size - r->done)
		return wrong(error, "with more than it said");
	if (cask_piece_write(&r->piece, data, size, error))
		return -1;
	r->done += size;
	return 0;
}

/**
 * cask_resume_end() - whether the whole is there, after an answer without error
 * @r: begun
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_resume_end(const struct cask_resume *r, struct cask_error *error)
{
	if (!r->size)
		return wrong(error, "with nothing");
	if (r->done != r->size)
		return cask_error_set(error, ERROR_CODE_INTERRUPTED, "it ended too early");
	return 0;
}

/**
 * cask_resume_forget() - the server has no such range: what there is is no piece of what it has
 * @r: asked
 *
 * Return: true when there was something, and another attempt asks for all.
 */
bool cask_resume_forget(struct cask_resume *r)
{
	struct cask_error error;

	return r->done && !cask_piece_cut(&r->piece, 0, &error);
}

/**
 * cask_resume_goes_on() - whether to try again, after an interruption
 * @r: of which an attempt was interrupted; waits a second when that brought nothing
 *
 * Return: true if so.
 */
bool cask_resume_goes_on(struct cask_resume *r)
{
	r->barren = r->done > r->most ? 0 : r->barren + 1;
	if (r->done > r->most)
		r->most = r->done;
	if (r->barren == BARREN_TRIES)
		return false;
	if (r->barren)
		sleep(1);
	return true;
}
