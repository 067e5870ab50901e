/* SPDX-License-Identifier: GPL-2.0 */
/* leaves.h - this device's leaves in categories, and the EKBs of those. */
#ifndef CASKD_LEAVES_H
#define CASKD_LEAVES_H

#include "distributor.h"

#define LEAVES_MAX	16	/* of a distributor */

int leaves_open(const char *dir);
void leaves_close(void);
void leaves_restore(void);
int leaves_fetch(struct distributor *d, struct problem *p);

#endif /* CASKD_LEAVES_H */
