// SPDX-License-Identifier: GPL-2.0
/* player.c - the ioctls, and the file that a player reads. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "world.h"

#define SIZE	(10 * BLOCK + 77)

FIXTURE(player) {
	struct world *w;
	int dev;
	int content;
	int fd;
};

FIXTURE_SETUP(player)
{
	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	world_content(self->w, SIZE);
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
	self->content = open(self->w->path, O_RDONLY);
	ASSERT_LE(0, self->content);
	self->fd = world_open(self->w);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(player)
{
	close(self->fd);
	close(self->content);
	close(self->dev);
	world_free(self->w);
}

/* --- CASK_IOC_OPEN --- */

TEST_F(player, X1_open_refuses_flags_reserved_fields_and_bad_pointers)
{
	struct cask_open arg = { .content_fd = self->content };
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	int ret;

	for (i = 0; i < 32; i++) {
		arg.flags = 1u << i;
		/* One there is, which the license has to permit. */
		EXPECT_EQ(arg.flags == CASK_OPEN_RECORD ? -EMEDIUMTYPE : -EINVAL,
			  open_with(self->dev, &arg));
	}
	arg.flags = 0;
	for (i = 0; i < 96; i++) {
		arg.reserved[i / 32] = 1u << (i % 32);
		EXPECT_EQ(-EINVAL, open_with(self->dev, &arg));
		arg.reserved[i / 32] = 0;
	}
	EXPECT_EQ(-EFAULT, open_with(self->dev, NULL));
	EXPECT_EQ(-EFAULT, open_with(self->dev, (void *)-1UL));
	/* The struct runs into a page that is not there. */
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	memcpy(page + 4096 - sizeof(arg) + 1, &arg, sizeof(arg) - 1);
	EXPECT_EQ(-EFAULT, open_with(self->dev, (void *)(page + 4096 - sizeof(arg) + 1)));
	memcpy(page + 4096 - sizeof(arg), &arg, sizeof(arg));
	ret = open_with(self->dev, (void *)(page + 4096 - sizeof(arg)));
	EXPECT_LE(0, ret);
	EXPECT_EQ(FD_CLOEXEC, fcntl(ret, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(ret, F_GETFL) & O_ACCMODE);
	close(ret);
}

TEST_F(player, X1_open_refuses_descriptors_that_are_no_content)
{
	const struct { const char *path; int flags; int error; } bad[] = {
		{ self->w->path, O_WRONLY, EBADF }, { self->w->path, O_PATH, EBADF },
		{ "/tmp", O_RDONLY, EINVAL }, { "/dev/null", O_RDONLY, EINVAL },
		{ "/dev/cask", O_RDONLY, EINVAL }, { "/bin/true", O_RDONLY, EINVAL },
		{ "/proc/self/maps", O_RDONLY, EINVAL },
	};
	static const int numbers[] = { -2, 1 << 20, 0x7fffffff, (int)0x80000000 };
	int pipes[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int fd = open(bad[i].path, bad[i].flags);

		ASSERT_LE(0, fd);
		EXPECT_EQ(-bad[i].error, open_fd(fd, NULL)) {
			TH_LOG("%s", bad[i].path);
		}
		close(fd);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		EXPECT_EQ(-EBADF, open_fd(numbers[i], NULL));
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-EINVAL, open_fd(pipes[0], NULL));
	EXPECT_EQ(-ELOOP, open_fd(self->fd, NULL));
}

TEST_F(player, X1_unknown_ioctls_are_ENOTTY)
{
	char buf[4096] = { 0 };
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		if (nr != _IOC_NR(CASK_IOC_OPEN) && nr != _IOC_NR(CASK_IOC_ACCEPT)) {
			EXPECT_EQ(-1, ioctl(self->dev, _IOW(CASK_IOC_MAGIC, nr, struct cask_open), buf));
			EXPECT_EQ(ENOTTY, errno);
		}
		if (nr != _IOC_NR(CASK_IOC_INFO) && nr != _IOC_NR(CASK_IOC_DECRYPT)) {
			EXPECT_EQ(-1, ioctl(self->fd, _IOWR(CASK_IOC_MAGIC, nr, struct cask_info), buf));
			EXPECT_EQ(ENOTTY, errno);
		}
	}
	/* The right number with another size is another ioctl. */
	EXPECT_EQ(-1, ioctl(self->dev, _IOW(CASK_IOC_MAGIC, 1, char[41]), buf));
	EXPECT_EQ(ENOTTY, errno);
}

