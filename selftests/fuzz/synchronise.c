// SPDX-License-Identifier: GPL-2.0
/* synchronise.c - a distributor's step. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cask_synchronise_view s;
	int ret = cask_synchronise_parse(&s, data, size);

	fuzz_errno(ret);
	if (ret)
		return 0;
	fuzz_touch(&s.nonce, data, size);
	fuzz_touch(&s.issuer, data, size);
	fuzz_touch(&s.device_id, data, size);
	fuzz_touch(&s.step, data, size);
	fuzz_touch(&s.mac, data, size);
	fuzz_touch(&s.maced, data, size);
	if (s.nonce.len != CASK_NONCE_SIZE || s.step.len != sizeof(struct cask_step) ||
	    s.mac.len != CASK_MAC_SIZE || s.maced.len + s.mac.len != size)
		abort();
	return 0;
}
