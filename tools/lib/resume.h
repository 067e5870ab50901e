/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * resume.h - a download that goes on where it stopped, whoever transfers it.
 */
#ifndef CASK_RESUME_H
#define CASK_RESUME_H

#include "piece.h"

#define RESUME_RANGE_MAX	32	/* "bytes=FIRST-" and a zero */

/**
 * struct cask_resume - a download on its way
 * @piece: what there is
 * @tag: what it is a piece of, if a range was asked for, else ""
 * @done: bytes of it
 * @size: bytes there will be, as the last answer said
 * @most: bytes that there ever were
 * @barren: attempts since there were more
 */
struct cask_resume {
	struct cask_piece piece;
	char tag[PIECE_TAG_MAX + 1];
	uint64_t done;
	uint64_t size;
	uint64_t most;
	int barren;
};

/**
 * struct cask_resume_header - what an answer says of itself
 * @status: 200 or 206
 * @size: bytes that follow, negative: it does not say
 * @tag: entity tag, "" if none
 * @range: Content-Range, "" if none
 */
struct cask_resume_header {
	long status;
	int64_t size;
	const char *tag;
	const char *range;
};

bool cask_resume_ask(struct cask_resume *r, char ret_range[RESUME_RANGE_MAX]);
int cask_resume_begin(struct cask_resume *r, const struct cask_resume_header *header,
		      struct cask_error *error);
int cask_resume_write(struct cask_resume *r, const char *data, size_t size, struct cask_error *error);
int cask_resume_end(const struct cask_resume *r, struct cask_error *error);
bool cask_resume_forget(struct cask_resume *r);
bool cask_resume_goes_on(struct cask_resume *r);

#endif /* CASK_RESUME_H */
