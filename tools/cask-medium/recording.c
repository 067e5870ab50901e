// SPDX-License-Identifier: GPL-2.0
/*
 * recording.c - a .cask file that grows as it is broadcast, and appears when it is whole.
 *
 * Its own head says how long it is. So an end that comes too early is noticed, and what
 * comes behind the end is not taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "parse.h"
#include "recording.h"

/**
 * recording_open() - begin, or go on
 * @r: filled in; to be closed in any case
 * @target: where the whole is to appear
 * @error: of this and what follows
 *
 * Return: 0 or -1.
 */
int recording_open(struct recording *r, const char *target, struct cask_error *error)
{
	*r = (struct recording){ .read_fd = -1, .error = error };
	if (cask_piece_open(&r->piece, target, error))
		return -1;
	r->read_fd = open(r->piece.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return r->read_fd < 0 ? cask_error_file(error, errno, r->piece.path) : 0;
}

/* Whether these are the first bytes of a .cask file. */
static bool begins_well(const struct recording *r)
{
	uint8_t head[sizeof(struct cask_head)];

	return cask_read_at(r->read_fd, head, sizeof(head), 0) == sizeof(head) &&
	       cask_content_length(head, sizeof(head)) > 0;
}

/**
 * recording_grown() - look at the head, if it is there now
 * @r: @r->done is what there is
 *
 * Return: 0, also when more is needed; -1 when it is no .cask file.
 */
int recording_grown(struct recording *r)
{
	struct cask_header header;
	int err;

	if (r->size || r->done < sizeof(struct cask_head))
		return 0;
	err = cask_header_read(r->read_fd, &header);
	if (!err) {
		r->size = cask_header_file_size(&header);
		return 0;
	}
	if (err == -EINVAL && r->done < CASK_CONTENT_FIXED_MAX && begins_well(r))
		return 0;
	return cask_error_set(r->error, ERROR_CODE_FILE, "what is broadcast is no .cask file: %s",
			      cask_strerror(err));
}

/**
 * recording_append() - take what came next
 * @r: open
 * @data: what came
 * @size: bytes of it; what is behind the end is dropped
 *
 * Return: 0 or -1.
 */
int recording_append(struct recording *r, const char *data, size_t size)
{
	if (r->size && size > r->size - r->done)
		size = r->size - r->done;
	if (cask_piece_write(&r->piece, data, size, r->error))
		return -1;
	r->done += size;
	if (recording_grown(r))
		return -1;
	/* The head came with bytes from behind the end. */
	if (!r->size || r->done <= r->size)
		return 0;
	r->done = r->size;
	return cask_piece_cut(&r->piece, r->size, r->error);
}

/**
 * recording_whole() - whether there is nothing more to come
 * @r: open
 */
bool recording_whole(const struct recording *r)
{
	return r->size && r->done == r->size;
}

/**
 * recording_publish() - let it appear, if it is whole
 * @r: open
 *
 * Return: 0 or -1.
 */
int recording_publish(struct recording *r)
{
	if (!recording_whole(r))
		return cask_error_set(r->error, RECORDING_ENDED,
				      "the broadcast ended too early: %llu of %llu bytes came",
				      (unsigned long long)r->done, (unsigned long long)r->size);
	return cask_piece_publish(&r->piece, r->error);
}

/**
 * recording_close() - what came stays, to go on from where that is possible
 * @r: from recording_open()
 */
void recording_close(struct recording *r)
{
	if (r->read_fd >= 0)
		close(r->read_fd);
	if (r->piece.fd >= 0)
		cask_piece_drop_empty(&r->piece);
	cask_piece_close(&r->piece);
}
