// SPDX-License-Identifier: GPL-2.0
/* backup.c - backups of a medium's licenses, by each key and lock, and what is put back of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "crypto.h"
#include "harness.h"
#include "hpke.h"
#include "media.h"

FIXTURE(backup) {
	struct media *m;
	int fd;
	uint8_t *data;		/* CASK_BACKUP_MAX bytes */
	size_t len;
	char other[80];
};

FIXTURE_SETUP(backup)
{
	self->m = media_new();
	ASSERT_NE(NULL, self->m);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->data = malloc(CASK_BACKUP_MAX);
	snprintf(self->other, sizeof(self->other), "%s/other", self->m->w->dir);
}

FIXTURE_TEARDOWN(backup)
{
	free(self->data);
	close(self->fd);
	media_free(self->m);
}

static int back_up(FIXTURE_DATA(backup) *self, uint32_t derivation, uint32_t locks,
		   const uint8_t *apparatus)
{
	struct cask_medium_backup arg = {
		.data = (uintptr_t)self->data, .size = CASK_BACKUP_MAX,
		.derivation = derivation, .locks = locks,
	};

	if (apparatus)
		memcpy(arg.apparatus, apparatus, sizeof(arg.apparatus));
	if (ioctl(self->fd, CASK_IOC_MEDIUM_BACKUP, &arg))
		return -errno;
	self->len = arg.size;
	return 0;
}

static int grant(FIXTURE_DATA(backup) *self)
{
	struct license_medium target = media_target(self->m, self->m->number, NULL);

	return media_grant(self->m, self->fd, &target);
}

/* The second layer is lost, and the medium put in again. */
static int lose(FIXTURE_DATA(backup) *self)
{
	close(self->fd);
	media_lose(self->m->path);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	return self->fd < 0 ? self->fd : (int)media_info(self->fd).state;
}

/* What is in use knows the licenses; lose them for the kernel too, then put the medium in. */
static void round_trip(struct __test_metadata *_metadata, FIXTURE_DATA(backup) *self,
		       uint32_t derivation, uint32_t locks)
{
	uint32_t n = 0;

	ASSERT_EQ(0, back_up(self, derivation, locks, NULL));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	EXPECT_EQ(-EUCLEAN, media_check(self->m, self->fd));
	EXPECT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(self->fd).state);
	EXPECT_EQ(0, media_check(self->m, self->fd));
	/* It is there, and nothing is added. */
	EXPECT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(0, n);
}

TEST_F(backup, S4_S5_under_each_key_what_was_lost_comes_back)
{
	uint32_t d;

	ASSERT_EQ(0, grant(self));
	for (d = CASK_DERIVATION_NUMBER; d <= CASK_DERIVATION_ENCIPHERED; d++)
		round_trip(_metadata, self, d, CASK_LOCKS_MEDIUM);
}

TEST_F(backup, S6_S7_with_the_apparatus_as_second_lock_in_either_order)
{
	uint32_t d;

	ASSERT_EQ(0, grant(self));
	for (d = CASK_DERIVATION_NUMBER; d <= CASK_DERIVATION_ENCIPHERED; d++) {
		round_trip(_metadata, self, d, CASK_LOCKS_MEDIUM_APPARATUS);
		round_trip(_metadata, self, d, CASK_LOCKS_APPARATUS_MEDIUM);
	}
}

