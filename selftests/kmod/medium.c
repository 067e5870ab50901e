// SPDX-License-Identifier: GPL-2.0
/* medium.c - media and the licenses on them: made, read, played, copied, counted. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "harness.h"
#include "media.h"

FIXTURE(medium) {
	struct media *m;
	struct world *w;
	int fd;			/* of the medium, read and write */
	char other[80];		/* a path in the same directory */
};

FIXTURE_SETUP(medium)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->w = self->m->w;
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	snprintf(self->other, sizeof(self->other), "%s/other", self->w->dir);
}

FIXTURE_TEARDOWN(medium)
{
	close(self->fd);
	media_free(self->m);
}

/* Open, ask for the state, close. */
static int state_of(struct media *m, const char *path)
{
	int fd = media_open(m, path, O_RDWR);
	int state;

	if (fd < 0)
		return fd;
	state = media_info(fd).state;
	close(fd);
	return state;
}

/* A license for any device that has the class. */
static int grant(struct media *m, int fd)
{
	struct license_medium target = media_target(m, m->number, NULL);

	return media_grant(m, fd, &target);
}

/* --- the first layer --- */

TEST_F(medium, S1_a_medium_has_a_number_of_its_own)
{
	struct cask_medium_info i = media_info(self->fd);
	static const uint8_t none[CASK_X25519_SIZE];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];

	EXPECT_EQ(0, memcmp(i.number, self->m->number, sizeof(i.number)));
	EXPECT_EQ(0, memcmp(i.class_id, self->m->class_id, sizeof(i.class_id)));
	EXPECT_EQ(0, memcmp(i.issuer, self->w->a->root.pub.kid, sizeof(i.issuer)));
	EXPECT_EQ(0, memcmp(i.apparatus, none, sizeof(none)));
	EXPECT_EQ(CASK_MEDIUM_GOOD, i.state);
	EXPECT_EQ(0, i.licenses);
	EXPECT_EQ(1, i.counter);
	EXPECT_EQ(SLOT, i.slot_size);
	EXPECT_EQ(THIRD, i.third_offset);
	EXPECT_EQ(THIRD_SIZE, i.third_size);
	EXPECT_EQ(CASK_LAYER_OVERHEAD, i.used);

	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, 0, number));
	EXPECT_NE(0, memcmp(number, self->m->number, sizeof(number)));
}

TEST_F(medium, S1_the_number_is_written_once)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];

	EXPECT_EQ(-EEXIST, media_create(self->m, self->m->path, 0, number));
	EXPECT_EQ(0, memcmp(media_info(self->fd).number, self->m->number, sizeof(number)));
}

TEST_F(medium, S1_no_byte_of_the_first_layer_can_be_altered)
{
	uint8_t first[CASK_MEDIUM_HEAD_MAX];
	struct cask_head head;
	unsigned int i, length;
	FILE *f = fopen(self->m->path, "r");
	int ret;

	ASSERT_EQ(1, fread(first, sizeof(first), 1, f));
	fclose(f);
	memcpy(&head, first, sizeof(head));
	length = head.length;
	ASSERT_GT(sizeof(first), length);
	media_copy(self->m->path, self->other);
	for (i = 0; i < length; i++) {
		flip(self->other, i, 1 << i % 8);
		ret = media_open(self->m, self->other, O_RDONLY);
		ASSERT_TRUE(ret == -EINVAL || ret == -EBADMSG || ret == -ENOKEY ||
			    ret == -EOPNOTSUPP);
		flip(self->other, i, 1 << i % 8);
	}
	printf("# counted: %u bad inputs\n", length);
	EXPECT_EQ(CASK_MEDIUM_GOOD, state_of(self->m, self->other));
}

