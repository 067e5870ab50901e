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

/**
 * struct command_listing - a command that lists what the database has
 * @usage: as in struct options
 * @about: as in struct options
 * @name: of the list in JSON
 * @query: returns 0 or -errno; the caller frees the list
 * @print: for people
 */
struct command_listing {
	const char *usage;
	const char *about;
	const char *name;
	int (*query)(struct cask_db *db, json_t **ret_list);
	void (*print)(const json_t *list);
};

/**
 * struct command_switch - a command that enables or disables its one operand
 * @usage: as in struct options
 * @about: as in struct options
 * @enabled: which
 * @run: for the operand; returns an exit status
 */
struct command_switch {
	const char *usage;
	const char *about;
	bool enabled;
	int (*run)(const char *config, const char *name, bool enabled);
};

int command_dispatch(const char *path, const struct command *commands, size_t count,
		     int argc, char **argv);
int command_list(const struct command_listing *listing, int argc, char **argv);
int command_switch(const struct command_switch *what, int argc, char **argv);
int command_number(const char *what, const char *text, size_t size, uint8_t *ret);
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
int cmd_class(int argc, char **argv);
int cmd_ekb(int argc, char **argv);
int cmd_medium(int argc, char **argv);
int cmd_license(int argc, char **argv);
int cmd_term(int argc, char **argv);
int cmd_product(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_billing(int argc, char **argv);
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
