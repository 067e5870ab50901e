/* SPDX-License-Identifier: GPL-2.0 */
/* word.h - hear from a distributor how late it is. */
#ifndef CASKD_WORD_H
#define CASKD_WORD_H

#include "distributor.h"

int word_hear(struct distributor *d, struct problem *p);

#endif /* CASKD_WORD_H */
