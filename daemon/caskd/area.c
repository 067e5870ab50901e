// SPDX-License-Identifier: GPL-2.0
/*
 * area.c - the slots of the device's secure area on disk.
 *
 *	DIR/area/<device id>.<slot>		".ephemeral" behind it of a device that
 *						is gone with its module
 *
 * A slot is written in place: the module never writes the one that it would need
 * if that were cut short. Called by one thread at a time, with the agent's mutex.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "area.h"
#include "cleanup.h"
#include "file.h"
#include "log.h"
#include "text.h"

#define EPHEMERAL	".ephemeral"
#define NAME_MAX_	(2 * CASK_KID_SIZE + 2 + sizeof(EPHEMERAL))

/* A slot has room on disk before it is needed, in steps of this. */
#define STEP		65536

static int dir_fd = -1;

/* Whether a slot may have a name in memory only; of what was before us nothing is known. */
static bool names_unsynced;

/* On a file system that became read-only what is there can still be read. */
static int make_dir(const char *path)
{
	int ret;

	if (mkdir(path, 0700) && errno != EEXIST)
		return errno == EROFS ? 0 : -errno;
	/* Also of one that is there: who made it may have come no further. */
	ret = cask_file_sync_parent(path);
	return ret == -EROFS ? 0 : ret;
}

/**
 * area_open() - have the directory of the slots
 * @state: caskd's own directory
 *
 * Return: 0 or a negative errno.
 */
int area_open(const char *state)
{
	_cleanup_free_ char *path = cask_file_path(state, "area");
	int ret = path ? make_dir(path) : -ENOMEM;

	if (ret)
		return ret;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	names_unsynced = true;
	return dir_fd < 0 && errno != ENOENT ? -errno : 0;
}

/** area_close() - forget it */
void area_close(void)
{
	if (dir_fd >= 0)
		close(dir_fd);
	dir_fd = -1;
}

static void name_slot(const struct area_place *p, char name[NAME_MAX_])
{
	char id[2 * CASK_KID_SIZE + 1];

	text_hex(p->device_id, CASK_KID_SIZE, id);
	snprintf(name, NAME_MAX_, "%s.%u%s", id, p->slot & 1,
		 p->root == CASK_ROOT_EPHEMERAL ? EPHEMERAL : "");
}

static int check(const struct area_place *p)
{
	return p->slot > 1 || p->size > CASK_STORE_DATA_MAX || p->offset > CASK_AREA_MAX ||
	       p->size > CASK_AREA_MAX - p->offset ? -EINVAL : 0;
}

/**
 * area_read() - read a part of a slot
 * @p: which
 * @data: its size bytes
 * @ret_size: bytes that were there
 *
 * Return: 0 or a negative errno.
 */
int area_read(const struct area_place *p, void *data, size_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	char name[NAME_MAX_];
	ssize_t n;
	int ret = check(p);

	if (ret)
		return ret;
	*ret_size = 0;
	name_slot(p, name);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT || dir_fd < 0 ? 0 : -errno;
	if (lseek(fd, p->offset, SEEK_SET) < 0)
		return -errno;
	n = cask_file_fill(fd, data, p->size);
	if (n < 0)
		return n;
	*ret_size = n;
	return 0;
}

/* Devices that cannot come back. */
static void forget_ephemeral(const char *but)
{
	_cleanup_close_ int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	size_t suffix = strlen(EPHEMERAL), id = 2 * CASK_KID_SIZE;
	struct dirent *entry;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		return;
	steal_fd(&fd);
	rewinddir(d);
	while ((entry = readdir(d))) {
		size_t length = strlen(entry->d_name);

		if (length > suffix && !strcmp(entry->d_name + length - suffix, EPHEMERAL) &&
		    strncmp(entry->d_name, but, id))
			unlinkat(dir_fd, entry->d_name, 0);
	}
	closedir(d);
}

static int make_slot(const struct area_place *p, const char *name)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir_fd, name, flags);

	if (fd < 0 && errno == ENOENT) {
		fd = openat(dir_fd, name, flags | O_CREAT, 0600);
		names_unsynced = true;
		if (fd >= 0 && p->root == CASK_ROOT_EPHEMERAL)
			forget_ephemeral(name);
	}
	return fd < 0 ? -errno : fd;
}

/* Room for what is written, so that a full disk is told before anything is half done. */
static int have_room(int fd, const struct area_place *p)
{
	off_t end = p->offset + p->size;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size >= end)
		return 0;
	return -posix_fallocate(fd, 0, (end + STEP - 1) / STEP * STEP);
}

static int put(int fd, const struct area_place *p, const void *data)
{
	int ret = have_room(fd, p);

	if (ret)
		return ret;
	if (lseek(fd, p->offset, SEEK_SET) < 0)
		return -errno;
	return cask_file_put(fd, data, p->size);
}

/*
 * What could not be written may be dropped from memory, and a second fdatasync() would
 * know nothing of it: nobody may go on as if it could be tried again.
 */
static int sync_slot(int fd)
{
	if (!fdatasync(fd) && (!names_unsynced || !fsync(dir_fd))) {
		names_unsynced = false;
		return 0;
	}
	cask_err("the disk of the secure area: %s", strerror(errno));
	_exit(EXIT_FAILURE);
}

/**
 * area_write() - write a part of a slot
 * @p: which
 * @data: its size bytes
 * @sync: have all of the slot on disk before returning
 *
 * A disk that fails to sync ends the process. Return: 0 or a negative errno.
 */
int area_write(const struct area_place *p, const void *data, bool sync)
{
	_cleanup_close_ int fd = -1;
	char name[NAME_MAX_];
	int ret = check(p);

	if (ret)
		return ret;
	if (dir_fd < 0)
		return -EROFS;
	name_slot(p, name);
	fd = make_slot(p, name);
	if (fd < 0)
		return fd;
	ret = put(fd, p, data);
	return ret || !sync ? ret : sync_slot(fd);
}