TEST_F(backup, S4_a_way_that_is_none_is_refused)
{
	static const uint8_t zeros[CASK_X25519_SIZE] = { 1 };
	struct cask_medium_backup arg = {
		.data = (uintptr_t)self->data, .size = 10,
		.derivation = CASK_DERIVATION_NUMBER, .locks = CASK_LOCKS_MEDIUM,
	};

	EXPECT_EQ(-EINVAL, back_up(self, 0, CASK_LOCKS_MEDIUM, NULL));
	EXPECT_EQ(-EINVAL, back_up(self, 4, CASK_LOCKS_MEDIUM, NULL));
	EXPECT_EQ(-EINVAL, back_up(self, CASK_DERIVATION_NUMBER, 0, NULL));
	EXPECT_EQ(-EINVAL, back_up(self, CASK_DERIVATION_NUMBER, 4, NULL));
	EXPECT_EQ(-EINVAL, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM,
				   self->m->w->device_key));
	/* A point of small order: what is locked to it is locked to everybody. */
	EXPECT_EQ(-EINVAL, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM_APPARATUS,
				   zeros));
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_BACKUP, &arg));
	EXPECT_EQ(ENOBUFS, errno);
	arg.reserved = 1;
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_BACKUP, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.reserved = 0;
	arg.size = CASK_BACKUP_MAX;
	arg.data = 0;
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_BACKUP, &arg));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_MEDIUM_BACKUP, NULL));
	EXPECT_EQ(EFAULT, errno);
	close(self->fd);
	media_lose(self->m->path);
	self->fd = media_open(self->m, self->m->path, O_RDWR);
	EXPECT_EQ(-EUCLEAN, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
}

TEST_F(backup, S5_nothing_of_a_license_can_be_read_in_a_backup)
{
	uint32_t locks;

	ASSERT_EQ(0, grant(self));
	for (locks = CASK_LOCKS_MEDIUM; locks <= CASK_LOCKS_APPARATUS_MEDIUM; locks++) {
		ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, locks, NULL));
		EXPECT_EQ(NULL, memmem(self->data, self->len, self->m->w->license.fields.id,
				       CASK_ID_SIZE));
		EXPECT_EQ(NULL, memmem(self->data, self->len, self->m->w->content_id,
				       CASK_ID_SIZE));
		EXPECT_EQ(NULL, memmem(self->data, self->len, self->m->w->content_key,
				       CASK_KEY_SIZE));
	}
}

/* --- what a backup is, by the document --- */

/* K of the medium's lock. */
static void base_key(const struct media *m, uint32_t derivation, uint8_t key[32])
{
	struct medium_keys keys = media_keys(m, m->number);

	memcpy(key, derivation == CASK_DERIVATION_NUMBER ? keys.backup : keys.individual, 32);
	if (derivation == CASK_DERIVATION_ENCIPHERED &&
	    crypto_hmac_sha256(keys.individual, 32, m->number, sizeof(m->number), key))
		abort();
}

static int open_medium_lock(const struct media *m, const struct cask_image_view *i,
			    const uint8_t *sealed, size_t size, uint8_t *plain)
{
	static const uint8_t iv[CRYPTO_GCM_IV_SIZE];
	uint8_t base[32], prk[32], key[32];
	const struct crypto_gcm gcm = { .key = key, .key_size = sizeof(key), .iv = iv,
					.aad = i->head.data, .aad_size = i->head.len };

	base_key(m, i->derivation, base);
	return crypto_hkdf_extract(i->salt.data, i->salt.len, base, sizeof(base), prk) ?:
	       crypto_hkdf_expand(prk, CASK_INFO_BACKUP, strlen(CASK_INFO_BACKUP), key,
				  sizeof(key)) ?:
	       crypto_gcm_open(&gcm, sealed, size, plain);
}

static int open_apparatus_lock(const uint8_t *secret, const struct cask_image_view *i,
			       const uint8_t *sealed, size_t size, uint8_t *plain)
{
	const struct hpke_text text = {
		.info = CASK_INFO_LOCK, .info_size = strlen(CASK_INFO_LOCK),
		.aad = i->head.data, .aad_size = i->head.len,
	};

	return hpke_open(secret, &text, i->enc.data, sealed, size, plain);
}

