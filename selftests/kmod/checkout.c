// SPDX-License-Identifier: GPL-2.0
/* checkout.c - licenses of a device that are checked out to media, checked in, and cut short. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "copies.h"
#include "harness.h"

FIXTURE(checkout) {
	struct copies c;
};

FIXTURE_SETUP(checkout)
{
	ASSERT_EQ(0, copies_begin(&self->c));
}

FIXTURE_TEARDOWN(checkout)
{
	copies_end(&self->c);
}

/* --- check-outs --- */

TEST_F(checkout, D9_what_is_checked_out_plays_there_until_it_is_checked_in)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, grant(w, 0, 3, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(CASK_COPY_LENT, only(self->c.m, self->c.fd).copy);
	EXPECT_EQ(2, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	/* As many as may be at once. */
	EXPECT_EQ(-EBUSY, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(0, media_info(self->c.second).licenses);
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_info(self->c.fd).licenses);
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(-ENOENT, media_lend(self->c.m, self->c.fd, CHECKIN));
	put_in_again(&self->c);
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKIN));
	EXPECT_EQ(0, use(w));
}

TEST_F(checkout, D10_what_is_checked_out_comes_back_to_the_renewed_license)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	w->license.fields.version++;
	ASSERT_EQ(0, grant(w, 3, 2, 1));
	EXPECT_EQ(3, count_of(w, CASK_A_EXPORTS_MAX));
	EXPECT_EQ(3, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(2, count_of(w, CASK_A_CHECKOUTS_LEFT));
	/* It is out still, and the medium has what it had. */
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-EBUSY, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	/* What permits none takes none back, and what is out may come back all the same. */
	w->license.fields.version++;
	ASSERT_EQ(0, grant(w, 0, 0, 0));
	EXPECT_EQ(~0U, count_of(w, CASK_A_CHECKOUTS_MAX));
	EXPECT_EQ(-EPERM, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKIN));
	EXPECT_EQ(0, use(w));
}

TEST_F(checkout, D10_a_license_for_a_medium_takes_the_place_of_none)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	EXPECT_EQ(-EEXIST, media_grant_counted(self->c.m, self->c.fd, 7));
	EXPECT_EQ(0, media_info(self->c.fd).licenses);
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
}

TEST_F(checkout, D9_checkouts_are_counted_until_none_is_left)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, grant(w, 0, 2, 2));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	/* The same again is the same. */
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(2, count_of(w, CASK_A_LENT));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(0, media_check(self->c.m, self->c.second));
}

