// SPDX-License-Identifier: GPL-2.0
/* log.c - uses that are logged and metered: reported, acknowledged, refused until they are. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "counted.h"
#include "crypto.h"
#include "jobs.h"
#include "pairwise.h"
#include "report.h"

#define PLAIN	100000u
#define QUANTUM	10000u

/* What the module reported last. */
struct reported {
	uint8_t object[CASK_REPORT_MAX];
	size_t size;
	struct cask_report_view view;
	struct cask_log_entry entries[CASK_LOG_ENTRIES_MAX];
};

FIXTURE(log) {
	struct world *w;
	struct reported r;
	uint8_t secret[32];
};

#define SELF FIXTURE_DATA(log)

/* 0 or -errno. */
static int report_get(SELF *self)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, self->w->a->root.pub.kid, CASK_KID_SIZE }, { 0 },
	};
	struct agent_reply *reply = malloc(sizeof(*reply));
	struct reported *r = &self->r;
	int ret = agent_call(self->w->agent, CASK_CMD_REPORT_GET, 0, attrs, reply);

	memset(r, 0, sizeof(*r));
	if (!ret) {
		r->size = nla_len(reply->attrs[CASK_A_REPORT]);
		memcpy(r->object, nla_data(reply->attrs[CASK_A_REPORT]), r->size);
		ret = report_open(self->secret, r->object, r->size, &r->view);
	}
	if (!ret)
		memcpy(r->entries, r->view.entries.data, r->view.entries.len);
	free(reply);
	return ret;
}

/* How many entries there are, or -errno. */
static int count(SELF *self)
{
	int ret = report_get(self);

	if (ret == -ENODATA)
		return 0;
	return ret ? ret : (int)self->r.view.count;
}

static int bring_object(SELF *self, const struct forge_bytes *object)
{
	const struct agent_attr attrs[] = {
		{ CASK_A_ACKNOWLEDGEMENT, object->data, object->size }, { 0 },
	};

	return agent_call(self->w->agent, CASK_CMD_REPORT_ACK, 0, attrs, NULL);
}

/* Of the log that was reported last, up to this number. */
static struct report_word word_of(SELF *self, uint64_t number)
{
	struct report_word word = { .last.number = htole64(number) };

	memcpy(word.last.series, self->r.view.series, sizeof(word.last.series));
	return word;
}

static int bring_word(SELF *self, const struct report_word *word)
{
	struct forge_bytes object;
	int ret;

	forge_acknowledgement(self->w->a, self->w->device_key, word, &object);
	ret = bring_object(self, &object);
	forge_free(&object);
	return ret;
}

static int acknowledge(SELF *self, uint64_t number)
{
	const struct report_word word = word_of(self, number);

	return bring_word(self, &word);
}

static uint64_t last_number(SELF *self)
{
	return self->r.view.number + self->r.view.count - 1;
}

/* The log of all tests is one: each begins with nothing in it. */
static int acknowledge_all(SELF *self)
{
	int ret = count(self);

	return ret > 0 ? acknowledge(self, last_number(self)) : ret;
}

FIXTURE_SETUP(log)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, PLAIN);
	ASSERT_EQ(0, pairwise_derive(self->w->a->server_private, self->w->device_key, self->secret));
	self->w->license.fields.permissions = CASK_PERMISSION_LOG;
	ASSERT_EQ(0, acknowledge_all(self));
}

FIXTURE_TEARDOWN(log)
{
	world_free(self->w);
}

static void meter(SELF *self, uint32_t unit, uint64_t quantum, uint64_t max_unreported)
{
	self->w->license.fields.unit = unit;
	self->w->license.fields.quantum = quantum;
	self->w->license.fields.max_unreported = max_unreported;
}

