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

static int add(const char *config, struct tree *tree, bool as_json)
{
	_cleanup_server_ struct server server = { 0 };
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret;

	if (command_open(config, &server) || server_load_signer(&server))
		return EXIT_FAILED;
	ret = tree_add(&server, server.db, tree);
	if (ret)
		return command_fail("%s", tree_reason(ret));
	text_hex(tree->category.id, CASK_ID_SIZE, id);
	if (as_json)
		return command_print(json_pack("{s:s, s:I}", "category_id", id,
					       "version", (json_int_t)tree->version));
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

static int run_add(int argc, char **argv)
{
	const char *config = NULL, *scheme = "differences", *height = NULL, *level = "development";
	_cleanup_tree_ struct tree tree = { .category.height = HEIGHT_DEFAULT };
	bool as_json = false;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "scheme", "SCHEME", "differences (default) or subtrees", .value = &scheme },
		{ "height", "N", "of the tree, which has 2^N leaves, 1 to 32 (default 24)",
		  .value = &height },
		{ "min-level", "LEVEL", "that a device needs for a leaf: development (default) or\n"
		  "                                production", .value = &level },
		OPTION_JSON(as_json),
	};
	const struct options options = {
		.usage = "cask-server ekb add [--scheme SCHEME] [--height N] [--min-level LEVEL]",
		.about = "Makes a category: a tree in which each device has a leaf, and the first EKB of\n"
			 "it, for all leaves; prints its id.",
		.specs = specs, .count = ARRAY_SIZE(specs),
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (read_scheme(scheme, &tree.category.scheme))
		return command_usage("--scheme is differences or subtrees, not \"%s\"", scheme);
	if (height && read_height(height, &tree.category.height))
		return command_usage("--height is 1 to %d, not \"%s\"", CASK_HEIGHT_MAX, height);
	if (device_level_read(level, &tree.min_level))
		return command_usage("--min-level is development or production, not \"%s\"", level);
	return add(config, &tree, as_json);
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

static int take_out(const char *config, char **operands, int count, bool as_json)
{
	_cleanup_free_ uint8_t (*devices)[CASK_KID_SIZE] = calloc(count, sizeof(*devices));
	_cleanup_server_ struct server server = { 0 };
	_cleanup_tree_ struct tree tree = { 0 };
	uint8_t id[CASK_ID_SIZE];
	int ret;

	if (text_from_hex(operands[0], id, sizeof(id)))
		return command_usage("\"%s\" is no category", operands[0]);
	for (int i = 1; devices && i < count; i++)
		if (text_from_hex(operands[i], devices[i - 1], CASK_KID_SIZE))
			return command_usage("\"%s\" is no device id: %d bytes in lower-case hex",
					     operands[i], CASK_KID_SIZE);
	if (command_open(config, &server) || server_load_signer(&server))
		return EXIT_FAILED;
	ret = devices ? tree_revoke(&server, server.db, id, devices, count - 1) : -ENOMEM;
	if (!ret)
		ret = tree_find(&server, server.db, id, &tree);
	return ret ? command_fail("%s: %s", operands[0], tree_reason(ret)) :
		     print_version(&tree, operands[0], as_json);
}

static int run_revoke(int argc, char **argv)
{
	const char *config = NULL;
	bool as_json = false;
	const struct option_spec specs[] = { OPTION_CONFIG(config), OPTION_JSON(as_json) };
	const struct options options = {
		.usage = "cask-server ekb revoke CATEGORY DEVICE... [--json] [--config FILE]",
		.about = "Takes devices out of a category, for ever: makes the EKB that they do not open,\n"
			 "and prints its version. They get no license for its contents any more; those\n"
			 "that they have stay. A device that is out already changes nothing.",
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 2,
		.max_operands = OPTIONS_LIST_MAX,
	};
	char **operands;
	int count = 0, ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	while (operands[count])
		count++;
	return take_out(config, operands, count, as_json);
}

/* --- key --- */

static int write_key(const char *config, const char *text, const char *path)
{
	_cleanup_server_ struct server server = { 0 };
	_cleanup_tree_ struct tree tree = { 0 };
	struct license_root root = { 0 };
	int ret;

	if (text_from_hex(text, root.category, sizeof(root.category)))
		return command_usage("\"%s\" is no category", text);
	if (command_open(config, &server))
		return EXIT_FAILED;
	ret = tree_find(&server, server.db, root.category, &tree);
	if (ret)
		return command_fail("%s: %s", text, tree_reason(ret));
	root.version = tree.version;
	ret = tree_wrapping_key(&tree, root.version, root.wrap);
	if (!ret)
		ret = jwk_root_write(path, &root);
	crypto_wipe(&root, sizeof(root));
	return ret ? command_fail("%s: %s", path, ret == -EEXIST ? "exists" : strerror(-ret)) :
		     print_version(&tree, text, false);
}

static int run_key(int argc, char **argv)
{
	const char *config = NULL, *key_out = NULL;
	const struct option_spec specs[] = {
		OPTION_CONFIG(config),
		{ "key-out", "JWK", "write the key here, for cask-pack --category", .value = &key_out },
	};
	const struct options options = {
		.usage = "cask-server ekb key CATEGORY --key-out JWK [--config FILE]",
		.about = "Writes the key that wraps the keys of contents for all leaves that are not\n"
			 "revoked, for packers; prints the version that it is of. It is a secret: it opens\n"
			 "what was wrapped under that version, without a license.",
		.specs = specs, .count = ARRAY_SIZE(specs), .min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (!key_out)
		return command_usage("--key-out is wanted");
	return write_key(config, operands[0], key_out);
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
