// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - server-rates: load for a cask-server, and what it costs the server. Prints JSON.
 *
 *	server-rates raw                     the operations of libcrypto by themselves
 *	server-rates enrol FIELD=VALUE...    register devices
 *	server-rates run FIELD=VALUE...      requests of one kind, prepared beforehand
 *
 * Fields: authority=localhost:PORT, ca=FILE (none: no TLS), distributor=FILE, devices=FILE (that is
 * written, or read), clients=N: so many devices; and of a run: pid=N, the server's; lane=NAME;
 * requests=N of each client; content=HEX; threads=N, which share the clients, one each if not said;
 * fresh=1: each request by a connection of its own.
 *
 * The processor time is all that the server's process spent from the first request to the last answer.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "rates.h"
#include "text.h"

#define CLIENTS_MAX	16384
#define REQUESTS_MAX	4096
#define THREADS_MAX	1024
#define STACK_SIZE	(512 << 10)

struct run;

/**
 * struct lane - a kind of request
 * @name: of it
 * @status: that answers it
 * @prepare: one request of a device
 */
struct lane {
	const char *name;
	unsigned int status;
	void (*prepare)(const struct run *run, const struct rates_device *device,
			struct rates_request *ret_request);
};

/**
 * struct run - what is measured
 * @server: that is asked
 * @lane: what for
 * @content: hex, for lanes that name one
 * @devices: @known of them
 * @known: how many there are
 * @clients: the first so many of them ask
 * @each: requests of each client
 * @threads: that share the clients
 * @fresh: each request by a connection of its own
 * @requests: @clients times @each
 * @ns: from the start, or with a connection that stays from its being sent, to its answer
 * @next: client that no thread has taken
 * @turn: all threads are ready to start; start; are done
 * @start: when
 * @wall: from then until all were done
 * @clock: of the server's processor time, if @timed
 * @timed: it is asked for
 * @cpu: that the server took meanwhile
 */
struct run {
	struct rates_server server;
	const struct lane *lane;
	const char *content;
	struct rates_device *devices;
	unsigned int known, clients, each, threads;
	bool fresh;
	struct rates_request *requests;
	uint64_t *ns;
	atomic_uint next;
	pthread_barrier_t turn;
	uint64_t start, wall;
	clockid_t clock;
	bool timed;
	uint64_t cpu;
};

void rates_die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "server-rates: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void rates_must(int error, const char *what)
{
	if (error)
		rates_die("%s: %s", what, strerror(-error));
}

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		rates_die("the server is gone");
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* --- lanes --- */

static void prepare_empty(const struct run *run, const struct rates_device *device,
			  struct rates_request *ret_request)
{
	rates_plain(&run->server, "GET", "/v1/distributor", "application/json", "", 0, ret_request);
}

static void prepare_issue(const struct run *run, const struct rates_device *device,
			  struct rates_request *ret_request)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"content_id\": \"%s\"}", run->content);
	rates_sign(&run->server, device, "POST", "/v1/licenses", body, ret_request);
}

static void license_path(const struct rates_device *device, const char *more, char path[128])
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(device->license, sizeof(device->license), id);
	snprintf(path, 128, "/v1/licenses/%s%s", id, more);
}

static void prepare_renew(const struct run *run, const struct rates_device *device,
			  struct rates_request *ret_request)
{
	char path[128];

	license_path(device, "/renewals", path);
	rates_sign(&run->server, device, "POST", path, "{\"term\": \"month\"}", ret_request);
}

static void prepare_fetch(const struct run *run, const struct rates_device *device,
			  struct rates_request *ret_request)
{
	char path[128];

	license_path(device, "", path);
	rates_sign(&run->server, device, "GET", path, NULL, ret_request);
}

static const struct lane lanes[] = {
	{ "empty", 200, prepare_empty },
	{ "issue", 201, prepare_issue },
	{ "renew", 201, prepare_renew },
	{ "fetch", 200, prepare_fetch },
};

static const struct lane *find_lane(const char *name)
{
	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (!strcmp(lanes[i].name, name))
			return &lanes[i];
	rates_die("there is no lane \"%s\"", name);
}

/* --- fields --- */

static const char *field(char **fields, const char *name, const char *fallback)
{
	size_t length = strlen(name);

	for (; *fields; fields++)
		if (!strncmp(*fields, name, length) && (*fields)[length] == '=')
			return *fields + length + 1;
	if (!fallback)
		rates_die("%s= is wanted", name);
	return fallback;
}

static unsigned int number(char **fields, const char *name, const char *fallback, unsigned int max)
{
	const char *text = field(fields, name, fallback);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || !n || n > max)
		rates_die("%s=%s: 1 to %u", name, text, max);
	return n;
}

static void open_run(struct run *run, char **fields)
{
	const char *ca = field(fields, "ca", "");

	rates_open_server(&run->server, field(fields, "authority", NULL), *ca ? ca : NULL);
	rates_load_distributor(&run->server, field(fields, "distributor", NULL));
	run->clients = number(fields, "clients", NULL, CLIENTS_MAX);
	run->threads = number(fields, "threads", field(fields, "clients", NULL), THREADS_MAX);
}

/* --- threads --- */

