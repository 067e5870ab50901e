// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_class.c - cask-server class: add, list, remove.
 *
 * A class of media is a content whose key is the class key. It is drawn here, and leaves
 * the server in licenses of enrolled devices only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "content.h"
#include "crypto.h"
#include "device.h"
#include "json.h"
#include "text.h"

struct arguments {
	const char *title;
	const char *level;
	struct content content;
};

static int insert(struct server *server, struct content *content)
{
	uint8_t key[CASK_KEY_SIZE];
	int ret = crypto_random(content->id, sizeof(content->id));

	memcpy(content->id, server->distributor.prefix, server->distributor.prefix_size);
	if (!ret)
		ret = crypto_random(key, sizeof(key));
	if (!ret)
		ret = content_insert(server->db, &server->vault, content, key);
	crypto_wipe(key, sizeof(key));
	return ret;
}

static int add(struct command_call *call)
{
	struct arguments *a = call->arguments;
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret = insert(call->server, &a->content);

	if (ret)
		return ret;
	if (call->as_json)
		return command_print(content_json(&a->content));
	text_hex(a->content.id, sizeof(a->content.id), id);
	puts(id);
	return EXIT_DONE;
}

static int read_arguments(struct command_call *call)
{
	struct arguments *a = call->arguments;

	if (device_level_read(a->level, &a->content.min_level))
		return command_usage("--min-level is development or production, not \"%s\"", a->level);
	if (!content_title_fits(a->title))
		return command_usage("--title has up to %d bytes of UTF-8 without control "
				     "characters", CASK_TEXT_MAX);
	snprintf(a->content.title, sizeof(a->content.title), "%s", a->title);
	return EXIT_DONE;
}

static int run_add(int argc, char **argv)
{
	struct arguments a = {
		.title = "", .level = "development", .content.suite = CASK_SUITE_MEDIUM_CLASS,
	};
	const struct option_spec specs[] = {
		{ "title", "TEXT", "what people call it", .value = &a.title },
		{ "min-level", "LEVEL", "that a device needs: development (default) or production",
		  .value = &a.level },
	};
	const struct command_action adding = {
		.usage = "cask-server class add [--title TEXT] [--min-level LEVEL]",
		.about = "Draws the key of a new class of media; prints its content id. Every enrolled\n"
			 "device of that level may have it, to read and write media of the class.",
		.json = true, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_arguments, .run = add,
	};

	return command_act(&adding, argc, argv);
}

static void print_list(const json_t *list)
{
	json_t *class;
	size_t i;

	printf("%-32s  %-11s  %s\n", "CLASS", "LEVEL", "TITLE");
	json_array_foreach(list, i, class) {
		const char *title = json_string_value(json_object_get(class, "title"));

		printf("%-32s  %-11s  %s\n", json_string_value(json_object_get(class, "content_id")),
		       json_string_value(json_object_get(class, "min_level")), title ? title : "");
	}
}

static const struct command_action listing = {
	.usage = "cask-server class list [--json] [--config FILE]",
	.about = "Lists the classes of media, the latest first.",
	.name = "classes", .query = content_list_classes, .print = print_list,
};

static int remove_one(struct command_call *call)
{
	struct cask_db *db = call->server->db;
	struct content content;
	int ret = content_find(db, call->id, &content);

	if (!ret && content.suite != CASK_SUITE_MEDIUM_CLASS)
		ret = -ESRCH;
	return ret ? ret : content_retire(db, call->id);
}

static const struct command_action removing = {
	.usage = "cask-server class remove CLASS [--config FILE]",
	.about = "Forgets a class's key: no device gets it any more, no medium of the class is\n"
		 "made, and none gets another license. Media and licenses that there are stay.",
	.operands = 1, .id = "content id", .id_size = CASK_ID_SIZE,
	.run = remove_one, .missing = "is no class",
};

static const struct command commands[] = {
	{ "add", "draw the key of a new class of media", .run = run_add },
	{ "list", "list the classes", .action = &listing },
	{ "remove", "forget the key of a class", .action = &removing },
};

/**
 * cmd_class() - cask-server class
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_class(int argc, char **argv)
{
	return command_dispatch("cask-server class", commands, ARRAY_SIZE(commands), argc, argv);
}
