// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_report.c - cask-server report: list, export.
 */
#include <stdio.h>

#include "command.h"
#include "license/report.h"

static const char *text_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static long long number_of(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static void print_list(const json_t *list)
{
	json_t *log;
	size_t i;

	printf("%-64s  %-16s  %8s  %8s\n", "DEVICE", "SERIES", "ENTRIES", "MISSING");
	json_array_foreach(list, i, log)
		printf("%s  %s  %8lld  %8lld\n", text_of(log, "device_id"), text_of(log, "series"),
		       number_of(log, "entries"), number_of(log, "missing"));
}

static const struct command_action listing = {
	.usage = "cask-server report list [--json] [--config FILE]",
	.about = "Lists the use logs of devices: how many entries were reported, and how many\n"
		 "are missing between them.",
	.name = "logs", .query = report_list, .print = print_list,
};

static void print_export(const json_t *list)
{
	json_t *use;
	size_t i;

	json_array_foreach(list, i, use)
		printf("%s\t%s\t%lld\t%s\t%s\t%lld\t%lld\t%s\n", text_of(use, "device_id"),
		       text_of(use, "series"), number_of(use, "number"), text_of(use, "license_id"),
		       text_of(use, "event"), number_of(use, "time"), number_of(use, "amount"),
		       text_of(use, "unit"));
}

static const struct command_action exporting = {
	.usage = "cask-server report export [--json] [--config FILE]",
	.about = "Prints all uses that were reported, one a line: device, series, number, license,\n"
		 "event, time, amount, unit.",
	.name = "uses", .query = report_export, .print = print_export,
};

static const struct command commands[] = {
	{ "list", "list the use logs of devices", .action = &listing },
	{ "export", "print what they say", .action = &exporting },
};

/**
 * cmd_report() - cask-server report
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_report(int argc, char **argv)
{
	return command_dispatch("cask-server report", commands, ARRAY_SIZE(commands), argc, argv);
}
