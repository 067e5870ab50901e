// SPDX-License-Identifier: GPL-2.0
/*
 * output.c - what the commands print: fields, JSON, errors with what mends them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program.h"
#include "words.h"

/**
 * output_agent() - the agent
 * @c: keeps it
 *
 * Return: the agent; the program ends without memory.
 */
struct cask_agent *output_agent(struct context *c)
{
	if (!c->agent)
		c->agent = cask_agent_new(c->socket);
	if (!c->agent) {
		fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
		exit(STATUS_FAILED);
	}
	return c->agent;
}

static void print_json_error(const struct cask_error *error, const char *hint)
{
	const char *name = error->number ? strerrorname_np(error->number) : NULL;
	json_t *json = json_pack("{ss ss ss* ss*}", "code", error->code, "detail", error->text,
				 "errno", name, "hint", hint);

	if (json && error->currency[0]) {
		json_object_set_new(json, "price", json_integer(error->price));
		json_object_set_new(json, "currency", json_string(error->currency));
	}
	if (json)
		json_dumpf(json, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(json);
}

/**
 * output_error() - say why a command failed
 * @c: that failed
 * @error: why
 *
 * Return: STATUS_FAILED.
 */
int output_error(const struct context *c, const struct cask_error *error)
{
	const char *name = error->number ? strerrorname_np(error->number) : NULL;
	const char *hint = cask_error_hint(error);

	if (c->json) {
		print_json_error(error, hint);
		return STATUS_FAILED;
	}
	fprintf(stderr, "%s: %s (%s%s%s)\n", program_invocation_short_name, error->text,
		error->code, name ? " " : "", name ? name : "");
	if (error->currency[0])
		fprintf(stderr, "%s: it costs %llu.%02llu %s\n", program_invocation_short_name,
			(unsigned long long)error->price / 100,
			(unsigned long long)error->price % 100, error->currency);
	if (hint)
		fprintf(stderr, "%s: hint: %s\n", program_invocation_short_name, hint);
	return STATUS_FAILED;
}

/**
 * output_file_error() - say why a file cannot be used
 * @c: that failed
 * @path: of the file
 * @error: negative errno
 * @text: what it means: strerror() and cask_strerror() differ
 *
 * Return: STATUS_FAILED.
 */
int output_file_error(const struct context *c, const char *path, int error,
		      const char *text)
{
	struct cask_error e = { .number = -error, .code = "file" };

	snprintf(e.text, sizeof(e.text), "%s: %s", path, text);
	return output_error(c, &e);
}

/**
 * output_json() - print an answer as it is
 * @json: is dropped
 *
 * Return: STATUS_OK.
 */
int output_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return STATUS_OK;
}

/**
 * output_text() - print words of somebody else
 * @text: UTF-8; control characters are replaced
 */
void output_text(const char *text)
{
	words_print(stdout, text);
}

/**
 * output_field() - print a line "name  text"
 * @name: what
 * @text: words of somebody else, perhaps
 */
void output_field(const char *name, const char *text)
{
	printf("%-14s ", name);
	output_text(text);
	putchar('\n');
}

/**
 * output_hex() - print a line "name  hex"
 * @name: what
 * @data: bytes
 * @size: how many, at most CASK_KID_SIZE
 */
void output_hex(const char *name, const uint8_t *data, size_t size)
{
	char text[CASK_KID_TEXT_SIZE];

	printf("%-14s %s\n", name, cask_hex(data, size, text));
}

/**
 * output_get() - a string of an object
 * @object: may be NULL
 * @key: its name
 *
 * Return: the string, or "".
 */
const char *output_get(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/**
 * output_time() - print a line "name  2026-01-31 12:00:00 UTC"
 * @name: what
 * @seconds: since 1970, or null
 * @absent: what to print for null
 */
void output_time(const char *name, const json_t *seconds, const char *absent)
{
	time_t t = json_integer_value(seconds);
	char text[64];
	struct tm tm;

	if (!json_is_integer(seconds))
		output_field(name, absent);
	else if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		output_field(name, text);
	else
		output_field(name, "beyond the calendar");
}

/**
 * output_size() - bytes as people read them
 * @text: where to
 * @max: bytes of @text
 * @bytes: the number
 */
void output_size(char *text, size_t max, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		i++;
	}
	snprintf(text, max, i ? "%.1f %s" : "%.0f %s", value, units[i]);
}