TEST_F(medium, S1_without_the_class_key_there_is_no_way_in)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];

	close(self->fd);
	media_forget_class(self->m);
	EXPECT_EQ(-ENOKEY, media_open(self->m, self->m->path, O_RDONLY));
	media_blank(self->other);
	EXPECT_EQ(-ENOKEY, media_create(self->m, self->other, 0, number));
	/* Nobody counts how often a medium is put in. */
	self->m->class_license.fields.once = true;
	self->m->class_license.fields.max_opens = 1;
	EXPECT_EQ(-EINVAL, media_install_class(self->m));
	self->m->class_license.fields.once = false;
	self->m->class_license.fields.max_opens = 0;
	/* Another class of the same name. */
	self->m->class_key[0] ^= 1;
	self->m->class_license.fields.id[0] ^= 1;
	ASSERT_EQ(0, media_install_class(self->m));
	EXPECT_EQ(-EBADMSG, media_open(self->m, self->m->path, O_RDONLY));
	media_forget_class(self->m);
	self->m->class_key[0] ^= 1;
	ASSERT_EQ(0, media_install_class(self->m));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_LE(0, self->fd);
}

TEST_F(medium, S1_a_class_key_opens_no_content)
{
	struct cask_open arg = { .content_fd = -1 };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);

	memcpy(arg.content_id, self->m->class_id, CASK_ID_SIZE);
	EXPECT_EQ(-EOPNOTSUPP, open_with(dev, &arg));
	close(dev);
}

TEST_F(medium, S1_a_medium_wants_room_and_a_file_that_can_be_written)
{
	struct cask_medium_create right = {
		.slot_size = SLOT, .third_offset = THIRD, .third_size = THIRD_SIZE,
	}, arg;
	static const struct { size_t at; uint64_t value; size_t size; } bad[] = {
		{ offsetof(struct cask_medium_create, flags), 2, 4 },
		{ offsetof(struct cask_medium_create, reserved), 1, 4 },
		{ offsetof(struct cask_medium_create, number), 1, 1 },
		{ offsetof(struct cask_medium_create, slot_size), 0, 4 },
		{ offsetof(struct cask_medium_create, slot_size), 4096, 4 },
		{ offsetof(struct cask_medium_create, slot_size), SLOT + 1, 4 },
		{ offsetof(struct cask_medium_create, slot_size), CASK_LAYER_MAX + 4096, 4 },
		{ offsetof(struct cask_medium_create, slot_size), ~0U, 4 },
		{ offsetof(struct cask_medium_create, third_offset), 0, 8 },
		{ offsetof(struct cask_medium_create, third_offset), THIRD - 4096, 8 },
		{ offsetof(struct cask_medium_create, third_offset), THIRD + 1, 8 },
		{ offsetof(struct cask_medium_create, third_offset), THIRD + 4096, 8 },
		{ offsetof(struct cask_medium_create, third_offset), ~0ULL, 8 },
		{ offsetof(struct cask_medium_create, third_size), THIRD_SIZE + 4096, 8 },
		{ offsetof(struct cask_medium_create, third_size), THIRD_SIZE - 1, 8 },
		{ offsetof(struct cask_medium_create, third_size), ~0ULL - 4095, 8 },
	};
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	unsigned int i;

	media_blank(self->other);
	memcpy(right.class_id, self->m->class_id, CASK_ID_SIZE);
	memcpy(right.issuer, self->w->a->root.pub.kid, CASK_KID_SIZE);
	right.fd = open(self->other, O_RDWR | O_CLOEXEC);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		arg = right;
		memcpy((char *)&arg + bad[i].at, &bad[i].value, bad[i].size);
		EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_CREATE, &arg));
		EXPECT_EQ(EINVAL, errno);
	}
	close(right.fd);
	right.fd = open(self->other, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_CREATE, &right));
	EXPECT_EQ(EBADF, errno);
	close(right.fd);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_CREATE, &right));
	EXPECT_EQ(EBADF, errno);
	right.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_CREATE, &right));
	EXPECT_EQ(EINVAL, errno);
	close(right.fd);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_CREATE, NULL));
	EXPECT_EQ(EFAULT, errno);
	close(dev);
	/* None of that made one. */
	EXPECT_EQ(-EINVAL, media_open(self->m, self->other, O_RDONLY));
}

