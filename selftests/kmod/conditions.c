// SPDX-License-Identifier: GPL-2.0
/*
 * conditions.c - conditions of use beside the usage period and the number of openings: recording,
 * the download period, openings without word from the distributor. Loads and unloads the module
 * by itself, with a root that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#include "harness.h"
#include "boots.h"
#include "counted.h"
#include "object.h"
#include "statement.h"

#define HOUR	3600
#define SIZE	100
#define ACCEPTED_MAX	1024	/* of a distributor's */

FIXTURE(conditions) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
	time_t now;
};

FIXTURE_SETUP(conditions)
{
	ASSERT_LT(0, syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	self->b = world_distributor("b", COSE_ALG_RS256);
	self->w = boots_begin(self->b);
	ASSERT_NE(NULL, self->w);
	world_content(self->w, SIZE);
	self->now = time(NULL);
	self->w->license.fields.created = self->now;
}

FIXTURE_TEARDOWN(conditions)
{
	boots_end(self->w);
	forge_distributor_free(self->b);
}

/* An ioctl of /dev/cask with w->path, and what it returned. */
struct asking {
	const char *path;
	unsigned long number;
	struct cask_open arg;
};

static int call(void *p)
{
	struct asking *a = p;
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;

	a->arg.content_fd = open(a->path, O_RDONLY | O_CLOEXEC);
	ret = ioctl(dev, a->number, &a->arg) < 0 ? -errno : 0;
	close(a->arg.content_fd);
	close(dev);
	return ret;
}

static int call_open(void *p)
{
	struct asking *a = p;
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;

	a->arg.content_fd = open(a->path, O_RDONLY | O_CLOEXEC);
	ret = open_with(dev, &a->arg);
	close(a->arg.content_fd);
	close(dev);
	return ret;
}

static int record_it(struct world *w)
{
	struct asking a = { .path = w->path, .arg.flags = CASK_OPEN_RECORD };

	return served(w, call_open, &a);
}

static int accept_it(struct world *w)
{
	struct asking a = { .path = w->path, .number = CASK_IOC_ACCEPT };

	return served(w, call, &a);
}

static int play(struct world *w)
{
	int fd = world_play(w);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Another license for the same content, in the place of the last. */
static int install_another(struct world *w)
{
	forget(w);
	w->license.fields.id[0]++;
	return world_install(w, getuid());
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
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(CASK_EVENT_OPENED, next_event(s));
	nl_socket_free(s);
}

TEST_F(conditions, D9_what_may_not_be_recorded_is_EMEDIUMTYPE_and_plays)
{
	struct world *w = self->w;

	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EMEDIUMTYPE, record_it(w));
	EXPECT_EQ(0, play(w));
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
	EXPECT_EQ(-EDQUOT, play(w));
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

/* --- the download period --- */

/* From and to so many seconds from the beginning of the test; 0: open. */
static void set_download(struct world *w, time_t now, time_t from, time_t to)
{
	w->license.fields.download_from = from ? now + from : 0;
	w->license.fields.download_until = to ? now + to : 0;
}

TEST_F(conditions, D9_a_file_opens_when_it_was_accepted_and_not_before)
{
	struct world *w = self->w;

	set_download(w, self->now, -HOUR, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EREMOTE, play(w));
	EXPECT_EQ(0, accept_it(w));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(0, accept_it(w));
	/* Another file of the same content, whose head is another. */
	world_content(w, SIZE + 1);
	EXPECT_EQ(-EREMOTE, play(w));
}

TEST_F(conditions, D9_what_was_accepted_stays_so_after_a_boot_and_after_the_period)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_it(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(0, accept_it(w));
}

TEST_F(conditions, D9_out_of_the_download_period_no_file_is_accepted)
{
	struct world *w = self->w;

	set_download(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, accept_it(w));
	EXPECT_EQ(-EREMOTE, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR + 1));
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
	EXPECT_EQ(-EREMOTE, play(w));
}

/* Another file each time: what was accepted once stays so. */
static int accept_another(struct world *w)
{
	static unsigned int n;

	world_content(w, SIZE + ++n);
	return accept_it(w);
}

static time_t boot_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

/*
 * In the very second that the distributor signs: its time goes on with the boot clock, which is
 * asked again, for it may have been another second by then.
 * @base: seconds since 1970 when the boot clock was 0, by what it signs
 */
static int accept_at(struct world *w, time_t base, int from, int until)
{
	struct license_fields *f = &w->license.fields;
	time_t boot;
	int ret;

	do {
		boot = boot_seconds();
		f->created = base + boot;
		f->download_from = f->created + from;
		f->download_until = f->created + until;
		ret = install_another(w) ?: accept_another(w);
	} while (boot_seconds() != boot);
	return ret;
}

TEST_F(conditions, D9_both_ends_of_the_download_period_are_in_it)
{
	/* Ahead of the machine's clock, which says nothing then. */
	time_t base = self->now - boot_seconds() + HOUR;
	struct world *w = self->w;

	EXPECT_EQ(-ETIME, accept_at(w, base, 1, 9));
	EXPECT_EQ(0, accept_at(w, base, 0, 9));
	EXPECT_EQ(0, accept_at(w, base, -9, 0));
	EXPECT_EQ(-EKEYEXPIRED, accept_at(w, base, -9, -1));
}

TEST_F(conditions, D9_a_clock_that_is_wound_neither_begins_nor_prolongs_a_download_period)
{
	struct world *w = self->w;

	set_download(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	advance(HOUR + HOUR / 2);
	EXPECT_EQ(-ETIME, accept_it(w));
	advance(2 * HOUR);
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
	advance(-3 * HOUR - HOUR / 2);
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR + 1));
	advance(-HOUR);
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
	advance(HOUR);
}

