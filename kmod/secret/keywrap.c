// SPDX-License-Identifier: GPL-2.0 OR MIT
/* keywrap.c - AES key wrap (RFC 3394) of a content key; freestanding as ekb.c. */
#include "ekb.h"

#define HALF	8
#define ROUNDS	6

_Static_assert(CASK_KEYWRAP_SIZE == CASK_KEY_SIZE + HALF, "one more half block");

/**
 * cask_keywrap() - wrap a content key
 * @aes: to work with
 * @kek: CASK_KEY_SIZE bytes
 * @key: CASK_KEY_SIZE bytes
 * @out: CASK_KEYWRAP_SIZE bytes
 *
 * Return: 0 or an error of the AES.
 */
int cask_keywrap(struct cask_aes *aes, const __u8 *kek, const __u8 *key, __u8 *out)
{
	__u8 block[2 * HALF];
	unsigned int t;
	int ret = 0;

	memset(out, 0xa6, HALF);
	memcpy(out + HALF, key, CASK_KEY_SIZE);
	for (t = 1; t <= 2 * ROUNDS && !ret; t++) {
		__u8 *half = out + (t & 1 ? HALF : 2 * HALF);

		memcpy(block, out, HALF);
		memcpy(block + HALF, half, HALF);
		ret = cask_aes_encrypt(aes, kek, block, block);
		memcpy(out, block, HALF);
		out[HALF - 1] ^= t;
		memcpy(half, block + HALF, HALF);
	}
	return ret;
}

/**
 * cask_keyunwrap() - unwrap a content key
 * @aes: to work with
 * @kek: CASK_KEY_SIZE bytes
 * @wrapped: CASK_KEYWRAP_SIZE bytes
 * @work: CASK_KEYWRAP_SIZE + CASK_KEY_SIZE bytes, which the caller wipes: the key is at
 *	CASK_KEYWRAP_KEY of it when 0 is returned
 *
 * Return: 0; -EBADMSG when it is not the key that wrapped it; an error of the AES.
 */
int cask_keyunwrap(struct cask_aes *aes, const __u8 *kek, const __u8 *wrapped, __u8 *work)
{
	__u8 *block = work + CASK_KEYWRAP_SIZE, differ = 0;
	unsigned int t, i;
	int ret = 0;

	memcpy(work, wrapped, CASK_KEYWRAP_SIZE);
	for (t = 2 * ROUNDS; t && !ret; t--) {
		__u8 *half = work + (t & 1 ? HALF : 2 * HALF);

		work[HALF - 1] ^= t;
		memcpy(block, work, HALF);
		memcpy(block + HALF, half, HALF);
		ret = cask_aes_decrypt(aes, kek, block, block);
		memcpy(work, block, HALF);
		memcpy(half, block + HALF, HALF);
	}
	for (i = 0; i < HALF; i++)
		differ |= work[i] ^ 0xa6;
	return ret ? ret : differ ? -EBADMSG : 0;
}
