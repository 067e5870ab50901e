/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crowd.h - how many connections each local user has, so that nobody takes all.
 */
#ifndef CASK_CROWD_H
#define CASK_CROWD_H

#include <stdbool.h>
#include <sys/types.h>

struct cask_crowd;

/**
 * struct cask_crowd_limits - what there is to share
 * @all: connections at a time
 * @of_user: of one user; root may have more
 * @for_root: that users leave over, all together
 */
struct cask_crowd_limits {
	unsigned int all;
	unsigned int of_user;
	unsigned int for_root;
};

struct cask_crowd *cask_crowd_new(const struct cask_crowd_limits *limits);
void cask_crowd_free(struct cask_crowd *crowd);

bool cask_crowd_enter(struct cask_crowd *crowd, uid_t uid);
void cask_crowd_leave(struct cask_crowd *crowd, uid_t uid);

#endif /* CASK_CROWD_H */
