/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unpack.h - read .cask files, for tests: a second reading of formats.rst that
 * shares no code with the packager, the parsers or the module.
 */
#ifndef CASK_SELFTESTS_UNPACK_H
#define CASK_SELFTESTS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct unpack - a .cask file being read
 * @fd: the file; not owned
 * @key: Kc
 * @prk: from Kc
 * @content_id: of the file
 * @issuer: of the file
 * @media_type: zero-terminated
 * @title: zero-terminated, empty if absent
 * @link_url: zero-terminated, empty if absent
 * @cbc: whether its suite is AES-128-CBC
 * @block_size: plaintext bytes of a block
 * @plain_size: bytes of the whole plaintext
 * @link_offset: of the link part
 * @data_offset: of the first block
 */
struct unpack {
	int fd;
	uint8_t key[16];
	uint8_t prk[32];
	uint8_t content_id[16];
	uint8_t issuer[32];
	char media_type[256];
	char title[256];
	char link_url[256];
	bool cbc;
	uint32_t block_size;
	uint64_t plain_size;
	uint32_t link_offset;
	uint64_t data_offset;
};

/* NULL, or what is wrong. */
const char *unpack_open(struct unpack *u, int fd, const uint8_t key[16]);
uint64_t unpack_blocks(const struct unpack *u);
/* Plaintext of a block; buffer of block_size bytes. */
const char *unpack_block(const struct unpack *u, uint64_t index, uint8_t *ret_plain,
			 size_t *ret_size);
/* IV, seed, ciphertext and what follows of a block as they stand. */
const char *unpack_raw(const struct unpack *u, uint64_t index, uint8_t *ret_raw,
		       size_t *ret_size);

#endif /* CASK_SELFTESTS_UNPACK_H */
