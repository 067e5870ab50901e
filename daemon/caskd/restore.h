/* SPDX-License-Identifier: GPL-2.0 */
/*
 * restore.h - tell a module that knows nothing of us what we hold.
 */
#ifndef CASKD_RESTORE_H
#define CASKD_RESTORE_H

void restore_all(void);

#endif /* CASKD_RESTORE_H */