static bool is(const struct cask_log_entry *e, uint32_t event, uint32_t unit, uint64_t amount)
{
	if (le32toh(e->event) == event && le32toh(e->unit) == unit && le64toh(e->amount) == amount)
		return true;
	fprintf(stderr, "# event %u, unit %u, amount %llu\n", le32toh(e->event), le32toh(e->unit),
		(unsigned long long)le64toh(e->amount));
	return false;
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

/* A read that may have to wait for the agent. */
struct reading {
	int fd;
	size_t size;
	uint64_t offset;
};

static int do_read(void *arg)
{
	static uint8_t bytes[PLAIN];
	const struct reading *r = arg;
	ssize_t n = pread(r->fd, bytes, r->size, r->offset);

	return n < 0 ? -errno : n;
}

static int read_at(struct world *w, int fd, uint64_t offset, size_t size)
{
	struct reading r = { fd, size, offset };

	return served(w, do_read, &r);
}

/* --- D9: the obligation to keep a use log --- */

TEST_F(log, D9_X4_an_opening_is_logged)
{
	const struct cask_log_entry *e = self->r.entries;
	uint64_t before = time(NULL), first;
	int fd;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(-ENODATA, report_get(self));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, count(self));
	first = self->r.view.number;
	EXPECT_TRUE(is(e, CASK_LOG_OPENED, 0, 1));
	EXPECT_EQ(0, memcmp(e->license_id, self->w->license.fields.id, CASK_ID_SIZE));
	EXPECT_LE(before, le64toh(e->time));
	EXPECT_GE((uint64_t)time(NULL) + 1, le64toh(e->time));
	EXPECT_EQ(0, memcmp(self->r.view.issuer.data, self->w->a->root.pub.kid, CASK_KID_SIZE));
	EXPECT_EQ(0, memcmp(self->r.view.device_id.data, self->w->device_id, CASK_KID_SIZE));
	/* Nobody is told how much was read, nor when it is closed. */
	EXPECT_EQ(PLAIN, (unsigned int)read_at(self->w, fd, 0, PLAIN));
	close(fd);
	ASSERT_EQ(1, count(self));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(2, count(self));
	EXPECT_EQ(first, self->r.view.number);
	EXPECT_TRUE(is(e + 1, CASK_LOG_OPENED, 0, 1));
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
	EXPECT_EQ(0, count(self));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(1, count(self));
}

TEST_F(log, D9_what_counts_is_logged_when_it_does)
{
	ASSERT_EQ(0, install(self->w, 2));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(2, count(self));
	EXPECT_TRUE(is(&self->r.entries[0], CASK_LOG_OPENED, 0, 1));
	EXPECT_TRUE(is(&self->r.entries[1], CASK_LOG_OPENED, 0, 1));
}

TEST_F(log, D9_a_license_that_owes_no_log_has_none)
{
	self->w->license.fields.permissions = 0;
	ASSERT_EQ(0, install(self->w, 2));
	EXPECT_EQ(0, use(self->w));
	EXPECT_EQ(-ENODATA, report_get(self));
}

TEST_F(log, D9_X4_a_full_log_plays_nothing_until_it_is_acknowledged)
{
	unsigned int i;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	for (i = 0; i < CASK_LOG_USES_MAX; i++)
		ASSERT_EQ(0, use(self->w));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(CASK_LOG_USES_MAX, (unsigned int)count(self));
	EXPECT_EQ(0, acknowledge(self, self->r.view.number));
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
	ASSERT_EQ(3, count(self));
	first = self->r.view.number;
	EXPECT_EQ(0, acknowledge(self, first + 1));
	ASSERT_EQ(1, count(self));
	EXPECT_EQ(first + 2, self->r.view.number);
	/* once more, and an older one: nothing is dropped by them */
	EXPECT_EQ(0, acknowledge(self, first + 1));
	EXPECT_EQ(0, acknowledge(self, first));
	EXPECT_EQ(1, count(self));
	EXPECT_EQ(0, acknowledge(self, first + 2));
	EXPECT_EQ(-ENODATA, report_get(self));
	/* Numbers are not used again. */
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, count(self));
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
	ASSERT_EQ(1, count(self));
	last = last_number(self);
	EXPECT_EQ(-ERANGE, acknowledge(self, last + 1));
	word = word_of(self, last);
	word.last.series[0] ^= 1;
	EXPECT_EQ(-EL2NSYNC, bring_word(self, &word));
	/* for another device */
	word = word_of(self, last);
	ASSERT_EQ(0, crypto_x25519_keypair(private_key, public_key));
	forge_acknowledgement(self->w->a, public_key, &word, &object);
	EXPECT_EQ(-EXDEV, bring_object(self, &object));
	forge_free(&object);
	/* each byte */
	forge_acknowledgement(self->w->a, self->w->device_key, &word, &object);
	for (i = 0; i < object.size; i += 3) {
		object.data[i] ^= 1;
		EXPECT_GT(0, bring_object(self, &object));
		object.data[i] ^= 1;
	}
	object.data[object.size - 1] ^= 1;
	EXPECT_EQ(-EKEYREJECTED, bring_object(self, &object));
	object.data[sizeof(struct cask_head) + sizeof(struct cask_section)] ^= 1;
	EXPECT_EQ(-ENOKEY, bring_object(self, &object));
	forge_free(&object);
	/* a report is none either */
	object = (struct forge_bytes){ self->r.object, self->r.size };
	EXPECT_EQ(-EINVAL, bring_object(self, &object));
	EXPECT_EQ(1, count(self));
	EXPECT_EQ(0, acknowledge(self, last));
}

