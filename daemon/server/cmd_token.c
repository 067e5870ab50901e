// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_token.c - cask-server token: new.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "license/token.h"
#include "user.h"

#define TTL_DEFAULT 3600

static int print_token(const char *token, const char *user, int64_t expires, bool as_json)
{
	if (as_json)
		return command_print(json_pack("{s:s, s:s, s:I}", "token", token, "user", user,
					       "expires", (json_int_t)expires));
	puts(token);
	return EXIT_DONE;
}

static int make(const char *config, const char *name, uint64_t seconds, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	char token[TOKEN_TEXT_SIZE] = "";
	struct user user;
	int64_t expires;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = user_find(server.db, name, &user);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	if (!ret)
		ret = token_new(server.db, user.id, seconds, token, &expires);
	if (ret) {
		explicit_bzero(token, sizeof(token));
		return command_fail("%s", strerror(-ret));
	}
	ret = print_token(token, name, expires, as_json);
	explicit_bzero(token, sizeof(token));
	return ret;
}

static int run_new(int argc, char **argv)
{
	const char *config = NULL, *user = NULL, *ttl = NULL;
	bool as_json = false;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "user", "NAME", "whose device it registers", .value = &user },
		{ "ttl", "TIME", "how long it is good for, such as 90s, 15m, 1h, 7d (default 1h)",
		  .value = &ttl },
		OPTION_JSON(as_json),
	};
	const struct options options = {
		.usage = "cask-server token new --user NAME [--ttl TIME] [--json] [--config FILE]",
		.about = "Prints a one-time code that registers one device. It is shown only here:\n"
			 "the database keeps its hash.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	uint64_t seconds = TTL_DEFAULT;
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (!user)
		return command_usage("--user is wanted");
	if (ttl && options_seconds(ttl, &seconds))
		return command_usage("--ttl: \"%s\" is no time", ttl);
	return make(config, user, seconds, as_json);
}

static const struct command commands[] = {
	{ "new", "make a one-time code for a user", .run = run_new },
};

/**
 * cmd_token() - cask-server token
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_token(int argc, char **argv)
{
	return command_dispatch("cask-server token", commands, ARRAY_SIZE(commands), argc, argv);
}
