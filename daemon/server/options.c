// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - command lines by table: parsing, --help and usage errors.
 */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/cask_format.h>

#include "cleanup.h"
#include "options.h"

#define HELP_COLUMN 28

static void print_help(const struct options *o)
{
	char left[64];

	printf("Usage: %s\n\n%s\n\nOptions:\n", o->usage, o->about);
	for (size_t i = 0; i < o->count; i++) {
		const struct option_spec *s = &o->specs[i];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", s->letter ? "-" : " ",
			 s->letter ? s->letter : ' ', s->letter ? ", " : "  ", s->name, s->argument ? " " : "",
			 s->argument ? s->argument : "");
		printf("  %-*s  %s\n", HELP_COLUMN, left, s->help);
	}
	printf("  %-*s  %s\n", HELP_COLUMN, "-h, --help", "print this");
	printf("\nExit status: 0 done, 1 failed, 2 wrong command line.\n");
}

static int usage_error(const struct options *o, const char *what)
{
	fprintf(stderr, "%s%sUsage: %s\n", what, *what ? "\n" : "", o->usage);
	return -EINVAL;
}

static int take(const struct option_spec *s, const char *value)
{
	if (s->flag)
		*s->flag = true;
	if (s->value)
		*s->value = value;
	if (!s->list)
		return 0;
	if (s->list->count == OPTIONS_LIST_MAX)
		return -E2BIG;
	s->list->values[s->list->count++] = value;
	return 0;
}

/* getopt_long() answers 256 + the index of the option; a letter, itself. */
static void fill(const struct options *o, struct option *longs, char *letters)
{
	*letters++ = 'h';
	for (size_t i = 0; i < o->count; i++) {
		const struct option_spec *s = &o->specs[i];

		longs[i] = (struct option){ s->name, s->argument ? required_argument : no_argument,
					    NULL, 256 + (int)i };
		if (!s->letter)
			continue;
		*letters++ = s->letter;
		if (s->argument)
			*letters++ = ':';
	}
	longs[o->count] = (struct option){ "help", no_argument, NULL, 'h' };
	*letters = 0;
}

static const struct option_spec *find(const struct options *o, int c)
{
	if (c >= 256)
		return &o->specs[c - 256];
	for (size_t i = 0; i < o->count; i++)
		if (o->specs[i].letter == c)
			return &o->specs[i];
	return NULL;
}

/**
 * options_parse() - read a command line
 * @options: what it may have
 * @argc: of @argv
 * @argv: the command's name first; reordered
 * @ret_operands: what stands without dashes, ended by NULL; within @argv
 *
 * Return: 0; 1 when --help was answered; -EINVAL when the error was printed.
 */
int options_parse(const struct options *options, int argc, char **argv, char ***ret_operands)
{
	struct option longs[OPTIONS_SPECS_MAX + 2] = { 0 };
	char letters[2 * OPTIONS_SPECS_MAX + 2];
	const struct option_spec *spec;
	int c;

	assert(options->count <= OPTIONS_SPECS_MAX);
	fill(options, longs, letters);
	optind = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == 'h') {
			print_help(options);
			return 1;
		}
		spec = find(options, c);
		if (!spec)
			return usage_error(options, "");
		if (take(spec, optarg))
			return usage_error(options, "An option is given too often.");
	}
	if (argc - optind < options->min_operands)
		return usage_error(options, "Something is missing.");
	if (argc - optind > options->max_operands)
		return usage_error(options, "There is more than expected.");
	*ret_operands = argv + optind;
	return 0;
}

/**
 * options_seconds() - read a length of time
 * @text: a number and s, m, h, d or y; s without a letter
 * @ret_seconds: more than 0, at most 100 years
 *
 * Return: 0 or -EINVAL.
 */
int options_seconds(const char *text, uint64_t *ret_seconds)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {
		{ 's', 1 }, { 0, 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'y', 31536000 },
	};
	size_t digits = strspn(text, "0123456789");
	uint64_t number = strtoull(text, NULL, 10);

	if (!digits || digits > 10 || !number || (text[digits] && text[digits + 1]))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].letter != text[digits])
			continue;
		if (number > 100 * 31536000ULL / units[i].seconds)
			return -EINVAL;
		*ret_seconds = number * units[i].seconds;
		return 0;
	}
	return -EINVAL;
}

/**
 * options_bytes() - read a size
 * @text: a number and K, M, G or T, of 1024; bytes without a letter
 * @ret_bytes: more than 0, at most 2^48
 *
 * Return: 0 or -EINVAL.
 */
int options_bytes(const char *text, uint64_t *ret_bytes)
{
	static const char letters[] = "KMGT";
	size_t digits = strspn(text, "0123456789");
	uint64_t number = strtoull(text, NULL, 10);
	const char *letter = text[digits] ? strchr(letters, text[digits]) : NULL;
	int shift = letter ? 10 * (letter - letters + 1) : 0;

	if (!digits || digits > 15 || !number || (text[digits] && (!letter || text[digits + 1])))
		return -EINVAL;
	if (number > CASK_PLAIN_SIZE_MAX >> shift)
		return -EINVAL;
	*ret_bytes = number << shift;
	return 0;
}

/**
 * options_amount() - read an amount of money
 * @text: a number, and with a point two digits more
 * @ret_amount: hundredths, less than 10^12
 *
 * Return: 0 or -EINVAL.
 */
int options_amount(const char *text, uint64_t *ret_amount)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	uint64_t cents = 0;

	if (!digits || digits > 10)
		return -EINVAL;
	if (*rest) {
		if (*rest != '.' || strlen(rest) != 3 || strspn(rest + 1, "0123456789") != 2)
			return -EINVAL;
		cents = strtoull(rest + 1, NULL, 10);
	}
	*ret_amount = strtoull(text, NULL, 10) * 100 + cents;
	return 0;
}

/**
 * options_time() - read a point in time
 * @text: seconds since 1970, or 2026-11-21T12:00:00Z, or 2026-11-21
 * @ret_time: seconds since 1970
 *
 * Return: 0 or -EINVAL.
 */
int options_time(const char *text, uint64_t *ret_time)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d" };
	size_t digits = strspn(text, "0123456789");

	if (digits && digits < 13 && !text[digits]) {
		*ret_time = strtoull(text, NULL, 10);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);
		time_t time = timegm(&tm);

		if (!end || *end || time < 0)
			continue;
		*ret_time = time;
		return 0;
	}
	return -EINVAL;
}
