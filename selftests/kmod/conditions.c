// SPDX-License-Identifier: GPL-2.0
/*
 * conditions.c - the right to record to a disc, and conditions that have no sense. Loads and unloads the module
 * by itself, with a root that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asking.h"
#include "boots.h"
#include "counted.h"
#include "harness.h"

#define HOUR	3600
#define SIZE	100

FIXTURE(conditions) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
	time_t now;
};

FIXTURE_SETUP(conditions)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->now = time(NULL);
	self->w->license.fields.created = self->now;
}

FIXTURE_TEARDOWN(conditions)
{
	boots_free(self->w, self->b);
}

/* --- the right to record to a disc --- */

static uint32_t next_event(struct nl_sock *s)
{
	struct agent_reply *r = malloc(sizeof(*r));
	uint32_t event = agent_next_event(s, r) ? nla_get_u32(r->attrs[CASK_A_EVENT]) : 0;

	free(r);
	return event;
}

TEST_F(conditions, D9_what_may_be_recorded_is_recorded)
{
	struct world *w = self->w;
	struct nl_sock *s;
	uint8_t data[SIZE];
	int fd, i;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, world_install(w, getuid()));
	s = agent_listen();
	ASSERT_NE(NULL, s);
	fd = record_it(w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(SIZE, read(fd, data, sizeof(data)));
	for (i = 0; i < SIZE; i++)
		ASSERT_EQ(world_plain(i), data[i]);
	close(fd);
	EXPECT_EQ(CASK_EVENT_RECORDED, next_event(s));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(CASK_EVENT_OPENED, next_event(s));
	nl_socket_free(s);
}

TEST_F(conditions, D9_what_may_not_be_recorded_is_EMEDIUMTYPE_and_plays)
{
	struct world *w = self->w;

	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	EXPECT_EQ(0, use(w));
}

TEST_F(conditions, D9_a_license_that_permits_it_is_found_beside_others)
{
	struct world *w = self->w;
	struct forge_license plain = w->license;
	int fd;

	ASSERT_EQ(0, world_install(w, getuid()));
	w->license.fields.id[0]++;
	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, world_install(w, getuid()));
	fd = record_it(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, memcmp(info_of(fd).license_id, w->license.fields.id, CASK_ID_SIZE));
	close(fd);
	forget(w);
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	w->license = plain;
}

TEST_F(conditions, D9_a_recording_is_an_opening)
{
	struct world *w = self->w;
	int fd;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, install(w, 1));
	fd = record_it(w);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, left(w));
	EXPECT_EQ(-EDQUOT, record_it(w));
	EXPECT_EQ(-EDQUOT, use(w));
}

TEST_F(conditions, D9_permissions_that_the_module_does_not_know_are_EOPNOTSUPP)
{
	struct world *w = self->w;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		w->license.fields.permissions = 1U << bit;
		if (w->license.fields.permissions & CASK_PERMISSION_ALL)
			continue;
		ASSERT_EQ(-EOPNOTSUPP, world_install(w, getuid()));
	}
}

TEST_F(conditions, D9_what_may_be_recorded_has_its_period)
{
	struct world *w = self->w;
	int fd;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	w->license.fields.not_before = self->now + HOUR;
	w->license.fields.not_after = self->now + 2 * HOUR;
	ASSERT_EQ(0, world_install(w, getuid()));
	advance(HOUR + HOUR / 2);
	EXPECT_EQ(-ETIME, record_it(w));
	advance(-HOUR - HOUR / 2);
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	fd = record_it(w);
	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR + 1));
	EXPECT_EQ(-EKEYEXPIRED, record_it(w));
	advance(-HOUR);
	EXPECT_EQ(-EKEYEXPIRED, record_it(w));
	advance(HOUR);
}

TEST_F(conditions, D9_of_who_records_and_who_plays_one_has_the_last_opening)
{
	struct world *w = self->w;
	struct opener player;
	int recorded, played;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, install(w, 1));
	start(&player, w);
	recorded = record_it(w);
	played = finish(&player);
	EXPECT_EQ(-EDQUOT, played < 0 ? played : recorded);
	EXPECT_LE(0, played < 0 ? recorded : played);
	close(played < 0 ? recorded : played);
	EXPECT_EQ(-EDQUOT, record_it(w));
}

/* What the agent kept of the one that permitted it brings that back neither now nor after a boot. */
TEST_F(conditions, D9_D10_the_right_to_record_is_the_later_licenses)
{
	struct forge_bytes old, later;
	struct world *w = self->w;
	int fd;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, install_kept(w, 5, &old));
	w->license.fields.version++;
	w->license.fields.permissions = 0;
	ASSERT_EQ(0, install_kept(w, 5, &later));
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	EXPECT_EQ(0, use(w));
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	EXPECT_EQ(-ENOKEY, record_it(w));
	EXPECT_EQ(0, bring_license(w, &later));
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	EXPECT_EQ(4, left(w));
	w->license.fields.version++;
	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, install(w, 2));
	fd = record_it(w);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(1, left(w));
	forge_free(&old);
	forge_free(&later);
}

/* --- what has no sense --- */

TEST_F(conditions, D9_conditions_that_have_no_sense_are_EINVAL)
{
	struct world *w = self->w;
	struct license_fields *f = &w->license.fields;

	f->download_from = self->now + HOUR;
	f->download_until = self->now + 1;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->download_from = 0;
	f->download_until = self->now + HOUR;
	f->suite = CASK_SUITE_RAW_AES_128_CTR;
	f->operations = CASK_OPERATION_DECRYPT;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->download_until = 0;
	f->permissions = CASK_PERMISSION_RECORD;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->permissions = 0;
	f->max_offline_opens = 1;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->not_after = self->now + HOUR;
	EXPECT_EQ(0, world_install(w, getuid()));
}

TEST_HARNESS_MAIN
