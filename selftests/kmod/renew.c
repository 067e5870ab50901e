// SPDX-License-Identifier: GPL-2.0
/*
 * renew.c - licenses that take the place of older ones. Loads and unloads the module by itself, with a root
 * that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "boots.h"
#include "counted.h"

#define HOUR	3600

FIXTURE(renew) {
	struct world *w;
	struct forge_distributor *b;
	time_t now;
};

FIXTURE_SETUP(renew)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->now = time(NULL);
}

FIXTURE_TEARDOWN(renew)
{
	boots_free(self->w, self->b);
}

/* The next version, asked for properly if it counts. */
static int renew(struct world *w, uint32_t opens)
{
	w->license.fields.version++;
	w->license.fields.once = false;
	w->license.fields.max_opens = 0;
	return opens ? install(w, opens) : world_install(w, getuid());
}

static int reads(struct world *w, int fd)
{
	return served(w, read_first, &fd);
}

TEST_F(renew, D7_D10_what_has_run_out_is_renewed_and_plays_on)
{
	struct world *w = self->w;
	int fd;

	set_period(w, self->now, 0, HOUR);
	fd = world_open(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reads(w, fd));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(-EKEYEXPIRED, reads(w, fd));
	EXPECT_EQ(-EKEYEXPIRED, use(w));
	set_period(w, self->now, 0, 3 * HOUR);
	ASSERT_EQ(0, renew(w, 0));
	/* Who had it open goes on, too. */
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, reads(w, fd));
	EXPECT_EQ(self->now + 3 * HOUR, info_of(fd).not_after);
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 3 * HOUR + 1));
	EXPECT_EQ(-EKEYEXPIRED, reads(w, fd));
	close(fd);
}

TEST_F(renew, D10_what_is_used_up_is_renewed)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 1));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EDQUOT, use(w));
	ASSERT_EQ(0, renew(w, 2));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EDQUOT, use(w));
}

TEST_F(renew, D10_the_old_conditions_end)
{
	struct world *w = self->w;
	struct forge_bytes old;

	ASSERT_EQ(0, install_kept(w, 5, &old));
	ASSERT_EQ(0, renew(w, 1));
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EDQUOT, use(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	forge_free(&old);
}

TEST_F(renew, D10_a_lower_or_equal_version_is_ESTALE)
{
	struct world *w = self->w;
	uint32_t opens;

	/* Without a count, in this boot, and with one. */
	for (opens = 0; opens < 2; opens++) {
		w->license.fields.version = 3;
		ASSERT_EQ(0, opens ? install(w, opens) : world_install(w, getuid()));
		w->license.fields.version = 1;
		EXPECT_EQ(-ESTALE, renew(w, opens));
		w->license.fields.not_after = self->now + HOUR;
		EXPECT_EQ(-ESTALE, renew(w, opens));
		EXPECT_EQ(0, renew(w, opens));
		EXPECT_EQ(0, use(w));
		w->license.fields.version = UINT32_MAX - 1;
		EXPECT_EQ(0, renew(w, opens));
		EXPECT_EQ(-ESTALE, renew(w, opens));
		w->license.fields.not_after = 0;
		forget(w);
	}
}

/* The agent kept both, and brings the old one first, alone, last, and to another store. */
TEST_F(renew, D10_an_old_license_comes_back_by_no_boot)
{
	struct world *w = self->w;
	struct forge_bytes old, later;

	ASSERT_EQ(0, install_kept(w, 5, &old));
	w->license.fields.version++;
	ASSERT_EQ(0, install_kept(w, 2, &later));
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	EXPECT_EQ(-ENOKEY, open_path(w->path, NULL));
	EXPECT_EQ(0, bring_license(w, &later));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	w = self->w = boots_next(w, self->b);
	/* Renewed while nothing is in the table: the record says what is replaced. */
	w->license.fields.version = 1;
	EXPECT_EQ(-ESTALE, renew(w, 7));
	EXPECT_EQ(0, renew(w, 3));
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &later));
	EXPECT_EQ(3, left(w));
	/* Removed, none comes back. */
	forget(w);
	EXPECT_EQ(-EKEYREVOKED, bring_license(w, &later));
	EXPECT_EQ(-EKEYREVOKED, bring_license(w, &old));
	forge_free(&old);
	forge_free(&later);
}