TEST_F(conditions, D9_how_late_it_was_at_an_acceptance_is_known_after_a_boot)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR / 2));
	ASSERT_EQ(0, accept_it(w));
	w = self->w = boots_next(w, self->b);
	set_download(w, self->now, 0, HOUR / 2 - 1);
	ASSERT_EQ(0, install_another(w));
	world_content(w, SIZE + 1);
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
}

TEST_F(conditions, D9_a_file_may_be_accepted_before_its_usage_period)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	w->license.fields.not_before = self->now + HOUR;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, play(w));
	EXPECT_EQ(0, accept_it(w));
	EXPECT_EQ(-ETIME, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, play(w));
}

TEST_F(conditions, D9_a_license_whose_download_period_it_is_is_found_beside_others)
{
	struct world *w = self->w;
	struct forge_license over;

	set_download(w, self->now, -HOUR, -1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
	over = w->license;
	w->license.fields.id[0]++;
	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, accept_it(w));
	EXPECT_EQ(0, play(w));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, over.fields.id));
}

TEST_F(conditions, D9_what_was_accepted_outlives_the_licenses_for_it)
{
	struct world *w = self->w;
	struct forge_license first;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_it(w));
	first = w->license;
	w->license.fields.id[0]++;
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, first.fields.id));
	EXPECT_EQ(0, play(w));
	forget(w);
	w = self->w = boots_next(w, self->b);
	w->license.fields.id[0]++;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
}

static int play_file(struct world *w, const char *path)
{
	struct asking a = { .path = path };
	int fd = served(w, call_open, &a);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* File n, which has another head than others have. */
static int accept_nth(struct world *w, unsigned int n, char *path)
{
	snprintf(w->path, sizeof(w->path), "%s/%u", w->dir, n < 2 ? n : 2);
	strcpy(path, w->path);
	world_content(w, SIZE + n);
	return accept_it(w);
}

TEST_F(conditions, D9_of_a_distributor_no_more_than_1024_files_are_accepted)
{
	char first[sizeof(self->w->path)], second[sizeof(first)], last[sizeof(first)];
	struct world *w = self->w;
	unsigned int i;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_nth(w, 0, first));
	ASSERT_EQ(0, accept_nth(w, 1, second));
	for (i = 2; i < ACCEPTED_MAX; i++)
		ASSERT_EQ(0, accept_nth(w, i, last));
	EXPECT_EQ(0, play_file(w, first));
	ASSERT_EQ(0, accept_nth(w, i, last));
	EXPECT_EQ(-EREMOTE, play_file(w, first));
	EXPECT_EQ(0, play_file(w, second));
	EXPECT_EQ(0, play_file(w, last));
	/* As long as it is time it may be accepted anew. */
	EXPECT_EQ(0, accept_nth(w, 0, first));
	EXPECT_EQ(0, play_file(w, first));
	EXPECT_EQ(-EREMOTE, play_file(w, second));
}

TEST_F(conditions, D10_what_was_accepted_is_that_for_the_renewed_license)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_it(w));
	w->license.fields.version++;
	set_download(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	/* The period is the later one's. */
	world_content(w, SIZE + 1);
	EXPECT_EQ(-EREMOTE, play(w));
	EXPECT_EQ(-ETIME, accept_it(w));
	/* One that has none asks for no acceptance; what there was stays. */
	w->license.fields.version++;
	set_download(w, self->now, 0, 0);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	world_content(w, SIZE);
	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, install_another(w));
	EXPECT_EQ(0, play(w));
}