/* --- CASK_IOC_INFO --- */

TEST_F(player, X1_info_wants_zeros_and_fills_everything)
{
	uint8_t raw[sizeof(struct cask_info)];
	struct cask_info *info = (void *)raw;
	size_t i;

	for (i = 0; i < sizeof(raw); i++) {
		memset(raw, 0, sizeof(raw));
		raw[i] = 1;
		EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_INFO, raw));
		EXPECT_EQ(EINVAL, errno);
	}
	memset(raw, 0, sizeof(raw));
	ASSERT_EQ(0, ioctl(self->fd, CASK_IOC_INFO, raw));
	EXPECT_EQ(SIZE, info->plain_size);
	EXPECT_EQ(BLOCK, info->block_size);
	EXPECT_EQ(CASK_SUITE_AES_128_GCM, info->suite);
	EXPECT_EQ(0, info->bytes);
	EXPECT_EQ(0, info->bad_errno);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, info->reserved[i]);
	EXPECT_EQ(-1, ioctl(self->fd, CASK_IOC_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);
}

/* --- the file --- */

TEST_F(player, X1_it_is_a_regular_file_of_the_right_size)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_EQ(SIZE, st.st_size);
	EXPECT_EQ(0400, st.st_mode & 07777);
	EXPECT_EQ(SIZE, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(SIZE - 5, lseek(self->fd, -5, SEEK_CUR));
	EXPECT_EQ(-1, lseek(self->fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	/* Beyond the end, and for holes, it does what regular files do. */
	EXPECT_EQ(SIZE + 1, lseek(self->fd, SIZE + 1, SEEK_SET));
	EXPECT_EQ(0, read(self->fd, &st, 1));
	EXPECT_EQ(100, lseek(self->fd, 100, SEEK_DATA));
	EXPECT_EQ(SIZE, lseek(self->fd, 100, SEEK_HOLE));
	EXPECT_EQ(-1, lseek(self->fd, SIZE, SEEK_DATA));
	EXPECT_EQ(ENXIO, errno);
	/* Of its own time, not of whatever inode was there before. */
	EXPECT_GT(60, llabs(st.st_mtime - time(NULL)));
}

TEST_F(player, X1_any_read_gives_the_plaintext_of_its_place)
{
	uint8_t buf[3 * BLOCK];
	unsigned int seed = 42, i;

	for (i = 0; i < 2000; i++) {
		size_t pos = rand_r(&seed) % (SIZE + 100);
		size_t len = rand_r(&seed) % sizeof(buf);
		size_t want = pos >= SIZE ? 0 : len < SIZE - pos ? len : SIZE - pos;
		size_t k;

		ASSERT_EQ(want, pread(self->fd, buf, len, pos)) {
			TH_LOG("%zu bytes at %zu", len, pos);
		}
		for (k = 0; k < want; k++)
			ASSERT_EQ(world_plain(pos + k), buf[k]);
	}
}

TEST_F(player, X1_sizes_around_a_block)
{
	static const size_t sizes[] = {
		0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1,
	};
	uint8_t buf[3 * BLOCK];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd;
		size_t k;

		world_content(self->w, sizes[i]);
		fd = open_path(self->w->path, NULL);
		ASSERT_LE(0, fd);
		ASSERT_EQ(sizes[i], read(fd, buf, sizeof(buf)));
		for (k = 0; k < sizes[i]; k++)
			ASSERT_EQ(world_plain(k), buf[k]);
		EXPECT_EQ(0, read(fd, buf, sizeof(buf)));
		close(fd);
	}
}

TEST_F(player, X1_reads_into_bad_memory_are_EFAULT_and_boundary_lengths_are_sane)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t byte;

	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	EXPECT_EQ(-1, pread(self->fd, page + 4096, 10, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(10, pread(self->fd, page + 4096 - 10, 100, 0));
	EXPECT_EQ(0, pread(self->fd, NULL, 0, 0));
	EXPECT_EQ(-1, pread(self->fd, &byte, 1, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, pread(self->fd, &byte, 1, 0x7ffffffffffffffe));
	EXPECT_EQ(-1, pread(self->fd, &byte, 1, 0x7fffffffffffffff));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, (void *)-4096UL, 0x7ffff000, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(player, X1_it_cannot_be_written_mapped_or_changed)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, open(path, O_RDONLY | O_TRUNC));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, fchmod(self->fd, 0666));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, truncate(path, 0));
	EXPECT_EQ(EPERM, errno);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(SIZE, lseek(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(player, X1_opened_anew_it_has_a_position_of_its_own)
{
	char path[64];
	uint8_t a, b;
	int fd;

	snprintf(path, sizeof(path), "/dev/fd/%d", self->fd);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(5000, lseek(self->fd, 5000, SEEK_SET));
	EXPECT_EQ(1, read(self->fd, &a, 1));
	EXPECT_EQ(1, read(fd, &b, 1));
	EXPECT_EQ(world_plain(5000), a);
	EXPECT_EQ(world_plain(0), b);
	EXPECT_EQ(1, info_of(fd).bytes);
	close(self->fd);
	/* The first one closed, the second plays on. */
	EXPECT_EQ(1, pread(fd, &b, 1, 4097));
	EXPECT_EQ(world_plain(4097), b);
	self->fd = fd;
}

static int reopen(void *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? errno : 0;
}

TEST_F(player, D8_another_user_cannot_open_it_anew)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), self->fd);
	EXPECT_EQ(EACCES, run_as(1000, reopen, path));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	EXPECT_EQ(EACCES, run_as(1000, reopen, path));
}

