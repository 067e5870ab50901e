// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_product.c - cask-server product: add, list, price, remove.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/product.h"
#include "command.h"
#include "license/term.h"
#include "text.h"

struct arguments {
	const char *content;
	const char *term;
	const char *price;
	const char *use;
	bool registration;
	struct product product;
};

static int read_product(struct command_call *call)
{
	struct arguments *a = call->arguments;
	struct product *product = &a->product;
	const char *name = call->operands[0];
	uint64_t price, units = 0;

	if (!*name || strlen(name) > PRODUCT_NAME_MAX)
		return command_usage("a name has 1 to %d bytes", PRODUCT_NAME_MAX);
	if (!a->price || !a->content == !a->registration || (a->use && !a->content))
		return command_usage("--price, and --content or --registration, are wanted");
	if (a->use && (options_bytes(a->use, &units) || !units))
		return command_usage("--use: \"%s\" is no number of units", a->use);
	if (a->term && !a->content)
		return command_usage("--term is of a content: --content is wanted");
	if (a->term && a->use)
		return command_usage("--term is of licenses, --use of what is done with them: one of them is wanted");
	if (options_amount(a->price, &price) || !price)
		return command_usage("--price: \"%s\" is no price", a->price);
	if (a->content && text_from_hex(a->content, product->content_id, CASK_ID_SIZE))
		return command_usage("--content: \"%s\" is no content id", a->content);
	product->event = a->use ? BILL_USE : a->content ? BILL_LICENSE : BILL_REGISTRATION;
	product->units = units;
	product->price = price;
	return EXIT_DONE;
}

static int find_term(struct cask_db *db, const char *name, struct product *product)
{
	struct term term;
	int ret = term_find(db, product->content_id, name, &term);

	if (!ret)
		product->term_id = term.id;
	return ret;
}

static int add(struct command_call *call)
{
	struct arguments *a = call->arguments;
	struct cask_db *db = call->server->db;
	int ret = server_set_currency(call->server);

	if (!ret && a->term)
		ret = find_term(db, a->term, &a->product);
	if (ret == -ESRCH)
		return command_fail("%s: the content has no such term", a->term);
	if (!ret)
		ret = product_add(db, call->operands[0], &a->product);
	return ret == -ENOENT ? command_fail("%s: there is no such content", a->content) : ret;
}

static int run_add(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct option_spec specs[] = {
		{ "content", "CONTENT", "a license for this content id", .value = &a.content },
		{ "term", "NAME", "one with this term of it, new or renewed", .value = &a.term },
		{ "use", "UNITS", "with --content: not a license, but each so many units of its use that\n"
		  "                                devices report", .value = &a.use },
		{ "registration", NULL, "the registration of a device", .flag = &a.registration },
		{ "price", "AMOUNT", "such as 4.99", .value = &a.price },
	};
	const struct command_action adding = {
		.usage = "cask-server product add NAME --price AMOUNT "
			 "(--content CONTENT [--term NAME | --use UNITS] | --registration)\n"
			 "           [--config FILE]",
		.about = "Puts a price on licenses for a content, with its own conditions or with a term,\n"
			 "on its use, or on the registration of a device. A unit is an opening, or what the\n"
			 "content is metered in. What has no product is free.",
		.operands = 1, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_product, .run = add,
		.exists = "there is a product of that name, or for the same",
	};

	return command_act(&adding, argc, argv);
}

static int read_price(struct command_call *call)
{
	uint64_t *price = call->arguments;

	if (options_amount(call->operands[1], price) || !*price)
		return command_usage("\"%s\" is no price", call->operands[1]);
	return EXIT_DONE;
}

static int change_price(struct command_call *call)
{
	const uint64_t *price = call->arguments;

	return product_set_price(call->server->db, call->operands[0], *price);
}

static int run_price(int argc, char **argv)
{
	uint64_t price;
	const struct command_action pricing = {
		.usage = "cask-server product price NAME AMOUNT [--config FILE]",
		.about = "Changes a price. What was charged stays what it was.",
		.operands = 2, .arguments = &price, .check = read_price, .run = change_price,
		.missing = "there is no such product",
	};

	return command_act(&pricing, argc, argv);
}

static int remove_one(struct command_call *call)
{
	return product_remove(call->server->db, call->operands[0]);
}

static const struct command_action removing = {
	.usage = "cask-server product remove NAME [--config FILE]",
	.about = "What it was for is free from now on. The name stays in the books.",
	.operands = 1, .run = remove_one, .missing = "there is no such product",
};

static void print_list(const json_t *list)
{
	json_t *product;
	size_t i;

	json_array_foreach(list, i, product) {
		json_int_t price = json_integer_value(json_object_get(product, "price"));
		json_t *content = json_object_get(product, "content_id");
		const char *term = json_string_value(json_object_get(product, "term"));

		printf("%-24s %8lld.%02lld  %s %s %s\n",
		       json_string_value(json_object_get(product, "name")), price / 100, price % 100,
		       json_string_value(json_object_get(product, "event")),
		       content ? json_string_value(content) : "", term ? term : "");
	}
}

static const struct command_action listing = {
	.usage = "cask-server product list [--json] [--config FILE]",
	.about = "Lists what has a price.",
	.name = "products", .query = product_list, .print = print_list,
};

static const struct command commands[] = {
	{ "add", "put a price on something", .run = run_add },
	{ "list", "list what has a price", .action = &listing },
	{ "price", "change a price", .run = run_price },
	{ "remove", "make it free", .action = &removing },
};

/**
 * cmd_product() - cask-server product
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_product(int argc, char **argv)
{
	return command_dispatch("cask-server product", commands, ARRAY_SIZE(commands), argc, argv);
}
