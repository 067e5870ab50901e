// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_ekb.c - cask-server ekb: add, key, list, revoke.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "json.h"
#include "jwk.h"
#include "license.h"
#include "text.h"
#include "tree.h"

#define HEIGHT_DEFAULT	24	/* 16 million devices */

/* --- add --- */

struct arguments {
	const char *scheme;
	const char *height;
	const char *level;
	struct tree *tree;
};

static int add(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret;

	if (server_load_signer(call->server))
		return EXIT_FAILED;
	ret = tree_add(call->server, call->server->db, a->tree);
	if (ret)
		return command_fail("%s", tree_reason(ret));
	text_hex(a->tree->category.id, CASK_ID_SIZE, id);
	if (call->as_json)
		return command_print(json_pack("{s:s, s:I}", "category_id", id,
					       "version", (json_int_t)a->tree->version));
	puts(id);
	return EXIT_DONE;
}

static int read_scheme(const char *text, uint32_t *ret_scheme)
{
	if (!strcmp(text, "subtrees"))
		*ret_scheme = CASK_SCHEME_SUBTREES;
	else if (!strcmp(text, "differences"))
		*ret_scheme = CASK_SCHEME_DIFFERENCES;
	else
		return -EINVAL;
	return 0;
}

static int read_height(const char *text, uint32_t *ret_height)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > CASK_HEIGHT_MAX)
		return -EINVAL;
	*ret_height = n;
	return 0;
}

static int read_arguments(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	struct tree *tree = a->tree;

	if (read_scheme(a->scheme, &tree->category.scheme))
		return command_usage("--scheme is differences or subtrees, not \"%s\"", a->scheme);
	if (a->height && read_height(a->height, &tree->category.height))
		return command_usage("--height is 1 to %d, not \"%s\"", CASK_HEIGHT_MAX, a->height);
	if (device_level_read(a->level, &tree->min_level))
		return command_usage("--min-level is development or production, not \"%s\"", a->level);
	return EXIT_DONE;
}

static int run_add(int argc, char **argv)
{
	_cleanup_tree_ struct tree tree = { .category.height = HEIGHT_DEFAULT };
	struct arguments a = { .scheme = "differences", .level = "development", .tree = &tree };
	const struct option_spec specs[] = {
		{ "scheme", "SCHEME", "differences (default) or subtrees", .value = &a.scheme },
		{ "height", "N", "of the tree, which has 2^N leaves, 1 to 32 (default 24)",
		  .value = &a.height },
		{ "min-level", "LEVEL", "that a device needs for a leaf: development (default) or\n"
		  "                                production", .value = &a.level },
	};
	const struct command_action adding = {
		.usage = "cask-server ekb add [--scheme SCHEME] [--height N] [--min-level LEVEL]",
		.about = "Makes a category: a tree in which each device has a leaf, and the first EKB of\n"
			 "it, for all leaves; prints its id.",
		.json = true, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_arguments, .run = add,
	};

	return command_act(&adding, argc, argv);
}

/* --- list --- */

static void print_list(const json_t *list)
{
	static const char *const numbers[] = { "height", "version", "leaves", "revoked", "size" };
	json_t *tree;
	size_t i;

	printf("%-32s  %-11s  %-11s  %6s  %7s  %10s  %10s  %s\n", "CATEGORY", "SCHEME", "LEVEL",
	       "HEIGHT", "VERSION", "LEAVES", "REVOKED", "BYTES");
	json_array_foreach(list, i, tree) {
		static const int widths[] = { 6, 7, 10, 10, 0 };

		printf("%-32s  %-11s  %-11s", json_string_value(json_object_get(tree, "category_id")),
		       json_string_value(json_object_get(tree, "scheme")),
		       json_string_value(json_object_get(tree, "min_level")));
		for (size_t n = 0; n < ARRAY_SIZE(numbers); n++)
			printf("  %*lld", widths[n],
			       (long long)json_integer_value(json_object_get(tree, numbers[n])));
		putchar('\n');
	}
}

static const struct command_action listing = {
	.usage = "cask-server ekb list [--json] [--config FILE]",
	.about = "Lists the categories, the oldest first: the level that a leaf wants, how many\n"
		 "leaves were given away and revoked, and version and size of the EKB.",
	.name = "categories", .query = tree_list, .print = print_list,
};

/* --- revoke --- */

