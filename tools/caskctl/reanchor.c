// SPDX-License-Identifier: GPL-2.0
/*
 * reanchor.c - caskctl reanchor: go on without the records of the secure area that were lost.
 */
#include <stdio.h>

#include "command.h"

static int run(struct context *c, int argc, char **argv)
{
	const char *issuer = NULL;
	const struct argument own[] = { { "issuer", &issuer, NULL, false } };
	struct cask_error error;
	json_t *result;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 1, 0);
	if (ret >= 0)
		return ret;
	if (cask_agent_reanchor(output_agent(c), issuer, &result, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(result);
	output_field("re-anchored", output_get(result, "name"));
	json_decref(result);
	return STATUS_OK;
}

const struct command command_reanchor = {
	.name = "reanchor",
	.arguments = "[--issuer ID]",
	.summary = "go on without records that were lost (root)",
	.details = "  --issuer ID    of which distributor, if there are several\n"
		   "\n"
		   "Licenses that count and were here stay gone. caskd does this by itself when it\n"
		   "comes to know of a loss.\n",
	.run = run,
};
