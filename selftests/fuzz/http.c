// SPDX-License-Identifier: GPL-2.0
/*
 * http.c - the bytes that a client sends to a server, by a socket as in life:
 * routes, headers, ranges, bodies.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "http.h"
#include "json.h"

#define BODY_MAX	512
#define FILE_SIZE	1000

/*
 * After each input libFuzzer asks whether all was freed, when the server's thread may not be done
 * with it. What leaks runs into -rss_limit_mb.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

/* Reads each byte of what a request is made of; ASan sees to the rest. */
static void look(const char *text)
{
	for (; text && *text; text++)
		fuzz_sink ^= *text;
}

static void look_at(const struct cask_http_request *rq)
{
	look(cask_http_method(rq));
	look(cask_http_target(rq));
	look(cask_http_path(rq));
	look(cask_http_raw_query(rq));
	look(cask_http_query(rq, "id"));
	look(cask_http_header(rq, "Idempotency-Key"));
	if (strlen(cask_http_target(rq)) > CASK_HTTP_TARGET_MAX ||
	    cask_http_header_count(rq, "Host") != 1)
		abort();
}

static struct cask_reply *get_thing(struct cask_http_request *rq)
{
	look_at(rq);
	for (unsigned int i = 0; i < 2; i++)
		if (!cask_http_param(rq, i)[0] || strchr(cask_http_param(rq, i), '/'))
			abort();
	return cask_reply_problem(404, "not-found", "No thing.");
}

static struct cask_reply *post_thing(struct cask_http_request *rq)
{
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	json_t *json = NULL;
	const char *name;

	look_at(rq);
	if (size > BODY_MAX)
		abort();
	if (cask_json_parse(body, size, &json) || cask_json_string(json, "name", 64, &name)) {
		json_decref(json);
		return cask_reply_problem(400, "bad-request", "No JSON, or no name.");
	}
	look(name);
	return cask_reply_json(200, json);
}

static struct cask_reply *get_file(struct cask_http_request *rq)
{
	struct cask_reply_file file = { .fd = memfd_create("file", MFD_CLOEXEC), .size = FILE_SIZE,
					.type = "text/plain", .etag = "\"tag\"" };

	look_at(rq);
	if (file.fd < 0 || ftruncate(file.fd, FILE_SIZE))
		abort();
	return cask_reply_file(rq, &file);
}

static const struct cask_http_route routes[] = {
	{ "GET", "/v1/things/{thing}/parts/{part}", get_thing },
	{ "POST", "/v1/things", post_thing, .body_max = BODY_MAX },
	{ "DELETE", "/v1/things", get_file },
	{ "GET", "/v1/file", get_file },
};

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_size;

/* Autobind: a name that nobody else has, and that is gone with the process. */
static void serve(void)
{
	struct cask_http_options options = {
		.routes = routes, .route_count = sizeof(routes) / sizeof(routes[0]),
		.connections_max = 16, .connections_per_host = 16, .request_seconds = 30,
		.idle_seconds = 30,
	};
	struct cask_http *server;

	options.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address_size = sizeof(address);
	if (options.listen_fd < 0 ||
	    bind(options.listen_fd, (struct sockaddr *)&address, sizeof(sa_family_t)) ||
	    getsockname(options.listen_fd, (struct sockaddr *)&address, &address_size) ||
	    listen(options.listen_fd, 16) || cask_http_start(&options, &server))
		abort();
}

/* What comes back, until the server ends the connection; it is HTTP or nothing. */
static void take(int fd)
{
	char text[4096];
	size_t size = 0;
	ssize_t n;

	do {
		n = recv(fd, text + size, sizeof(text) - size, 0);
		size += n > 0 ? n : 0;
		if (size == sizeof(text))
			size = 16;
	} while (n > 0);
	if (size && (size < 9 || memcmp(text, "HTTP/1.", 7)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool serving;
	int fd;

	if (!serving)
		serve();
	serving = true;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, address_size))
		abort();
	/* It may hang up in the middle. */
	send(fd, data, size, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	take(fd);
	close(fd);
	return 0;
}
