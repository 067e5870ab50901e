/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tries.h - how often passwords may be guessed.
 */
#ifndef CASK_TRIES_H
#define CASK_TRIES_H

#include <stdint.h>

#include "db/db.h"

#define TRIES_WHO_SIZE	32
#define TRIES_SECONDS	900	/* from the first that did not fit */
#define TRIES_RETRY_AFTER "900"	/* the same, for a header */
#define TRIES_OF_USER	10	/* within that time */
#define TRIES_OF_DEVICE	30

int tries_take(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE], int64_t max);
int tries_give(struct cask_db *db, const uint8_t who[TRIES_WHO_SIZE]);

#endif /* CASK_TRIES_H */
