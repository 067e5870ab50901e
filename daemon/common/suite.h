/* SPDX-License-Identifier: GPL-2.0 */
/*
 * suite.h - what a suite is called, what its keys are good for, and how long its
 * blocks are.
 */
#ifndef CASK_COMMON_SUITE_H
#define CASK_COMMON_SUITE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

/**
 * struct suite - a suite
 * @id: enum cask_suite
 * @name: for people and JSON
 * @alg: of a JWK with a key for it; "": such a key does not leave the server
 * @operation: the enum cask_operation bit of its licenses
 * @head: bytes of a block before the ciphertext: IV and seed; 0: it has no file
 * @unit: the ciphertext is padded to a multiple of it
 * @tail: bytes behind the ciphertext
 */
struct suite {
	uint32_t id;
	const char *name;
	const char *alg;
	uint32_t operation;
	size_t head;
	size_t unit;
	size_t tail;
};

const struct suite *suite_find(uint32_t id);
const struct suite *suite_named(const char *name);

/* Bytes of a block with so much plaintext. */
static inline size_t suite_block_bytes(const struct suite *suite, size_t plain)
{
	return suite->head + (plain + suite->unit - 1) / suite->unit * suite->unit + suite->tail;
}

#endif /* CASK_COMMON_SUITE_H */
