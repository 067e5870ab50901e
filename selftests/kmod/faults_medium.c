// SPDX-License-Identifier: GPL-2.0
/*
 * faults_medium.c - what fails where media are made, opened, licensed, played, lent copies, backed
 * up and restored: in who asks, and in the workers that write their marks and counts. (To look at
 * those takes a worker no memory.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "counted.h"
#include "fail.h"
#include "harness.h"
#include "media.h"

#define OPENS	5000	/* more than there are points */

FIXTURE(faults) {
	struct media *m;
	int dev;
	int below;		/* the file of the medium, read and write */
	int content;
	int fd;			/* of the medium */
	char other[80];
	char empty[80];		/* a copy of the medium without a license */
	struct cask_medium_create create;
	struct cask_medium_license listed;
	struct cask_medium_data data;
	struct cask_medium_backup how;
	struct forge_bytes license;
	bool counted;
	uint32_t count;		/* of licenses that were made */
	uint32_t left;
	uint8_t backup[CASK_BACKUP_MAX];
	uint32_t backup_size;
};

FIXTURE_SETUP(faults)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	ASSERT_EQ(0, fail_prepare(self->m->w));
	snprintf(self->other, sizeof(self->other), "%s/other", self->m->w->dir);
	snprintf(self->empty, sizeof(self->empty), "%s/empty", self->m->w->dir);
	media_copy(self->m->path, self->empty);
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
	self->below = open(self->m->path, O_RDWR);
	ASSERT_LE(0, self->below);
	self->content = open(self->m->w->path, O_RDONLY);
	ASSERT_LE(0, self->content);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(faults)
{
	fail_end();
	forge_free(&self->license);
	close(self->fd);
	close(self->content);
	close(self->below);
	close(self->dev);
	media_free(self->m);
}

static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* The kernel forgets a medium that nobody has open, and reads all of it again. */
static void put_in_again(faults *f)
{
	close(f->fd);
	f->fd = media_open(f->m, f->m->path, O_RDWR);
	if (f->fd < 0)
		abort();
}

/* --- making and opening --- */

static void have_blank(faults *f)
{
	media_blank(f->other);
	f->create = (struct cask_medium_create){
		.fd = open(f->other, O_RDWR | O_CLOEXEC), .flags = f->create.flags,
		.slot_size = SLOT, .third_offset = THIRD, .third_size = THIRD_SIZE,
	};
	memcpy(f->create.class_id, f->m->class_id, CASK_ID_SIZE);
	memcpy(f->create.issuer, f->m->w->a->root.pub.kid, CASK_KID_SIZE);
}

static int create(faults *f)
{
	return result(ioctl(f->dev, CASK_IOC_MEDIUM_CREATE, &f->create));
}

/* A whole medium or none; that it is one may not have been told. */
static void check_made(faults *f, int ret)
{
	int fd = media_open(f->m, f->other, O_RDWR);

	close(f->create.fd);
	if (fd == -EINVAL && ret < 0)
		return;
	if (fd < 0 || media_info(fd).state != CASK_MEDIUM_GOOD)
		abort();
	close(fd);
}

TEST_F_TIMEOUT(faults, medium_create, 600)
{
	static const struct operation making = {
		.before = have_blank, .run = create, .after = check_made,
	};

	EXPECT_FAULTS(self, &making);
	self->create.flags = CASK_MEDIUM_LOCKED;
	EXPECT_FAULTS(self, &making);
}

static int open_medium(faults *f)
{
	struct cask_medium_open arg = { .fd = f->below };

	return result(ioctl(f->dev, CASK_IOC_MEDIUM_OPEN, &arg));
}

/* What could not be read for want of memory is not lost. */
static void close_good(faults *f, int ret)
{
	(void)f;
	if (ret < 0)
		return;
	if (media_info(ret).state != CASK_MEDIUM_GOOD)
		abort();
	close(ret);
}

TEST_F_TIMEOUT(faults, medium_open, 600)
{
	static const struct operation opening = {
		.run = open_medium, .after = close_good, .waits = true,
	};

	close(self->fd);
	EXPECT_FAULTS(self, &opening);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
}

