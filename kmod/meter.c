// SPDX-License-Identifier: GPL-2.0
/* meter.c - how much was handed out. */
#include <linux/ktime.h>

#include "private.h"

/**
 * cask_meter_add() - count what was handed out
 * @meter: where
 * @bytes: of plaintext, those read again included
 * @packets: jobs
 *
 * A second counts once, however much of it was used, and by however many.
 */
void cask_meter_add(struct cask_meter *meter, u64 bytes, u64 packets)
{
	s64 now = ktime_get_seconds();

	if (!bytes && !packets)
		return;
	atomic64_add(bytes, &meter->bytes);
	atomic64_add(packets, &meter->packets);
	if (atomic64_read(&meter->last) != now && atomic64_xchg(&meter->last, now) != now)
		atomic64_inc(&meter->seconds);
}
