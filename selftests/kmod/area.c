// SPDX-License-Identifier: GPL-2.0
/* area.c - licenses that count, and an agent that keeps their records, well or badly. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "counted.h"

#define NONCES_MAX	64

FIXTURE(area) {
	struct world *w;
	struct agent_disk *disk;	/* the world's */
};

FIXTURE_SETUP(area)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, 10000);
	self->disk = self->w->disk;
}

FIXTURE_TEARDOWN(area)
{
	if (self->disk)
		self->disk->fault = NULL;
	world_free(self->w);
}

/* --- counting --- */

TEST_F(area, D9_a_license_of_three_openings_opens_three_times)
{
	struct world *w = self->w;
	uint8_t byte;
	int fd;

	ASSERT_EQ(0, install(w, 3));
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	fd = open_counted(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, left(w));
	EXPECT_EQ(-EDQUOT, open_counted(w));
	/* What was opened plays on. */
	EXPECT_EQ(1, pread(fd, &byte, 1, 9999));
	EXPECT_EQ(world_plain(9999), byte);
	close(fd);
	EXPECT_EQ(-EDQUOT, open_counted(w));
	EXPECT_EQ(3, number_of(w, CASK_A_OPENS));
}

TEST_F(area, D9_a_file_that_is_opened_anew_is_the_same_use)
{
	char path[32];
	int fd, anew;

	ASSERT_EQ(0, install(self->w, 1));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	anew = open(path, O_RDONLY);
	EXPECT_LE(0, anew);
	close(anew);
	close(fd);
}

TEST_F(area, D9_an_opening_that_fails_is_not_counted)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 2));
	flip(w->path, 60, 1);
	EXPECT_GT(0, open_counted(w));
	flip(w->path, 60, 1);
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
}

TEST_F(area, D9_of_two_that_race_for_the_last_opening_one_has_it)
{
	struct opener a, b;
	int i, won, lost;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, install(self->w, 1));
		start(&a, self->w);
		start(&b, self->w);
		finish(&a);
		finish(&b);
		won = a.ret >= 0 ? a.ret : b.ret;
		lost = a.ret >= 0 ? b.ret : a.ret;
		ASSERT_LE(0, won);
		ASSERT_EQ(-EDQUOT, lost);
		close(won);
		forget(self->w);
		self->w->license.fields.id[0]++;
	}
}

TEST_F(area, D9_a_wound_clock_does_not_change_how_often_it_opens)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 2));
	EXPECT_EQ(0, use(w));
	advance(5000);
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EDQUOT, use(w));
	advance(-10000);
	EXPECT_EQ(-EDQUOT, use(w));
	advance(5000);
}

TEST_F(area, D9_slots_that_were_put_back_give_no_opening_back)
{
	struct agent_disk *kept = malloc(sizeof(*kept));
	struct world *w = self->w;
	struct forge_bytes l;

	ASSERT_EQ(0, install_kept(w, 3, &l));
	memcpy(kept, w->disk, sizeof(*kept));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, use(w));
	put_back(w, kept);
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(0, bring_license(w, &l));
	EXPECT_EQ(0, use(w));
	put_back(w, kept);
	EXPECT_EQ(0, bring_license(w, &l));
	EXPECT_EQ(-EDQUOT, use(w));
	forge_free(&l);
	free(kept);
}

/* One less than what stands for no limit. */
TEST_F(area, D9_the_most_openings_that_can_be_said_are_counted)
{
	ASSERT_EQ(0, install(self->w, CASK_OPENS_ANY - 1));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(CASK_OPENS_ANY - 2, left(self->w));
}

TEST_F(area, D9_those_who_come_while_the_disk_is_busy_share_a_commit)
{
	struct opener o[8];
	unsigned int before;
	size_t i;

	ASSERT_EQ(0, install(self->w, 8));
	before = self->disk->syncs;
	for (i = 0; i < 8; i++)
		start(&o[i], self->w);
	for (i = 0; i < 8; i++)
		await_waiting(&o[i]);
	for (i = 0; i < 8; i++) {
		EXPECT_LE(0, finish(&o[i]));
		close(o[i].ret);
	}
	EXPECT_EQ(0, left(self->w));
	EXPECT_GE(before + 4, self->disk->syncs);
}

/* --- installing once --- */

TEST_F(area, D8_a_license_that_counts_needs_the_answer_to_a_request)
{
	struct world *w = self->w;

	w->license.fields.once = true;
	w->license.fields.max_opens = 5;
	memset(w->license.fields.nonce, 0x55, CASK_NONCE_SIZE);
	EXPECT_EQ(-EKEYREVOKED, world_install(w, getuid()));
	w->license.fields.once = false;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
}

