// SPDX-License-Identifier: GPL-2.0
/* jwk.c - a content key as cask-server reads it. */
#include <string.h>

#include "fuzz.h"
#include "jwk.h"

/* Wiped, or never touched. */
static bool clean(const struct jwk *jwk)
{
	const uint8_t *p = (const uint8_t *)jwk;

	return (*p == 0 || *p == 0xa5) && !memcmp(p, p + 1, sizeof(*jwk) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jwk jwk;
	int ret;

	memset(&jwk, 0xa5, sizeof(jwk));
	ret = jwk_parse((const char *)data, size, &jwk);
	fuzz_errno(ret);
	if (ret && !clean(&jwk))
		abort();
	return 0;
}
