// SPDX-License-Identifier: GPL-2.0
/*
 * file.c - whole files: read up to a limit, replaced so that a crash leaves
 * the old or the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"

/**
 * cask_file_fill() - read from where the file is
 * @fd: of an open file
 * @data: buffer of @size bytes
 * @size: bytes wanted
 *
 * Return: bytes read, fewer only at the end of the file; or -errno.
 */
ssize_t cask_file_fill(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (uint8_t *)data + done, size - done);

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

/**
 * cask_file_put() - write all of a buffer where the file is
 * @fd: of an open file
 * @data: @size bytes
 * @size: bytes to write
 *
 * Return: 0, or -errno when some of it may be written.
 */
int cask_file_put(int fd, const void *data, size_t size)
{
	for (const uint8_t *at = data; size;) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= n;
	}
	return 0;
}

/**
 * cask_file_read() - read a whole file
 * @path: a file of whatever kind
 * @limit: most bytes accepted
 * @ret_data: the bytes and a terminating zero; the caller frees it, by
 *	cask_file_wipe() if it is secret
 * @ret_size: bytes without the zero
 *
 * Return: 0, -EFBIG above @limit, or -errno of open or read.
 */
int cask_file_read(const char *path, size_t limit, uint8_t **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data;
	ssize_t n;

	if (fd < 0)
		return -errno;
	data = malloc(limit + 1);
	if (!data)
		return -ENOMEM;
	n = cask_file_fill(fd, data, limit + 1);
	if (n < 0 || (size_t)n > limit) {
		cask_file_wipe(data, n < 0 ? limit + 1 : (size_t)n);
		return n < 0 ? (int)n : -EFBIG;
	}
	data[n] = 0;
	*ret_data = data;
	*ret_size = n;
	return 0;
}

/**
 * cask_file_wipe() - clear and free what cask_file_read() gave
 * @data: may be NULL
 * @size: bytes to clear
 */
void cask_file_wipe(uint8_t *data, size_t size)
{
	if (data)
		explicit_bzero(data, size);
	free(data);
}

/**
 * cask_file_sync_parent() - make a new name of a file durable
 * @path: the file; its directory is synced
 *
 * Return: 0 or -errno.
 */
int cask_file_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash ? strndup(path, slash == path ? 1 : slash - path) :
					   strdup(".");
	_cleanup_close_ int fd = -1;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return -errno;
	return 0;
}

/**
 * cask_file_path() - join a directory and a name
 * @dir: directory
 * @name: relative to @dir; an absolute name stands alone
 *
 * Return: the path, which the caller frees, or NULL without memory.
 */
char *cask_file_path(const char *dir, const char *name)
{
	char *path;

	if (name[0] == '/')
		return strdup(name);
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	return path;
}

/**
 * cask_file_ends_with() - whether a name has an ending, and something before it
 * @name: of a file
 * @ending: such as ".tmp"
 *
 * Return: whether it does.
 */
bool cask_file_ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);

	return length > tail && !strcmp(name + length - tail, ending);
}

/* A new file beside @path, with a name nobody else uses. */
static int open_temporary(const char *path, mode_t mode, char **ret_name)
{
	uint64_t random;
	char *name;
	int fd;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	if (asprintf(&name, "%s.%016llx.tmp", path, (unsigned long long)random) < 0)
		return -ENOMEM;
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0) {
		free(name);
		return -errno;
	}
	*ret_name = name;
	return fd;
}

/**
 * cask_file_rename() - give a file another name, at once
 * @name: its name
 * @path: the new one, in the same file system
 * @over: also when there is a file of that name
 *
 * cask_file_sync_parent() makes it durable. Return: 0, -EEXIST, or another -errno.
 */
int cask_file_rename(const char *name, const char *path, bool over)
{
	if (!renameat2(AT_FDCWD, name, AT_FDCWD, path, over ? 0 : RENAME_NOREPLACE))
		return 0;
	/* Some file systems (9p, NFS) cannot rename without replacing, but all of those have links. */
	if (over || errno != EINVAL || link(name, path))
		return -errno;
	unlink(name);
	return 0;
}

static int publish(const char *path, const void *data, size_t size, mode_t mode,
		   bool over)
{
	char *name = NULL;
	int fd, ret;

	fd = open_temporary(path, mode, &name);
	if (fd < 0)
		return fd;
	ret = cask_file_put(fd, data, size);
	if (!ret && (fchmod(fd, mode) || fsync(fd)))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret)
		ret = cask_file_rename(name, path, over);
	if (ret)
		unlink(name);
	else
		ret = cask_file_sync_parent(path);
	free(name);
	return ret;
}

/**
 * cask_file_write() - replace or make a file, durably and at once
 * @path: the file
 * @data: its whole content
 * @size: bytes of @data
 * @mode: permissions of the new file
 *
 * Return: 0, or -errno; then the old file stands, unless syncing the
 * directory failed.
 */
int cask_file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	return publish(path, data, size, mode, true);
}

/**
 * cask_file_create() - like cask_file_write(), but never over an existing file
 * @path: the file
 * @data: its whole content
 * @size: bytes of @data
 * @mode: permissions
 *
 * Return: 0, -EEXIST, or another -errno.
 */
int cask_file_create(const char *path, const void *data, size_t size, mode_t mode)
{
	return publish(path, data, size, mode, false);
}
