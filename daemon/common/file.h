/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file.h - whole files: read up to a limit, replaced so that a crash leaves
 * the old or the new one.
 */
#ifndef CASK_FILE_H
#define CASK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int cask_file_read(const char *path, size_t limit, uint8_t **ret_data, size_t *ret_size);
int cask_file_write(const char *path, const void *data, size_t size, mode_t mode);
int cask_file_create(const char *path, const void *data, size_t size, mode_t mode);
ssize_t cask_file_fill(int fd, void *data, size_t size);
int cask_file_put(int fd, const void *data, size_t size);
int cask_file_rename(const char *name, const char *path, bool over);
int cask_file_sync_parent(const char *path);
char *cask_file_path(const char *dir, const char *name);
bool cask_file_ends_with(const char *name, const char *ending);
void cask_file_wipe(uint8_t *data, size_t size);

#endif /* CASK_FILE_H */