static void go(struct run *run, void *(*work)(void *))
{
	pthread_t threads[THREADS_MAX];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_barrier_init(&run->turn, NULL, run->threads + 1);
	for (unsigned int i = 0; i < run->threads; i++)
		rates_must(-pthread_create(&threads[i], &attr, work, run), "thread");
	pthread_barrier_wait(&run->turn);
	run->cpu = run->timed ? now(run->clock) : 0;
	run->start = now(CLOCK_MONOTONIC);
	pthread_barrier_wait(&run->turn);
	pthread_barrier_wait(&run->turn);
	run->wall = now(CLOCK_MONOTONIC) - run->start;
	run->cpu = run->timed ? now(run->clock) - run->cpu : 0;
	for (unsigned int i = 0; i < run->threads; i++)
		pthread_join(threads[i], NULL);
}

static void *enrol(void *arg)
{
	struct run *run = arg;
	struct rates_connection *c = rates_connect(&run->server);
	unsigned int i;

	pthread_barrier_wait(&run->turn);
	pthread_barrier_wait(&run->turn);
	while ((i = atomic_fetch_add(&run->next, 1)) < run->clients)
		rates_enrol(&run->server, c, &run->devices[i]);
	pthread_barrier_wait(&run->turn);
	rates_disconnect(c);
	return NULL;
}

static void ask(struct run *run, struct rates_connection *c, unsigned int client, unsigned int n,
		struct rates_answer *answer)
{
	size_t i = (size_t)client * run->each + n;
	uint64_t start = run->fresh ? run->start : now(CLOCK_MONOTONIC);

	if (run->fresh)
		c = rates_connect(&run->server);
	rates_talk(c, &run->requests[i], answer);
	run->ns[i] = now(CLOCK_MONOTONIC) - start;
	if (run->fresh)
		rates_disconnect(c);
	if (answer->status != run->lane->status)
		rates_die("%s: %u %s", run->lane->name, answer->status, answer->body);
	memcpy(run->devices[client].license, answer->license, CASK_ID_SIZE);
}

static void *work(void *arg)
{
	struct run *run = arg;
	struct rates_connection *c = run->fresh ? NULL : rates_connect(&run->server);
	struct rates_answer *answer = calloc(1, sizeof(*answer));
	unsigned int i;

	pthread_barrier_wait(&run->turn);
	pthread_barrier_wait(&run->turn);
	while ((i = atomic_fetch_add(&run->next, 1)) < run->clients) {
		memcpy(answer->license, run->devices[i].license, CASK_ID_SIZE);
		for (unsigned int n = 0; n < run->each; n++)
			ask(run, c, i, n, answer);
	}
	pthread_barrier_wait(&run->turn);
	if (c)
		rates_disconnect(c);
	free(answer);
	return NULL;
}

/* --- commands --- */

static void save(const struct run *run, const char *path)
{
	remove(path);
	rates_must(cask_file_create(path, run->devices, run->known * sizeof(*run->devices),
				    0600), path);
}

static int command_enrol(char **fields)
{
	struct run run = { 0 };

	open_run(&run, fields);
	run.known = run.clients;
	run.devices = calloc(run.known, sizeof(*run.devices));
	if (!run.devices)
		rates_die("no memory");
	go(&run, enrol);
	save(&run, field(fields, "devices", NULL));
	printf("{\"devices\": %u}\n", run.clients);
	return 0;
}

static void load(struct run *run, const char *path)
{
	size_t size;
	uint8_t *data;

	rates_must(cask_file_read(path, CLIENTS_MAX * sizeof(*run->devices), &data, &size), path);
	run->known = size / sizeof(*run->devices);
	if (run->known < run->clients)
		rates_die("%s: not so many devices", path);
	run->devices = (struct rates_device *)data;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print(struct run *run)
{
	size_t n = (size_t)run->clients * run->each;

	qsort(run->ns, n, sizeof(*run->ns), compare);
	printf("{\"lane\": \"%s\", \"clients\": %u, \"requests\": %zu, \"cpu\": %.0f, \"wall\": %.0f, "
	       "\"p50\": %llu, \"p99\": %llu}\n", run->lane->name, run->clients, n, (double)run->cpu / n,
	       (double)run->wall / n, (unsigned long long)run->ns[n / 2],
	       (unsigned long long)run->ns[n * 99 / 100]);
}

static void prepare(struct run *run)
{
	size_t n = (size_t)run->clients * run->each;

	run->requests = calloc(n, sizeof(*run->requests));
	run->ns = calloc(n, sizeof(*run->ns));
	if (!run->requests || !run->ns)
		rates_die("no memory");
	for (size_t i = 0; i < n; i++)
		run->lane->prepare(run, &run->devices[i / run->each], &run->requests[i]);
}

static int command_run(char **fields)
{
	struct run run = { .lane = find_lane(field(fields, "lane", NULL)),
			   .content = field(fields, "content", "") };

	open_run(&run, fields);
	run.each = number(fields, "requests", "1", REQUESTS_MAX);
	run.fresh = *field(fields, "fresh", "");
	load(&run, field(fields, "devices", NULL));
	prepare(&run);
	run.timed = !clock_getcpuclockid(atoi(field(fields, "pid", NULL)), &run.clock);
	if (!run.timed)
		rates_die("pid: no such process");
	go(&run, work);
	print(&run);
	save(&run, field(fields, "devices", NULL));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "raw"))
		return rates_raw();
	if (argc > 2 && !strcmp(argv[1], "enrol"))
		return command_enrol(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "run"))
		return command_run(argv + 2);
	fprintf(stderr, "usage: server-rates raw | enrol FIELD=VALUE... | run FIELD=VALUE...\n");
	return 2;
}
