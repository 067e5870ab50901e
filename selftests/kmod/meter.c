// SPDX-License-Identifier: GPL-2.0
/* meter.c - uses that are metered: logged before they are had, reported, refused until they are on record. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "harness.h"
#include "jobs.h"
#include "reports.h"

#define PLAIN	100000u
#define QUANTUM	10000u

#define SELF FIXTURE_DATA(meter)

FIXTURE(meter) {
	struct world *w;
	struct reports r;
};

/* The log of all tests is one: each begins with nothing in it. */
FIXTURE_SETUP(meter)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, PLAIN);
	ASSERT_EQ(0, reports_begin(&self->r, self->w));
	self->w->license.fields.permissions = CASK_PERMISSION_LOG;
	ASSERT_EQ(0, acknowledge_all(&self->r));
}

FIXTURE_TEARDOWN(meter)
{
	world_free(self->w);
}

static void meter(SELF *self, uint32_t unit, uint64_t quantum, uint64_t max_unreported)
{
	self->w->license.fields.unit = unit;
	self->w->license.fields.quantum = quantum;
	self->w->license.fields.max_unreported = max_unreported;
}

/* What the report says was used. */
static uint64_t used(SELF *self)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < self->r.view.count; i++)
		if (le32toh(self->r.entries[i].event) == CASK_LOG_RETURNED)
			sum -= le64toh(self->r.entries[i].amount);
		else
			sum += le64toh(self->r.entries[i].amount);
	return sum;
}

TEST_F(meter, X4_a_quantum_is_logged_before_it_is_used)
{
	const struct cask_log_entry *e = self->r.entries;
	int fd;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 10 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, report_count(&self->r));
	EXPECT_TRUE(is_entry(e, CASK_LOG_OPENED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 0, QUANTUM));
	ASSERT_EQ(1, report_count(&self->r));
	/* What is read again is used again. */
	EXPECT_EQ(1, read_at(self->w, fd, 0, 1));
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_TRUE(is_entry(e + 1, CASK_LOG_METERED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_EQ(QUANTUM + 1, info_of(fd).bytes);
	close(fd);
	ASSERT_EQ(3, report_count(&self->r));
	EXPECT_TRUE(is_entry(e + 2, CASK_LOG_RETURNED, CASK_UNIT_BYTES, QUANTUM - 1));
	EXPECT_EQ(QUANTUM + 1, used(self));
	/* what was used up is said, too */
	ASSERT_EQ(0, acknowledge_all(&self->r));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 0, QUANTUM));
	close(fd);
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_TRUE(is_entry(e + 1, CASK_LOG_RETURNED, CASK_UNIT_BYTES, 0));
}

TEST_F(meter, X4_no_more_is_played_than_may_be_unreported)
{
	int fd;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 3 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)(3 * QUANTUM), read_at(self->w, fd, 0, PLAIN));
	EXPECT_EQ(-EDQUOT, read_at(self->w, fd, 3 * QUANTUM, 1));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(3, report_count(&self->r));
	EXPECT_EQ(3 * QUANTUM, used(self));
	EXPECT_EQ(0, acknowledge(&self->r, self->r.view.number));
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 3 * QUANTUM, PLAIN));
	EXPECT_EQ(-EDQUOT, read_at(self->w, fd, 4 * QUANTUM, 1));
	ASSERT_EQ(0, acknowledge_all(&self->r));
	EXPECT_EQ((int)(3 * QUANTUM), read_at(self->w, fd, 4 * QUANTUM, PLAIN));
	EXPECT_EQ(7 * QUANTUM, info_of(fd).bytes);
	close(fd);
}

