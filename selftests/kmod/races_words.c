// SPDX-License-Identifier: GPL-2.0
/*
 * races_words.c - files are accepted, opened, checked out and checked in while their licenses are
 * renewed, removed and brought anew, and while EKBs of their category come.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "crypto.h"
#include "harness.h"
#include "leaves.h"
#include "media.h"

#define HOUR		3600
#define SECONDS		15	/* in which there are rounds */
#define ROUNDS_LEAST	12
#define CHECKOUTS	1000000	/* more than there will be */

FIXTURE(races) {
	struct media *m;
	struct world *w;	/* what asks for acceptance */
	struct world lent;	/* what is checked out and checked in */
	struct world all;	/* what is for a category */
	struct category c;
	int fd;			/* of the medium */
};

#define SELF FIXTURE_DATA(races)

FIXTURE_SETUP(races)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->w = self->m->w;
	self->lent = self->all = *self->w;
	self->lent.license = forge_license_default(self->w->a, self->w->content_id);
	self->lent.license.fields.max_checkouts = CHECKOUTS;
	self->lent.license.fields.at_once = 1;
	self->all.license = forge_license_default(self->w->a, self->w->content_id);
	self->w->license.fields.download_until = time(NULL) + HOUR;
	self->c = leaves_category(self->w->a);
	ASSERT_EQ(0, leaves_add(self->w, self->w->a, &self->c));
	ASSERT_EQ(0, world_install(self->w, getuid()));
	ASSERT_EQ(0, install(&self->lent, 0));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(races)
{
	forget(&self->all);
	forget(&self->lent);
	close(self->fd);
	media_free(self->m);
}

/* --- who uses what there is --- */

/**
 * struct racer - one thread that does something again and again
 * @self: what with
 * @fn: once; 0 or -errno
 * @allowed: errnos that it may end with, because there is no license then or none yet; 0 at the end
 * @thread: its
 * @done: how often it was done
 * @refused: how often not
 * @wrong: the first errno that it may not end with
 * @stop: it shall end
 * @stopped: it has
 */
struct racer {
	const SELF *self;
	int (*fn)(const SELF *self);
	int allowed[4];
	pthread_t thread;
	unsigned int done, refused;
	int wrong;
	atomic_bool stop, stopped;
};

static int on_device(const SELF *self, unsigned long cmd)
{
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;
	struct cask_open arg = { .content_fd = open(self->w->path, O_RDONLY | O_CLOEXEC) };

	ret = ioctl(dev, cmd, &arg);
	ret = ret < 0 ? -errno : ret;
	close(arg.content_fd);
	close(dev);
	return ret;
}

static int accept_file(const SELF *self)
{
	return on_device(self, CASK_IOC_ACCEPT);
}

static int open_file(const SELF *self)
{
	int fd = on_device(self, CASK_IOC_OPEN);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int lend(const SELF *self, unsigned long cmd)
{
	struct cask_medium_lend arg = { 0 };

	memcpy(arg.license_id, self->lent.license.fields.id, CASK_ID_SIZE);
	memcpy(arg.issuer, self->lent.license.fields.issuer, CASK_KID_SIZE);
	return ioctl(self->fd, cmd, &arg) < 0 ? -errno : 0;
}

/* It is renewed meanwhile, and there all the time: neither may ever be refused. */
static int lend_and_return(const SELF *self)
{
	return lend(self, CASK_IOC_MEDIUM_CHECKOUT) ?: lend(self, CASK_IOC_MEDIUM_CHECKIN);
}

static bool is_allowed(const struct racer *r, int ret)
{
	unsigned int i;

	for (i = 0; r->allowed[i]; i++)
		if (ret == -r->allowed[i])
			return true;
	return false;
}

static void *go_round(void *arg)
{
	struct racer *r = arg;
	int ret;

	while (!atomic_load(&r->stop) && !r->wrong) {
		ret = r->fn(r->self);
		if (!ret)
			r->done++;
		else if (is_allowed(r, ret))
			r->refused++;
		else
			r->wrong = ret;
	}
	atomic_store(&r->stopped, true);
	return NULL;
}

static void begin(SELF *self, struct racer *r, unsigned int n)
{
	while (n--) {
		r[n].self = self;
		if (pthread_create(&r[n].thread, NULL, go_round, &r[n]))
			abort();
	}
}

static void end(SELF *self, struct racer *r, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		atomic_store(&r[i].stop, true);
	for (i = 0; i < n; i++) {
		while (!atomic_load(&r[i].stopped))
			agent_serve(self->w->agent, 20);
		pthread_join(r[i].thread, NULL);
	}
}

/* --- what distributor and agent do meanwhile --- */

/* Renewed twice, then another one; with the last goes what was accepted. */
static int change_license(struct world *w, unsigned int round)
{
	if (round % 3 < 2) {
		w->license.fields.version++;
	} else {
		forget(w);
		crypto_random(w->license.fields.id, CASK_ID_SIZE);
		w->license.fields.version = 1;
	}
	return world_install(w, getuid());
}

static int renew_lent(struct world *w)
{
	w->license.fields.version++;
	return install(w, 0);
}

/* A later EKB, and a license that wants it. */
static int change_category(SELF *self, unsigned int round)
{
	int ret = leaves_add_ekb(self->w, self->w->a, &self->c, round + 1);

	forget(&self->all);
	return ret ?: leaves_add_license(&self->all, &self->c, round + 1);
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

TEST_F_TIMEOUT(races, D6_D9_D10_files_are_accepted_opened_and_lent_while_licenses_and_ekbs_come, 600)
{
	/* What is only in the category's license goes with it. */
	struct racer racers[] = {
		{ .fn = accept_file, .allowed = { ENOKEY, EKEYREVOKED } },
		{ .fn = open_file, .allowed = { ENOKEY, EKEYREVOKED, EREMOTE } },
		{ .fn = lend_and_return },
	};
	const unsigned int n = sizeof(racers) / sizeof(racers[0]);
	time_t first = seconds();
	unsigned int i;

	begin(self, racers, n);
	for (i = 0; i < ROUNDS_LEAST || seconds() - first < SECONDS; i++) {
		EXPECT_EQ(0, change_license(self->w, i));
		EXPECT_EQ(0, renew_lent(&self->lent));
		EXPECT_EQ(0, change_category(self, i));
	}
	end(self, racers, n);
	printf("# %u rounds: accepted %u times, opened %u, lent %u\n", i, racers[0].done,
	       racers[1].done, racers[2].done);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(0, racers[i].wrong);
		EXPECT_LT(0, racers[i].done);
	}
	EXPECT_EQ(CHECKOUTS, count_of(&self->lent, CASK_A_CHECKOUTS_MAX));
	EXPECT_EQ(0, count_of(&self->lent, CASK_A_LENT));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
}

TEST_HARNESS_MAIN
