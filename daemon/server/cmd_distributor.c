// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_distributor.c - cask-server distributor: what GET /v1/distributor answers.
 */
#include "command.h"
#include "distributor.h"

/**
 * cmd_distributor() - cask-server distributor
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_distributor(int argc, char **argv)
{
	_cleanup_server_ struct server server = { 0 };
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "json", NULL, "print JSON, which it does anyway", .flag = &as_json },
	};
	const struct options options = {
		.usage = "cask-server distributor [--config FILE]",
		.about = "Prints what a client installs: name, issuer, provisioning key, grant and\n"
			 "scope.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (command_open(config, &server))
		return EXIT_FAILED;
	return command_print(distributor_json(&server.distributor));
}
