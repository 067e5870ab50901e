// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - cask-medium restore: put back what a backup holds. Nothing of it comes out
 * of the kernel, and a count that was spent stays so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "medium.h"

static int give(const struct context *c, const struct medium *m, const char *path)
{
	_cleanup_free_ char *file = backup_path(m, path);
	_cleanup_free_ uint8_t *data = NULL;
	uint32_t licenses;
	size_t size;
	int err = file ? cask_file_read(file, CASK_BACKUP_MAX, &data, &size) : -ENOMEM;

	if (err)
		return output_file_error(c, file ? file : path, err, strerror(-err));
	err = cask_medium_restore(m->handle, data, size, &licenses);
	if (err)
		return medium_failed(c, file, err);
	if (c->json)
		return output_json(json_pack("{sI}", "licenses", (json_int_t)licenses));
	printf("%u licenses restored\n", licenses);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	struct medium m;
	int ret = arguments_parse(c, argc, argv, NULL, 0, 2);

	if (ret >= 0)
		return ret;
	if (medium_open(c, argv[optind], O_RDWR, &m))
		return STATUS_FAILED;
	ret = give(c, &m, argv[optind + 1]);
	medium_close(&m);
	return ret;
}

const struct command command_restore = {
	.name = "restore",
	.arguments = "MEDIUM FILE|DIR",
	.summary = "put back into the second layer what a backup holds",
	.details = "",
	.run = run,
};
