/* SPDX-License-Identifier: GPL-2.0 */
/* media.h - guess a media type. */
#ifndef CASK_MEDIA_H
#define CASK_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/cask_format.h>

#define MEDIA_DEFAULT	"application/octet-stream"

void media_guess(const void *head, size_t size, char ret_type[CASK_TEXT_MAX + 1]);
bool media_valid(const char *type);

#endif /* CASK_MEDIA_H */
