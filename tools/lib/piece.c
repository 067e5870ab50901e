// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * piece.c - the part of a download that has come so far.
 *
 *	PATH.part	the bytes, locked while somebody fetches
 *	PATH.part.etag	the entity tag of what they are a piece of
 *
 * They may lie in a directory where others can write. So nothing is followed,
 * and nothing is written to that is not a plain file of ours with one name.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "piece.h"

/* Each time another download of the same came to its end meanwhile. */
#define OPEN_TRIES	10

static int failed(struct cask_error *error, int number, const char *path)
{
	return cask_error_file(error, number, path);
}

/* Without O_NONBLOCK a FIFO would hold us up before fstat() can tell. */
static int open_own(const char *path, int flags)
{
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
	struct stat st;
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? errno :
	      !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1 ? EPERM : 0;
	if (!err)
		return fd;
	close(fd);
	return -err;
}

/* Whether @path still names what is open: another download may have finished with it. */
static bool is_named(int fd, const char *path)
{
	struct stat open, named;

	return !fstat(fd, &open) && !lstat(path, &named) &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* Returns 0, 1 to try again, or -1. */
static int try_open(struct cask_piece *p, struct cask_error *error)
{
	p->fd = open_own(p->path, O_WRONLY | O_CREAT);
	if (p->fd < 0)
		return failed(error, -p->fd, p->path);
	if (flock(p->fd, LOCK_EX | LOCK_NB)) {
		cask_error_set(error, ERROR_CODE_FILE, "%s: another download writes it", p->path);
		error->number = EBUSY;
		return -1;
	}
	if (is_named(p->fd, p->path))
		return 0;
	close(p->fd);
	p->fd = -1;
	return 1;
}

/**
 * cask_piece_open() - open and lock the piece of a download, making it if need be
 * @p: filled in; to be closed in any case
 * @target: where the whole is to appear; must outlive @p
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_piece_open(struct cask_piece *p, const char *target, struct cask_error *error)
{
	int ret = 1;

	*p = (struct cask_piece){ .fd = -1, .target = target };
	if (asprintf(&p->path, "%s.part", target) < 0)
		p->path = NULL;
	if (asprintf(&p->tag_path, "%s.part.etag", target) < 0)
		p->tag_path = NULL;
	if (!p->path || !p->tag_path)
		return failed(error, ENOMEM, target);
	for (int tries = 0; ret > 0 && tries < OPEN_TRIES; tries++)
		ret = try_open(p, error);
	return ret > 0 ? failed(error, EBUSY, p->path) : ret;
}

/**
 * cask_piece_close() - unlock it and forget the paths; the files stay
 * @p: from cask_piece_open()
 */
void cask_piece_close(struct cask_piece *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->path);
	free(p->tag_path);
}

/**
 * cask_piece_is_tag() - whether an entity tag promises the same bytes
 * @text: value of a header field
 *
 * Return: whether it is a strong tag that fits into a line.
 */
bool cask_piece_is_tag(const char *text)
{
	size_t length = strlen(text);

	if (length < 2 || length > PIECE_TAG_MAX || text[0] != '"' || text[length - 1] != '"')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/**
 * cask_piece_tag() - what the bytes are a piece of
 * @p: open
 * @ret_tag: "" when they cannot be continued
 */
void cask_piece_tag(const struct cask_piece *p, char ret_tag[PIECE_TAG_MAX + 1])
{
	int fd = open_own(p->tag_path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, ret_tag, PIECE_TAG_MAX);

	if (fd >= 0)
		close(fd);
	ret_tag[n > 0 ? n : 0] = 0;
	if (!cask_piece_is_tag(ret_tag))
		ret_tag[0] = 0;
}

/**
 * cask_piece_size() - how many bytes there are
 * @p: open
 */
uint64_t cask_piece_size(const struct cask_piece *p)
{
	struct stat st;

	return fstat(p->fd, &st) ? 0 : st.st_size;
}

/**
 * cask_piece_write() - append bytes
 * @p: open
 * @data: what came
 * @size: bytes of it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_piece_write(const struct cask_piece *p, const char *data, size_t size,
		     struct cask_error *error)
{
	while (size) {
		ssize_t n = write(p->fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(error, errno, p->path);
		data += n;
		size -= n;
	}
	return 0;
}

/**
 * cask_piece_cut() - keep the first bytes only, and go on behind them
 * @p: open
 * @size: bytes to keep
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_piece_cut(const struct cask_piece *p, uint64_t size, struct cask_error *error)
{
	if (cask_piece_size(p) != size && (ftruncate(p->fd, size) || fsync(p->fd)))
		return failed(error, errno, p->path);
	return lseek(p->fd, size, SEEK_SET) < 0 ? failed(error, errno, p->path) : 0;
}

static int write_tag(const struct cask_piece *p, const char *tag)
{
	int fd = open_own(p->tag_path, O_WRONLY | O_CREAT), err = 0;
	ssize_t length = strlen(tag), n;

	if (fd < 0)
		return -fd;
	n = ftruncate(fd, 0) ? -1 : write(fd, tag, length);
	if (n < 0 || fsync(fd))
		err = errno;
	else if (n != length)
		err = EIO;
	close(fd);
	return err;
}

/**
 * cask_piece_begin() - drop what there is and begin with another version
 * @p: open
 * @tag: of what will come, "" when it cannot be continued
 * @error: on failure
 *
 * Old bytes are gone from the disk before the new tag is there, and the tag is
 * there before the first new byte: bytes never stand under another's tag.
 *
 * Return: 0 or -1.
 */
int cask_piece_begin(const struct cask_piece *p, const char *tag, struct cask_error *error)
{
	int err;

	if (cask_piece_cut(p, 0, error))
		return -1;
	err = write_tag(p, tag);
	return err ? failed(error, err, p->tag_path) : 0;
}

static int sync_parent(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int err = fd < 0 || fsync(fd) ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return err;
}

/**
 * cask_piece_publish() - it is whole: let it appear, durably
 * @p: open
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_piece_publish(const struct cask_piece *p, struct cask_error *error)
{
	int err;

	if (fsync(p->fd))
		return failed(error, errno, p->path);
	if (rename(p->path, p->target))
		return failed(error, errno, p->target);
	unlink(p->tag_path);
	err = sync_parent(p->target);
	return err ? failed(error, err, p->target) : 0;
}

/**
 * cask_piece_drop_empty() - an empty piece is of no use to anyone
 * @p: open
 */
void cask_piece_drop_empty(const struct cask_piece *p)
{
	if (cask_piece_size(p))
		return;
	unlink(p->path);
	unlink(p->tag_path);
}
