/* SPDX-License-Identifier: GPL-2.0 */
/*
 * held.h - answers that wait until what they say will last; for http.c.
 */
#ifndef CASK_HELD_H
#define CASK_HELD_H

#include <stdbool.h>
#include <microhttpd.h>

/**
 * struct cask_held_answer - one that may wait
 * @next: of those that wait
 * @connection: that is suspended meanwhile
 * @wanted: it is to wait
 * @settled: it waited
 */
struct cask_held_answer {
	struct cask_held_answer *next;
	struct MHD_Connection *connection;
	bool wanted;
	bool settled;
};

struct cask_held;

int cask_held_start(void (*settle)(void *context), void *context, struct cask_held **ret_held);
void cask_held_end(struct cask_held *held);
void cask_held_free(struct cask_held *held);
bool cask_held_add(struct cask_held *held, struct cask_held_answer *answer);

#endif /* CASK_HELD_H */
