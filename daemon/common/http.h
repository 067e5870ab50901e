/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http.h - an HTTP server: a table of routes on TLS, plain TCP or UNIX sockets.
 *
 *	static const struct cask_http_route routes[] = {
 *		{ "GET", "/v1/things/{id}", get_thing },
 *		{ "POST", "/v1/things", add_thing, .body_max = 4096 },
 *	};
 *
 *	static struct cask_reply *get_thing(struct cask_http_request *rq)
 *	{
 *		const char *id = cask_http_param(rq, 0);
 *		...
 *		return cask_reply_json(200, json);
 *	}
 *
 * Handlers run on the server's threads, several at once; each returns a reply
 * (reply.h), and NULL stands for "internal-error" (500).
 */
#ifndef CASK_HTTP_H
#define CASK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "reply.h"

#define CASK_HTTP_PARAMS_MAX	4
#define CASK_HTTP_TARGET_MAX	2048	/* request target, in bytes */

struct cask_http;
struct cask_http_request;

typedef struct cask_reply *(*cask_http_handler)(struct cask_http_request *rq);

/**
 * struct cask_http_route - what answers a method and a path
 * @method: in upper case; "GET" answers HEAD too
 * @pattern: path; a segment {name} matches any one segment that is not empty
 * @handler: called with the whole body
 * @body_max: most bytes of a body; 0: a body is refused
 */
struct cask_http_route {
	const char *method;
	const char *pattern;
	cask_http_handler handler;
	size_t body_max;
};

/**
 * struct cask_http_options - how a server listens
 * @routes: kept, not copied
 * @route_count: of @routes
 * @context: for the handlers, by cask_http_context()
 * @listen_fd: listening socket (TCP or UNIX); the server owns it from a
 *	successful start on
 * @tls_certificate: PEM chain, or NULL for plain HTTP; must live as long as the server
 * @tls_key: PEM; likewise
 * @threads: size of the worker pool, or 0 for a thread for each connection
 * @connections_max: further connections wait in the backlog
 * @connections_per_host: of one IP address at a time; 0: no limit. UNIX sockets have none
 * @connections_per_user: of one user of this machine at a time, on a UNIX socket; so many are
 *	kept for root. 0: no limit, else @request_seconds must be set
 * @request_seconds: a connection that has not sent a whole request for so long, from accept()
 *	or the answer before and the time it may be idle, is closed; 0: no limit
 * @idle_seconds: a connection on which nothing moves for so long is closed
 * @drain_seconds: how long cask_http_stop() waits for requests in progress
 * @log_requests: one line a request, at level info
 * @settle: makes what handlers did before it was called last; by a thread of the server's own, for all
 *	answers at once that wait for it by cask_http_hold(). It does not return if it cannot. NULL
 *	where everything lasts at once; else @threads is not 0
 */
struct cask_http_options {
	const struct cask_http_route *routes;
	size_t route_count;
	void *context;
	int listen_fd;
	const char *tls_certificate;
	const char *tls_key;
	unsigned int threads;
	unsigned int connections_max;
	unsigned int connections_per_host;
	unsigned int connections_per_user;
	unsigned int request_seconds;
	unsigned int idle_seconds;
	unsigned int drain_seconds;
	bool log_requests;
	void (*settle)(void *context);
};

int cask_http_start(const struct cask_http_options *options, struct cask_http **ret_server);
void cask_http_stop(struct cask_http *server);

void *cask_http_context(const struct cask_http_request *rq);
const char *cask_http_method(const struct cask_http_request *rq);
const char *cask_http_target(const struct cask_http_request *rq);
const char *cask_http_path(const struct cask_http_request *rq);
const char *cask_http_raw_query(const struct cask_http_request *rq);
const char *cask_http_param(const struct cask_http_request *rq, unsigned int index);
const char *cask_http_query(const struct cask_http_request *rq, const char *name);
const char *cask_http_header(const struct cask_http_request *rq, const char *name);
unsigned int cask_http_header_count(const struct cask_http_request *rq, const char *name);
const uint8_t *cask_http_body(const struct cask_http_request *rq, size_t *ret_size);
int cask_http_peer(const struct cask_http_request *rq, struct ucred *ret);
bool cask_http_peer_in(const struct cask_http_request *rq, gid_t group);
int cask_http_socket(const struct cask_http_request *rq);
void cask_http_hold(struct cask_http_request *rq);
void cask_http_set_who(struct cask_http_request *rq, const char *who);

#endif /* CASK_HTTP_H */
