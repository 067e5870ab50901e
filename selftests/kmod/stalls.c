// SPDX-License-Identifier: GPL-2.0
/*
 * stalls.c - callers who make the module wait in the middle: for a page of their
 * memory (userfaultfd), or for their content file (fanotify).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/userfaultfd.h>

#include "harness.h"
#include "jobs.h"
#include "world.h"

#define PAGE	4096u
#define SIZE	(16 * PAGE)

static const uint32_t suites[] = {
	CASK_SUITE_RAW_AES_128_CTR, CASK_SUITE_RAW_AES_128_CBC, CASK_SUITE_RAW_AES_128_GCM,
};

/* --- a page that is not there before the test says so --- */

struct stall {
	int fd;
	uint8_t *page;
	uint8_t content[PAGE];
};

/* From now on who touches the page waits. What is in it comes back with it. */
static void stall_at(struct stall *s, uint8_t *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)page, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	s->page = page;
	memcpy(s->content, page, PAGE);
	s->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (s->fd < 0 || ioctl(s->fd, UFFDIO_API, &api) || madvise(page, PAGE, MADV_DONTNEED) ||
	    ioctl(s->fd, UFFDIO_REGISTER, &range)) {
		perror("userfaultfd");
		abort();
	}
}

/* Until somebody waits for it. */
static void await_stall(struct stall *s)
{
	struct uffd_msg msg;

	if (read(s->fd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT)
		abort();
}

static void end_stall(struct stall *s)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->page, .src = (uintptr_t)s->content, .len = PAGE,
	};

	if (ioctl(s->fd, UFFDIO_COPY, &copy))
		abort();
	close(s->fd);
}

/* --- what waits --- */

FIXTURE(stalls) {
	struct world *w;
	int dev;
	uint8_t *plain, *in, *out;
};

typedef FIXTURE_DATA(stalls) stalls;

FIXTURE_SETUP(stalls)
{
	size_t i;

	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	self->w->license.fields.not_after = time(NULL) + 3000;
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
	self->plain = malloc(SIZE);
	for (i = 0; i < SIZE; i++)
		self->plain[i] = world_plain(i);
	self->in = mmap(NULL, SIZE + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->out = mmap(NULL, SIZE + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->in);
	ASSERT_NE(MAP_FAILED, self->out);
	memset(self->out, POISON, SIZE + PAGE);
}

FIXTURE_TEARDOWN(stalls)
{
	free(self->plain);
	munmap(self->in, SIZE + PAGE);
	munmap(self->out, SIZE + PAGE);
	close(self->dev);
	world_free(self->w);
}

#define JOBS	4

struct caller {
	pthread_t thread;
	int fd;
	struct cask_job *jobs;
	void *buffer;
	size_t size;
	long ret;
};

static void *call_decrypt(void *arg)
{
	struct caller *c = arg;

	c->ret = decrypt(c->fd, c->jobs, JOBS);
	return NULL;
}

static void *call_read(void *arg)
{
	struct caller *c = arg;

	c->ret = pread(c->fd, c->buffer, c->size, 0);
	if (c->ret < 0)
		c->ret = -errno;
	return NULL;
}

/* All of them the same: the first one waits, and the others behind it. */
static void make_jobs(struct cask_job *jobs, struct world *w, const uint8_t *plain, uint8_t *in,
		      uint8_t *out)
{
	uint32_t suite = w->license.fields.suite;
	size_t len = SIZE - (suite == CASK_SUITE_RAW_AES_128_GCM ? TAG : 0);
	struct cask_job job = { .src = (uintptr_t)in, .dst = (uintptr_t)out, .result = 77 };
	unsigned int i;

	job.len = encrypt(suite, w->content_key, job.iv, NULL, 0, plain, len, in);
	for (i = 0; i < JOBS; i++)
		jobs[i] = job;
}

static int open_raw(struct world *w, int dev, uint32_t suite)
{
	w->license.fields.operations = CASK_OPERATION_DECRYPT;
	return open_suite(w, dev, suite);
}

/* It is under way, and waits for that page. */
static void start(struct caller *c, void *(*call)(void *), struct stall *s, uint8_t *page)
{
	stall_at(s, page);
	if (pthread_create(&c->thread, NULL, call, c))
		abort();
	await_stall(s);
}

static void finish(struct caller *c, struct stall *s)
{
	end_stall(s);
	pthread_join(c->thread, NULL);
}

/* --- batches --- */

/* A batch of a suite, under way. */
static void start_batch(stalls *f, struct caller *c, uint32_t suite, struct stall *s, uint8_t *page)
{
	c->fd = open_raw(f->w, f->dev, suite);
	if (c->fd < 0)
		abort();
	make_jobs(c->jobs, f->w, f->plain, f->in, f->out);
	start(c, call_decrypt, s, page);
}

/* Its jobs all ended so, and so many bytes of the first came out, which are well. */
static bool ended(stalls *f, const struct caller *c, int result, size_t bytes)
{
	unsigned int i;

	for (i = 0; i < JOBS; i++)
		if (c->jobs[i].result != result)
			return false;
	return !c->ret && info_of(c->fd).bytes == bytes && !memcmp(f->out, f->plain, bytes) &&
	       is_poison(f->out + bytes, SIZE - bytes);
}

TEST_F(stalls, D8_a_batch_that_waits_for_its_ciphertext_does_not_outrun_a_removal)
{
	struct cask_job jobs[JOBS];
	struct caller c = { .jobs = jobs };
	struct stall stall;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		start_batch(self, &c, suites[s], &stall, self->in);
		forget(self->w);
		finish(&c, &stall);
		EXPECT_TRUE(ended(self, &c, -EKEYREVOKED, 0));
		close(c.fd);
	}
}

