// SPDX-License-Identifier: GPL-2.0
/*
 * command.c - what the commands of cask-server have in common.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cask.h"
#include "cleanup.h"
#include "command.h"
#include "json.h"
#include "log.h"
#include "text.h"

static void print_commands(FILE *out, const char *path, const struct command *commands,
			   size_t count)
{
	fprintf(out, "Usage: %s COMMAND [OPTIONS]\n\nCommands:\n", path);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-14s  %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n\"%s COMMAND --help\" tells more.\n"
		"Exit status: 0 done, 1 failed, 2 wrong command line.\n", path);
}

/**
 * command_dispatch() - run the command that argv[1] names
 * @path: what stands before it on the command line
 * @commands: to choose from
 * @count: of @commands
 * @argc: of @argv
 * @argv: of the program, or of the command above
 *
 * Return: an exit status.
 */
int command_dispatch(const char *path, const struct command *commands, size_t count,
		     int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name && (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))) {
		print_commands(stdout, path, commands, count);
		return EXIT_DONE;
	}
	for (size_t i = 0; name && i < count; i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].action ? command_act(commands[i].action, argc - 1, argv + 1) :
						    commands[i].run(argc - 1, argv + 1);
	if (name)
		fprintf(stderr, "%s: there is no command \"%s\"\n", path, name);
	print_commands(stderr, path, commands, count);
	return EXIT_USAGE;
}

/**
 * command_open() - open the server for a command
 * @config: --config, or NULL for the default
 * @ret_server: to be given to server_close() in any case
 *
 * Return: 0 or -errno; what is wrong is printed.
 */
int command_open(const char *config, struct server *ret_server)
{
	return server_open(config ? config : SERVER_CONFIG_DEFAULT, ret_server);
}

/**
 * command_number() - read a medium's or an apparatus's number from a command line
 * @what: such as "medium's number"
 * @text: in hex, or as it stands on a label
 * @size: bytes that it has
 * @ret: written on success
 *
 * Return: EXIT_DONE, or EXIT_USAGE; what is wrong is printed.
 */
int command_number(const char *what, const char *text, size_t size, uint8_t *ret)
{
	unsigned int group;
	int err;

	if (!text_from_hex(text, ret, size))
		return EXIT_DONE;
	err = cask_label_parse(text, size, ret, &group);
	if (err == -EBADMSG)
		return command_usage("\"%s\" is no %s: group %u is mistyped", text, what, group);
	return err ? command_usage("\"%s\" is no %s", text, what) : EXIT_DONE;
}

/* Its own options stand between those that many commands have. */
static int parse(const struct command_action *action, int argc, char **argv, const char **ret_config,
		 struct command_call *call)
{
	struct option_spec specs[OPTIONS_SPECS_MAX] = { OPTION_CONFIG(*ret_config) };
	struct options options = {
		.usage = action->usage, .about = action->about, .specs = specs, .count = 1,
		.min_operands = action->operands,
		.max_operands = action->or_more ? OPTIONS_LIST_MAX : action->operands,
	};

	/* Tables of this program, none of which may be longer. */
	assert(action->count <= ARRAY_SIZE(specs) - 2);
	for (size_t i = 0; i < action->count; i++)
		specs[options.count++] = action->specs[i];
	if (action->json || action->query)
		specs[options.count++] = (struct option_spec)OPTION_JSON(call->as_json);
	return options_parse(&options, argc, argv, &call->operands);
}

static int check(const struct command_action *action, struct command_call *call)
{
	if (action->id && text_from_hex(call->operands[0], call->id, action->id_size))
		return command_usage("\"%s\" is no %s: %zu bytes in lower-case hex", call->operands[0],
				     action->id, action->id_size);
	return action->check ? action->check(call) : EXIT_DONE;
}

static int explain(const struct command_action *action, const char *operand, int error)
{
	const char *reason = strerror(-error);

	if (error == -ESRCH && action->missing)
		reason = action->missing;
	if (error == -EEXIST && action->exists)
		reason = action->exists;
	return operand ? command_fail("%s: %s", operand, reason) : command_fail("%s", reason);
}

static int show_list(const struct command_action *action, const struct command_call *call)
{
	_cleanup_json_ json_t *list = NULL;
	int ret = action->query(call->server->db, &list);

	if (ret)
		return ret;
	if (call->as_json)
		return command_print(json_pack("{s:O}", action->name, list));
	action->print(list);
	return EXIT_DONE;
}

/**
 * command_act() - run a command that opens the server and does one thing
 * @action: what
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int command_act(const struct command_action *action, int argc, char **argv)
{
	_cleanup_server_ struct server server = { 0 };
	struct command_call call = { .server = &server, .arguments = action->arguments };
	const char *config = NULL;
	int ret = parse(action, argc, argv, &config, &call);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	ret = check(action, &call);
	if (ret)
		return ret;
	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = action->query ? show_list(action, &call) : action->run(&call);
	return ret < 0 ? explain(action, call.operands[0], ret) : ret;
}

/**
 * command_print() - print JSON to stdout
 * @json: the reference is taken over; NULL fails
 *
 * Return: an exit status.
 */
int command_print(json_t *json)
{
	_cleanup_json_ json_t *owned = json;

	if (!owned || json_dumpf(owned, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ||
	    fflush(stdout))
		return command_fail("could not write the output");
	return EXIT_DONE;
}

/**
 * command_trim() - take the trailing slashes off a directory, so that a name can be put beside it
 * @dir: changed
 */
void command_trim(char *dir)
{
	size_t length = strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		dir[--length] = 0;
}

/**
 * command_fail() - say what failed
 * @format: without newline
 *
 * Return: EXIT_FAILED.
 */
int command_fail(const char *format, ...)
{
	va_list args;

	fputs("cask-server: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

/**
 * command_usage() - say what is wrong with the command line
 * @format: without newline
 *
 * Return: EXIT_USAGE.
 */
int command_usage(const char *format, ...)
{
	va_list args;

	fputs("cask-server: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
