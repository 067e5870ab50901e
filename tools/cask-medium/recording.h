/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recording.h - a broadcast that is being recorded, and where it comes from.
 */
#ifndef CASK_MEDIUM_RECORDING_H
#define CASK_MEDIUM_RECORDING_H

#include "cask.h"
#include "piece.h"

/* What does not come again: the same command would begin anew. */
#define RECORDING_ENDED	"broadcast-ended"

/**
 * struct recording - a .cask file that grows
 * @piece: what there is of it
 * @read_fd: to look at its head
 * @size: bytes that the whole will have, 0 while its head has not come
 * @done: bytes that have come, from the first on without a gap
 * @error: why it failed
 */
struct recording {
	struct cask_piece piece;
	int read_fd;
	uint64_t size;
	uint64_t done;
	struct cask_error *error;
};

/* recording.c: all return 0 or -1 with the error filled in. */
int recording_open(struct recording *r, const char *target, struct cask_error *error);
int recording_append(struct recording *r, const char *data, size_t size);
int recording_grown(struct recording *r);
bool recording_whole(const struct recording *r);
int recording_publish(struct recording *r);
void recording_close(struct recording *r);

/* source_stream.c, source_http.c, source_datagram.c: until the recording is whole. */
int source_stream(struct recording *r, const char *path);
int source_http(struct recording *r, const char *url);
int source_datagram(struct recording *r, const char *url);

#endif /* CASK_MEDIUM_RECORDING_H */
