// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cask-speed: count the instructions that each way to decrypt takes, in
 * one boot of an emulated machine. usage: cask-speed [LANE [OP [BYTES]]]
 *
 * Prints one line a measurement, "insns LANE OP BYTES BATCH N", N for the whole
 * batch, "driver NAME" for each implementation of the crypto API it met, and as the
 * last lane, "open", what opens.c says.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "world.h"
#include "speed.h"

#define WARM_UPS	3
#define SAMPLES		16
#define PAGE		4096
#define POISON		0xa5

static const char *const op_names[SPEED_OPS] = {
	[SPEED_CTR] = "ctr", [SPEED_CBC_DEC] = "cbc-dec", [SPEED_GCM] = "gcm",
	[SPEED_READ] = "read",
};

/* Packets of MPEG-TS, an Ethernet frame of them, pieces of files. */
static const struct {
	enum speed_op op;
	unsigned int bytes;
	unsigned int count;
} shapes[] = {
	{ SPEED_CTR, 188, 64 }, { SPEED_CTR, 1316, 64 },
	{ SPEED_CTR, 4 << 10, 1 }, { SPEED_CTR, 64 << 10, 1 }, { SPEED_CTR, 1 << 20, 1 },
	{ SPEED_CBC_DEC, 4 << 10, 1 }, { SPEED_CBC_DEC, 64 << 10, 1 },
	{ SPEED_CBC_DEC, 1 << 20, 1 },
	{ SPEED_GCM, 188, 64 }, { SPEED_GCM, 1316, 64 },
	{ SPEED_GCM, 4 << 10, 1 }, { SPEED_GCM, 64 << 10, 1 },
	{ SPEED_READ, 4 << 10, 16 }, { SPEED_READ, 64 << 10, 1 }, { SPEED_READ, 1 << 20, 1 },
};

static const struct lane *const lanes[] = {
	&lane_crypto_api, &lane_aesni, &lane_evp, &lane_af_alg, &lane_clear_read,
	&lane_cask_read, &lane_cask_batch,
};

void fail(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fprintf(stderr, "cask-speed: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	va_end(args);
	exit(1);
}

/* --- tasks --- */

static void *pages(size_t size)
{
	void *p = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);

	if (!p)
		fail("memory");
	memset(p, POISON, size);
	return p;
}

static const EVP_CIPHER *evp_of(enum speed_op op)
{
	return op == SPEED_CTR ? EVP_aes_128_ctr() :
	       op == SPEED_CBC_DEC ? EVP_aes_128_cbc() : EVP_aes_128_gcm();
}

static void encrypt(const struct task *t, unsigned int n, uint8_t *text)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	if (!ctx || !EVP_EncryptInit_ex(ctx, evp_of(t->op), NULL, t->key, t->jobs[n].iv) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_EncryptUpdate(ctx, text, &len, t->plain + n * t->bytes, t->bytes) ||
	    !EVP_EncryptFinal_ex(ctx, text + len, &len) ||
	    (t->op == SPEED_GCM &&
	     !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, text + t->bytes)))
		fail("cannot encrypt");
	EVP_CIPHER_CTX_free(ctx);
}

/* Jobs lie one behind the other. */
static void make_jobs(struct task *t)
{
	size_t stored = t->bytes + (t->op == SPEED_GCM ? TAG_SIZE : 0);
	uint8_t *src = pages(stored * t->count);
	unsigned int n;

	t->out = pages(t->bytes * t->count);
	for (n = 0; n < t->count; n++) {
		RAND_bytes(t->jobs[n].iv, sizeof(t->jobs[n].iv));
		t->jobs[n].src = src + n * stored;
		t->jobs[n].dst = t->out + n * t->bytes;
		encrypt(t, n, src + n * stored);
	}
}

static struct task *task_new(enum speed_op op, size_t bytes, unsigned int count)
{
	struct task *t = calloc(1, sizeof(*t));
	uint8_t *plain = pages(bytes * count);
	size_t i;

	if (!t)
		fail("memory");
	*t = (struct task){ .op = op, .bytes = bytes, .count = count, .plain = plain };
	for (i = 0; i < bytes * count; i++)
		plain[i] = world_plain(i);
	if (op == SPEED_READ) {
		t->out = pages(bytes * count);
		return t;
	}
	RAND_bytes(t->key, sizeof(t->key));
	make_jobs(t);
	return t;
}

static void task_free(struct task *t)
{
	free((uint8_t *)t->jobs[0].src);
	free((uint8_t *)t->plain);
	free(t->out);
	free(t);
}

/* --- measuring --- */

static void poison(const struct task *t)
{
	memset(t->out, POISON, t->bytes * t->count);
}

static void check(const struct lane *lane, const struct task *t)
{
	errno = 0;
	if (t->op != SPEED_READ && memcmp(t->out, t->plain, t->bytes * t->count))
		fail("%s %s %zu: wrong plaintext", lane->name, op_names[t->op], t->bytes);
}

/* The least is what the work itself takes: what interrupts add, they add to some. */
static uint64_t measure(const struct lane *lane, const struct task *t)
{
	uint64_t least = UINT64_MAX, now;
	int n;

	lane->begin(t);
	for (n = -WARM_UPS; n < SAMPLES; n++) {
		poison(t);
		now = lane->run(t);
		if (lane != &lane_crypto_api)
			check(lane, t);
		if (n >= 0 && now < least)
			least = now;
	}
	lane->end(t);
	return least;
}

static void show_driver(void)
{
	static char shown[SPEED_OPS][128];
	const char *driver = crypto_api_driver();
	int i;

	for (i = 0; i < SPEED_OPS && shown[i][0]; i++)
		if (!strcmp(shown[i], driver))
			return;
	errno = 0;
	if (!strstr(driver, "-aesni"))
		fail("the kernel decrypts with %s, which is not aesni's", driver);
	snprintf(shown[i], sizeof(shown[i]), "%s", driver);
	printf("driver %s\n", driver);
}

static void one(const struct lane *lane, const struct task *t)
{
	uint64_t insns = measure(lane, t);

	printf("insns %s %s %zu %u %llu\n", lane->name, op_names[t->op], t->bytes, t->count,
	       (unsigned long long)insns);
	if (lane == &lane_crypto_api)
		show_driver();
	fflush(stdout);
}

static bool wanted(const char *word, const char *value)
{
	return !word || !strcmp(word, value);
}

/* All lanes on the same task. Returns how many there were. */
static size_t all(size_t shape, const char *lane)
{
	struct task *t = task_new(shapes[shape].op, shapes[shape].bytes, shapes[shape].count);
	size_t l, done = 0;

	for (l = 0; l < sizeof(lanes) / sizeof(lanes[0]); l++) {
		if (!(lanes[l]->ops & OP_BIT(t->op)) || !wanted(lane, lanes[l]->name))
			continue;
		one(lanes[l], t);
		done++;
	}
	task_free(t);
	return done;
}

int main(int argc, char **argv)
{
	const char *lane = argc > 1 ? argv[1] : NULL, *op = argc > 2 ? argv[2] : NULL;
	size_t bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	size_t s, done = 0;

	for (s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
		if (wanted(op, op_names[shapes[s].op]) && (!bytes || bytes == shapes[s].bytes))
			done += all(s, lane);
	if (wanted(lane, "open") && !op) {
		measure_openings();
		done++;
	}
	errno = 0;
	if (!done)
		fail("no such measurement");
	return 0;
}
