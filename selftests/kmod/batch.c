// SPDX-License-Identifier: GPL-2.0
/* batch.c - CASK_IOC_DECRYPT. Plaintexts are compared with OpenSSL's. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "harness.h"
#include "jobs.h"
#include "world.h"

#define MIB	(1u << 20)

static const uint32_t suites[] = {
	CASK_SUITE_RAW_AES_128_CTR, CASK_SUITE_RAW_AES_128_CBC, CASK_SUITE_RAW_AES_128_GCM,
};

FIXTURE(batch) {
	struct world *w;
	int dev;
	uint8_t *plain, *in, *out;
};

FIXTURE_SETUP(batch)
{
	size_t i;

	self->w = world_new();
	ASSERT_NE(NULL, self->w);
	self->w->license.fields.operations = CASK_OPERATION_DECRYPT;
	self->w->license.fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	self->dev = open("/dev/cask", O_RDONLY);
	ASSERT_LE(0, self->dev);
	self->plain = malloc(MIB);
	self->in = malloc(MIB + TAG);
	self->out = malloc(MIB + TAG);
	for (i = 0; i < MIB; i++)
		self->plain[i] = world_plain(i);
}

FIXTURE_TEARDOWN(batch)
{
	free(self->plain);
	free(self->in);
	free(self->out);
	close(self->dev);
	world_free(self->w);
}

/* --- what comes out --- */

TEST_F(batch, what_OpenSSL_encrypted_comes_out)
{
	static const size_t sizes[] = {
		0, 1, 15, 16, 17, 188, 1316, 4095, 4096, 4097, 16383, 16384, 16385, 65536,
		100000, MIB - TAG - 1, MIB - TAG, MIB,
	};
	uint8_t iv[16], aad[CASK_AAD_MAX];
	unsigned int s, i;
	int fd;

	RAND_bytes(aad, sizeof(aad));
	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		bool gcm = suites[s] == CASK_SUITE_RAW_AES_128_GCM;

		fd = open_suite(self->w, self->dev, suites[s]);
		ASSERT_LE(0, fd);
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct cask_job job = { .src = (uintptr_t)self->in,
						.dst = (uintptr_t)self->out };
			size_t len = sizes[i];

			if (suites[s] == CASK_SUITE_RAW_AES_128_CBC && len % 16)
				continue;
			if (gcm && len + TAG > MIB)
				continue;
			RAND_bytes(iv, sizeof(iv));
			if (gcm) {
				memset(iv + 12, 0, 4);
				job.aad = (uintptr_t)aad;
				job.aad_len = i * CASK_AAD_MAX / (ARRAY_SIZE(sizes) - 1);
			}
			memcpy(job.iv, iv, sizeof(iv));
			job.len = encrypt(suites[s], self->w->content_key, iv, aad, job.aad_len,
					  self->plain, len, self->in);
			memset(self->out, POISON, MIB + TAG);
			EXPECT_EQ(0, decrypt_one(fd, &job));
			EXPECT_EQ(0, memcmp(self->out, self->plain, len)) {
				TH_LOG("suite %u, %zu bytes", suites[s], len);
			}
			EXPECT_TRUE(is_poison(self->out + len, MIB + TAG - len));
			/* In place. */
			job.dst = job.src;
			EXPECT_EQ(0, decrypt_one(fd, &job));
			EXPECT_EQ(0, memcmp(self->in, self->plain, len));
		}
		close(fd);
		forget(self->w);
	}
}

TEST_F(batch, a_counter_block_runs_over_and_many_jobs_are_done_in_order)
{
	struct cask_job jobs[64];
	uint8_t iv[16];
	unsigned int i;
	int fd;

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, fd);
	memset(jobs, 0, sizeof(jobs));
	memset(iv, 0xff, sizeof(iv));
	for (i = 0; i < 64; i++) {
		iv[15] = 0xff - i;
		memcpy(jobs[i].iv, iv, sizeof(iv));
		jobs[i].len = encrypt(CASK_SUITE_RAW_AES_128_CTR, self->w->content_key, iv, NULL,
				      0, self->plain + i, 1316, self->in + i * 1316);
		jobs[i].src = (uintptr_t)self->in + i * 1316;
		jobs[i].dst = (uintptr_t)self->out + i * 1316;
	}
	EXPECT_EQ(64, decrypt(fd, jobs, 64));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0, memcmp(self->out + i * 1316, self->plain + i, 1316));
	close(fd);
}

