// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * record.c - record a content to a disc, in the clear, by a license that permits it.
 *
 * A file appears when it is whole: what has come is a piece (piece.c), begun anew each
 * time, so whoever is killed leaves no file that looks whole. A recorder that is a block
 * device is written as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "piece.h"

#define COPY_SIZE	(1024 * 1024)

/**
 * struct recording - a recording on its way
 * @what: the caller wants
 * @error: the caller's
 * @source: the plaintext
 * @size: bytes of it
 * @buffer: COPY_SIZE bytes
 * @piece: where to
 */
struct recording {
	const struct cask_recording *what;
	struct cask_error *error;
	int source;
	uint64_t size;
	char *buffer;
	struct cask_piece piece;
};

static int unreadable(struct recording *r, int number)
{
	cask_error_set(r->error, ERROR_CODE_FILE, "%s", cask_strerror(number));
	r->error->number = number;
	return -1;
}

static int copy(struct recording *r)
{
	uint64_t done = 0;

	while (done < r->size) {
		ssize_t n = read(r->source, r->buffer, COPY_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return unreadable(r, n ? errno : ENODATA);
		if (cask_piece_write(&r->piece, r->buffer, n, r->error))
			return -1;
		done += n;
		if (r->what->progress)
			r->what->progress(r->what->context, done, r->size);
	}
	return 0;
}

/* It is plaintext, and nobody goes on with it. */
static void drop(const struct recording *r)
{
	struct cask_error error;

	if (!cask_piece_cut(&r->piece, 0, &error))
		cask_piece_drop_empty(&r->piece);
}

static int fill(struct recording *r)
{
	int ret = cask_piece_begin(&r->piece, "", r->error);

	if (!ret)
		ret = copy(r);
	if (!ret)
		return cask_piece_publish(&r->piece, r->error);
	drop(r);
	return ret;
}

static int to_file(struct recording *r)
{
	int ret = cask_piece_open(&r->piece, r->what->path, r->error);

	if (!ret)
		ret = fill(r);
	cask_piece_close(&r->piece);
	return ret;
}

/* O_EXCL: nobody has it mounted. */
static int to_device(struct recording *r)
{
	const char *path = r->what->path;
	int ret;

	r->piece = (struct cask_piece){ .target = path, .path = (char *)path };
	r->piece.fd = open(path, O_WRONLY | O_EXCL | O_CLOEXEC);
	if (r->piece.fd < 0)
		return cask_error_file(r->error, errno, path);
	ret = copy(r);
	if (!ret && fsync(r->piece.fd))
		ret = cask_error_file(r->error, errno, path);
	close(r->piece.fd);
	return ret;
}

static int open_source(struct recording *r)
{
	struct stat st;

	r->source = cask_open_to_record(r->what->content_fd, r->what->license_id);
	if (r->source < 0)
		return unreadable(r, -r->source);
	if (fstat(r->source, &st))
		return unreadable(r, errno);
	r->size = st.st_size;
	return 0;
}

/**
 * cask_record() - record a content to a disc
 * @recording: what and where to
 * @error: on failure; with the errno of CASK_IOC_OPEN or of reading, or of a file
 *
 * What is whole is durable. Return: 0 or -1.
 */
int cask_record(const struct cask_recording *recording, struct cask_error *error)
{
	struct recording r = { .what = recording, .error = error, .source = -1 };
	struct stat st;
	int ret;

	r.buffer = malloc(COPY_SIZE);
	if (!r.buffer)
		return cask_error_set(error, ERROR_CODE_FILE, "out of memory");
	ret = open_source(&r);
	if (!ret)
		ret = !stat(recording->path, &st) && S_ISBLK(st.st_mode) ? to_device(&r) : to_file(&r);
	if (r.source >= 0)
		close(r.source);
	explicit_bzero(r.buffer, COPY_SIZE);
	free(r.buffer);
	return ret;
}
