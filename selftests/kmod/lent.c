// SPDX-License-Identifier: GPL-2.0
/*
 * lent.c - copies of licenses on media over boots of the device. Loads and unloads the module by itself, with
 * a root that it has again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boots.h"
#include "copies.h"
#include "harness.h"
#include "scratch.h"

#define SIZE	10000	/* of what media_check() reads */

FIXTURE(lent) {
	struct forge_distributor *b;
	struct media *m;
	struct world *w;
	char *dir;			/* outlives worlds */
	char paths[2][48];		/* media */
	char copy[48];			/* of one */
	int fds[2];
	struct forge_bytes license;	/* the world's, as it was brought */
};

#define SELF FIXTURE_DATA(lent)

static void open_media(SELF *self)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		self->fds[i] = media_open(self->m, self->paths[i], O_RDWR);
}

static void close_media(SELF *self)
{
	close(self->fds[0]);
	close(self->fds[1]);
}

FIXTURE_SETUP(lent)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	unsigned int i;

	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->m = media_of(self->w);
	ASSERT_NE(NULL, self->m);
	self->dir = scratch_new("/tmp");
	ASSERT_NE(NULL, self->dir);
	snprintf(self->copy, sizeof(self->copy), "%s/copy", self->dir);
	for (i = 0; i < 2; i++) {
		snprintf(self->paths[i], sizeof(self->paths[i]), "%s/%u", self->dir, i);
		media_blank(self->paths[i]);
		ASSERT_EQ(0, media_create(self->m, self->paths[i], 0, number));
	}
	open_media(self);
}

FIXTURE_TEARDOWN(lent)
{
	close_media(self);
	forge_free(&self->license);
	free(self->m);
	boots_free(self->w, self->b);
	ASSERT_EQ(0, scratch_free(self->dir));
}

static int grant_kept(SELF *self, uint32_t exports, uint32_t checkouts, uint32_t at_once)
{
	self->w->license.fields.max_exports = exports;
	self->w->license.fields.max_checkouts = checkouts;
	self->w->license.fields.at_once = at_once;
	return install_kept(self->w, 0, &self->license);
}

/* Off and on: the class is there again, the license is not yet. */
static int boot(SELF *self)
{
	close_media(self);
	self->w = self->m->w = boots_next(self->w, self->b);
	world_content(self->w, SIZE);
	if (media_install_class(self->m))
		return -1;
	open_media(self);
	return 0;
}

static int lend(SELF *self, unsigned int medium, unsigned long cmd)
{
	return media_lend(self->m, self->fds[medium], cmd);
}

static int check(SELF *self, unsigned int medium)
{
	return media_check(self->m, self->fds[medium]);
}

TEST_F(lent, D9_exports_are_counted_on_after_a_boot)
{
	ASSERT_EQ(0, grant_kept(self, 1, 0, 0));
	ASSERT_EQ(0, lend(self, 0, EXPORT));
	/* The statement is evidence of what is left, and no more. */
	EXPECT_EQ(0, bring_license(self->w, &self->license));
	EXPECT_EQ(0, count_of(self->w, CASK_A_EXPORTS_LEFT));
	ASSERT_EQ(0, boot(self));
	EXPECT_EQ(0, check(self, 0));
	EXPECT_EQ(-ENOENT, lend(self, 1, EXPORT));
	ASSERT_EQ(0, bring_license(self->w, &self->license));
	EXPECT_EQ(0, count_of(self->w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(-EEXIST, lend(self, 0, EXPORT));
	EXPECT_EQ(-EDQUOT, lend(self, 1, EXPORT));
	EXPECT_EQ(0, media_info(self->fds[1]).licenses);
	/* Removed, it is nowhere but on the medium. */
	forget(self->w);
	EXPECT_EQ(-EKEYREVOKED, bring_license(self->w, &self->license));
	EXPECT_EQ(0, check(self, 0));
}

TEST_F(lent, D9_what_is_checked_out_is_out_after_a_boot)
{
	ASSERT_EQ(0, grant_kept(self, 0, 2, 1));
	ASSERT_EQ(0, lend(self, 0, CHECKOUT));
	ASSERT_EQ(0, boot(self));
	EXPECT_EQ(0, check(self, 0));
	ASSERT_EQ(0, bring_license(self->w, &self->license));
	EXPECT_EQ(1, count_of(self->w, CASK_A_LENT));
	EXPECT_EQ(1, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(-EBUSY, lend(self, 1, CHECKOUT));
	EXPECT_EQ(0, lend(self, 0, CHECKIN));
	EXPECT_EQ(0, lend(self, 1, CHECKOUT));
	ASSERT_EQ(0, boot(self));
	/* Before the license is there; and then none is left. */
	EXPECT_EQ(0, lend(self, 1, CHECKIN));
	EXPECT_EQ(-ENOKEY, check(self, 1));
	ASSERT_EQ(0, bring_license(self->w, &self->license));
	EXPECT_EQ(0, count_of(self->w, CASK_A_LENT));
	EXPECT_EQ(-EDQUOT, lend(self, 0, CHECKOUT));
}

TEST_F(lent, D9_an_image_from_before_the_checkin_is_an_older_copy_after_a_boot)
{
	ASSERT_EQ(0, grant_kept(self, 0, 2, 1));
	ASSERT_EQ(0, lend(self, 0, CHECKOUT));
	media_copy(self->paths[0], self->copy);
	ASSERT_EQ(0, lend(self, 0, CHECKIN));
	ASSERT_EQ(0, boot(self));
	close_media(self);
	media_copy(self->copy, self->paths[0]);
	open_media(self);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(self->fds[0]).state);
	EXPECT_EQ(-ESTALE, check(self, 0));
	ASSERT_EQ(0, bring_license(self->w, &self->license));
	EXPECT_EQ(-ESTALE, lend(self, 0, CHECKIN));
	EXPECT_EQ(0, count_of(self->w, CASK_A_LENT));
	EXPECT_EQ(0, lend(self, 1, CHECKOUT));
	EXPECT_EQ(0, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
}

TEST_F(lent, D9_a_license_that_is_removed_takes_along_what_is_checked_out)
{
	ASSERT_EQ(0, grant_kept(self, 1, 1, 1));
	ASSERT_EQ(0, lend(self, 0, CHECKOUT));
	ASSERT_EQ(0, lend(self, 1, EXPORT));
	forget(self->w);
	EXPECT_EQ(-ESTALE, check(self, 0));
	EXPECT_EQ(0, check(self, 1));
	EXPECT_EQ(-ENOENT, lend(self, 0, CHECKIN));
	ASSERT_EQ(0, boot(self));
	EXPECT_EQ(-EKEYREVOKED, bring_license(self->w, &self->license));
	EXPECT_EQ(-ESTALE, check(self, 0));
	EXPECT_EQ(0, check(self, 1));
}

TEST_HARNESS_MAIN
