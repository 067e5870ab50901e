// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_device.c - cask-server device: disable, enable, list, reanchor, show.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "device.h"
#include "json.h"
#include "text.h"
#include "tree.h"

/* What all of them have an operand of. */
#define ACTION_DEVICE \
	.id = "device id", .id_size = CASK_KID_SIZE, .missing = "there is no such device"

static int enable(struct command_call *call)
{
	return device_enable(call->server->db, call->id, true);
}

static const struct command_action enabling = {
	.usage = "cask-server device enable DEVICE [--config FILE]",
	.about = "Takes back \"device disable\".",
	ACTION_DEVICE, .operands = 1, .run = enable,
};

static int take_out_of(struct server *server, const uint8_t category[CASK_ID_SIZE],
		       const uint8_t (*device)[CASK_KID_SIZE])
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret = tree_revoke(server, server->db, category, device, 1);

	text_hex(category, CASK_ID_SIZE, id);
	return ret ? command_fail("%s: %s", id, tree_reason(ret)) : EXIT_DONE;
}

/* Out of all categories that it can be taken out of: each change is whole, and what is left can be done again. */
static int take_out(struct server *server, const uint8_t id[CASK_KID_SIZE])
{
	uint8_t devices[1][CASK_KID_SIZE], ids[TREES_MAX][CASK_ID_SIZE];
	int ret, status = EXIT_DONE;
	size_t count;

	if (server_load_signer(server))
		return EXIT_FAILED;
	memcpy(devices[0], id, CASK_KID_SIZE);
	ret = tree_ids(server->db, ids, &count);
	for (size_t i = 0; !ret && i < count; i++)
		status = take_out_of(server, ids[i], devices) ?: status;
	return ret ? ret : status;
}

static int disable(struct command_call *call)
{
	const bool *out = call->arguments;
	int ret = device_enable(call->server->db, call->id, false);

	return !ret && *out ? take_out(call->server, call->id) : ret;
}

static int run_disable(int argc, char **argv)
{
	bool out = false;
	const struct option_spec specs[] = {
		{ "revoke", NULL, "take it out of all categories, too, for ever", .flag = &out },
	};
	const struct command_action disabling = {
		.usage = "cask-server device disable DEVICE [--revoke] [--config FILE]",
		.about = "Answers the device no more, and enrols it no more. Licenses that it has\n"
			 "stay.",
		ACTION_DEVICE, .operands = 1, .specs = specs, .count = ARRAY_SIZE(specs),
		.arguments = &out, .run = disable,
	};

	return command_act(&disabling, argc, argv);
}

static bool is_refused(const json_t *device)
{
	return !strcmp(json_string_value(json_object_get(device, "reanchor")), "refuse");
}

/* "waits" for the operator, or is "refused", or how often it was. */
static const char *reanchors(const json_t *device, char text[24])
{
	if (json_object_get(device, "reanchor_asked"))
		return is_refused(device) ? "refused" : "waits";
	snprintf(text, 24, "%lld",
		 (long long)json_integer_value(json_object_get(device, "reanchors")));
	return text;
}

static void print_list(const json_t *list)
{
	const json_t *device;
	char text[24];
	size_t i;

	printf("%-64s  %-8s  %-11s  %-8s  %s\n", "DEVICE", "STATE", "LEVEL", "REANCHOR", "USER");
	json_array_foreach(list, i, device)
		printf("%-64s  %-8s  %-11s  %-8s  %s\n",
		       json_string_value(json_object_get(device, "device_id")),
		       json_is_true(json_object_get(device, "enabled")) ? "enabled" : "disabled",
		       json_string_value(json_object_get(device, "level")), reanchors(device, text),
		       json_string_value(json_object_get(device, "user")));
}

static const struct command_action listing = {
	.usage = "cask-server device list [--json] [--config FILE]",
	.about = "Lists the enrolled devices, by user.",
	.name = "devices", .query = device_list, .print = print_list,
};

static void print_time(const char *name, const json_t *seconds)
{
	time_t t = json_integer_value(seconds);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("%-14s %s\n", name, text);
}

static void print_device(const json_t *device)
{
	static const char *const words[] = { "user", "enrolment", "level", "reanchor" };
	const json_t *time;
	size_t i;

	printf("%-14s %s\n", "device", json_string_value(json_object_get(device, "device_id")));
	printf("%-14s %s\n", "state",
	       json_is_true(json_object_get(device, "enabled")) ? "enabled" : "disabled");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		printf("%-14s %s\n", words[i], json_string_value(json_object_get(device, words[i])));
	print_time("enrolled", json_object_get(device, "enrolled"));
	if (json_object_get(device, "reanchor_asked"))
		print_time(is_refused(device) ? "refused since" : "waits since",
			   json_object_get(device, "reanchor_asked"));
	json_array_foreach(json_object_get(device, "reanchored"), i, time)
		print_time("re-anchored", time);
}

static int show(struct command_call *call)
{
	_cleanup_json_ json_t *device = NULL;
	int ret = device_show(call->server->db, call->id, &device);

	if (ret)
		return ret;
	if (call->as_json)
		return command_print(json_incref(device));
	print_device(device);
	return EXIT_DONE;
}

static const struct command_action showing = {
	.usage = "cask-server device show DEVICE [--json] [--config FILE]",
	.about = "Shows a device, and each time that it lost its records and went on without.",
	ACTION_DEVICE, .operands = 1, .json = true, .run = show,
};

static int read_policy(struct command_call *call)
{
	if (device_reanchor_parse(call->operands[1], call->arguments))
		return command_usage("\"%s\": allow, ask, once or refuse is wanted", call->operands[1]);
	return EXIT_DONE;
}

static int set_reanchor(struct command_call *call)
{
	const enum device_reanchor *policy = call->arguments;

	return device_set_reanchor(call->server->db, call->id, *policy);
}

static int run_reanchor(int argc, char **argv)
{
	enum device_reanchor policy;
	const struct command_action reanchoring = {
		.usage = "cask-server device reanchor DEVICE allow|ask|once|refuse [--config FILE]",
		.about = "What the device gets when it lost the records of its secure area and asks to\n"
			 "go on: the statement (allow, the default), nothing, and \"device list\" shows\n"
			 "that it waits (ask), the statement once and then ask (once), or nothing (refuse).",
		ACTION_DEVICE, .operands = 2, .arguments = &policy,
		.check = read_policy, .run = set_reanchor,
	};

	return command_act(&reanchoring, argc, argv);
}

static const struct command commands[] = {
	{ "disable", "answer it no more", .run = run_disable },
	{ "enable", "take that back", .action = &enabling },
	{ "list", "list the devices", .action = &listing },
	{ "reanchor", "what it gets when it lost its records", .run = run_reanchor },
	{ "show", "show a device", .action = &showing },
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
