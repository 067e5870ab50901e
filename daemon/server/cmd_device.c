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

static int run_disable(int argc, char **argv)
{
	static const struct command_switch disable = {
		.usage = "cask-server device disable DEVICE [--config FILE]",
		.about = "Answers the device no more, and enrols it no more. Licenses that it has\n"
			 "stay.",
		.run = enable,
	};

	return command_switch(&disable, argc, argv);
}

static int run_enable(int argc, char **argv)
{
	static const struct command_switch again = {
		.usage = "cask-server device enable DEVICE [--config FILE]",
		.about = "Takes back \"device disable\".",
		.enabled = true, .run = enable,
	};

	return command_switch(&again, argc, argv);
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

static int run_list(int argc, char **argv)
{
	static const struct command_listing listing = {
		.usage = "cask-server device list [--json] [--config FILE]",
		.about = "Lists the enrolled devices, by user.",
		.name = "devices", .query = device_list, .print = print_list,
	};

	return command_list(&listing, argc, argv);
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
