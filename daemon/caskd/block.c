// SPDX-License-Identifier: GPL-2.0
/* block.c - an EKB as it comes from a server, and is kept: statement and entries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "parse.h"

/**
 * block_read() - find the parts of an EKB, and what it says
 * @b: its data and size; the rest is filled in
 *
 * It is from a server or from the disk: the module alone can say whether to believe it, and what the
 * entries are.
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP.
 */
int block_read(struct block *b)
{
	struct cask_cose cose;
	size_t size, head = sizeof(__le32);
	int ret;

	if (b->size < head)
		return -EINVAL;
	size = cask_le32(b->data);
	if (size > CASK_STATEMENT_MAX || size > b->size - head)
		return -EINVAL;
	b->statement = (struct netlink_blob){ b->data + head, size };
	b->entries = (struct netlink_blob){ b->data + head + size, b->size - head - size };
	ret = cask_cose_parse(&cose, b->statement.data, b->statement.size) ?:
	      cask_ekb_parse(&b->says, cose.payload.data, cose.payload.len);
	if (!ret && b->entries.size != (size_t)b->says.count * CASK_EKB_ENTRY_SIZE)
		ret = -EINVAL;
	return ret;
}

/**
 * block_is_of() - whether it says that it is a category's
 * @b: read
 * @issuer: of the category
 * @category: which
 */
bool block_is_of(const struct block *b, const uint8_t issuer[CASK_KID_SIZE],
		 const uint8_t category[CASK_ID_SIZE])
{
	return !memcmp(b->says.issuer.data, issuer, CASK_KID_SIZE) &&
	       !memcmp(b->says.category.data, category, CASK_ID_SIZE);
}

/**
 * block_free() - free it
 * @b: may be zero
 */
void block_free(struct block *b)
{
	free(b->data);
	*b = (struct block){ 0 };
}
