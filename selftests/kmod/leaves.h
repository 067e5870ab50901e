/* SPDX-License-Identifier: GPL-2.0 */
/* leaves.h - a small category that this device is in: its leaf, EKBs and licenses for it. */
#ifndef CASK_SELFTESTS_LEAVES_H
#define CASK_SELFTESTS_LEAVES_H

#include "category.h"
#include "world.h"

/* A tree of six steps, of subset differences, with keys of its own. */
struct category leaves_category(const struct forge_distributor *d);
/* By the name of another distributor, with the same keys. */
struct category leaves_of_another(const struct category *c, const struct forge_distributor *d);

/* The signer may be another's than the category says. */
void leaves_make_leaf(struct world *w, const struct forge_distributor *by, const struct category *c,
		      struct forge_bytes *ret);
/* For all leaves. */
void leaves_make_ekb(const struct forge_distributor *by, const struct category *c, uint32_t version,
		     struct forge_bytes *ret_statement, struct forge_bytes *ret_entries);
/* The world's license, for who opens an EKB as late as that. */
void leaves_make_license(struct world *w, const struct category *c, uint32_t version,
			 struct forge_bytes *ret);

/* Make it and bring it; 0 or -errno. */
int leaves_add(struct world *w, const struct forge_distributor *by, const struct category *c);
int leaves_add_ekb(struct world *w, const struct forge_distributor *by, const struct category *c,
		   uint32_t version);
int leaves_add_license(struct world *w, const struct category *c, uint32_t version);
/* Bring what was made, and free it or not. */
int leaves_bring(struct world *w, int cmd, int attr, const struct forge_bytes *b);
int leaves_bring_once(struct world *w, int cmd, int attr, struct forge_bytes b);
int leaves_bring_entries(struct world *w, const struct forge_bytes *entries);

#endif /* CASK_SELFTESTS_LEAVES_H */
