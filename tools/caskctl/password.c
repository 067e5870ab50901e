// SPDX-License-Identifier: GPL-2.0
/*
 * password.c - caskctl password: change a user's password at a distributor.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "prompt.h"

/* At a terminal asked for, the new one twice; else two lines of standard input. */
static int read_both(char old[PROMPT_MAX], char fresh[PROMPT_MAX])
{
	char again[PROMPT_MAX];
	int ret;

	if (!prompt_possible())
		return prompt_line(old) ?: prompt_line(fresh);
	ret = prompt_secret("Password", old) ?: prompt_secret("New password", fresh) ?:
	      prompt_secret("Again", again);
	if (!ret && strcmp(fresh, again))
		ret = -1;
	explicit_bzero(again, sizeof(again));
	return ret;
}

static int run(struct context *c, int argc, char **argv)
{
	char old[PROMPT_MAX], fresh[PROMPT_MAX];
	struct cask_user user = { .password = old };
	const char *issuer = NULL;
	const struct argument own[] = { { "issuer", &issuer, NULL, false } };
	struct cask_error error;
	int ret = arguments_parse(c, argc, argv, own, 1, 1);

	if (ret >= 0)
		return ret;
	user.id = argv[optind];
	if (read_both(old, fresh))
		ret = arguments_usage(c, "there are no two passwords, or the new ones differ");
	else if (cask_agent_password(output_agent(c), &user, fresh, issuer, &error))
		ret = output_error(c, &error);
	else
		ret = STATUS_OK;
	explicit_bzero(old, sizeof(old));
	explicit_bzero(fresh, sizeof(fresh));
	return ret;
}

const struct command command_password = {
	.name = "password",
	.arguments = "USER [--issuer ID]",
	.summary = "change a user's password at a distributor",
	.details = "  --issuer ID    which distributor, if there are several\n"
		   "The password as it is and as it shall be are asked for, or lines of standard input.\n",
	.run = run,
};
