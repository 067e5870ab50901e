// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_device.c - cask-server device: disable, enable, list.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "json.h"
#include "text.h"

static int enable(const char *config, const char *name, bool enabled)
{
	_cleanup_server_ struct server server = { 0 };
	uint8_t id[CASK_KID_SIZE];
	int ret;

	if (text_from_hex(name, id, sizeof(id)))
		return command_usage("\"%s\" is no device id: %zu bytes in lower-case hex", name,
				     sizeof(id));
	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = device_enable(server.db, id, enabled);
	if (ret == -ESRCH)
		return command_fail("%s: there is no such device", name);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int run_switch(int argc, char **argv, const char *usage, const char *about, bool enabled)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = usage, .about = about, .specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return enable(config, operands[0], enabled);
}

static int run_disable(int argc, char **argv)
{
	return run_switch(argc, argv, "cask-server device disable DEVICE [--config FILE]",
			  "Answers the device no more, and enrols it no more. Licenses that it has\n"
			  "stay.", false);
}

static int run_enable(int argc, char **argv)
{
	return run_switch(argc, argv, "cask-server device enable DEVICE [--config FILE]",
			  "Takes back \"device disable\".", true);
}

static void print_list(const json_t *list)
{
	const json_t *device;
	size_t i;

	printf("%-64s  %-8s  %-11s  %s\n", "DEVICE", "STATE", "LEVEL", "USER");
	json_array_foreach(list, i, device)
		printf("%-64s  %-8s  %-11s  %s\n",
		       json_string_value(json_object_get(device, "device_id")),
		       json_is_true(json_object_get(device, "enabled")) ? "enabled" : "disabled",
		       json_string_value(json_object_get(device, "level")),
		       json_string_value(json_object_get(device, "user")));
}

static int list_all(const char *config, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *list = NULL;
	int ret;

	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = device_list(server.db, &list);
	if (ret)
		return command_fail("%s", strerror(-ret));
	if (as_json)
		return command_print(json_pack("{s:O}", "devices", list));
	print_list(list);
	return EXIT_DONE;
}

static int run_list(int argc, char **argv)
{
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = { OPTION_CONFIG(config), OPTION_JSON(as_json) };
	const struct options options = {
		.usage = "cask-server device list [--json] [--config FILE]",
		.about = "Lists the enrolled devices, by user.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return list_all(config, as_json);
}

static const struct command commands[] = {
	{ "disable", "answer it no more", run_disable },
	{ "enable", "take that back", run_enable },
	{ "list", "list the devices", run_list },
};

/**
 * cmd_device() - cask-server device
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_device(int argc, char **argv)
{
	return command_dispatch("cask-server device", commands, ARRAY_SIZE(commands), argc, argv);
}
