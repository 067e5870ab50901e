// SPDX-License-Identifier: GPL-2.0
/* report.c - a device's uses, and a distributor's word on them. */
#include "fuzz.h"

static void touch(const struct cask_report_view *r, const uint8_t *data, size_t size)
{
	const struct cask_bytes series = { r->series, sizeof(((struct cask_log_place *)0)->series) };

	fuzz_touch(&r->issuer, data, size);
	fuzz_touch(&r->device_id, data, size);
	fuzz_touch(&series, data, size);
	fuzz_touch(&r->mac, data, size);
	fuzz_touch(&r->maced, data, size);
	if (!r->number || r->mac.len != CASK_MAC_SIZE || r->maced.len + r->mac.len != size)
		abort();
}

/* What a report says is what is built of it, but for the MAC. */
static void build(const struct cask_report_view *r, const uint8_t *data, size_t size)
{
	static uint8_t out[CASK_REPORT_MAX];
	size_t built = cask_report_build(out, r);

	/* One with sections that nobody knows is longer. */
	if (built > size || (built == size && memcmp(out, data, size - CASK_MAC_SIZE)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cask_report_view r;
	int ret = cask_report_parse(&r, data, size);

	fuzz_errno(ret);
	if (!ret) {
		touch(&r, data, size);
		fuzz_touch(&r.entries, data, size);
		if (!r.count || r.count > CASK_LOG_ENTRIES_MAX ||
		    r.entries.len != r.count * sizeof(struct cask_log_entry))
			abort();
		build(&r, data, size);
		return 0;
	}
	ret = cask_acknowledgement_parse(&r, data, size);
	fuzz_errno(ret);
	if (ret)
		return 0;
	touch(&r, data, size);
	if (r.count)
		abort();
	return 0;
}
