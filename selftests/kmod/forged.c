// SPDX-License-Identifier: GPL-2.0
/* forged.c - copies of licenses: what they are sealed under, and those of another distributor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "copies.h"
#include "crypto.h"
#include "harness.h"

FIXTURE(forged) {
	struct copies c;
};

FIXTURE_SETUP(forged)
{
	ASSERT_EQ(0, copies_begin(&self->c));
}

FIXTURE_TEARDOWN(forged)
{
	copies_end(&self->c);
}

/* --- what a copy is --- */

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

TEST_F(forged, D9_a_copy_is_sealed_as_the_document_has_it)
{
	static uint8_t records[SLOT];
	struct cask_records r = { .data = records, .capacity = sizeof(records) };
	struct world *w = self->c.w;
	struct cask_exported_record copy;
	uint8_t key[CASK_KEY_SIZE];
	struct cask_record head;

	w->license.fields.not_before = 7;
	ASSERT_EQ(0, grant(w, 0, 1, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	EXPECT_EQ(2, get_layer(self->c.m, self->c.m->path, &r));
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
	ASSERT_EQ(0, open_copy(self->c.m, &head, &copy, key));
	EXPECT_EQ(0, memcmp(key, w->content_key, sizeof(key)));
	/* Not in the clear anywhere, and of no other license. */
	EXPECT_EQ(NULL, memmem(records, r.len, w->content_key, CASK_KEY_SIZE));
	head.name[0] ^= 1;
	EXPECT_EQ(-EBADMSG, open_copy(self->c.m, &head, &copy, key));
}

TEST_F(forged, D9_a_copy_that_asks_for_a_higher_level_opens_nothing)
{
	static const uint32_t levels[] = { CASK_LEVEL_DEVELOPMENT, CASK_LEVEL_PRODUCTION };
	static uint8_t data[SLOT];
	struct medium_image image = { .counter = 2, .records = { .data = data,
		.capacity = sizeof(data) - CASK_LAYER_OVERHEAD } };
	struct cask_exported_record copy;
	uint8_t key[CASK_KEY_SIZE];
	struct cask_record head;
	unsigned int i;

	ASSERT_EQ(0, grant(self->c.w, 1, 0, 0));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, EXPORT));
	ASSERT_EQ(2, get_layer(self->c.m, self->c.m->path, &image.records));
	memcpy(&head, data, sizeof(head));
	memcpy(&copy, data + sizeof(head), sizeof(copy));
	ASSERT_EQ(0, open_copy(self->c.m, &head, &copy, key));
	for (i = 0; i < 2; i++) {
		copy.min_level = levels[i];
		ASSERT_EQ(0, seal_copy(self->c.m, &head, &copy, key));
		memcpy(data + sizeof(head), &copy, sizeof(copy));
		image.counter += 2;
		put_layer(self->c.m, self->c.m->path, &image);
		put_in_again(&self->c);
		EXPECT_EQ(i ? -EACCES : 0, media_check(self->c.m, self->c.fd));
		EXPECT_EQ(i ? EACCES : 0, only(self->c.m, self->c.fd).error);
	}
}

/* --- another distributor, certified and hostile --- */

