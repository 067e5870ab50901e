// SPDX-License-Identifier: GPL-2.0
/*
 * header.c - the key of a content, put into its header for who downloads it (Figs. 8, 9).
 *
 * The file in the store stays as it is. What leaves has the key under the EKB that the category
 * has now, so that who was taken out of it does not get it by downloading anew.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto.h"
#include "header.h"
#include "license.h"
#include "link.h"
#include "parse.h"
#include "../tree.h"

static int read_at(int fd, void *data, size_t size, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, data, size, offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (size_t)n == size ? 0 : -EIO;
}

/* The store's file, which was checked when it came. */
static int read_fixed(int fd, uint8_t data[CASK_CONTENT_FIXED_MAX], struct cask_content *ret_fixed)
{
	int ret = read_at(fd, data, CASK_CONTENT_FIXED_MAX, 0);
	int length = ret ? ret : cask_content_length(data, CASK_CONTENT_FIXED_MAX);

	return length < 0 ? length : cask_content_parse(ret_fixed, data, length);
}

static int current_root(const struct server *server, struct cask_db *db,
			const uint8_t category[CASK_ID_SIZE], struct license_root *root)
{
	_cleanup_tree_ struct tree tree = { 0 };
	int ret = tree_find(server, db, category, &tree);

	if (ret)
		return ret == -ESRCH ? -EIO : ret;
	memcpy(root->category, category, sizeof(root->category));
	root->version = tree.version;
	return tree_wrapping_key(&tree, tree.version, root->wrap);
}

static int wrap_key(const struct server *server, struct cask_db *db, const struct content *content,
		    const struct cask_content *fixed, uint8_t ret_slot[CASK_EKB_SLOT_SIZE])
{
	struct cask_link_aad file = { .suite = htole32(fixed->suite) };
	struct license_root root = { 0 };
	uint8_t key[CASK_KEY_SIZE];
	struct content now;
	int ret = content_find_key(db, &server->vault, content->id, &now, key);

	memcpy(file.content_id, fixed->content_id.data, sizeof(file.content_id));
	memcpy(file.issuer, fixed->issuer.data, sizeof(file.issuer));
	/* Added anew meanwhile, it has another. */
	if (!ret && memcmp(now.sha256, content->sha256, sizeof(now.sha256)))
		ret = -EBUSY;
	if (!ret)
		ret = current_root(server, db, content->category_id, &root);
	if (!ret)
		ret = link_key(&file, &root, key, ret_slot);
	crypto_wipe(&root, sizeof(root));
	crypto_wipe(key, sizeof(key));
	return ret;
}

/* What the packer wrote stays, but for a key. */
static int put_key(const struct header *h, const uint8_t slot[CASK_EKB_SLOT_SIZE])
{
	struct link_fields fields = { .key = slot };
	struct cask_link link;
	uint8_t *part;
	size_t size;
	int ret;

	if (!cask_link_parse(&link, h->data, h->size)) {
		fields.license_id = link.license_id.data;
		fields.url = (const char *)link.url.data;
		fields.url_size = link.url.len;
	}
	ret = link_make(&fields, &part, &size);
	if (ret)
		return ret;
	if (size > h->size)
		ret = -ENOSPC;
	memset(h->data, 0, h->size);
	if (!ret)
		memcpy(h->data, part, size);
	free(part);
	return ret;
}

/**
 * header_make() - a file's link part with the key for the leaves of its category
 * @server: open
 * @db: connection
 * @content: on offer, with its key in the header
 * @fd: its file
 * @ret_header: what stands in place of the file's own
 *
 * The same bytes for as long as the category has the same EKB. Return: 0, -ESRCH when the content is
 * on offer no more, -EIO for a file that is damaged, or another -errno.
 */
int header_make(const struct server *server, struct cask_db *db, const struct content *content,
		int fd, struct header *ret_header)
{
	uint8_t data[CASK_CONTENT_FIXED_MAX], slot[CASK_EKB_SLOT_SIZE];
	struct cask_content fixed;
	struct header h = { 0 };
	int ret = read_fixed(fd, data, &fixed);

	if (ret)
		return ret == -EINVAL || ret == -EOPNOTSUPP ? -EIO : ret;
	ret = wrap_key(server, db, content, &fixed, slot);
	if (ret)
		return ret;
	h.offset = fixed.link_offset;
	h.size = fixed.link_capacity;
	h.data = malloc(h.size);
	if (!h.data)
		return -ENOMEM;
	ret = read_at(fd, h.data, h.size, h.offset);
	if (!ret)
		ret = put_key(&h, slot);
	if (ret)
		free(h.data);
	else
		*ret_header = h;
	return ret;
}
