// SPDX-License-Identifier: GPL-2.0
/* export.c - licenses of a device that are exported to media, and what is not permitted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "copies.h"
#include "harness.h"

FIXTURE(export) {
	struct copies c;
};

FIXTURE_SETUP(export)
{
	ASSERT_EQ(0, copies_begin(&self->c));
}

FIXTURE_TEARDOWN(export)
{
	copies_end(&self->c);
}

/* --- exports --- */

TEST_F(export, D9_an_exported_license_plays_from_the_medium_by_itself)
{
	struct world *w = self->c.w;
	struct cask_medium_license l;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 2, 0, 0));
	EXPECT_EQ(2, count_of(w, CASK_A_EXPORTS_MAX));
	EXPECT_EQ(2, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(~0U, count_of(w, CASK_A_CHECKOUTS_MAX));
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	put_in_again(&self->c);
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	l = only(self->c.m, self->c.fd);
	EXPECT_EQ(0, l.error);
	EXPECT_EQ(CASK_COPY_EXPORTED, l.copy);
	EXPECT_EQ(CASK_OPENS_ANY, l.opens_max);
	EXPECT_EQ(CASK_SUITE_AES_128_GCM, l.suite);
	EXPECT_EQ(w->license.fields.not_after, l.not_after);
	EXPECT_EQ(0, memcmp(l.license_id, w->license.fields.id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(l.content_id, w->content_id, CASK_ID_SIZE));
}

TEST_F(export, D9_exports_are_counted_until_none_is_left)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(0, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(-EEXIST, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.second, EXPORT));
	EXPECT_EQ(0, media_info(self->c.second).licenses);
	EXPECT_EQ(1, media_info(self->c.second).counter);
	/* The device's own goes on. */
	EXPECT_EQ(0, use(w));
}

TEST_F(export, D9_an_export_stays)
{
	ASSERT_EQ(0, grant(self->c.w, 1, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-ENOENT, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(-EEXIST, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
}

TEST_F(export, D9_an_export_has_the_period_of_its_license)
{
	struct cask_medium_license l;
	struct world *w = self->c.w;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 2, 0, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	advance(2000);
	EXPECT_EQ(-EKEYEXPIRED, media_check(self->c.m, self->c.fd));
	l = only(self->c.m, self->c.fd);
	EXPECT_EQ(EKEYEXPIRED, l.error);
	EXPECT_EQ(-EKEYEXPIRED, media_lend(self->c.m, self->c.second, EXPORT));
	advance(-2000);
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
}

static int call_record(void *arg)
{
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret = open_with(dev, arg);

	close(dev);
	return ret;
}

TEST_F(export, D9_a_copy_permits_no_recording)
{
	struct cask_open arg = { .flags = CASK_OPEN_MEDIUM | CASK_OPEN_RECORD, .medium_fd = self->c.fd };
	struct world *w = self->c.w;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	arg.content_fd = open(w->path, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EMEDIUMTYPE, served(w, call_record, &arg));
	close(arg.content_fd);
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
}

/* --- what is not permitted --- */

TEST_F(export, D9_what_is_not_permitted_is_refused)
{
	struct world *w = self->c.w;
	int fd = media_open(self->c.m, self->c.m->path, O_RDONLY);
	struct cask_medium_lend arg = { .reserved = { 0, 0, 0, 1 } };

	EXPECT_EQ(-ENOENT, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-ENOENT, media_lend(self->c.m, self->c.fd, CHECKIN));
	ASSERT_EQ(0, install(w, 5));
	EXPECT_EQ(-EPERM, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-EPERM, media_lend(self->c.m, self->c.fd, CHECKOUT));
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	EXPECT_EQ(-EPERM, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(-EROFS, media_lend(self->c.m, fd, EXPORT));
	EXPECT_EQ(-EROFS, media_lend(self->c.m, fd, CHECKIN));
	w->license.fields.issuer[0] ^= 1;
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, self->c.fd, CHECKIN));
	w->license.fields.issuer[0] ^= 1;
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));

	for (unsigned long cmd = 0; cmd < 3; cmd++) {
		unsigned long request = cmd == 0 ? EXPORT : cmd == 1 ? CHECKOUT : CHECKIN;

		EXPECT_EQ(-1, ioctl(self->c.fd, request, &arg));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, ioctl(self->c.fd, request, NULL));
		EXPECT_EQ(EFAULT, errno);
	}
	close(fd);
}

TEST_F(export, D9_a_license_that_could_not_be_counted_says_nothing_of_copies)
{
	self->c.w->license.fields.max_exports = 1;
	EXPECT_EQ(-EINVAL, world_install(self->c.w, getuid()));
	self->c.w->license.fields.max_exports = 0;
	self->c.w->license.fields.max_checkouts = 2;
	self->c.w->license.fields.at_once = 1;
	EXPECT_EQ(-EINVAL, world_install(self->c.w, getuid()));
}