TEST_F(area, D8_a_license_that_installs_once_does_not_come_back)
{
	struct world *w = self->w;
	struct forge_bytes l;

	ASSERT_EQ(0, ask_for(w, 5));
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(0, use(w));
	/* While it is there it is the same, and its count stays what it is. */
	EXPECT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(4, left(w));
	EXPECT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	EXPECT_EQ(-EKEYREVOKED, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	/* Nor does another license with its nonce. */
	w->license.fields.id[0]++;
	EXPECT_EQ(-EKEYREVOKED, world_install(w, getuid()));
	forge_free(&l);
}

TEST_F(area, D8_a_request_that_was_given_up_is_answered_in_vain)
{
	struct world *w = self->w;

	ASSERT_EQ(0, ask_for(w, 5));
	EXPECT_EQ(0, drop(w, w->license.fields.nonce));
	EXPECT_EQ(-ENOENT, drop(w, w->license.fields.nonce));
	EXPECT_EQ(-EKEYREVOKED, world_install(w, getuid()));
}

TEST_F(area, D8_a_request_to_one_distributor_is_not_answered_by_another)
{
	struct forge_distributor *b = world_distributor("b", COSE_ALG_RS256);
	struct world *w = self->w;
	struct forge_license license;
	struct forge_bytes l;

	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	ASSERT_EQ(0, ask_for(w, 5));
	license = forge_license_default(b, w->content_id);
	license.fields.once = true;
	license.fields.max_opens = 5;
	memcpy(license.fields.nonce, w->license.fields.nonce, CASK_NONCE_SIZE);
	forge_license(b, &license, w->device_key, w->content_key, &l);
	EXPECT_EQ(-EKEYREVOKED, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(0, world_install(w, getuid()));
	forge_free(&l);
	forge_distributor_free(b);
}

TEST_F(area, D8_of_too_many_requests_the_oldest_is_forgotten)
{
	uint8_t nonces[NONCES_MAX + 1][CASK_NONCE_SIZE];
	unsigned int i;

	for (i = 0; i <= NONCES_MAX; i++)
		ASSERT_EQ(0, draw(self->w, nonces[i]));
	EXPECT_EQ(-ENOENT, drop(self->w, nonces[0]));
	for (i = 1; i <= NONCES_MAX; i++)
		EXPECT_EQ(0, drop(self->w, nonces[i]));
}

TEST_F(area, D8_requests_to_one_distributor_leave_those_to_another_alone)
{
	struct forge_distributor *a = self->w->a, *b = world_distributor("b", COSE_ALG_RS256);
	uint8_t nonce[CASK_NONCE_SIZE];
	struct world *w = self->w;
	unsigned int i;

	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	ASSERT_EQ(0, ask_for(w, 5));
	w->a = b;
	for (i = 0; i <= NONCES_MAX; i++)
		ASSERT_EQ(0, draw(w, nonce));
	w->a = a;
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(5, left(w));
	forge_distributor_free(b);
}

/* --- the agent --- */

static int64_t fail_writes(struct agent *a, const struct agent_reply *q, void *context)
{
	return q->attrs[CASK_A_DATA] ? *(uint32_t *)context : 0;
}

TEST_F(area, D9_what_could_not_be_written_is_not_used)
{
	static const int errors[][2] = {
		{ EIO, EIO }, { ENOSPC, ENOSPC }, { EDQUOT, ENOSPC }, { EROFS, EROFS },
		/* Whatever else it says: it means other things to players. */
		{ EINTR, EIO }, { EKEYEXPIRED, EIO }, { 4095, EIO }, { 4096, EIO }, { -1, EIO },
		{ 0x7fffffff, EIO }, { -0x7fffffff - 1, EIO },
	};
	struct world *w = self->w;
	unsigned int i;

	ASSERT_EQ(0, install(w, 10));
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		uint32_t error = errors[i][0];

		self->disk->context = &error;
		self->disk->fault = fail_writes;
		EXPECT_EQ(-errors[i][1], open_counted(w));
		EXPECT_EQ(-errors[i][1],
			  agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
		self->disk->fault = NULL;
		EXPECT_EQ(10, left(w));
	}
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(9, left(w));
}

TEST_F(area, D9_without_an_agent_nothing_is_counted_and_nothing_lost)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 2));
	agent_free(w->agent);
	EXPECT_EQ(-ENOTCONN, open_path(w->path, NULL));
	w->agent = agent_new();
	ASSERT_NE(NULL, w->agent);
	agent_disk(w->agent, self->disk);
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
}

static int64_t leave(struct agent *a, const struct agent_reply *q, void *context)
{
	*(uint64_t *)context = nla_get_u64(q->attrs[CASK_A_REQUEST]);
	return AGENT_SILENT;
}

