// SPDX-License-Identifier: GPL-2.0
/*
 * af_alg.c - lane "af_alg": the kernel's own interface for user space, through
 * libkcapi, one message and one read for each job on a descriptor that stays open.
 */
#include <errno.h>
#include <string.h>
#include <kcapi.h>

#include "speed.h"

/* What the kernel takes in one message; libkcapi begins each with the same IV. */
#define PIECE	(64u << 10)

static struct kcapi_handle *handle;

static void alg_begin(const struct task *t)
{
	int ret;

	if (t->op == SPEED_GCM)
		ret = kcapi_aead_init(&handle, "gcm(aes)", 0) ?:
		      kcapi_aead_setkey(handle, t->key, sizeof(t->key)) ?:
		      kcapi_aead_settaglen(handle, TAG_SIZE);
	else
		ret = kcapi_cipher_init(&handle, t->op == SPEED_CTR ? "ctr(aes)" : "cbc(aes)", 0) ?:
		      kcapi_cipher_setkey(handle, t->key, sizeof(t->key));
	errno = -ret;
	if (ret)
		fail("af_alg: cannot begin");
}

/* The IV that belongs behind a piece of ciphertext. */
static void advance(const struct task *t, const uint8_t *piece, uint8_t *iv)
{
	unsigned int i, carry = PIECE / 16;

	if (t->op == SPEED_CBC_DEC) {
		memcpy(iv, piece + PIECE - 16, 16);
		return;
	}
	for (i = 16; i-- && carry; carry >>= 8) {
		carry += iv[i];
		iv[i] = carry;
	}
}

/* In pieces: one message and one read each. */
static ssize_t decrypt_long(const struct task *t, const struct job *j)
{
	uint8_t iv[16];
	ssize_t ret;
	size_t done;

	memcpy(iv, j->iv, sizeof(iv));
	for (done = 0; done < t->bytes; done += PIECE) {
		ret = kcapi_cipher_decrypt(handle, j->src + done, PIECE, iv, j->dst + done, PIECE,
					   KCAPI_ACCESS_SENDMSG);
		if (ret != PIECE)
			return ret;
		advance(t, j->src + done, iv);
	}
	return done;
}

static ssize_t decrypt(const struct task *t, const struct job *j)
{
	if (t->op == SPEED_GCM)
		return kcapi_aead_decrypt(handle, j->src, t->bytes + TAG_SIZE, j->iv, j->dst,
					  t->bytes, KCAPI_ACCESS_SENDMSG);
	if (t->bytes > PIECE)
		return decrypt_long(t, j);
	return kcapi_cipher_decrypt(handle, j->src, t->bytes, j->iv, j->dst, t->bytes,
				    KCAPI_ACCESS_SENDMSG);
}

static uint64_t alg_run(const struct task *t)
{
	uint64_t begin = ticks();
	unsigned int n;
	ssize_t ret;

	for (n = 0; n < t->count; n++) {
		ret = decrypt(t, &t->jobs[n]);
		if (ret != (ssize_t)t->bytes) {
			errno = ret < 0 ? -ret : 0;
			fail("af_alg: %zd of %zu bytes", ret, t->bytes);
		}
	}
	return ticks() - begin;
}

static void alg_end(const struct task *t)
{
	if (t->op == SPEED_GCM)
		kcapi_aead_destroy(handle);
	else
		kcapi_cipher_destroy(handle);
}

const struct lane lane_af_alg = {
	.name = "af_alg", .ops = OPS_CRYPTO, .begin = alg_begin, .run = alg_run, .end = alg_end,
};
