// SPDX-License-Identifier: GPL-2.0
/*
 * logged.c - use logs over boots of the device, and its clock. Loads and unloads the module by itself, with a
 * root that it has again.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boots.h"
#include "counted.h"
#include "harness.h"
#include "reports.h"

#define HOUR	3600
#define PLAIN	100u	/* of what a boot has, too */

FIXTURE(logged) {
	struct forge_distributor *b;
	struct world *w;
	struct reports r;
	time_t now;
};

#define SELF FIXTURE_DATA(logged)

FIXTURE_SETUP(logged)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	ASSERT_EQ(0, reports_begin(&self->r, self->w));
	self->now = time(NULL);
	self->w->license.fields.created = self->now;
	self->w->license.fields.permissions = CASK_PERMISSION_LOG;
}

FIXTURE_TEARDOWN(logged)
{
	boots_free(self->w, self->b);
}

/* Off and on; what does not count is brought anew. */
static int boot(SELF *self)
{
	self->w = self->r.w = boots_next(self->w, self->b);
	return world_install(self->w, getuid());
}

TEST_F(logged, D9_X4_what_is_logged_is_reported_after_a_boot)
{
	struct report_word before, after;
	uint64_t first;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(2, report_count(&self->r));
	first = self->r.view.number;
	before = word_of(&self->r, first);
	ASSERT_EQ(0, boot(self));
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_EQ(first, self->r.view.number);
	after = word_of(&self->r, first);
	EXPECT_EQ(0, memcmp(&before.last, &after.last, sizeof(before.last)));
	EXPECT_EQ(0, acknowledge(&self->r, first));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_EQ(first + 1, self->r.view.number);
}

TEST_F(logged, D9_X4_an_acknowledgement_of_before_drops_nothing_after_a_boot)
{
	struct report_word word;
	struct forge_bytes said;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, report_count(&self->r));
	word = word_of(&self->r, last_number(&self->r));
	forge_acknowledgement(self->w->a, self->w->device_key, &word, &said);
	EXPECT_EQ(0, bring_object(&self->r, &said));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(0, boot(self));
	EXPECT_EQ(0, bring_object(&self->r, &said));
	ASSERT_EQ(1, report_count(&self->r));
	EXPECT_EQ(0, acknowledge(&self->r, last_number(&self->r)));
	EXPECT_EQ(0, bring_object(&self->r, &said));
	EXPECT_EQ(-ENODATA, report_get(&self->r));
	forge_free(&said);
}

TEST_F(logged, D9_X4_what_may_be_unreported_is_no_more_after_a_boot)
{
	struct license_fields *f = &self->w->license.fields;
	int fd;

	f->unit = CASK_UNIT_BYTES;
	f->quantum = PLAIN;
	f->max_unreported = PLAIN;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)PLAIN, read_at(self->w, fd, 0, PLAIN));
	EXPECT_EQ(-EDQUOT, read_at(self->w, fd, 0, 1));
	close(fd);
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(0, boot(self));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(0, acknowledge_all(&self->r));
	EXPECT_EQ(0, use(self->w));
}

/* An entry is never before what its distributor signed, and else as late as the clock says. */
TEST_F(logged, D9_X4_a_clock_that_is_wound_back_dates_no_entry_back)
{
	const struct cask_log_entry *e = self->r.entries;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	advance(-HOUR);
	EXPECT_EQ(0, use(self->w));
	advance(2 * HOUR);
	EXPECT_EQ(0, use(self->w));
	advance(-HOUR);
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_LE((uint64_t)self->now, le64toh(e[0].time));
	EXPECT_GT((uint64_t)self->now + HOUR / 2, le64toh(e[0].time));
	EXPECT_LE((uint64_t)self->now + HOUR, le64toh(e[1].time));
}

TEST_HARNESS_MAIN
