// SPDX-License-Identifier: GPL-2.0
/* jobs.c - keys without a file, and jobs for CASK_IOC_DECRYPT. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "jobs.h"

int open_key(int dev, const uint8_t *content_id, const uint8_t *issuer, const uint8_t *license_id)
{
	struct cask_open arg = { .content_fd = -1 };

	memcpy(arg.content_id, content_id, CASK_ID_SIZE);
	if (issuer)
		memcpy(arg.issuer, issuer, CASK_KID_SIZE);
	if (license_id)
		memcpy(arg.license_id, license_id, CASK_ID_SIZE);
	return open_with(dev, &arg);
}

struct wanted {
	int dev;
	const uint8_t *content_id, *license_id;
};

static int call_open_key(void *arg)
{
	const struct wanted *w = arg;

	return open_key(w->dev, w->content_id, NULL, w->license_id);
}

/* One with a period waits for the agent. */
int open_suite(struct world *w, int dev, uint32_t suite)
{
	struct wanted wanted = { dev, w->content_id, w->license.fields.id };
	int ret;

	w->license.fields.suite = suite;
	RAND_bytes(w->license.fields.id, CASK_ID_SIZE);
	ret = world_install(w, getuid());
	return ret ?: served(w, call_open_key, &wanted);
}

/* --- the other side --- */

static const EVP_CIPHER *cipher_of(uint32_t suite)
{
	switch (suite) {
	case CASK_SUITE_RAW_AES_128_CTR: return EVP_aes_128_ctr();
	case CASK_SUITE_RAW_AES_128_CBC: return EVP_aes_128_cbc();
	default: return EVP_aes_128_gcm();
	}
}

size_t encrypt(uint32_t suite, const uint8_t *key, const uint8_t *iv, const uint8_t *aad,
	       size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t total = len;
	int n;

	if (EVP_EncryptInit_ex(ctx, cipher_of(suite), NULL, key, iv) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    (aad_len && EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len) != 1) ||
	    (len && EVP_EncryptUpdate(ctx, out, &n, plain, len) != 1) ||
	    EVP_EncryptFinal_ex(ctx, out + len, &n) != 1)
		abort();
	if (suite == CASK_SUITE_RAW_AES_128_GCM) {
		if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + len) != 1)
			abort();
		total += TAG;
	}
	EVP_CIPHER_CTX_free(ctx);
	return total;
}

int decrypt(int fd, struct cask_job *jobs, unsigned int count)
{
	struct cask_decrypt arg = { .jobs = (uintptr_t)jobs, .count = count };
	int ret = ioctl(fd, CASK_IOC_DECRYPT, &arg);

	return ret < 0 ? -errno : ret;
}

int decrypt_one(int fd, struct cask_job *job)
{
	int ret;

	job->result = 77;
	ret = decrypt(fd, job, 1);
	if (ret < 0)
		return ret;
	return ret == (job->result == 0) ? job->result : 1000;
}

bool is_poison(const uint8_t *p, size_t n)
{
	while (n--)
		if (*p++ != POISON)
			return false;
	return true;
}
