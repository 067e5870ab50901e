/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scratch.h - files that a command makes on its way, and that are gone when it ends, also
 * by a signal.
 */
#ifndef CASK_SCRATCH_H
#define CASK_SCRATCH_H

void scratch_begin(void);
int scratch_add(const char *path);
void scratch_end(void);

#endif /* CASK_SCRATCH_H */
