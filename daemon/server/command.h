/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - the commands of cask-server, one file each.
 */
#ifndef CASK_COMMAND_H
#define CASK_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "server.h"

/**
 * struct command - a command, or a command of a command
 * @name: on the command line
 * @summary: a line for the help
 * @run: @argv[0] is the command's name; returns an exit status
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int command_dispatch(const char *path, const struct command *commands, size_t count,
		     int argc, char **argv);
int command_open(const char *config, struct server *ret_server);
int command_print(json_t *json);
void command_trim(char *dir);
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int command_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

int cmd_init(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_content(int argc, char **argv);
int cmd_license(int argc, char **argv);
int cmd_distributor(int argc, char **argv);
int cmd_factory(int argc, char **argv);
int cmd_routes(int argc, char **argv);

/* Options that several commands have. */
#define OPTION_CONFIG(variable) \
	{ "config", "FILE", "the server's configuration (default " SERVER_CONFIG_DEFAULT ")", \
	  .value = &(variable) }
#define OPTION_JSON(variable) \
	{ "json", NULL, "print JSON", .flag = &(variable) }

#endif /* CASK_COMMAND_H */
