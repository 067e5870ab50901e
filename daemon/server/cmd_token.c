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

struct arguments {
	const char *user;
	const char *ttl;
	uint64_t seconds;
};

static int read_arguments(struct command_call *call)
{
	struct arguments *a = call->arguments;

	if (!a->user)
		return command_usage("--user is wanted");
	if (a->ttl && options_seconds(a->ttl, &a->seconds))
		return command_usage("--ttl: \"%s\" is no time", a->ttl);
	return EXIT_DONE;
}

static int make(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	char token[TOKEN_TEXT_SIZE] = "";
	struct user user;
	int64_t expires;
	int ret = user_find(call->server->db, a->user, &user);

	if (ret == -ESRCH)
		return command_fail("%s: " COMMAND_NO_USER, a->user);
	if (!ret)
		ret = token_new(call->server->db, user.id, a->seconds, token, &expires);
	if (!ret)
		ret = print_token(token, a->user, expires, call->as_json);
	explicit_bzero(token, sizeof(token));
	return ret;
}

static int run_new(int argc, char **argv)
{
	struct arguments a = { .seconds = TTL_DEFAULT };
	const struct option_spec specs[] = {
		{ "user", "NAME", "whose device it registers", .value = &a.user },
		{ "ttl", "TIME", "how long it is good for, such as 90s, 15m, 1h, 7d (default 1h)",
		  .value = &a.ttl },
	};
	const struct command_action making = {
		.usage = "cask-server token new --user NAME [--ttl TIME] [--json] [--config FILE]",
		.about = "Prints a one-time code that registers one device. It is shown only here:\n"
			 "the database keeps its hash.",
		.json = true, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_arguments, .run = make,
	};

	return command_act(&making, argc, argv);
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
