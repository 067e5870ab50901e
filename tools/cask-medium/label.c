// SPDX-License-Identifier: GPL-2.0
/*
 * label.c - cask-medium label: the number of a medium, to be printed on it. It is
 * there for everybody to read: neither module nor agent is asked.
 */
#include <fcntl.h>

#include "label_output.h"
#include "medium.h"

static int run(struct context *c, int argc, char **argv)
{
	const char *qr = NULL;
	const struct argument own[] = { { "qr", &qr, NULL, false } };
	struct medium m;
	int ret = arguments_parse(c, argc, argv, own, 1, 1);

	if (ret >= 0)
		return ret;
	if (medium_open_file(c, argv[optind], O_RDONLY, &m))
		return STATUS_FAILED;
	ret = label_output(c, "number", m.head.number, sizeof(m.head.number), qr);
	medium_close(&m);
	return ret;
}

const struct command command_label = {
	.name = "label",
	.arguments = "MEDIUM [--qr FILE.png|FILE.svg]",
	.summary = "the number of a medium as text, and as a QR code",
	.details = "  --qr FILE      write the text as a QR code, PNG or SVG by its name\n",
	.run = run,
};
