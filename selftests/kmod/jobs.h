/* SPDX-License-Identifier: GPL-2.0 */
/* jobs.h - keys without a file, and jobs for CASK_IOC_DECRYPT; OpenSSL is the other side. */
#ifndef CASK_SELFTESTS_JOBS_H
#define CASK_SELFTESTS_JOBS_H

#include "world.h"

#define TAG	16
#define POISON	0xa5

/* CASK_IOC_OPEN of a key on /dev/cask; NULL: any. The descriptor or -errno. */
int open_key(int dev, const uint8_t *content_id, const uint8_t *issuer, const uint8_t *license_id);
/* A license of a suite, installed for this user, and open. The descriptor or -errno. */
int open_suite(struct world *w, int dev, uint32_t suite);

/* Returns bytes of ciphertext, with the tag. */
size_t encrypt(uint32_t suite, const uint8_t *key, const uint8_t *iv, const uint8_t *aad,
	       size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out);

/* CASK_IOC_DECRYPT: jobs that succeeded, or -errno. */
int decrypt(int fd, struct cask_job *jobs, unsigned int count);
/* The result of one, or -errno; 1000 when the two do not agree. */
int decrypt_one(int fd, struct cask_job *job);

bool is_poison(const uint8_t *p, size_t n);

#endif /* CASK_SELFTESTS_JOBS_H */
