// SPDX-License-Identifier: GPL-2.0
/*
 * output.c - a file that appears whole or not at all.
 *
 * Where the file system can (O_TMPFILE) the file has no name until it is complete,
 * so that even SIGKILL leaves nothing. Elsewhere it has a temporary one beside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "file.h"
#include "output.h"
#include "text.h"

#define MODE	0666
#define PROC_FD_SIZE	32

static void proc_path(int fd, char path[PROC_FD_SIZE])
{
	snprintf(path, PROC_FD_SIZE, "/proc/self/fd/%d", fd);
}

/* -EEXIST for what is there and may not be replaced; only files ever may. */
static int check_target(const struct output *o)
{
	struct stat st;

	if (lstat(o->path, &st))
		return errno == ENOENT ? 0 : -errno;
	return o->replace && S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

static int open_nameless(struct output *o)
{
	const char *slash = strrchr(o->path, '/');
	char *dir = slash ? strndup(o->path, slash - o->path + 1) : strdup(".");
	char proc[PROC_FD_SIZE];

	if (!dir)
		return -ENOMEM;
	o->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, MODE);
	free(dir);
	if (o->fd < 0)
		return -errno;
	/* Its name is given to it by way of /proc. */
	proc_path(o->fd, proc);
	if (!access(proc, F_OK))
		return 0;
	close(o->fd);
	o->fd = -1;
	return -EOPNOTSUPP;
}

static int temporary_name(struct output *o)
{
	char random[TEXT_HEX_SIZE(8)];
	uint8_t bytes[8];
	int ret = crypto_random(bytes, sizeof(bytes));

	if (ret)
		return ret;
	text_hex(bytes, sizeof(bytes), random);
	return asprintf(&o->temporary, "%s.%s.tmp", o->path, random) < 0 ? -ENOMEM : 0;
}

static void forget_temporary(struct output *o)
{
	free(o->temporary);
	o->temporary = NULL;
}

static int open_named(struct output *o)
{
	int ret = temporary_name(o);

	if (ret)
		return ret;
	o->fd = open(o->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	if (o->fd >= 0)
		return 0;
	ret = -errno;
	forget_temporary(o);
	return ret;
}

/**
 * output_open() - begin a file
 * @o: OUTPUT_INIT
 * @path: its name; must outlive @o
 * @replace: whether an older file of that name may be replaced
 *
 * Return: 0; -EEXIST when something is there that may not be replaced; -errno.
 */
int output_open(struct output *o, const char *path, bool replace)
{
	int ret;

	o->path = path;
	o->replace = replace;
	ret = check_target(o);
	if (ret)
		return ret;
	ret = open_nameless(o);
	/* What kernels and file systems without O_TMPFILE answer. */
	if (ret == -EOPNOTSUPP || ret == -EISDIR || ret == -EINVAL || ret == -ENOENT)
		ret = open_named(o);
	return ret;
}

static int give_name(const struct output *o, const char *name)
{
	char proc[PROC_FD_SIZE];

	proc_path(o->fd, proc);
	return linkat(AT_FDCWD, proc, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* A link cannot replace, so a file that may do so takes the way of a temporary name. */
static int publish_nameless(struct output *o)
{
	int ret;

	if (!o->replace)
		return give_name(o, o->path);
	ret = temporary_name(o);
	if (ret)
		return ret;
	ret = give_name(o, o->temporary);
	if (ret)
		forget_temporary(o);
	return ret;
}

static int publish_named(struct output *o)
{
	if (renameat2(AT_FDCWD, o->temporary, AT_FDCWD, o->path,
		      o->replace ? 0 : RENAME_NOREPLACE))
		return -errno;
	forget_temporary(o);
	return 0;
}

/**
 * output_sync() - make what was written durable, still without a name
 * @o: from output_open(), written
 *
 * Return: 0, -EEXIST when something came to be there, -errno.
 */
int output_sync(struct output *o)
{
	int ret = check_target(o);

	return !ret && fsync(o->fd) ? -errno : ret;
}

/**
 * output_publish() - make the file durable, then give it its name
 * @o: from output_open(), written
 *
 * Return: 0, -EEXIST when something came to be there, -errno. After a failure the
 * caller discards it; if only the directory's sync failed, @o->published is set
 * and the file stays.
 */
int output_publish(struct output *o)
{
	int ret = output_sync(o);

	if (!ret && !o->temporary)
		ret = publish_nameless(o);
	if (!ret && o->temporary)
		ret = publish_named(o);
	if (ret)
		return ret;
	o->published = true;
	return cask_file_sync_parent(o->path);
}

/**
 * output_discard() - close, and leave nothing behind that is not published
 * @o: OUTPUT_INIT, opened or published
 */
void output_discard(struct output *o)
{
	if (o->temporary)
		unlink(o->temporary);
	forget_temporary(o);
	if (o->fd >= 0)
		close(o->fd);
	*o = OUTPUT_INIT;
}
