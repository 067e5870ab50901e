/* SPDX-License-Identifier: GPL-2.0 */
/* synchronise.h - agree with a distributor on the steps that second keys take. */
#ifndef CASKD_SYNCHRONISE_H
#define CASKD_SYNCHRONISE_H

#include <stdbool.h>

#include "distributor.h"

bool synchronise_may_help(const struct problem *p);
int synchronise_distributor(struct distributor *d, struct problem *p);

#endif /* CASKD_SYNCHRONISE_H */
