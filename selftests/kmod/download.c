// SPDX-License-Identifier: GPL-2.0
/*
 * download.c - the download period: files that are accepted in it, and open then. Loads and unloads the module
 * by itself, with a root that it has again: the same device, in another boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asking.h"
#include "boots.h"
#include "counted.h"
#include "harness.h"

#define HOUR	3600
#define SIZE	100
#define ACCEPTED_MAX	1024	/* of a distributor's */

FIXTURE(download) {
	struct world *w;
	struct forge_distributor *b;	/* another, installed as well */
	time_t now;
};

FIXTURE_SETUP(download)
{
	self->w = boots_new(&self->b);
	ASSERT_NE(NULL, self->w);
	self->now = time(NULL);
	self->w->license.fields.created = self->now;
}

FIXTURE_TEARDOWN(download)
{
	boots_free(self->w, self->b);
}

/* From and to so many seconds from the beginning of the test; 0: open. */
static void set_download(struct world *w, time_t now, time_t from, time_t to)
{
	w->license.fields.download_from = from ? now + from : 0;
	w->license.fields.download_until = to ? now + to : 0;
}

TEST_F(download, D9_a_file_opens_when_it_was_accepted_and_not_before)
{
	struct world *w = self->w;

	set_download(w, self->now, -HOUR, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EREMOTE, use(w));
	EXPECT_EQ(0, accept_it(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, accept_it(w));
	/* Another file of the same content, whose head is another. */
	world_content(w, SIZE + 1);
	EXPECT_EQ(-EREMOTE, use(w));
}

TEST_F(download, D9_what_was_accepted_stays_so_after_a_boot_and_after_the_period)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_it(w));
	w = self->w = boots_next(w, self->b);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(0, accept_it(w));
}

TEST_F(download, D9_out_of_the_download_period_no_file_is_accepted)
{
	struct world *w = self->w;

	set_download(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, accept_it(w));
	EXPECT_EQ(-EREMOTE, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + 2 * HOUR + 1));
	EXPECT_EQ(-EKEYEXPIRED, accept_it(w));
	EXPECT_EQ(-EREMOTE, use(w));
}

/* Another file each time: what was accepted once stays so. */
static int accept_another(struct world *w)
{
	static unsigned int n;

	world_content(w, SIZE + ++n);
	return accept_it(w);
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

TEST_F(download, D9_both_ends_of_the_download_period_are_in_it)
{
	/* Ahead of the machine's clock, which says nothing then. */
	time_t base = self->now - boot_seconds() + HOUR;
	struct world *w = self->w;

	EXPECT_EQ(-ETIME, accept_at(w, base, 1, 9));
	EXPECT_EQ(0, accept_at(w, base, 0, 9));
	EXPECT_EQ(0, accept_at(w, base, -9, 0));
	EXPECT_EQ(-EKEYEXPIRED, accept_at(w, base, -9, -1));
}

TEST_F(download, D9_a_clock_that_is_wound_neither_begins_nor_prolongs_a_download_period)
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

TEST_F(download, D9_how_late_it_was_at_an_acceptance_is_known_after_a_boot)
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

TEST_F(download, D9_slots_that_were_put_back_neither_begin_nor_prolong_a_download_period)
{
	struct agent_disk *kept = malloc(sizeof(*kept));
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	memcpy(kept, w->disk, sizeof(*kept));
	ASSERT_EQ(0, accept_it(w));
	put_back(w, kept);
	EXPECT_EQ(0, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR + 1));
	EXPECT_EQ(-EKEYEXPIRED, accept_another(w));
	put_back(w, kept);
	EXPECT_EQ(-EKEYEXPIRED, accept_another(w));
	EXPECT_EQ(-EREMOTE, use(w));
	free(kept);
}

TEST_F(download, D9_a_file_may_be_accepted_before_its_usage_period)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	w->license.fields.not_before = self->now + HOUR;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-ETIME, use(w));
	EXPECT_EQ(0, accept_it(w));
	EXPECT_EQ(-ETIME, use(w));
	ASSERT_EQ(0, sign_time(w, w->a, self->now + HOUR));
	EXPECT_EQ(0, use(w));
}

TEST_F(download, D9_a_license_whose_download_period_it_is_is_found_beside_others)
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
	EXPECT_EQ(0, use(w));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, over.fields.id));
}

TEST_F(download, D9_what_was_accepted_outlives_the_licenses_for_it)
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
	EXPECT_EQ(0, use(w));
	forget(w);
	w = self->w = boots_next(w, self->b);
	w->license.fields.id[0]++;
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
}

static int play_file(struct world *w, const char *path)
{
	struct asking a = { .path = path };
	int fd = served(w, open_asking, &a);

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

TEST_F(download, D9_of_a_distributor_no_more_than_1024_files_are_accepted)
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

TEST_F(download, D10_what_was_accepted_is_that_for_the_renewed_license)
{
	struct world *w = self->w;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	ASSERT_EQ(0, accept_it(w));
	w->license.fields.version++;
	set_download(w, self->now, HOUR, 2 * HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	/* The period is the later one's. */
	world_content(w, SIZE + 1);
	EXPECT_EQ(-EREMOTE, use(w));
	EXPECT_EQ(-ETIME, accept_it(w));
	/* One that has none asks for no acceptance; what there was stays. */
	w->license.fields.version++;
	set_download(w, self->now, 0, 0);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(0, use(w));
	world_content(w, SIZE);
	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, install_another(w));
	EXPECT_EQ(0, use(w));
}

TEST_F(download, D9_a_license_without_a_download_period_asks_for_no_acceptance)
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
	EXPECT_EQ(0, use(w));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, other.fields.id));
	EXPECT_EQ(-EREMOTE, use(w));
}

/* The license that a file names has not accepted it, and another asks for no acceptance. */
TEST_F(download, D7_D9_a_file_that_was_not_accepted_opens_with_a_license_that_does_not_ask)
{
	struct world *w = self->w;
	struct asking a = { .path = w->path };
	struct forge_license named;
	int fd;

	set_download(w, self->now, 0, HOUR);
	ASSERT_EQ(0, world_install(w, getuid()));
	EXPECT_EQ(-EREMOTE, use(w));
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
	EXPECT_EQ(-EREMOTE, served(w, open_asking, &a));
	ASSERT_EQ(0, accept_it(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, left(w));
	forget(w);
	w->license = named;
}

static int accept_as_other(void *w)
{
	struct asking a = { .path = ((struct world *)w)->path, .number = CASK_IOC_ACCEPT };

	return -call_asking(&a);
}

TEST_F(download, D9_what_cannot_be_accepted_says_why)
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
	EXPECT_EQ(-EINVAL, call_asking(&a));
	a.arg.flags = 4;
	EXPECT_EQ(-EINVAL, call_asking(&a));
	a.arg = (struct cask_open){ .reserved[2] = 1 };
	EXPECT_EQ(-EINVAL, call_asking(&a));
	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	EXPECT_EQ(EACCES, run_as(1000, accept_as_other, w));
	flip(w->path, 40, 1);
	a.arg = (struct cask_open){ .flags = 0 };
	EXPECT_NE(0, served(w, call_asking, &a));
	flip(w->path, 40, 1);
	agent_free(w->agent);
	EXPECT_EQ(-ENOTCONN, call_asking(&a));
	w->agent = agent_new();
	ASSERT_EQ(0, agent_hello(w->agent, NULL));
	agent_disk(w->agent, w->disk);
	EXPECT_EQ(0, accept_it(w));
}

TEST_HARNESS_MAIN