/* As any program that has both keys can; the outer lock first. */
static int open_backup(FIXTURE_DATA(backup) *self, const uint8_t *secret, uint8_t *plain,
		       size_t *ret_len)
{
	struct cask_image_view i;
	uint8_t *inner = malloc(CASK_BACKUP_MAX);
	size_t size;
	int ret = cask_image_parse(&i, self->data, self->len, CASK_TYPE_BACKUP);

	size = i.sealed.len;
	*ret_len = size - i.tags;
	if (ret || i.locks == CASK_LOCKS_MEDIUM)
		ret = ret ?: open_medium_lock(self->m, &i, i.sealed.data, size, plain);
	else if (i.locks == CASK_LOCKS_MEDIUM_APPARATUS)
		ret = open_apparatus_lock(secret, &i, i.sealed.data, size, inner) ?:
		      open_medium_lock(self->m, &i, inner, size - CASK_GCM_TAG_SIZE, plain);
	else
		ret = open_medium_lock(self->m, &i, i.sealed.data, size, inner) ?:
		      open_apparatus_lock(secret, &i, inner, size - CASK_GCM_TAG_SIZE, plain);
	free(inner);
	return ret;
}

TEST_F(backup, S4_S6_a_backup_is_sealed_as_the_document_has_it)
{
	uint8_t secret[CASK_X25519_SIZE], key[CASK_X25519_SIZE];
	uint8_t *plain = malloc(CASK_BACKUP_MAX);
	uint32_t derivation, locks;
	struct cask_records r;
	size_t len;

	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, crypto_x25519_keypair(secret, key));
	for (locks = CASK_LOCKS_MEDIUM; locks <= CASK_LOCKS_APPARATUS_MEDIUM; locks++) {
		for (derivation = 1; derivation <= CASK_DERIVATION_ENCIPHERED; derivation++) {
			ASSERT_EQ(0, back_up(self, derivation, locks,
					     locks == CASK_LOCKS_MEDIUM ? NULL : key));
			ASSERT_EQ(0, open_backup(self, secret, plain, &len));
			r = (struct cask_records){ .data = plain, .len = len };
			EXPECT_EQ(0, cask_records_check(&r));
			EXPECT_NE(NULL, memmem(plain, len, self->m->w->license.fields.id,
					       CASK_ID_SIZE));
		}
	}
	free(plain);
}

TEST_F(backup, S5_no_byte_of_a_backup_can_be_altered)
{
	unsigned int n = 0;
	uint32_t licenses;
	size_t i;
	int ret;

	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_INDIVIDUAL, CASK_LOCKS_MEDIUM_APPARATUS, NULL));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	for (i = 0; i < self->len; i += i < 400 ? 1 : 7) {
		self->data[i] ^= 1 << i % 8;
		ret = media_restore(self->m, self->fd, self->data, self->len, &licenses);
		ASSERT_TRUE(ret == -EINVAL || ret == -EBADMSG || ret == -EXDEV ||
			    ret == -EOPNOTSUPP);
		self->data[i] ^= 1 << i % 8;
		n++;
	}
	for (i = 0; i < self->len; i += 97) {
		ret = media_restore(self->m, self->fd, self->data, i, &licenses);
		ASSERT_EQ(-EINVAL, ret);
		n++;
	}
	printf("# counted: %u bad inputs\n", n);
	EXPECT_EQ(-EFAULT, media_restore(self->m, self->fd, NULL, 100, &licenses));
	EXPECT_EQ(-EMSGSIZE, media_restore(self->m, self->fd, NULL, CASK_BACKUP_MAX + 1, &licenses));
	EXPECT_EQ(CASK_MEDIUM_LOST, media_info(self->fd).state);
	EXPECT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &licenses));
}

TEST_F(backup, S10_a_backup_is_of_its_medium_only)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint32_t n;
	int fd;

	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, 0, number));
	fd = media_open(self->m, self->other, O_RDWR);
	EXPECT_EQ(-EXDEV, media_restore(self->m, fd, self->data, self->len, &n));
	EXPECT_EQ(-ENOKEY, media_check(self->m, fd));
	close(fd);
}

TEST_F(backup, S6_S7_a_backup_for_another_apparatus_is_of_no_use_here)
{
	uint8_t secret[CASK_X25519_SIZE], key[CASK_X25519_SIZE];
	uint32_t n;

	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, crypto_x25519_keypair(secret, key));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM_APPARATUS, key));
	EXPECT_NE(NULL, memmem(self->data, self->len, key, sizeof(key)));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	EXPECT_EQ(-EXDEV, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(CASK_MEDIUM_LOST, media_info(self->fd).state);
}

