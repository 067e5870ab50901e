// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_serve.c - cask-server serve: the roles of the configuration over HTTPS.
 *
 * One pool of worker threads, each waiting by epoll; a thread handles a
 * request to its end on one connection of the database pool. The main thread
 * waits for SIGTERM or SIGINT, then requests in progress are finished.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "file.h"
#include "http.h"
#include "listen.h"
#include "log.h"
#include "pairs.h"
#include "role.h"
#include "service.h"

#define PEM_MAX		65536
/* After the scope's last second devices refuse every license: time to sign a new one. */
#define SCOPE_WARNING	(60 * 86400)
/* After the certificate's clients refuse the server. */
#define TLS_WARNING	(30 * 86400)

static const struct role *const roles[] = { &role_license, &role_contents, &role_billing };

static struct cask_reply *get_distributor(struct cask_http_request *rq)
{
	const struct server *server = cask_http_context(rq);

	return cask_reply_json(200, distributor_json(&server->distributor));
}

/* What every role answers. */
static const struct cask_http_route common_routes[] = {
	{ "GET", "/v1/distributor", get_distributor, 0 },
};

static void list_routes(json_t *list, const char *role, const struct cask_http_route *routes,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s*, s:s, s:s, s:I}", "role", role,
						      "method", routes[i].method,
						      "path", routes[i].pattern, "body_max",
						      (json_int_t)routes[i].body_max));
}

/**
 * cmd_routes() - cask-server routes
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_routes(int argc, char **argv)
{
	bool as_json = false;
	const struct option_spec specs[] = {
		{ "json", NULL, "print JSON, which it does anyway", .flag = &as_json },
	};
	const struct options options = {
		.usage = "cask-server routes",
		.about = "Prints what the roles answer: method, path, most bytes of a body.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	json_t *list = json_array();
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret) {
		json_decref(list);
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	}
	list_routes(list, NULL, common_routes, ARRAY_SIZE(common_routes));
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		list_routes(list, roles[i]->name, roles[i]->routes, roles[i]->route_count);
	return command_print(json_pack("{s:o}", "routes", list));
}

/**
 * struct serving - what stands behind a running server
 * @server: opened
 * @routes: of all its roles
 * @route_count: of @routes
 * @certificate: PEM
 * @key: PEM; wiped once TLS has it
 * @needs_vault: one of its roles does
 */
struct serving {
	struct server server;
	struct cask_http_route routes[ROLE_ROUTES_MAX];
	size_t route_count;
	char *certificate;
	char *key;
	bool needs_vault;
};

static void wipe_key(struct serving *s)
{
	if (s->key)
		explicit_bzero(s->key, strlen(s->key));
	free(s->key);
	s->key = NULL;
}

static void free_serving(struct serving *s)
{
	wipe_key(s);
	free(s->certificate);
	server_close(&s->server);
}

static int add_routes(struct serving *s, const struct cask_http_route *routes, size_t count)
{
	if (count > ROLE_ROUTES_MAX - s->route_count)
		return -ENOSPC;
	memcpy(&s->routes[s->route_count], routes, count * sizeof(*routes));
	s->route_count += count;
	return 0;
}

static int start_role(struct serving *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		int ret;

		if (strcmp(roles[i]->name, name))
			continue;
		s->needs_vault |= roles[i]->needs_vault;
		ret = roles[i]->start(&s->server);
		return ret ? ret : add_routes(s, roles[i]->routes, roles[i]->route_count);
	}
	cask_err("there is no role \"%s\"", name);
	return -EINVAL;
}

static void warn_of_end(const char *what, int64_t not_after, int64_t warning)
{
	int64_t left = not_after - time(NULL);

	if (left < warning)
		cask_warn(left < 0 ? "the %s expired %lld days ago" : "the %s expires in %lld days",
			  what, (long long)llabs(left) / 86400);
}

static int start_roles(struct serving *s)
{
	_cleanup_free_ char *names = strdup(s->server.config.roles);
	char *state = NULL;
	int ret, count = 0;

	ret = names ? add_routes(s, common_routes, ARRAY_SIZE(common_routes)) : -ENOMEM;
	/* Signed requests are every role's. */
	if (!ret)
		ret = server_load_pairwise(&s->server);
	if (!ret)
		ret = pairs_new(&s->server.pairs);
	for (char *name = strtok_r(names, " \t,", &state); name && !ret;
	     name = strtok_r(NULL, " \t,", &state), count++)
		ret = start_role(s, name);
	if (!ret && !count) {
		cask_err("no roles are configured");
		ret = -EINVAL;
	}
	return ret;
}