TEST_F(batch, what_is_not_authentic_is_EBADMSG_and_does_not_come_out)
{
	uint8_t iv[16] = { 1, 2, 3 }, aad[20] = { 4, 5, 6 };
	struct cask_job jobs[3];
	unsigned int bit, i;
	int fd;

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_GCM);
	ASSERT_LE(0, fd);
	memset(jobs, 0, sizeof(jobs));
	for (i = 0; i < 3; i++) {
		jobs[i].src = (uintptr_t)self->in + i * 256;
		jobs[i].dst = (uintptr_t)self->out + i * 256;
		jobs[i].aad = (uintptr_t)aad;
		jobs[i].aad_len = sizeof(aad);
		memcpy(jobs[i].iv, iv, sizeof(iv));
		jobs[i].len = encrypt(CASK_SUITE_RAW_AES_128_GCM, self->w->content_key, iv, aad,
				      sizeof(aad), self->plain, 40, self->in + i * 256);
	}
	for (bit = 0; bit < 8 * (40 + TAG); bit++) {
		memset(self->out, POISON, 1024);
		self->in[256 + bit / 8] ^= 1 << bit % 8;
		EXPECT_EQ(2, decrypt(fd, jobs, 3));
		self->in[256 + bit / 8] ^= 1 << bit % 8;
		EXPECT_EQ(0, jobs[0].result);
		EXPECT_EQ(-EBADMSG, jobs[1].result);
		EXPECT_EQ(0, jobs[2].result);
		EXPECT_TRUE(is_poison(self->out + 256, 256));
		EXPECT_EQ(0, memcmp(self->out + 512, self->plain, 40));
	}
	for (bit = 0; bit < 8 * 12; bit++) {
		jobs[1].iv[bit / 8] ^= 1 << bit % 8;
		EXPECT_EQ(-EBADMSG, decrypt_one(fd, &jobs[1]));
		jobs[1].iv[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 8 * sizeof(aad); bit++) {
		aad[bit / 8] ^= 1 << bit % 8;
		EXPECT_EQ(-EBADMSG, decrypt_one(fd, &jobs[1]));
		aad[bit / 8] ^= 1 << bit % 8;
	}
	jobs[1].len--;
	EXPECT_EQ(-EBADMSG, decrypt_one(fd, &jobs[1]));
	EXPECT_TRUE(is_poison(self->out + 256, 256));
	close(fd);
}

/* --- what is refused --- */

TEST_F(batch, one_wrong_field_and_nothing_is_done)
{
	struct cask_job good = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out, .len = 32 };
	struct cask_decrypt arg = { .count = 2 };
	struct cask_job jobs[2];
	unsigned int i;
	int fd;

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CBC);
	ASSERT_LE(0, fd);
	memset(self->out, POISON, 64);
	for (i = 0; i < 16 + 32 + 3; i++) {
		jobs[0] = good;
		jobs[1] = good;
		jobs[0].result = jobs[1].result = 77;
		if (i < 16)
			jobs[1].flags = 1u << i;
		else if (i < 48)
			jobs[1].reserved = 1u << (i - 16);
		else if (i == 48)
			jobs[1].len = 33;
		else if (i == 49)
			jobs[1].aad = 1;
		else
			jobs[1].aad_len = 1;
		EXPECT_EQ(-EINVAL, decrypt(fd, jobs, 2));
		EXPECT_EQ(77, jobs[0].result);
		EXPECT_TRUE(is_poison(self->out, 64));
	}
	arg.jobs = (uintptr_t)jobs;
	jobs[1] = good;
	for (i = 0; i < 32 + 128; i++) {
		arg.flags = i < 32 ? 1u << i : 0;
		arg.reserved[0] = i >= 32 && i < 96 ? 1ULL << (i - 32) : 0;
		arg.reserved[1] = i >= 96 ? 1ULL << (i - 96) : 0;
		EXPECT_EQ(-1, ioctl(fd, CASK_IOC_DECRYPT, &arg));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(is_poison(self->out, 64));
	close(fd);
	forget(self->w);

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_GCM);
	ASSERT_LE(0, fd);
	for (i = 12; i < 16; i++) {
		jobs[0] = good;
		jobs[0].iv[i] = 1;
		EXPECT_EQ(-EINVAL, decrypt(fd, jobs, 1));
	}
	jobs[0] = good;
	jobs[0].len = TAG - 1;
	EXPECT_EQ(-EINVAL, decrypt(fd, jobs, 1));
	jobs[0] = good;
	jobs[0].aad_len = CASK_AAD_MAX + 1;
	EXPECT_EQ(-EINVAL, decrypt(fd, jobs, 1));
	close(fd);
}

