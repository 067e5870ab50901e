/* SPDX-License-Identifier: GPL-2.0 */
/*
 * master.h - make a medium: the licensing side's Figs. 2 and 5.
 */
#ifndef CASK_MASTER_H
#define CASK_MASTER_H

#include "../license/issue.h"
#include "medium.h"

/**
 * struct master_content - a content that a medium is to have
 * @id: content id
 * @path: its file; NULL: the store's, if it has one
 */
struct master_content {
	uint8_t id[CASK_ID_SIZE];
	const char *path;
};

/**
 * struct master_order - a medium to be made
 * @path: of the file or block device
 * @size: bytes of it; 0: all of the block device
 * @force: over what is there
 * @slot_size: bytes of a slot of the second layer
 * @class_id: of its class
 * @locked: its second layer is one apparatus's alone
 * @apparatus: that device's X25519 public key
 * @contents: licensed on it
 * @n_contents: how many
 * @files: anything else for the third layer
 * @n_files: how many
 * @say: told what is being done, for people; NULL: nobody is
 */
struct master_order {
	const char *path;
	uint64_t size;
	bool force;
	uint32_t slot_size;
	uint8_t class_id[CASK_ID_SIZE];
	bool locked;
	uint8_t apparatus[CASK_X25519_SIZE];
	const struct master_content *contents;
	size_t n_contents;
	const char *const *files;
	size_t n_files;
	void (*say)(const char *what, const char *which);
};

/**
 * struct master - a medium being made
 * @order: what is wanted
 * @medium: what its first layer says
 * @class_level: enum cask_level that a device needs for the key of its class
 * @keys: of it; a secret
 * @issues: a license for each content
 * @at: what was being done when it failed: a content id or a path, of @order or @text
 * @text: room for an id
 */
struct master {
	const struct master_order *order;
	struct medium medium;
	uint32_t class_level;
	struct medium_keys keys;
	struct issue *issues;
	const char *at;
	char text[2 * CASK_ID_SIZE + 1];
};

int master_make(struct server *server, const struct master_order *order, struct master *ret_master);
void master_free(struct master *master);

#endif /* CASK_MASTER_H */
