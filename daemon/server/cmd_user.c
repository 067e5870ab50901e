// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_user.c - cask-server user: add, disable, enable, list, passwd, show.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "crypto.h"
#include "json.h"
#include "license/information.h"
#include "password.h"
#include "prompt.h"
#include "user.h"

static int add(const char *config, const char *name)
{
	_cleanup_server_ struct server server = { 0 };
	int ret;

	if (user_check_name(name))
		return command_fail("\"%s\": a name has 1 to %d letters, digits or ._@+-", name,
				    USER_NAME_MAX);
	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = user_add(server.db, name);
	if (ret == -EEXIST)
		return command_fail("%s: there is such a user", name);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int run_add(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server user add NAME [--config FILE]",
		.about = "Makes an account, for devices to belong to.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return add(config, operands[0]);
}

static int enable(const char *config, const char *name, bool enabled)
{
	_cleanup_server_ struct server server = { 0 };
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = user_enable(server.db, name, enabled);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int run_disable(int argc, char **argv)
{
	static const struct command_switch disable = {
		.usage = "cask-server user disable NAME [--config FILE]",
		.about = "Answers the user's devices no more. Licenses that they have stay.",
		.run = enable,
	};

	return command_switch(&disable, argc, argv);
}

static int run_enable(int argc, char **argv)
{
	static const struct command_switch again = {
		.usage = "cask-server user enable NAME [--config FILE]",
		.about = "Takes back \"user disable\".",
		.enabled = true, .run = enable,
	};

	return command_switch(&again, argc, argv);
}

static void print_list(const json_t *list)
{
	json_t *user;
	size_t i;

	printf("%-32s  %-8s  %s\n", "NAME", "STATE", "DEVICES");
	json_array_foreach(list, i, user)
		printf("%-32s  %-8s  %lld\n", json_string_value(json_object_get(user, "name")),
		       json_is_true(json_object_get(user, "enabled")) ? "enabled" : "disabled",
		       (long long)json_integer_value(json_object_get(user, "devices")));
}

static int run_list(int argc, char **argv)
{
	static const struct command_listing listing = {
		.usage = "cask-server user list [--json] [--config FILE]",
		.about = "Lists the accounts.",
		.name = "users", .query = user_list, .print = print_list,
	};

	return command_list(&listing, argc, argv);
}

/* At a terminal twice, without showing it; else a line of standard input. */
static int read_password(char text[PROMPT_MAX])
{
	char again[PROMPT_MAX];
	int ret;

	_Static_assert(PASSWORD_MAX + 1 == PROMPT_MAX, "a password is what can be typed");
	if (!isatty(STDIN_FILENO))
		return prompt_line(text);
	ret = prompt_secret("New password", text) ?: prompt_secret("Again", again);
	if (!ret && strcmp(again, text))
		ret = -EILSEQ;
	crypto_wipe(again, sizeof(again));
	return ret;
}

static int put_password(const char *config, const char *name, const char *hash)
{
	_cleanup_server_ struct server server = { 0 };
	struct user user;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = user_find(server.db, name, &user);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	if (!ret)
		DB_TRANSACTION(server.db, ret)
			ret = password_put(server.db, user.id, hash);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int set_password(const char *config, const char *name)
{
	char text[PROMPT_MAX], hash[PASSWORD_HASH_SIZE];
	int ret = read_password(text), status;

	if (!ret)
		ret = password_hash(text, hash);
	crypto_wipe(text, sizeof(text));
	if (ret == -EILSEQ)
		return command_fail("the two differ");
	if (ret == -ERANGE || ret == -ENODATA || ret == -E2BIG)
		return command_fail("a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
	if (ret)
		return command_fail("%s", strerror(-ret));
	status = put_password(config, name, hash);
	crypto_wipe(hash, sizeof(hash));
	return status;
}

static int run_passwd(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server user passwd NAME [--config FILE]",
		.about = "Sets a user's password: a line of standard input.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return set_password(config, operands[0]);
}

static int show(const char *config, const char *name)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *said = NULL;
	struct user user;
	bool has_password;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = user_find(server.db, name, &user);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	if (!ret)
		ret = password_exists(server.db, user.id, &has_password);
	if (!ret)
		ret = information_particulars(server.db, &server.vault, user.id, &said);
	if (ret && ret != -ESRCH)
		return command_fail("%s: %s", name, strerror(-ret));
	return command_print(json_pack("{s:s, s:b, s:b, s:O*}", "name", user.name, "enabled",
				       user.enabled, "password", has_password, "particulars", said));
}

static int run_show(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server user show NAME [--config FILE]",
		.about = "Prints what a user said when registering, as JSON.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return show(config, operands[0]);
}

static const struct command commands[] = {
	{ "add", "make an account", run_add },
	{ "disable", "answer its devices no more", run_disable },
	{ "enable", "take that back", run_enable },
	{ "list", "list the accounts", run_list },
	{ "passwd", "set a password", run_passwd },
	{ "show", "print what a user said when registering", run_show },
};

/**
 * cmd_user() - cask-server user
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_user(int argc, char **argv)
{
	return command_dispatch("cask-server user", commands, ARRAY_SIZE(commands), argc, argv);
}
