// SPDX-License-Identifier: GPL-2.0
/* log.c - uses that are logged: reported, acknowledged, refused until they are. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "crypto.h"
#include "harness.h"
#include "reports.h"

#define PLAIN	100000u

FIXTURE(log) {
	struct world *w;
	struct reports r;
};

/* The log of all tests is one: each begins with nothing in it. */
FIXTURE_SETUP(log)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, PLAIN);
	ASSERT_EQ(0, reports_begin(&self->r, self->w));
	self->w->license.fields.permissions = CASK_PERMISSION_LOG;
	ASSERT_EQ(0, acknowledge_all(&self->r));
}

FIXTURE_TEARDOWN(log)
{
	world_free(self->w);
}

/* --- D9: the obligation to keep a use log --- */

TEST_F(log, D9_X4_an_opening_is_logged)
{
	const struct cask_log_entry *e = self->r.entries;
	uint64_t before = time(NULL), first;
	int fd;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(-ENODATA, report_get(&self->r));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, report_count(&self->r));
	first = self->r.view.number;
	EXPECT_TRUE(is_entry(e, CASK_LOG_OPENED, 0, 1));
	EXPECT_EQ(0, memcmp(e->license_id, self->w->license.fields.id, CASK_ID_SIZE));
	EXPECT_LE(before, le64toh(e->time));
	EXPECT_GE((uint64_t)time(NULL) + 1, le64toh(e->time));
	EXPECT_EQ(0, memcmp(self->r.view.issuer.data, self->w->a->root.pub.kid, CASK_KID_SIZE));
	EXPECT_EQ(0, memcmp(self->r.view.device_id.data, self->w->device_id, CASK_KID_SIZE));
	/* Nobody is told how much was read, nor when it is closed. */
	EXPECT_EQ(PLAIN, (unsigned int)read_at(self->w, fd, 0, PLAIN));
	close(fd);
	ASSERT_EQ(1, report_count(&self->r));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_EQ(first, self->r.view.number);
	EXPECT_TRUE(is_entry(e + 1, CASK_LOG_OPENED, 0, 1));
}

TEST_F(log, D9_without_an_entry_nothing_plays)
{
	ASSERT_EQ(0, world_install(self->w, getuid()));
	agent_free(self->w->agent);
	self->w->agent = NULL;
	EXPECT_EQ(-ENOTCONN, open_path(self->w->path, NULL));
	self->w->agent = agent_new();
	ASSERT_NE(NULL, self->w->agent);
	agent_disk(self->w->agent, self->w->disk);
	EXPECT_EQ(0, report_count(&self->r));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(1, report_count(&self->r));
}

TEST_F(log, D9_what_counts_is_logged_when_it_does)
{
	ASSERT_EQ(0, install(self->w, 2));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_TRUE(is_entry(&self->r.entries[0], CASK_LOG_OPENED, 0, 1));
	EXPECT_TRUE(is_entry(&self->r.entries[1], CASK_LOG_OPENED, 0, 1));
}

TEST_F(log, D9_a_license_that_owes_no_log_has_none)
{
	self->w->license.fields.permissions = 0;
	ASSERT_EQ(0, install(self->w, 2));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(-ENODATA, report_get(&self->r));
}

TEST_F(log, D9_X4_a_full_log_plays_nothing_until_it_is_acknowledged)
{
	unsigned int i;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	for (i = 0; i < CASK_LOG_USES_MAX; i++)
		ASSERT_EQ(0, use(self->w));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(CASK_LOG_USES_MAX, (unsigned int)report_count(&self->r));
	EXPECT_EQ(0, acknowledge(&self->r, self->r.view.number));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(-EDQUOT, use(self->w));
}

/* --- X4: reports and acknowledgements --- */

TEST_F(log, X4_what_is_acknowledged_is_reported_no_more)
{
	uint64_t first;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(3, report_count(&self->r));
	first = self->r.view.number;
	EXPECT_EQ(0, acknowledge(&self->r, first + 1));
	ASSERT_EQ(1, report_count(&self->r));
	EXPECT_EQ(first + 2, self->r.view.number);
	/* once more, and an older one: nothing is dropped by them */
	EXPECT_EQ(0, acknowledge(&self->r, first + 1));
	EXPECT_EQ(0, acknowledge(&self->r, first));
	EXPECT_EQ(1, report_count(&self->r));
	EXPECT_EQ(0, acknowledge(&self->r, first + 2));
	EXPECT_EQ(-ENODATA, report_get(&self->r));
	/* Numbers are not used again. */
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, report_count(&self->r));
	EXPECT_EQ(first + 3, self->r.view.number);
}

TEST_F(log, X4_acknowledgements_that_are_none)
{
	struct report_word word;
	struct forge_bytes object;
	uint8_t private_key[32], public_key[32];
	uint64_t last;
	size_t i;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, report_count(&self->r));
	last = last_number(&self->r);
	EXPECT_EQ(-ERANGE, acknowledge(&self->r, last + 1));
	word = word_of(&self->r, last);
	word.last.series[0] ^= 1;
	EXPECT_EQ(-EL2NSYNC, bring_word(&self->r, &word));
	/* for another device */
	word = word_of(&self->r, last);
	ASSERT_EQ(0, crypto_x25519_keypair(private_key, public_key));
	forge_acknowledgement(self->w->a, public_key, &word, &object);
	EXPECT_EQ(-EXDEV, bring_object(&self->r, &object));
	forge_free(&object);
	/* each byte */
	forge_acknowledgement(self->w->a, self->w->device_key, &word, &object);
	for (i = 0; i < object.size; i += 3) {
		object.data[i] ^= 1;
		EXPECT_GT(0, bring_object(&self->r, &object));
		object.data[i] ^= 1;
	}
	object.data[object.size - 1] ^= 1;
	EXPECT_EQ(-EKEYREJECTED, bring_object(&self->r, &object));
	object.data[sizeof(struct cask_head) + sizeof(struct cask_section)] ^= 1;
	EXPECT_EQ(-ENOKEY, bring_object(&self->r, &object));
	forge_free(&object);
	/* a report is none either */
	object = (struct forge_bytes){ self->r.object, self->r.size };
	EXPECT_EQ(-EINVAL, bring_object(&self->r, &object));
	EXPECT_EQ(1, report_count(&self->r));
	EXPECT_EQ(0, acknowledge(&self->r, last));
}

/* Slots that were kept and put back bring no number back, and take no entry away. */
TEST_F(log, X4_an_older_slot_takes_no_entry_away)
{
	struct agent_disk *kept = malloc(sizeof(*kept));
	uint64_t first;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, report_count(&self->r));
	first = self->r.view.number;
	memcpy(kept->slots, self->w->disk->slots, sizeof(kept->slots));
	EXPECT_EQ(0, use(self->w));
	memcpy(self->w->disk->slots, kept->slots, sizeof(kept->slots));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(3, report_count(&self->r));
	EXPECT_EQ(first, self->r.view.number);
	free(kept);
}

TEST_HARNESS_MAIN
