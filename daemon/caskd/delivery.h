/* SPDX-License-Identifier: GPL-2.0 */
/*
 * delivery.h - bring reports of use from the module to distributors, and their word back.
 */
#ifndef CASKD_DELIVERY_H
#define CASKD_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "distributor.h"

/**
 * struct delivery - what waits, as far as is known, and what does not
 * @entries: of the log that are not acknowledged, as it was reported last
 * @since: when the first of them was logged, seconds since 1970
 * @reported: entries that were acknowledged, since caskd was started
 * @code: of the problem that the last try came to, "" for none
 */
struct delivery {
	uint32_t entries;
	uint64_t since;
	uint64_t reported;
	char code[PROBLEM_CODE_MAX + 1];
};

void delivery_of(const struct distributor *d, struct delivery *ret);
int delivery_start(void);
void delivery_wake(bool at_once);
void delivery_stop(void);

#endif /* CASKD_DELIVERY_H */
