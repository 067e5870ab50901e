/* SPDX-License-Identifier: GPL-2.0 */
/*
 * category.h - a tree of devices as its issuer has it: the keys of its leaves, and
 * EKBs for all of them but the revoked (Documentation/formats.rst, Categories).
 */
#ifndef CASK_COMMON_CATEGORY_H
#define CASK_COMMON_CATEGORY_H

#include "aes.h"
#include "cose.h"
#include "object.h"

/**
 * struct category - a category; @master and @seed are secrets
 * @id: of the category, not all zero
 * @issuer: thumbprint of the root key whose scope names the signer
 * @scheme: enum cask_scheme
 * @height: of the tree, 1..CASK_HEIGHT_MAX
 * @master: all labels are made from it
 * @seed: all root keys are made from it
 */
struct category {
	uint8_t id[CASK_ID_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint32_t scheme;
	uint32_t height;
	uint8_t master[CASK_KEY_SIZE];
	uint8_t seed[CASK_KEY_SIZE];
};

/**
 * struct category_ekb - what an EKB is to be
 * @version: 1..CASK_EKB_VERSIONS; above that of each whose revoked were others
 * @created: seconds since 1970
 * @revoked: leaves, strictly ascending
 * @n_revoked: how many
 */
struct category_ekb {
	uint32_t version;
	uint64_t created;
	const uint32_t *revoked;
	size_t n_revoked;
};

/**
 * struct category_leaf - a LEAF to make
 * @created: seconds since 1970
 * @leaf: in the tree, nobody else's
 * @device_key: X25519 public key of whose it is
 */
struct category_leaf {
	uint64_t created;
	uint32_t leaf;
	uint8_t device_key[CASK_X25519_SIZE];
};

int category_labels(const struct category *c, struct cask_aes *aes, uint32_t leaf,
		    uint8_t *ret_labels);
int category_root(const struct category *c, struct cask_aes *aes, uint32_t version,
		  uint8_t ret_root[CASK_KEY_SIZE]);

/* Statement and entries are allocated; the caller frees. */
int category_ekb(const struct category *c, const struct cose_signer *signer,
		 const struct category_ekb *ekb, uint8_t **ret_statement, size_t *ret_size,
		 uint8_t **ret_entries, size_t *ret_entries_size);
int category_leaf(const struct category *c, const struct cose_signer *signer,
		  const struct category_leaf *leaf, uint8_t **ret_statement, size_t *ret_size);

/* Their steps. */
void category_leaf_body(struct object *o, const struct category *c,
			const struct category_leaf *leaf, const uint8_t device_id[CASK_KID_SIZE]);
int category_ekb_body(struct object *o, const struct category *c, struct cask_aes *aes,
		      const struct category_ekb *ekb, uint8_t **ret_entries, size_t *ret_size);

#endif /* CASK_COMMON_CATEGORY_H */