/* By another user, whom the agent need not serve: he is refused before. */
static int export_as_user(void *arg)
{
	struct copies *c = arg;
	struct cask_medium_lend lend = { 0 };

	memcpy(lend.license_id, c->w->license.fields.id, CASK_ID_SIZE);
	memcpy(lend.issuer, c->w->license.fields.issuer, CASK_KID_SIZE);
	return ioctl(c->fd, EXPORT, &lend) ? errno : 0;
}

TEST_F(export, D9_a_users_license_is_exported_by_no_other_user)
{
	ASSERT_EQ(0, grant(self->c.w, 1, 0, 0));
	EXPECT_EQ(EACCES, run_as(1000, export_as_user, &self->c));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_EXPORTS_LEFT));
}

TEST_F(export, D9_what_a_full_medium_has_no_room_for_is_not_counted)
{
	struct license_medium target = media_target(self->c.m, self->c.m->number, NULL);
	struct world *w = self->c.w;
	struct license_fields kept;
	int ret;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	kept = w->license.fields;
	w->license.fields.once = false;
	w->license.fields.max_exports = 0;
	w->license.fields.max_checkouts = 0;
	do {
		w->license.fields.id[0]++;
		ret = media_grant(self->c.m, self->c.fd, &target);
	} while (!ret);
	ASSERT_EQ(-ENOSPC, ret);
	/* A copy is smaller than a statement. */
	w->license.fields = kept;
	do {
		w->license.fields.id[1]++;
		ret = grant(w, 1, 1, 1) ?: media_lend(self->c.m, self->c.fd, EXPORT);
	} while (!ret);
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(-ENOSPC, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
}

/* --- two at once --- */

TEST_F(export, D9_of_two_that_race_for_the_last_export_one_gets_it)
{
	struct racer racers[2] = { { .cmd = EXPORT, .fd = self->c.fd },
				   { .cmd = EXPORT, .fd = self->c.second } };
	unsigned int i;

	ASSERT_EQ(0, grant(self->c.w, 1, 0, 0));
	for (i = 0; i < 2; i++)
		start_race(&racers[i], self->c.w);
	for (i = 0; i < 2; i++)
		end_race(&racers[i], self->c.w);
	EXPECT_EQ(-EDQUOT, racers[0].ret + racers[1].ret);
	EXPECT_EQ(1, media_info(self->c.fd).licenses + media_info(self->c.second).licenses);
	EXPECT_EQ(racers[0].ret ? -ENOKEY : 0, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(racers[1].ret ? -ENOKEY : 0, media_check(self->c.m, self->c.second));
}

/* Whoever exports begins when the renewal is being written, and waits for that. */
struct meeting {
	struct world *w;
	struct racer racer;
};

static int64_t meet(struct agent *a, const struct agent_reply *question, void *context)
{
	struct meeting *m = context;

	if (!question->attrs[CASK_A_SYNC] || atomic_load(&m->racer.tid))
		return 0;
	start_race(&m->racer, m->w);
	await_thread(&m->racer.tid);
	return 0;
}

/* The next version, which permits so many exports, and one of them while it comes. */
static int export_while_renewed(struct copies *c, uint32_t exports)
{
	struct meeting m = { .w = c->w, .racer = { .cmd = EXPORT, .fd = c->fd } };
	struct world *w = c->w;
	int ret;

	w->license.fields.version++;
	w->license.fields.max_exports = exports;
	ret = ask_for(w, 0);
	if (ret)
		return ret;
	w->disk->context = &m;
	w->disk->fault = meet;
	ret = world_install(w, getuid());
	w->disk->fault = NULL;
	return atomic_load(&m.racer.tid) ? end_race(&m.racer, w) ?: ret : ret;
}

TEST_F(export, D10_an_export_that_meets_a_renewal_is_of_the_later_license)
{
	struct world *w = self->c.w;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	w->license.fields.not_after += 1000;
	ASSERT_EQ(0, export_while_renewed(&self->c, 5));
	EXPECT_EQ(4, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(w->license.fields.not_after, only(self->c.m, self->c.fd).not_after);
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
}

TEST_F(export, D10_an_export_that_meets_a_renewal_without_exports_is_refused)
{
	ASSERT_EQ(0, grant(self->c.w, 1, 0, 0));
	EXPECT_EQ(-EPERM, export_while_renewed(&self->c, 0));
	EXPECT_EQ(0, media_info(self->c.fd).licenses);
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(0, use(self->c.w));
}

TEST_HARNESS_MAIN
