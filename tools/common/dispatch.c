// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c - a program that is a table of commands.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

static void print_table(const char *prefix, const char *about,
			const struct command *const *table, FILE *to)
{
	fprintf(to, "usage: %s COMMAND [OPTION]...\n%s\n\n", prefix, about);
	for (; *table; table++)
		fprintf(to, "  %-28s %s\n",
			(*table)->name, (*table)->summary);
	fprintf(to, "\nEvery command takes\n"
		"  --json         answers, and errors, as JSON\n"
		"  --socket PATH  of caskd (default $CASK_SOCKET or " CASK_SOCKET_DEFAULT ")\n"
		"  --help         what the command does\n"
		"\nExit status: " STATUS_HELP "\n");
}

/**
 * command_dispatch() - run the command that the first word names
 * @c: its prefix and command are set
 * @prefix: words before it
 * @about: a line for --help
 * @table: of commands, ends with NULL
 * @argc: of @argv
 * @argv: argv[0] is the last word of @prefix
 *
 * Return: exit status.
 */
int command_dispatch(struct context *c, const char *prefix, const char *about,
		     const struct command *const *table, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		print_table(prefix, about, table, stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_table(prefix, about, table, stdout);
		return STATUS_OK;
	}
	for (const struct command *const *entry = table; *entry; entry++) {
		if (strcmp((*entry)->name, word))
			continue;
		c->prefix = prefix;
		c->command = *entry;
		return c->command->run(c, argc - 1, argv + 1);
	}
	fprintf(stderr, "%s: there is no command \"%s\"; try %s --help\n", prefix, word, prefix);
	return STATUS_USAGE;
}

static int run(const char *name, const char *about, const struct command *const *table, int argc,
	       char **argv)
{
	struct context c = { 0 };
	int status;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("%s " CASK_VERSION "\n", name);
		return STATUS_OK;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	status = command_dispatch(&c, name, about, table, argc, argv);
	cask_agent_free(c.agent);
	curl_global_cleanup();
	return status;
}

/**
 * command_main() - be a program that is a table of commands
 * @name: of the program
 * @about: a line for --help
 * @table: of commands, ends with NULL
 * @argc: of @argv
 * @argv: of main()
 *
 * Return: exit status.
 */
int command_main(const char *name, const char *about, const struct command *const *table, int argc,
		 char **argv)
{
	int status = run(name, about, table, argc, argv);

	/* A full disk behind a pipe or redirection is a failure too. */
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: standard output: %s\n", name, strerror(errno));
		return status ? status : STATUS_FAILED;
	}
	return status;
}