TEST_F(stalls, D9_a_batch_that_waits_for_its_ciphertext_does_not_outrun_the_period)
{
	struct cask_job jobs[JOBS];
	struct caller c = { .jobs = jobs };
	struct stall stall;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		start_batch(self, &c, suites[s], &stall, self->in);
		advance(4000);
		finish(&c, &stall);
		advance(-4000);
		EXPECT_TRUE(ended(self, &c, -EKEYEXPIRED, 0));
		close(c.fd);
		forget(self->w);
	}
}

/* What it was copying when it had to wait, 16 KiB, is the last that comes out. */
TEST_F(stalls, D8_a_batch_that_waits_to_hand_over_does_not_outrun_a_removal)
{
	struct cask_job jobs[JOBS];
	struct caller c = { .jobs = jobs };
	struct stall stall;
	unsigned int s;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		memset(self->out, POISON, SIZE);
		start_batch(self, &c, suites[s], &stall, self->out + 5 * PAGE);
		forget(self->w);
		finish(&c, &stall);
		EXPECT_TRUE(ended(self, &c, -EKEYREVOKED, 8 * PAGE));
		close(c.fd);
	}
}

/* A child that ends itself while its batch waits; what it decrypts goes nowhere. */
static void be_killed(struct caller *c, uint8_t *page)
{
	struct stall stall;

	start(c, call_decrypt, &stall, page);
	kill(getpid(), SIGKILL);
}

TEST_F(stalls, a_batch_of_a_caller_who_was_killed_stops)
{
	struct cask_job *jobs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				     -1, 0);
	struct caller c = { .jobs = jobs };
	unsigned int i;
	int status;
	pid_t pid;

	c.fd = open_raw(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, c.fd);
	make_jobs(jobs, self->w, self->plain, self->in, self->out);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		be_killed(&c, self->in);
	/* Not before the last of its threads is gone. */
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(-EFAULT, jobs[0].result);
	for (i = 1; i < JOBS; i++)
		EXPECT_EQ(-EINTR, jobs[i].result);
	EXPECT_EQ(0, info_of(c.fd).bytes);
	close(c.fd);
	munmap(jobs, PAGE);
}

/* --- reads --- */

static void mark(int fan, unsigned int what, const char *path)
{
	if (fanotify_mark(fan, what, FAN_ACCESS_PERM, AT_FDCWD, path)) {
		perror("fanotify_mark");
		abort();
	}
}

/*
 * A content whose blocks are waited for, and its head is not; sets fanotify's descriptor.
 * Kernels decide when a file is opened whether anybody will ever be asked.
 */
static int call_open_fd(void *content)
{
	return open_fd(*(int *)content, NULL);
}

static int open_held(struct world *w, int *ret_fan)
{
	int fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	int content, fd;

	world_content(w, SIZE);
	if (fan < 0 || world_install(w, getuid()))
		abort();
	mark(fan, FAN_MARK_ADD, w->path);
	content = open(w->path, O_RDONLY);
	mark(fan, FAN_MARK_REMOVE, w->path);
	fd = served(w, call_open_fd, &content);
	close(content);
	mark(fan, FAN_MARK_ADD, w->path);
	*ret_fan = fan;
	return fd;
}

