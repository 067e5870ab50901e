// SPDX-License-Identifier: GPL-2.0
/* races.c - players open, read, open anew and close while licenses come and go. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "harness.h"

#define SIZE	(2 * BLOCK + 77)
#define PLAYERS	6
#define ROUNDS	100

FIXTURE(races) {
	struct world *w;
	struct agent_message add, del;
};

FIXTURE_SETUP(races)
{
	struct forge_bytes l;

	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, SIZE);
	forge_license(self->w->a, &self->w->license, self->w->device_key, self->w->content_key, &l);
	const struct agent_attr added[] = { { CASK_A_LICENSE, l.data, l.size }, { 0 } };
	const struct agent_attr removed[] = {
		{ CASK_A_ISSUER, self->w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, self->w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};

	self->add = agent_message(self->w->agent, CASK_CMD_LICENSE_ADD, 0, added);
	self->del = agent_message(self->w->agent, CASK_CMD_LICENSE_DEL, 0, removed);
	forge_free(&l);
}

FIXTURE_TEARDOWN(races)
{
	free(self->add.data);
	free(self->del.data);
	world_free(self->w);
}

/* What players and the test tell each other. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t played;
	unsigned int plays;
	bool stop;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER, .played = PTHREAD_COND_INITIALIZER };

/**
 * struct racer - one thread that plays
 * @path: of the content
 * @opened: how often there was a license
 * @refused: how often there was none, or none any more
 * @wrong: how often anything else came out
 */
struct racer {
	const char *path;
	unsigned int opened, refused, wrong;
};

/* The license was there, or it was not: nothing between. */
static bool allowed(struct racer *r, long ret, int error)
{
	if (ret >= 0)
		return true;
	if (error == EKEYREVOKED || error == ENOKEY)
		r->refused++;
	else
		r->wrong++;
	return false;
}

static void read_from(struct racer *r, int fd)
{
	uint8_t buf[600];
	size_t pos = BLOCK - 300;
	ssize_t n = pread(fd, buf, sizeof(buf), pos);
	ssize_t i;

	if (!allowed(r, n, errno))
		return;
	for (i = 0; i < n; i++)
		r->wrong += buf[i] != world_plain(pos + i);
}

static void reopen(struct racer *r, int fd)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (!allowed(r, again, errno))
		return;
	read_from(r, again);
	close(again);
}

static bool tell_played(void)
{
	bool stop;

	pthread_mutex_lock(&shared.lock);
	shared.plays++;
	pthread_cond_signal(&shared.played);
	stop = shared.stop;
	pthread_mutex_unlock(&shared.lock);
	return !stop;
}

static void *play(void *arg)
{
	struct racer *r = arg;
	int fd;

	do {
		fd = open_path(r->path, NULL);
		if (!allowed(r, fd, -fd))
			continue;
		r->opened++;
		read_from(r, fd);
		reopen(r, fd);
		info_of(fd);
		read_from(r, fd);
		close(fd);
	} while (tell_played());
	return NULL;
}

/* Until somebody has played, or found that he could not, since the last time. */
static void await_players(void)
{
	unsigned int before;

	pthread_mutex_lock(&shared.lock);
	before = shared.plays;
	while (shared.plays == before)
		pthread_cond_wait(&shared.played, &shared.lock);
	pthread_mutex_unlock(&shared.lock);
}

static void stop_players(void)
{
	pthread_mutex_lock(&shared.lock);
	shared.stop = true;
	pthread_mutex_unlock(&shared.lock);
}

TEST_F_TIMEOUT(races, a_license_comes_and_goes_under_players, 600)
{
	struct racer racers[PLAYERS], sum = { 0 };
	pthread_t threads[PLAYERS];
	int i;

	for (i = 0; i < PLAYERS; i++) {
		racers[i] = (struct racer){ .path = self->w->path };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, play, &racers[i]));
	}
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(0, agent_exchange(self->w->agent, &self->add, NULL));
		await_players();
		EXPECT_EQ(0, agent_exchange(self->w->agent, &self->del, NULL));
		await_players();
	}
	stop_players();
	for (i = 0; i < PLAYERS; i++) {
		pthread_join(threads[i], NULL);
		sum.opened += racers[i].opened;
		sum.refused += racers[i].refused;
		sum.wrong += racers[i].wrong;
	}
	printf("# %u opened, %u refused\n", sum.opened, sum.refused);
	EXPECT_LT(0, sum.opened);
	EXPECT_LT(0, sum.refused);
	EXPECT_EQ(0, sum.wrong);
}

/* --- licenses that install once --- */

#define OPENS		2u
#define OPENERS		2
#define SECONDS		20	/* in which there are rounds */
#define ROUNDS_LEAST	24

FIXTURE(once) {
	struct world *w;
	struct agent_message add[2], del;	/* asked at once they need numbers of their own */
};

typedef FIXTURE_DATA(once) once;

static void free_messages(once *o)
{
	free(o->add[0].data);
	free(o->add[1].data);
	free(o->del.data);
}

FIXTURE_SETUP(once)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 100);
}

FIXTURE_TEARDOWN(once)
{
	free_messages(self);
	world_free(self->w);
}

