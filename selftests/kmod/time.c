// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - how late it was is known after a boot. Loads and unloads the module by itself, with a root that it
 * has again: the same device, in another boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "boots.h"
#include "counted.h"

#define HOUR	3600

FIXTURE(time) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
	time_t now;
};

FIXTURE_SETUP(time)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->now = time(NULL);
}

FIXTURE_TEARDOWN(time)
{
	boots_free(self->w, self->b);
}

/* From now on another license, which may be opened at will. */
static void go_without_count(struct world *w)
{
	w->license.fields.once = false;
	w->license.fields.max_opens = 0;
	w->license.fields.id[0] ^= 1;
}

static int play(struct world *w)
{
	int fd = world_play(w);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static unsigned int writes_of(struct world *w, int (*fn)(struct world *w), int *ret)
{
	unsigned int before = w->disk->syncs;

	*ret = fn(w);
	return w->disk->syncs - before;
}

/*
 * Another license, opened in the very second that the distributor signs it: its time goes on with the boot
 * clock, which is asked again, for it may have been another second by then.
 * @base: seconds since 1970 when the boot clock was 0, by what it signs
 */
static int play_at(struct world *w, time_t base, int from, int until)
{
	time_t boot;
	int ret;

	do {
		boot = boot_seconds();
		forget(w);
		w->license.fields.id[0]++;
		w->license.fields.created = base + boot;
		w->license.fields.not_before = base + boot + from;
		w->license.fields.not_after = base + boot + until;
		ret = world_install(w, getuid()) ?: play(w);
	} while (boot_seconds() != boot);
	return ret;
}

TEST_F(time, D9_both_ends_of_the_usage_period_are_in_it)
{
	/* Ahead of the machine's clock, which says nothing then. */
	time_t base = self->now - boot_seconds() + HOUR;
	struct world *w = self->w;

	EXPECT_EQ(-ETIME, play_at(w, base, 1, 9));
	EXPECT_EQ(0, play_at(w, base, 0, 9));
	EXPECT_EQ(0, play_at(w, base, -9, 0));
	EXPECT_EQ(-EKEYEXPIRED, play_at(w, base, -9, -1));
}

TEST_F(time, D9_how_late_it_was_at_an_opening_is_known_after_a_boot)
{
	struct world *w = self->w;

	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR / 2));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	/* A license that ended before is over, though its own statement is older, and the clock too. */
	set_period(w, self->now, 0, HOUR / 2 - 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
	set_period(w, self->now, 0, HOUR);
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
}

/* That is the bound: at an opening, and every time_seconds of play. */
TEST_F(time, D9_what_was_signed_after_the_last_opening_is_not_known_after_a_boot)
{
	struct world *w = self->w;

	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
}

TEST_F(time, D9_a_license_that_had_begun_has_begun_after_a_boot)
{
	struct world *w = self->w;

	set_period(w, self->now, HOUR, 0);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	set_period(w, self->now, 2 * HOUR, 0);
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, play(w));
}

TEST_F(time, D9_the_time_is_kept_during_play)
{
	struct world *w = self->w;
	int fd, syncs;

	set_period(w, self->now, 0, HOUR);
	fd = world_open(w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR / 2));
	syncs = w->disk->syncs;
	/* Not yet. */
	EXPECT_EQ(0, read_first(&fd));
	EXPECT_EQ(syncs, (int)w->disk->syncs);
	/* Root may have it oftener, and not seldomer. */
	EXPECT_EQ(-EINVAL, set_param("time_seconds", "301"));
	EXPECT_EQ(0, set_param("time_seconds", "300"));
	ASSERT_EQ(0, set_param("time_seconds", "0"));
	EXPECT_EQ(0, served(w, read_first, &fd));
	EXPECT_EQ(syncs + 1, (int)w->disk->syncs);
	close(fd);
	w = self->w = boots_next(w, self->b);
	set_period(w, self->now, 0, HOUR / 2 - 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
}

TEST_F(time, D9_without_an_agent_nothing_with_a_period_plays_on)
{
	struct world *w = self->w;
	int fd;

	set_period(w, self->now, 0, HOUR);
	w->license.fields.id[0] ^= 1;
	fd = world_open(w);
	ASSERT_LE(0, fd);
	/* What there is to write. */
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR / 2));
	agent_free(w->agent);
	EXPECT_EQ(0, read_first(&fd));
	ASSERT_EQ(0, set_param("time_seconds", "0"));
	EXPECT_EQ(-ENOTCONN, read_first(&fd));
	EXPECT_EQ(-ENOTCONN, open_path(w->path, NULL));
	w->agent = agent_new();
	ASSERT_EQ(0, agent_hello(w->agent, NULL));
	agent_disk(w->agent, w->disk);
	EXPECT_EQ(0, served(w, read_first, &fd));
	close(fd);
}

TEST_F(time, D9_one_write_keeps_the_time_and_counts_the_opening)
{
	struct world *w = self->w;
	int ret;

	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, install(w, 2));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR / 2));
	EXPECT_EQ(1, writes_of(w, play, &ret));
	EXPECT_EQ(0, ret);
	EXPECT_EQ(1, left(w));
	w = self->w = boots_next(w, self->b);
	set_period(w, self->now, 0, HOUR / 2 - 1);
	go_without_count(w);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
}

/* Found out while the record is looked at, it is not counted. */
TEST_F(time, D9_an_opening_of_what_is_over_by_what_was_kept_is_not_counted)
{
	struct world *w = self->w;
	struct forge_license counted;
	struct forge_bytes l;

	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, ask_for(w, 2));
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
	/* Another license keeps that it is over. */
	counted = w->license;
	go_without_count(w);
	w->license.fields.not_after = self->now + 3 * HOUR;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	w->license = counted;
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(-EKEYEXPIRED, play(w));
	EXPECT_EQ(2, left(w));
	forge_free(&l);
}

TEST_F(time, D9_time_is_each_distributors_own)
{
	struct world *w = self->w;
	struct forge_license others = forge_license_default(self->b, w->content_id);
	struct forge_bytes l;

	others.fields.created = self->now + 2 * HOUR;
	others.fields.not_after = self->now + 3 * HOUR;
	forge_license(self->b, &others, w->device_key, w->content_key, &l);
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	forge_free(&l);
}

/* What was lost may have said that it is over. */
TEST_F(time, D9_where_records_were_lost_nothing_with_a_period_plays_before_the_distributor_knows)
{
	struct world *w = self->w;

	memset(w->disk->slots, 0x5a, sizeof(w->disk->slots));
	w->disk->sizes[0] = w->disk->sizes[1] = 4096;
	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EUCLEAN, play(w));
	ASSERT_EQ(0, reanchor(w, w->a));
	EXPECT_EQ(0, play(w));
}

TEST_HARNESS_MAIN