static int get_info(faults *f)
{
	struct cask_medium_info info = { 0 };

	return result(ioctl(f->fd, CASK_IOC_MEDIUM_INFO, &info));
}

TEST_F_TIMEOUT(faults, medium_info, 600)
{
	static const struct operation asking = { .run = get_info };

	EXPECT_FAULTS(self, &asking);
}

static int close_medium(faults *f)
{
	return result(close(f->fd));
}

static void open_again(faults *f, int ret)
{
	(void)ret;
	f->fd = media_open(f->m, f->m->path, O_RDWR);
	if (f->fd < 0)
		abort();
}

TEST_F_TIMEOUT(faults, medium_close, 600)
{
	static const struct operation closing = { .run = close_medium, .after = open_again };

	EXPECT_FAULTS(self, &closing);
}

/* --- licenses on it --- */

static void forge_for_medium(faults *f)
{
	struct world *w = f->m->w;
	struct license_medium target =
		media_target(f->m, f->m->number, f->counted ? w->device_key : NULL);

	/* More than a byte has: what counts leaves a record each. */
	f->count++;
	memcpy(w->license.fields.id, &f->count, sizeof(f->count));
	if (f->counted && ask_for(w, OPENS))
		abort();
	w->license.medium = &target;
	forge_free(&f->license);
	forge_license(w->a, &w->license, w->device_key, w->content_key, &f->license);
	w->license.medium = NULL;
}

/* On a medium that has none. */
static void have_license(faults *f)
{
	if (!f->license.data || f->counted)
		forge_for_medium(f);
	close(f->fd);
	media_copy(f->empty, f->m->path);
	f->fd = media_open(f->m, f->m->path, O_RDWR);
	if (f->fd < 0)
		abort();
	f->data = (struct cask_medium_data){
		.data = (uintptr_t)f->license.data, .len = f->license.size,
	};
}

static int install_license(faults *f)
{
	return result(ioctl(f->fd, CASK_IOC_MEDIUM_INSTALL, &f->data));
}

/* How often the only license on the medium may be opened. */
static uint32_t left_on(faults *f)
{
	struct cask_medium_license l;

	if (media_license(f->m, f->fd, 0, &l) || l.error)
		abort();
	return l.opens_left;
}

/* Whatever failed it can be brought again, and is there once, with all that it grants. */
static void bring_kept(faults *f, int ret)
{
	if (!ret && media_info(f->fd).licenses != 1)
		abort();
	if (media_install(f->m, f->fd, f->license.data, f->license.size) ||
	    media_info(f->fd).licenses != 1 ||
	    left_on(f) != (f->counted ? OPENS : CASK_OPENS_ANY))
		abort();
}

TEST_F_TIMEOUT(faults, medium_install, 600)
{
	static const struct operation installing = {
		.before = have_license, .run = install_license, .after = bring_kept,
		.verifies = true, .waits = true,
	};

	EXPECT_FAULTS(self, &installing);
}

TEST_F_TIMEOUT(faults, medium_install_what_counts, 600)
{
	static const struct operation installing = {
		.before = have_license, .run = install_license, .after = bring_kept,
		.verifies = true, .waits = true,
	};

	self->counted = true;
	EXPECT_FAULTS(self, &installing);
	EXPECT_WORKERS_FAULTS(self, &installing);
}

static void license_it(struct __test_metadata *_metadata, faults *f)
{
	f->counted = true;
	forge_for_medium(f);
	ASSERT_EQ(0, media_install(f->m, f->fd, f->license.data, f->license.size));
	f->left = OPENS;
}

static void prepare_listing(faults *f)
{
	put_in_again(f);
	f->listed = (struct cask_medium_license){ 0 };
}

static int list(faults *f)
{
	return result(ioctl(f->fd, CASK_IOC_MEDIUM_LICENSE, &f->listed));
}

/* It tells of a license that it could not look at, and why. */
static int why_not(faults *f, int ret)
{
	return ret < 0 ? ret : -(int)f->listed.error;
}

