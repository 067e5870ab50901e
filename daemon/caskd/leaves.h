/* SPDX-License-Identifier: GPL-2.0 */
/* leaves.h - this device's leaves in categories, and the EKBs of those. */
#ifndef CASKD_LEAVES_H
#define CASKD_LEAVES_H

#include "distributor.h"

#define LEAVES_MAX	16	/* of a distributor */
/* For all EKBs of a distributor, when somebody waits for them; libcask waits for caskd for 300. */
#define LEAVES_SECONDS	200

int leaves_open(const char *dir);
void leaves_close(void);
void leaves_restore(void);

/* Whether an EKB of this category is wanted. */
typedef bool leaves_wants(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE]);

int leaves_fetch(struct distributor *d, unsigned int seconds, struct problem *p);
int leaves_look(struct distributor *d, leaves_wants *wants, unsigned int seconds, struct problem *p);

#endif /* CASKD_LEAVES_H */
