// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - caskd, the client's agent: speaks to distributors' servers and to the
 * kernel module, stores what it cannot read.
 *
 * Concurrency
 * -----------
 * A thread for each local connection (libmicrohttpd) runs a handler from begin
 * to end: it may wait for a server, nobody waits for it. The main thread sleeps
 * until a signal, and feeds the watchdog as long as both mutexes can be had: who
 * holds one for seconds hangs. One more thread listens for the module's coming
 * and going, and one fetches statements for licenses that the module did not take,
 * or after records were lost (refresh.c); and one delivers reports of use (delivery.c).
 *
 * Shared state is in six files, each behind its own mutex:
 *
 *   netlink.c	the socket to the module, and whether we are its agent. Held
 *		during one exchange (the module answers at once), and during
 *		restore_all() after each HELLO, so that nobody asks a module
 *		that does not yet know its distributors. Recursive for that.
 *   store.c	distributors and licenses, in memory and on disk. Held during
 *		the writing of a file. Taken inside netlink.c's, never around it.
 *   pending.c	requests whose answer is not known, on disk. None is taken inside it.
 *   ask.c	how many of those have a nonce of the module. Held while one is drawn,
 *		around netlink.c's and pending.c's.
 *   events.c	what the module told. Taken inside netlink.c's, never around it.
 *   delivery.c	what waits for being reported. None is taken inside it.
 *
 * No mutex is held while a server is asked. Distributors are counted and do not
 * change (but for an atomic clock difference), so a request goes on with the one
 * it has while another registers anew. Nothing else is shared.
 *
 * Trust
 * -----
 * caskd is trusted with nothing: licenses are sealed to the device's key, which
 * is in the kernel, and judged there. It decides who of the local users may do
 * what (SO_PEERCRED), and the kernel checks again who may open a content.
 */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <linux/cask_netlink.h>

#include "agent.h"
#include "api.h"
#include "area.h"
#include "delivery.h"
#include "enrolling.h"
#include "events.h"
#include "json.h"
#include "leaves.h"
#include "listen.h"
#include "log.h"
#include "payer.h"
#include "pending.h"
#include "refresh.h"
#include "restore.h"
#include "service.h"
#include "store.h"

#define DEFAULT_SOCKET	"/run/cask/caskd.sock"
#define DEFAULT_STATE	"/var/lib/cask"

#define CONNECTIONS_MAX	STORE_UNDER_WAY
/* And as many are left for root. */
#define CONNECTIONS_OF_USER 16
/* A question is short, and comes from this machine. */
#define REQUEST_SECONDS	10
/* Longer than any handler waits for servers: libmicrohttpd counts that as idle. */
#define IDLE_SECONDS	300
#define DRAIN_SECONDS	10
/* Then whoever still waits for a server waits no longer. */
#define STOP_SECONDS	(DRAIN_SECONDS - 2)
/* Neither module nor disk takes so long, unless it hangs. */
#define LOCK_SECONDS	5
/* At most so often anybody's opening has distributors asked about lost records, or later EKBs. */
#define REMIND_SECONDS	30

/**
 * struct settings - from the command line
 * @socket: path
 * @state: directory, allocated
 * @level: of the log
 */
struct settings {
	const char *socket;
	char *state;
	int level;
};

static const char usage[] =
	"usage: caskd [OPTION]...\n"
	"The client's agent of the content protection module.\n"
	"\n"
	"  --socket PATH      where the tools connect (default " DEFAULT_SOCKET ",\n"
	"                     or the socket that systemd hands over)\n"
	"  --state DIR        where distributors and licenses are kept\n"
	"                     (default $STATE_DIRECTORY or " DEFAULT_STATE ")\n"
	"  --log-level LEVEL  error, warning, notice, info (default) or debug\n"
	"  --routes           what of HTTP is answered, as JSON\n"
	"  --help             this text\n"
	"  --version          the version\n"
	"\n"
	"Exit status: 0 told to stop, 1 failed, 2 wrong command line.\n";

/* systemd gives a list separated by colons when a unit has several. */
static char *default_state(void)
{
	const char *list = getenv("STATE_DIRECTORY");

	return list && *list ? strndup(list, strcspn(list, ":")) : strdup(DEFAULT_STATE);
}

static int print_routes(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api_route_count; i++)
		json_array_append_new(list, json_pack("{ss ss sI}", "method", api_routes[i].method,
						      "path", api_routes[i].pattern, "body_max",
						      (json_int_t)api_routes[i].body_max));
	json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return 0;
}

/* Returns -1 to go on, else the exit status. */
static int take_option(int option, struct settings *s)
{
	switch (option) {
	case 's':
		s->socket = optarg;
		return -1;
	case 'd':
		free(s->state);
		s->state = strdup(optarg);
		return -1;
	case 'l':
		s->level = cask_log_level_parse(optarg);
		if (s->level >= 0)
			return -1;
		fprintf(stderr, "caskd: no such log level: %s\n", optarg);
		return 2;
	case 'r':
		return print_routes();
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'v':
		puts("caskd " CASK_VERSION);
		return 0;
	default:
		fputs("caskd: try caskd --help\n", stderr);
		return 2;
	}
}

static int parse(int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'd' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "routes", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 }
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		status = take_option(option, s);
		if (status >= 0)
			return status;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "caskd: what is \"%s\"? Try caskd --help\n", argv[optind]);
	return 2;
}