/* A root that may read any file still has no license of the owner's. */
TEST_F(player, D8_root_cannot_open_anew_what_another_user_opened)
{
	char path[64], byte;
	int to_child[2], to_parent[2];
	pid_t pid;

	ASSERT_EQ(0, agent_license_del(self->w->agent, self->w->a->root.pub.kid,
				       self->w->license.fields.id));
	ASSERT_EQ(0, world_install(self->w, 1000));
	ASSERT_EQ(0, chmod("/dev/cask", 0666));
	ASSERT_EQ(0, pipe(to_child));
	ASSERT_EQ(0, pipe(to_parent));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int fd;

		close(to_child[1]);
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(1);
		fd = open_path(self->w->path, NULL);
		_exit(write(to_parent[1], &fd, sizeof(fd)) < 0 || read(to_child[0], &byte, 1) < 0);
	}
	int fd;

	ASSERT_EQ(sizeof(fd), read(to_parent[0], &fd, sizeof(fd)));
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	EXPECT_EQ(EACCES, reopen(path));
	close(to_child[1]);
	waitpid(pid, NULL, 0);
	ASSERT_EQ(0, chmod("/dev/cask", 0660));
}

static int reopen_in_user_namespace(void *path)
{
	return unshare(CLONE_NEWUSER) ? 100 : reopen(path);
}

TEST_F(player, D8_opened_anew_it_is_checked_like_the_first_time)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	EXPECT_EQ(0, reopen(path));
	EXPECT_EQ(EPERM, run_as(0, reopen_in_user_namespace, path));
	ASSERT_EQ(0, agent_license_del(self->w->agent, self->w->a->root.pub.kid,
				       self->w->license.fields.id));
	EXPECT_EQ(EKEYREVOKED, reopen(path));
}

struct reader {
	int fd;
	unsigned int seed;
	bool ok;
};

static void *read_much(void *arg)
{
	struct reader *r = arg;
	uint8_t buf[600];
	int i, k;

	r->ok = true;
	for (i = 0; i < 500; i++) {
		size_t pos = rand_r(&r->seed) % (SIZE - sizeof(buf));

		r->ok &= pread(r->fd, buf, sizeof(buf), pos) == sizeof(buf);
		for (k = 0; k < (int)sizeof(buf); k++)
			r->ok &= buf[k] == world_plain(pos + k);
	}
	return NULL;
}

