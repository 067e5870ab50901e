// SPDX-License-Identifier: GPL-2.0
/*
 * license_remove.c - caskctl license remove: give a license up.
 */
#include <stdio.h>

#include "command.h"

static int run(struct context *c, int argc, char **argv)
{
	uint8_t id[CASK_ID_SIZE];
	struct cask_error error;
	int ret;

	ret = arguments_parse(c, argc, argv, NULL, 0, 1);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], id);
	if (ret >= 0)
		return ret;
	if (cask_agent_license_remove(output_agent(c), id, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(json_pack("{ss}", "removed", argv[optind]));
	printf("removed %s\n", argv[optind]);
	return STATUS_OK;
}

const struct command command_license_remove = {
	.name = "remove",
	.arguments = "LICENSE",
	.summary = "give a license up; what plays with it stops",
	.details = "",
	.run = run,
};
