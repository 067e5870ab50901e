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

static int find_account(struct command_call *call, struct user *user, struct account *account)
{
	int ret = user_find(call->server->db, call->operands[0], user);

	if (ret)
		return ret;
	ret = account_find(call->server->db, user->id, account);
	return ret == -ESRCH ? command_fail("%s: has no account", call->operands[0]) : ret;
}

struct payment {
	const char *reference;
	uint64_t amount;
};

static int read_payment(struct command_call *call)
{
	struct payment *p = call->arguments;

	if (!p->reference || !*p->reference || strlen(p->reference) > LEDGER_REFERENCE_MAX)
		return command_usage("--reference of 1 to %d bytes is wanted", LEDGER_REFERENCE_MAX);
	if (options_amount(call->operands[1], &p->amount) || !p->amount)
		return command_usage("\"%s\" is no amount", call->operands[1]);
	return EXIT_DONE;
}

static int pay(struct command_call *call)
{
	const struct payment *p = call->arguments;
	struct account account;
	struct user user;
	int ret = find_account(call, &user, &account);

	if (ret)
		return ret;
	DB_TRANSACTION(call->server->db, ret)
		ret = bill_pay(call->server->db, account.id, p->amount, p->reference);
	return ret == -EEXIST ? command_fail("%s: was another payment's reference", p->reference) : ret;
}

static int run_pay(int argc, char **argv)
{
	struct payment payment = { 0 };
	const struct option_spec specs[] = {
		{ "reference", "TEXT", "the bank's or the till's, of this payment alone",
		  .value = &payment.reference },
	};
	const struct command_action paying = {
		.usage = "cask-server billing pay USER AMOUNT --reference TEXT [--config FILE]",
		.about = "Books a payment that came in; it pays what is open, the first due first.\n"
			 "The same payment again is booked once.",
		.operands = 2, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &payment,
		.check = read_payment, .run = pay, .missing = COMMAND_NO_USER,
	};

	return command_act(&paying, argc, argv);
}

static int refund(struct command_call *call)
{
	int ret;

	DB_TRANSACTION(call->server->db, ret)
		ret = bill_refund(call->server->db, call->id);
	return ret == -EALREADY ? command_fail("%s: was refunded before", call->operands[0]) : ret;
}

static const struct command_action refunding = {
	.usage = "cask-server billing refund CHARGE [--config FILE]",
	.about = "Takes a charge back: what was paid is the user's again. The license stays.",
	.operands = 1, .id = "charge id", .id_size = LEDGER_ID_SIZE,
	.run = refund, .missing = "there is no such charge",
};

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

static const struct command_action overdue = {
	.usage = "cask-server billing overdue [--json] [--config FILE]",
	.about = "Lists what was not paid in time, the oldest first: whose it is has no credit.",
	.name = "charges", .query = statement_overdue, .print = print_charges,
};

static int show_statement(struct command_call *call)
{
	const char *currency = call->server->config.currency;
	_cleanup_json_ json_t *statement = NULL;
	struct account account;
	json_int_t balance;
	struct user user;
	int ret = find_account(call, &user, &account);

	if (!ret)
		ret = statement_of(call->server->db, user.id, currency, &statement);
	if (ret)
		return ret;
	if (call->as_json)
		return command_print(json_incref(statement));
	print_charges(json_object_get(statement, "charges"));
	balance = json_integer_value(json_object_get(statement, "balance"));
	printf("balance %s%lld.%02lld %s\n", balance < 0 ? "-" : "",
	       (balance < 0 ? -balance : balance) / 100, (balance < 0 ? -balance : balance) % 100,
	       currency);
	return EXIT_DONE;
}

static const struct command_action statement = {
	.usage = "cask-server billing statement USER [--json] [--config FILE]",
	.about = "Prints what a user was charged, and has paid.",
	.operands = 1, .json = true, .run = show_statement, .missing = COMMAND_NO_USER,
};

static int audit(struct command_call *call)
{
	_cleanup_json_ json_t *found = NULL;
	json_int_t sum, wrong;
	int ret;

	/* One moment of the books. */
	DB_TRANSACTION(call->server->db, ret) {
		json_decref(found);
		found = NULL;
		ret = statement_audit(call->server->db, &found);
	}
	if (ret)
		return ret;
	if (call->as_json && command_print(json_incref(found)))
		return EXIT_FAILED;
	sum = json_integer_value(json_object_get(found, "sum"));
	wrong = json_integer_value(json_object_get(found, "wrong"));
	if (sum || wrong)
		return command_fail("the books do not balance: sum %lld, %lld wrong charges", sum, wrong);
	return EXIT_DONE;
}

static const struct command_action auditing = {
	.usage = "cask-server billing audit [--json] [--config FILE]",
	.about = "Looks the books through: the sum over all accounts is nothing, each charge is in\n"
		 "the ledger as it was made, and what is paid was paid. Fails if not.",
	.json = true, .run = audit,
};

static int replace_key(struct server *server, const uint8_t key[SERVER_PROVIDER_KEY_SIZE])
{
	int ret = cask_db_run(server->db, "DELETE FROM secrets WHERE name = $1",
			      DB_ARGS(DB_TEXT(SECRET_PROVIDER)));

	return ret ? ret : vault_put(&server->vault, server->db, SECRET_PROVIDER, key,
				     SERVER_PROVIDER_KEY_SIZE);
}

static int draw_key(struct command_call *call)
{
	uint8_t key[SERVER_PROVIDER_KEY_SIZE];
	char text[TEXT_HEX_SIZE(SERVER_PROVIDER_KEY_SIZE)];
	int ret = crypto_random(key, sizeof(key));

	if (!ret)
		DB_TRANSACTION(call->server->db, ret)
			ret = replace_key(call->server, key);
	if (!ret) {
		text_hex(key, sizeof(key), text);
		puts(text);
		crypto_wipe(text, sizeof(text));
	}
	crypto_wipe(key, sizeof(key));
	return ret;
}

static const struct command_action provider = {
	.usage = "cask-server billing provider [--config FILE]",
	.about = "Draws a key for the payment provider's messages and prints it, this once.\n"
		 "One that was there before is good until the server starts anew.",
	.run = draw_key,
};

static const struct command commands[] = {
	{ "audit", "look the books through", .action = &auditing },
	{ "overdue", "list what was not paid in time", .action = &overdue },
	{ "pay", "book a payment", .run = run_pay },
	{ "provider", "draw the payment provider's key", .action = &provider },
	{ "refund", "take a charge back", .action = &refunding },
	{ "statement", "print a user's charges and payments", .action = &statement },
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
