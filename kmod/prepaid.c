// SPDX-License-Identifier: GPL-2.0
/*
 * prepaid.c - what a metered license has logged as used, and is still to be used.
 *
 * A quantum at a time is logged, and then handed out from here. All files of a license
 * share it; the last that is closed gives back what is left. A player that is killed is
 * closed, too; a power cut takes at most what was here along, as used.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "private.h"

/**
 * cask_prepaid_is_left() - whether anything is
 * @p: of a license
 */
bool cask_prepaid_is_left(const struct cask_prepaid *p)
{
	return atomic64_read(&p->left) > 0;
}

/* As much as is left, at least @least and at most @most; 0 when less is. */
static u64 take_left(struct cask_prepaid *p, u64 least, u64 most)
{
	s64 left = atomic64_read(&p->left);
	u64 taken;

	do {
		if ((u64)left < least)
			return 0;
		taken = min_t(u64, left, most);
	} while (!atomic64_try_cmpxchg(&p->left, &left, left - taken));
	return taken;
}

/* Whole quanta, of which @least is a part; what would be too much the log refuses. */
static u64 in_quanta(const struct cask_prepaid *p, u64 least)
{
	return DIV64_U64_ROUND_UP(least, p->quantum) * p->quantum;
}

/**
 * cask_prepaid_take() - take some of what is prepaid, before it is used
 * @license: any; one that is not metered has all
 * @least: of its unit, at least 1; at most CASK_METER_MAX
 * @most: of its unit
 * @ret_taken: between the two; cask_prepaid_use() gives back what was not used
 *
 * May wait for the agent. Return: 0; -EDQUOT when so much would be unreported that a report
 * has to be acknowledged first; cask_log_use().
 */
int cask_prepaid_take(struct cask_license *license, u64 least, u64 most, u64 *ret_taken)
{
	struct cask_prepaid *p = &license->prepaid;
	int ret = 0;

	*ret_taken = most;
	if (!p->unit)
		return 0;
	while (!(*ret_taken = take_left(p, least, most)) && !ret)
		ret = cask_log_use(license, CASK_LOG_METERED, in_quanta(p, least));
	/* Who was refused may have it from another who was not. */
	return *ret_taken ? 0 : ret;
}

static void give(struct cask_prepaid *p, u64 amount)
{
	atomic64_add(amount, &p->left);
}

/**
 * cask_prepaid_logged() - something was logged as used, and may be used from now on
 * @license: metered
 * @amount: of its unit
 */
void cask_prepaid_logged(struct cask_license *license, u64 amount)
{
	atomic_set(&license->prepaid.open, 1);
	give(&license->prepaid, amount);
}

/**
 * cask_prepaid_use() - meter what was handed out under a license
 * @license: any
 * @taken: by cask_prepaid_take()
 * @bytes: of plaintext
 * @packets: jobs
 */
void cask_prepaid_use(struct cask_license *license, u64 taken, u64 bytes, u64 packets)
{
	bool second = cask_meter_add(&license->meter, bytes, packets);
	const u64 used[] = {
		[CASK_UNIT_BYTES] = bytes,
		[CASK_UNIT_PACKETS] = packets,
		[CASK_UNIT_SECONDS] = second,
	};
	u32 unit = license->prepaid.unit;

	if (unit && taken > used[unit])
		give(&license->prepaid, taken - used[unit]);
}

/**
 * cask_prepaid_end() - give back what no open file of a license needs
 * @license: any
 */
void cask_prepaid_end(struct cask_license *license)
{
	struct cask_prepaid *p = &license->prepaid;
	u64 left;

	if (!atomic_xchg(&p->open, 0))
		return;
	/* An entry says no more; what is beyond that stays used. */
	left = min_t(u64, atomic64_xchg(&p->left, 0), CASK_METER_MAX);
	/* The next that is closed gives it back. */
	if (cask_log_return(license, left) == -ENOMEM)
		cask_prepaid_logged(license, left);
}
