// SPDX-License-Identifier: GPL-2.0
/* export.c - copies of a device's licenses on media: exported, checked out, checked in. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "counted.h"
#include "crypto.h"
#include "harness.h"
#include "media.h"

#define EXPORT		CASK_IOC_MEDIUM_EXPORT
#define CHECKOUT	CASK_IOC_MEDIUM_CHECKOUT
#define CHECKIN		CASK_IOC_MEDIUM_CHECKIN

FIXTURE(export) {
	struct media *m;
	struct world *w;
	int fd;			/* of the medium, read and write */
	char other[80];		/* another medium of the class */
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	int second;		/* of that */
	char copy[80];		/* a path in the same directory */
};

FIXTURE_SETUP(export)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->w = self->m->w;
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	snprintf(self->other, sizeof(self->other), "%s/other", self->w->dir);
	snprintf(self->copy, sizeof(self->copy), "%s/copy", self->w->dir);
	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, 0, self->number));
	self->second = media_open(self->m, self->other, O_RDWR);
	ASSERT_LE(0, self->second);
}

FIXTURE_TEARDOWN(export)
{
	close(self->second);
	close(self->fd);
	media_free(self->m);
}

/* A license of this device that permits such copies, asked for properly. */
static int grant(struct world *w, uint32_t exports, uint32_t checkouts, uint32_t at_once)
{
	w->license.fields.max_exports = exports;
	w->license.fields.max_checkouts = checkouts;
	w->license.fields.at_once = at_once;
	return install(w, 0);
}

/* The only license on a medium. */
static struct cask_medium_license only(struct media *m, int fd)
{
	struct cask_medium_license l;

	if (media_info(fd).licenses != 1 || media_license(m, fd, 0, &l))
		l.error = ~0U;
	return l;
}

static void put_in_again(FIXTURE_DATA(export) *self)
{
	close(self->fd);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
}

/* The image becomes the second layer, as whoever has the class can make it. */
static void put_layer(struct media *m, const char *path, struct medium_image *image)
{
	struct medium first = { .slot_size = SLOT, .third_offset = THIRD, .third_size = THIRD_SIZE };
	struct medium_keys keys = media_keys(m, m->number);
	uint8_t *layer;
	size_t size;

	if (medium_draw(image) || medium_layer(&first, &keys, image, &layer, &size))
		abort();
	media_write(path, CASK_MEDIUM_SECOND, layer, size);
	free(layer);
}

/* What is in slot 0 of the second layer; image 2 is. */
static uint64_t get_layer(struct media *m, const char *path, struct cask_records *ret)
{
	struct medium_keys keys = media_keys(m, m->number);
	static uint8_t layer[SLOT];
	FILE *f = fopen(path, "r");
	uint64_t counter;

	if (!f || fseek(f, CASK_MEDIUM_SECOND, SEEK_SET) || fread(layer, sizeof(layer), 1, f) != 1 ||
	    medium_open(&keys, layer, sizeof(layer), ret, &counter))
		abort();
	fclose(f);
	return counter;
}

/* --- exports --- */

TEST_F(export, D9_an_exported_license_plays_from_the_medium_by_itself)
{
	struct world *w = self->w;
	struct cask_medium_license l;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 2, 0, 0));
	EXPECT_EQ(2, count_of(w, CASK_A_EXPORTS_MAX));
	EXPECT_EQ(2, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(~0U, count_of(w, CASK_A_CHECKOUTS_MAX));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(0, agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id));
	put_in_again(self);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	l = only(self->m, self->fd);
	EXPECT_EQ(0, l.error);
	EXPECT_EQ(CASK_COPY_EXPORTED, l.copy);
	EXPECT_EQ(CASK_OPENS_ANY, l.opens_max);
	EXPECT_EQ(CASK_SUITE_AES_128_GCM, l.suite);
	EXPECT_EQ(w->license.fields.not_after, l.not_after);
	EXPECT_EQ(0, memcmp(l.license_id, w->license.fields.id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(l.content_id, w->content_id, CASK_ID_SIZE));
}