/* --- the second layer, from the licensing side --- */

TEST_F(medium, S2_a_medium_that_the_licensing_side_made_plays)
{
	static uint8_t records[SLOT];
	struct medium first = { .slot_size = SLOT, .third_offset = THIRD,
				.third_size = THIRD_SIZE };
	struct medium_image image = { .counter = 1, .records = { .data = records,
		.capacity = sizeof(records) - CASK_LAYER_OVERHEAD } };
	struct cask_record_key key = { .kind = CASK_RECORD_LICENSE,
				       .issuer = self->w->a->root.pub.kid,
				       .name = self->w->license.fields.id };
	struct license_medium target;
	struct medium_keys keys;
	struct forge_bytes l;
	uint8_t *data;
	size_t size;
	int fd, locked;

	for (locked = 0; locked < 2; locked++) {
		RAND_bytes(first.number, sizeof(first.number));
		memcpy(first.class_id, self->m->class_id, CASK_ID_SIZE);
		memcpy(first.issuer, self->w->a->root.pub.kid, CASK_KID_SIZE);
		first.locked = locked;
		memcpy(first.apparatus, self->w->device_key, CASK_X25519_SIZE);
		keys = media_keys(self->m, first.number);
		target = media_target(self->m, first.number, NULL);
		self->w->license.medium = &target;
		forge_license(self->w->a, &self->w->license, self->w->device_key,
			      self->w->content_key, &l);
		image.records.len = 0;
		ASSERT_EQ(0, cask_records_put(&image.records, &key, l.data, l.size));
		forge_free(&l);
		media_blank(self->other);
		ASSERT_EQ(0, medium_first(&first, &keys, &data, &size));
		media_write(self->other, 0, data, size);
		free(data);
		ASSERT_EQ(0, medium_draw(&image));
		ASSERT_EQ(0, medium_layer(&first, &keys, &image, &data, &size));
		media_write(self->other, CASK_MEDIUM_SECOND + SLOT, data, size);
		free(data);
		fd = media_open(self->m, self->other, O_RDONLY);
		ASSERT_LE(0, fd);
		EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(fd).state);
		EXPECT_EQ(1, media_info(fd).licenses);
		EXPECT_EQ(0, media_check(self->m, fd));
		close(fd);
	}
}

/* --- playing --- */

TEST_F(medium, S3_a_content_plays_with_the_medium_and_not_without)
{
	struct cask_medium_license l;

	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	ASSERT_EQ(0, grant(self->m, self->fd));
	EXPECT_EQ(1, media_info(self->fd).licenses);
	EXPECT_EQ(2, media_info(self->fd).counter);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(-ENOKEY, open_path(self->w->path, NULL));

	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(0, memcmp(l.license_id, self->w->license.fields.id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(l.content_id, self->w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(l.issuer, self->w->a->root.pub.kid, CASK_KID_SIZE));
	EXPECT_EQ(CASK_SUITE_AES_128_GCM, l.suite);
	EXPECT_EQ(CASK_OPENS_ANY, l.opens_max);
	EXPECT_EQ(0, l.error);
	EXPECT_EQ(-ENOENT, media_license(self->m, self->fd, 1, &l));
}

TEST_F(medium, S3_what_was_installed_is_there_when_the_medium_is_opened_again)
{
	ASSERT_EQ(0, grant(self->m, self->fd));
	/* The same again changes nothing; another of its name is refused. */
	EXPECT_EQ(-EEXIST, grant(self->m, self->fd));
	EXPECT_EQ(2, media_info(self->fd).counter);
	close(self->fd);
	self->fd = media_open(self->m, self->m->path, O_RDONLY);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, media_info(self->fd).licenses);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(medium, S3_a_medium_that_cannot_be_written_plays_what_is_not_counted)
{
	int fd = media_open(self->m, self->m->path, O_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EROFS, grant(self->m, fd));
	ASSERT_EQ(0, grant(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, fd));
	self->w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 1));
	/* The one that is not counted is taken while there is one. */
	EXPECT_EQ(0, media_check(self->m, fd));
	close(fd);
}

