/* SPDX-License-Identifier: GPL-2.0 */
/*
 * window.h - the hash by which the searcher knows the first bytes of a form.
 *
 * Who searches a machine for keys must not bring them there: it has this hash of
 * a form's first FORM_MIN bytes, and the SHA-256 of the whole.
 */
#ifndef CASK_SELFTESTS_WINDOW_H
#define CASK_SELFTESTS_WINDOW_H

#include <stdint.h>
#include <string.h>

static inline uint64_t window_hash(const uint8_t *p)
{
	uint64_t a, b;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	a = a * 0x9e3779b97f4a7c15ULL + b;
	a ^= a >> 29;
	return a * 0xbf58476d1ce4e5b9ULL;
}

#endif /* CASK_SELFTESTS_WINDOW_H */
