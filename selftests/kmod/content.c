// SPDX-License-Identifier: GPL-2.0
/* content.c - files that lie: altered, swapped, truncated, spliced. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"
#include "parse.h"
#include "world.h"

#define SIZE	(4 * BLOCK + 100)
#define STORED	(BLOCK + CASK_GCM_OVERHEAD)

FIXTURE(content) {
	struct world *w;
	uint8_t head[CASK_CONTENT_FIXED_MAX];
	struct cask_content c;
};

FIXTURE_SETUP(content)
{
	FILE *f;
	int len;

	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, SIZE);
	ASSERT_EQ(0, world_install(self->w, 0));
	f = fopen(self->w->path, "r");
	ASSERT_LT(100, fread(self->head, 1, sizeof(self->head), f));
	fclose(f);
	len = cask_content_length(self->head, sizeof(self->head));
	ASSERT_LT(0, len);
	ASSERT_EQ(0, cask_content_parse(&self->c, self->head, len));
}

FIXTURE_TEARDOWN(content)
{
	world_free(self->w);
}

static uint64_t block_at(const struct cask_content *c, unsigned int index)
{
	return c->data_offset + (uint64_t)index * STORED;
}

/* Whether all that a read from pos returned is the plaintext from there. */
static bool is_plain(const uint8_t *buf, ssize_t n, size_t pos)
{
	ssize_t i;

	for (i = 0; i < n; i++)
		if (buf[i] != world_plain(pos + i))
			return false;
	return true;
}

/*
 * Read a whole file whose block bad is: the blocks before it come, then the
 * error, which INFO names, and not a byte of the buffer behind is touched.
 */
static bool stops_at(const char *path, unsigned int bad, int error)
{
	uint8_t buf[SIZE];
	struct cask_info info;
	bool ok = true;
	ssize_t n, i;
	int fd = open_path(path, NULL);

	if (fd < 0)
		return false;
	memset(buf, 0xee, sizeof(buf));
	n = pread(fd, buf, sizeof(buf), 0);
	if (bad)
		ok = n == (ssize_t)(bad * BLOCK) && is_plain(buf, n, 0);
	else
		ok = n == -1 && errno == error;
	for (i = bad * BLOCK; i < (ssize_t)sizeof(buf); i++)
		ok &= buf[i] == 0xee;
	errno = 0;
	buf[0] = 0xee;
	ok &= pread(fd, buf, 1, bad * BLOCK) == -1 && errno == error && buf[0] == 0xee;
	info = info_of(fd);
	ok &= info.bad_block == bad && info.bad_errno == (unsigned int)error;
	close(fd);
	return ok;
}

TEST_F(content, D5_the_file_reads_back_as_it_was_packed)
{
	uint8_t buf[SIZE + 10];
	int fd = open_path(self->w->path, NULL);

	ASSERT_LE(0, fd);
	EXPECT_EQ(SIZE, pread(fd, buf, sizeof(buf), 0));
	EXPECT_TRUE(is_plain(buf, SIZE, 0));
	EXPECT_EQ(SIZE, info_of(fd).bytes);
	close(fd);
}

TEST_F_TIMEOUT(content, D5_every_byte_of_the_header_altered_is_refused, 300)
{
	unsigned int i, opened = 0, badmsg = 0;
	int ret;

	for (i = 0; i < self->c.link_offset; i++) {
		flip(self->w->path, i, 1 << (i % 8));
		ret = open_path(self->w->path, NULL);
		if (ret >= 0) {
			TH_LOG("opened with byte %u altered", i);
			opened++;
			close(ret);
		} else if (ret != -EINVAL && ret != -EOPNOTSUPP && ret != -ENOKEY &&
			   ret != -EBADMSG) {
			TH_LOG("byte %u: %d", i, ret);
			opened++;
		}
		badmsg += ret == -EBADMSG;
		flip(self->w->path, i, 1 << (i % 8));
	}
	TH_LOG("counted: %u bad inputs, %u of them EBADMSG", i, badmsg);
	EXPECT_EQ(0, opened);
	/* The MAC alone has 32 bytes. */
	EXPECT_LE(32, badmsg);
	ret = open_path(self->w->path, NULL);
	EXPECT_LE(0, ret);
	close(ret);
}

/* The link part is a hint: whatever it says, the same license opens the same plaintext. */
TEST_F(content, D5_a_link_part_altered_changes_nothing)
{
	unsigned int i, bad = 0;
	uint8_t buf[100];
	int fd;

	for (i = 0; i < 64; i++) {
		flip(self->w->path, self->c.link_offset + i, 0xff);
		fd = open_path(self->w->path, NULL);
		bad += fd < 0 || pread(fd, buf, sizeof(buf), 0) != sizeof(buf) ||
		       !is_plain(buf, sizeof(buf), 0);
		close(fd);
		flip(self->w->path, self->c.link_offset + i, 0xff);
	}
	EXPECT_EQ(0, bad);
}