TEST_F(conditions, D9_a_license_without_a_download_period_asks_for_no_acceptance)
{
	struct world *w = self->w;
	struct forge_license other;

	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, accept_it(w));
	/* Nothing was written: one that has it still wants it, and this one is preferred. */
	other = w->license;
	w->license.fields.id[0]++;
	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, other.fields.id));
	EXPECT_EQ(-EREMOTE, play(w));
}

/* The license that a file names has not accepted it, and another asks for no acceptance. */
TEST_F(conditions, D7_D9_a_file_that_was_not_accepted_opens_with_a_license_that_does_not_ask)
{
	struct world *w = self->w;
	struct asking a = { .path = w->path };
	struct forge_license named;
	int fd;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EREMOTE, play(w));
	named = w->license;
	w->license.fields.id[0]++;
	set_download(w, self->now, 0, 0);
	ASSERT_EQ(0, install(w, 2));
	fd = world_play(w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, memcmp(info_of(fd).license_id, w->license.fields.id, CASK_ID_SIZE));
	close(fd);
	EXPECT_EQ(1, left(w));
	/* Whoever asks for the other gets no other. */
	memcpy(a.arg.license_id, named.fields.id, CASK_ID_SIZE);
	EXPECT_EQ(-EREMOTE, served(w, call_open, &a));
	ASSERT_EQ(0, accept_it(w));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(1, left(w));
	forget(w);
	w->license = named;
}

static int accept_as_other(void *w)
{
	struct asking a = { .path = ((struct world *)w)->path, .number = CASK_IOC_ACCEPT };

	return -call(&a);
}

TEST_F(conditions, D9_what_cannot_be_accepted_says_why)
{
	struct world *w = self->w;
	struct asking a = { .path = w->path, .number = CASK_IOC_ACCEPT };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	struct cask_open bare = { .content_fd = -1, .content_id = "0123456789abcdef" };

	EXPECT_EQ(-ENOKEY, accept_it(w));
	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_ACCEPT, &bare));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_ACCEPT, NULL));
	EXPECT_EQ(EFAULT, errno);
	close(dev);
	a.arg.flags = CASK_OPEN_RECORD;
	EXPECT_EQ(-EINVAL, call(&a));
	a.arg.flags = 4;
	EXPECT_EQ(-EINVAL, call(&a));
	a.arg = (struct cask_open){ .reserved[2] = 1 };
	EXPECT_EQ(-EINVAL, call(&a));
	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	EXPECT_EQ(EACCES, run_as(1000, accept_as_other, w));
	flip(w->path, 40, 1);
	a.arg = (struct cask_open){ .flags = 0 };
	EXPECT_NE(0, served(w, call, &a));
	flip(w->path, 40, 1);
	agent_free(w->agent);
	EXPECT_EQ(-ENOTCONN, call(&a));
	w->agent = agent_new();
	ASSERT_EQ(0, agent_hello(w->agent, NULL));
	agent_disk(w->agent, w->disk);
	EXPECT_EQ(0, accept_it(w));
}

/* --- openings without word from the distributor --- */

static void set_offline(struct world *w, time_t now, uint32_t opens)
{
	w->license.fields.not_after = now + 4 * HOUR;
	w->license.fields.max_offline_opens = opens;
}

TEST_F(conditions, D9_openings_without_word_are_counted_also_over_boots)
{
	struct world *w = self->w;

	set_offline(w, self->now, 3);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, play(w));
	/* Removed and brought again it is the same license. */
	forget(w);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, play(w));
}

TEST_F(conditions, D9_a_later_word_of_the_distributor_begins_the_count_anew)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
	/* Not one that is no later, and not another's. */
	ASSERT_EQ(0, sign_time(w, w->a, self->now - HOUR));
	ASSERT_EQ(0, sign_time(w, w->a, self->now));
	ASSERT_EQ(0, sign_time(w, self->b, self->now + HOUR));
	EXPECT_EQ(-ENONET, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 1));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
}

/* A TIME of an issuer's, by any key. */
static int hear(struct world *w, const struct forge_distributor *d, const struct forge_key *signer,
		time_t when)
{
	struct statement_time fields = { .created = when };
	const struct forge_tamper none = { 0 };
	struct object o = OBJECT_INIT;
	struct forge_bytes s;
	uint8_t *payload;
	size_t size;
	int ret;

	memcpy(fields.issuer, d->root.pub.kid, sizeof(fields.issuer));
	statement_time_body(&o, &fields);
	if (object_end(&o, &payload, &size))
		abort();
	forge_sign(signer, &none, payload, size, &s);
	const struct agent_attr attrs[] = { { CASK_A_TIME, s.data, s.size }, { 0 } };

	ret = agent_call(w->agent, CASK_CMD_TIME, 0, attrs, NULL);
	forge_free(&s);
	free(payload);
	return ret;
}

