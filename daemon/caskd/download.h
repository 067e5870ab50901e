/* SPDX-License-Identifier: GPL-2.0 */
/* download.h - an EKB on its way from a server, going on where it stopped. */
#ifndef CASKD_DOWNLOAD_H
#define CASKD_DOWNLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "request.h"

/**
 * struct download_ask - an EKB that is wanted
 * @category: of which category
 * @version: at least; the server says that it has that
 * @path: where it will be kept; what has come of it lies beside that
 * @max: most bytes of it
 * @until: CLOCK_MONOTONIC seconds, when there is no more time
 */
struct download_ask {
	uint8_t category[CASK_ID_SIZE];
	uint32_t version;
	const char *path;
	size_t max;
	int64_t until;
};

int download_ekb(const struct request_place *place, const struct download_ask *ask,
		 uint8_t **ret_data, size_t *ret_size, struct problem *p);
int download_keep(const char *path, struct problem *p);
void download_forget(const char *path);

#endif /* CASKD_DOWNLOAD_H */
