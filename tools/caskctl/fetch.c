// SPDX-License-Identifier: GPL-2.0
/*
 * fetch.c - caskctl fetch: download a content, with a progress bar on a
 * terminal.
 *
 * The file is written here, with the caller's own rights, never by caskd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

/* Where a license is here that wants it. Without one there is nothing to be said yet. */
static void accept_content(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 ? 0 : cask_accept_content(fd, -1, NULL);

	if (fd >= 0)
		close(fd);
	if (ret == -EKEYEXPIRED || ret == -ETIME)
		fprintf(stderr, "caskctl: %s: it is not the license's download period, so that it will "
			"not open (%s)\n", path, strerrorname_np(-ret));
}

static int print(const struct context *c, const struct cask_fetch *fetch, const char *id)
{
	if (c->json)
		return output_json(json_pack("{ss ss}", "content_id", id, "file", fetch->path));
	printf("%s\n", fetch->path);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *output = NULL, *issuer = NULL;
	const struct argument own[] = {
		{ "output", &output, NULL, true },
		{ "issuer", &issuer, NULL, false },
	};
	struct cask_error error;
	struct cask_fetch fetch = { 0 };
	struct bar bar = { 0 };
	int ret;

	ret = arguments_parse(c, argc, argv, own, 2, 1);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], fetch.content_id);
	if (ret >= 0)
		return ret;
	fetch.issuer = issuer;
	fetch.path = output;
	if (bar_is_wanted(c)) {
		fetch.progress = bar_progress;
		fetch.context = &bar;
	}
	ret = cask_agent_fetch(output_agent(c), &fetch, &error);
	bar_end(&bar);
	if (ret)
		return output_error(c, &error);
	accept_content(output);
	return print(c, &fetch, argv[optind]);
}

const struct command command_fetch = {
	.name = "fetch",
	.arguments = "CONTENT -o FILE [--issuer ID]",
	.summary = "download a content; goes on where an earlier attempt stopped",
	.details = "  -o, --output FILE  where to; FILE.part grows meanwhile\n"
		   "  --issuer ID    which distributor, if there are several\n",
	.run = run,
};