TEST_F(export, D9_exports_are_counted_until_none_is_left)
{
	struct world *w = self->w;

	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(0, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(-EEXIST, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-EDQUOT, media_lend(self->m, self->second, EXPORT));
	EXPECT_EQ(0, media_info(self->second).licenses);
	EXPECT_EQ(1, media_info(self->second).counter);
	/* The device's own goes on. */
	EXPECT_EQ(0, use(w));
}

TEST_F(export, D9_an_export_stays)
{
	ASSERT_EQ(0, grant(self->w, 1, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-ENOENT, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(-EEXIST, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(1, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(export, D9_an_export_has_the_period_of_its_license)
{
	struct cask_medium_license l;
	struct world *w = self->w;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 2, 0, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	advance(2000);
	EXPECT_EQ(-EKEYEXPIRED, media_check(self->m, self->fd));
	l = only(self->m, self->fd);
	EXPECT_EQ(EKEYEXPIRED, l.error);
	EXPECT_EQ(-EKEYEXPIRED, media_lend(self->m, self->second, EXPORT));
	advance(-2000);
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
}

/* What the key in a copy is sealed under, and with. */
struct copy_seal {
	uint8_t key[32];
	uint8_t hash[32];
	struct crypto_gcm gcm;
};

static int copy_seal(const struct media *m, const struct cask_record *head,
		     const struct cask_exported_record *r, struct copy_seal *ret)
{
	const size_t bound = offsetof(struct cask_exported_record, wrapped);
	const struct iovec parts[] = { { (void *)head, sizeof(*head) }, { (void *)r, bound } };
	struct medium_keys keys = media_keys(m, m->number);

	ret->gcm = (struct crypto_gcm){
		.key = ret->key, .key_size = sizeof(ret->key), .iv = r->wrapped,
		.aad = ret->hash, .aad_size = sizeof(ret->hash),
	};
	return crypto_sha256v(parts, 2, ret->hash) ?:
	       crypto_hkdf_expand(keys.individual, CASK_INFO_EXPORTED, strlen(CASK_INFO_EXPORTED),
				  ret->key, sizeof(ret->key));
}

/* The key in a copy, as any program that has the class key can open it. */
static int open_copy(const struct media *m, const struct cask_record *head,
		     const struct cask_exported_record *r, uint8_t key[CASK_KEY_SIZE])
{
	struct copy_seal s;

	return copy_seal(m, head, r, &s) ?:
	       crypto_gcm_open(&s.gcm, r->wrapped + CRYPTO_GCM_IV_SIZE,
			       sizeof(r->wrapped) - CRYPTO_GCM_IV_SIZE, key);
}

/* And seal it, under the nonce that is there. */
static int seal_copy(const struct media *m, const struct cask_record *head,
		     struct cask_exported_record *r, const uint8_t key[CASK_KEY_SIZE])
{
	struct copy_seal s;

	return copy_seal(m, head, r, &s) ?:
	       crypto_gcm_seal(&s.gcm, key, CASK_KEY_SIZE, r->wrapped + CRYPTO_GCM_IV_SIZE);
}

TEST_F(export, D9_a_copy_is_sealed_as_the_document_has_it)
{
	static uint8_t records[SLOT];
	struct cask_records r = { .data = records, .capacity = sizeof(records) };
	struct world *w = self->w;
	struct cask_exported_record copy;
	uint8_t key[CASK_KEY_SIZE];
	struct cask_record head;

	w->license.fields.not_before = 7;
	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(2, get_layer(self->m, self->m->path, &r));
	ASSERT_EQ(sizeof(head) + sizeof(copy), r.len);
	memcpy(&head, records, sizeof(head));
	memcpy(&copy, records + sizeof(head), sizeof(copy));
	EXPECT_EQ(CASK_RECORD_EXPORTED, head.kind);
	EXPECT_EQ(sizeof(copy), head.length);
	EXPECT_EQ(0, memcmp(head.issuer, w->a->root.pub.kid, sizeof(head.issuer)));
	EXPECT_EQ(0, memcmp(head.name, w->license.fields.id, sizeof(head.name)));
	EXPECT_EQ(0, memcmp(copy.content_id, w->content_id, sizeof(copy.content_id)));
	EXPECT_EQ(0, memcmp(copy.signer, w->a->license.pub.kid, sizeof(copy.signer)));
	EXPECT_EQ(0, memcmp(copy.device_id, w->device_id, sizeof(copy.device_id)));
	EXPECT_EQ(7, copy.not_before);
	EXPECT_EQ(0, copy.not_after);
	EXPECT_EQ(CASK_OPERATION_FILE, copy.operations);
	EXPECT_EQ(CASK_SUITE_AES_128_GCM, copy.suite);
	EXPECT_EQ(CASK_LEVEL_DEVELOPMENT, copy.min_level);
	ASSERT_EQ(0, open_copy(self->m, &head, &copy, key));
	EXPECT_EQ(0, memcmp(key, w->content_key, sizeof(key)));
	/* Not in the clear anywhere, and of no other license. */
	EXPECT_EQ(NULL, memmem(records, r.len, w->content_key, CASK_KEY_SIZE));
	head.name[0] ^= 1;
	EXPECT_EQ(-EBADMSG, open_copy(self->m, &head, &copy, key));
}

TEST_F(export, D9_a_copy_that_asks_for_a_higher_level_opens_nothing)
{
	static const uint32_t levels[] = { CASK_LEVEL_DEVELOPMENT, CASK_LEVEL_PRODUCTION };
	static uint8_t data[SLOT];
	struct medium_image image = { .counter = 2, .records = { .data = data,
		.capacity = sizeof(data) - CASK_LAYER_OVERHEAD } };
	struct cask_exported_record copy;
	uint8_t key[CASK_KEY_SIZE];
	struct cask_record head;
	unsigned int i;

	ASSERT_EQ(0, grant(self->w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	ASSERT_EQ(2, get_layer(self->m, self->m->path, &image.records));
	memcpy(&head, data, sizeof(head));
	memcpy(&copy, data + sizeof(head), sizeof(copy));
	ASSERT_EQ(0, open_copy(self->m, &head, &copy, key));
	for (i = 0; i < 2; i++) {
		copy.min_level = levels[i];
		ASSERT_EQ(0, seal_copy(self->m, &head, &copy, key));
		memcpy(data + sizeof(head), &copy, sizeof(copy));
		image.counter += 2;
		put_layer(self->m, self->m->path, &image);
		put_in_again(self);
		EXPECT_EQ(i ? -EACCES : 0, media_check(self->m, self->fd));
		EXPECT_EQ(i ? EACCES : 0, only(self->m, self->fd).error);
	}
}

static int call_record(void *arg)
{
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret = open_with(dev, arg);

	close(dev);
	return ret;
}

TEST_F(export, D9_a_copy_permits_no_recording)
{
	struct cask_open arg = { .flags = CASK_OPEN_MEDIUM | CASK_OPEN_RECORD, .medium_fd = self->fd };
	struct world *w = self->w;

	w->license.fields.permissions = CASK_PERMISSION_RECORD;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	arg.content_fd = open(w->path, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EMEDIUMTYPE, served(w, call_record, &arg));
	close(arg.content_fd);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

/* --- check-outs --- */

TEST_F(export, D9_what_is_checked_out_plays_there_until_it_is_checked_in)
{
	struct world *w = self->w;

	ASSERT_EQ(0, grant(w, 0, 3, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(CASK_COPY_LENT, only(self->m, self->fd).copy);
	EXPECT_EQ(2, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	/* As many as may be at once. */
	EXPECT_EQ(-EBUSY, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(0, media_info(self->second).licenses);
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_info(self->fd).licenses);
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	EXPECT_EQ(-ENOENT, media_lend(self->m, self->fd, CHECKIN));
	put_in_again(self);
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKIN));
	EXPECT_EQ(0, use(w));
}

TEST_F(export, D10_what_is_checked_out_comes_back_to_the_renewed_license)
{
	struct world *w = self->w;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	w->license.fields.version++;
	ASSERT_EQ(0, grant(w, 3, 2, 1));
	EXPECT_EQ(3, count_of(w, CASK_A_EXPORTS_MAX));
	EXPECT_EQ(3, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(2, count_of(w, CASK_A_CHECKOUTS_LEFT));
	/* It is out still, and the medium has what it had. */
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-EBUSY, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	/* What permits none takes none back, and what is out may come back all the same. */
	w->license.fields.version++;
	ASSERT_EQ(0, grant(w, 0, 0, 0));
	EXPECT_EQ(~0U, count_of(w, CASK_A_CHECKOUTS_MAX));
	EXPECT_EQ(-EPERM, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKIN));
	EXPECT_EQ(0, use(w));
}

TEST_F(export, D10_a_license_for_a_medium_takes_the_place_of_none)
{
	struct world *w = self->w;

	ASSERT_EQ(0, install(w, 3));
	w->license.fields.version++;
	EXPECT_EQ(-EEXIST, media_grant_counted(self->m, self->fd, 7));
	EXPECT_EQ(0, media_info(self->fd).licenses);
	EXPECT_EQ(3, left(w));
	EXPECT_EQ(0, use(w));
	EXPECT_EQ(2, left(w));
}

TEST_F(export, D9_checkouts_are_counted_until_none_is_left)
{
	struct world *w = self->w;

	ASSERT_EQ(0, grant(w, 0, 2, 2));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	/* The same again is the same. */
	EXPECT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	ASSERT_EQ(0, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(2, count_of(w, CASK_A_LENT));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(-EDQUOT, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, self->second));
}

TEST_F(export, D9_a_file_that_plays_stops_when_its_copy_is_checked_in)
{
	uint8_t byte;
	int player;

	ASSERT_EQ(0, grant(self->w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	player = media_play(self->m, self->fd);
	ASSERT_LE(0, player);
	EXPECT_EQ(1, pread(player, &byte, 1, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(-1, pread(player, &byte, 1, 0));
	EXPECT_EQ(EKEYREVOKED, errno);
	close(player);
}

TEST_F(export, D9_an_image_from_before_the_checkin_is_an_older_copy)
{
	int fd;

	ASSERT_EQ(0, grant(self->w, 0, 2, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	media_copy(self->m->path, self->copy);
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	fd = media_open(self->m, self->copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CASK_MEDIUM_STALE, media_info(fd).state);
	EXPECT_EQ(-ESTALE, media_check(self->m, fd));
	EXPECT_EQ(-ESTALE, media_lend(self->m, fd, CHECKIN));
	EXPECT_EQ(-ESTALE, media_lend(self->m, fd, CHECKOUT));
	close(fd);
	EXPECT_EQ(1, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
	/* And before the check-out: what is on it is the license that is out. */
	media_copy(self->m->path, self->copy);
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	fd = media_open(self->m, self->copy, O_RDWR);
	EXPECT_EQ(-ESTALE, media_lend(self->m, fd, CHECKIN));
	close(fd);
	EXPECT_EQ(1, count_of(self->w, CASK_A_LENT));
}

/* The agent puts back all that it kept: its slots, and both media as they were. */
TEST_F(export, D9_what_was_kept_of_slots_and_media_brings_no_copy_back)
{
	struct world *w = self->w;
	struct agent_disk *kept = malloc(sizeof(*kept));
	int fd;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	memcpy(kept, w->disk, sizeof(*kept));
	media_copy(self->m->path, self->copy);
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	ASSERT_EQ(0, media_lend(self->m, self->second, EXPORT));
	memcpy(w->disk, kept, sizeof(*kept));
	agent_free(w->agent);
	w->agent = agent_new();
	ASSERT_NE(NULL, w->agent);
	agent_disk(w->agent, w->disk);
	EXPECT_EQ(0, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(0, count_of(w, CASK_A_CHECKOUTS_LEFT));
	fd = media_open(self->m, self->copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ESTALE, media_lend(self->m, fd, CHECKOUT));
	EXPECT_EQ(-ESTALE, media_lend(self->m, fd, EXPORT));
	close(fd);
	EXPECT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(-EDQUOT, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(-EDQUOT, media_lend(self->m, self->fd, EXPORT));
	free(kept);
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

static void lose(FIXTURE_DATA(export) *self)
{
	close(self->fd);
	media_lose(self->m->path);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
}

TEST_F(export, D9_a_backup_holds_exports_and_nothing_that_is_checked_out)
{
	struct world *w = self->w;
	uint8_t *data = malloc(CASK_BACKUP_MAX);
	size_t len;
	uint32_t n;

	ASSERT_EQ(0, grant(w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(2, media_info(self->fd).licenses);
	ASSERT_EQ(0, back_up(self->fd, data, &len));
	lose(self);
	EXPECT_EQ(-EUCLEAN, media_lend(self->m, self->fd, CHECKIN));
	ASSERT_EQ(0, media_restore(self->m, self->fd, data, len, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(CASK_COPY_EXPORTED, only(self->m, self->fd).copy);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	/* What was lost with it is checked in all the same: the images before are older copies. */
	EXPECT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	free(data);
}

TEST_F(export, D9_restoring_an_older_copy_brings_back_no_checkout)
{
	struct license_medium target = media_target(self->m, self->m->number, NULL);
	uint8_t *data = malloc(CASK_BACKUP_MAX);
	struct world *w = self->w;
	size_t len;
	uint32_t n;

	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	media_copy(self->m->path, self->copy);
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	/* A license for another content, for the backup to hold something. */
	w->license.fields.once = false;
	w->license.fields.max_checkouts = 0;
	w->license.fields.id[0] ^= 1;
	w->license.fields.content_id[0] ^= 1;
	ASSERT_EQ(0, media_grant(self->m, self->fd, &target));
	ASSERT_EQ(0, back_up(self->fd, data, &len));
	close(self->fd);
	media_copy(self->copy, self->m->path);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_EQ(CASK_MEDIUM_STALE, media_info(self->fd).state);
	ASSERT_EQ(0, media_restore(self->m, self->fd, data, len, &n));
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(self->fd).state);
	EXPECT_EQ(CASK_COPY_NONE, only(self->m, self->fd).copy);
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	free(data);
}

/* --- what is cut short --- */

/* As long as a file may be, for whoever asks: the disk is full, to him. */
static int limit(rlim_t bytes)
{
	struct rlimit r;

	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &r))
		return -errno;
	r.rlim_cur = bytes;
	return setrlimit(RLIMIT_FSIZE, &r) ? -errno : 0;
}

TEST_F(export, D9_what_did_not_get_onto_the_medium_is_finished_and_counted_once)
{
	struct world *w = self->w;

	ASSERT_EQ(0, grant(w, 2, 2, 1));
	ASSERT_EQ(0, limit(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-EFBIG, media_lend(self->m, self->second, CHECKOUT));
	ASSERT_EQ(0, limit(RLIM_INFINITY));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	/* Another way it does not go. */
	EXPECT_EQ(-EEXIST, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(-ENOENT, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(0, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(0, media_check(self->m, self->second));
	/* And off it again. */
	ASSERT_EQ(0, limit(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->m, self->second, CHECKIN));
	ASSERT_EQ(0, limit(RLIM_INFINITY));
	EXPECT_EQ(1, count_of(w, CASK_A_LENT));
	EXPECT_EQ(0, media_lend(self->m, self->second, CHECKIN));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->second));
}

/* A check-out that was cut short may be checked in: nobody has it. */
TEST_F(export, D9_a_checkout_that_did_not_arrive_is_taken_back)
{
	ASSERT_EQ(0, grant(self->w, 0, 2, 1));
	ASSERT_EQ(0, limit(CASK_MEDIUM_SECOND));
	EXPECT_EQ(-EFBIG, media_lend(self->m, self->fd, CHECKOUT));
	ASSERT_EQ(0, limit(RLIM_INFINITY));
	EXPECT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(0, count_of(self->w, CASK_A_LENT));
	EXPECT_EQ(1, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
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
TEST_F(export, D9_what_the_secure_area_did_not_take_is_finished_and_counted_once)
{
	static const unsigned long steps[] = { EXPORT, CHECKOUT, CHECKIN };
	struct world *w = self->w;
	struct failing f;
	unsigned int i;
	int fd, ret;

	ASSERT_EQ(0, grant(w, 5, 5, 1));
	for (i = 0; i < 3; i++) {
		fd = i ? self->second : self->fd;
		f = (struct failing){ .at = 1 };
		do {
			f.images = 0;
			w->disk->context = &f;
			w->disk->fault = fail_one;
			ret = media_lend(self->m, fd, steps[i]);
			w->disk->fault = NULL;
			if (ret)
				EXPECT_EQ(-EIO, ret);
			f.at++;
		} while (ret && f.at < 10);
		EXPECT_EQ(0, ret);
		EXPECT_EQ(4, count_of(w, CASK_A_EXPORTS_LEFT));
		EXPECT_EQ(i ? 4 : 5, count_of(w, CASK_A_CHECKOUTS_LEFT));
		EXPECT_EQ(i == 1, count_of(w, CASK_A_LENT));
		EXPECT_EQ(i < 2 ? 0 : -ENOKEY, media_check(self->m, fd));
	}
}

/* --- what is not permitted --- */

TEST_F(export, D9_what_is_not_permitted_is_refused)
{
	struct world *w = self->w;
	int fd = media_open(self->m, self->m->path, O_RDONLY);
	struct cask_medium_lend arg = { .reserved = { 0, 0, 0, 1 } };

	EXPECT_EQ(-ENOENT, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-ENOENT, media_lend(self->m, self->fd, CHECKIN));
	ASSERT_EQ(0, install(w, 5));
	EXPECT_EQ(-EPERM, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-EPERM, media_lend(self->m, self->fd, CHECKOUT));
	w->license.fields.id[0] ^= 1;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	EXPECT_EQ(-EPERM, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(-EROFS, media_lend(self->m, fd, EXPORT));
	EXPECT_EQ(-EROFS, media_lend(self->m, fd, CHECKIN));
	w->license.fields.issuer[0] ^= 1;
	EXPECT_EQ(-EXDEV, media_lend(self->m, self->fd, EXPORT));
	EXPECT_EQ(-EXDEV, media_lend(self->m, self->fd, CHECKIN));
	w->license.fields.issuer[0] ^= 1;
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));

	for (unsigned long cmd = 0; cmd < 3; cmd++) {
		unsigned long request = cmd == 0 ? EXPORT : cmd == 1 ? CHECKOUT : CHECKIN;

		EXPECT_EQ(-1, ioctl(self->fd, request, &arg));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, ioctl(self->fd, request, NULL));
		EXPECT_EQ(EFAULT, errno);
	}
	close(fd);
}

TEST_F(export, D9_a_license_that_could_not_be_counted_says_nothing_of_copies)
{
	self->w->license.fields.max_exports = 1;
	EXPECT_EQ(-EINVAL, world_install(self->w, getuid()));
	self->w->license.fields.max_exports = 0;
	self->w->license.fields.max_checkouts = 2;
	self->w->license.fields.at_once = 1;
	EXPECT_EQ(-EINVAL, world_install(self->w, getuid()));
}

/* By another user, whom the agent need not serve: he is refused before. */
static int export_as_user(void *arg)
{
	FIXTURE_DATA(export) *self = arg;
	struct cask_medium_lend lend = { 0 };

	memcpy(lend.license_id, self->w->license.fields.id, CASK_ID_SIZE);
	memcpy(lend.issuer, self->w->license.fields.issuer, CASK_KID_SIZE);
	return ioctl(self->fd, EXPORT, &lend) ? errno : 0;
}

TEST_F(export, D9_a_users_license_is_exported_by_no_other_user)
{
	ASSERT_EQ(0, grant(self->w, 1, 0, 0));
	EXPECT_EQ(EACCES, run_as(1000, export_as_user, self));
	EXPECT_EQ(1, count_of(self->w, CASK_A_EXPORTS_LEFT));
}

TEST_F(export, D9_what_a_full_medium_has_no_room_for_is_not_counted)
{
	struct license_medium target = media_target(self->m, self->m->number, NULL);
	struct world *w = self->w;
	struct license_fields kept;
	int ret;

	ASSERT_EQ(0, grant(w, 1, 1, 1));
	kept = w->license.fields;
	w->license.fields.once = false;
	w->license.fields.max_exports = 0;
	w->license.fields.max_checkouts = 0;
	do {
		w->license.fields.id[0]++;
		ret = media_grant(self->m, self->fd, &target);
	} while (!ret);
	ASSERT_EQ(-ENOSPC, ret);
	/* A copy is smaller than a statement. */
	w->license.fields = kept;
	do {
		w->license.fields.id[1]++;
		ret = grant(w, 1, 1, 1) ?: media_lend(self->m, self->fd, EXPORT);
	} while (!ret);
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(1, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(-ENOSPC, media_lend(self->m, self->fd, CHECKOUT));
	EXPECT_EQ(1, count_of(w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(0, count_of(w, CASK_A_LENT));
}

/* --- two at once --- */

/* An export to a medium, in a thread of its own. */
struct racer {
	struct cask_medium_lend arg;
	pthread_t thread;
	atomic_int tid;
	int fd;
	int ret;
	atomic_bool done;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	atomic_store(&r->tid, gettid());
	r->ret = ioctl(r->fd, EXPORT, &r->arg) < 0 ? -errno : 0;
	atomic_store(&r->done, true);
	return NULL;
}

static void start_race(struct racer *r, const struct world *w)
{
	memcpy(r->arg.license_id, w->license.fields.id, CASK_ID_SIZE);
	memcpy(r->arg.issuer, w->license.fields.issuer, CASK_KID_SIZE);
	if (pthread_create(&r->thread, NULL, race, r))
		abort();
}

static int end_race(struct racer *r, struct world *w)
{
	while (!atomic_load(&r->done))
		agent_serve(w->agent, 20);
	pthread_join(r->thread, NULL);
	return r->ret;
}

TEST_F(export, D9_of_two_that_race_for_the_last_export_one_gets_it)
{
	struct racer racers[2] = { { .fd = self->fd }, { .fd = self->second } };
	unsigned int i;

	ASSERT_EQ(0, grant(self->w, 1, 0, 0));
	for (i = 0; i < 2; i++)
		start_race(&racers[i], self->w);
	for (i = 0; i < 2; i++)
		end_race(&racers[i], self->w);
	EXPECT_EQ(-EDQUOT, racers[0].ret + racers[1].ret);
	EXPECT_EQ(1, media_info(self->fd).licenses + media_info(self->second).licenses);
	EXPECT_EQ(racers[0].ret ? -ENOKEY : 0, media_check(self->m, self->fd));
	EXPECT_EQ(racers[1].ret ? -ENOKEY : 0, media_check(self->m, self->second));
}

/* Whoever exports begins when the renewal is being written, and waits for that. */
struct meeting {
	struct world *w;
	struct racer racer;
};

static int64_t meet(struct agent *a, const struct agent_reply *question, void *context)
{
	struct meeting *m = context;

	if (!question->attrs[CASK_A_SYNC] || atomic_load(&m->racer.tid))
		return 0;
	start_race(&m->racer, m->w);
	await_thread(&m->racer.tid);
	return 0;
}

/* The next version, which permits so many exports, and one of them while it comes. */
static int export_while_renewed(FIXTURE_DATA(export) *self, uint32_t exports)
{
	struct meeting m = { .w = self->w, .racer = { .fd = self->fd } };
	struct world *w = self->w;
	int ret;

	w->license.fields.version++;
	w->license.fields.max_exports = exports;
	ret = ask_for(w, 0);
	if (ret)
		return ret;
	w->disk->context = &m;
	w->disk->fault = meet;
	ret = world_install(w, getuid());
	w->disk->fault = NULL;
	return atomic_load(&m.racer.tid) ? end_race(&m.racer, w) ?: ret : ret;
}

TEST_F(export, D10_an_export_that_meets_a_renewal_is_of_the_later_license)
{
	struct world *w = self->w;

	w->license.fields.not_after = time(NULL) + 1000;
	ASSERT_EQ(0, grant(w, 1, 0, 0));
	w->license.fields.not_after += 1000;
	ASSERT_EQ(0, export_while_renewed(self, 5));
	EXPECT_EQ(4, count_of(w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(w->license.fields.not_after, only(self->m, self->fd).not_after);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(export, D10_an_export_that_meets_a_renewal_without_exports_is_refused)
{
	ASSERT_EQ(0, grant(self->w, 1, 0, 0));
	EXPECT_EQ(-EPERM, export_while_renewed(self, 0));
	EXPECT_EQ(0, media_info(self->fd).licenses);
	EXPECT_EQ(-ENOKEY, media_check(self->m, self->fd));
	EXPECT_EQ(0, use(self->w));
}

/* --- another distributor, certified and hostile --- */

/* Its world, its class and a medium of that. */
static struct media *hostile(FIXTURE_DATA(export) *self, const char *name, struct world *w,
			     struct media *m)
{
	*w = *self->w;
	*m = (struct media){ .w = w };
	w->a = world_distributor(name, COSE_ALG_RS256);
	w->license = forge_license_default(w->a, w->content_id);
	memcpy(w->license.fields.id, self->w->license.fields.id, CASK_ID_SIZE);
	RAND_bytes(m->class_id, sizeof(m->class_id));
	RAND_bytes(m->class_key, sizeof(m->class_key));
	m->class_license = forge_license_default(w->a, m->class_id);
	m->class_license.fields.operations = CASK_OPERATION_MEDIUM;
	m->class_license.fields.suite = CASK_SUITE_MEDIUM_CLASS;
	snprintf(m->path, sizeof(m->path), "%s/%s", w->dir, name);
	media_blank(m->path);
	return world_install_anchor(w, w->a, NULL) || media_install_class(m) ||
	       media_create(m, m->path, 0, m->number) ? NULL : m;
}

TEST_F(export, D9_another_distributor_gets_no_copy_and_gives_none_back)
{
	struct world w;
	struct media b;
	int fd;

	ASSERT_EQ(0, grant(self->w, 1, 2, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	ASSERT_NE(NULL, hostile(self, "hostile", &w, &b));
	fd = media_open(&b, b.path, O_RDWR);
	ASSERT_LE(0, fd);
	/* Its class would have the key. */
	EXPECT_EQ(-EXDEV, media_lend(self->m, fd, EXPORT));
	EXPECT_EQ(-EXDEV, media_lend(self->m, fd, CHECKOUT));
	EXPECT_EQ(-EXDEV, media_lend(self->m, fd, CHECKIN));
	EXPECT_EQ(-EXDEV, media_lend(&b, self->fd, CHECKIN));
	/* A license of its own, by the same id: counts and notes are its own, too. */
	EXPECT_EQ(-ENOENT, media_lend(&b, fd, CHECKIN));
	ASSERT_EQ(0, grant(&w, 1, 1, 1));
	EXPECT_EQ(0, media_lend(&b, fd, CHECKOUT));
	ASSERT_EQ(0, agent_license_del(w.agent, w.a->root.pub.kid, w.license.fields.id));
	EXPECT_EQ(1, count_of(self->w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(self->w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(self->w, CASK_A_LENT));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	EXPECT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	close(fd);
	media_forget_class(&b);
	forge_distributor_free(w.a);
}

/* A second layer that holds one record, as the issuer of the class can make it. */
static void forge_copy(struct media *m, const char *path, const uint8_t *issuer,
		       const uint8_t *device_id)
{
	static uint8_t data[SLOT];
	struct medium_image image = { .counter = 2, .records = { .data = data,
		.capacity = sizeof(data) - CASK_LAYER_OVERHEAD } };
	const struct cask_record_key key = { .kind = CASK_RECORD_EXPORTED, .issuer = issuer,
					     .name = m->w->license.fields.id };
	struct cask_exported_record r = {
		.operations = CASK_OPERATION_FILE, .suite = CASK_SUITE_AES_128_GCM, .version = 1,
	};

	memcpy(r.content_id, m->w->content_id, sizeof(r.content_id));
	memcpy(r.signer, m->w->a->license.pub.kid, sizeof(r.signer));
	if (device_id)
		memcpy(r.device_id, device_id, sizeof(r.device_id));
	if (cask_records_put(&image.records, &key, &r, sizeof(r)))
		abort();
	put_layer(m, path, &image);
}

/* Another device of the class went on with a copy of the medium: it is ahead of the original. */
TEST_F(export, D9_an_image_that_went_on_elsewhere_plays_no_checkout_that_came_back)
{
	static uint8_t data[SLOT];
	struct medium_image image = { .counter = 6, .records = { .data = data,
		.capacity = sizeof(data) - CASK_LAYER_OVERHEAD } };
	int fd;

	ASSERT_EQ(0, grant(self->w, 0, 2, 1));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKOUT));
	media_copy(self->m->path, self->copy);
	ASSERT_EQ(2, get_layer(self->m, self->copy, &image.records));
	put_layer(self->m, self->copy, &image);
	fd = media_open(self->m, self->copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, media_check(self->m, fd));
	ASSERT_EQ(0, media_lend(self->m, self->fd, CHECKIN));
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(fd).state);
	EXPECT_EQ(-ESTALE, media_check(self->m, fd));
	EXPECT_EQ(ESTALE, only(self->m, fd).error);
	EXPECT_EQ(CASK_COPY_LENT, only(self->m, fd).copy);
	close(fd);
}

TEST_F(export, D9_a_copy_that_no_device_made_opens_nothing)
{
	static const uint8_t another[CASK_KID_SIZE] = { 1 };
	struct world w;
	struct media b;
	int fd;

	ASSERT_EQ(0, grant(self->w, 0, 2, 1));
	/* Of the class's own issuer, who has no such key. */
	close(self->second);
	memcpy(self->m->number, self->number, sizeof(self->number));
	forge_copy(self->m, self->other, self->w->a->root.pub.kid, another);
	self->second = media_open(self->m, self->other, O_RDWR);
	ASSERT_EQ(CASK_MEDIUM_GOOD, media_info(self->second).state);
	EXPECT_EQ(EBADMSG, only(self->m, self->second).error);
	EXPECT_EQ(CASK_COPY_LENT_ELSEWHERE, only(self->m, self->second).copy);
	EXPECT_EQ(-EBADMSG, media_check(self->m, self->second));
	/* What another device checked out is not checked in here. */
	EXPECT_EQ(-EXDEV, media_lend(self->m, self->second, CHECKIN));
	EXPECT_EQ(-EEXIST, media_lend(self->m, self->second, CHECKOUT));

	/* In the name of this distributor, on a medium of another one's. */
	ASSERT_NE(NULL, hostile(self, "hostile", &w, &b));
	forge_copy(&b, b.path, self->w->a->root.pub.kid, NULL);
	fd = media_open(&b, b.path, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EXDEV, only(&b, fd).error);
	EXPECT_EQ(-EXDEV, media_check(self->m, fd));
	close(fd);
	media_forget_class(&b);
	forge_distributor_free(w.a);
}

TEST_F(export, D9_what_a_later_scope_withdraws_plays_from_no_medium)
{
	struct cask_medium_license l;
	struct forge_scope scope;
	struct world w;
	struct media b;
	int fd;

	ASSERT_NE(NULL, hostile(self, "withdrawn", &w, &b));
	snprintf(w.path, sizeof(w.path), "%s/withdrawn.cask", w.dir);
	world_content(&w, 10000);
	fd = media_open(&b, b.path, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, grant(&w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(&b, fd, EXPORT));
	EXPECT_EQ(0, media_check(&b, fd));
	/* It may sign for its media still, and for this content no more. */
	scope = forge_scope_default(w.a);
	scope.fields.sequence++;
	scope.fields.prefix_size = sizeof(b.class_id);
	memcpy(scope.fields.prefix, b.class_id, sizeof(b.class_id));
	ASSERT_EQ(0, world_install_anchor(&w, w.a, &scope));
	EXPECT_EQ(-EKEYREJECTED, media_check(&b, fd));
	l = only(&b, fd);
	EXPECT_EQ(EKEYREJECTED, l.error);
	close(fd);
	media_forget_class(&b);
	forge_distributor_free(w.a);
}

TEST_HARNESS_MAIN
