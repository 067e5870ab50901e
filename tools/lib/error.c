// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * error.c - fill in struct cask_error.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Whatever a server says goes to terminals: no control characters. */
static void flatten(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		/* C1 as UTF-8 */
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			*c = c[1] = '?';
	}
}

/**
 * cask_error_set() - an error of the library
 * @error: overwritten
 * @code: a word for programs
 * @format: printf format of a sentence for people
 *
 * Return: -1.
 */
int cask_error_set(struct cask_error *error, const char *code, const char *format, ...)
{
	va_list args;

	memset(error, 0, sizeof(*error));
	snprintf(error->code, sizeof(error->code), "%s", code);
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	flatten(error->code);
	flatten(error->text);
	return -1;
}

/**
 * cask_error_file() - an error of a local file
 * @error: overwritten
 * @number: errno, positive
 * @path: of the file
 *
 * Return: -1.
 */
int cask_error_file(struct cask_error *error, int number, const char *path)
{
	cask_error_set(error, ERROR_CODE_FILE, "%s: %s", path, strerror(number));
	error->number = number;
	return -1;
}

static void take_price(const json_t *json, struct cask_error *error)
{
	const char *currency = json_string_value(json_object_get(json, "currency"));
	json_int_t price = json_integer_value(json_object_get(json, "price"));

	if (!currency || strlen(currency) != sizeof(error->currency) - 1 || price < 0)
		return;
	strcpy(error->currency, currency);
	flatten(error->currency);
	error->price = price;
}

static void take_field(const json_t *json, struct cask_error *error)
{
	const char *field = json_string_value(json_object_get(json, "field"));

	snprintf(error->field, sizeof(error->field), "%s", field ? field : "");
	flatten(error->field);
}

/**
 * cask_agent_refused() - an answer that is a problem
 * @status: of HTTP
 * @body: problem+json, if it is one
 * @size: of @body
 * @error: overwritten
 *
 * Return: -1.
 */
int cask_agent_refused(long status, const void *body, size_t size, struct cask_error *error)
{
	json_t *json = json_loadb(body, size, 0, NULL);
	const char *code = json_string_value(json_object_get(json, "code"));
	const char *detail = json_string_value(json_object_get(json, "detail"));
	const char *name = json_string_value(json_object_get(json, "errno"));

	if (code)
		cask_error_set(error, code, "%s", detail ? detail : "refused");
	else
		cask_error_set(error, ERROR_CODE_ANSWER, "the agent answered with status %ld",
			       status);
	error->status = status;
	error->number = name ? cask_errno_by_name(name) : 0;
	take_price(json, error);
	take_field(json, error);
	json_decref(json);
	return -1;
}
