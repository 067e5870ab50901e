// SPDX-License-Identifier: GPL-2.0
/*
 * source_stream.c - record from standard input, a pipe or a file. What has gone by does
 * not come again, so this always begins anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "recording.h"

static int copy(struct recording *r, int fd, const char *path)
{
	char data[65536];

	while (!recording_whole(r)) {
		ssize_t n = read(fd, data, sizeof(data));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cask_error_file(r->error, errno, path);
		if (!n)
			return 0;	/* recording_publish() says what is missing */
		if (recording_append(r, data, n))
			return -1;
	}
	return 0;
}

/**
 * source_stream() - record until the end of a stream, or of the content
 * @r: open
 * @path: "-" for standard input
 *
 * Return: 0 or -1.
 */
int source_stream(struct recording *r, const char *path)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return cask_error_file(r->error, errno, path);
	ret = cask_piece_begin(&r->piece, "", r->error) ? -1 : copy(r, fd, path);
	if (!standard)
		close(fd);
	return ret;
}
