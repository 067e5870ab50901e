/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tree.h - the distributor's categories: trees whose leaves are devices, and the EKB that each
 * has now (Documentation/formats.rst, Categories).
 */
#ifndef CASK_TREE_H
#define CASK_TREE_H

#include <jansson.h>

#include "category.h"
#include "crypto.h"
#include "server.h"

/* A device has a leaf in all of them, and a kernel keeps 64, of all distributors. */
#define TREES_MAX	16

/**
 * struct tree - a category as the server keeps it; a secret
 * @category: its keys
 * @version: of its EKB
 * @min_level: enum cask_level that a device needs for a leaf
 */
struct tree {
	struct category category;
	uint32_t version;
	uint32_t min_level;
};

/**
 * struct tree_leaf - a device's place
 * @leaf: its number
 * @version: of the category's EKB
 * @revoked: from that version on; 0: it is not
 */
struct tree_leaf {
	uint32_t leaf;
	uint32_t version;
	uint32_t revoked;
};

int tree_add(struct server *server, struct cask_db *db, struct tree *tree);
int tree_find(const struct server *server, struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	      struct tree *ret_tree);
int tree_level(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], uint32_t *ret_level);
int tree_ids(struct cask_db *db, uint8_t ret_ids[TREES_MAX][CASK_ID_SIZE], size_t *ret_count);
int tree_list(struct cask_db *db, json_t **ret_list);
int tree_leaf(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	      const uint8_t device_id[CASK_KID_SIZE], struct tree_leaf *ret_leaf);
int tree_revoke(struct server *server, struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		const uint8_t (*devices)[CASK_KID_SIZE], size_t count);
const char *tree_reason(int error);
int tree_wrapping_key(const struct tree *tree, uint32_t version, uint8_t ret_key[CASK_KEY_SIZE]);

static inline void tree_wipe(struct tree *tree)
{
	crypto_wipe(tree, sizeof(*tree));
}
#define _cleanup_tree_ _cleanup_(tree_wipe)

#endif /* CASK_TREE_H */
