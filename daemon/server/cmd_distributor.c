// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_distributor.c - cask-server distributor: what GET /v1/distributor answers.
 */
#include <string.h>

#include "command.h"
#include "distributor.h"

static int sign_scope(const char *config)
{
	_cleanup_server_ struct server server = { 0 };
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = distributor_sign_scope(server.db, &server.vault, &server.distributor);
	return ret ? command_fail("the scope: %s", strerror(-ret)) : EXIT_DONE;
}

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
	bool as_json = false, sign = false;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "sign-scope", NULL, "sign a later scope first, for all that this version can do",
		  .flag = &sign },
		{ "json", NULL, "print JSON, which it does anyway", .flag = &as_json },
	};
	const struct options options = {
		.usage = "cask-server distributor [--sign-scope] [--config FILE]",
		.about = "Prints what a client installs: name, issuer, provisioning key, grant and\n"
			 "scope.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (sign && sign_scope(config))
		return EXIT_FAILED;
	if (command_open(config, &server))
		return EXIT_FAILED;
	return command_print(distributor_json(&server.distributor));
}
