/* SPDX-License-Identifier: GPL-2.0 */
/*
 * turn.h - one at a time is asked for: of a content for an owner, and for a license's renewal.
 */
#ifndef CASKD_TURN_H
#define CASKD_TURN_H

#include "api.h"

/**
 * struct turn - what a call asks for
 * @wanted: what; what it borrows lives as long as this
 * @result: of it
 * @got: if that is 0
 * @problem: if not
 * @ended: what follows is known, and it is in the list no more
 * @watchers: threads that still look at this
 * @next: of the others
 */
struct turn {
	struct pending wanted;
	int result;
	struct acquired got;
	struct problem problem;
	bool ended;
	unsigned int watchers;
	struct turn *next;
};

bool turn_begin(struct turn *t);
void turn_end(struct turn *t);
int turn_result(const struct turn *t, struct acquired *ret, struct problem *p);

#endif /* CASKD_TURN_H */
