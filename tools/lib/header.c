// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * header.c - read the head of a .cask file, with the module's own parser.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "parse.h"

static void copy_text(const struct cask_bytes *from, char to[CASK_TEXT_MAX + 1])
{
	/* The parser has checked the length. */
	if (from->len)
		memcpy(to, from->data, from->len);
	to[from->len] = 0;
}

static int read_fixed(int fd, struct cask_header *h, struct cask_content *content)
{
	uint8_t data[CASK_CONTENT_FIXED_MAX];
	ssize_t n = cask_read_at(fd, data, sizeof(data), 0);
	int length, ret;

	if (n < 0)
		return n;
	length = cask_content_length(data, n);
	if (length < 0)
		return length;
	if (length > n)
		return -EINVAL;
	ret = cask_content_parse(content, data, length);
	if (ret)
		return ret;
	memcpy(h->content_id, content->content_id.data, sizeof(h->content_id));
	memcpy(h->issuer, content->issuer.data, sizeof(h->issuer));
	copy_text(&content->media_type, h->media_type);
	copy_text(&content->title, h->title);
	h->suite = content->suite;
	h->block_size = content->block_size;
	h->plain_size = content->plain_size;
	h->data_offset = content->data_offset;
	return 0;
}

/* A hint: what is unreadable is as good as nothing. */
static int read_link(int fd, struct cask_header *h, const struct cask_content *content)
{
	uint8_t *data = malloc(content->link_capacity + 1);
	struct cask_link link;
	ssize_t n;

	if (!data)
		return -ENOMEM;
	n = cask_read_at(fd, data, content->link_capacity, content->link_offset);
	if (n >= 0 && !cask_link_parse(&link, data, n)) {
		h->has_license = link.license_id.data;
		if (h->has_license)
			memcpy(h->license_id, link.license_id.data, sizeof(h->license_id));
		copy_text(&link.url, h->url);
	}
	free(data);
	return n < 0 ? n : 0;
}

/**
 * cask_header_read() - read the head of a .cask file
 * @fd: the file; its position does not change
 * @ret_header: filled in on success
 *
 * Return: 0; -EINVAL when it is not a .cask file or malformed; -EOPNOTSUPP when
 * a newer version made it; -ENOMEM; -errno of reading.
 */
int cask_header_read(int fd, struct cask_header *ret_header)
{
	struct cask_header h = { 0 };
	struct cask_content content;
	int ret;

	ret = read_fixed(fd, &h, &content);
	if (!ret)
		ret = read_link(fd, &h, &content);
	if (!ret)
		*ret_header = h;
	return ret;
}

/**
 * cask_header_file_size() - bytes of the whole .cask file, by what its head says
 * @header: from cask_header_read()
 *
 * Return: bytes; of a file that is shorter the last blocks are missing.
 */
uint64_t cask_header_file_size(const struct cask_header *header)
{
	uint64_t blocks = (header->plain_size + header->block_size - 1) / header->block_size;

	if (header->suite == CASK_SUITE_AES_128_CBC)
		return header->data_offset + blocks * CASK_CBC_OVERHEAD +
		       (header->plain_size + 15) / 16 * 16;
	return header->data_offset + blocks * CASK_GCM_OVERHEAD + header->plain_size;
}
