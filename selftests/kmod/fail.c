// SPDX-License-Identifier: GPL-2.0
/* fail.c - fail each allocation and each copy to or from user memory of an operation in turn. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail.h"

#define POINTS_MAX	5000
#define WORKERS_MAX	64
/* A worker that was made meanwhile may have taken the work: not hit once is not yet the end. */
#define MISSES_MAX	3

static struct world *world;
static unsigned int used_up;

/* What the agent asks for, and what it was answered. */
static struct agent_message message;
static struct agent_reply reply;

/* --- the kernel's faults --- */

static int own = -1;			/* this thread's fail-nth */
static int workers[WORKERS_MAX];	/* theirs, while they are armed */
static unsigned int worker_count;

/* Every allocation may fail, not only those that the kernel expects to; and quietly. */
static int set_faults(void)
{
	static const char * const settings[][2] = {
		{ "failslab/verbose", "0" }, { "failslab/ignore-gfp-wait", "0" },
		{ "fail_page_alloc/verbose", "0" }, { "fail_page_alloc/ignore-gfp-wait", "0" },
		{ "fail_page_alloc/min-order", "0" }, { "fail_usercopy/verbose", "0" },
	};
	char path[96];
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		ret = write_file(path, settings[i][1]);
		if (ret)
			return ret;
	}
	return 0;
}

int fail_prepare(struct world *w)
{
	pthread_attr_t attr;
	int ret = set_faults();

	world = w;
	own = ret ? -1 : open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (own < 0)
		return ret ?: -errno;
	/* Threads come and go, and what they may use is brought in each time. */
	mallopt(M_ARENA_MAX, 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pthread_setattr_default_np(&attr);
	/* No page of this program is to be brought in while a fault is armed. */
	return mlockall(MCL_CURRENT | MCL_FUTURE) ? -errno : 0;
}

void fail_end(void)
{
	munlockall();
	close(own);
	free(message.data);
	message = (struct agent_message){ 0 };
}

void fail_used_up(void)
{
	used_up++;
}

/* --- what the agent asks for --- */

void fail_about(int cmd, int flags, const struct agent_attr *attrs)
{
	free(message.data);
	message = agent_message(world->agent, cmd, flags, attrs);
}

int fail_exchange(faults *f)
{
	return agent_exchange(world->agent, &message, &reply);
}

int fail_send(faults *f)
{
	return agent_send(world->agent, &message);
}

int fail_await(faults *f, int ret)
{
	return ret < 0 ? ret : agent_await(world->agent, &message, &reply);
}

struct nlattr *fail_answer(int attr)
{
	return reply.attrs[attr];
}

/* --- arming --- */

static void arm_caller(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(own, text, len, 0) != len)
		abort();
}

/*
 * Whether the fault came about. One that is still to come strikes these reads and
 * writes of its own file as well.
 */
static bool disarm_caller(void)
{
	char text[16] = "";

	if (pread(own, text, sizeof(text) - 1, 0) < 0)
		return false;
	if (text[0] == '0')
		return true;
	while (pwrite(own, "0", 1, 0) < 0)
		;
	return false;
}

/* The pools of the module's queues are bound to no processor. */
static bool is_worker(const char *pid)
{
	char path[300], name[16] = "";
	int fd;

	if (!isdigit(pid[0]))
		return false;
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = 0;
	close(fd);
	return !strncmp(name, "kworker/u", 9);
}

static void arm_worker(const char *pid, unsigned int n)
{
	char path[300], text[16];
	int len = snprintf(text, sizeof(text), "%u", n);
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/fail-nth", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (worker_count == WORKERS_MAX || pwrite(fd, text, len, 0) != len)
		abort();
	workers[worker_count++] = fd;
}

static void arm_workers(unsigned int n)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d)
		abort();
	worker_count = 0;
	while ((e = readdir(d)))
		if (is_worker(e->d_name))
			arm_worker(e->d_name, n);
	closedir(d);
}