TEST_F(checkout, D9_a_file_that_plays_stops_when_its_copy_is_checked_in)
{
	uint8_t byte;
	int player;

	ASSERT_EQ(0, grant(self->c.w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	player = media_play(self->c.m, self->c.fd);
	ASSERT_LE(0, player);
	EXPECT_EQ(1, pread(player, &byte, 1, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(-1, pread(player, &byte, 1, 0));
	EXPECT_EQ(EKEYREVOKED, errno);
	close(player);
}

TEST_F(checkout, D9_an_image_from_before_the_checkin_is_an_older_copy)
{
	int fd;

	ASSERT_EQ(0, grant(self->c.w, 0, 2, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	media_copy(self->c.m->path, self->c.copy);
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	fd = media_open(self->c.m, self->c.copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(fd).state);
	EXPECT_EQ(-ESTALE, media_check(self->c.m, fd));
	EXPECT_EQ(-ESTALE, media_lend(self->c.m, fd, CHECKIN));
	EXPECT_EQ(-ESTALE, media_lend(self->c.m, fd, CHECKOUT));
	close(fd);
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	/* And before the check-out: what is on it is the license that is out. */
	media_copy(self->c.m->path, self->c.copy);
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	fd = media_open(self->c.m, self->c.copy, O_RDWR);
	EXPECT_EQ(-ESTALE, media_lend(self->c.m, fd, CHECKIN));
	close(fd);
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_LENT));
}

/* The agent puts back all that it kept: its slots, and both media as they were. */
TEST_F(checkout, D9_what_was_kept_of_slots_and_media_brings_no_copy_back)
{
	struct world *w = self->c.w;
	struct agent_disk *kept = malloc(sizeof(*kept));
	int fd;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	memcpy(kept, w->disk, sizeof(*kept));
	media_copy(self->c.m->path, self->c.copy);
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.second, EXPORT));
	put_back(w, kept);
	EXPECT_EQ(0, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(0, count_of(w, CASK_A_CHECKOUTS_LEFT));
	fd = media_open(self->c.m, self->c.copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ESTALE, media_lend(self->c.m, fd, CHECKOUT));
	EXPECT_EQ(-ESTALE, media_lend(self->c.m, fd, EXPORT));
	close(fd);
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.fd, EXPORT));
	free(kept);
}

TEST_F(checkout, D9_a_wound_clock_changes_no_count_of_copies)
{
	struct world *w = self->c.w;
	static const time_t steps[] = { 5000, -10000, 5000 };
	unsigned int i;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	for (i = 0; i < 3; i++) {
		advance(steps[i]);
		EXPECT_EQ(0, count_of(w, CASK_A_EXPORTS_LEFT));
		EXPECT_EQ(0, count_of(w, CASK_A_CHECKOUTS_LEFT));
		EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	}
	ASSERT_EQ(0, media_lend(self->c.m, self->c.second, CHECKIN));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(-EDQUOT, media_lend(self->c.m, self->c.second, EXPORT));
}

/* The copy has the period of its license, and gives its place back all the same. */
TEST_F(checkout, D9_what_is_over_is_checked_in)
{
	struct world *w = self->c.w;

	w->license.fields.created = time(NULL);
	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 0, 3, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	advance(2000);
	EXPECT_EQ(-EKEYEXPIRED, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(-EKEYEXPIRED, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	advance(-2000);
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(2, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_info(self->c.second).licenses);
}

/* --- backups --- */

static int back_up(int fd, void *data, size_t *ret_len)
{
	struct cask_medium_backup arg = {
		.data = (uintptr_t)data, .size = CASK_BACKUP_MAX,
		.derivation = CASK_DERIVATION_NUMBER, .locks = CASK_LOCKS_MEDIUM,
	};
	int ret = ioctl(fd, CASK_IOC_MEDIUM_BACKUP, &arg);

	*ret_len = arg.size;
	return ret < 0 ? -errno : 0;
}

static void lose(struct copies *c)
{
	close(c->fd);
	media_lose(c->m->path);
	c->fd = media_open(c->m, c->m->path, O_RDWR);
}

TEST_F(checkout, D9_a_backup_holds_exports_and_nothing_that_is_checked_out)
{
	struct world *w = self->c.w;
	uint8_t *data = malloc(CASK_BACKUP_MAX);
	size_t len;
	uint32_t n;

	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(2, media_info(self->c.fd).licenses);
	ASSERT_EQ(0, back_up(self->c.fd, data, &len));
	lose(&self->c);
	EXPECT_EQ(-EUCLEAN, media_lend(self->c.m, self->c.fd, CHECKIN));
	ASSERT_EQ(0, media_restore(self->c.m, self->c.fd, data, len, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(CASK_COPY_EXPORTED, only(self->c.m, self->c.fd).copy);
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	/* What was lost with it is checked in all the same: the images before are older copies. */
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	free(data);
}

TEST_F(checkout, D9_restoring_an_older_copy_brings_back_no_checkout)
{
	struct license_medium target = media_target(self->c.m, self->c.m->number, NULL);
	uint8_t *data = malloc(CASK_BACKUP_MAX);
	struct world *w = self->c.w;
	size_t len;
	uint32_t n;

	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	media_copy(self->c.m->path, self->c.copy);
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	/* A license for another content, for the backup to hold something. */
	w->license.fields.once = false;
	w->license.fields.max_checkouts = 0;
	w->license.fields.id[0] ^= 1;
	w->license.fields.content_id[0] ^= 1;
	ASSERT_EQ(0, media_grant(self->c.m, self->c.fd, &target));
	ASSERT_EQ(0, back_up(self->c.fd, data, &len));
	close(self->c.fd);
	media_copy(self->c.copy, self->c.m->path);
	self->c.fd = media_open(self->c.m, self->c.m->path, O_RDWR);
	ASSERT_EQ(CASK_MEDIUM_STALE, media_info(self->c.fd).state);
	ASSERT_EQ(0, media_restore(self->c.m, self->c.fd, data, len, &n));
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(self->c.fd).state);
	EXPECT_EQ(CASK_COPY_NONE, only(self->c.m, self->c.fd).copy);
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	free(data);
}

/* --- what is cut short --- */

TEST_F(checkout, D9_what_did_not_get_onto_the_medium_is_finished_and_counted_once)
{
	struct world *w = self->c.w;

	ASSERT_EQ(0, grant(w, 2, 2, 1));
	ASSERT_EQ(0, limit_files(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(-EFBIG, media_lend(self->c.m, self->c.second, CHECKOUT));
	ASSERT_EQ(0, limit_files(RLIM_INFINITY));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
	/* Another way it does not go. */
	EXPECT_EQ(-EEXIST, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(-ENOENT, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(0, media_check(self->c.m, self->c.second));
	/* And off it again. */
	ASSERT_EQ(0, limit_files(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->c.m, self->c.second, CHECKIN));
	ASSERT_EQ(0, limit_files(RLIM_INFINITY));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.second, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.second));
}

/* A check-out that was cut short may be checked in: nobody has it. */
TEST_F(checkout, D9_a_checkout_that_did_not_arrive_is_taken_back)
{
	ASSERT_EQ(0, grant(self->c.w, 0, 2, 1));
	ASSERT_EQ(0, limit_files(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->c.m, self->c.fd, CHECKOUT));
	ASSERT_EQ(0, limit_files(RLIM_INFINITY));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(0, count_of(self->c.w, CASK_A_LENT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(-ENOKEY, media_check(self->c.m, self->c.fd));
}

/* Of the images of the secure area that are to be written, the one that is not. */
struct failing {
	unsigned int images;
	unsigned int at;
};

static int64_t fail_one(struct agent *a, const struct agent_reply *question, void *context)
{
	struct failing *f = context;

	if (!question->attrs[CASK_A_SYNC])
		return 0;
	return ++f->images == f->at ? EIO : 0;
}

/* Each commit of each of the three fails once, and what is left can be finished. */
TEST_F(checkout, D9_what_the_secure_area_did_not_take_is_finished_and_counted_once)
{
	static const unsigned long steps[] = { EXPORT, CHECKOUT, CHECKIN };
	struct world *w = self->c.w;
	struct failing f;
	unsigned int i;
	int fd, ret;

	ASSERT_EQ(0, grant(w, 5, 5, 1));
	for (i = 0; i < 3; i++) {
		fd = i ? self->c.second : self->c.fd;
		f = (struct failing){ .at = 1 };
		do {
			f.images = 0;
			w->disk->context = &f;
			w->disk->fault = fail_one;
			ret = media_lend(self->c.m, fd, steps[i]);
			w->disk->fault = NULL;
			if (ret)
				EXPECT_EQ(-EIO, ret);
			f.at++;
		} while (ret && f.at < 10);
		EXPECT_EQ(0, ret);
		EXPECT_EQ(4, count_of(w, CASK_A_EXPORTS_LEFT));
		EXPECT_EQ(i ? 4 : 5, count_of(w, CASK_A_CHECKOUTS_LEFT));
		EXPECT_EQ(i == 1, count_of(w, CASK_A_LENT));
		EXPECT_EQ(i < 2 ? 0 : -ENOKEY, media_check(self->c.m, fd));
	}
}

/* --- two at once --- */

/* Both ask; what came of both. */
static int race_both(struct copies *c, struct racer *a, struct racer *b)
{
	start_race(a, c->w);
	start_race(b, c->w);
	return end_race(a, c->w) + end_race(b, c->w);
}

TEST_F(checkout, D9_of_two_that_race_for_the_last_checkout_one_gets_it)
{
	struct racer a = { .cmd = CHECKOUT, .fd = self->c.fd };
	struct racer b = { .cmd = CHECKOUT, .fd = self->c.second };

	ASSERT_EQ(0, grant(self->c.w, 0, 1, 1));
	EXPECT_EQ(-EDQUOT, race_both(&self->c, &a, &b));
	EXPECT_EQ(1, media_info(self->c.fd).licenses + media_info(self->c.second).licenses);
	EXPECT_EQ(a.ret ? -ENOKEY : 0, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(b.ret ? -ENOKEY : 0, media_check(self->c.m, self->c.second));
	EXPECT_EQ(0, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
}

TEST_F(checkout, D9_of_two_that_race_to_be_out_at_once_one_is)
{
	struct racer a = { .cmd = CHECKOUT, .fd = self->c.fd };
	struct racer b = { .cmd = CHECKOUT, .fd = self->c.second };

	ASSERT_EQ(0, grant(self->c.w, 0, 5, 1));
	EXPECT_EQ(-EBUSY, race_both(&self->c, &a, &b));
	EXPECT_EQ(1, media_info(self->c.fd).licenses + media_info(self->c.second).licenses);
	EXPECT_EQ(4, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_LENT));
}

TEST_F(checkout, D9_of_two_that_check_it_in_one_does)
{
	struct racer a = { .cmd = CHECKIN, .fd = self->c.fd };
	struct racer b = { .cmd = CHECKIN, .fd = self->c.fd };

	ASSERT_EQ(0, grant(self->c.w, 0, 3, 2));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.second, CHECKOUT));
	EXPECT_EQ(-ENOENT, race_both(&self->c, &a, &b));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_LENT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.second));
}

TEST_HARNESS_MAIN