/* Until somebody waits; returns the descriptor to let him go by. */
static int await_access(int fan)
{
	struct fanotify_event_metadata event;

	if (read(fan, &event, sizeof(event)) != sizeof(event) || !(event.mask & FAN_ACCESS_PERM))
		abort();
	return event.fd;
}

/* Him, and whoever comes after him. */
static void let_go(int fan, int fd)
{
	struct fanotify_response response = { .fd = fd, .response = FAN_ALLOW };

	if (write(fan, &response, sizeof(response)) != sizeof(response))
		abort();
	close(fd);
	close(fan);
}

static int open_content(struct world *w)
{
	world_content(w, SIZE);
	return world_open(w);
}

TEST_F(stalls, D8_a_read_that_waits_for_its_content_does_not_outrun_a_removal)
{
	struct caller c = { .buffer = self->out, .size = 100 };
	int fan, fd;

	c.fd = open_held(self->w, &fan);
	ASSERT_LE(0, c.fd);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_read, &c));
	fd = await_access(fan);
	forget(self->w);
	let_go(fan, fd);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-EKEYREVOKED, c.ret);
	EXPECT_TRUE(is_poison(self->out, SIZE));
	EXPECT_EQ(0, info_of(c.fd).bytes);
	EXPECT_EQ(EKEYREVOKED, info_of(c.fd).bad_errno);
	close(c.fd);
}

TEST_F(stalls, D9_a_read_that_waits_for_its_content_does_not_outrun_the_period)
{
	struct caller c = { .buffer = self->out, .size = 100 };
	int fan, fd;

	c.fd = open_held(self->w, &fan);
	ASSERT_LE(0, c.fd);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_read, &c));
	fd = await_access(fan);
	advance(4000);
	let_go(fan, fd);
	pthread_join(c.thread, NULL);
	advance(-4000);
	EXPECT_EQ(-EKEYEXPIRED, c.ret);
	EXPECT_TRUE(is_poison(self->out, SIZE));
	EXPECT_EQ(0, info_of(c.fd).bytes);
	close(c.fd);
}

/* The whole file is one block, decrypted when the reader is made to wait. */
TEST_F(stalls, D8_a_read_that_waits_to_hand_over_does_not_outrun_a_removal)
{
	struct caller c = { .buffer = self->out, .size = SIZE };
	struct stall stall;

	self->w->block_size = SIZE;
	c.fd = open_content(self->w);
	ASSERT_LE(0, c.fd);
	start(&c, call_read, &stall, self->out + 5 * PAGE);
	forget(self->w);
	finish(&c, &stall);
	EXPECT_EQ(8 * PAGE, c.ret);
	EXPECT_EQ(0, memcmp(self->out, self->plain, 8 * PAGE));
	EXPECT_TRUE(is_poison(self->out + 8 * PAGE, SIZE - 8 * PAGE));
	close(c.fd);
}

/* One read() that lasts is counted while it lasts, in each second in which something came out. */
TEST_F(stalls, X4_a_read_that_lasts_is_counted_as_it_goes)
{
	struct caller c = { .buffer = self->out, .size = 3 * PAGE };
	struct timespec then;
	struct stall stall;

	c.fd = open_content(self->w);
	ASSERT_LE(0, c.fd);
	start(&c, call_read, &stall, self->out + PAGE);
	EXPECT_EQ(PAGE, info_of(c.fd).bytes);
	EXPECT_EQ(PAGE, number_of(self->w, CASK_A_BYTES));
	EXPECT_EQ(1, info_of(c.fd).seconds);
	/* What is waited for is that time passes. */
	clock_gettime(CLOCK_MONOTONIC, &then);
	then.tv_sec += 3;
	ASSERT_EQ(0, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL));
	finish(&c, &stall);
	EXPECT_EQ(3 * PAGE, c.ret);
	EXPECT_EQ(3 * PAGE, info_of(c.fd).bytes);
	EXPECT_LE(2, info_of(c.fd).seconds);
	EXPECT_GE(4, info_of(c.fd).seconds);
	EXPECT_EQ(info_of(c.fd).seconds, number_of(self->w, CASK_A_SECONDS));
	close(c.fd);
}

TEST_HARNESS_MAIN