/* A license that was asked for, to be opened so often; and what brings and what removes it. */
static void make_license(once *o)
{
	struct world *w = o->w;
	struct forge_bytes l;

	w->license = forge_license_default(w->a, w->content_id);
	if (ask_for(w, OPENS))
		abort();
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	const struct agent_attr added[] = { { CASK_A_LICENSE, l.data, l.size }, { 0 } };
	const struct agent_attr removed[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};

	free_messages(o);
	o->add[0] = agent_message(w->agent, CASK_CMD_LICENSE_ADD, 0, added);
	o->add[1] = agent_message(w->agent, CASK_CMD_LICENSE_ADD, 0, added);
	o->del = agent_message(w->agent, CASK_CMD_LICENSE_DEL, 0, removed);
	forge_free(&l);
}

/**
 * struct grabber - one thread that opens as often as it is let
 * @path: of the content
 * @thread: its
 * @fds: what it opened
 * @opened: how much of that there is
 * @wrong: how often something else came out than that it may or may not
 * @stop: it shall end
 * @done: it has
 */
struct grabber {
	const char *path;
	pthread_t thread;
	int fds[OPENS + 1];
	unsigned int opened, wrong;
	atomic_bool stop, done;
};

static void *grab(void *arg)
{
	struct grabber *g = arg;
	int fd;

	while (!atomic_load(&g->stop) && g->opened <= OPENS) {
		fd = open_path(g->path, NULL);
		if (fd >= 0)
			g->fds[g->opened++] = fd;
		else if (fd != -ENOKEY && fd != -EKEYREVOKED && fd != -EDQUOT)
			g->wrong++;
	}
	atomic_store(&g->done, true);
	return NULL;
}

static void begin_grabbing(once *o, struct grabber *g)
{
	int i;

	for (i = 0; i < OPENERS; i++) {
		memset(&g[i], 0, sizeof(g[i]));
		g[i].path = o->w->path;
		if (pthread_create(&g[i].thread, NULL, grab, &g[i]))
			abort();
	}
}

static void end_grabbing(once *o, struct grabber *g)
{
	int i;

	for (i = 0; i < OPENERS; i++)
		atomic_store(&g[i].stop, true);
	for (i = 0; i < OPENERS; i++) {
		while (!atomic_load(&g[i].done))
			agent_serve(o->w->agent, 20);
		pthread_join(g[i].thread, NULL);
	}
}

/* How many openings there were; each plays while its license is there, and no longer. */
static unsigned int count_grabbed(struct grabber *g, bool removed, unsigned int *wrong)
{
	unsigned int i, k, sum = 0;
	uint8_t byte;

	for (i = 0; i < OPENERS; i++) {
		for (k = 0; k < g[i].opened; k++) {
			ssize_t n = pread(g[i].fds[k], &byte, 1, 99);

			*wrong += removed ? n >= 0 || errno != EKEYREVOKED : n != 1;
			close(g[i].fds[k]);
		}
		sum += g[i].opened;
		*wrong += g[i].wrong;
	}
	return sum;
}

/* It is there, and grants what it grants, or it is gone for good. */
static void check_round(struct __test_metadata *_metadata, once *o, unsigned int opened,
			bool removed)
{
	int ret = agent_exchange(o->w->agent, &o->add[0], NULL);

	EXPECT_GE(OPENS, opened);
	EXPECT_EQ(removed ? -EKEYREVOKED : 0, ret);
	while (!removed && opened < OPENS && !use(o->w))
		opened++;
	EXPECT_EQ(removed ? ~0U : 0, left(o->w));
	if (!removed)
		EXPECT_EQ(OPENS, opened);
	EXPECT_EQ(removed ? -ENOKEY : -EDQUOT, open_counted(o->w));
}

/* Returns whether it was removed; @kind: whether it was there before, and who asks first. */
static bool race(struct __test_metadata *_metadata, once *o, unsigned int kind, unsigned int *opened)
{
	unsigned int i, wrong = 0, del = kind / 2 % 3;
	struct grabber g[OPENERS];
	struct agent_message m[3];
	int ret[3];

	if (kind % 2)
		EXPECT_EQ(0, agent_exchange(o->w->agent, &o->add[0], NULL));
	m[del] = o->del;
	m[(del + 1) % 3] = o->add[0];
	m[(del + 2) % 3] = o->add[1];
	begin_grabbing(o, g);
	agent_exchange_all(o->w->agent, m, ret, 3);
	end_grabbing(o, g);
	*opened = count_grabbed(g, !ret[del], &wrong);
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(!ret[del] || (ret[del] == -ENOENT && !(kind % 2)));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(i == del || !ret[i] || (ret[i] == -EKEYREVOKED && !ret[del]));
	return !ret[del];
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

TEST_F_TIMEOUT(once, D8_a_license_installs_once_whoever_brings_and_removes_and_opens_it, 600)
{
	unsigned int i, opened, gone = 0, used = 0;
	time_t begin = seconds();
	bool removed;

	for (i = 0; i < ROUNDS_LEAST || seconds() - begin < SECONDS; i++) {
		make_license(self);
		removed = race(_metadata, self, i, &opened);
		gone += removed;
		used += opened;
		check_round(_metadata, self, opened, removed);
		forget(self->w);
	}
	printf("# %u rounds: removed in %u, %u openings\n", i, gone, used);
	EXPECT_LT(0, gone);
	EXPECT_LT(0, used);
}

TEST_HARNESS_MAIN
