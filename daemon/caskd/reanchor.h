/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reanchor.h - when records of the secure area were lost: have their distributors say that
 * they know.
 */
#ifndef CASKD_REANCHOR_H
#define CASKD_REANCHOR_H

#include <stdbool.h>

#include "distributor.h"

bool reanchor_may_help(const struct problem *p);
bool reanchor_is_wanted(const struct distributor *d);
int reanchor_distributor(struct distributor *d, struct problem *p);
bool reanchor_mends(struct distributor *d, struct problem *p);

#endif /* CASKD_REANCHOR_H */
