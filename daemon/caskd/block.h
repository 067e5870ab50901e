/* SPDX-License-Identifier: GPL-2.0 */
/* block.h - an EKB as it comes from a server, and is kept: statement and entries. */
#ifndef CASKD_BLOCK_H
#define CASKD_BLOCK_H

#include <stdbool.h>

#include "cleanup.h"
#include "ekb.h"
#include "netlink.h"

/* Most bytes of one: 22 MB. */
#define BLOCK_MAX	(sizeof(__le32) + CASK_STATEMENT_MAX + \
			 (size_t)CASK_EKB_ENTRIES_MAX * CASK_EKB_ENTRY_SIZE)

/**
 * struct block - an EKB
 * @data: allocated
 * @size: of @data
 * @statement: in @data
 * @entries: in @data, behind the statement
 * @says: what the statement says
 */
struct block {
	uint8_t *data;
	size_t size;
	struct netlink_blob statement;
	struct netlink_blob entries;
	struct cask_ekb says;
};

int block_read(struct block *b);
bool block_is_of(const struct block *b, const uint8_t issuer[CASK_KID_SIZE],
		 const uint8_t category[CASK_ID_SIZE]);
void block_free(struct block *b);

#define _cleanup_block_ _cleanup_(block_free)

#endif /* CASKD_BLOCK_H */
