/* SPDX-License-Identifier: GPL-2.0 */
/*
 * restore.h - tell the module what we hold and it does not know.
 */
#ifndef CASKD_RESTORE_H
#define CASKD_RESTORE_H

#include <stdbool.h>

#include "holding.h"

void restore_all(void);
void restore_issuer(const uint8_t issuer[CASK_KID_SIZE]);
bool restore_waiting(void);
void restore_note(const struct holding *h, int error);

#endif /* CASKD_RESTORE_H */
