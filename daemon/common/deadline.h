/* SPDX-License-Identifier: GPL-2.0 */
/*
 * deadline.h - sockets that must have said what they want by a time.
 */
#ifndef CASK_DEADLINE_H
#define CASK_DEADLINE_H

struct cask_deadlines;
struct cask_deadline;

int cask_deadlines_start(unsigned int seconds, struct cask_deadlines **ret_deadlines);
void cask_deadlines_stop(struct cask_deadlines *deadlines);

struct cask_deadline *cask_deadline_add(struct cask_deadlines *deadlines, int fd);
void cask_deadline_remove(struct cask_deadline *deadline);
void cask_deadline_arm(struct cask_deadline *deadline, unsigned int more_seconds);
void cask_deadline_disarm(struct cask_deadline *deadline);

#endif /* CASK_DEADLINE_H */