TEST_F(medium, S3_a_file_that_plays_stops_when_the_class_is_taken_away)
{
	struct cask_medium_license l;
	int player, again;
	uint8_t byte;

	ASSERT_EQ(0, grant(self->m, self->fd));
	player = media_play(self->m, self->fd);
	ASSERT_LE(0, player);
	EXPECT_EQ(1, pread(player, &byte, 1, 0));
	media_forget_class(self->m);
	EXPECT_EQ(-1, pread(player, &byte, 1, 0));
	EXPECT_EQ(EKEYREVOKED, errno);
	close(player);
	EXPECT_EQ(-EKEYREVOKED, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(EKEYREVOKED, l.error);
	self->w->license.fields.id[0] ^= 1;
	EXPECT_EQ(-EKEYREVOKED, grant(self->m, self->fd));

	/* With another license of the class it is put in again, also while somebody has it. */
	self->m->class_license.fields.id[0] ^= 1;
	ASSERT_EQ(0, media_install_class(self->m));
	EXPECT_EQ(-EKEYREVOKED, media_check(self->m, self->fd));
	again = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, again);
	EXPECT_EQ(0, media_check(self->m, again));
	close(again);
}

TEST_F(medium, S3_a_player_keeps_its_medium)
{
	uint8_t byte;
	int player;

	ASSERT_EQ(0, grant(self->m, self->fd));
	player = media_play(self->m, self->fd);
	ASSERT_LE(0, player);
	close(self->fd);
	EXPECT_EQ(1, pread(player, &byte, 1, 9999));
	EXPECT_EQ(world_plain(9999), byte);
	close(player);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_LE(0, self->fd);
}