TEST_F(batch, a_batch_has_limits_of_jobs_and_bytes)
{
	static const uint32_t lengths[] = { MIB + 1, 1u << 31, (1u << 31) - 1, (1u << 31) + 1, ~0u };
	struct cask_job *jobs = calloc(1025, sizeof(*jobs));
	unsigned int i;
	int fd;

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, fd);
	for (i = 0; i < 1025; i++) {
		jobs[i].src = (uintptr_t)self->in;
		jobs[i].dst = (uintptr_t)self->out;
		jobs[i].len = 1024;
	}
	EXPECT_EQ(0, decrypt(fd, jobs, 0));
	EXPECT_EQ(0, decrypt(fd, NULL, 0));
	EXPECT_EQ(1024, decrypt(fd, jobs, 1024));
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 1025));
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, ~0u));
	jobs[1023].len++;
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 1024));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		jobs[0].len = lengths[i];
		EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 1));
	}
	jobs[0].len = 1024;
	/* All of 2^32: a sum of 32 bits would be 0. */
	for (i = 0; i < 4; i++)
		jobs[i].len = 1u << 30;
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 4));
	ASSERT_EQ(0, set_param("max_batch_jobs", "2"));
	ASSERT_EQ(0, set_param("max_batch_bytes", "100"));
	jobs[0].len = jobs[1].len = jobs[2].len = 50;
	EXPECT_EQ(2, decrypt(fd, jobs, 2));
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 3));
	jobs[1].len = 51;
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 2));
	ASSERT_EQ(0, set_param("max_batch_bytes", "2000000"));
	jobs[0].len = MIB + 1;
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 1));
	for (i = 0; i < 1025; i++)
		jobs[i].len = 16;
	ASSERT_EQ(0, set_param("max_batch_jobs", "4294967295"));
	EXPECT_EQ(-E2BIG, decrypt(fd, jobs, 1025));
	ASSERT_EQ(0, set_param("max_batch_jobs", "1024"));
	ASSERT_EQ(0, set_param("max_batch_bytes", "1048576"));
	free(jobs);
	close(fd);
}

TEST_F(batch, buffers_that_overlap_are_EINVAL)
{
	static const struct { int64_t off; bool gcm_too; } bad[] = {
		{ 1, true }, { 100, true }, { 39999, true }, { -1, true }, { -100, true },
		{ TAG - 39999, true }, { -39999, false },
	};
	const size_t len = 40000, at = 50000;
	unsigned int s, i;
	int fd;

	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		bool gcm = suites[s] == CASK_SUITE_RAW_AES_128_GCM;
		struct cask_job job = { .src = (uintptr_t)self->in + at };

		fd = open_suite(self->w, self->dev, suites[s]);
		ASSERT_LE(0, fd);
		job.len = encrypt(suites[s], self->w->content_key, job.iv, NULL, 0, self->plain,
				  len - (gcm ? TAG : 0), self->in + at);
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			if (gcm && !bad[i].gcm_too)
				continue;
			job.dst = job.src + bad[i].off;
			EXPECT_EQ(-EINVAL, decrypt_one(fd, &job)) {
				TH_LOG("suite %u, %ld", suites[s], (long)bad[i].off);
			}
		}
		/* Side by side. */
		job.dst = job.src + job.len;
		EXPECT_EQ(0, decrypt_one(fd, &job));
		job.dst = job.src - len + (gcm ? TAG : 0);
		EXPECT_EQ(0, decrypt_one(fd, &job));
		EXPECT_EQ(0, memcmp((void *)(uintptr_t)job.dst, self->plain, len - (gcm ? TAG : 0)));
		close(fd);
		forget(self->w);
	}
}

