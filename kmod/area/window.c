// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * window.c - which steps of a series were used: the latest, and a bitmap of those before.
 *
 * Answers of a distributor may be lost, and may overtake each other. A step beyond the
 * latest is taken when no more than the window were lost; those passed over stay good as
 * long as they are in the window, and each is good once.
 */
#include "area.h"

_Static_assert(CASK_STEP_WINDOW == 8 * sizeof(__u64), "a bit for each step");
_Static_assert(sizeof(struct cask_step_record) == 24, "cask_step_record");

/* A step beyond the latest: by how much is known to be small. */
static void pass_on(struct cask_window *w, __u64 number)
{
	__u64 ahead = number - w->last;

	w->used = ahead < CASK_STEP_WINDOW ? w->used << ahead | 1 : 1;
	w->last = number;
}

/**
 * cask_window_begin() - agree on a step
 * @w: set up: nothing up to @number is good
 * @number: of the step before the first
 */
void cask_window_begin(struct cask_window *w, __u64 number)
{
	w->last = number;
	w->used = ~0ULL;
}

/**
 * cask_window_go_on() - agree on a later step of the same series
 * @w: of its series
 * @number: nothing up to it is good any more; where the latest that was used is later, nothing
 *	has changed
 */
void cask_window_go_on(struct cask_window *w, __u64 number)
{
	if (number > w->last)
		cask_window_begin(w, number);
}

/**
 * cask_window_take() - use a step
 * @w: of its series
 * @number: of the step
 *
 * Return: 0, and it is used; -EL2NSYNC when so many were lost before it that both have to
 * agree anew; -ESTALE when it comes so late that nobody knows whether it was used;
 * -EKEYREVOKED when it was. Nothing has changed then.
 */
int cask_window_take(struct cask_window *w, __u64 number)
{
	__u64 bit;

	if (number > w->last) {
		if (number - w->last > CASK_STEP_WINDOW)
			return -EL2NSYNC;
		pass_on(w, number);
		return 0;
	}
	if (w->last - number >= CASK_STEP_WINDOW)
		return -ESTALE;
	bit = 1ULL << (w->last - number);
	if (w->used & bit)
		return -EKEYREVOKED;
	w->used |= bit;
	return 0;
}
