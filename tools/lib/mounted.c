// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * mounted.c - which medium a file is on: its third layer is mounted through a loop
 * device, and sysfs says what that is made of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cask.h"

#define SYS_BLOCK	"/sys/dev/block"

/* A line of sysfs without its newline; -ENOENT when there is none. */
static int read_line(dev_t dev, const char *name, char *line, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%u:%u/loop/%s", SYS_BLOCK, major(dev), minor(dev), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, line, size - 1);
	close(fd);
	if (n <= 0 || line[n - 1] != '\n')
		return -ENOENT;
	line[n - 1] = 0;
	return 0;
}

/* Whether the loop device begins where the medium's third layer does. */
static int check(const char *path, uint64_t offset)
{
	struct cask_medium_head head;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;

	if (fd < 0)
		return -errno;
	ret = cask_medium_read_head(fd, &head);
	close(fd);
	if (ret)
		return ret == -EINVAL ? -ENOENT : ret;
	return head.third_offset == offset ? 0 : -ENOENT;
}

/**
 * cask_medium_find() - the medium whose third layer a file lies on
 * @fd: the file, or a directory
 * @ret_path: image file or block device; the caller frees it
 *
 * Return: 0; -ENOENT when it does not lie on a third layer that is mounted through a
 * loop device, or the image has no name any more; -EACCES when the medium cannot be read;
 * another negative errno.
 */
int cask_medium_find(int fd, char **ret_path)
{
	char path[4096 + 16], offset[32];
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return -errno;
	ret = read_line(st.st_dev, "backing_file", path, sizeof(path));
	if (!ret)
		ret = read_line(st.st_dev, "offset", offset, sizeof(offset));
	if (!ret)
		ret = check(path, strtoull(offset, NULL, 10));
	if (ret)
		return ret;
	*ret_path = strdup(path);
	return *ret_path ? 0 : -ENOMEM;
}
