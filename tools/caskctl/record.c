// SPDX-License-Identifier: GPL-2.0
/*
 * record.c - caskctl record: record a content to a disc, in the clear, where the license
 * permits it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static int record_content(struct context *c, const char *path, struct cask_recording *record)
{
	struct cask_error error;
	struct bar bar = { 0 };
	int ret;

	record->content_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (record->content_fd < 0)
		return output_file_error(c, path, -errno, strerror(errno));
	if (bar_is_wanted(c)) {
		record->progress = bar_progress;
		record->context = &bar;
	}
	ret = cask_record(record, &error);
	bar_end(&bar);
	close(record->content_fd);
	if (ret)
		return output_error(c, &error);
	if (c->json)
		return output_json(json_pack("{ss}", "file", record->path));
	printf("%s\n", record->path);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *output = NULL, *license = NULL;
	const struct argument own[] = {
		{ "output", &output, NULL, true },
		{ "license", &license, NULL, false },
	};
	struct cask_recording record = { 0 };
	uint8_t id[CASK_ID_SIZE];
	int ret;

	ret = arguments_parse(c, argc, argv, own, 2, 1);
	if (ret < 0 && license) {
		ret = arguments_id(c, license, id);
		record.license_id = id;
	}
	if (ret >= 0)
		return ret;
	record.path = output;
	return record_content(c, argv[optind], &record);
}

const struct command command_record = {
	.name = "record",
	.arguments = "FILE.cask -o PATH [--license ID]",
	.summary = "record a content to a disc in the clear, where the license permits it",
	.details = "  -o, --output PATH  a recorder's block device, or a file; PATH.part grows meanwhile\n"
		   "  --license ID   the license to use, if there are several\n",
	.run = run,
};
