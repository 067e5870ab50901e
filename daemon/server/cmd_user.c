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

static int check_name(struct command_call *call)
{
	if (user_check_name(call->operands[0]))
		return command_fail("\"%s\": a name has 1 to %d letters, digits or ._@+-",
				    call->operands[0], USER_NAME_MAX);
	return EXIT_DONE;
}

static int add(struct command_call *call)
{
	return user_add(call->server->db, call->operands[0]);
}

static const struct command_action adding = {
	.usage = "cask-server user add NAME [--config FILE]",
	.about = "Makes an account, for devices to belong to.",
	.operands = 1, .check = check_name, .run = add, .exists = "there is such a user",
};

static int disable(struct command_call *call)
{
	return user_enable(call->server->db, call->operands[0], false);
}

static const struct command_action disabling = {
	.usage = "cask-server user disable NAME [--config FILE]",
	.about = "Answers the user's devices no more. Licenses that they have stay.",
	.operands = 1, .run = disable, .missing = COMMAND_NO_USER,
};

static int enable(struct command_call *call)
{
	return user_enable(call->server->db, call->operands[0], true);
}

static const struct command_action enabling = {
	.usage = "cask-server user enable NAME [--config FILE]",
	.about = "Takes back \"user disable\".",
	.operands = 1, .run = enable, .missing = COMMAND_NO_USER,
};

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

static const struct command_action listing = {
	.usage = "cask-server user list [--json] [--config FILE]",
	.about = "Lists the accounts.",
	.name = "users", .query = user_list, .print = print_list,
};

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

static int put_password(struct cask_db *db, const char *name, const char *hash)
{
	struct user user;
	int ret = user_find(db, name, &user);

	if (!ret)
		DB_TRANSACTION(db, ret)
			ret = password_put(db, user.id, hash);
	return ret;
}

/* Before the server is opened: who types keeps nobody else waiting. */
static int read_hash(struct command_call *call)
{
	char text[PROMPT_MAX];
	int ret = read_password(text);

	if (!ret)
		ret = password_hash(text, call->arguments);
	crypto_wipe(text, sizeof(text));
	if (ret == -EILSEQ)
		return command_fail("the two differ");
	if (ret == -ERANGE || ret == -ENODATA || ret == -E2BIG)
		return command_fail("a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
	return ret ? command_fail("%s", strerror(-ret)) : EXIT_DONE;
}

static int set_password(struct command_call *call)
{
	return put_password(call->server->db, call->operands[0], call->arguments);
}

static int run_passwd(int argc, char **argv)
{
	char hash[PASSWORD_HASH_SIZE];
	const struct command_action setting = {
		.usage = "cask-server user passwd NAME [--config FILE]",
		.about = "Sets a user's password: a line of standard input.",
		.operands = 1, .arguments = hash, .check = read_hash, .run = set_password,
		.missing = COMMAND_NO_USER,
	};
	int ret = command_act(&setting, argc, argv);

	crypto_wipe(hash, sizeof(hash));
	return ret;
}

static int show(struct command_call *call)
{
	struct server *server = call->server;
	_cleanup_json_ json_t *said = NULL;
	struct user user;
	bool has_password;
	int ret = user_find(server->db, call->operands[0], &user);

	if (!ret)
		ret = password_exists(server->db, user.id, &has_password);
	if (ret)
		return ret;
	ret = information_particulars(server->db, &server->vault, user.id, &said);
	if (ret && ret != -ESRCH)
		return ret;
	return command_print(json_pack("{s:s, s:b, s:b, s:O*}", "name", user.name, "enabled",
				       user.enabled, "password", has_password, "particulars", said));
}

static const struct command_action showing = {
	.usage = "cask-server user show NAME [--config FILE]",
	.about = "Prints what a user said when registering, as JSON.",
	.operands = 1, .run = show, .missing = COMMAND_NO_USER,
};

static const struct command commands[] = {
	{ "add", "make an account", .action = &adding },
	{ "disable", "answer its devices no more", .action = &disabling },
	{ "enable", "take that back", .action = &enabling },
	{ "list", "list the accounts", .action = &listing },
	{ "passwd", "set a password", .run = run_passwd },
	{ "show", "print what a user said when registering", .action = &showing },
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