TEST_F(conditions, D9_a_TIME_is_word_of_its_issuer_alone)
{
	struct forge_distributor *stranger = world_distributor("stranger", COSE_ALG_RS256);
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(0, hear(w, w->a, &w->a->license, self->now));
	EXPECT_EQ(-ENOKEY, hear(w, w->a, &self->b->license, self->now + 1));
	EXPECT_EQ(-ENOKEY, hear(w, w->a, &w->a->root, self->now + 1));
	EXPECT_EQ(-ENOKEY, hear(w, stranger, &stranger->license, self->now + 1));
	EXPECT_EQ(-EKEYREJECTED, hear(w, w->a, &w->a->license, self->now + 1000 * HOUR));
	EXPECT_EQ(-EKEYREJECTED, hear(w, w->a, &w->a->license, self->now - 1000 * HOUR));
	EXPECT_EQ(0, hear(w, self->b, &self->b->license, self->now + HOUR));
	EXPECT_EQ(-ENONET, play(w));
	EXPECT_EQ(0, hear(w, w->a, &w->a->license, self->now + 1));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
	forge_distributor_free(stranger);
}

/* What was said before, and was counted from, is no word when it is said again. */
TEST_F(conditions, D9_a_word_that_is_said_again_in_another_boot_begins_nothing)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, play(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ENONET, play(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(-ENONET, play(w));
	/* Another license is counted for itself, from the same word on. */
	ASSERT_EQ(0, install_another(w));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
}

TEST_F(conditions, D9_a_wound_clock_does_not_change_the_count)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	advance(HOUR);
	EXPECT_EQ(-ENONET, play(w));
	advance(-2 * HOUR);
	EXPECT_EQ(-ENONET, play(w));
	advance(HOUR);
}

TEST_F(conditions, D9_of_two_players_one_has_the_last_opening_without_word)
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

TEST_F(conditions, D9_what_is_refused_for_want_of_word_is_not_charged)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, install(w, 3));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
	EXPECT_EQ(2, left(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, play(w));
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

TEST_F(conditions, D9_an_opening_that_nobody_got_is_no_opening_without_word)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, install(w, 3));
	ASSERT_EQ(0, open_and_die(w));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(2, left(w));
	EXPECT_EQ(-ENONET, play(w));
	EXPECT_EQ(2, left(w));
}

static int call_read(void *fd)
{
	char byte;

	return pread(*(int *)fd, &byte, 1, 0) < 0 ? -errno : 0;
}

TEST_F(conditions, D7_D9_without_word_another_license_opens)
{
	struct world *w = self->w;
	struct forge_license named;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	named = w->license;
	w->license.fields.id[0]++;
	w->license.fields.max_offline_opens = 0;
	ASSERT_EQ(0, install(w, 1));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(1, left(w));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(0, left(w));
	/* None is left: what the first one lacks is what may be had. */
	EXPECT_EQ(-ENONET, play(w));
	forget(w);
	w->license = named;
}

TEST_F(conditions, D9_openings_that_are_logged_are_counted_without_word_too)
{
	struct world *w = self->w;

	set_offline(w, self->now, 1);
	w->license.fields.permissions = CASK_PERMISSION_LOG;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
	/* It is counted on for the renewed license, up to its own number. */
	w->license.fields.version++;
	set_offline(w, self->now, 2);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, play(w));
	EXPECT_EQ(-ENONET, play(w));
}

TEST_F(conditions, D9_play_goes_on_without_word)
{
	struct world *w = self->w;
	int fd;

	set_offline(w, self->now, 1);
	ASSERT_EQ(0, world_install(w, getuid()));
	fd = world_play(w);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_param("time_seconds", "0"));
	EXPECT_EQ(0, served(w, call_read, &fd));
	EXPECT_EQ(0, served(w, call_read, &fd));
	close(fd);
}

/* --- what has no sense --- */

TEST_F(conditions, D9_conditions_that_have_no_sense_are_EINVAL)
{
	struct world *w = self->w;
	struct license_fields *f = &w->license.fields;

	set_download(w, self->now, HOUR, 1);
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	set_download(w, self->now, 0, HOUR);
	f->suite = CASK_SUITE_RAW_AES_128_CTR;
	f->operations = CASK_OPERATION_DECRYPT;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	set_download(w, self->now, 0, 0);
	f->permissions = CASK_PERMISSION_RECORD;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->permissions = 0;
	f->max_offline_opens = 1;
	EXPECT_EQ(-EINVAL, world_install(w, getuid()));
	f->not_after = self->now + HOUR;
	EXPECT_EQ(0, world_install(w, getuid()));
}

TEST_HARNESS_MAIN
