// SPDX-License-Identifier: GPL-2.0
/* enrolment.c - a device's answer. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cask_enrolment e;
	int ret = cask_enrolment_parse(&e, data, size);

	fuzz_errno(ret);
	if (ret)
		return 0;
	fuzz_touch(&e.issuer, data, size);
	fuzz_touch(&e.device_id, data, size);
	fuzz_touch(&e.device_key, data, size);
	fuzz_touch(&e.challenge, data, size);
	fuzz_touch(&e.mac, data, size);
	fuzz_touch(&e.maced, data, size);
	if (e.maced.len + e.mac.len != size || e.mac.len != CASK_MAC_SIZE)
		abort();
	return 0;
}
