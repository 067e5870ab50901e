// SPDX-License-Identifier: GPL-2.0
/*
 * license_show.c - caskctl license show: one license.
 */
#include "command.h"

static int run(struct context *c, int argc, char **argv)
{
	uint8_t id[CASK_ID_SIZE];
	struct cask_error error;
	json_t *license;
	int ret;

	ret = arguments_parse(c, argc, argv, NULL, 0, 1);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], id);
	if (ret >= 0)
		return ret;
	if (cask_agent_license_show(output_agent(c), id, &license, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(license);
	output_license(license);
	json_decref(license);
	return STATUS_OK;
}

const struct command command_license_show = {
	.name = "show",
	.arguments = "LICENSE",
	.summary = "one license",
	.details = "",
	.run = run,
};
