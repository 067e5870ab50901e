// SPDX-License-Identifier: GPL-2.0
/*
 * content.c - which content somebody means.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "program.h"

/* The head of a file names content and distributor. */
static int from_file(const struct context *c, const char *path, struct cask_header *ret_header)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return output_file_error(c, path, -errno, strerror(errno));
	ret = cask_header_read(fd, ret_header);
	close(fd);
	return ret ? output_file_error(c, path, ret, cask_strerror(ret)) : STATUS_OK;
}

/**
 * content_find() - which content somebody means
 * @c: the command
 * @text: an id, or the path of a .cask file
 * @ret_content_id: the content
 * @issuer: hex, what the user said; NULL: set to what the file says, if it is one
 * @room: for that
 *
 * Return: exit status.
 */
int content_find(const struct context *c, const char *text, uint8_t ret_content_id[CASK_ID_SIZE],
		 const char **issuer, char room[CASK_KID_TEXT_SIZE])
{
	struct cask_header header;
	int ret;

	if (!cask_id_parse(text, ret_content_id))
		return STATUS_OK;
	ret = from_file(c, text, &header);
	if (ret)
		return ret;
	memcpy(ret_content_id, header.content_id, CASK_ID_SIZE);
	if (!*issuer)
		*issuer = cask_hex(header.issuer, CASK_KID_SIZE, room);
	return STATUS_OK;
}
