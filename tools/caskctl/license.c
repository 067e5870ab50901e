// SPDX-License-Identifier: GPL-2.0
/*
 * license.c - caskctl license: the table of its commands.
 */
#include "command.h"

static int run(struct context *c, int argc, char **argv)
{
	static const struct command *const table[] = {
		&command_license_get, &command_license_list, &command_license_show,
		&command_license_terms, &command_license_renew, &command_license_remove, NULL
	};

	return command_dispatch(c, "caskctl license", "Licenses of this device.", table, argc,
				argv);
}

const struct command command_license = {
	.name = "license",
	.arguments = "COMMAND",
	.summary = "get, list, show, renew, remove licenses",
	.details = "",
	.run = run,
};
