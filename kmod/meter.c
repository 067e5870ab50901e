// SPDX-License-Identifier: GPL-2.0
/* meter.c - how much was handed out. */
#include <linux/ktime.h>

#include "private.h"

/* Forward only: who was held up between reading the clock and this counts no second anew. */
static bool count_second(struct cask_meter *meter, s64 now)
{
	s64 last = atomic64_read(&meter->last);

	while (now > last)
		if (atomic64_try_cmpxchg(&meter->last, &last, now)) {
			atomic64_inc(&meter->seconds);
			return true;
		}
	return false;
}

/**
 * cask_meter_add() - count what was handed out
 * @meter: where
 * @bytes: of plaintext, those read again included
 * @packets: jobs
 *
 * A second counts once, however much of it was used, and by however many. Return: whether
 * this one was counted by that.
 */
bool cask_meter_add(struct cask_meter *meter, u64 bytes, u64 packets)
{
	if (!bytes && !packets)
		return false;
	atomic64_add(bytes, &meter->bytes);
	atomic64_add(packets, &meter->packets);
	return count_second(meter, ktime_get_seconds());
}

#ifdef CONFIG_KUNIT
#include "test/meter.c"
#endif
