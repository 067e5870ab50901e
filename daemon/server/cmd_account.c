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

/**
 * struct arguments - how a user is to pay, as written
 * @method: --method
 * @credit: --credit
 * @by: what @method comes to
 * @limit: what @credit does
 */
struct arguments {
	const char *method;
	const char *credit;
	enum bill_method by;
	uint64_t limit;
};

static int read_arguments(struct command_call *call)
{
	struct arguments *a = call->arguments;

	if (!a->method || account_method_parse(a->method, &a->by))
		return command_usage("--method is prepaid, invoice or provider");
	if (a->credit && options_amount(a->credit, &a->limit))
		return command_usage("--credit: \"%s\" is no amount", a->credit);
	if ((a->by == BILL_PREPAID) != !a->credit)
		return command_usage("--credit is wanted, but for prepaid");
	return EXIT_DONE;
}

static int set(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	struct user user;
	int ret = user_find(call->server->db, call->operands[0], &user);

	if (!ret)
		ret = server_set_currency(call->server);
	return ret ? ret : account_set(call->server->db, user.id, a->by, a->limit);
}

static int run_set(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct option_spec specs[] = {
		{ "method", "METHOD", "prepaid, invoice or provider", .value = &a.method },
		{ "credit", "AMOUNT", "that the user may owe at most", .value = &a.credit },
	};
	const struct command_action setting = {
		.usage = "cask-server account set USER --method METHOD [--credit AMOUNT] [--config FILE]",
		.about = "Says how a user pays what is charged from now on.",
		.operands = 1, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_arguments, .run = set, .missing = COMMAND_NO_USER,
	};

	return command_act(&setting, argc, argv);
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

static const struct command_action listing = {
	.usage = "cask-server account list [--json] [--config FILE]",
	.about = "Lists who pays how, and what each account of the ledger has.",
	.name = "accounts", .query = account_list, .print = print_list,
};

static const struct command commands[] = {
	{ "list", "list the accounts", .action = &listing },
	{ "set", "say how a user pays", .run = run_set },
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
