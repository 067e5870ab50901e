// SPDX-License-Identifier: GPL-2.0
/*
 * opens.c - what an opening costs: of a license that counts nothing, of one that counts each, and
 * of the latter by several at once, with caskd as the disk and a tmpfs under it.
 *
 * Prints "open NAME OPENERS OPENS INSNS QUESTIONS BYTES SYNCS": of all OPENS together. What
 * is asked and synced is read from tracepoints, in openings of their own that are not measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"
#include "speed.h"

#define SAMPLES		16
#define WARM_UPS	3
#define TOGETHER	8	/* openers */
#define EACH		16	/* openings of one of them */
#define STATE		"/tmp/caskd"
#define NOTIFY		"/tmp/caskd-ready"
#define TRACING		"/sys/kernel/tracing/"

static struct world *world;
static int content;

/* --- the agent --- */

static int listen_for_ready(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = NOTIFY };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unlink(NOTIFY);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)))
		fail("%s", NOTIFY);
	return fd;
}

static pid_t start_agent(void)
{
	int ready = listen_for_ready();
	pid_t pid = fork();
	char word[64];

	if (pid < 0)
		fail("fork");
	if (!pid) {
		setenv("NOTIFY_SOCKET", NOTIFY, 1);
		execlp("caskd", "caskd", "--state", STATE, "--socket", STATE ".sock", "--log-level",
		       "warning", NULL);
		_exit(127);
	}
	if (recv(ready, word, sizeof(word), 0) < 0)
		fail("caskd");
	close(ready);
	return pid;
}

/* --- what is counted beside instructions --- */

/**
 * struct traffic - between the module and the disk
 * @questions: of the module to the agent
 * @bytes: that it had written
 * @syncs: fdatasync() and fsync()
 */
struct traffic {
	unsigned int questions, bytes, syncs;
};

static void set(const char *file, const char *text)
{
	int ret = write_file(file, text);

	errno = -ret;
	if (ret)
		fail("%s", file);
}

static void trace(const char *on)
{
	set(TRACING "events/cask/cask_store/enable", on);
	set(TRACING "events/syscalls/sys_enter_fdatasync/enable", on);
	set(TRACING "events/syscalls/sys_enter_fsync/enable", on);
}

static struct traffic read_trace(void)
{
	FILE *f = fopen(TRACING "trace", "r");
	struct traffic t = { 0 };
	char line[512];
	const char *at;

	if (!f)
		fail("%strace", TRACING);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (strstr(line, "sys_fdatasync(") || strstr(line, "sys_fsync("))
			t.syncs++;
		at = strstr(line, " size=");
		if (strstr(line, "cask_store:") && at) {
			t.questions++;
			t.bytes += strtoul(at + strlen(" size="), NULL, 10);
		}
	}
	fclose(f);
	return t;
}

/* --- openings --- */

static void once(void)
{
	int fd = open_fd(content, NULL);

	if (fd < 0) {
		errno = -fd;
		fail("open");
	}
	close(fd);
}

static void *one_of_many(void *unused)
{
	int n;

	for (n = 0; n < EACH; n++)
		once();
	return NULL;
}

static void together(void)
{
	pthread_t threads[TOGETHER];
	int n;

	for (n = 0; n < TOGETHER; n++)
		if (pthread_create(&threads[n], NULL, one_of_many, NULL))
			fail("thread");
	for (n = 0; n < TOGETHER; n++)
		pthread_join(threads[n], NULL);
}

static void forget_trace(void)
{
	int fd = open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		fail("%strace", TRACING);
	close(fd);
}

static struct traffic traffic_of(void (*run)(void))
{
	struct traffic t;

	trace("1");
	forget_trace();
	run();
	t = read_trace();
	trace("0");
	return t;
}

static void measure_opens(const char *name, void (*run)(void), unsigned int openers,
			  unsigned int opens)
{
	uint64_t least = UINT64_MAX, begin, now;
	struct traffic t;
	int n;

	for (n = -WARM_UPS; n < SAMPLES; n++) {
		begin = ticks();
		run();
		now = ticks() - begin;
		if (n >= 0 && now < least)
			least = now;
	}
	t = traffic_of(run);
	printf("open %s %u %u %llu %u %u %u\n", name, openers, opens, (unsigned long long)least,
	       t.questions, t.bytes, t.syncs);
	fflush(stdout);
}

static void install(bool counted)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, world->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct license_fields *fields;
	struct agent_reply *r = malloc(sizeof(*r));
	int ret = 0;

	world->license = forge_license_default(world->a, world->content_id);
	fields = &world->license.fields;
	if (counted) {
		fields->once = true;
		fields->max_opens = 1 << 20;
		ret = agent_call(world->agent, CASK_CMD_NONCE_NEW, 0, attrs, r);
		if (!ret)
			memcpy(fields->nonce, nla_data(r->attrs[CASK_A_NONCE]), CASK_NONCE_SIZE);
	}
	ret = ret ? ret : world_install(world, getuid());
	free(r);
	errno = -ret;
	if (ret)
		fail("a license is not installed");
}

/* The module keeps what the test's own agent gave it; caskd, which has nothing, is its disk then. */
static void with_caskd(bool counted)
{
	pid_t agent;

	install(counted);
	agent_free(world->agent);
	agent = start_agent();
	measure_opens(counted ? "counted" : "uncounted", once, 1, 1);
	if (counted)
		measure_opens("counted", together, TOGETHER, TOGETHER * EACH);
	kill(agent, SIGTERM);
	waitpid(agent, NULL, 0);
	world->agent = agent_new();
	if (!world->agent)
		fail("agent");
	agent_disk(world->agent, world->disk);
	forget(world);
}

/**
 * measure_openings() - measure and print all of them
 */
void measure_openings(void)
{
	errno = 0;
	world = world_new();
	if (!world)
		fail("no module");
	world_content(world, 10000);
	content = open(world->path, O_RDONLY | O_CLOEXEC);
	if (content < 0)
		fail("%s", world->path);
	with_caskd(false);
	with_caskd(true);
	close(content);
	world_free(world);
}
