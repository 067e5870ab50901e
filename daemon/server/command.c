// SPDX-License-Identifier: GPL-2.0
/*
 * command.c - what the commands of cask-server have in common.
 */
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
			return commands[i].run(argc - 1, argv + 1);
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

static int show_list(const struct command_listing *listing, const char *config, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *list = NULL;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = listing->query(server.db, &list);
	if (ret)
		return command_fail("%s", strerror(-ret));
	if (as_json)
		return command_print(json_pack("{s:O}", listing->name, list));
	listing->print(list);
	return EXIT_DONE;
}

/**
 * command_list() - run a command that lists
 * @listing: what
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int command_list(const struct command_listing *listing, int argc, char **argv)
{
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = { OPTION_CONFIG(config), OPTION_JSON(as_json) };
	const struct options options = {
		.usage = listing->usage, .about = listing->about,
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return show_list(listing, config, as_json);
}

/**
 * command_switch() - run a command that enables or disables
 * @what: and which of the two
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int command_switch(const struct command_switch *what, int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = what->usage, .about = what->about,
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return what->run(config, operands[0], what->enabled);
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