TEST_F_TIMEOUT(faults, medium_license, 600)
{
	static const struct operation listing = {
		.before = prepare_listing, .run = list, .finish = why_not, .verifies = true,
		.waits = true,
	};

	license_it(_metadata, self);
	EXPECT_FAULTS(self, &listing);
}

/* --- playing --- */

static int open_content(faults *f)
{
	struct cask_open arg = {
		.content_fd = f->content, .flags = CASK_OPEN_MEDIUM, .medium_fd = f->fd,
	};

	return result(ioctl(f->dev, CASK_IOC_OPEN, &arg));
}

/* Who got nothing was charged nothing, and the medium goes on. */
static void check_charged(faults *f, int ret)
{
	f->left -= ret >= 0;
	if (left_on(f) != f->left || media_info(f->fd).state != CASK_MEDIUM_GOOD)
		abort();
	if (ret >= 0)
		close(ret);
}

TEST_F_TIMEOUT(faults, open_with_a_medium, 600)
{
	static const struct operation opening = {
		.before = put_in_again, .run = open_content, .after = check_charged,
		.verifies = true, .waits = true,
	};

	license_it(_metadata, self);
	EXPECT_FAULTS(self, &opening);
	EXPECT_WORKERS_FAULTS(self, &opening);
}

/* --- copies of the device's licenses --- */

static void license_for_copies(struct __test_metadata *_metadata, faults *f)
{
	struct world *w = f->m->w;

	w->license.fields.max_exports = OPENS;
	w->license.fields.max_checkouts = OPENS;
	w->license.fields.at_once = 1;
	ASSERT_EQ(0, install(w, 0));
	f->left = OPENS;
}

static int lend(faults *f, unsigned long request)
{
	struct cask_medium_lend arg = { 0 };

	memcpy(arg.license_id, f->m->w->license.fields.id, CASK_ID_SIZE);
	memcpy(arg.issuer, f->m->w->license.fields.issuer, CASK_KID_SIZE);
	return result(ioctl(f->fd, request, &arg));
}

/* A medium that nothing was ever exported to: as it would be, had its copy not arrived. */
static void have_none(faults *f)
{
	close(f->fd);
	media_blank(f->m->path);
	if (media_create(f->m, f->m->path, 0, f->m->number))
		abort();
	f->fd = media_open(f->m, f->m->path, O_RDWR);
	if (f->fd < 0)
		abort();
}

static int export(faults *f)
{
	return lend(f, CASK_IOC_MEDIUM_EXPORT);
}

/* Whatever failed, done again it is there, and was counted once. */
static void export_again(faults *f, int ret)
{
	int again = media_lend(f->m, f->fd, CASK_IOC_MEDIUM_EXPORT);

	f->left--;
	if (again != -EEXIST && (!ret || again))
		abort();
	if (media_info(f->fd).licenses != 1 || count_of(f->m->w, CASK_A_EXPORTS_LEFT) != f->left)
		abort();
}

TEST_F_TIMEOUT(faults, medium_export, 600)
{
	static const struct operation exporting = {
		.before = have_none, .run = export, .after = export_again, .waits = true,
	};

	license_for_copies(_metadata, self);
	EXPECT_FAULTS(self, &exporting);
	EXPECT_WORKERS_FAULTS(self, &exporting);
}

static int check_out(faults *f)
{
	return lend(f, CASK_IOC_MEDIUM_CHECKOUT);
}

static void check_out_again(faults *f, int ret)
{
	(void)ret;
	f->left--;
	if (media_lend(f->m, f->fd, CASK_IOC_MEDIUM_CHECKOUT) ||
	    count_of(f->m->w, CASK_A_CHECKOUTS_LEFT) != f->left ||
	    count_of(f->m->w, CASK_A_LENT) != 1 || media_info(f->fd).licenses != 1)
		abort();
	if (media_lend(f->m, f->fd, CASK_IOC_MEDIUM_CHECKIN))
		abort();
}

TEST_F_TIMEOUT(faults, medium_checkout, 600)
{
	static const struct operation checking_out = {
		.before = put_in_again, .run = check_out, .after = check_out_again, .waits = true,
	};

	license_for_copies(_metadata, self);
	EXPECT_FAULTS(self, &checking_out);
	EXPECT_WORKERS_FAULTS(self, &checking_out);
}

