/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reply.h - what an HTTP handler answers: JSON, a problem (RFC 9457), bytes,
 * a file with ranges, a stream.
 *
 * A reply belongs to the handler until it returns it. Constructors give NULL
 * without memory, and every function takes NULL, so a handler may just return
 * what it got: NULL becomes a 500.
 */
#ifndef CASK_REPLY_H
#define CASK_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CASK_REPLY_BLOCK_SIZE	65536
#define CASK_REPLY_SIZE_UNKNOWN	UINT64_MAX

struct cask_reply;
struct cask_http_request;

/* Ends of a stream, instead of a number of bytes. */
#define CASK_REPLY_END		(-1)
#define CASK_REPLY_ABORT	(-2)	/* closes the connection: the client sees a short body */

/**
 * struct cask_reply_source - where a stream comes from
 * @read: up to @max bytes of the stream into @buffer, which begins at
 *	@position; returns how many (more than 0), CASK_REPLY_END or
 *	CASK_REPLY_ABORT. May block in a server with a thread for each connection.
 * @done: called once, when the reply is gone, with the bytes read so far;
 *	may be NULL
 * @context: for both
 */
struct cask_reply_source {
	ssize_t (*read)(void *context, uint64_t position, char *buffer, size_t max);
	void (*done)(void *context, uint64_t bytes);
	void *context;
};

struct cask_reply *cask_reply_empty(unsigned int status);
struct cask_reply *cask_reply_json(unsigned int status, json_t *json);
struct cask_reply *cask_reply_bytes(unsigned int status, const char *type, const void *data,
				    size_t size);
struct cask_reply *cask_reply_problem(unsigned int status, const char *code,
				      const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
	__attribute__((format(printf, 4, 5)));
struct cask_reply *cask_reply_stream(unsigned int status, const char *type, uint64_t size,
				     const struct cask_reply_source *source);
struct cask_reply *cask_reply_header(struct cask_reply *reply, const char *name,
				     const char *value);
unsigned int cask_reply_status(const struct cask_reply *reply);
void cask_reply_drop(struct cask_reply *reply);

/**
 * struct cask_reply_file - a file as it is offered
 * @fd: readable regular file
 * @size: bytes of the file
 * @type: media type
 * @etag: strong entity tag with its quotes
 * @over: stands in place of the file's bytes from @over_offset; allocated, or NULL
 * @over_offset: where in the file
 * @over_size: bytes of @over, all of them before @size
 * @done: called when the reply is gone, with how far into the file it came, 0 if
 *	nothing was handed out; may be NULL
 * @context: for @done
 */
struct cask_reply_file {
	int fd;
	uint64_t size;
	const char *type;
	const char *etag;
	void *over;
	uint64_t over_offset;
	size_t over_size;
	void (*done)(void *context, uint64_t end);
	void *context;
};

struct cask_reply *cask_reply_file(const struct cask_http_request *rq,
				   const struct cask_reply_file *file);

#endif /* CASK_REPLY_H */