TEST_F(medium, S3_the_usage_period_holds_for_a_license_on_a_medium)
{
	struct cask_medium_license l;

	self->w->license.fields.not_after = 1;
	EXPECT_EQ(-EKEYEXPIRED, grant(self->m, self->fd));
	self->w->license.fields.not_after = time(NULL) + 1000;
	self->w->license.fields.not_before = time(NULL) + 900;
	ASSERT_EQ(0, grant(self->m, self->fd));
	EXPECT_EQ(-ETIME, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(ETIME, l.error);
}

/* --- what is not taken --- */

TEST_F(medium, S2_a_license_that_is_not_for_the_medium_is_refused)
{
	struct license_medium target = media_target(self->m, self->m->number, NULL);
	struct world *w = self->w;
	struct forge_bytes l;

	/* For another number, for another class, for the device alone, under another key. */
	target.number[0] ^= 1;
	EXPECT_EQ(-EXDEV, media_grant(self->m, self->fd, &target));
	target.number[0] ^= 1;
	target.class_id[0] ^= 1;
	EXPECT_EQ(-EXDEV, media_grant(self->m, self->fd, &target));
	target.class_id[0] ^= 1;
	EXPECT_EQ(-EXDEV, media_grant(self->m, self->fd, NULL));
	target.wrap[0] ^= 1;
	EXPECT_EQ(-EBADMSG, media_grant(self->m, self->fd, &target));
	target.wrap[0] ^= 1;
	/* Nor is one for the medium the device's. */
	w->license.medium = &target;
	EXPECT_EQ(-EXDEV, world_install(w, getuid()));
	/* One that installs once, in each device. */
	w->license.fields.once = true;
	EXPECT_EQ(-EINVAL, media_grant(self->m, self->fd, &target));
	w->license.fields.once = false;

	w->license.medium = &target;
	w->license.tamper.flip_payload = true;
	w->license.tamper.flip_offset = 40;
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	EXPECT_GT(0, media_install(self->m, self->fd, l.data, l.size));
	forge_free(&l);
	w->license.tamper.flip_payload = false;
	EXPECT_EQ(-EINVAL, media_install(self->m, self->fd, "", 0));
	EXPECT_EQ(-EINVAL, media_install(self->m, self->fd, "x", 1));
	EXPECT_EQ(-EFAULT, media_install(self->m, self->fd, NULL, 100));
	EXPECT_EQ(-EMSGSIZE, media_install(self->m, self->fd, NULL, CASK_STATEMENT_MAX + 1));
	EXPECT_EQ(0, media_info(self->fd).licenses);
	EXPECT_EQ(1, media_info(self->fd).counter);
}

TEST_F(medium, S6_a_license_for_another_apparatus_is_refused)
{
	uint8_t key[CASK_X25519_SIZE];
	struct license_medium target;

	RAND_bytes(key, sizeof(key));
	target = media_target(self->m, self->m->number, key);
	EXPECT_EQ(-EXDEV, media_grant(self->m, self->fd, &target));
	target = media_target(self->m, self->m->number, self->w->device_key);
	EXPECT_EQ(0, media_grant(self->m, self->fd, &target));
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(medium, S1_the_second_layer_is_full_when_it_is)
{
	struct cask_medium_info i;
	int n = 0, ret;

	while (!(ret = grant(self->m, self->fd))) {
		n++;
		self->w->license.fields.id[0]++;
	}
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_LT(5, n);
	i = media_info(self->fd);
	EXPECT_EQ(n, i.licenses);
	EXPECT_GE(SLOT, i.used);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	close(self->fd);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_EQ(n, media_info(self->fd).licenses);
}

TEST_F(medium, S1_what_is_no_request_is_refused)
{
	struct cask_open arg = { .content_fd = -1, .flags = CASK_OPEN_MEDIUM };
	struct cask_medium_license l = { .index = 0, .suite = 1 };
	struct cask_medium_info i = { .state = 1 };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	struct cask_medium_open o = { .fd = self->fd };

	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_INFO, &i));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_LICENSE, &l));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_LICENSE, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_OPEN, &arg));
	EXPECT_EQ(ENOTTY, errno);
	/* A medium on a medium, and on what is played. */
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, grant(self->m, self->fd));
	o.fd = media_play(self->m, self->fd);
	ASSERT_LE(0, o.fd);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o));
	EXPECT_EQ(ELOOP, errno);
	close(o.fd);
	o.fd = dev;
	o.flags = 1;
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(dev, CASK_IOC_MEDIUM_OPEN, NULL));
	EXPECT_EQ(EFAULT, errno);

	memcpy(arg.content_id, self->w->content_id, CASK_ID_SIZE);
	arg.medium_fd = dev;
	EXPECT_EQ(-EINVAL, open_with(dev, &arg));
	arg.medium_fd = -1;
	EXPECT_EQ(-EBADF, open_with(dev, &arg));
	arg.flags = 0;
	EXPECT_EQ(-EINVAL, open_with(dev, &arg));
	arg.medium_fd = self->fd;
	arg.flags = CASK_OPEN_MEDIUM | 2;
	EXPECT_EQ(-EINVAL, open_with(dev, &arg));
	close(dev);
}

/* --- many at once --- */

/**
 * struct crowd - threads that use one medium while somebody spoils it
 * @m: of the test
 * @stop: they end
 * @used: how often it played
 */
struct crowd {
	struct media *m;
	atomic_bool stop;
	atomic_uint used;
};

