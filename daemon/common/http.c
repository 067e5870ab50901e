// SPDX-License-Identifier: GPL-2.0
/*
 * http.c - an HTTP server: a table of routes on TLS, plain TCP or UNIX sockets,
 * over libmicrohttpd.
 *
 * A request lives from the moment its target is read (begin) until its answer
 * is sent or its connection is gone (completed). Its body is collected before
 * the handler runs, never beyond the route's limit, and never longer than the
 * server's deadline. Only @in_flight is shared between threads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "crowd.h"
#include "deadline.h"
#include "held.h"
#include "http.h"
#include "http_internal.h"
#include "log.h"

#define HEADERS_MAX	32768	/* request line and headers of a connection */
#define SWALLOW_MAX	1048576	/* of a body that is not wanted, before the connection is cut */
/* Forward secrecy and authenticated encryption only: no RSA key exchange, no CBC. */
#define TLS_PRIORITIES	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-MAC-ALL:+AEAD"
#define ALLOW_MAX	64	/* methods of a path, as a list */

/* How many may be turned away at once: at its own limit libmicrohttpd closes without a word. */
#define TURNING_AWAY	128

/* An answer without question: to read one would be to have one more connection. */
static void turn_away(int fd)
{
	static const char body[] =
		"{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
		"\"detail\":\"You have too many connections.\",\"code\":\"too-many-connections\"}";
	char text[512];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 503 Service Unavailable\r\n"
			 "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n"
			 "Connection: close\r\n\r\n%s", sizeof(body) - 1, body);

	/* A fresh socket has room for it; if not, its end says as much. */
	if (send(fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) < n)
		cask_debug("turning a connection away: %m");
	shutdown(fd, SHUT_RDWR);
}

static void *let_in(struct cask_http *server, int fd)
{
	struct cask_deadline *deadline;
	struct ucred peer;

	if (!server->crowd)
		return cask_deadline_add(server->deadlines, fd);
	if (cask_http_peer_of(fd, &peer) || !cask_crowd_enter(server->crowd, peer.uid)) {
		turn_away(fd);
		return NULL;
	}
	deadline = cask_deadline_add(server->deadlines, fd);
	if (!deadline) {
		cask_crowd_leave(server->crowd, peer.uid);
		turn_away(fd);
	}
	return deadline;
}

/* A connection begins and ends; libmicrohttpd keeps the deadline with it. */
static void connected(void *cls, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct cask_http *server = cls;
	struct ucred peer;

	if (!info || !server->deadlines)
		return;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = let_in(server, info->connect_fd);
		return;
	}
	if (*context && server->crowd && !cask_http_peer_of(info->connect_fd, &peer))
		cask_crowd_leave(server->crowd, peer.uid);
	cask_deadline_remove(*context);
	*context = NULL;
}

static struct cask_deadline *deadline_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void request_free(struct cask_http_request *rq)
{
	cask_reply_drop(rq->reply);
	if (rq->body)
		explicit_bzero(rq->body, rq->body_size);
	free(rq->body);
	free(rq->path_parts);
	free(rq->path);
	free(rq->target);
	free(rq);
}

/* libmicrohttpd's first word of a request; the only one with the target as sent. */
static void *begin(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct cask_http *server = cls;
	size_t path_length = strcspn(target, "?");
	struct cask_http_request *rq;

	/* It was turned away, but had sent something by then. */
	if (server->crowd && !deadline_of(connection))
		return NULL;
	rq = calloc(1, sizeof(*rq));
	if (!rq)
		return NULL;
	rq->server = server;
	rq->connection = connection;
	clock_gettime(CLOCK_MONOTONIC, &rq->started);
	rq->target = strdup(target);
	rq->path = strndup(target, path_length);
	rq->path_parts = strndup(target, path_length);
	if (!rq->target || !rq->path || !rq->path_parts) {
		request_free(rq);
		return NULL;
	}
	rq->query = rq->target + path_length;
	pthread_mutex_lock(&server->lock);
	server->in_flight++;
	pthread_mutex_unlock(&server->lock);
	return rq;
}