TEST_F(backup, S5_restoring_renews_no_count)
{
	struct cask_medium_license l;
	uint32_t n;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 2));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	ASSERT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	ASSERT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(1, n);
	ASSERT_EQ(0, media_license(self->m, self->fd, 0, &l));
	EXPECT_EQ(1, l.opens_left);
	ASSERT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	ASSERT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(-EDQUOT, media_check(self->m, self->fd));
}

TEST_F(backup, S10_of_a_medium_and_a_copy_that_was_restored_one_goes_on)
{
	uint32_t n;
	int fd;

	ASSERT_EQ(0, media_grant_counted(self->m, self->fd, 5));
	media_copy(self->m->path, self->other);
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	ASSERT_EQ(0, media_check(self->m, self->fd));
	fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_EQ(CASK_MEDIUM_STALE, media_info(fd).state);
	/* A copy that was left behind goes on by a backup, and then the other does not. */
	ASSERT_EQ(0, media_restore(self->m, fd, self->data, self->len, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, media_check(self->m, fd));
	EXPECT_EQ(-ESTALE, media_check(self->m, self->fd));
	close(fd);
}

TEST_F(backup, S6_a_second_layer_of_this_apparatus_alone)
{
	struct license_medium target;
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint32_t n;

	close(self->fd);
	media_blank(self->other);
	ASSERT_EQ(0, media_create(self->m, self->other, CASK_MEDIUM_LOCKED, number));
	self->fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, memcmp(media_info(self->fd).apparatus, self->m->w->device_key, CASK_X25519_SIZE));
	target = media_target(self->m, number, NULL);
	ASSERT_EQ(0, media_grant(self->m, self->fd, &target));
	EXPECT_EQ(0, media_check(self->m, self->fd));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	close(self->fd);
	media_lose(self->other);
	self->fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(0, media_check(self->m, self->fd));
}

TEST_F(backup, S6_a_second_layer_of_another_apparatus_is_closed)
{
	struct medium first = { .slot_size = SLOT, .third_offset = THIRD,
				.third_size = THIRD_SIZE, .locked = true };
	struct medium_keys keys;
	uint8_t *data;
	size_t size;
	uint32_t n;

	RAND_bytes(first.number, sizeof(first.number));
	RAND_bytes(first.apparatus, sizeof(first.apparatus));
	memcpy(first.class_id, self->m->class_id, CASK_ID_SIZE);
	memcpy(first.issuer, self->m->w->a->root.pub.kid, CASK_KID_SIZE);
	keys = media_keys(self->m, first.number);
	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	close(self->fd);
	ASSERT_EQ(0, medium_first(&first, &keys, &data, &size));
	media_blank(self->other);
	media_write(self->other, 0, data, size);
	free(data);
	self->fd = media_open(self->m, self->other, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(CASK_MEDIUM_FOREIGN, media_info(self->fd).state);
	EXPECT_EQ(-EXDEV, media_check(self->m, self->fd));
	EXPECT_EQ(-EXDEV, grant(self));
	EXPECT_EQ(-EXDEV, media_license(self->m, self->fd, 0, &(struct cask_medium_license){ 0 }));
	EXPECT_EQ(-EXDEV, media_restore(self->m, self->fd, self->data, self->len, &n));
	EXPECT_EQ(-EXDEV, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
}

TEST_F(backup, S5_a_medium_that_cannot_be_written_is_not_restored)
{
	uint32_t n;
	int fd;

	ASSERT_EQ(0, grant(self));
	ASSERT_EQ(0, back_up(self, CASK_DERIVATION_NUMBER, CASK_LOCKS_MEDIUM, NULL));
	ASSERT_EQ(CASK_MEDIUM_LOST, lose(self));
	fd = media_open(self->m, self->m->path, O_RDONLY);
	EXPECT_EQ(-EROFS, media_restore(self->m, fd, self->data, self->len, &n));
	close(fd);
	EXPECT_EQ(0, media_restore(self->m, self->fd, self->data, self->len, &n));
}

TEST_HARNESS_MAIN
