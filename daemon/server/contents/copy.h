/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy.h - copy a .cask file, and see that every block of it is authentic.
 */
#ifndef CASK_COPY_H
#define CASK_COPY_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "suite.h"

/**
 * struct copy_layout - where the blocks are, from a header that was checked
 * @content_id: of the content
 * @suite: of the file
 * @block_size: plaintext bytes of a block
 * @plain_size: bytes of the plaintext
 * @data_offset: of the first block
 */
struct copy_layout {
	uint8_t content_id[CASK_ID_SIZE];
	const struct suite *suite;
	uint32_t block_size;
	uint64_t plain_size;
	uint64_t data_offset;
};

int copy_content(int from, int to, const struct copy_layout *layout,
		 const uint8_t key[CASK_KEY_SIZE], uint8_t ret_hash[32]);

#endif /* CASK_COPY_H */