TEST_F(batch, memory_that_is_not_there_is_EFAULT_of_the_job)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const uint64_t bad[] = { 0, 1, 0x7fffffffffffULL, 1ULL << 63, ~0ULL, ~0ULL - 15 };
	unsigned int s, i;
	int fd;

	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		struct cask_job good = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out };

		fd = open_suite(self->w, self->dev, suites[s]);
		ASSERT_LE(0, fd);
		good.len = encrypt(suites[s], self->w->content_key, good.iv, NULL, 0, self->plain,
				   32, self->in);
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			struct cask_job jobs[3] = { good, good, good };

			jobs[1].src = bad[i];
			EXPECT_EQ(2, decrypt(fd, jobs, 3));
			EXPECT_EQ(-EFAULT, jobs[1].result);
			jobs[1] = good;
			jobs[1].dst = bad[i];
			EXPECT_EQ(2, decrypt(fd, jobs, 3));
			EXPECT_EQ(-EFAULT, jobs[1].result);
			if (suites[s] == CASK_SUITE_RAW_AES_128_GCM) {
				jobs[1] = good;
				jobs[1].aad = bad[i];
				jobs[1].aad_len = 16;
				EXPECT_EQ(2, decrypt(fd, jobs, 3));
				EXPECT_EQ(-EFAULT, jobs[1].result);
			}
			/* The array itself. */
			EXPECT_EQ(-EFAULT, decrypt(fd, (void *)(uintptr_t)bad[i], 1));
		}
		good.src = (uintptr_t)page + 4096 - good.len + 1;
		EXPECT_EQ(-EFAULT, decrypt_one(fd, &good));
		good.src--;
		EXPECT_EQ(suites[s] == CASK_SUITE_RAW_AES_128_GCM ? -EBADMSG : 0,
			  decrypt_one(fd, &good));
		close(fd);
		forget(self->w);
	}
}

/* What came out before the fault came out: it is there, and it is counted. */
TEST_F(batch, what_comes_out_of_a_job_that_faults_is_counted)
{
	static const size_t sizes[] = { 32, 16384, 16400, 100000, MIB - TAG };
	uint8_t *mem = mmap(NULL, MIB + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int s, i;
	int fd;

	ASSERT_EQ(0, mprotect(mem + MIB, 4096, PROT_NONE));
	for (s = 0; s < ARRAY_SIZE(suites); s++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct cask_job job = { .src = (uintptr_t)self->in };
			size_t out = sizes[i] - 1;

			fd = open_suite(self->w, self->dev, suites[s]);
			ASSERT_LE(0, fd);
			job.len = encrypt(suites[s], self->w->content_key, job.iv, NULL, 0,
					  self->plain, sizes[i], self->in);
			job.dst = (uintptr_t)mem + MIB - out;
			EXPECT_EQ(-EFAULT, decrypt_one(fd, &job));
			EXPECT_EQ(0, memcmp(mem + MIB - out, self->plain, out));
			EXPECT_EQ(out, info_of(fd).bytes);
			EXPECT_EQ(0, info_of(fd).packets);
			EXPECT_EQ(1, info_of(fd).seconds);
			EXPECT_EQ(out, number_of(self->w, CASK_A_BYTES));
			close(fd);
			forget(self->w);
		}
	}
	munmap(mem, MIB + 4096);
}

/* The array is read-only: the jobs are done, but nobody can be told. */
TEST_F(batch, results_that_cannot_be_written_are_EFAULT)
{
	struct cask_job *job = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);
	int fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);

	ASSERT_LE(0, fd);
	job->src = (uintptr_t)self->in;
	job->dst = (uintptr_t)self->out;
	job->len = 16;
	ASSERT_EQ(0, mprotect(job, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, decrypt(fd, job, 1));
	EXPECT_EQ(1, info_of(fd).packets);
	close(fd);
}

/* --- rights --- */

TEST_F(batch, D8_a_removed_license_decrypts_no_more)
{
	struct cask_job job = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out, .len = 64 };
	int fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, decrypt_one(fd, &job));
	forget(self->w);
	memset(self->out, POISON, 64);
	EXPECT_EQ(-EKEYREVOKED, decrypt(fd, &job, 1));
	EXPECT_TRUE(is_poison(self->out, 64));
	close(fd);
}

TEST_F(batch, D9_a_license_that_is_over_decrypts_no_more)
{
	struct cask_job job = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out, .len = 64 };
	int fd;

	self->w->license.fields.not_after = time(NULL) + 3000;
	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, decrypt(fd, &job, 1));
	advance(4000);
	memset(self->out, POISON, 64);
	EXPECT_EQ(-EKEYEXPIRED, decrypt(fd, &job, 1));
	EXPECT_TRUE(is_poison(self->out, 64));
	advance(-4000);
	EXPECT_EQ(1, decrypt(fd, &job, 1));
	close(fd);
}

