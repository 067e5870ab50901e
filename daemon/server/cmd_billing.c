// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_billing.c - cask-server billing: audit, overdue, pay, provider, refund, statement.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/charge.h"
#include "billing/statement.h"
#include "command.h"
#include "crypto.h"
#include "json.h"
#include "text.h"
#include "user.h"

static int open_account(const char *config, const char *name, struct server *server,
			struct user *user, struct account *account)
{
	int ret;

	if (command_open(config, server))
		return EXIT_FAILED;
	ret = user_find(server->db, name, user);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such user", name);
	if (!ret)
		ret = account_find(server->db, user->id, account);
	if (ret == -ESRCH)
		return command_fail("%s: has no account", name);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int pay(const char *config, char **operands, const char *reference)
{
	_cleanup_server_ struct server server = { 0 };
	struct account account;
	struct user user;
	uint64_t amount;
	int ret;

	if (!reference || !*reference || strlen(reference) > LEDGER_REFERENCE_MAX)
		return command_usage("--reference of 1 to %d bytes is wanted", LEDGER_REFERENCE_MAX);
	if (options_amount(operands[1], &amount) || !amount)
		return command_usage("\"%s\" is no amount", operands[1]);
	ret = open_account(config, operands[0], &server, &user, &account);
	if (ret)
		return ret;
	DB_TRANSACTION(server.db, ret)
		ret = bill_pay(server.db, account.id, amount, reference);
	if (ret == -EEXIST)
		return command_fail("%s: was another payment's reference", reference);
	return ret ? command_fail("%s: %s", operands[0], strerror(-ret)) : EXIT_DONE;
}

static int run_pay(int argc, char **argv)
{
	const char *config = NULL, *reference = NULL;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "reference", "TEXT", "the bank's or the till's, of this payment alone",
		  .value = &reference },
	};
	const struct options options = {
		.usage = "cask-server billing pay USER AMOUNT --reference TEXT [--config FILE]",
		.about = "Books a payment that came in; it pays what is open, the first due first.\n"
			 "The same payment again is booked once.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 2, .max_operands = 2,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return pay(config, operands, reference);
}

static int refund(const char *config, const char *charge)
{
	_cleanup_server_ struct server server = { 0 };
	uint8_t id[LEDGER_ID_SIZE];
	int ret;

	if (text_from_hex(charge, id, sizeof(id)))
		return command_usage("\"%s\" is no charge id", charge);
	if (command_open(config, &server))
		return EXIT_FAILED;
	DB_TRANSACTION(server.db, ret)
		ret = bill_refund(server.db, id);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such charge", charge);
	if (ret == -EALREADY)
		return command_fail("%s: was refunded before", charge);
	return ret ? command_fail("%s: %s", charge, strerror(-ret)) : EXIT_DONE;
}

static int run_refund(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server billing refund CHARGE [--config FILE]",
		.about = "Takes a charge back: what was paid is the user's again. The license stays.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return refund(config, operands[0]);
}

static void print_charges(const json_t *list)
{
	json_t *charge;
	size_t i;

	json_array_foreach(list, i, charge) {
		json_int_t amount = json_integer_value(json_object_get(charge, "amount"));
		json_t *user = json_object_get(charge, "user");

		printf("%s  %8lld.%02lld  %-8s  %s%s%s\n",
		       json_string_value(json_object_get(charge, "charge_id")), amount / 100,
		       amount % 100, json_string_value(json_object_get(charge, "state")),
		       json_string_value(json_object_get(charge, "product")), user ? "  " : "",
		       user ? json_string_value(user) : "");
	}
}

static int run_overdue(int argc, char **argv)
{
	static const struct command_listing listing = {
		.usage = "cask-server billing overdue [--json] [--config FILE]",
		.about = "Lists what was not paid in time, the oldest first: whose it is has no credit.",
		.name = "charges", .query = statement_overdue, .print = print_charges,
	};

	return command_list(&listing, argc, argv);
}

