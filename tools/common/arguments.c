// SPDX-License-Identifier: GPL-2.0
/*
 * arguments.c - options and arguments of one command.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define OWN_MAX		8
#define FIRST_OWN	256	/* above every character */

static void print_help(const struct context *c)
{
	const struct command *command = c->command;

	printf("usage: %s %s %s\n%s\n\n%s"
	       "  --json         answers, and errors, as JSON\n"
	       "  --socket PATH  of caskd (default $CASK_SOCKET or " CASK_SOCKET_DEFAULT ")\n"
	       "  --help         this text\n"
	       "\nExit status: " STATUS_HELP "\n",
	       c->prefix, command->name, command->arguments, command->summary, command->details);
}

/**
 * arguments_usage() - say what is wrong with the command line
 * @c: whose
 * @format: printf format of what is wrong
 *
 * Return: STATUS_USAGE.
 */
int arguments_usage(const struct context *c, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s %s: ", c->prefix, c->command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: %s %s %s\n", c->prefix, c->command->name,
		c->command->arguments);
	return STATUS_USAGE;
}

static void fill_options(struct option *options, const struct argument *own, size_t count)
{
	static const struct option common[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
	};
	size_t n = sizeof(common) / sizeof(common[0]);

	memcpy(options, common, sizeof(common));
	for (size_t i = 0; i < count; i++)
		options[n + i] = (struct option){
			own[i].name, own[i].value ? required_argument : no_argument, NULL,
			FIRST_OWN + i
		};
	memset(&options[n + count], 0, sizeof(*options));
}

/* Returns -1 to go on, else the exit status. */
static int take(struct context *c, int option, const struct argument *own, size_t count)
{
	switch (option) {
	case 'j':
		c->json = true;
		return -1;
	case 's':
		c->socket = optarg;
		return -1;
	case 'h':
		print_help(c);
		return STATUS_OK;
	case 'o':
		option = FIRST_OWN;	/* -o stands for the first option, "output" */
		break;
	}
	if (option < FIRST_OWN || option >= FIRST_OWN + (int)count)
		return arguments_usage(c, "this option is not understood");
	if (own[option - FIRST_OWN].value)
		*own[option - FIRST_OWN].value = optarg;
	else
		*own[option - FIRST_OWN].flag = true;
	return -1;
}

static int check(const struct context *c, int argc, const struct argument *own, size_t count,
		 int positional)
{
	for (size_t i = 0; i < count; i++)
		if (own[i].required && !*own[i].value)
			return arguments_usage(c, "--%s is missing", own[i].name);
	if (argc - optind < positional)
		return arguments_usage(c, "an argument is missing");
	if (argc - optind > positional)
		return arguments_usage(c, "there are too many arguments");
	return -1;
}

/**
 * arguments_parse() - read options; optind is the first argument afterwards
 * @c: common options are set
 * @argc: of @argv
 * @argv: argv[0] is the command
 * @own: the command's options; if the first is "output", -o is short for it
 * @count: of @own
 * @positional: how many arguments there must be
 *
 * Return: -1 to go on, else the exit status.
 */
int arguments_parse(struct context *c, int argc, char **argv, const struct argument *own,
		    size_t count, int positional)
{
	bool output = count && !strcmp(own[0].name, "output");
	struct option options[3 + OWN_MAX + 1];
	int option, status;

	fill_options(options, own, count);
	optind = 0;	/* begin anew: main has looked at other words before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, output ? "ho:" : "h", options, NULL)) != -1) {
		status = take(c, option, own, count);
		if (status >= 0)
			return status;
	}
	return check(c, argc, own, count, positional);
}

/**
 * arguments_id() - read an id, or say that it is none
 * @c: whose argument
 * @text: the argument
 * @ret_id: written on success
 *
 * Return: -1 to go on, else the exit status.
 */
int arguments_id(const struct context *c, const char *text, uint8_t ret_id[CASK_ID_SIZE])
{
	if (!cask_id_parse(text, ret_id))
		return -1;
	return arguments_usage(c, "\"%s\" is no id: those have 32 digits, 0-9 and a-f", text);
}