static bool disarm_workers(void)
{
	bool hit = false;

	while (worker_count) {
		int fd = workers[--worker_count];
		char text[16] = "";

		/* One that has gone has neither. */
		if (pread(fd, text, sizeof(text) - 1, 0) > 0 && text[0] == '0')
			hit = true;
		else if (pwrite(fd, "0", 1, 0) < 0 && errno != ESRCH)
			abort();
		close(fd);
	}
	return hit;
}

static int references(void)
{
	FILE *f = fopen("/sys/module/cask/refcnt", "r");
	int n = -1;

	if (!f || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* --- the disk, while an operation waits for it --- */

static atomic_bool serving;

static void *serve(void *arg)
{
	(void)arg;
	while (atomic_load(&serving))
		agent_serve(world->agent, 5);
	return NULL;
}

static void begin_serving(pthread_t *thread)
{
	atomic_store(&serving, true);
	if (pthread_create(thread, NULL, serve, NULL))
		abort();
}

static void end_serving(pthread_t thread)
{
	atomic_store(&serving, false);
	pthread_join(thread, NULL);
}

/* --- each point --- */

/*
 * What a fault may look like. ENOBUFS is netlink's word for its own buffers. The
 * kernel's RSA calls a signature invalid that it had no memory to look at.
 */
static bool is_clean(const struct operation *op, int ret)
{
	return ret >= 0 || ret == -ENOMEM || ret == -EFAULT || ret == -ENOBUFS ||
	       (op->verifies && ret == -EKEYREJECTED);
}

/* @n: which point to fail, 0: none */
static int carry_out(faults *f, const struct operation *op, unsigned int n, enum fail_where where,
		     bool *hit)
{
	int ret;

	if (n && where == FAIL_WORKERS)
		arm_workers(n);
	if (n && where == FAIL_CALLER)
		arm_caller(n);
	ret = op->run(f);
	*hit = n && where == FAIL_CALLER && disarm_caller();
	if (op->finish)
		ret = op->finish(f, ret);
	if (n && where == FAIL_WORKERS)
		*hit = disarm_workers();
	return op->done && ret == op->done ? 0 : ret;
}

static int run_once(faults *f, const struct operation *op, unsigned int n, enum fail_where where,
		    bool *hit)
{
	pthread_t thread;
	int ret;

	if (op->before)
		op->before(f);
	if (op->waits)
		begin_serving(&thread);
	ret = carry_out(f, op, n, where, hit);
	if (op->waits)
		end_serving(thread);
	agent_drain(world->agent);
	if (op->after)
		op->after(f, ret);
	return ret;
}

/* Whether it succeeds again, and the module is held by nobody who did not hold it before. */
static int check_point(faults *f, const struct operation *op, int base)
{
	bool hit;

	if (references() != base) {
		printf("# the module has %d references, not %d\n", references(), base);
		return -EBUSY;
	}
	return op->most ? 0 : run_once(f, op, 0, FAIL_CALLER, &hit);
}

int fail_each(faults *f, const struct operation *op, const char *name, enum fail_where where)
{
	unsigned int last = where == FAIL_WORKERS ? MISSES_MAX : 1;
	unsigned int n, failed = 0, misses = 0;
	int base = references();
	int ret, again;
	bool hit;

	used_up = 0;
	for (n = 1; misses < last && n < POINTS_MAX && (!op->most || used_up < op->most); n++) {
		ret = run_once(f, op, n, where, &hit);
		again = check_point(f, op, base);
		misses = hit ? 0 : misses + 1;
		failed += ret < 0;
		if (!is_clean(op, ret) || (!hit && ret < 0) || again < 0) {
			printf("# %s: point %u gave %d, and then %d\n", name, n, ret, again);
			return -1;
		}
	}
	printf("# %s: failed at each of %u points%s, %u times with an error\n", name,
	       n - 1 - misses, where == FAIL_WORKERS ? " of a worker" : "", failed);
	return n - 1 - misses;
}