TEST_F(area, D9_an_agent_that_dies_fails_what_it_owed)
{
	struct world *w = self->w;
	struct opener o;
	uint64_t asked;

	ASSERT_EQ(0, install(w, 2));
	self->disk->fault = leave;
	self->disk->context = &asked;
	start(&o, w);
	while (!agent_serve(w->agent, 1000))
		;
	agent_free(w->agent);
	w->agent = agent_new();
	ASSERT_NE(NULL, w->agent);
	self->disk->fault = NULL;
	agent_disk(w->agent, self->disk);
	EXPECT_EQ(-ENOTCONN, finish(&o));
	EXPECT_EQ(2, left(w));
	/* Nobody asks for that any more. */
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, asked, 0, NULL, 0));
	EXPECT_EQ(0, use(w));
}

TEST_F(area, D9_an_agent_that_does_not_answer_is_not_waited_for)
{
	struct world *w = self->w;
	uint64_t asked = 0;

	ASSERT_EQ(0, install(w, 2));
	ASSERT_EQ(0, set_param("store_seconds", "1"));
	self->disk->fault = leave;
	self->disk->context = &asked;
	EXPECT_EQ(-ETIMEDOUT, open_counted(w));
	ASSERT_EQ(0, set_param("store_seconds", "30"));
	self->disk->fault = NULL;
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, asked, 0, NULL, 0));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
}

TEST_F(area, D9_answers_of_other_numbers_and_twice_are_ENOENT)
{
	struct world *w = self->w;
	uint64_t asked;
	struct opener o;

	ASSERT_EQ(0, install(w, 2));
	self->disk->fault = leave;
	self->disk->context = &asked;
	start(&o, w);
	while (!agent_serve(w->agent, 1000))
		;
	self->disk->fault = NULL;
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, 0, 0, NULL, 0));
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, asked + 1, 0, NULL, 0));
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, ~0ULL, 0, NULL, 0));
	EXPECT_EQ(0, agent_answer(w->agent, asked, 0, NULL, 0));
	EXPECT_EQ(-ENOENT, agent_answer(w->agent, asked, 0, NULL, 0));
	EXPECT_LE(0, finish(&o));
	close(o.ret);
	EXPECT_EQ(1, left(w));
}

TEST_F(area, D9_an_answer_to_a_write_with_data_is_EIO)
{
	struct world *w = self->w;
	uint64_t asked;
	struct opener o;

	ASSERT_EQ(0, install(w, 2));
	self->disk->fault = leave;
	self->disk->context = &asked;
	start(&o, w);
	while (!agent_serve(w->agent, 1000))
		;
	self->disk->fault = NULL;
	EXPECT_EQ(0, agent_answer(w->agent, asked, 0, "data", 4));
	EXPECT_EQ(-EIO, finish(&o));
	EXPECT_EQ(2, left(w));
}

TEST_F(area, D9_answers_of_wrong_shape_are_refused)
{
	uint8_t *huge = calloc(1, CASK_STORE_DATA_MAX + 1);
	const struct agent_attr none[] = { { 0 } };
	struct agent *other = agent_socket();

	EXPECT_EQ(-EINVAL, agent_call(self->w->agent, CASK_CMD_STORE_ANSWER, 0, none, NULL));
	EXPECT_EQ(-EINVAL, agent_answer(self->w->agent, 1, 0, huge, CASK_STORE_DATA_MAX + 1));
	EXPECT_EQ(-EINVAL, agent_answer(self->w->agent, 1, 0, huge, 0));
	EXPECT_EQ(-ENOTCONN, agent_answer(other, 1, 0, NULL, 0));
	agent_free(other);
	free(huge);
}

/* Charged, and whoever opened it dies before he has the file: the next opening is his. */
TEST_F(area, D9_a_use_that_nobody_got_is_the_next_one)
{
	struct world *w = self->w;
	uint64_t asked;
	pid_t child;
	int status;

	ASSERT_EQ(0, install(w, 3));
	self->disk->fault = leave;
	self->disk->context = &asked;
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(open_path(w->path, NULL) < 0);
	while (!agent_serve(w->agent, 1000))
		;
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	self->disk->fault = NULL;
	EXPECT_EQ(0, agent_answer(w->agent, asked, 0, NULL, 0));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
}

/* A use is one write and one sync; what counts nothing, none. */
TEST_F(area, D9_an_opening_costs_one_write)
{
	struct world *w = self->w;
	unsigned int writes, syncs, reads;
	int fd;

	ASSERT_EQ(0, install(w, 2));
	writes = self->disk->writes;
	syncs = self->disk->syncs;
	reads = self->disk->reads;
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(writes + 1, self->disk->writes);
	EXPECT_EQ(syncs + 1, self->disk->syncs);
	forget(w);
	writes = self->disk->writes;
	w->license = forge_license_default(w->a, w->content_id);
	fd = world_open(w);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(writes, self->disk->writes);
	EXPECT_EQ(reads, self->disk->reads);
}

TEST_HARNESS_MAIN
