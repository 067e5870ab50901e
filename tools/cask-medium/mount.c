// SPDX-License-Identifier: GPL-2.0
/*
 * mount.c - cask-medium mount: mount the third layer, through a loop device at its
 * offset; or say how, to who may not.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "medium.h"

static int mount_it(const struct context *c, const char *const *words, const char *dir)
{
	int status, err = run_program(words, -1, &status);

	if (err)
		return output_file_error(c, dir, err, strerror(-err));
	return status ? output_file_error(c, dir, -EIO, "mount(8) failed") : STATUS_OK;
}

/* As a word for sh(1): nothing within '' is special but ' itself. */
static void print_word(const char *word)
{
	printf(" '");
	for (; *word; word++)
		if (*word == '\'')
			printf("'\\''");
		else
			putchar(*word);
	putchar('\'');
}

static void print(const char *options, const char *medium, const char *dir)
{
	printf("mount -o %s --", options);
	print_word(medium);
	print_word(dir);
	putchar('\n');
}

static int run(struct context *c, int argc, char **argv)
{
	char options[128];
	bool dry = false;
	const struct argument own[] = { { "print", NULL, &dry, false } };
	const char *words[] = { "mount", "-o", options, "--", NULL, NULL, NULL };
	struct medium m;
	int ret = arguments_parse(c, argc, argv, own, 1, 2);

	if (ret >= 0)
		return ret;
	if (medium_open_file(c, argv[optind], O_RDONLY, &m))
		return STATUS_FAILED;
	snprintf(options, sizeof(options), "loop,nodev,nosuid,offset=%" PRIu64 ",sizelimit=%" PRIu64,
		 m.head.third_offset, m.head.third_size);
	words[4] = m.path;
	words[5] = argv[optind + 1];
	if (dry)
		print(options, words[4], words[5]);
	else
		ret = mount_it(c, words, words[5]);
	medium_close(&m);
	return ret < 0 ? STATUS_OK : ret;
}

const struct command command_mount = {
	.name = "mount",
	.arguments = "MEDIUM DIR [--print]",
	.summary = "mount the third layer (root), or print the command that does",
	.details = "  --print        only print it\n",
	.run = run,
};
