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

#define COMMAND_ID_MAX CASK_KID_SIZE

/**
 * struct command_call - what an action is called with
 * @server: opened
 * @operands: what stands without dashes, ended by NULL
 * @id: the first of them, of an action on an id
 * @as_json: --json was given
 * @arguments: of the action
 */
struct command_call {
	struct server *server;
	char **operands;
	uint8_t id[COMMAND_ID_MAX];
	bool as_json;
	void *arguments;
};

/**
 * struct command_action - a command that opens the server and does one thing
 * @usage: as in struct options
 * @about: as in struct options
 * @operands: how many it has
 * @or_more: or more than that
 * @json: it has --json; what lists has it anyway
 * @specs: options that it has besides this and --config
 * @count: of @specs
 * @arguments: that @specs are read into
 * @id: what the first operand is when it is an id in hex, such as "content id"
 * @id_size: bytes that it has
 * @check: of the command line, before the server is opened, and what is to be typed; returns an exit status
 * @run: returns an exit status, or -errno when nothing is printed yet
 * @missing: what -ESRCH of @run means, about the first operand
 * @exists: what -EEXIST means
 * @query: instead of @run, lists what the database has; 0 or -errno; the caller frees the list
 * @name: of the list in JSON
 * @print: it, for people
 */
struct command_action {
	const char *usage;
	const char *about;
	int operands;
	bool or_more;
	bool json;
	const struct option_spec *specs;
	size_t count;
	void *arguments;
	const char *id;
	size_t id_size;
	int (*check)(struct command_call *call);
	int (*run)(struct command_call *call);
	const char *missing;
	const char *exists;
	int (*query)(struct cask_db *db, json_t **ret_list);
	const char *name;
	void (*print)(const json_t *list);
};

/**
 * struct command - a command, or a command of a command
 * @name: on the command line
 * @summary: a line for the help
 * @run: @argv[0] is the command's name; returns an exit status; or
 * @action: what it does
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
	const struct command_action *action;
};

int command_dispatch(const char *path, const struct command *commands, size_t count,
		     int argc, char **argv);
int command_act(const struct command_action *action, int argc, char **argv);
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

#define COMMAND_NO_USER "there is no such user"

/* Options that several commands have. */
#define OPTION_CONFIG(variable) \
	{ "config", "FILE", "the server's configuration (default " SERVER_CONFIG_DEFAULT ")", \
	  .value = &(variable) }
#define OPTION_JSON(variable) \
	{ "json", NULL, "print JSON", .flag = &(variable) }

#endif /* CASK_COMMAND_H */
