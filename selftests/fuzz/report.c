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

/* What is built of a report says the same; sections need not have been critical. */
static void build(const struct cask_report_view *r)
{
	static uint8_t out[CASK_REPORT_MAX];
	struct cask_report_view again;
	size_t size = cask_report_build(out, r);

	if (cask_report_parse(&again, out, size) || again.number != r->number ||
	    again.count != r->count || memcmp(again.series, r->series, sizeof(((struct cask_log_place *)0)->series)) ||
	    memcmp(again.entries.data, r->entries.data, r->entries.len))
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
		build(&r);
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
