// SPDX-License-Identifier: GPL-2.0
/* evp.c - lane "evp": OpenSSL in the process, which therefore has the key. */
#include <openssl/evp.h>

#include "speed.h"

static EVP_CIPHER_CTX *ctx;

static void evp_begin(const struct task *t)
{
	const EVP_CIPHER *cipher = t->op == SPEED_CTR ? EVP_aes_128_ctr() :
		t->op == SPEED_CBC_DEC ? EVP_aes_128_cbc() : EVP_aes_128_gcm();

	ctx = EVP_CIPHER_CTX_new();
	if (!ctx || !EVP_DecryptInit_ex(ctx, cipher, NULL, t->key, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0))
		fail("evp: cannot begin");
}

static int decrypt(const struct task *t, const struct job *j)
{
	int len, gcm = t->op == SPEED_GCM;

	return EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, j->iv) &&
	       EVP_DecryptUpdate(ctx, j->dst, &len, j->src, t->bytes) &&
	       (!gcm || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE,
					    (void *)(j->src + t->bytes))) &&
	       (!gcm || EVP_DecryptFinal_ex(ctx, j->dst + len, &len));
}

static uint64_t evp_run(const struct task *t)
{
	uint64_t begin = ticks();
	unsigned int n;

	for (n = 0; n < t->count; n++)
		if (!decrypt(t, &t->jobs[n]))
			fail("evp: cannot decrypt");
	return ticks() - begin;
}

static void evp_end(const struct task *t)
{
	EVP_CIPHER_CTX_free(ctx);
}

const struct lane lane_evp = {
	.name = "evp", .ops = OPS_CRYPTO, .begin = evp_begin, .run = evp_run, .end = evp_end,
};