TEST_F(renew, D10_a_renewal_answers_a_nonce_and_is_taken_once)
{
	struct world *w = self->w;
	struct forge_bytes again;

	ASSERT_EQ(0, install(w, 1));
	/* Without one it would leave the record to the old license. */
	EXPECT_EQ(-EEXIST, renew(w, 0));
	/* Nobody asked for this one. */
	w->license.fields.once = true;
	w->license.fields.max_opens = 9;
	w->license.fields.nonce[0] ^= 1;
	EXPECT_EQ(-EKEYREVOKED, world_install(w, getuid()));
	EXPECT_EQ(1, left(w));
	w->license.fields.version++;
	ASSERT_EQ(0, install_kept(w, 2, &again));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, bring_license(w, &again));
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, bring_license(w, &again));
	EXPECT_EQ(-EDQUOT, use(w));
	forge_free(&again);
}

TEST_F(renew, D10_players_go_on_as_far_as_the_new_license_permits)
{
	struct world *w = self->w;
	int fd;

	ASSERT_EQ(0, install(w, 1));
	fd = open_counted(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reads(w, fd));
	ASSERT_EQ(0, renew(w, 1));
	EXPECT_EQ(0, reads(w, fd));
	/* What was metered stays. */
	EXPECT_EQ(2, number_of(w, CASK_A_BYTES));
	EXPECT_EQ(1, number_of(w, CASK_A_OPENS));
	set_period(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, renew(w, 1));
	EXPECT_EQ(-ETIME, reads(w, fd));
	set_period(w, self->now, 0, 2 * HOUR);
	ASSERT_EQ(0, renew(w, 1));
	EXPECT_EQ(0, reads(w, fd));
	forget(w);
	EXPECT_EQ(-EKEYREVOKED, reads(w, fd));
	close(fd);
}

/* It goes on to count: from then on there is a record. */
TEST_F(renew, D10_what_did_not_count_is_renewed_to_what_does)
{
	struct world *w = self->w;
	struct forge_bytes old;
	int fd;

	set_period(w, self->now, 0, HOUR);
	old = signed_license(w);
	ASSERT_EQ(0, bring_license(w, &old));
	fd = world_play(w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, renew(w, 1));
	EXPECT_EQ(0, reads(w, fd));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(-EDQUOT, use(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	close(fd);
	/* After a boot the old one says what it always said, until the later one comes. */
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(0, bring_license(w, &old));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, renew(w, 1));
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	forge_free(&old);
}

TEST_F(renew, D10_the_owner_and_the_content_stay)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 5));
	EXPECT_EQ(-EEXIST, world_install(w, getuid() + 1));
	EXPECT_EQ(-EEXIST, world_install(w, -1));
	w->license.fields.content_id[15] ^= 1;
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	w->license.fields.content_id[15] ^= 1;
	w->license.fields.suite = CASK_SUITE_AES_128_CBC;
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	w->license.fields.suite = CASK_SUITE_AES_128_GCM;
	/* None of them has used the nonce up, or replaced the record. */
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(5, left(w));
}

static void meter(struct world *w, uint32_t permissions, uint64_t quantum)
{
	w->license.fields.permissions = permissions;
	w->license.fields.unit = quantum ? CASK_UNIT_BYTES : 0;
	w->license.fields.quantum = quantum;
	w->license.fields.max_unreported = 16 * quantum;
}

/* What was prepaid by the one is of no use to the other. */
TEST_F(renew, D10_X4_the_log_and_the_meter_stay)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 5));
	meter(w, CASK_PERMISSION_LOG, 0);
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, CASK_PERMISSION_LOG, 4096);
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, 0, 0);
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(5, left(w));
	forget(w);
	/* And one that is metered stays that, by the same quanta. */
	w->license.fields.id[0] ^= 1;
	meter(w, CASK_PERMISSION_LOG, 4096);
	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 5));
	meter(w, 0, 0);
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, CASK_PERMISSION_LOG, 0);
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, CASK_PERMISSION_LOG, 8192);
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, CASK_PERMISSION_LOG, 4096);
	w->license.fields.max_unreported *= 2;
	EXPECT_EQ(-EEXIST, world_install(w, getuid()));
	meter(w, CASK_PERMISSION_LOG, 4096);
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(5, left(w));
}

TEST_F(renew, D9_D10_a_renewal_that_asks_for_a_higher_level_is_none)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	w->license.fields.min_level = CASK_LEVEL_PRODUCTION;
	ASSERT_EQ(0, ask_for(w, 5));
	EXPECT_EQ(-EACCES, world_install(w, getuid()));
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
	/* The nonce is still good for what this device may have. */
	w->license.fields.min_level = CASK_LEVEL_DEVELOPMENT;
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(5, left(w));
}