struct race {
	int fd;
	struct cask_job *jobs;
	volatile bool stop;
	long revoked;
};

static void *flip_jobs(void *arg)
{
	struct race *r = arg;
	unsigned int i;

	for (i = 0; !r->stop; i++) {
		struct cask_job *j = &r->jobs[i % 64];

		j->len = i % 3 ? 1024 : ~0u;
		j->flags = i % 5 == 0;
		j->src ^= i % 7 ? 0 : 1ULL << 63;
	}
	return NULL;
}

/* What is checked is what is done: a job that changes meanwhile harms its owner's memory only. */
TEST_F_TIMEOUT(batch, jobs_that_change_meanwhile_are_read_once, 120)
{
	struct race r = { .jobs = calloc(64, sizeof(struct cask_job)) };
	pthread_t thread;
	int i, ret, seen = 0;

	r.fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, r.fd);
	for (i = 0; i < 64; i++) {
		r.jobs[i].src = (uintptr_t)self->in + 1024 * i;
		r.jobs[i].dst = (uintptr_t)self->out + 1024 * i;
		r.jobs[i].len = 1024;
	}
	memset(self->out + 65536, POISON, 65536);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip_jobs, &r));
	for (i = 0; i < 3000; i++) {
		ret = decrypt(r.fd, r.jobs, 64);
		seen |= ret >= 0 ? 1 : ret == -EINVAL ? 2 : ret == -E2BIG ? 4 : 8;
	}
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, seen & 8);
	EXPECT_TRUE(is_poison(self->out + 65536, 65536));
	free(r.jobs);
	close(r.fd);
}

static void *decrypt_until_revoked(void *arg)
{
	struct race *r = arg;
	struct cask_job jobs[64];
	int ret;

	do {
		memcpy(jobs, r->jobs, sizeof(jobs));
		ret = decrypt(r->fd, jobs, 64);
	} while (ret >= 0);
	if (ret == -EKEYREVOKED)
		__atomic_add_fetch(&r->revoked, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

TEST_F_TIMEOUT(batch, D8_many_threads_of_one_file_stop_at_a_removal, 120)
{
	struct race r = { .jobs = calloc(64, sizeof(struct cask_job)) };
	pthread_t threads[4];
	unsigned int i;

	r.fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	ASSERT_LE(0, r.fd);
	for (i = 0; i < 64; i++) {
		r.jobs[i].src = (uintptr_t)self->in + 1024 * i;
		r.jobs[i].dst = (uintptr_t)self->out + 1024 * i;
		r.jobs[i].len = 1024;
	}
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, decrypt_until_revoked, &r));
	while (info_of(r.fd).packets < 1000)
		sched_yield();
	forget(self->w);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(4, r.revoked);
	free(r.jobs);
	close(r.fd);
}

/* --- counters and limits --- */

TEST_F(batch, X4_bytes_packets_and_seconds_are_counted)
{
	struct cask_job jobs[3];
	uint8_t iv[16] = { 0 };
	unsigned int i;
	int fd, again;

	fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_GCM);
	ASSERT_LE(0, fd);
	memset(jobs, 0, sizeof(jobs));
	for (i = 0; i < 3; i++) {
		jobs[i].src = (uintptr_t)self->in + 1024 * i;
		jobs[i].dst = (uintptr_t)self->out;
		jobs[i].len = encrypt(CASK_SUITE_RAW_AES_128_GCM, self->w->content_key, iv, NULL, 0,
				      self->plain, 100 * (i + 1), self->in + 1024 * i);
	}
	EXPECT_EQ(0, info_of(fd).seconds);
	EXPECT_EQ(3, decrypt(fd, jobs, 3));
	/* What does not come out is not counted. */
	self->in[0] ^= 1;
	EXPECT_EQ(2, decrypt(fd, jobs, 3));
	EXPECT_EQ(600 + 500, info_of(fd).bytes);
	EXPECT_EQ(5, info_of(fd).packets);
	EXPECT_LE(1, info_of(fd).seconds);
	EXPECT_GE(2, info_of(fd).seconds);
	again = open_key(self->dev, self->w->content_id, NULL, NULL);
	ASSERT_LE(0, again);
	EXPECT_EQ(2, decrypt(again, jobs, 3));
	EXPECT_EQ(500, info_of(again).bytes);
	EXPECT_EQ(1600, number_of(self->w, CASK_A_BYTES));
	EXPECT_EQ(7, number_of(self->w, CASK_A_PACKETS));
	EXPECT_EQ(2, number_of(self->w, CASK_A_OPENS));
	EXPECT_LE(1, number_of(self->w, CASK_A_SECONDS));
	close(again);
	close(fd);
}

