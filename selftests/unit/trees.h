/* SPDX-License-Identifier: GPL-2.0 */
/* trees.h - trees with revoked leaves, and EKBs of them, that covers.c, ekb.c, entries.c and leaf.c look at. */
#ifndef CASK_SELFTESTS_TREES_H
#define CASK_SELFTESTS_TREES_H

#include "unit.h"
#include "category.h"
#include "cleanup.h"

#define LARGE	20

extern const uint32_t schemes[2];
/* Of the program's own: aes_new(). */
extern struct cask_aes *aes;

uint32_t draw(void);
/* The leaves whose bits are set; how many. */
size_t subset_of(uint32_t bits, uint32_t *revoked);
/* Up to @n leaves of a tree, ascending, each once; how many. */
size_t draw_revoked(unsigned int height, uint32_t *revoked, size_t n);
bool is_in(uint32_t leaf, const uint32_t *revoked, size_t n);

/* An EKB in memory that ends where it ends. */
struct made {
	struct cask_ekb e;
	uint8_t *payload, *entries;
	size_t size, entries_size;
};

/* With the names and keys of ekb_vectors.h. */
struct category category_of(uint32_t scheme, uint32_t height);
void make(const struct category *c, uint32_t version, const uint32_t *revoked, size_t n,
	  struct made *m);
void unmake(struct made *m);
struct cose_signer signer_of(EVP_PKEY **ret_pkey);

#endif /* CASK_SELFTESTS_TREES_H */