TEST_F(player, X1_many_threads_read_one_descriptor)
{
	struct reader readers[8];
	pthread_t threads[8];
	int i;

	for (i = 0; i < 8; i++) {
		readers[i] = (struct reader){ .fd = self->fd, .seed = i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_much, &readers[i]));
	}
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_TRUE(readers[i].ok);
	}
	EXPECT_EQ(8 * 500 * 600, info_of(self->fd).bytes);
}

static void *read_in_turn(void *arg)
{
	struct reader *r = arg;
	uint8_t byte;

	while (read(r->fd, &byte, 1) == 1)
		r->seed++;
	return NULL;
}

/* Readers of one descriptor take turns: between them each byte comes once. */
TEST_F(player, X1_threads_that_share_a_position_get_each_byte_once)
{
	struct reader readers[4];
	pthread_t threads[4];
	unsigned int i, sum = 0;

	ASSERT_EQ(SIZE - 8000, lseek(self->fd, SIZE - 8000, SEEK_SET));
	for (i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .fd = self->fd };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_in_turn, &readers[i]));
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		sum += readers[i].seed;
	}
	EXPECT_EQ(8000, sum);
}

struct racer {
	int fd;
	int *removed;
	unsigned int reads, late;
};

static void *read_until_revoked(void *arg)
{
	struct racer *r = arg;
	uint8_t buf[64];

	for (;;) {
		int removed = __atomic_load_n(r->removed, __ATOMIC_SEQ_CST);
		ssize_t n = pread(r->fd, buf, sizeof(buf), (r->reads++ % 10) * BLOCK);

		if (n < 0)
			return (void *)(long)errno;
		/* The removal was acknowledged before this read began. */
		r->late += removed;
	}
}

TEST_F(player, D8_no_read_that_begins_after_a_removal_gives_plaintext)
{
	struct racer racers[6];
	pthread_t threads[6];
	int i, removed = 0;
	void *error;

	for (i = 0; i < 6; i++) {
		racers[i] = (struct racer){ .fd = self->fd, .removed = &removed };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_until_revoked, &racers[i]));
	}
	for (i = 0; i < 6; i++)
		while (__atomic_load_n(&racers[i].reads, __ATOMIC_SEQ_CST) < 20)
			sched_yield();
	EXPECT_EQ(0, agent_license_del(self->w->agent, self->w->a->root.pub.kid,
				       self->w->license.fields.id));
	__atomic_store_n(&removed, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < 6; i++) {
		pthread_join(threads[i], &error);
		EXPECT_EQ(EKEYREVOKED, (long)error);
		EXPECT_EQ(0, racers[i].late);
	}
}

TEST_F(player, X1_splice_and_sendfile_give_the_same_bytes)
{
	uint8_t buf[SIZE];
	size_t done = 0, k;
	int pipes[2], out = open(self->w->dir, O_TMPFILE | O_RDWR, 0600);
	off_t off = 0;
	ssize_t n;

	ASSERT_LE(0, out);
	ASSERT_EQ(0, pipe(pipes));
	while ((n = splice(self->fd, NULL, pipes[1], NULL, 8192, 0)) > 0) {
		ASSERT_EQ(n, read(pipes[0], buf + done, n));
		done += n;
	}
	EXPECT_EQ(SIZE, done);
	for (k = 0; k < done; k++)
		ASSERT_EQ(world_plain(k), buf[k]);
	while ((n = sendfile(out, self->fd, &off, SIZE)) > 0)
		;
	EXPECT_EQ(SIZE, off);
	EXPECT_EQ(SIZE, pread(out, buf, SIZE, 0));
	for (k = 0; k < SIZE; k++)
		ASSERT_EQ(world_plain(k), buf[k]);
}

/* While it is open, module and content stay. */
TEST_F(player, X1_the_content_file_may_be_unlinked_while_it_plays)
{
	uint8_t byte;

	ASSERT_EQ(0, unlink(self->w->path));
	EXPECT_EQ(1, pread(self->fd, &byte, 1, 3 * BLOCK));
	EXPECT_EQ(world_plain(3 * BLOCK), byte);
}

