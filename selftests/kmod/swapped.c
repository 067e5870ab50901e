// SPDX-License-Identifier: GPL-2.0
/*
 * swapped.c - media that are not what they were: another card in the reader, an older image
 * put back, a class or a right that is gone, an opener that died, a disk that is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "counted.h"
#include "harness.h"
#include "media.h"

FIXTURE(swapped) {
	struct media *m;
	struct world *w;
	int fd;			/* of the medium, read and write */
	char other[80];		/* a path in the same directory */
};

FIXTURE_SETUP(swapped)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->w = self->m->w;
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	snprintf(self->other, sizeof(self->other), "%s/other", self->w->dir);
}

FIXTURE_TEARDOWN(swapped)
{
	if (self->fd >= 0)
		close(self->fd);
	media_free(self->m);
}

/* A license for any device that has the class, of a name of its own. */
static int grant(struct media *m, int fd)
{
	struct license_medium target = media_target(m, m->number, NULL);

	m->w->license.fields.id[0]++;
	return media_grant(m, fd, &target);
}

static uint32_t opens_left(struct media *m, int fd)
{
	struct cask_medium_license l;

	return media_license(m, fd, 0, &l) ? ~0U : l.opens_left;
}

/* Nothing can be done with what is not there any more. */
static void expect_gone(struct __test_metadata *_metadata, struct media *m, int fd)
{
	struct cask_medium_backup backup = { .derivation = CASK_DERIVATION_NUMBER,
					     .locks = CASK_LOCKS_MEDIUM };
	struct cask_medium_license l;

	EXPECT_EQ(CASK_MEDIUM_GONE, media_info(fd).state);
	EXPECT_EQ(-ENOMEDIUM, media_check(m, fd));
	EXPECT_EQ(-ENOMEDIUM, media_license(m, fd, 0, &l));
	EXPECT_EQ(-ENOMEDIUM, grant(m, fd));
	EXPECT_EQ(-1, ioctl(fd, CASK_IOC_MEDIUM_BACKUP, &backup));
	EXPECT_EQ(ENOMEDIUM, errno);
}

/* --- what is on the file --- */

TEST_F(swapped, S3_another_medium_in_its_place_is_noticed)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	int again;

	ASSERT_EQ(0, grant(self->m, self->fd));
	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, 0, number));
	media_copy(self->other, self->m->path);
	expect_gone(_metadata, self->m, self->fd);
	/* Who puts it in now gets the one that is there, which nobody has written to. */
	again = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, again);
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(again).state);
	EXPECT_EQ(0, memcmp(number, media_info(again).number, sizeof(number)));
	EXPECT_EQ(1, media_info(again).counter);
	close(again);
	expect_gone(_metadata, self->m, self->fd);
}

TEST_F(swapped, S3_a_medium_that_was_cut_off_is_gone)
{
	ASSERT_EQ(0, grant(self->m, self->fd));
	ASSERT_EQ(0, truncate(self->m->path, 100));
	expect_gone(_metadata, self->m, self->fd);
	EXPECT_EQ(-EINVAL, media_open(self->m, self->m->path, O_RDWR));
}

TEST_F(swapped, S10_an_older_image_put_back_under_an_open_medium_is_noticed)
{
	int again;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 3));
	media_copy(self->m->path, self->other);
	ASSERT_EQ(0, media_check(self->m, self->fd));
	media_copy(self->other, self->m->path);
	expect_gone(_metadata, self->m, self->fd);
	again = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, again);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(again).state);
	EXPECT_EQ(-ESTALE, media_check(self->m, again));
	close(again);
}

TEST_F(swapped, S3_a_file_that_plays_goes_on_without_its_medium)
{
	uint8_t byte;
	int player;

	ASSERT_EQ(0, grant(self->m, self->fd));
	player = media_play(self->m, self->fd);
	ASSERT_LE(0, player);
	ASSERT_EQ(0, truncate(self->m->path, 0));
	EXPECT_EQ(1, pread(player, &byte, 1, 5000));
	EXPECT_EQ(world_plain(5000), byte);
	close(player);
}

TEST_F(swapped, S1_a_file_that_was_made_blank_becomes_another_medium)
{
	static const uint8_t zeros[CASK_MEDIUM_HEAD_MAX];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	int again;

	EXPECT_EQ(-EEXIST, media_create(self->m, self->m->path, 0, number));
	media_write(self->m->path, 0, zeros, sizeof(zeros));
	ASSERT_EQ(0, media_create(self->m, self->m->path, 0, number));
	EXPECT_NE(0, memcmp(number, self->m->number, sizeof(number)));
	expect_gone(_metadata, self->m, self->fd);
	again = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, again);
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(again).state);
	close(again);
}

/**
 * struct maker - a thread that makes a medium of a file
 * @m: of the test
 * @path: of the file
 * @start: of all of them
 * @number: of the medium
 * @ret: 0 or -errno
 */
struct maker {
	struct media *m;
	const char *path;
	pthread_barrier_t *start;
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	int ret;
};

