// SPDX-License-Identifier: GPL-2.0
/*
 * register_user.c - what a user says when the device registers: asked for at the terminal, or from
 * a file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "prompt.h"
#include "register.h"
#include "words.h"

static const char *title_of(const json_t *field)
{
	const char *title = output_get(field, "title");

	return *title ? title : output_get(field, "name");
}

static void print_choices(const json_t *choices)
{
	const json_t *choice;
	size_t i;

	json_array_foreach(choices, i, choice) {
		const char *text = json_string_value(choice);

		fputs(i ? ", " : "  one of ", stderr);
		words_print(stderr, text ? text : "");
	}
	if (json_array_size(choices))
		fputc('\n', stderr);
}

/* What is secret is typed twice: nobody sees whether it is what was meant. */
static int ask_secret(const json_t *field, char text[PROMPT_MAX])
{
	char again[PROMPT_MAX];
	int ret = prompt_secret(title_of(field), text);

	if (!ret && *text) {
		ret = prompt_secret("Again", again);
		if (!ret && strcmp(text, again))
			ret = -EILSEQ;
		explicit_bzero(again, sizeof(again));
	}
	return ret;
}

/* Words of a server's. */
static void print_pattern(const char *pattern)
{
	if (!*pattern)
		return;
	fputs("  has to match ", stderr);
	for (; *pattern; pattern++)
		fputc((unsigned char)*pattern < ' ' || *pattern == 0x7f ? '?' : *pattern, stderr);
	fputc('\n', stderr);
}

/* @again: what was said before would not do */
static int ask_field(const json_t *field, bool again, json_t *said)
{
	bool secret = json_is_true(json_object_get(field, "secret"));
	bool required = json_is_true(json_object_get(field, "required"));
	char text[PROMPT_MAX];
	int ret;

	print_choices(json_object_get(field, "choices"));
	if (again)
		print_pattern(output_get(field, "pattern"));
	do {
		ret = secret ? ask_secret(field, text) : prompt_text(title_of(field), text);
		if (ret == -EILSEQ || ret == -E2BIG)
			fputs(ret == -E2BIG ? "That is too long.\n" : "The two differ.\n", stderr);
	} while (ret == -EILSEQ || ret == -E2BIG || (!ret && !*text && required));
	if (!ret && *text)
		ret = json_object_set_new(said, output_get(field, "name"), json_string(text)) ?
		      -EINVAL : 0;
	explicit_bzero(text, sizeof(text));
	return ret;
}

/**
 * register_ask() - ask the user for what a server wants to know
 * @wanted: its fields
 * @only: of them this one, or NULL for all
 * @said: gets what is typed
 *
 * Return: 0; -ENOTTY without a terminal, -ENODATA when its end was reached, -EINVAL for what is no
 * UTF-8.
 */
int register_ask(const json_t *wanted, const char *only, json_t *said)
{
	const json_t *field;
	int ret = 0;
	size_t i;

	if (!prompt_possible())
		return -ENOTTY;
	json_array_foreach(wanted, i, field) {
		const char *name = output_get(field, "name");

		if (*name && (!only || !strcmp(only, name)))
			ret = ask_field(field, only, said);
		if (ret)
			return ret;
	}
	return 0;
}
