/* SPDX-License-Identifier: GPL-2.0 */
/* asking.h - what is asked of the device about the world's content, while the agent is served. */
#ifndef CASK_SELFTESTS_ASKING_H
#define CASK_SELFTESTS_ASKING_H

#include "world.h"

/* An ioctl of /dev/cask with a file. */
struct asking {
	const char *path;
	unsigned long number;
	struct cask_open arg;
};

/* For served(), of a struct asking: 0 or -errno. */
int call_asking(void *asking);
/* The same of CASK_IOC_OPEN: the descriptor or -errno. */
int open_asking(void *asking);

/* Open w->path to record it; the descriptor or -errno. */
int record_it(struct world *w);
/* Accept w->path; 0 or -errno. */
int accept_it(struct world *w);
/* Another license for the same content, in the place of the last. */
int install_another(struct world *w);

#endif /* CASK_SELFTESTS_ASKING_H */
