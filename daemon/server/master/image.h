/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - where a medium is written: a new file, or a block device.
 */
#ifndef CASK_IMAGE_H
#define CASK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "medium.h"

/**
 * struct image - a medium being written
 * @path: what it will be
 * @scratch: where a file is until then; else NULL
 * @fd: of it, whatever has its name by now; or -1
 * @device: it is a block device
 * @size: bytes
 */
struct image {
	const char *path;
	char *scratch;
	int fd;
	bool device;
	uint64_t size;
};

int image_begin(struct image *image, const char *path, uint64_t size, bool force);
int image_write_second(const struct image *image, const struct medium *medium, uint64_t counter,
		       const uint8_t *layer, size_t layer_size);
int image_write_first(const struct image *image, const uint8_t *first, size_t first_size);
int image_finish(const struct image *image, bool force);
void image_free(struct image *image);

#endif /* CASK_IMAGE_H */