static uint64_t sent_bytes(const struct cask_http_request *rq)
{
	if (!rq->reply || !strcmp(rq->method, "HEAD"))
		return 0;
	return rq->reply->read ? *rq->reply->read : rq->reply->size;
}

static void log_request(const struct cask_http_request *rq, bool whole)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - rq->started.tv_sec) * 1000 +
	     (now.tv_nsec - rq->started.tv_nsec) / 1000000;
	/* The path only: a query may hold what the log should not. */
	cask_info("%s %s %u %llu bytes %ld ms %s%s", rq->method, rq->path,
		  rq->reply ? rq->reply->status : 0, (unsigned long long)sent_bytes(rq), ms,
		  rq->who[0] ? rq->who : "-", whole ? "" : " cut");
}

static void completed(void *cls, struct MHD_Connection *connection, void **con_cls,
		      enum MHD_RequestTerminationCode code)
{
	struct cask_http *server = cls;
	struct cask_http_request *rq = *con_cls;

	if (!rq)
		return;
	*con_cls = NULL;
	/* For the next request on this connection, which may be idle before it. */
	cask_deadline_arm(deadline_of(connection), server->options.idle_seconds);
	if (server->options.log_requests && rq->method)
		log_request(rq, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	request_free(rq);
	pthread_mutex_lock(&server->lock);
	if (!--server->in_flight)
		pthread_cond_signal(&server->idle);
	pthread_mutex_unlock(&server->lock);
}

/* Compares segment by segment; on a match the params are set. */
static bool match_path(struct cask_http_request *rq, const char *pattern)
{
	const char *path = rq->path, *params[CASK_HTTP_PARAMS_MAX] = { 0 };
	unsigned int count = 0;
	size_t ends[CASK_HTTP_PARAMS_MAX];

	while (*pattern) {
		size_t length;

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		length = strcspn(path, "/");
		if (!length || count == CASK_HTTP_PARAMS_MAX)
			return false;
		params[count] = rq->path_parts + (path - rq->path);
		ends[count++] = path - rq->path + length;
		path += length;
		pattern += strcspn(pattern, "}") + 1;
	}
	if (*path)
		return false;
	memcpy(rq->params, params, sizeof(params));
	while (count)
		rq->path_parts[ends[--count]] = 0;
	return true;
}

static bool method_fits(const struct cask_http_route *route, const char *method)
{
	return !strcmp(route->method, method) ||
	       (!strcmp(method, "HEAD") && !strcmp(route->method, "GET"));
}

static void add_method(char *list, const char *method)
{
	size_t used = strlen(list);

	snprintf(list + used, ALLOW_MAX - used, "%s%s", used ? ", " : "", method);
}

/* The method is not repeated: it may be any bytes, and JSON is UTF-8. */
static struct cask_reply *method_not_allowed(const char *allow)
{
	return cask_reply_header(cask_reply_problem(405, "method-not-allowed",
						    "This path does not take this method."),
				 "Allow", allow);
}

static struct cask_reply *find_route(struct cask_http_request *rq)
{
	const struct cask_http_options *options = &rq->server->options;
	char allow[ALLOW_MAX] = "";
	bool matched = false;

	for (size_t i = 0; i < options->route_count; i++) {
		const struct cask_http_route *route = &options->routes[i];

		if (!match_path(rq, route->pattern))
			continue;
		if (method_fits(route, rq->method)) {
			rq->route = route;
			return NULL;
		}
		matched = true;
		add_method(allow, route->method);
		if (!strcmp(route->method, "GET"))
			add_method(allow, "HEAD");
	}
	return matched ? method_not_allowed(allow) :
		cask_reply_problem(404, "not-found", "There is nothing at this path.");
}

/*
 * Two readers of such a request might see two different ones: a proxy in front
 * and this server must not disagree on where it ends, or on whom it is for.
 */
static bool ambiguous(const struct cask_http_request *rq)
{
	unsigned int lengths = cask_http_header_count(rq, "Content-Length");
	unsigned int encodings = cask_http_header_count(rq, "Transfer-Encoding");

	return lengths + encodings > 1 || cask_http_header_count(rq, "Host") != 1;
}

static struct cask_reply *too_large(const struct cask_http_request *rq)
{
	return cask_reply_problem(413, "body-too-large", "The body may have %zu bytes.",
				  rq->route->body_max);
}

/* Looks at the headers: gives the reply that refuses the request, or NULL. */
static struct cask_reply *refuse(struct cask_http_request *rq)
{
	const char *length = cask_http_header(rq, "Content-Length");
	struct cask_reply *reply;

