/* SPDX-License-Identifier: GPL-2.0 */
/* pack.h - encrypt a stream into a .cask file (Documentation/formats.rst). */
#ifndef CASK_PACK_H
#define CASK_PACK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

struct license_root;

/**
 * struct pack - one file to make
 * @content_id: not all zero
 * @content_key: Kc; a secret, the caller wipes it
 * @issuer: thumbprint of the distributor's root key
 * @suite: enum cask_suite, of a file
 * @block_size: power of two, CASK_BLOCK_SIZE_MIN to CASK_BLOCK_SIZE_MAX
 * @media_type: RFC 6838
 * @title: NULL: none
 * @license_id: hint for the link part, CASK_ID_SIZE bytes; NULL: none
 * @license_url: hint for the link part; NULL: none
 * @root: a category whose leaves shall have the key from the link part, too; NULL: none
 * @head: what was read of the input already
 * @head_size: bytes of it
 * @progress: called after each block; NULL: never
 * @progress_arg: for @progress
 * @cancel: when it turns non-zero the work ends with EINTR; NULL: never
 */
struct pack {
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t content_key[CASK_KEY_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint32_t suite;
	uint32_t block_size;
	const char *media_type;
	const char *title;
	const uint8_t *license_id;
	const char *license_url;
	const struct license_root *root;
	const void *head;
	size_t head_size;
	void (*progress)(void *arg, uint64_t plain_bytes);
	void *progress_arg;
	const volatile sig_atomic_t *cancel;
};

/**
 * struct pack_result - what was made, or went wrong
 * @plain_size: bytes read
 * @file_size: bytes of the file
 * @input_failed: on failure: it was the input, not the output
 */
struct pack_result {
	uint64_t plain_size;
	uint64_t file_size;
	bool input_failed;
};

int pack_check(const struct pack *p);
int pack_run(const struct pack *p, int in, int out, struct pack_result *ret_result);

#endif /* CASK_PACK_H */