static int use_once(struct crowd *c, unsigned int *seed)
{
	struct cask_medium_open o = { .fd = open(c->m->path, O_RDWR | O_CLOEXEC) };
	struct cask_medium_backup b = { .size = CASK_BACKUP_MAX,
					.derivation = CASK_DERIVATION_NUMBER,
					.locks = CASK_LOCKS_APPARATUS_MEDIUM };
	struct cask_open play = { .content_fd = open(c->m->w->path, O_RDONLY | O_CLOEXEC),
				  .flags = CASK_OPEN_MEDIUM };
	struct cask_medium_data data = { .len = b.size };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	void *backup = malloc(CASK_BACKUP_MAX);
	int fd, player;

	fd = ioctl(dev, CASK_IOC_MEDIUM_OPEN, &o);
	play.medium_fd = fd;
	player = fd < 0 ? -1 : ioctl(dev, CASK_IOC_OPEN, &play);
	b.data = data.data = (uintptr_t)backup;
	if (fd >= 0 && !ioctl(fd, CASK_IOC_MEDIUM_BACKUP, &b)) {
		data.len = b.size;
		if (rand_r(seed) % 4 == 0)
			ioctl(fd, CASK_IOC_MEDIUM_RESTORE, &data);
	}
	if (player >= 0 && pread(player, backup, 1, rand_r(seed) % 10000) == 1)
		atomic_fetch_add(&c->used, 1);
	if (player >= 0)
		close(player);
	if (fd >= 0)
		close(fd);
	close(play.content_fd);
	close(o.fd);
	close(dev);
	free(backup);
	return 0;
}

static void *use_often(void *arg)
{
	unsigned int seed = (uintptr_t)&seed;
	struct crowd *c = arg;

	while (!atomic_load(&c->stop))
		use_once(c, &seed);
	return NULL;
}

static void *spoil(void *arg)
{
	unsigned int seed = 1;
	struct crowd *c = arg;
	uint8_t byte;

	while (!atomic_load(&c->stop)) {
		byte = rand_r(&seed);
		media_write(c->m->path, rand_r(&seed) % (THIRD + 1), &byte, 1);
		usleep(5000);
	}
	return NULL;
}

/* What holds then is for the other tests: here nothing must break, under KASAN and lockdep. */
TEST_F(medium, S1_many_use_a_medium_while_it_is_spoiled)
{
	struct crowd c = { .m = self->m };
	pthread_t threads[5];
	unsigned int i;

	ASSERT_EQ(0, grant(self->m, self->fd));
	media_copy(self->m->path, self->other);
	/* Who opens it reads it then, unless another one has it open. */
	close(self->fd);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, i ? use_often : spoil, &c));
	for (i = 0; atomic_load(&c.used) < 40; i++) {
		agent_serve(self->w->agent, 20);
		/* The class comes and goes, and what is spoiled is mended. */
		if (i % 16 == 0) {
			media_forget_class(self->m);
			media_install_class(self->m);
		}
		if (i % 4 == 0)
			media_copy(self->other, self->m->path);
	}
	atomic_store(&c.stop, true);
	for (i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	media_copy(self->other, self->m->path);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	printf("# counted: %u uses of a medium that is spoiled\n", atomic_load(&c.used));
}

/* --- counting and copies --- */

TEST_F(medium, S3_counts_are_the_devices_own)
{
	struct cask_medium_license l;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 2));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(2, l.opens_max);
	EXPECT_EQ(2, l.opens_left);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(1, l.opens_left);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(-EDQUOT, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(0, l.opens_left);
	EXPECT_EQ(EDQUOT, l.error);
	/* A use moves the medium on: 1, the license, two uses. */
	EXPECT_EQ(4, media_info(self->fd).counter);
}

TEST_F(medium, S3_a_counted_use_wants_a_medium_that_can_be_written)
{
	int fd = media_open(self->m, self->m->path, O_RDONLY);
	struct cask_medium_license l;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 1));
	EXPECT_EQ(-EROFS, media_check(self->m, fd));
	ASSERT_EQ(0, media_license(self->m, fd, 0, &l));
	EXPECT_EQ(1, l.opens_left);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	close(fd);
}

