// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_term.c - cask-server term: add, list, remove.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "content.h"
#include "license/term.h"
#include "text.h"

struct arguments {
	const char *title;
	const char *period;
	const char *max_opens;
	const char *max_quantity;
	struct term term;
};

static int read_number(const char *text, uint64_t max, uint32_t *ret)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end || errno || !n || n > max)
		return -EINVAL;
	*ret = n;
	return 0;
}

static int read_limits(const struct arguments *a, struct term *term)
{
	if (a->period && (options_seconds(a->period, &term->period) || !term->period))
		return command_usage("--period: \"%s\" is no time", a->period);
	if (a->max_opens && read_number(a->max_opens, CASK_OPENS_ANY - 1, &term->max_opens))
		return command_usage("--max-opens: \"%s\" is no number of openings", a->max_opens);
	term->max_quantity = 1;
	if (a->max_quantity && read_number(a->max_quantity, TERM_QUANTITY_MAX, &term->max_quantity))
		return command_usage("--max-quantity is 1 to %d", TERM_QUANTITY_MAX);
	if (term->max_quantity > 1 && term_is_ownership(term))
		return command_usage("--max-quantity: there is nothing to have more of");
	if (term->period * term->max_quantity > TERM_SECONDS_MAX ||
	    (uint64_t)term->max_opens * term->max_quantity >= CASK_OPENS_ANY)
		return command_usage("--max-quantity: that is too much");
	return EXIT_DONE;
}

static int read_term(struct command_call *call)
{
	struct arguments *a = call->arguments;
	const char *name = call->operands[1];

	if (!*name || strlen(name) > TERM_NAME_MAX || !content_title_fits(name))
		return command_usage("a name has 1 to %d bytes", TERM_NAME_MAX);
	if (a->title && !content_title_fits(a->title))
		return command_usage("--title has up to %d bytes of UTF-8 without control characters",
				     CASK_TEXT_MAX);
	snprintf(a->term.name, sizeof(a->term.name), "%s", name);
	snprintf(a->term.title, sizeof(a->term.title), "%s", a->title ? a->title : "");
	return read_limits(a, &a->term);
}

/* A copy of a license is opened where nobody counts. */
static bool is_copied(const struct server *server, const uint8_t id[CASK_ID_SIZE])
{
	struct content content;

	return !content_find(server->db, id, &content) &&
	       (content.max_exports || content.max_checkouts);
}

static int add(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	int ret;

	if (a->term.max_opens && is_copied(call->server, call->id))
		return command_fail("%s: --max-opens: its licenses may be copied, and nobody counts "
				    "where a copy is", call->operands[0]);
	ret = term_add(call->server->db, call->id, &a->term);
	if (ret == -EEXIST)
		return command_fail("%s: the content has a term of that name", call->operands[1]);
	return ret;
}

static int run_add(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct option_spec specs[] = {
		{ "title", "TEXT", "what people call it", .value = &a.title },
		{ "period", "TIME", "how long a license lasts, such as 30d (default: for ever)",
		  .value = &a.period },
		{ "max-opens", "N", "how often a license may be opened (default: any)",
		  .value = &a.max_opens },
		{ "max-quantity", "N", "how many times both may be had at once (default: 1)",
		  .value = &a.max_quantity },
	};
	const struct command_action adding = {
		.usage = "cask-server term add CONTENT NAME [--title TEXT] [--period TIME]\n"
			 "           [--max-opens N] [--max-quantity N] [--config FILE]",
		.about = "Offers licenses for a content with a term, new ones and renewals. With neither\n"
			 "--period nor --max-opens the content is owned then, and licenses that are issued\n"
			 "from now on may become that. What it costs, \"cask-server product\" says.",
		.operands = 2, .id = "content id", .id_size = CASK_ID_SIZE,
		.specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_term, .run = add, .missing = "is not offered",
	};

	return command_act(&adding, argc, argv);
}

static int remove_one(struct command_call *call)
{
	int ret = term_remove(call->server->db, call->id, call->operands[1]);

	return ret == -ESRCH ? command_fail("%s: there is no such term", call->operands[1]) : ret;
}

static const struct command_action removing = {
	.usage = "cask-server term remove CONTENT NAME [--config FILE]",
	.about = "Offers a term no more. Licenses that were had with it stay.",
	.operands = 2, .id = "content id", .id_size = CASK_ID_SIZE, .run = remove_one,
};

static void print_list(const json_t *list)
{
	json_t *term;
	size_t i;

	json_array_foreach(list, i, term) {
		json_int_t price = json_integer_value(json_object_get(term, "price"));
		const char *title = json_string_value(json_object_get(term, "title"));

		printf("%s  %-16s %8lld.%02lld  %s\n",
		       json_string_value(json_object_get(term, "content_id")),
		       json_string_value(json_object_get(term, "term")), price / 100, price % 100,
		       title ? title : "");
	}
}

static const struct command_action listing = {
	.usage = "cask-server term list [--json] [--config FILE]",
	.about = "Lists the terms of all contents on offer, with what they cost.",
	.name = "terms", .query = term_list, .print = print_list,
};

static const struct command commands[] = {
	{ "add", "offer a content with a term", .run = run_add },
	{ "list", "list terms", .action = &listing },
	{ "remove", "offer a term no more", .action = &removing },
};

/**
 * cmd_term() - cask-server term
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_term(int argc, char **argv)
{
	return command_dispatch("cask-server term", commands, ARRAY_SIZE(commands), argc, argv);
}