/* What holds the inode or the mount longer than the file must not be what ends them. */
TEST_F(player, X1_a_watch_or_a_path_may_outlive_the_file)
{
	char path[64];
	int watch = inotify_init(), held, i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	ASSERT_LE(0, inotify_add_watch(watch, path, IN_ACCESS));
	close(self->fd);
	close(watch);
	for (i = 0; i < 3; i++) {
		self->fd = open_path(self->w->path, NULL);
		ASSERT_LE(0, self->fd);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
		held = open(path, O_PATH);
		ASSERT_LE(0, held);
		close(self->fd);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
		self->fd = open(path, O_RDONLY);
		ASSERT_LE(0, self->fd);
		close(held);
		close(self->fd);
	}
	self->fd = open_path(self->w->path, NULL);
	EXPECT_LE(0, self->fd);
}

TEST_F(player, a_user_has_a_limit_of_open_files_however_they_are_opened)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	ASSERT_EQ(0, set_param("max_sessions", "2"));
	fd = open(path, O_RDONLY);
	EXPECT_LE(0, fd);
	EXPECT_EQ(EMFILE, reopen(path));
	EXPECT_EQ(-EMFILE, open_path(self->w->path, NULL));
	close(fd);
	EXPECT_EQ(0, reopen(path));
	ASSERT_EQ(0, set_param("max_sessions", "64"));
}

/* What keeps the inode keeps content file, license and session: a path that was not opened, too. */
TEST_F(player, a_user_has_a_limit_of_what_outlives_its_open_file)
{
	int held[2], i, fd;
	char path[64];

	ASSERT_EQ(0, set_param("max_sessions", "3"));
	for (i = 0; i < 2; i++) {
		fd = open_path(self->w->path, NULL);
		ASSERT_LE(0, fd);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		held[i] = open(path, O_PATH);
		ASSERT_LE(0, held[i]);
		close(fd);
	}
	EXPECT_EQ(-EMFILE, open_path(self->w->path, NULL));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", held[0]);
	EXPECT_EQ(EMFILE, reopen(path));
	close(held[1]);
	EXPECT_EQ(0, reopen(path));
	close(held[0]);
	ASSERT_EQ(0, set_param("max_sessions", "64"));
}

TEST_F(player, a_user_has_a_limit_of_memory)
{
	char path[64], byte;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_param("max_buffer_bytes", "5000"));
	EXPECT_EQ(1, pread(self->fd, &byte, 1, 0));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(ENOBUFS, errno);
	close(self->fd);
	EXPECT_EQ(1, pread(fd, &byte, 1, 0));
	self->fd = fd;
	ASSERT_EQ(0, set_param("max_buffer_bytes", "16777216"));
}

TEST_F(player, D5_the_largest_blocks)
{
	const size_t size = 2 * CASK_BLOCK_SIZE_MAX + 12345;
	uint8_t *buf = malloc(size);
	size_t i;
	int fd;

	self->w->block_size = CASK_BLOCK_SIZE_MAX;
	world_content(self->w, size);
	fd = open_path(self->w->path, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CASK_BLOCK_SIZE_MAX, info_of(fd).block_size);
	ASSERT_EQ(size, pread(fd, buf, size, 0));
	for (i = 0; i < size; i++)
		ASSERT_EQ(world_plain(i), buf[i]);
	close(fd);
	free(buf);
}

/* --- references and traces --- */

#define MANY	10000

/* One for each open file, of the device too; and the file system's own while there is a file. */
static int references(void)
{
	FILE *f = fopen("/sys/module/cask/refcnt", "r");
	int n = -1;

	if (!f || fscanf(f, "%d", &n) != 1)
		abort();
	fclose(f);
	return n;
}

/* What a file is opened with in vain: errno and how. */
static int open_in_vain(struct world *w, int content, unsigned int i)
{
	static const uint8_t other[CASK_ID_SIZE] = { 1 };

	switch (i % 4) {
	case 0: return open_fd(content, other);		/* no such license */
	case 1: return open_path("/bin/true", NULL);	/* no content */
	case 2: return open_fd(-7, NULL);		/* no file */
	default: return open_path("/dev/null", NULL);	/* no regular file */
	}
}

