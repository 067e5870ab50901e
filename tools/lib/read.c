// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * read.c - read a part of a file, whole.
 */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

/**
 * cask_read_at() - read without moving the file's position
 * @fd: the file
 * @data: where to
 * @size: bytes wanted
 * @offset: of the first, bytes
 *
 * Return: bytes read, fewer only at the end of the file; or -errno.
 */
ssize_t cask_read_at(int fd, void *data, size_t size, off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)data + done, size - done, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += n;
	}
	return done;
}
