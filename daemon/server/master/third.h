/* SPDX-License-Identifier: GPL-2.0 */
/*
 * third.h - the third layer of a medium that is being made: an ext4 with the files in it.
 */
#ifndef CASK_THIRD_H
#define CASK_THIRD_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "../content.h"

int third_stage(const char *beside, char **ret_dir);
int third_add_content(struct server *server, const char *dir, const struct content *content,
		      const uint8_t key[CASK_KEY_SIZE], const char *path);
int third_add_file(const char *dir, const char *path);
int third_make(const char *dir, int image, uint64_t offset, uint64_t size);

#endif /* CASK_THIRD_H */