/* One open file: alter a byte, fail, mend it. Block 3 is read between, to have none kept. */
static unsigned int alter_block(const char *path, const struct cask_content *c,
				unsigned int index, size_t stored)
{
	uint64_t at = block_at(c, index);
	uint8_t buf[BLOCK];
	unsigned int wrong = 0;
	struct cask_info info;
	size_t i;
	int fd = open_path(path, NULL);

	for (i = 0; i < stored; i++) {
		flip(path, at + i, 1 << (i % 8));
		if (pread(fd, buf, sizeof(buf), 3 * BLOCK) != BLOCK)
			wrong++;
		memset(buf, 0xee, sizeof(buf));
		if (pread(fd, buf, sizeof(buf), index * BLOCK) != -1 || errno != EBADMSG ||
		    memcmp(buf, buf + 1, sizeof(buf) - 1) || buf[0] != 0xee)
			wrong++;
		info = info_of(fd);
		if (info.bad_block != index || info.bad_errno != EBADMSG)
			wrong++;
		flip(path, at + i, 1 << (i % 8));
	}
	printf("# counted: %zu bad inputs\n", i);
	close(fd);
	return wrong;
}

TEST_F_TIMEOUT(content, D5_every_byte_of_the_first_block_altered_is_EBADMSG, 600)
{
	EXPECT_EQ(0, alter_block(self->w->path, &self->c, 0, STORED));
}

TEST_F_TIMEOUT(content, D5_every_byte_of_a_middle_block_altered_is_EBADMSG, 600)
{
	EXPECT_EQ(0, alter_block(self->w->path, &self->c, 2, STORED));
}

TEST_F_TIMEOUT(content, D5_every_byte_of_the_last_block_altered_is_EBADMSG, 600)
{
	EXPECT_EQ(0, alter_block(self->w->path, &self->c, 4, 100 + CASK_GCM_OVERHEAD));
}

TEST_F(content, D5_an_error_names_its_block_and_the_blocks_before_come)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		flip(self->w->path, block_at(&self->c, i) + 40, 1);
		EXPECT_TRUE(stops_at(self->w->path, i, EBADMSG));
		flip(self->w->path, block_at(&self->c, i) + 40, 1);
	}
}

static void copy(const char *from, uint64_t from_at, const char *to, uint64_t to_at, size_t len)
{
	uint8_t buf[STORED];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY);

	if (pread(in, buf, len, from_at) != (ssize_t)len ||
	    pwrite(out, buf, len, to_at) != (ssize_t)len)
		abort();
	close(in);
	close(out);
}

TEST_F(content, D5_a_block_in_another_ones_place_is_EBADMSG)
{
	const char *path = self->w->path;

	copy(path, block_at(&self->c, 1), path, block_at(&self->c, 2), STORED);
	EXPECT_TRUE(stops_at(path, 2, EBADMSG));
}

TEST_F(content, D5_a_block_of_another_file_is_EBADMSG)
{
	struct world *w = self->w;
	char other[96];

	/* The same key and place; only the content id differs. */
	snprintf(other, sizeof(other), "%s/first", w->dir);
	ASSERT_EQ(0, rename(w->path, other));
	w->content_id[0] ^= 0xff;
	world_content(w, SIZE);
	memcpy(w->license.fields.content_id, w->content_id, CASK_ID_SIZE);
	w->license.fields.id[0] ^= 0xff;
	ASSERT_EQ(0, world_install(w, 0));
	copy(other, block_at(&self->c, 1), w->path, block_at(&self->c, 1), STORED);
	EXPECT_TRUE(stops_at(w->path, 1, EBADMSG));
	/* Of the same content packed anew: IV and seed travel with the block, so it is at home. */
	agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id);
	w->license.fields.id[0] ^= 0xff;
}

TEST_F(content, D5_a_file_cut_short_is_ENODATA_at_the_block_that_is_not_there)
{
	const char *path = self->w->path;

	ASSERT_EQ(0, truncate(path, block_at(&self->c, 4) + 100));
	EXPECT_TRUE(stops_at(path, 4, ENODATA));
	ASSERT_EQ(0, truncate(path, block_at(&self->c, 3)));
	EXPECT_TRUE(stops_at(path, 3, ENODATA));
	ASSERT_EQ(0, truncate(path, block_at(&self->c, 0)));
	EXPECT_TRUE(stops_at(path, 0, ENODATA));
	ASSERT_EQ(0, truncate(path, self->c.link_offset - 1));
	EXPECT_EQ(-EINVAL, open_path(path, NULL));
	ASSERT_EQ(0, truncate(path, 0));
	EXPECT_EQ(-EINVAL, open_path(path, NULL));
}

/* The last block of a longer file is not the last of a shorter one, whatever the head says. */
TEST_F(content, D5_a_shorter_head_on_a_longer_file_is_refused)
{
	struct world *w = self->w;
	char longer[96];

	snprintf(longer, sizeof(longer), "%s/longer", w->dir);
	ASSERT_EQ(0, rename(w->path, longer));
	world_content(w, 2 * BLOCK);
	copy(longer, block_at(&self->c, 1), w->path, block_at(&self->c, 1), STORED);
	EXPECT_TRUE(stops_at(w->path, 1, EBADMSG));
}

TEST_F(content, D5_a_license_for_another_key_does_not_open_the_head)
{
	struct world *w = self->w;

	agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id);
	w->content_key[0] ^= 1;
	ASSERT_EQ(0, world_install(w, 0));
	EXPECT_EQ(-EBADMSG, open_path(w->path, NULL));
}

TEST_HARNESS_MAIN