TEST_F_TIMEOUT(player, X1_ten_thousand_opens_leave_as_many_references_as_open_files, 600)
{
	static const int errors[] = { -ENOKEY, -EINVAL, -EBADF, -EINVAL };
	struct cask_open arg = { .content_fd = self->content };
	int base = references(), held[8];
	unsigned int i;
	char path[40];

	for (i = 0; i < MANY; i++) {
		int fd = open_with(self->dev, &arg);

		ASSERT_LE(0, fd);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (i % 1000 == 0) {
			held[0] = open(path, O_RDONLY);
			EXPECT_EQ(base + 2, references());
			close(held[0]);
		}
		close(fd);
	}
	EXPECT_EQ(base, references());
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	for (i = 0; i < MANY; i++) {
		int fd = open(path, O_RDONLY);

		ASSERT_LE(0, fd);
		close(fd);
	}
	EXPECT_EQ(base, references());
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(errors[i % 4], open_in_vain(self->w, self->content, i));
	EXPECT_EQ(base, references());
	for (i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = i % 2 ? open(path, O_RDONLY) : open_with(self->dev, &arg);
		ASSERT_LE(0, held[i]);
	}
	EXPECT_EQ(base + 8, references());
	for (i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	EXPECT_EQ(base, references());
}

static bool traced(const char *wanted)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/sys/kernel/tracing/trace", "r");

	while (fgets(line, sizeof(line), f))
		found |= !!strstr(line, wanted);
	fclose(f);
	return found;
}

TEST_F(player, each_open_block_and_request_leaves_a_trace)
{
	char id[2 * CASK_ID_SIZE + 1], wanted[128], c;
	uint8_t other[CASK_ID_SIZE] = { 1 };
	struct cask_open wrong = { .content_fd = self->content, .flags = 1 };
	unsigned int i;

	for (i = 0; i < CASK_ID_SIZE; i++)
		sprintf(id + 2 * i, "%02x", self->w->content_id[i]);
	if (access("/sys/kernel/tracing/trace", F_OK))
		ASSERT_EQ(0, mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/cask/enable", "1"));
	close(open_path(self->w->path, NULL));
	EXPECT_EQ(-ENOKEY, open_path(self->w->path, other));
	EXPECT_EQ(-EINVAL, open_with(self->dev, &wrong));
	EXPECT_EQ(1, pread(self->fd, &c, 1, 3 * BLOCK));
	snprintf(wanted, sizeof(wanted), "/proc/self/fd/%d", self->fd);
	EXPECT_EQ(EPERM, run_as(0, reopen_in_user_namespace, wanted));
	agent_call(self->w->agent, CASK_CMD_LICENSE_GET, NLM_F_DUMP, NULL, NULL);
	agent_license_del(self->w->agent, self->w->a->root.pub.kid, self->w->license.fields.id);
	agent_license_del(self->w->agent, self->w->a->root.pub.kid, self->w->license.fields.id);
	EXPECT_EQ(-1, pread(self->fd, &c, 1, 5 * BLOCK));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/cask/enable", "0"));
	snprintf(wanted, sizeof(wanted), "cask_open: content=%s uid=%u ret=0", id, getuid());
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_open: content=%s uid=%u ret=%d", id, getuid(), -ENOKEY);
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_block: content=%s index=3 ret=0", id);
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_request: cmd=%d ", CASK_CMD_LICENSE_DEL);
	EXPECT_TRUE(traced(wanted));
	EXPECT_TRUE(traced("ret=-2"));
	/* What was refused before it came to a content, a license or a block. */
	snprintf(wanted, sizeof(wanted), "cask_open: content=%032d uid=%u ret=%d", 0, getuid(), -EINVAL);
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_open: content=%s uid=%u ret=%d\n", id, getuid(), -EPERM);
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_block: content=%s index=5 ret=%d", id, -EKEYREVOKED);
	EXPECT_TRUE(traced(wanted));
	snprintf(wanted, sizeof(wanted), "cask_request: cmd=%d ", CASK_CMD_LICENSE_GET);
	EXPECT_TRUE(traced(wanted));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/trace", " "));
}

TEST_HARNESS_MAIN
