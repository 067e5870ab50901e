// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_account.c - cask-server account: list, set.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/account.h"
#include "command.h"
#include "user.h"

struct arguments {
	const char *config;
	const char *method;
	const char *credit;
};

static int set(const struct arguments *a, const char *name)
{
	_cleanup_server_ struct server server = { 0 };
	enum bill_method method;
	uint64_t credit = 0;
	struct user user;
	int ret;

	if (!a->method || account_method_parse(a->method, &method))
		return command_usage("--method is prepaid, invoice or provider");
	if (a->credit && options_amount(a->credit, &credit))
		return command_usage("--credit: \"%s\" is no amount", a->credit);
	if ((method == BILL_PREPAID) != !a->credit)
		return command_usage("--credit is wanted, but for prepaid");
	if (command_open(a->config, &server))
		return EXIT_FAILED;
	ret = user_find(server.db, name, &user);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	if (!ret)
		ret = server_set_currency(&server);
	if (!ret)
		ret = account_set(server.db, user.id, method, credit);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int run_set(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct option_spec specs[] = {
		OPTION_CONFIG(a.config),
		{ "method", "METHOD", "prepaid, invoice or provider", .value = &a.method },
		{ "credit", "AMOUNT", "that the user may owe at most", .value = &a.credit },
	};
	const struct options options = {
		.usage = "cask-server account set USER --method METHOD [--credit AMOUNT] [--config FILE]",
		.about = "Says how a user pays what is charged from now on.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return set(&a, operands[0]);
}

static void print_list(const json_t *list)
{
	json_t *account;
	size_t i;

	json_array_foreach(list, i, account) {
		json_int_t balance = json_integer_value(json_object_get(account, "balance"));
		json_int_t size = balance < 0 ? -balance : balance;
		json_t *user = json_object_get(account, "user");

		printf("%-24s %-9s %c%lld.%02lld\n",
		       json_string_value(user ? user : json_object_get(account, "name")),
		       user ? json_string_value(json_object_get(account, "method")) : "(ours)",
		       balance < 0 ? '-' : ' ', size / 100, size % 100);
	}
}

static int run_list(int argc, char **argv)
{
	static const struct command_listing listing = {
		.usage = "cask-server account list [--json] [--config FILE]",
		.about = "Lists who pays how, and what each account of the ledger has.",
		.name = "accounts", .query = account_list, .print = print_list,
	};

	return command_list(&listing, argc, argv);
}

static const struct command commands[] = {
	{ "list", "list the accounts", run_list },
	{ "set", "say how a user pays", run_set },
};

/**
 * cmd_account() - cask-server account
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_account(int argc, char **argv)
{
	return command_dispatch("cask-server account", commands, ARRAY_SIZE(commands), argc, argv);
}
