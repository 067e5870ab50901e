// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - what survives a restart: the directory of distributors and licenses.
 *
 *	DIR/lock				held while caskd runs
 *	DIR/distributors/<issuer>.json
 *	DIR/licenses/<issuer>.<license id>.<uid or "machine">.cose
 *	DIR/licenses/....cose.renewed		beside it: renewed, and not taken by the module yet
 *
 * Each thing is one file that appears, changes and goes at once and durably, so
 * there is nothing to repair after a crash but to remove unfinished files. What
 * cannot be read is left alone and reported.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "store_internal.h"

struct store store = { .lock = PTHREAD_MUTEX_INITIALIZER, .lock_fd = -1 };

static int make_dir(const char *parent, const char *name, char **ret_path)
{
	char *path = cask_file_path(parent, name);

	if (!path)
		return -ENOMEM;
	if (mkdir(path, 0700) && errno != EEXIST) {
		free(path);
		return -errno;
	}
	*ret_path = path;
	return 0;
}

static int take_lock(const char *dir)
{
	_cleanup_free_ char *path = cask_file_path(dir, "lock");
	_cleanup_close_ int fd = -1;

	if (!path)
		return -ENOMEM;
	/* Not for writing: on a file system that became read-only licenses still install. */
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, STORE_MODE);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		cask_err("%s: another caskd uses this directory", dir);
		return -errno;
	}
	store.lock_fd = steal_fd(&fd);
	return 0;
}

static int load_dir(const char *dir, int (*load)(const char *path, const char *name))
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int ret = 0;

	if (!d)
		return -errno;
	while (!ret && (errno = 0, entry = readdir(d))) {
		_cleanup_free_ char *path = NULL;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		path = cask_file_path(dir, entry->d_name);
		if (!path)
			ret = -ENOMEM;
		/* What a crash left behind before its rename. */
		else if (cask_file_ends_with(entry->d_name, ".tmp"))
			unlink(path);
		else
			ret = load(path, entry->d_name);
	}
	if (!ret)
		ret = -errno;
	closedir(d);
	return ret;
}

/**
 * store_open() - lock the directory and read all there is
 * @dir: made if missing
 *
 * Return: 0; -EWOULDBLOCK when another caskd has it; -errno.
 */
int store_open(const char *dir)
{
	int ret;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	store.dir = strdup(dir);
	if (!store.dir)
		return -ENOMEM;
	ret = take_lock(dir) ?:
	      make_dir(dir, "distributors", &store.distributors_dir) ?:
	      make_dir(dir, "licenses", &store.licenses_dir) ?:
	      cask_file_sync_parent(store.licenses_dir) ?:
	      load_dir(store.distributors_dir, store_load_distributor) ?:
	      load_dir(store.licenses_dir, store_load_license) ?:
	      load_dir(store.licenses_dir, store_load_renewed);
	if (ret)
		store_close();
	return ret;
}

/**
 * store_close() - forget everything and unlock the directory
 */
void store_close(void)
{
	for (size_t i = 0; i < store.distributor_count; i++)
		distributor_unref(store.distributors[i]);
	store.distributor_count = 0;
	free(store.licenses);
	store.licenses = NULL;
	store.license_count = 0;
	free(store.dir);
	free(store.distributors_dir);
	free(store.licenses_dir);
	store.dir = store.distributors_dir = store.licenses_dir = NULL;
	if (store.lock_fd >= 0)
		close(store.lock_fd);
	store.lock_fd = -1;
}

/**
 * store_responds() - whether nothing hangs in the disk
 * @until: CLOCK_REALTIME, when to say no
 */
bool store_responds(const struct timespec *until)
{
	if (pthread_mutex_timedlock(&store.lock, until))
		return false;
	pthread_mutex_unlock(&store.lock);
	return true;
}

/**
 * store_check() - whether the store can go on
 * @ret: filled in
 *
 * As caskd sees the directory, which its sandbox may show otherwise than to others.
 */
void store_check(struct store_health *ret)
{
	struct statvfs fs = { 0 };

	*ret = (struct store_health){ .path = store.dir };
	if (faccessat(AT_FDCWD, store.licenses_dir, W_OK | X_OK, AT_EACCESS) ||
	    statvfs(store.licenses_dir, &fs))
		ret->error = errno;
	ret->free = (uint64_t)fs.f_bavail * fs.f_frsize;
}
