// SPDX-License-Identifier: GPL-2.0
/* races.c - players open, read, open anew and close while their license comes and goes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness.h"
#include "world.h"

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

TEST_HARNESS_MAIN