static int show_statement(const char *config, const char *name, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *statement = NULL;
	struct account account;
	json_int_t balance;
	struct user user;
	int ret = open_account(config, name, &server, &user, &account);

	if (ret)
		return ret;
	ret = statement_of(server.db, user.id, server.config.currency, &statement);
	if (ret)
		return command_fail("%s: %s", name, strerror(-ret));
	if (as_json)
		return command_print(json_incref(statement));
	print_charges(json_object_get(statement, "charges"));
	balance = json_integer_value(json_object_get(statement, "balance"));
	printf("balance %s%lld.%02lld %s\n", balance < 0 ? "-" : "",
	       (balance < 0 ? -balance : balance) / 100, (balance < 0 ? -balance : balance) % 100,
	       server.config.currency);
	return EXIT_DONE;
}

static int run_statement(int argc, char **argv)
{
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = { OPTION_CONFIG(config), OPTION_JSON(as_json) };
	const struct options options = {
		.usage = "cask-server billing statement USER [--json] [--config FILE]",
		.about = "Prints what a user was charged, and has paid.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return show_statement(config, operands[0], as_json);
}

static int audit(const char *config, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *found = NULL;
	json_int_t sum, wrong;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	/* One moment of the books. */
	DB_TRANSACTION(server.db, ret) {
		json_decref(found);
		found = NULL;
		ret = statement_audit(server.db, &found);
	}
	if (ret)
		return command_fail("%s", strerror(-ret));
	if (as_json && command_print(json_incref(found)))
		return EXIT_FAILED;
	sum = json_integer_value(json_object_get(found, "sum"));
	wrong = json_integer_value(json_object_get(found, "wrong"));
	if (sum || wrong)
		return command_fail("the books do not balance: sum %lld, %lld wrong charges", sum, wrong);
	return EXIT_DONE;
}

static int run_audit(int argc, char **argv)
{
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = { OPTION_CONFIG(config), OPTION_JSON(as_json) };
	const struct options options = {
		.usage = "cask-server billing audit [--json] [--config FILE]",
		.about = "Looks the books through: the sum over all accounts is nothing, each charge is in\n"
			 "the ledger as it was made, and what is paid was paid. Fails if not.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return audit(config, as_json);
}

static int replace_key(struct server *server, const uint8_t key[SERVER_PROVIDER_KEY_SIZE])
{
	int ret = cask_db_run(server->db, "DELETE FROM secrets WHERE name = $1",
			      DB_ARGS(DB_TEXT(SECRET_PROVIDER)));

	return ret ? ret : vault_put(&server->vault, server->db, SECRET_PROVIDER, key,
				     SERVER_PROVIDER_KEY_SIZE);
}

static int provider(const char *config)
{
	_cleanup_server_ struct server server = { 0 };
	uint8_t key[SERVER_PROVIDER_KEY_SIZE];
	char text[TEXT_HEX_SIZE(SERVER_PROVIDER_KEY_SIZE)];
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = crypto_random(key, sizeof(key));
	if (!ret)
		DB_TRANSACTION(server.db, ret)
			ret = replace_key(&server, key);
	if (!ret) {
		text_hex(key, sizeof(key), text);
		puts(text);
		crypto_wipe(text, sizeof(text));
	}
	crypto_wipe(key, sizeof(key));
	return ret ? command_fail("%s", strerror(-ret)) : EXIT_DONE;
}

static int run_provider(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server billing provider [--config FILE]",
		.about = "Draws a key for the payment provider's messages and prints it, this once.\n"
			 "One that was there before is good until the server starts anew.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return provider(config);
}

static const struct command commands[] = {
	{ "audit", "look the books through", run_audit },
	{ "overdue", "list what was not paid in time", run_overdue },
	{ "pay", "book a payment", run_pay },
	{ "provider", "draw the payment provider's key", run_provider },
	{ "refund", "take a charge back", run_refund },
	{ "statement", "print a user's charges and payments", run_statement },
};

/**
 * cmd_billing() - cask-server billing
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_billing(int argc, char **argv)
{
	return command_dispatch("cask-server billing", commands, ARRAY_SIZE(commands), argc, argv);
}
