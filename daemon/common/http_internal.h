/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http_internal.h - what http.c, http_request.c and reply.c know of each other; for no one else.
 */
#ifndef CASK_HTTP_INTERNAL_H
#define CASK_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "held.h"
#include "http.h"
#include "reply.h"

#define CASK_HTTP_WHO_MAX 72

/**
 * struct cask_reply - an answer on its way
 * @response: one reference is the reply's
 * @status: HTTP status
 * @size: bytes of the body, or CASK_REPLY_SIZE_UNKNOWN
 * @read: bytes a stream gave so far; points into the stream, NULL if it is none
 */
struct cask_reply {
	struct MHD_Response *response;
	unsigned int status;
	uint64_t size;
	const _Atomic uint64_t *read;
};

/**
 * struct cask_http - a running server
 * @options: a copy
 * @daemon: libmicrohttpd's
 * @deadlines: of its connections, or NULL
 * @crowd: the users who have connections, or NULL
 * @held: answers that wait for options.settle, or NULL
 * @lock: protects @in_flight
 * @idle: signalled when @in_flight becomes 0
 * @in_flight: requests between begin and completed
 */
struct cask_http {
	struct cask_http_options options;
	struct MHD_Daemon *daemon;
	struct cask_deadlines *deadlines;
	struct cask_crowd *crowd;
	struct cask_held *held;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned int in_flight;
};

/**
 * struct cask_http_request - a request and what is known of it
 * @server: that received it
 * @connection: it came by
 * @started: when
 * @method: libmicrohttpd's
 * @target: as sent, not decoded
 * @path: @target up to the query
 * @query: of @target, with its question mark, or ""
 * @params: what the pattern's {} matched; they point into @path_parts
 * @path_parts: copy of @path, cut at slashes
 * @route: that matched
 * @body: collected so far
 * @body_size: bytes of it
 * @excess: bytes dropped because @body was full or a refusal waits for their end
 * @admitted: the headers have been looked at
 * @reply: being sent, or a refusal that waits for the end of the body; kept for the log
 * @held: whether @reply waits to be sent
 * @who: the authenticated peer, for the log
 */
struct cask_http_request {
	struct cask_http *server;
	struct MHD_Connection *connection;
	struct timespec started;
	const char *method;
	char *target;
	char *path;
	const char *query;
	const char *params[CASK_HTTP_PARAMS_MAX];
	char *path_parts;
	const struct cask_http_route *route;
	uint8_t *body;
	size_t body_size;
	size_t excess;
	bool admitted;
	struct cask_reply *reply;
	struct cask_held_answer held;
	char who[CASK_HTTP_WHO_MAX];
};

int cask_http_peer_of(int fd, struct ucred *ret);

#endif /* CASK_HTTP_INTERNAL_H */