static int read_pem(const char *path, char **ret_pem)
{
	uint8_t *data;
	size_t size;
	int ret = cask_file_read(path, PEM_MAX, &data, &size);

	if (ret)
		cask_err("%s: %s", path, strerror(-ret));
	else
		*ret_pem = (char *)data;
	return ret;
}

static int load_certificate(struct serving *s)
{
	int64_t expires;
	int ret = read_pem(s->server.config.certificate, &s->certificate);

	if (!ret)
		ret = pki_from_pem(s->certificate, &s->server.certificate);
	if (!ret)
		ret = pki_expires(s->server.certificate, &expires);
	if (!ret)
		warn_of_end("TLS certificate", expires, TLS_WARNING);
	return ret;
}

static int load_tls(struct serving *s)
{
	struct server *server = &s->server;
	EVP_PKEY *key;
	int ret;

	if (!server->config.tls)
		return 0;
	ret = load_certificate(s);
	if (ret || server->config.key)
		return ret ? ret : read_pem(server->config.key, &s->key);
	ret = vault_get_key(&server->vault, server->db, SECRET_TLS, &key);
	if (ret)
		return ret;
	ret = pki_key_to_pem(key, &s->key);
	EVP_PKEY_free(key);
	return ret;
}

static int open_socket(const struct server_config *config)
{
	int fd = cask_listen_activated(0);

	if (fd == -ENOENT)
		fd = cask_listen_tcp(config->host, config->port);
	if (fd < 0)
		cask_err("port %u: %s", (unsigned int)config->port, strerror(-fd));
	return fd;
}

/* Scripts wait for this line on stdout, systemd for READY=1. */
static void announce(const struct server_config *config, int fd)
{
	char address[CASK_LISTEN_NAME_MAX];

	if (cask_listen_describe(fd, address, sizeof(address)))
		return;
	printf("listening %s\n", address);
	fflush(stdout);
	cask_notice("%s on %s", config->roles, address);
	cask_service_notify("READY=1");
}

/* Once the disk has failed, what it has of the answers that wait is not known: nobody gets one. */
static void settle(void *context)
{
	struct server *server = context;
	int ret = cask_db_sync(server->db);

	if (!ret)
		return;
	cask_err("database: %s: ending, to find out what is there", strerror(-ret));
	_exit(EXIT_FAILED);
}

static int serve(struct serving *s)
{
	const struct server_config *config = &s->server.config;
	struct cask_http_options options = {
		.routes = s->routes, .route_count = s->route_count, .context = &s->server,
		.tls_certificate = s->certificate, .tls_key = s->key,
		.threads = config->threads, .connections_max = config->connections,
		.connections_per_host = config->connections_per_host,
		.request_seconds = config->request_seconds,
		.idle_seconds = config->idle_seconds, .drain_seconds = config->drain_seconds,
		.log_requests = true, .settle = cask_db_defers(s->server.db) ? settle : NULL,
	};
	struct cask_http *http;
	int ret;

	options.listen_fd = open_socket(config);
	if (options.listen_fd < 0)
		return options.listen_fd;
	ret = cask_http_start(&options, &http);
	if (ret) {
		cask_err("HTTP does not start: %s", strerror(-ret));
		close(options.listen_fd);
		return ret;
	}
	wipe_key(s);
	announce(config, options.listen_fd);
	cask_notice("stopping by signal %d", cask_service_wait());
	cask_service_notify("STOPPING=1");
	cask_http_stop(http);
	return 0;
}

static int prepare(struct serving *s, const char *config)
{
	int ret = command_open(config, &s->server);

	if (ret)
		return ret;
	cask_log_init("cask-server", cask_log_level_parse(s->server.config.log_level));
	warn_of_end("scope", s->server.distributor.not_after, SCOPE_WARNING);
	ret = start_roles(s);
	if (!ret)
		ret = load_tls(s);
	/* A server of files alone need not be able to open every secret of the database. */
	if (!s->needs_vault)
		vault_close(&s->server.vault);
	return ret ? ret : pool_open(s->server.config.database, s->server.config.threads,
				     &s->server.pool);
}

/**
 * cmd_serve() - cask-server serve
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_serve(int argc, char **argv)
{
	_cleanup_(free_serving) struct serving serving = { 0 };
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server serve [--config FILE]",
		.about = "Serves the roles of the configuration until SIGTERM or SIGINT. Prints\n"
			 "\"listening ADDRESS\" and tells systemd when it is ready; takes a socket\n"
			 "from systemd if there is one. Logs a line for each request to stderr.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	cask_service_block_signals();
	ret = prepare(&serving, config);
	if (!ret)
		ret = serve(&serving);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
