// SPDX-License-Identifier: GPL-2.0
/* key.c - COSE_Key. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cask_cose_key k;
	int ret = cask_cose_key_parse(&k, data, size);

	fuzz_errno(ret);
	if (ret)
		return 0;
	fuzz_touch(&k.n, data, size);
	fuzz_touch(&k.e, data, size);
	fuzz_touch(&k.x, data, size);
	fuzz_touch(&k.y, data, size);
	if (k.alg != CASK_ALG_RS256 && k.alg != CASK_ALG_ES256)
		abort();
	return 0;
}
