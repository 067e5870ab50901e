// SPDX-License-Identifier: GPL-2.0
/* files.c - look through a file, a stream, or all files below a directory. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "search.h"

#define OPEN_AT_ONCE	32

static ssize_t fill(void *fd, uint8_t *to, size_t size)
{
	ssize_t n = read(*(int *)fd, to, size);

	/* A pipe of the kernel's trace buffers ends by having no more now. */
	return n < 0 && errno == EAGAIN ? 0 : n < 0 ? -errno : n;
}

/**
 * search_fd() - look through what a descriptor gives until it ends
 * @place: name of it
 * @fd: readable
 */
void search_fd(const char *place, int fd)
{
	int ret = scan_run(fill, &fd, 0);

	if (ret)
		die("%s: %s", place, strerror(-ret));
	scan_report(place);
}

/**
 * search_file() - look through a file
 * @path: of it
 */
void search_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("%s: %m", path);
	search_fd(path, fd);
	close(fd);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int fd;

	if (type == FTW_DNR || type == FTW_NS)
		return -1;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	/* It may have gone since it was listed. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	search_fd(path, fd);
	close(fd);
	return 0;
}

/**
 * search_tree() - look through all files of a directory's file system below it
 * @directory: which
 */
void search_tree(const char *directory)
{
	if (nftw(directory, visit, OPEN_AT_ONCE, FTW_PHYS | FTW_MOUNT))
		die("%s: %m", directory);
}
