/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h - what the fuzz targets share. Each is one file, selftests/fuzz/NAME.c;
 * `make fuzzers` builds build/fuzz/NAME (clang), `unit-parse --corpus DIR` writes
 * right inputs to begin with.
 */
#ifndef CASK_SELFTESTS_FUZZ_H
#define CASK_SELFTESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "../../kmod/parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t fuzz_sink;

/* Reads each byte that a parser returned, and demands that it lies in the input. */
static inline void fuzz_touch(const struct cask_bytes *b, const uint8_t *data, size_t size)
{
	size_t i;

	if (!b->len)
		return;
	if (b->data < data || b->len > size || (size_t)(b->data - data) > size - b->len)
		abort();
	for (i = 0; i < b->len; i++)
		fuzz_sink ^= b->data[i];
}

/* Only the documented errors. */
static inline void fuzz_errno(int ret)
{
	if (ret && ret != -EINVAL && ret != -EOPNOTSUPP)
		abort();
}

#endif /* CASK_SELFTESTS_FUZZ_H */
