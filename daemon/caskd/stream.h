/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stream.h - a content on its way through, from the server to a local client; or an EKB, to the disk.
 */
#ifndef CASKD_STREAM_H
#define CASKD_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "problem.h"
#include "request.h"

#define STREAM_FIELD_MAX	255
#define STREAM_TYPE		"application/vnd.cask.content"

/**
 * struct stream_ask - what is asked for
 * @path: of the request
 * @type: media type that it must have
 * @head: the header only
 * @range: header field, or NULL
 * @if_range: header field, or NULL
 * @until: CLOCK_MONOTONIC seconds, when nothing is waited for any more; 0: never
 */
struct stream_ask {
	const char *path;
	const char *type;
	bool head;
	const char *range;
	const char *if_range;
	int64_t until;
};

/**
 * struct stream_header - what the server said about it
 * @status: 200 or 206
 * @size: bytes that follow, or would for HEAD
 * @etag: "" if none
 * @content_range: "" if none
 * @accept_ranges: "" if none
 */
struct stream_header {
	int status;
	uint64_t size;
	char etag[STREAM_FIELD_MAX + 1];
	char content_range[STREAM_FIELD_MAX + 1];
	char accept_ranges[STREAM_FIELD_MAX + 1];
};

struct stream;

int stream_open(const struct request_place *place, const struct stream_ask *ask,
		struct stream **ret_stream, struct stream_header *ret_header, struct problem *p);
ssize_t stream_read(struct stream *s, char *buffer, size_t max);
void stream_problem(const struct stream *s, struct problem *p);
void stream_close(struct stream *s);

#endif /* CASKD_STREAM_H */