static int print_version(const struct tree *tree, const char *id, bool as_json)
{
	if (as_json)
		return command_print(json_pack("{s:s, s:I}", "category_id", id,
					       "version", (json_int_t)tree->version));
	printf("%u\n", tree->version);
	return EXIT_DONE;
}

struct revoked {
	uint8_t devices[OPTIONS_LIST_MAX][CASK_KID_SIZE];
	size_t count;
};

static int read_devices(struct command_call *call)
{
	struct revoked *r = call->arguments;

	for (char **id = call->operands + 1; *id; id++)
		if (text_from_hex(*id, r->devices[r->count++], CASK_KID_SIZE))
			return command_usage("\"%s\" is no device id: %d bytes in lower-case hex", *id,
					     CASK_KID_SIZE);
	return EXIT_DONE;
}

static int take_out(struct command_call *call)
{
	const struct revoked *r = call->arguments;
	_cleanup_tree_ struct tree tree = { 0 };
	struct server *server = call->server;
	int ret;

	if (server_load_signer(server))
		return EXIT_FAILED;
	ret = tree_revoke(server, server->db, call->id, r->devices, r->count);
	if (!ret)
		ret = tree_find(server, server->db, call->id, &tree);
	return ret ? command_fail("%s: %s", call->operands[0], tree_reason(ret)) :
		     print_version(&tree, call->operands[0], call->as_json);
}

static int run_revoke(int argc, char **argv)
{
	struct revoked revoked = { .count = 0 };
	const struct command_action revoking = {
		.usage = "cask-server ekb revoke CATEGORY DEVICE... [--json] [--config FILE]",
		.about = "Takes devices out of a category, for ever: makes the EKB that they do not open,\n"
			 "and prints its version. They get no license for its contents any more; those\n"
			 "that they have stay. A device that is out already changes nothing.",
		.operands = 2, .or_more = true, .json = true, .id = "category", .id_size = CASK_ID_SIZE,
		.arguments = &revoked, .check = read_devices, .run = take_out,
	};

	return command_act(&revoking, argc, argv);
}

/* --- key --- */

static int check_output(struct command_call *call)
{
	const char **key_out = call->arguments;

	return *key_out ? EXIT_DONE : command_usage("--key-out is wanted");
}

static int write_key(struct command_call *call)
{
	const char **path = call->arguments;
	_cleanup_tree_ struct tree tree = { 0 };
	struct license_root root = { 0 };
	int ret = tree_find(call->server, call->server->db, call->id, &tree);

	if (ret)
		return command_fail("%s: %s", call->operands[0], tree_reason(ret));
	memcpy(root.category, call->id, sizeof(root.category));
	root.version = tree.version;
	ret = tree_wrapping_key(&tree, root.version, root.wrap);
	if (!ret)
		ret = jwk_root_write(*path, &root);
	crypto_wipe(&root, sizeof(root));
	return ret ? command_fail("%s: %s", *path, ret == -EEXIST ? "exists" : strerror(-ret)) :
		     print_version(&tree, call->operands[0], false);
}

static int run_key(int argc, char **argv)
{
	const char *key_out = NULL;
	const struct option_spec specs[] = {
		{ "key-out", "JWK", "write the key here, for cask-pack --category", .value = &key_out },
	};
	const struct command_action writing = {
		.usage = "cask-server ekb key CATEGORY --key-out JWK [--config FILE]",
		.about = "Writes the key that wraps the keys of contents for all leaves that are not\n"
			 "revoked, for packers; prints the version that it is of. It is a secret: it opens\n"
			 "what was wrapped under that version, without a license.",
		.operands = 1, .id = "category", .id_size = CASK_ID_SIZE,
		.specs = specs, .count = ARRAY_SIZE(specs), .arguments = &key_out,
		.check = check_output, .run = write_key,
	};

	return command_act(&writing, argc, argv);
}

static const struct command commands[] = {
	{ "add", "make a category", .run = run_add },
	{ "key", "write the key that packers put contents into a category with", .run = run_key },
	{ "list", "list the categories", .action = &listing },
	{ "revoke", "take devices out of a category", .run = run_revoke },
};

/**
 * cmd_ekb() - cask-server ekb
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_ekb(int argc, char **argv)
{
	return command_dispatch("cask-server ekb", commands, ARRAY_SIZE(commands), argc, argv);
}
