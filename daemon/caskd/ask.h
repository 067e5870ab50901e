/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ask.h - ask a distributor for a license.
 */
#ifndef CASKD_ASK_H
#define CASKD_ASK_H

#include "distributor.h"
#include "holding.h"
#include "pending.h"

int ask_license(struct distributor *d, struct pending *request, uint8_t **ret_statement,
		size_t *ret_size, struct holding *ret, struct problem *p);
void ask_give_up(const struct pending *request);
bool ask_is_other(const struct pending *request, const struct pending *wanted);
bool ask_refused_other(const struct pending *request, const struct pending *wanted,
		       const struct problem *p);

static inline void cleanup_pending(struct pending *p)
{
	pending_clear(p);
}
#define _cleanup_pending_ _cleanup_(cleanup_pending)

#endif /* CASKD_ASK_H */