/* The clock that the module counts by. */
static uint64_t second(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
}

TEST_F(batch, X4_a_second_counts_once)
{
	struct cask_job job = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out, .len = 16 };
	int fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);
	uint64_t begin, end;

	ASSERT_LE(0, fd);
	begin = second();
	do {
		ASSERT_EQ(1, decrypt(fd, &job, 1));
		end = second();
	} while (end < begin + 2);
	EXPECT_LT(20, info_of(fd).packets);
	EXPECT_LE(2, info_of(fd).seconds);
	EXPECT_GE(end - begin + 1, info_of(fd).seconds);
	EXPECT_GE(end - begin + 1, number_of(self->w, CASK_A_SECONDS));
	close(fd);
}

static bool traced(const char *wanted)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/sys/kernel/tracing/trace", "r");

	while (f && fgets(line, sizeof(line), f))
		found |= !!strstr(line, wanted);
	if (f)
		fclose(f);
	return found;
}

TEST_F(batch, each_batch_leaves_a_trace)
{
	struct cask_job job = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out, .len = 64 };
	int fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_CTR);

	ASSERT_LE(0, fd);
	if (access("/sys/kernel/tracing/trace", F_OK))
		ASSERT_EQ(0, mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/trace", " "));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/cask/cask_batch/enable", "1"));
	EXPECT_EQ(1, decrypt(fd, &job, 1));
	job.flags = 1;
	EXPECT_EQ(-EINVAL, decrypt(fd, &job, 1));
	EXPECT_EQ(-E2BIG, decrypt(fd, &job, 1025));
	EXPECT_EQ(-EFAULT, decrypt(fd, NULL, 3));
	forget(self->w);
	EXPECT_EQ(-EKEYREVOKED, decrypt(fd, &job, 1));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/cask/cask_batch/enable", "0"));
	EXPECT_TRUE(traced("jobs=1 bytes=64 ret=1\n"));
	EXPECT_TRUE(traced("jobs=1 bytes=0 ret=-22\n"));
	EXPECT_TRUE(traced("jobs=1025 bytes=0 ret=-7\n"));
	EXPECT_TRUE(traced("jobs=3 bytes=0 ret=-14\n"));
	EXPECT_TRUE(traced("jobs=1 bytes=0 ret=-128\n"));
	ASSERT_EQ(0, write_file("/sys/kernel/tracing/trace", " "));
	close(fd);
}

TEST_F(batch, memory_for_jobs_is_charged_to_the_user)
{
	struct cask_job *many = calloc(1024, sizeof(*many));
	struct cask_job job = { .src = (uintptr_t)self->in, .dst = (uintptr_t)self->out };
	int fd = open_suite(self->w, self->dev, CASK_SUITE_RAW_AES_128_GCM);

	ASSERT_LE(0, fd);
	job.len = encrypt(CASK_SUITE_RAW_AES_128_GCM, self->w->content_key, job.iv, NULL, 0,
			  self->plain, 20000, self->in);
	ASSERT_EQ(0, set_param("max_buffer_bytes", "16384"));
	EXPECT_EQ(-ENOBUFS, decrypt_one(fd, &job));
	/* Two pieces of 16 KiB, and the job itself. */
	ASSERT_EQ(0, set_param("max_buffer_bytes", "32823"));
	EXPECT_EQ(-ENOBUFS, decrypt_one(fd, &job));
	ASSERT_EQ(0, set_param("max_buffer_bytes", "32824"));
	EXPECT_EQ(0, decrypt_one(fd, &job));
	close(fd);
	/* An array that is too large is not even read. */
	fd = open_key(self->dev, self->w->content_id, NULL, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_param("max_buffer_bytes", "57343"));
	EXPECT_EQ(-ENOBUFS, decrypt(fd, many, 1024));
	ASSERT_EQ(0, set_param("max_buffer_bytes", "57344"));
	EXPECT_EQ(-EINVAL, decrypt(fd, many, 1024));
	ASSERT_EQ(0, set_param("max_buffer_bytes", "16777216"));
	free(many);
	close(fd);
}

TEST_HARNESS_MAIN