static void have_it_out(faults *f)
{
	put_in_again(f);
	f->left--;
	if (media_lend(f->m, f->fd, CASK_IOC_MEDIUM_CHECKOUT))
		abort();
}

static int check_in(faults *f)
{
	return lend(f, CASK_IOC_MEDIUM_CHECKIN);
}

/* Gone, or done again it is; and no check-out comes back with it. */
static void check_in_again(faults *f, int ret)
{
	int again = media_lend(f->m, f->fd, CASK_IOC_MEDIUM_CHECKIN);

	if (again != -ENOENT && (!ret || again))
		abort();
	if (count_of(f->m->w, CASK_A_LENT) || media_info(f->fd).licenses ||
	    count_of(f->m->w, CASK_A_CHECKOUTS_LEFT) != f->left)
		abort();
}

TEST_F_TIMEOUT(faults, medium_checkin, 600)
{
	static const struct operation checking_in = {
		.before = have_it_out, .run = check_in, .after = check_in_again, .waits = true,
	};

	license_for_copies(_metadata, self);
	EXPECT_FAULTS(self, &checking_in);
	EXPECT_WORKERS_FAULTS(self, &checking_in);
}

/* --- backups --- */

static void prepare_backup(faults *f)
{
	f->how = (struct cask_medium_backup){
		.data = (uintptr_t)f->backup, .size = CASK_BACKUP_MAX,
		.derivation = CASK_DERIVATION_ENCIPHERED, .locks = CASK_LOCKS_MEDIUM_APPARATUS,
	};
}

static int back_up(faults *f)
{
	return result(ioctl(f->fd, CASK_IOC_MEDIUM_BACKUP, &f->how));
}

static void keep_size(faults *f, int ret)
{
	if (!ret)
		f->backup_size = f->how.size;
}

static void lose(faults *f)
{
	close(f->fd);
	media_lose(f->m->path);
	f->fd = media_open(f->m, f->m->path, O_RDWR);
	if (f->fd < 0 || media_info(f->fd).state != CASK_MEDIUM_LOST)
		abort();
	f->data = (struct cask_medium_data){
		.data = (uintptr_t)f->backup, .len = f->backup_size,
	};
}

TEST_F_TIMEOUT(faults, medium_backup, 600)
{
	static const struct operation backing_up = {
		.before = prepare_backup, .run = back_up, .after = keep_size,
	};
	uint32_t licenses;

	license_it(_metadata, self);
	EXPECT_FAULTS(self, &backing_up);
	lose(self);
	EXPECT_EQ(0, media_restore(self->m, self->fd, self->backup, self->backup_size, &licenses));
	EXPECT_EQ(OPENS, left_on(self));
}

static int restore(faults *f)
{
	return result(ioctl(f->fd, CASK_IOC_MEDIUM_RESTORE, &f->data));
}

/* Lost still, or whole again; and it renews no count. */
static void restore_again(faults *f, int ret)
{
	uint32_t state = media_info(f->fd).state, licenses;

	if (state != CASK_MEDIUM_GOOD && (state != CASK_MEDIUM_LOST || !ret))
		abort();
	if (media_restore(f->m, f->fd, f->backup, f->backup_size, &licenses) ||
	    media_info(f->fd).state != CASK_MEDIUM_GOOD || media_info(f->fd).licenses != 1 ||
	    left_on(f) != f->left)
		abort();
}

TEST_F_TIMEOUT(faults, medium_restore, 600)
{
	static const struct operation restoring = {
		.before = lose, .run = restore, .after = restore_again, .waits = true,
	};

	license_it(_metadata, self);
	/* It has a mark, that has to move on with it. */
	ASSERT_EQ(0, media_check(self->m, self->fd));
	self->left--;
	prepare_backup(self);
	ASSERT_EQ(0, back_up(self));
	self->backup_size = self->how.size;
	EXPECT_FAULTS(self, &restoring);
	EXPECT_WORKERS_FAULTS(self, &restoring);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_HARNESS_MAIN
