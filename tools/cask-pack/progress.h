/* SPDX-License-Identifier: GPL-2.0 */
/* progress.h - a line that says how far the work is. */
#ifndef CASK_PROGRESS_H
#define CASK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * struct progress - a progress line on stderr
 * @shown: whether there is one at all
 * @total: bytes expected, 0 if unknown
 * @began: when
 * @drawn: when the line was last drawn
 */
struct progress {
	bool shown;
	uint64_t total;
	struct timespec began;
	struct timespec drawn;
};

void progress_begin(struct progress *p, bool wanted, uint64_t total);
void progress_update(void *progress, uint64_t done);
void progress_end(struct progress *p);

#endif /* CASK_PROGRESS_H */
