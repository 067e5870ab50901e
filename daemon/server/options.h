/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - command lines by table: parsing, --help and usage errors.
 */
#ifndef CASK_OPTIONS_H
#define CASK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_LIST_MAX 256
#define OPTIONS_SPECS_MAX 24

/* Exit statuses of every program of Cask. */
enum {
	EXIT_DONE	= 0,
	EXIT_FAILED	= 1,
	EXIT_USAGE	= 2,
};

/**
 * struct options_list - values of an option that may be repeated
 * @values: borrowed from argv
 * @count: of @values
 */
struct options_list {
	const char *values[OPTIONS_LIST_MAX];
	size_t count;
};

/**
 * struct option_spec - one --option
 * @name: without the dashes
 * @argument: what the value is called in the help; NULL for a flag
 * @help: a line
 * @flag: set to true; or
 * @value: set to the value; or
 * @list: the value is added
 * @letter: for a single dash, 0 for none
 */
struct option_spec {
	const char *name;
	const char *argument;
	const char *help;
	bool *flag;
	const char **value;
	struct options_list *list;
	char letter;
};

/**
 * struct options - a command line
 * @usage: "cask-server token new --user NAME [--ttl TIME]"
 * @about: what the command does, one or more lines
 * @specs: its options
 * @count: of @specs
 * @min_operands: least of what stands without dashes
 * @max_operands: most of it
 */
struct options {
	const char *usage;
	const char *about;
	const struct option_spec *specs;
	size_t count;
	int min_operands;
	int max_operands;
};

int options_parse(const struct options *options, int argc, char **argv, char ***ret_operands);
int options_seconds(const char *text, uint64_t *ret_seconds);
int options_bytes(const char *text, uint64_t *ret_bytes);
int options_amount(const char *text, uint64_t *ret_amount);
int options_time(const char *text, uint64_t *ret_time);

#endif /* CASK_OPTIONS_H */