	if (strlen(rq->target) > CASK_HTTP_TARGET_MAX)
		return cask_reply_problem(414, "target-too-long", "The target may have %d bytes.",
					  CASK_HTTP_TARGET_MAX);
	if (ambiguous(rq))
		return cask_reply_header(cask_reply_problem(400, "bad-request",
							    "One Host, and one length or encoding."),
					 "Connection", "close");
	reply = find_route(rq);
	if (reply || !rq->route)
		return reply;
	if (length && strtoull(length, NULL, 10) > rq->route->body_max)
		return too_large(rq);
	return NULL;
}

/*
 * Whether the client is sending a body that is worth reading to its end: a connection closed with
 * some of it unread is reset, and that may take away the answer that says why.
 */
static bool body_follows(const struct cask_http_request *rq)
{
	const char *length = cask_http_header(rq, "Content-Length");

	if (ambiguous(rq) || cask_http_header(rq, "Expect"))
		return false;
	return cask_http_header(rq, "Transfer-Encoding") ||
	       (length && strtoull(length, NULL, 10) <= SWALLOW_MAX);
}

static bool collect(struct cask_http_request *rq, const char *data, size_t size)
{
	if (rq->reply || rq->excess || size > rq->route->body_max - rq->body_size) {
		rq->excess += size;
		return rq->excess <= SWALLOW_MAX;
	}
	if (!rq->body) {
		rq->body = malloc(rq->route->body_max);
		if (!rq->body)
			return false;
	}
	memcpy(rq->body + rq->body_size, data, size);
	rq->body_size += size;
	return true;
}

static enum MHD_Result answer(struct cask_http_request *rq)
{
	if (!rq->reply)
		rq->reply = cask_reply_problem(500, "internal-error",
					       "The request could not be carried out.");
	if (!rq->reply)
		return MHD_NO;
	cask_deadline_disarm(deadline_of(rq->connection));
	return MHD_queue_response(rq->connection, rq->reply->status, rq->reply->response);
}

static struct cask_reply *carry_out(struct cask_http_request *rq)
{
	return rq->excess ? too_large(rq) : rq->route->handler(rq);
}

/*
 * libmicrohttpd's access handler: once for the headers, for each piece, for the end; and once more for an
 * answer that was held.
 */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **con_cls)
{
	struct cask_http_request *rq = *con_cls;

	if (!rq)
		return MHD_NO;
	if (!rq->admitted) {
		rq->admitted = true;
		rq->method = method;
		rq->reply = refuse(rq);
		if (rq->reply ? body_follows(rq) : rq->route != NULL)
			return MHD_YES;
		return answer(rq);
	}
	if (*size) {
		bool kept = collect(rq, data, *size);

		*size = 0;
		return kept ? MHD_YES : MHD_NO;
	}
	/* It is whole: from here on the handler takes its time, and perhaps a server's. */
	cask_deadline_disarm(deadline_of(connection));
	if (!rq->reply && !rq->held.settled)
		rq->reply = carry_out(rq);
	if (!rq->held.wanted || rq->held.settled)
		return answer(rq);
	return cask_held_add(rq->server->held, &rq->held) ? MHD_YES : answer(rq);
}

