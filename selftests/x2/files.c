// SPDX-License-Identifier: GPL-2.0
/* files.c - look through a file, a stream, or all files below a directory. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "search.h"

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

/* It may have gone since it was listed. */
static void search_found(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		die("%s: %m", path);
	search_fd(path, fd);
	close(fd);
}

static void visit(const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_F:
		search_found(entry->fts_path);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		/* What comes and goes meanwhile is passed over, but not all of it. */
		if (entry->fts_errno != ENOENT || entry->fts_level == FTS_ROOTLEVEL)
			die("%s: %s", entry->fts_path, strerror(entry->fts_errno));
	}
}

/**
 * search_tree() - look through all files of a directory's file system below it
 * @directory: which
 */
void search_tree(const char *directory)
{
	char *const paths[] = { (char *)directory, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (!tree)
		die("%s: %m", directory);
	while (errno = 0, (entry = fts_read(tree)))
		visit(entry);
	if (errno)
		die("%s: %m", directory);
	fts_close(tree);
}
