/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * piece.h - the part of a download that has come so far.
 */
#ifndef CASK_PIECE_H
#define CASK_PIECE_H

#include "cask.h"

#define PIECE_TAG_MAX	255

/**
 * struct cask_piece - a piece, locked
 * @target: where the whole will appear
 * @path: of the bytes, allocated
 * @tag_path: of the entity tag, allocated
 * @fd: the bytes, for writing, at their end
 */
struct cask_piece {
	const char *target;
	char *path;
	char *tag_path;
	int fd;
};

int cask_piece_open(struct cask_piece *p, const char *target, struct cask_error *error);
void cask_piece_close(struct cask_piece *p);

bool cask_piece_is_tag(const char *text);
void cask_piece_tag(const struct cask_piece *p, char ret_tag[PIECE_TAG_MAX + 1]);
uint64_t cask_piece_size(const struct cask_piece *p);

int cask_piece_begin(const struct cask_piece *p, const char *tag, struct cask_error *error);
int cask_piece_cut(const struct cask_piece *p, uint64_t size, struct cask_error *error);
int cask_piece_write(const struct cask_piece *p, const char *data, size_t size,
		     struct cask_error *error);
int cask_piece_publish(const struct cask_piece *p, struct cask_error *error);
void cask_piece_drop_empty(const struct cask_piece *p);

#endif /* CASK_PIECE_H */
