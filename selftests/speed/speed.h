/* SPDX-License-Identifier: GPL-2.0 */
/*
 * speed.h - what the lanes of the benchmark share. A lane is one way to decrypt;
 * all get the same ciphertext and must produce the same plaintext, but for
 * crypto-api, which works in the kernel on data of its own.
 */
#ifndef CASK_SELFTESTS_SPEED_H
#define CASK_SELFTESTS_SPEED_H

#include <stddef.h>
#include <stdint.h>
#include <x86intrin.h>

#include "module/measure.h"

#define TAG_SIZE	16
#define JOBS_MAX	64

/* A packet, a sample or a piece of a file. */
struct job {
	uint8_t iv[16];		/* of GCM the first 12 bytes */
	const uint8_t *src;	/* GCM: ciphertext, then the tag */
	uint8_t *dst;
};

/**
 * struct task - what a lane is asked to do at once
 * @op: enum speed_op
 * @bytes: plaintext bytes of a job
 * @count: jobs
 * @key: AES-128
 * @jobs: @count of them
 * @plain: what must come out, all jobs one behind the other
 * @out: where @jobs' dst are, one behind the other
 */
struct task {
	enum speed_op op;
	size_t bytes;
	unsigned int count;
	uint8_t key[16];
	struct job jobs[JOBS_MAX];
	const uint8_t *plain;
	uint8_t *out;
};

/**
 * struct lane - a way to decrypt
 * @name: in the results
 * @ops: bits of enum speed_op that it can
 * @begin: prepare for tasks of this op, key and size; not measured
 * @run: do it once; how many instructions it took
 * @end: undo @begin(); a lane of Cask takes its license away first and fails
 *	unless @run() then fails
 *
 * Functions end the program with a message when something fails.
 */
struct lane {
	const char *name;
	unsigned int ops;
	void (*begin)(const struct task *task);
	uint64_t (*run)(const struct task *task);
	void (*end)(const struct task *task);
};

#define OP_BIT(op)	(1u << (op))
#define OPS_CRYPTO	(OP_BIT(SPEED_CTR) | OP_BIT(SPEED_CBC_DEC) | OP_BIT(SPEED_GCM))

extern const struct lane lane_aesni, lane_evp, lane_af_alg, lane_crypto_api;
extern const struct lane lane_cask_read, lane_cask_batch, lane_clear_read;

/* opens.c: what an opening costs; "open" among the lanes. */
void measure_openings(void);

/* Of the last run of lane_crypto_api. */
const char *crypto_api_driver(void);

/* Of the file that the reading lanes read. */
#define FILE_SIZE	(1u << 20)

/* errno is added when it is not 0. */
void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...);

/* Under -icount shift=0 the time stamp counter counts instructions. */
static inline uint64_t ticks(void)
{
	return __rdtsc();
}

#endif /* CASK_SELFTESTS_SPEED_H */
