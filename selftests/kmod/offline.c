// SPDX-License-Identifier: GPL-2.0
/*
 * offline.c - openings without word from the distributor. Loads and unloads the module by itself, with a root
 * that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asking.h"
#include "boots.h"
#include "counted.h"
#include "harness.h"

#define HOUR	3600

FIXTURE(offline) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
	time_t now;
};

FIXTURE_SETUP(offline)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->now = time(NULL);
	self->w->license.fields.created = self->now;
}

FIXTURE_TEARDOWN(offline)
{
	boots_free(self->w, self->b);
}

static void set_offline(struct world *w, time_t now, uint32_t opens)
{
	w->license.fields.not_after = now + 4 * HOUR;
	w->license.fields.max_offline_opens = opens;
}

TEST_F(offline, D9_openings_without_word_are_counted_also_over_boots)
{
	struct world *w = self->w;

	set_offline(w, self->now, 3);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, use(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, use(w));
	/* Removed and brought again it is the same license. */
	forget(w);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, use(w));
}

TEST_F(offline, D9_a_later_word_of_the_distributor_begins_the_count_anew)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
	/* Not one that is no later, and not another's. */
	ASSERT_EQ(0, sign_time(w, w->a, self->now - HOUR));
	ASSERT_EQ(0, sign_time(w, w->a, self->now));
	ASSERT_EQ(0, sign_time(w, self->b, self->now + HOUR));
	EXPECT_EQ(-ENONET, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 1));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
}

/* A TIME of an issuer's, by any key. */
static int hear(struct world *w, const struct forge_distributor *d, const struct forge_key *signer,
		time_t when)
{
	struct forge_bytes s;
	int ret;

	forge_time(d, signer, when, &s);
	const struct agent_attr attrs[] = { { CASK_A_TIME, s.data, s.size }, { 0 } };

	ret = agent_call(w->agent, CASK_CMD_TIME, 0, attrs, NULL);
	forge_free(&s);
	return ret;
}

TEST_F(offline, D9_a_TIME_is_word_of_its_issuer_alone)
{
	struct forge_distributor *stranger = world_distributor("stranger", COSE_ALG_RS256);
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, hear(w, w->a, &w->a->license, self->now));
	EXPECT_EQ(-ENOKEY, hear(w, w->a, &self->b->license, self->now + 1));
	EXPECT_EQ(-ENOKEY, hear(w, w->a, &w->a->root, self->now + 1));
	EXPECT_EQ(-ENOKEY, hear(w, stranger, &stranger->license, self->now + 1));
	EXPECT_EQ(-EKEYREJECTED, hear(w, w->a, &w->a->license, self->now + 1000 * HOUR));
	EXPECT_EQ(-EKEYREJECTED, hear(w, w->a, &w->a->license, self->now - 1000 * HOUR));
	EXPECT_EQ(0, hear(w, self->b, &self->b->license, self->now + HOUR));
	EXPECT_EQ(-ENONET, use(w));
	EXPECT_EQ(0, hear(w, w->a, &w->a->license, self->now + 1));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
	forge_distributor_free(stranger);
}

/* What was said before, and was counted from, is no word when it is said again. */
TEST_F(offline, D9_a_word_that_is_said_again_in_another_boot_begins_nothing)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, use(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(-ENONET, use(w));
	/* Another license is counted for itself, from the same word on. */
	ASSERT_EQ(0, install_another(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
}

TEST_F(offline, D9_slots_that_were_put_back_begin_no_count_anew)
{
	struct agent_disk *kept = malloc(sizeof(*kept));
	struct world *w = self->w;

	set_offline(w, self->now, 2);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	memcpy(kept, w->disk, sizeof(*kept));
	EXPECT_EQ(0, use(w));
	put_back(w, kept);
	EXPECT_EQ(-ENONET, use(w));
	forget(w);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, use(w));
	free(kept);
}

TEST_F(offline, D9_a_wound_clock_does_not_change_the_count)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	advance(HOUR);
	EXPECT_EQ(-ENONET, use(w));
	advance(-2 * HOUR);
	EXPECT_EQ(-ENONET, use(w));
	advance(HOUR);
}

TEST_F(offline, D9_of_two_players_one_has_the_last_opening_without_word)
{
	struct opener players[2];
	struct world *w = self->w;
	int fds[2], i;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	for (i = 0; i < 2; i++)
		start(&players[i], w);
	for (i = 0; i < 2; i++)
		fds[i] = finish(&players[i]);
	EXPECT_EQ(-ENONET, fds[0] < 0 ? fds[0] : fds[1]);
	EXPECT_LE(0, fds[0] < 0 ? fds[1] : fds[0]);
	close(fds[0] < 0 ? fds[1] : fds[0]);
}

TEST_F(offline, D9_what_is_refused_for_want_of_word_is_not_charged)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, install(w, 3));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
	EXPECT_EQ(2, left(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
}

static int64_t leave(struct agent *a, const struct agent_reply *question, void *context)
{
	if (!question->attrs[CASK_A_SYNC])
		return 0;
	*(uint64_t *)context = nla_get_u64(question->attrs[CASK_A_REQUEST]);
	return AGENT_SILENT;
}

/* Counted, and whoever opened it dies before he has the file: 0, or -errno of the agent's answer. */
static int open_and_die(struct world *w)
{
	uint64_t asked = 0;
	pid_t child;

	w->disk->fault = leave;
	w->disk->context = &asked;
	child = fork();
	if (!child)
		_exit(open_path(w->path, NULL) < 0);
	while (!asked)
		agent_serve(w->agent, 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	w->disk->fault = NULL;
	return agent_answer(w->agent, asked, 0, NULL, 0);
}

TEST_F(offline, D9_an_opening_that_nobody_got_is_no_opening_without_word)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, install(w, 3));
	ASSERT_EQ(0, open_and_die(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(-ENONET, use(w));
	EXPECT_EQ(2, left(w));
}

TEST_F(offline, D7_D9_without_word_another_license_opens)
{
	struct world *w = self->w;
	struct forge_license named;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	named = w->license;
	w->license.fields.id[0]++;
	w->license.fields.max_offline_opens = 0;
	ASSERT_EQ(0, install(w, 1));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, left(w));
	/* None is left: what the first one lacks is what may be had. */
	EXPECT_EQ(-ENONET, use(w));
	forget(w);
	w->license = named;
}

TEST_F(offline, D9_openings_that_are_logged_are_counted_without_word_too)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	w->license.fields.permissions = CASK_PERMISSION_LOG;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
	/* It is counted on for the renewed license, up to its own number. */
	w->license.fields.version++;
	set_offline(w, self->now, 2);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ENONET, use(w));
}

TEST_F(offline, D9_play_goes_on_without_word)
{
	struct world *w = self->w;
	int fd;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	fd = world_play(w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_param("time_seconds", "0"));
	EXPECT_EQ(0, served(w, read_first, &fd));
	EXPECT_EQ(0, served(w, read_first, &fd));
	close(fd);
}

TEST_HARNESS_MAIN
