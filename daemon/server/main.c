// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cask-server: the table of commands.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "command.h"
#include "json.h"
#include "log.h"

static const struct command commands[] = {
	{ "init", "make a new server: keys, certificates, database, configuration", .run = cmd_init },
	{ "serve", "serve over HTTPS", .run = cmd_serve },
	{ "user", "accounts: add, disable, enable, list", .run = cmd_user },
	{ "device", "enrolled devices: disable, enable, list", .run = cmd_device },
	{ "token", "one-time codes that register a device: new", .run = cmd_token },
	{ "content", "what is offered: add, add-key, list, remove", .run = cmd_content },
	{ "class", "classes of media: add, list, remove", .run = cmd_class },
	{ "ekb", "categories of devices, and their EKBs: add, list, revoke", .run = cmd_ekb },
	{ "medium", "media: create, list, show, verify", .run = cmd_medium },
	{ "license", "make a license without network: issue", .run = cmd_license },
	{ "term", "terms of licenses for a content: add, list, remove", .run = cmd_term },
	{ "product", "what has a price: add, list, price, remove", .run = cmd_product },
	{ "account", "who pays how: list, set", .run = cmd_account },
	{ "billing", "audit, overdue, pay, provider, refund, statement", .run = cmd_billing },
	{ "report", "what devices report of use: list, export", .run = cmd_report },
	{ "distributor", "print what clients install: keys and statements", .run = cmd_distributor },
	{ "routes", "print what the server answers", .run = cmd_routes },
	{ "factory", "certify devices where they are made: init, certify, revoke", .run = cmd_factory },
};

int main(int argc, char **argv)
{
	const struct rlimit no_core = { 0 };

	/* A core dump, or a debugger of the same user, would see private and content keys. */
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	/* Content keys, tokens and passwords pass through JSON. */
	cask_json_wipe();
	cask_log_init("cask-server", CASK_LOG_INFO);
	if (sodium_init() < 0)
		return command_fail("libsodium does not start");
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("cask-server " CASK_VERSION);
		return EXIT_DONE;
	}
	return command_dispatch("cask-server", commands, ARRAY_SIZE(commands), argc, argv);
}
