// SPDX-License-Identifier: GPL-2.0
/*
 * medium.c - the medium that a content lies on, or that was named, with its licenses.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

static int explain(const char *path, int error)
{
	fprintf(stderr, "cask-play: %s: %s (%s)\n", path, cask_medium_strerror(error),
		strerrorname_np(-error));
	return STATUS_FAILED;
}

/* What counts moves the second layer on; everything else plays from a medium that is read only. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens the medium, with a license of its class if need be. */
static int open_layers(const struct play *p, const char *path, int fd, int *ret_medium)
{
	struct cask_medium_head head;
	int medium, ret = cask_medium_read_head(fd, &head);

	if (ret)
		return explain(path, ret);
	medium = cask_medium_open(fd);
	if (medium == -ENOKEY) {
		ret = acquire_class(p, &head);
		if (ret)
			return ret;
		medium = cask_medium_open(fd);
	}
	if (medium < 0)
		return explain(path, medium);
	*ret_medium = medium;
	return 0;
}

static int open_medium(const struct play *p, const char *path, int *ret_medium)
{
	int fd = open_file(path), ret;

	if (fd < 0) {
		fprintf(stderr, "cask-play: %s: %s\n", path, strerror(-fd));
		return STATUS_FAILED;
	}
	ret = open_layers(p, path, fd, ret_medium);
	close(fd);
	return ret;
}

/**
 * medium_open() - open the medium to play from
 * @p: may name it
 * @content: lies on the third layer of one, perhaps
 * @ret_medium: from cask_medium_open(), or -1 when there is none
 *
 * A medium that was only found, and does not open, is as good as none: the device may
 * have a license of its own.
 *
 * Return: 0, or an exit status after saying why.
 */
int medium_open(const struct play *p, int content, int *ret_medium)
{
	char *path;

	*ret_medium = -1;
	if (p->medium)
		return open_medium(p, p->medium, ret_medium);
	if (cask_medium_find(content, &path))
		return 0;
	open_medium(p, path, ret_medium);
	free(path);
	return 0;
}
