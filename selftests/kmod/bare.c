// SPDX-License-Identifier: GPL-2.0
/* bare.c - keys without a file: how CASK_IOC_OPEN opens them, and for what. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "jobs.h"
#include "world.h"

FIXTURE(bare) {
	struct world *w;
	int dev;
};

FIXTURE_SETUP(bare)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	self->w->license.fields.operations = CASK_OPERATION_DECRYPT;
	self->w->license.fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
}

FIXTURE_TEARDOWN(bare)
{
	close(self->dev);
	world_free(self->w);
}

TEST_F(bare, a_key_is_opened_by_its_content_id)
{
	struct world *w = self->w;
	struct cask_info info;
	struct stat st;
	char c;
	int fd;

	ASSERT_EQ(0, world_install(w, getuid()));
	fd = open_key(self->dev, w->content_id, NULL, NULL);
	ASSERT_LE(0, fd);
	info = info_of(fd);
	EXPECT_EQ(CASK_SUITE_RAW_AES_128_CTR, info.suite);
	EXPECT_EQ(0, info.plain_size);
	EXPECT_EQ(0, info.block_size);
	EXPECT_EQ(0, memcmp(info.content_id, w->content_id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(info.license_id, w->license.fields.id, CASK_ID_SIZE));
	EXPECT_EQ(0, memcmp(info.issuer, w->a->root.pub.kid, CASK_KID_SIZE));
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(0, read(fd, &c, 1));
	close(fd);
	fd = open_key(self->dev, w->content_id, w->a->root.pub.kid, w->license.fields.id);
	EXPECT_LE(0, fd);
	close(fd);
	w->content_id[0] ^= 1;
	EXPECT_EQ(-ENOKEY, open_key(self->dev, w->content_id, NULL, NULL));
	w->content_id[0] ^= 1;
	w->content_key[0] ^= 1;
	EXPECT_EQ(-ENOKEY, open_key(self->dev, w->content_id, w->content_key, NULL));
	EXPECT_EQ(-ENOKEY, open_key(self->dev, w->content_id, NULL, w->content_key));
}

TEST_F(bare, names_go_with_a_missing_file_only)
{
	struct world *w = self->w;
	struct cask_open arg = { .content_fd = -1 };
	int content;

	EXPECT_EQ(-EINVAL, open_with(self->dev, &arg));
	world_content(w, 100);
	content = open(w->path, O_RDONLY);
	ASSERT_LE(0, content);
	arg.content_fd = content;
	memcpy(arg.content_id, w->content_id, CASK_ID_SIZE);
	EXPECT_EQ(-EINVAL, open_with(self->dev, &arg));
	memset(arg.content_id, 0, CASK_ID_SIZE);
	memcpy(arg.issuer, w->a->root.pub.kid, CASK_KID_SIZE);
	EXPECT_EQ(-EINVAL, open_with(self->dev, &arg));
	close(content);
}

TEST_F(bare, D8_a_key_is_good_for_one_suite_and_one_operation)
{
	static const struct { uint32_t suite, operations; } wrong[] = {
		{ CASK_SUITE_RAW_AES_128_CTR, CASK_OPERATION_FILE },
		{ CASK_SUITE_RAW_AES_128_GCM, CASK_OPERATION_FILE | CASK_OPERATION_DECRYPT },
		{ CASK_SUITE_AES_128_GCM, CASK_OPERATION_DECRYPT },
		{ CASK_SUITE_AES_128_CBC, CASK_OPERATION_FILE | CASK_OPERATION_DECRYPT },
		{ CASK_SUITE_RAW_AES_128_CTR, 4 }, { 3, CASK_OPERATION_FILE },
		{ 15, CASK_OPERATION_DECRYPT }, { 19, CASK_OPERATION_DECRYPT },
	};
	struct license_fields *f = &self->w->license.fields;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		f->suite = wrong[i].suite;
		f->operations = wrong[i].operations;
		EXPECT_EQ(-EOPNOTSUPP, world_install(self->w, getuid()));
	}
	/* The right pair of the file's content, and the other way of opening. */
	world_content(self->w, 100);
	f->suite = CASK_SUITE_RAW_AES_128_GCM;
	f->operations = CASK_OPERATION_DECRYPT;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(-EOPNOTSUPP, open_path(self->w->path, NULL));
	forget(self->w);
	f->suite = CASK_SUITE_AES_128_GCM;
	f->operations = CASK_OPERATION_FILE;
	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(-EOPNOTSUPP, open_key(self->dev, self->w->content_id, NULL, NULL));
}

TEST_F(bare, D8_a_content_file_does_no_jobs)
{
	struct license_fields *f = &self->w->license.fields;
	struct cask_job job = { 0 };
	int fd;

	f->suite = CASK_SUITE_AES_128_GCM;
	f->operations = CASK_OPERATION_FILE;
	world_content(self->w, 100);
	fd = world_open(self->w);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, decrypt(fd, &job, 1));
	close(fd);
}

TEST_F(bare, D8_of_two_distributors_the_caller_says_which)
{
	struct forge_distributor *b = world_distributor("b", COSE_ALG_RS256);
	struct world *w = self->w;
	struct forge_license theirs = forge_license_default(b, w->content_id);
	struct cask_info info;
	struct forge_bytes l;
	int fd;

	ASSERT_EQ(0, world_install_anchor(w, b, NULL));
	ASSERT_EQ(0, world_install(w, getuid()));
	theirs.fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	theirs.fields.operations = CASK_OPERATION_DECRYPT;
	forge_license(b, &theirs, w->device_key, w->content_key, &l);
	ASSERT_EQ(0, agent_license_add(w->agent, l.data, l.size, getuid()));
	EXPECT_EQ(-ENOTUNIQ, open_key(self->dev, w->content_id, NULL, NULL));
	fd = open_key(self->dev, w->content_id, w->a->root.pub.kid, NULL);
	ASSERT_LE(0, fd);
	info = info_of(fd);
	EXPECT_EQ(0, memcmp(info.license_id, w->license.fields.id, CASK_ID_SIZE));
	close(fd);
	fd = open_key(self->dev, w->content_id, b->root.pub.kid, NULL);
	ASSERT_LE(0, fd);
	info = info_of(fd);
	EXPECT_EQ(0, memcmp(info.license_id, theirs.fields.id, CASK_ID_SIZE));
	close(fd);
	agent_license_del(w->agent, b->root.pub.kid, theirs.fields.id);
	forge_free(&l);
	forge_distributor_free(b);
}

struct user_case {
	int dev;
	struct world *w;
};

static int open_as_user(void *arg)
{
	struct user_case *c = arg;
	int fd = open("/dev/cask", O_RDONLY);
	int ret = open_key(fd < 0 ? c->dev : fd, c->w->content_id, NULL, NULL);

	return ret < 0 ? -ret : 0;
}

TEST_F(bare, D8_another_users_key_is_EACCES)
{
	struct user_case c = { self->dev, self->w };

	ASSERT_EQ(0, world_install(self->w, getuid()));
	EXPECT_EQ(EACCES, run_as(1000, open_as_user, &c));
}

TEST_HARNESS_MAIN
