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

static int read_id(const char *name, uint8_t id[CASK_KID_SIZE])
{
	if (text_from_hex(name, id, CASK_KID_SIZE))
		return command_usage("\"%s\" is no device id: %d bytes in lower-case hex", name,
				     CASK_KID_SIZE);
	return EXIT_DONE;
}

/* What became of a device: an exit status. */
static int done(const char *name, int ret)
{
	if (ret == -ESRCH)
		return command_fail("%s: there is no such device", name);
	return ret ? command_fail("%s: %s", name, strerror(-ret)) : EXIT_DONE;
}

static int enable(const char *config, const char *name, bool enabled)
{
	_cleanup_server_ struct server server = { 0 };
	uint8_t id[CASK_KID_SIZE];

	if (read_id(name, id))
		return EXIT_USAGE;
	if (command_open(config, &server))
		return EXIT_FAILED;
	return done(name, device_enable(server.db, id, enabled));
}

static int take_out_of(struct server *server, const uint8_t category[CASK_ID_SIZE],
		       const uint8_t (*device)[CASK_KID_SIZE])
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret = tree_revoke(server, server->db, category, device, 1);

	text_hex(category, CASK_ID_SIZE, id);
	return ret ? command_fail("%s: %s", id, tree_reason(ret)) : EXIT_DONE;
}

/* Out of all categories that it can be taken out of: each change is whole, and what is left can be done again. */
static int take_out(const char *config, const char *name)
{
	_cleanup_server_ struct server server = { 0 };
	uint8_t id[1][CASK_KID_SIZE], ids[TREES_MAX][CASK_ID_SIZE];
	int ret, status = EXIT_DONE;
	size_t count;

	if (read_id(name, id[0]))
		return EXIT_USAGE;
	if (command_open(config, &server) || server_load_signer(&server))
		return EXIT_FAILED;
	ret = tree_ids(server.db, ids, &count);
	if (ret)
		return done(name, ret);
	for (size_t i = 0; i < count; i++)
		status = take_out_of(&server, ids[i], id) ?: status;
	return status;
}

static int run_disable(int argc, char **argv)
{
	const char *config = NULL;
	bool out = false;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "revoke", NULL, "take it out of all categories, too, for ever", .flag = &out },
	};
	const struct options options = {
		.usage = "cask-server device disable DEVICE [--revoke] [--config FILE]",
		.about = "Answers the device no more, and enrols it no more. Licenses that it has\n"
			 "stay.",
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	ret = enable(config, operands[0], false);
	return !ret && out ? take_out(config, operands[0]) : ret;
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

static int run_list(int argc, char **argv)
{
	static const struct command_listing listing = {
		.usage = "cask-server device list [--json] [--config FILE]",
		.about = "Lists the enrolled devices, by user.",
		.name = "devices", .query = device_list, .print = print_list,
	};

	return command_list(&listing, argc, argv);
}

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

static int show(const char *config, const char *name, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_json_ json_t *device = NULL;
	uint8_t id[CASK_KID_SIZE];
	int ret;

	if (read_id(name, id))
		return EXIT_USAGE;
	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = device_show(server.db, id, &device);
	if (ret)
		return done(name, ret);
	if (as_json)
		return command_print(json_incref(device));
	print_device(device);
	return EXIT_DONE;
}

static int run_show(int argc, char **argv)
{
	bool as_json = false;
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_JSON(as_json), OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server device show DEVICE [--json] [--config FILE]",
		.about = "Shows a device, and each time that it lost its records and went on without.",
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return show(config, operands[0], as_json);
}

static int set_reanchor(const char *config, const char *name, const char *word)
{
	_cleanup_server_ struct server server = { 0 };
	enum device_reanchor policy;
	uint8_t id[CASK_KID_SIZE];

	if (read_id(name, id))
		return EXIT_USAGE;
	if (device_reanchor_parse(word, &policy))
		return command_usage("\"%s\": allow, ask, once or refuse is wanted", word);
	if (command_open(config, &server))
		return EXIT_FAILED;
	return done(name, device_set_reanchor(server.db, id, policy));
}

static int run_reanchor(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_spec specs[] = { OPTION_CONFIG(config) };
	const struct options options = {
		.usage = "cask-server device reanchor DEVICE allow|ask|once|refuse [--config FILE]",
		.about = "What the device gets when it lost the records of its secure area and asks to\n"
			 "go on: the statement (allow, the default), nothing, and \"device list\" shows\n"
			 "that it waits (ask), the statement once and then ask (once), or nothing (refuse).",
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 2, .max_operands = 2,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	return set_reanchor(config, operands[0], operands[1]);
}

static const struct command commands[] = {
	{ "disable", "answer it no more", run_disable },
	{ "enable", "take that back", run_enable },
	{ "list", "list the devices", run_list },
	{ "reanchor", "what it gets when it lost its records", run_reanchor },
	{ "show", "show a device", run_show },
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
