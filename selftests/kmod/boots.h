/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boots.h - boots of one device: the module is loaded with a root that it has again, and taken
 * away. For programs that have a session keyring of their own and no module loaded.
 */
#ifndef CASK_SELFTESTS_BOOTS_H
#define CASK_SELFTESTS_BOOTS_H

#include "world.h"

/* A world with @b installed as well; NULL, with a reason on stderr. */
struct world *boots_begin(struct forge_distributor *b);
/* Another boot, with the same license, which is not installed yet, content and disk. */
struct world *boots_next(struct world *old, struct forge_distributor *b);
void boots_end(struct world *w);
/*
 * The first of them: in a session keyring of its own, with another distributor "b", and a content of
 * 100 bytes; NULL, with a reason on stderr.
 */
struct world *boots_new(struct forge_distributor **ret_b);
void boots_free(struct world *w, struct forge_distributor *b);
/* A distributor shows that it is so late, by a license for something else; 0 or -errno. */
int sign_time(struct world *w, const struct forge_distributor *d, time_t when);
/* Of the machine, since it is on: what a distributor signed of the time goes on with it. */
time_t boot_seconds(void);

/* The world's license is from and to so many seconds after @now; 0: open. */
void set_period(struct world *w, time_t now, time_t from, time_t to);

#endif /* CASK_SELFTESTS_BOOTS_H */