TEST_F(meter, X4_files_of_a_license_share_what_is_prepaid)
{
	const struct cask_log_entry *e = self->r.entries;
	int a, b;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 10 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	a = open_counted(self->w);
	b = open_counted(self->w);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(1000, read_at(self->w, a, 0, 1000));
	EXPECT_EQ(2000, read_at(self->w, b, 0, 2000));
	close(a);
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_TRUE(is_entry(e, CASK_LOG_OPENED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_TRUE(is_entry(e + 1, CASK_LOG_OPENED, CASK_UNIT_BYTES, 0));
	close(b);
	ASSERT_EQ(3, report_count(&self->r));
	EXPECT_TRUE(is_entry(e + 2, CASK_LOG_RETURNED, CASK_UNIT_BYTES, QUANTUM - 3000));
	EXPECT_EQ(3000, used(self));
}

/* Reads until it is refused; a thread of its own. */
struct reader {
	pthread_t thread;
	int fd;
	uint64_t bytes;
	int error;
	atomic_int *running;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint8_t bytes[777];
	ssize_t n;

	while ((n = pread(r->fd, bytes, sizeof(bytes), 0)) > 0)
		r->bytes += n;
	r->error = n ? errno : 0;
	atomic_fetch_sub(r->running, 1);
	return NULL;
}

TEST_F(meter, X4_two_players_and_the_last_quantum)
{
	atomic_int running = 2;
	struct reader r[2];
	unsigned int i;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 5 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	for (i = 0; i < 2; i++) {
		r[i] = (struct reader){ .fd = open_counted(self->w), .running = &running };
		ASSERT_LE(0, r[i].fd);
	}
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&r[i].thread, NULL, read_on, &r[i]));
	while (atomic_load(&running))
		agent_serve(self->w->agent, 20);
	for (i = 0; i < 2; i++) {
		pthread_join(r[i].thread, NULL);
		EXPECT_EQ(EDQUOT, r[i].error);
		close(r[i].fd);
	}
	EXPECT_EQ(5 * QUANTUM, r[0].bytes + r[1].bytes);
	ASSERT_LT(0, report_count(&self->r));
	EXPECT_EQ(5 * QUANTUM, used(self));
}

static int do_decrypt(void *arg)
{
	struct cask_job **job = arg;

	return decrypt_one((int)(intptr_t)job[1], job[0]);
}

/* One packet, which may have to wait for the agent. */
static int packet(struct world *w, int fd)
{
	uint8_t in[100] = { 0 }, out[100];
	struct cask_job job = { .src = (uintptr_t)in, .dst = (uintptr_t)out, .len = sizeof(in) };
	struct cask_job *arg[2] = { &job, (struct cask_job *)(intptr_t)fd };

	return served(w, do_decrypt, arg);
}

struct opening {
	int dev;
	const uint8_t *content_id;
};

static int do_open_key(void *arg)
{
	const struct opening *o = arg;

	return open_key(o->dev, o->content_id, NULL, NULL);
}

TEST_F(meter, X4_packets_are_metered)
{
	struct opening o = { open("/dev/cask", O_RDONLY), self->w->content_id };
	unsigned int i;
	int fd;

	meter(self, CASK_UNIT_PACKETS, 3, 5);
	self->w->license.fields.operations = CASK_OPERATION_DECRYPT;
	self->w->license.fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = served(self->w, do_open_key, &o);
	ASSERT_LE(0, fd);
	/* A second quantum would be one too many. */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, packet(self->w, fd));
	EXPECT_EQ(-EDQUOT, packet(self->w, fd));
	ASSERT_EQ(0, acknowledge_all(&self->r));
	EXPECT_EQ(0, packet(self->w, fd));
	EXPECT_EQ(4, info_of(fd).packets);
	close(fd);
	close(o.dev);
	ASSERT_EQ(2, report_count(&self->r));
	EXPECT_TRUE(is_entry(&self->r.entries[0], CASK_LOG_METERED, CASK_UNIT_PACKETS, 3));
	EXPECT_TRUE(is_entry(&self->r.entries[1], CASK_LOG_RETURNED, CASK_UNIT_PACKETS, 2));
}

TEST_F(meter, X4_seconds_are_metered)
{
	struct timespec start, now;
	uint64_t seconds;
	int fd;

	meter(self, CASK_UNIT_SECONDS, 2, 1000);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		ASSERT_EQ(100, read_at(self->w, fd, 0, 100));
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < start.tv_sec + 3);
	seconds = info_of(fd).seconds;
	EXPECT_LE(3, seconds);
	close(fd);
	ASSERT_LT(2, report_count(&self->r));
	EXPECT_EQ(seconds, used(self));
}

TEST_HARNESS_MAIN
