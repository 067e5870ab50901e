/* SPDX-License-Identifier: GPL-2.0 */
/*
 * refresh.h - fetch the statements of distributors anew.
 */
#ifndef CASKD_REFRESH_H
#define CASKD_REFRESH_H

#include <stdbool.h>

#include "distributor.h"

bool refresh_may_help(const struct problem *p);
int refresh_distributor(struct distributor *d);

int refresh_start(void);
void refresh_wake(void);
void refresh_look(void);
void refresh_stop(void);

#endif /* CASKD_REFRESH_H */