TEST_F(medium, S10_of_a_medium_and_its_copy_one_goes_on_after_a_use)
{
	uint32_t n;
	int fd;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 5));
	media_copy(self->m->path, self->other);
	/* Before there was a use they are the same. */
	EXPECT_EQ(CASK_MEDIUM_GOOD, state_of(self->m, self->other));
	ASSERT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(CASK_MEDIUM_STALE, state_of(self->m, self->other));
	fd = media_open(self->m, self->other, O_RDWR);
	EXPECT_EQ(-ESTALE, media_check(self->m, fd));
	self->w->license.fields.id[0] ^= 1;
	EXPECT_EQ(-ESTALE, grant(self->m, fd));
	EXPECT_EQ(-ESTALE, media_license(self->m, fd, 0, &(struct cask_medium_license){ 0 }));
	EXPECT_EQ(-EINVAL, media_restore(self->m, fd, "x", 1, &n));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	close(fd);
}

TEST_F(medium, S10_of_two_copies_that_are_in_use_one_goes_on_after_a_use)
{
	struct cask_medium_license l;
	uint64_t before;
	int fd;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 5));
	media_copy(self->m->path, self->other);
	fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, media_check(self->m, fd));
	/* As far by another image: and it stays where it is, or it would be ahead next time. */
	before = media_info(self->fd).counter;
	EXPECT_EQ(-ESTALE, media_check(self->m, self->fd));
	EXPECT_EQ(before, media_info(self->fd).counter);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(self->fd).state);
	EXPECT_EQ(0, media_check(self->m, fd));
	ASSERT_EQ(0, media_license(self->m, fd, 0, &l));
	EXPECT_EQ(3, l.opens_left);
	close(fd);
}

TEST_F(medium, S10_the_second_layer_of_another_number_is_nothing)
{
	static uint8_t layer[2 * SLOT];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	FILE *f;
	int fd;

	ASSERT_EQ(0, grant(self->m, self->fd));
	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, 0, number));
	f = fopen(self->m->path, "r");
	ASSERT_EQ(0, fseek(f, CASK_MEDIUM_SECOND, SEEK_SET));
	ASSERT_EQ(1, fread(layer, sizeof(layer), 1, f));
	fclose(f);
	media_write(self->other, CASK_MEDIUM_SECOND, layer, sizeof(layer));
	fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CASK_MEDIUM_LOST, media_info(fd).state);
	EXPECT_EQ(-EUCLEAN, media_check(self->m, fd));
	close(fd);
}

TEST_F(medium, S1_an_image_that_was_cut_short_leaves_the_one_before)
{
	static const uint8_t torn[SLOT / 2];

	ASSERT_EQ(0, grant(self->m, self->fd));
	close(self->fd);
	/* Image 2 is in slot 0. */
	media_write(self->m->path, CASK_MEDIUM_SECOND, torn, sizeof(torn));
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(self->fd).state);
	EXPECT_EQ(1, media_info(self->fd).counter);
	EXPECT_EQ(0, media_info(self->fd).licenses);
	self->w->license.fields.id[0] ^= 1;
	EXPECT_EQ(0, grant(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(medium, S3_without_the_agent_nothing_is_counted_and_nothing_lost)
{
	struct cask_medium_license l;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 1));
	agent_free(self->w->agent);
	/* A socket that is not the agent, for the thread to wait with. */
	self->w->agent = agent_socket();
	EXPECT_EQ(-ENOTCONN, media_check(self->m, self->fd));
	agent_free(self->w->agent);
	self->w->agent = agent_new();
	ASSERT_NE(NULL, self->w->agent);
	agent_disk(self->w->agent, self->w->disk);
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(1, l.opens_left);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_HARNESS_MAIN