/* Slots that were kept and put back bring no number back, and take no entry away. */
TEST_F(log, X4_an_older_slot_takes_no_entry_away)
{
	struct agent_disk *kept = malloc(sizeof(*kept));
	uint64_t first;

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(1, count(self));
	first = self->r.view.number;
	memcpy(kept->slots, self->w->disk->slots, sizeof(kept->slots));
	EXPECT_EQ(0, use(self->w));
	memcpy(self->w->disk->slots, kept->slots, sizeof(kept->slots));
	EXPECT_EQ(0, use(self->w));
	ASSERT_EQ(3, count(self));
	EXPECT_EQ(first, self->r.view.number);
	free(kept);
}

/* --- X4: the meter --- */

TEST_F(log, X4_a_quantum_is_logged_before_it_is_used)
{
	const struct cask_log_entry *e = self->r.entries;
	int fd;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 10 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, count(self));
	EXPECT_TRUE(is(e, CASK_LOG_OPENED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 0, QUANTUM));
	ASSERT_EQ(1, count(self));
	/* What is read again is used again. */
	EXPECT_EQ(1, read_at(self->w, fd, 0, 1));
	ASSERT_EQ(2, count(self));
	EXPECT_TRUE(is(e + 1, CASK_LOG_METERED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_EQ(QUANTUM + 1, info_of(fd).bytes);
	close(fd);
	ASSERT_EQ(3, count(self));
	EXPECT_TRUE(is(e + 2, CASK_LOG_RETURNED, CASK_UNIT_BYTES, QUANTUM - 1));
	EXPECT_EQ(QUANTUM + 1, used(self));
	/* what was used up is said, too */
	ASSERT_EQ(0, acknowledge_all(self));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 0, QUANTUM));
	close(fd);
	ASSERT_EQ(2, count(self));
	EXPECT_TRUE(is(e + 1, CASK_LOG_RETURNED, CASK_UNIT_BYTES, 0));
}

TEST_F(log, X4_no_more_is_played_than_may_be_unreported)
{
	int fd;

	meter(self, CASK_UNIT_BYTES, QUANTUM, 3 * QUANTUM);
	ASSERT_EQ(0, world_install(self->w, getuid()));
	fd = open_counted(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ((int)(3 * QUANTUM), read_at(self->w, fd, 0, PLAIN));
	EXPECT_EQ(-EDQUOT, read_at(self->w, fd, 3 * QUANTUM, 1));
	EXPECT_EQ(-EDQUOT, use(self->w));
	ASSERT_EQ(3, count(self));
	EXPECT_EQ(3 * QUANTUM, used(self));
	EXPECT_EQ(0, acknowledge(self, self->r.view.number));
	EXPECT_EQ((int)QUANTUM, read_at(self->w, fd, 3 * QUANTUM, PLAIN));
	EXPECT_EQ(-EDQUOT, read_at(self->w, fd, 4 * QUANTUM, 1));
	ASSERT_EQ(0, acknowledge_all(self));
	EXPECT_EQ((int)(3 * QUANTUM), read_at(self->w, fd, 4 * QUANTUM, PLAIN));
	EXPECT_EQ(7 * QUANTUM, info_of(fd).bytes);
	close(fd);
}

TEST_F(log, X4_files_of_a_license_share_what_is_prepaid)
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
	ASSERT_EQ(2, count(self));
	EXPECT_TRUE(is(e, CASK_LOG_OPENED, CASK_UNIT_BYTES, QUANTUM));
	EXPECT_TRUE(is(e + 1, CASK_LOG_OPENED, CASK_UNIT_BYTES, 0));
	close(b);
	ASSERT_EQ(3, count(self));
	EXPECT_TRUE(is(e + 2, CASK_LOG_RETURNED, CASK_UNIT_BYTES, QUANTUM - 3000));
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

TEST_F(log, X4_two_players_and_the_last_quantum)
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
	ASSERT_LT(0, count(self));
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

TEST_F(log, X4_packets_are_metered)
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
	ASSERT_EQ(0, acknowledge_all(self));
	EXPECT_EQ(0, packet(self->w, fd));
	EXPECT_EQ(4, info_of(fd).packets);
	close(fd);
	close(o.dev);
	ASSERT_EQ(2, count(self));
	EXPECT_TRUE(is(&self->r.entries[0], CASK_LOG_METERED, CASK_UNIT_PACKETS, 3));
	EXPECT_TRUE(is(&self->r.entries[1], CASK_LOG_RETURNED, CASK_UNIT_PACKETS, 2));
}

TEST_F(log, X4_seconds_are_metered)
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
	ASSERT_LT(2, count(self));
	EXPECT_EQ(seconds, used(self));
}

TEST_HARNESS_MAIN