static void log_mhd(void *cls, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void log_mhd(void *cls, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = 0;
	/* Mostly clients that hang up in the middle of a handshake. */
	cask_debug("libmicrohttpd: %s", line);
}

static struct MHD_Daemon *start_daemon(struct cask_http *server)
{
	const struct cask_http_options *o = &server->options;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->tls_certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->tls_key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem pool[] = {
		{ MHD_OPTION_THREAD_POOL_SIZE, o->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	flags |= o->threads ? MHD_USE_EPOLL : MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
	if (o->tls_certificate)
		flags |= MHD_USE_TLS;
	if (o->settle)
		flags |= MHD_ALLOW_SUSPEND_RESUME;
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
				MHD_OPTION_EXTERNAL_LOGGER, log_mhd, NULL,
				MHD_OPTION_LISTEN_SOCKET, o->listen_fd,
				MHD_OPTION_URI_LOG_CALLBACK, begin, server,
				MHD_OPTION_NOTIFY_COMPLETED, completed, server,
				MHD_OPTION_NOTIFY_CONNECTION, connected, server,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_per_host,
				MHD_OPTION_CONNECTION_LIMIT, o->connections_max +
					(o->connections_per_user ? TURNING_AWAY : 0),
				MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
				MHD_OPTION_ARRAY, o->tls_certificate ? tls : tls + 3,
				MHD_OPTION_ARRAY, o->threads > 1 ? pool : pool + 1,
				MHD_OPTION_END);
}

static void server_free(struct cask_http *server)
{
	cask_held_free(server->held);
	cask_deadlines_stop(server->deadlines);
	cask_crowd_free(server->crowd);
	pthread_cond_destroy(&server->idle);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

static int make_crowd(struct cask_http *server)
{
	struct cask_crowd_limits limits = {
		.all = server->options.connections_max,
		.of_user = server->options.connections_per_user,
		.for_root = server->options.connections_per_user,
	};

	/* Who was let in is known by the deadline. */
	if (!server->deadlines)
		return -EINVAL;
	server->crowd = cask_crowd_new(&limits);
	return server->crowd ? 0 : -ENOMEM;
}

/**
 * cask_http_start() - serve
 * @options: copied; the socket is taken over on success
 * @ret_server: to be given to cask_http_stop()
 *
 * SIGPIPE is ignored from here on. The threads inherit the caller's signal
 * mask: block what is to be awaited first.
 *
 * Return: 0, -ENOMEM, or -EINVAL when libmicrohttpd refuses the options, most
 * likely certificate and key (with log level debug it says why).
 */
int cask_http_start(const struct cask_http_options *options, struct cask_http **ret_server)
{
	struct cask_http *server = calloc(1, sizeof(*server));
	int ret = 0;

	if (!server)
		return -ENOMEM;
	signal(SIGPIPE, SIG_IGN);
	server->options = *options;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->idle, NULL);
	if (options->request_seconds)
		ret = cask_deadlines_start(options->request_seconds, &server->deadlines);
	if (!ret && options->connections_per_user)
		ret = make_crowd(server);
	if (!ret && options->settle)
		ret = cask_held_start(options->settle, options->context, &server->held);
	if (!ret) {
		server->daemon = start_daemon(server);
		ret = server->daemon ? 0 : -EINVAL;
	}
	if (ret) {
		cask_held_end(server->held);
		server_free(server);
	} else {
		*ret_server = server;
	}
	return ret;
}

/* Until no request is in progress, or the time is over. */
static void drain(struct cask_http *server)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += server->options.drain_seconds;
	pthread_mutex_lock(&server->lock);
	while (server->in_flight)
		if (pthread_cond_timedwait(&server->idle, &server->lock, &until))
			break;
	if (server->in_flight)
		cask_warn("%u requests are cut off", server->in_flight);
	pthread_mutex_unlock(&server->lock);
}

/**
 * cask_http_stop() - take no more connections, finish what is in progress, end
 * @server: freed; may be NULL
 */
void cask_http_stop(struct cask_http *server)
{
	_cleanup_close_ int listen_fd = -1;

	if (!server)
		return;
	listen_fd = MHD_quiesce_daemon(server->daemon);
	drain(server);
	/* libmicrohttpd ends the process if a connection is suspended when it is to stop. */
	cask_held_end(server->held);
	MHD_stop_daemon(server->daemon);
	server_free(server);
}
