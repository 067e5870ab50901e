/* SPDX-License-Identifier: GPL-2.0 */
/* header.h - what is put into the header of a file that is downloaded. */
#ifndef CASK_HEADER_H
#define CASK_HEADER_H

#include "../content.h"
#include "../server.h"

/**
 * struct header - a link part
 * @data: allocated; the caller frees
 * @size: bytes: all that the file has for it
 * @offset: in the file
 */
struct header {
	uint8_t *data;
	size_t size;
	uint64_t offset;
};

int header_make(const struct server *server, struct cask_db *db, const struct content *content,
		int fd, struct header *ret_header);

#endif /* CASK_HEADER_H */