static void *make(void *arg)
{
	struct maker *k = arg;

	pthread_barrier_wait(k->start);
	k->ret = media_create(k->m, k->path, 0, k->number);
	return NULL;
}

TEST_F(swapped, S1_of_several_that_make_a_medium_of_a_file_one_does)
{
	struct maker makers[3], *won;
	pthread_barrier_t start;
	pthread_t threads[3];
	unsigned int round, i;
	int fd;

	pthread_barrier_init(&start, NULL, 3);
	for (round = 0; round < 20; round++) {
		media_blank(self->other);
		for (i = 0; i < 3; i++) {
			makers[i] = (struct maker){ .m = self->m, .path = self->other,
						     .start = &start };
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, make, &makers[i]));
		}
		won = NULL;
		for (i = 0; i < 3; i++) {
			pthread_join(threads[i], NULL);
			if (makers[i].ret) {
				EXPECT_TRUE(makers[i].ret == -EBUSY || makers[i].ret == -EEXIST);
				continue;
			}
			EXPECT_EQ(NULL, won);
			won = &makers[i];
		}
		ASSERT_NE(NULL, won);
		fd = media_open(self->m, self->other, O_RDWR);
		ASSERT_LE(0, fd);
		EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(fd).state);
		EXPECT_EQ(0, memcmp(won->number, media_info(fd).number, sizeof(won->number)));
		close(fd);
	}
	pthread_barrier_destroy(&start);
}

TEST_F(swapped, S1_flags_of_the_callers_file_have_no_say)
{
	struct cask_medium_open arg = { .fd = open(self->m->path, O_RDWR | O_APPEND | O_CLOEXEC) };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	uint64_t size = size_of(self->m->path);
	int fd;

	close(self->fd);
	fd = ioctl(dev, CASK_IOC_MEDIUM_OPEN, &arg);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, grant(self->m, fd));
	fcntl(arg.fd, F_SETFL, O_DIRECT);
	ASSERT_EQ(0, grant(self->m, fd));
	close(fd);
	close(arg.fd);
	close(dev);
	EXPECT_EQ(size, size_of(self->m->path));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_EQ(2, media_info(self->fd).licenses);
}

/* --- whose it is --- */

/* CASK_IOC_MEDIUM_OPEN as a child; it needs no agent, or this one serves it. */
static int opens(void *arg)
{
	struct media *m = arg;
	struct cask_medium_open o = { .fd = open(m->path, O_RDWR | O_CLOEXEC) };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);

	if (dev < 0 || o.fd < 0)
		return 100;
	return ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o) < 0 ? errno : 0;
}

static int opens_in_user_namespace(void *arg)
{
	return unshare(CLONE_NEWUSER) ? 100 : opens(arg);
}

TEST_F(swapped, S1_a_medium_that_is_open_opens_to_none_without_the_class)
{
	struct forge_bytes l;

	ASSERT_EQ(0, chmod(self->m->path, 0666));
	ASSERT_EQ(0, chmod(self->w->dir, 0755));
	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	EXPECT_EQ(EPERM, run_as(0, opens_in_user_namespace, self->m));
	EXPECT_EQ(0, run_as(1000, opens, self->m));
	/* From now on the class is root's own. */
	media_forget_class(self->m);
	self->m->class_license.fields.id[0] ^= 1;
	forge_license(self->w->a, &self->m->class_license, self->w->device_key,
		      self->m->class_key, &l);
	ASSERT_EQ(0, agent_license_add(self->w->agent, l.data, l.size, 0));
	forge_free(&l);
	close(self->fd);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(EACCES, run_as(1000, opens, self->m));
	EXPECT_EQ(0, run_as(0, opens, self->m));
	chmod("/dev/cask", 0660);
}

TEST_F(swapped, S1_a_user_has_a_limit_of_media_that_are_open)
{
	int again;

	ASSERT_EQ(0, set_param("max_sessions", "2"));
	again = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_LE(0, again);
	EXPECT_EQ(-EMFILE, media_open(self->m, self->m->path, O_RDWR));
	close(again);
	again = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_LE(0, again);
	close(again);
	ASSERT_EQ(0, set_param("max_sessions", "64"));
}

TEST_F(swapped, S3_a_class_has_a_usage_period)
{
	struct forge_license *class_license = &self->m->class_license;
	uint8_t byte;
	int player;

	ASSERT_EQ(0, grant(self->m, self->fd));
	close(self->fd);
	media_forget_class(self->m);
	class_license->fields.id[0] ^= 1;
	class_license->fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, media_install_class(self->m));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	player = media_play(self->m, self->fd);
	ASSERT_LE(0, player);
	advance(2000);
	EXPECT_EQ(-1, pread(player, &byte, 1, 0));
	EXPECT_EQ(EKEYEXPIRED, errno);
	EXPECT_EQ(-EKEYEXPIRED, media_check(self->m, self->fd));
	EXPECT_EQ(-EKEYEXPIRED, grant(self->m, self->fd));
	EXPECT_EQ(-EKEYEXPIRED, media_open(self->m, self->m->path, O_RDWR));
	advance(-2000);
	close(player);
}

