// SPDX-License-Identifier: GPL-2.0
/*
 * reply_file.c - a file as an HTTP reply: single ranges, If-Range and
 * If-None-Match by a strong entity tag (RFC 9110, sections 13 and 14).
 *
 * The file is read block by block instead of by sendfile(): under TLS there is
 * no sendfile, and so the bytes that left can be counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "http.h"
#include "log.h"
#include "reply.h"

struct reading {
	int fd;
	char *over;
	uint64_t over_offset;
	size_t over_size;
	uint64_t offset;
	uint64_t size;
	void (*done)(void *context, uint64_t end);
	void *context;
};

/* What of the file is asked for. */
struct range {
	bool partial;
	uint64_t first;
	uint64_t size;
};

/* What of @size bytes from @at on of the file is other than there. */
static void put_over(const struct reading *r, uint64_t at, char *buffer, size_t size)
{
	uint64_t first = at > r->over_offset ? at : r->over_offset;
	uint64_t end = r->over_offset + r->over_size;

	if (end > at + size)
		end = at + size;
	if (first < end)
		memcpy(buffer + (first - at), r->over + (first - r->over_offset), end - first);
}

static ssize_t read_block(void *context, uint64_t position, char *buffer, size_t max)
{
	struct reading *r = context;
	ssize_t n;

	if (position >= r->size)
		return CASK_REPLY_END;
	if (max > r->size - position)
		max = r->size - position;
	do
		n = pread(r->fd, buffer, max, r->offset + position);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		put_over(r, r->offset + position, buffer, n);
		return n;
	}
	cask_err("content at byte %llu: %s", (unsigned long long)(r->offset + position),
		 n ? strerror(errno) : "the file ends early");
	return CASK_REPLY_ABORT;
}

static void reading_free(void *context, uint64_t bytes)
{
	struct reading *r = context;

	if (r->done)
		r->done(r->context, bytes ? r->offset + bytes : 0);
	close(r->fd);
	free(r->over);
	free(r);
}

/* Digits up to @end; false for anything else or more than 19 of them. */
static bool parse_number(const char **text, uint64_t *ret)
{
	size_t digits = strspn(*text, "0123456789");

	if (!digits || digits > 19)
		return false;
	*ret = strtoull(*text, NULL, 10);
	*text += digits;
	return true;
}

/*
 * One range in bytes, cut to the file. Return: 0 (also for what is to be
 * ignored: another unit, several ranges, bad syntax), -ERANGE beyond the file.
 */
static int parse_range(const char *text, uint64_t size, struct range *range)
{
	uint64_t first, last;

	if (strncasecmp(text, "bytes=", 6))
		return 0;
	text += 6;
	if (*text == '-') {
		text++;
		if (!parse_number(&text, &last) || *text)
			return 0;
		if (!last || !size)
			return -ERANGE;
		first = last < size ? size - last : 0;
		last = size - 1;
	} else {
		if (!parse_number(&text, &first) || *text++ != '-')
			return 0;
		last = UINT64_MAX;
		if (*text && (!parse_number(&text, &last) || *text || last < first))
			return 0;
		if (first >= size)
			return -ERANGE;
		if (last >= size)
			last = size - 1;
	}
	*range = (struct range){ .partial = true, .first = first, .size = last - first + 1 };
	return 0;
}

static int choose_range(const struct cask_http_request *rq, const struct cask_reply_file *file,
			struct range *range)
{
	const char *text = cask_http_header(rq, "Range");
	const char *condition = cask_http_header(rq, "If-Range");

	*range = (struct range){ .size = file->size };
	if (!text || strcmp(cask_http_method(rq), "GET"))
		return 0;
	if (condition && strcmp(condition, file->etag))
		return 0;
	return parse_range(text, file->size, range);
}

/* If-None-Match compares weakly: a W/ before the tag does not matter. */
static bool client_has(const struct cask_http_request *rq, const char *etag)
{
	const char *tags = cask_http_header(rq, "If-None-Match");

	if (!tags)
		return false;
	return !strcmp(tags, "*") || strstr(tags, etag);
}

static struct cask_reply *unsatisfiable(const struct cask_reply_file *file)
{
	char value[64];

	snprintf(value, sizeof(value), "bytes */%llu", (unsigned long long)file->size);
	return cask_reply_header(cask_reply_problem(416, "range-unsatisfiable",
						    "The file has %llu bytes.",
						    (unsigned long long)file->size),
				 "Content-Range", value);
}

static struct cask_reply *add_range(struct cask_reply *reply, const struct range *range,
				    uint64_t size)
{
	char value[96];

	if (!range->partial)
		return reply;
	snprintf(value, sizeof(value), "bytes %llu-%llu/%llu", (unsigned long long)range->first,
		 (unsigned long long)(range->first + range->size - 1), (unsigned long long)size);
	return cask_reply_header(reply, "Content-Range", value);
}

static struct cask_reply *stream_range(struct reading *r, const struct cask_reply_file *file,
				       const struct range *range)
{
	struct cask_reply_source source = { .read = read_block, .done = reading_free,
					    .context = r };
	struct cask_reply *reply;

	r->offset = range->first;
	r->size = range->size;
	reply = cask_reply_stream(range->partial ? 206 : 200, file->type, range->size, &source);
	reply = cask_reply_header(reply, "ETag", file->etag);
	reply = cask_reply_header(reply, "Accept-Ranges", "bytes");
	return add_range(reply, range, file->size);
}

/**
 * cask_reply_file() - a file, or the range of it that the request asks for
 * @rq: a GET or HEAD request; its Range, If-Range and If-None-Match count
 * @file: @file->fd and @file->over are taken over and @file->done is called in every
 *	case, also when this fails
 *
 * Return: a reply with 200, 206, 304 or 416, or NULL without memory.
 */
struct cask_reply *cask_reply_file(const struct cask_http_request *rq,
				   const struct cask_reply_file *file)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct range range;

	if (!r) {
		close(file->fd);
		free(file->over);
		if (file->done)
			file->done(file->context, 0);
		return NULL;
	}
	*r = (struct reading){ .fd = file->fd, .over = file->over, .over_offset = file->over_offset,
			       .over_size = file->over_size, .done = file->done,
			       .context = file->context };
	if (client_has(rq, file->etag)) {
		reading_free(r, 0);
		return cask_reply_header(cask_reply_empty(304), "ETag", file->etag);
	}
	if (choose_range(rq, file, &range)) {
		reading_free(r, 0);
		return unsatisfiable(file);
	}
	return stream_range(r, file, &range);
}