static int listen_here(const char *path)
{
	char *slash, dir[PATH_MAX];
	int fd = cask_listen_activated(0);

	if (fd != -ENOENT)
		return fd;
	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = 0;
		mkdir(dir, 0755);	/* if it is needed and fails, listening tells */
	}
	/* Everyone may ask; who one is decides about the answer. */
	return cask_listen_unix(path, 0666);
}

static int start(const char *path, struct cask_http **ret_server)
{
	struct cask_http_options options = {
		.routes = api_routes, .route_count = api_route_count,
		.connections_max = CONNECTIONS_MAX, .connections_per_user = CONNECTIONS_OF_USER,
		.request_seconds = REQUEST_SECONDS, .idle_seconds = IDLE_SECONDS,
		.drain_seconds = DRAIN_SECONDS, .log_requests = false,
	};
	int ret;

	options.listen_fd = listen_here(path);
	if (options.listen_fd < 0) {
		cask_err("%s: %s", path, strerror(-options.listen_fd));
		return options.listen_fd;
	}
	ret = cask_http_start(&options, ret_server);
	if (ret) {
		cask_err("the local server does not start: %s", strerror(-ret));
		close(options.listen_fd);
	}
	return ret;
}

/* Whether it was not done lately; then it is done now. */
static bool is_due(time_t *last, time_t now)
{
	if (*last && now - *last < REMIND_SECONDS)
		return false;
	*last = now;
	return true;
}

/* Who cannot go on because of what is not reported has it reported, but not each time. */
static void deliver(const struct agent_event *e, time_t now)
{
	static time_t last;
	bool refused = e->event == CASK_EVENT_REFUSED && e->error == EDQUOT;

	if (refused ? is_due(&last, now) : e->event == CASK_EVENT_LOGGED)
		delivery_wake(refused);
}

/* Who plays otherwise than by cask-play asks nobody for a later EKB. */
static void look(const struct agent_event *e, time_t now)
{
	static time_t last;

	if (e->event == CASK_EVENT_REFUSED && e->error == EL2NSYNC && is_due(&last, now))
		refresh_look();
}

/*
 * A loss is asked about when it is found. Who wants to use what was lost reminds us of it, for
 * the distributor may have refused by then, but not each time.
 */
static void happened(const struct agent_event *e)
{
	static time_t last;
	struct timespec now;

	events_happened(e);
	clock_gettime(CLOCK_MONOTONIC, &now);
	deliver(e, now.tv_sec);
	look(e, now.tv_sec);
	if (e->error != EUCLEAN ||
	    (e->event != CASK_EVENT_RECORDS_LOST && last && now.tv_sec - last < REMIND_SECONDS))
		return;
	last = now.tv_sec;
	refresh_wake();
}

/* Exchanges with the module and writing of files are short. */
static bool is_alive(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOCK_SECONDS;
	if (!agent_responds(&until))
		cask_err("the exchange with the module hangs");
	else if (!store_responds(&until))
		cask_err("the disk hangs");
	else
		return true;
	return false;
}

static int serve(const struct settings *s)
{
	struct cask_http *server;
	int ret;

	ret = store_open(s->state);
	if (ret) {
		cask_err("%s: %s", s->state, strerror(-ret));
		return ret;
	}
	ret = enrolling_open(s->state);
	if (ret) {
		cask_err("%s: %s", s->state, strerror(-ret));
		goto close_store;
	}
	ret = pending_open(s->state);
	if (ret) {
		cask_err("%s: %s", s->state, strerror(-ret));
		goto close_pending;
	}
	ret = leaves_open(s->state);
	if (ret) {
		cask_err("%s: %s", s->state, strerror(-ret));
		goto close_pending;
	}
	ret = area_open(s->state);
	if (ret) {
		cask_err("%s: %s", s->state, strerror(-ret));
		goto close_pending;
	}
	ret = agent_init(restore_all, happened);
	if (ret) {
		cask_err("netlink: %s", strerror(-ret));
		goto close_pending;
	}
	ret = refresh_start();
	if (ret) {
		cask_err("thread: %s", strerror(-ret));
		goto exit_netlink;
	}
	ret = delivery_start();
	if (ret) {
		cask_err("thread: %s", strerror(-ret));
		goto stop_refresh;
	}
	ret = start(s->socket, &server);
	if (ret)
		goto stop_delivery;
	cask_service_notify("READY=1");
	cask_notice("ready");
	cask_service_watch(is_alive);
	cask_service_notify("STOPPING=1");
	request_stop(STOP_SECONDS);
	events_stop();
	cask_http_stop(server);
stop_delivery:
	request_stop(0);
	delivery_stop();
stop_refresh:
	request_stop(0);
	refresh_stop();
exit_netlink:
	agent_exit();
close_pending:
	area_close();
	leaves_close();
	pending_close();
	enrolling_close();
close_store:
	store_close();
	return ret;
}

int main(int argc, char **argv)
{
	struct settings s = { .socket = DEFAULT_SOCKET, .level = CASK_LOG_INFO };
	int status;

	s.state = default_state();
	status = parse(argc, argv, &s);
	if (status < 0) {
		cask_log_init("caskd", s.level);
		/* Tokens and passwords pass through. */
		cask_json_wipe();
		cask_service_block_signals();
		signal(SIGPIPE, SIG_IGN);
		umask(0022);
		payer_open();
		curl_global_init(CURL_GLOBAL_DEFAULT);
		status = serve(&s) ? 1 : 0;
		curl_global_cleanup();
	}
	free(s.state);
	return status;
}
