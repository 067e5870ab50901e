/* SPDX-License-Identifier: GPL-2.0 */
/*
 * program.h - what programs share that are a table of commands: caskctl and cask-medium.
 */
#ifndef CASK_PROGRAM_H
#define CASK_PROGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "cask.h"

/* Exit statuses. */
#define STATUS_OK	0
#define STATUS_FAILED	1
#define STATUS_USAGE	2
#define STATUS_HELP	"0 done, 1 failed, 2 wrong command line."

struct context;

/**
 * struct command - a word of the command line
 * @name: the word
 * @arguments: what follows it, for the usage line
 * @summary: a line
 * @details: options, a line each, or ""
 * @run: returns the exit status; argv[0] is the name
 */
struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	const char *details;
	int (*run)(struct context *c, int argc, char **argv);
};

/**
 * struct context - one run of the program
 * @prefix: words before the command's: "caskctl" or "caskctl license"
 * @command: that runs
 * @json: answers as JSON
 * @socket: of the agent, or NULL for the default
 * @agent: made when first asked for
 */
struct context {
	const char *prefix;
	const struct command *command;
	bool json;
	const char *socket;
	struct cask_agent *agent;
};

/* dispatch.c */
int command_main(const char *name, const char *about, const struct command *const *table, int argc,
		 char **argv);
int command_dispatch(struct context *c, const char *prefix, const char *about,
		     const struct command *const *table, int argc, char **argv);

/**
 * struct argument - an option of a command
 * @name: without dashes
 * @value: where its value goes; NULL if it has none
 * @flag: set when it is there, if it has no value
 * @required: without it the command line is wrong
 */
struct argument {
	const char *name;
	const char **value;
	bool *flag;
	bool required;
};

/* arguments.c */
int arguments_parse(struct context *c, int argc, char **argv, const struct argument *own,
		    size_t count, int positional);
int arguments_usage(const struct context *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int arguments_id(const struct context *c, const char *text, uint8_t ret_id[CASK_ID_SIZE]);

/* content.c */
int content_find(const struct context *c, const char *text, uint8_t ret_content_id[CASK_ID_SIZE],
		 const char **issuer, char room[CASK_KID_TEXT_SIZE]);

/* output.c */
struct cask_agent *output_agent(struct context *c);
int output_error(const struct context *c, const struct cask_error *error);
int output_file_error(const struct context *c, const char *path, int error, const char *text);
int output_json(json_t *json);
void output_text(const char *text);
void output_field(const char *name, const char *text);
void output_hex(const char *name, const uint8_t *data, size_t size);
void output_time(const char *name, const json_t *seconds, const char *absent);
const char *output_get(const json_t *object, const char *key);
void output_size(char *text, size_t max, uint64_t bytes);

#endif /* CASK_PROGRAM_H */