TEST_F(renew, D9_ownership_wants_the_permission)
{
	struct world *w = self->w;

	/* A period, no permission. */
	set_period(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	w->license.fields.not_after = 0;
	EXPECT_EQ(-EPERM, renew(w, 0));
	/* A bound of either kind is no ownership. */
	w->license.fields.not_before = self->now - HOUR;
	EXPECT_EQ(0, renew(w, 0));
	w->license.fields.not_before = 0;
	EXPECT_EQ(0, renew(w, 1));
	EXPECT_EQ(-EEXIST, renew(w, 0));
	EXPECT_EQ(0, renew(w, 1));
	/* With the permission, which only what is replaced can give. */
	w->license.fields.version++;
	w->license.fields.permissions = CASK_PERMISSION_OWN;
	ASSERT_EQ(0, ask_for(w, 0));
	EXPECT_EQ(-EPERM, world_install(w, getuid()));
	EXPECT_EQ(0, renew(w, 1));
	w->license.fields.version++;
	w->license.fields.permissions = 0;
	ASSERT_EQ(0, ask_for(w, 0));
	EXPECT_EQ(0, world_install(w, getuid()));
	/* What is owned may be owned on. */
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 0));
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	w->license.fields.version++;
	w->license.fields.permissions = 1U << 31;
	EXPECT_EQ(-EOPNOTSUPP, world_install(w, getuid()));
}

TEST_F(renew, D9_the_permission_outlives_a_boot)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 1));
	w = self->w = boots_next(w, self->b);
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 0));
	EXPECT_EQ(-EPERM, world_install(w, getuid()));
	w->license.fields.permissions = CASK_PERMISSION_OWN;
	EXPECT_EQ(0, renew(w, 1));
	w->license.fields.permissions = 0;
	w = self->w = boots_next(w, self->b);
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 0));
	EXPECT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
}

/* What was paid for for good: neither the clock nor what the agent kept of before ends it. */
TEST_F(renew, D9_what_is_owned_stays_that)
{
	struct forge_bytes old, owned;
	struct world *w = self->w;

	set_period(w, self->now, 0, HOUR);
	w->license.fields.permissions = CASK_PERMISSION_OWN;
	ASSERT_EQ(0, install_kept(w, 1, &old));
	w->license.fields.version++;
	set_period(w, self->now, 0, 0);
	ASSERT_EQ(0, install_kept(w, 0, &owned));
	advance(2 * HOUR);
	EXPECT_EQ(0, use(w));
	advance(-4 * HOUR);
	EXPECT_EQ(0, use(w));
	advance(2 * HOUR);
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	w = self->w = boots_next(w, self->b);
	EXPECT_EQ(-ESTALE, bring_license(w, &old));
	EXPECT_EQ(0, bring_license(w, &owned));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, use(w));
	forge_free(&old);
	forge_free(&owned);
}

static int64_t fail_write(struct agent *a, const struct agent_reply *question, void *context)
{
	return question->attrs[CASK_A_DATA] ? EIO : 0;
}

/* The disk fails in it: the old license holds as it was, and the answer is still good. */
TEST_F(renew, D10_a_renewal_that_is_not_on_disk_is_none)
{
	struct world *w = self->w;
	struct forge_bytes later;

	ASSERT_EQ(0, install(w, 2));
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 7));
	later = signed_license(w);
	w->disk->fault = fail_write;
	EXPECT_EQ(-EIO, bring_license(w, &later));
	w->disk->fault = NULL;
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, bring_license(w, &later));
	EXPECT_EQ(7, left(w));
	forge_free(&later);
}

/* Both are there when the disk answers again: whichever is first, it opens. */
TEST_F(renew, D10_an_opening_meets_a_renewal)
{
	struct world *w = self->w;
	struct agent_message m;
	struct forge_bytes later;
	struct opener o;
	uint32_t owner = getuid();

	ASSERT_EQ(0, install(w, 2));
	w->license.fields.version++;
	ASSERT_EQ(0, ask_for(w, 7));
	later = signed_license(w);
	const struct agent_attr attrs[] = {
		{ CASK_A_LICENSE, later.data, later.size }, AGENT_U32(CASK_A_OWNER, owner), { 0 },
	};
	m = agent_message(w->agent, CASK_CMD_LICENSE_ADD, 0, attrs);
	ASSERT_EQ(0, agent_send(w->agent, &m));
	start(&o, w);
	await_waiting(&o);
	EXPECT_EQ(0, agent_await(w->agent, &m, NULL));
	EXPECT_LE(0, finish(&o));
	EXPECT_LE(6, left(w));
	close(o.ret);
	free(m.data);
	forge_free(&later);
}

TEST_HARNESS_MAIN