/* Its world, its class and a medium of that. */
static struct media *hostile(struct copies *c, const char *name, struct world *w, struct media *m)
{
	*w = *c->w;
	*m = (struct media){ .w = w };
	w->a = world_distributor(name, COSE_ALG_RS256);
	w->license = forge_license_default(w->a, w->content_id);
	memcpy(w->license.fields.id, c->w->license.fields.id, CASK_ID_SIZE);
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

TEST_F(forged, D9_another_distributor_gets_no_copy_and_gives_none_back)
{
	struct world w;
	struct media b;
	int fd;

	ASSERT_EQ(0, grant(self->c.w, 1, 2, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	ASSERT_NE(NULL, hostile(&self->c, "hostile", &w, &b));
	fd = media_open(&b, b.path, O_RDWR);
	ASSERT_LE(0, fd);
	/* Its class would have the key. */
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, fd, EXPORT));
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, fd, CHECKOUT));
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, fd, CHECKIN));
	EXPECT_EQ(-EXDEV, media_lend(&b, self->c.fd, CHECKIN));
	/* A license of its own, by the same id: counts and notes are its own, too. */
	EXPECT_EQ(-ENOENT, media_lend(&b, fd, CHECKIN));
	ASSERT_EQ(0, grant(&w, 1, 1, 1));
	EXPECT_EQ(0, media_lend(&b, fd, CHECKOUT));
	ASSERT_EQ(0, agent_license_del(w.agent, w.a->root.pub.kid, w.license.fields.id));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_EXPORTS_LEFT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_CHECKOUTS_LEFT));
	EXPECT_EQ(1, count_of(self->c.w, CASK_A_LENT));
	EXPECT_EQ(0, media_check(self->c.m, self->c.fd));
	EXPECT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
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
TEST_F(forged, D9_an_image_that_went_on_elsewhere_plays_no_checkout_that_came_back)
{
	static uint8_t data[SLOT];
	struct medium_image image = { .counter = 6, .records = { .data = data,
		.capacity = sizeof(data) - CASK_LAYER_OVERHEAD } };
	int fd;

	ASSERT_EQ(0, grant(self->c.w, 0, 2, 1));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKOUT));
	media_copy(self->c.m->path, self->c.copy);
	ASSERT_EQ(2, get_layer(self->c.m, self->c.copy, &image.records));
	put_layer(self->c.m, self->c.copy, &image);
	fd = media_open(self->c.m, self->c.copy, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, media_check(self->c.m, fd));
	ASSERT_EQ(0, media_lend(self->c.m, self->c.fd, CHECKIN));
	EXPECT_EQ(CASK_MEDIUM_GOOD, media_info(fd).state);
	EXPECT_EQ(-ESTALE, media_check(self->c.m, fd));
	EXPECT_EQ(ESTALE, only(self->c.m, fd).error);
	EXPECT_EQ(CASK_COPY_LENT, only(self->c.m, fd).copy);
	close(fd);
}

TEST_F(forged, D9_a_copy_that_no_device_made_opens_nothing)
{
	static const uint8_t another[CASK_KID_SIZE] = { 1 };
	struct world w;
	struct media b;
	int fd;

	ASSERT_EQ(0, grant(self->c.w, 0, 2, 1));
	/* Of the class's own issuer, who has no such key. */
	close(self->c.second);
	memcpy(self->c.m->number, self->c.number, sizeof(self->c.number));
	forge_copy(self->c.m, self->c.other, self->c.w->a->root.pub.kid, another);
	self->c.second = media_open(self->c.m, self->c.other, O_RDWR);
	ASSERT_EQ(CASK_MEDIUM_GOOD, media_info(self->c.second).state);
	EXPECT_EQ(EBADMSG, only(self->c.m, self->c.second).error);
	EXPECT_EQ(CASK_COPY_LENT_ELSEWHERE, only(self->c.m, self->c.second).copy);
	EXPECT_EQ(-EBADMSG, media_check(self->c.m, self->c.second));
	/* What another device checked out is not checked in here. */
	EXPECT_EQ(-EXDEV, media_lend(self->c.m, self->c.second, CHECKIN));
	EXPECT_EQ(-EEXIST, media_lend(self->c.m, self->c.second, CHECKOUT));

	/* In the name of this distributor, on a medium of another one's. */
	ASSERT_NE(NULL, hostile(&self->c, "hostile", &w, &b));
	forge_copy(&b, b.path, self->c.w->a->root.pub.kid, NULL);
	fd = media_open(&b, b.path, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EXDEV, only(&b, fd).error);
	EXPECT_EQ(-EXDEV, media_check(self->c.m, fd));
	close(fd);
	media_forget_class(&b);
	forge_distributor_free(w.a);
}

TEST_F(forged, D9_what_a_later_scope_withdraws_plays_from_no_medium)
{
	struct cask_medium_license l;
	struct forge_scope scope;
	struct world w;
	struct media b;
	int fd;

	ASSERT_NE(NULL, hostile(&self->c, "withdrawn", &w, &b));
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
