/* SPDX-License-Identifier: GPL-2.0 */
/* counted.h - licenses that count: asked for, installed, opened while the agent is served. */
#ifndef CASK_SELFTESTS_COUNTED_H
#define CASK_SELFTESTS_COUNTED_H

#include <pthread.h>
#include <stdatomic.h>

#include "world.h"

/* A nonce of the world's distributor; 0 or -errno. */
int draw(struct world *w, uint8_t *nonce);
int drop(struct world *w, const uint8_t *nonce);
/* Make the world's license one that may be opened so often, asked for properly. */
int ask_for(struct world *w, uint32_t opens);
/* The same, and install it. */
int install(struct world *w, uint32_t opens);
/* The world's license as it stands, to be brought again: made anew it is sealed otherwise. */
struct forge_bytes signed_license(struct world *w);
int bring_license(struct world *w, const struct forge_bytes *license);
/* As install(), and keep the statement. */
int install_kept(struct world *w, uint32_t opens, struct forge_bytes *ret);
/* The agent dies, and another one has slots that were kept. */
void put_back(struct world *w, const struct agent_disk *kept);

/* Who opens w->path in a thread, which has to be served meanwhile. */
struct opener {
	struct world *w;
	pthread_t thread;
	atomic_int tid;
	int ret;
	atomic_bool done;
};

void start(struct opener *o, struct world *w);
/* Until it waits for its use to be on disk, which nothing but a fatal signal interrupts. */
void await_waiting(struct opener *o);
/* The same of a thread that stores its id there. */
void await_thread(atomic_int *tid);
/* The descriptor or -errno. */
int finish(struct opener *o);
/* All of it. */
int open_counted(struct world *w);
/* It opens, and closes. */
int use(struct world *w);
/* A count of the world's license, or ~0U. */
uint32_t count_of(struct world *w, int attr);
/* How often it may still be opened. */
uint32_t left(struct world *w);

/* Ask for the nonce of a loss, and bring a distributor's word on it; 0 or -errno. */
int ask(struct world *w, const struct forge_distributor *d, uint8_t *nonce);
int bring_bytes(struct world *w, const void *statement, size_t size);
int bring(struct world *w, const struct forge_distributor *d, const struct forge_reanchor *r);
/* What it ought to say. */
struct forge_reanchor right(struct world *w, const struct forge_distributor *d);
int reanchor(struct world *w, const struct forge_distributor *d);
/* enum cask_area_state */
uint32_t area_state(struct world *w);

#endif /* CASK_SELFTESTS_COUNTED_H */