/* --- what counts --- */

/* A license that is on the medium and in the device's table: one right, by either way. */
TEST_F(swapped, D8_a_right_that_was_removed_is_gone_from_a_medium_that_is_open)
{
	struct license_medium target = media_target(self->m, self->m->number, self->w->device_key);
	struct world *w = self->w;
	struct cask_medium_license on_it;
	struct forge_bytes l;

	ASSERT_EQ(0, ask_for(w, 3));
	w->license.both = true;
	w->license.medium = &target;
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	w->license.medium = NULL;
	w->license.both = false;
	ASSERT_EQ(0, media_install(self->m, self->fd, l.data, l.size));
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, -1));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(1, opens_left(self->m, self->fd));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	EXPECT_EQ(-EKEYREVOKED, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &on_it));
	EXPECT_EQ(EKEYREVOKED, on_it.error);
	EXPECT_EQ(-EKEYREVOKED, agent_license_add(w->agent, l.data, l.size, -1));
	EXPECT_EQ(-EEXIST, media_grant(self->m, self->fd, &target));
	forge_free(&l);
}

/* The write of a use is answered by the test itself. */
static int64_t leave(struct agent *a, const struct agent_reply *question, void *context)
{
	*(uint64_t *)context = nla_get_u64(question->attrs[CASK_A_REQUEST]);
	return AGENT_SILENT;
}

TEST_F(swapped, S3_a_use_that_nobody_got_is_the_next_one_with_the_medium)
{
	struct world *w = self->w;
	uint64_t asked = 0;
	int status;
	pid_t child;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 2));
	close(self->fd);
	w->disk->fault = leave;
	w->disk->context = &asked;
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		struct cask_medium_open o = { .fd = open(self->m->path, O_RDWR) };
		struct cask_open play = { .content_fd = open(w->path, O_RDONLY),
					  .flags = CASK_OPEN_MEDIUM };
		int dev = open("/dev/cask", O_RDONLY);

		play.medium_fd = ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o);
		_exit(ioctl(dev, CASK_IOC_OPEN, &play) < 0);
	}
	while (!asked)
		agent_serve(w->agent, 1000);
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	w->disk->fault = NULL;
	EXPECT_EQ(0, agent_answer(w->agent, asked, 0, NULL, 0));
	/* Nobody had the medium open any more, and it is not lost all the same. */
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, opens_left(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(1, opens_left(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(-EDQUOT, media_check(self->m, self->fd));
}

TEST_F(swapped, S3_a_use_that_cannot_be_written_to_the_medium_is_not_counted)
{
	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 1));
	ASSERT_EQ(0, limit_files(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_check(self->m, self->fd));
	self->w->license.fields.once = false;
	self->w->license.fields.max_opens = 0;
	EXPECT_EQ(-EFBIG, grant(self->m, self->fd));
	/* In the middle of an image: the one before it is whole. */
	ASSERT_EQ(0, limit_files(CASK_MEDIUM_SECOND + SLOT + 100));
	EXPECT_EQ(-EFBIG, media_check(self->m, self->fd));
	ASSERT_EQ(0, limit_files(RLIM_INFINITY));
	EXPECT_EQ(1, opens_left(self->m, self->fd));
	close(self->fd);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(self->fd).state);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(-EDQUOT, media_check(self->m, self->fd));
}

TEST_F(swapped, S10_after_a_use_the_slot_that_is_lost_is_not_the_older_one)
{
	static const uint8_t zeros[SLOT];

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 3));
	ASSERT_EQ(0, media_check(self->m, self->fd));
	/* Image 3 is in slot 1. */
	ASSERT_EQ(3, media_info(self->fd).counter);
	close(self->fd);
	media_write(self->m->path, CASK_MEDIUM_SECOND + SLOT, zeros, sizeof(zeros));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(self->fd).state);
	EXPECT_EQ(-ESTALE, media_check(self->m, self->fd));
}

TEST_F(swapped, S10_a_counted_license_that_has_no_room_keeps_its_nonce)
{
	struct license_medium target;
	struct world *w = self->w;
	struct forge_bytes l;
	int ret;

	target = media_target(self->m, self->m->number, w->device_key);
	ASSERT_EQ(0, ask_for(w, 2));
	w->license.medium = &target;
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	w->license.medium = NULL;
	w->license.fields.once = false;
	w->license.fields.max_opens = 0;
	while (!(ret = grant(self->m, self->fd)))
		;
	ASSERT_EQ(-ENOSPC, ret);
	EXPECT_EQ(-ENOSPC, media_install(self->m, self->fd, l.data, l.size));
	/* Nothing was consumed: its answer is still taken. */
	EXPECT_EQ(0, drop(w, w->license.fields.nonce));
	forge_free(&l);
}

TEST_HARNESS_MAIN
