// SPDX-License-Identifier: GPL-2.0
/*
 * license_list.c - caskctl license list: the caller's licenses and the machine's.
 */
#include <stdio.h>

#include "command.h"

static int run(struct context *c, int argc, char **argv)
{
	const json_t *license;
	struct cask_error error;
	json_t *licenses;
	size_t i;
	int ret;

	ret = arguments_parse(c, argc, argv, NULL, 0, 0);
	if (ret >= 0)
		return ret;
	if (cask_agent_license_list(output_agent(c), &licenses, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(licenses);
	json_array_foreach(json_object_get(licenses, "licenses"), i, license) {
		if (i)
			putchar('\n');
		output_license(license);
	}
	json_decref(licenses);
	return STATUS_OK;
}

const struct command command_license_list = {
	.name = "list",
	.arguments = "[OPTION]...",
	.summary = "your licenses and the machine's; root sees all",
	.details = "",
	.run = run,
};
