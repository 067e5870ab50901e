// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_medium.c - cask-server medium: create, list, show, verify.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "json.h"
#include "master/master.h"
#include "master/verify.h"
#include "media.h"
#include "text.h"

static const struct {
	int error;
	const char *text;
} reasons[] = {
	{ ENOKEY, "is no class" },
	{ ESRCH, "is not offered" },
	{ ENODATA, "counts: its licenses are for a device that asks, with the medium in its drive" },
	{ EPROTOTYPE, "is sent as a second key, and goes onto no medium" },
	{ EPROTONOSUPPORT, "is for the devices of a category, and goes onto no medium" },
	{ EMEDIUMTYPE, "is a class: its key is for devices" },
	{ EDOM, "is for devices of a higher level than the class's: --apparatus" },
	{ EMSGSIZE, "its license has no room: --slot-size" },
	{ ENOSPC, "has no room" },
	{ ECHILD, "mke2fs failed" },
	{ EEXIST, "exists" },
	{ ENOTEMPTY, "is not blank: --force" },
	{ EDESTADDRREQ, "is no block device: --size is wanted" },
	{ EINVAL, "is no file of the kind that is wanted" },
	{ EOPNOTSUPP, "is a .cask file of another version" },
	{ EFBIG, "is not as long as its header says" },
	{ EXDEV, "was packed for another distributor" },
	{ EILSEQ, "is damaged: a block is not authentic" },
	{ EKEYREJECTED, "is not of this content" },
};

static const char *reason(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == -error)
			return reasons[i].text;
	return strerror(-error);
}

static void say(const char *what, const char *which)
{
	fprintf(stderr, "%s: %s\n", what, which);
}

/* What was made, for machines: the paths are the caller's own words. */
static json_t *result(const struct master *m)
{
	json_t *licenses = json_array(), *license;

	for (size_t i = 0; i < m->order->n_contents; i++) {
		license = json_pack("{s:o, s:o}", "license_id",
				    cask_json_new_hex(m->issues[i].id, CASK_ID_SIZE), "content_id",
				    cask_json_new_hex(m->order->contents[i].id, CASK_ID_SIZE));
		if (json_array_append_new(licenses, license)) {
			json_decref(licenses);
			return NULL;
		}
	}
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:o}", "number",
			 cask_json_new_hex(m->medium.number, sizeof(m->medium.number)),
			 "class_id", cask_json_new_hex(m->medium.class_id, CASK_ID_SIZE),
			 "slot_size", (json_int_t)m->medium.slot_size,
			 "third_offset", (json_int_t)m->medium.third_offset,
			 "third_size", (json_int_t)m->medium.third_size, "licenses", licenses);
}

/**
 * struct arguments - a medium to be made, as written
 * @class: --class
 * @size: --size
 * @slot_size: --slot-size
 * @apparatus: --apparatus
 * @contents: --content
 * @files: --file
 * @quiet: --quiet
 * @order: what that comes to
 * @wanted: of @order
 */
struct arguments {
	const char *class;
	const char *size;
	const char *slot_size;
	const char *apparatus;
	struct options_list contents;
	struct options_list files;
	bool quiet;
	struct master_order order;
	struct master_content wanted[OPTIONS_LIST_MAX];
};

static int create(struct command_call *call)
{
	const struct arguments *a = call->arguments;
	_cleanup_(master_free) struct master master = { 0 };
	char number[TEXT_HEX_SIZE(CASK_MEDIUM_NUMBER_SIZE)];
	int ret = server_load_signer(call->server);

	if (ret)
		return command_fail("the license-signing key: %s", strerror(-ret));
	ret = master_make(call->server, &a->order, &master);
	if (ret)
		return command_fail("%s: %s", master.at, reason(ret));
	if (call->as_json)
		return command_print(result(&master));
	text_hex(master.medium.number, sizeof(master.medium.number), number);
	puts(number);
	return EXIT_DONE;
}

/* CONTENT or CONTENT=FILE */
static int read_contents(const struct options_list *list, struct master_content *contents)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->values[i];
		char id[TEXT_HEX_SIZE(CASK_ID_SIZE)] = "";
		size_t length = strcspn(text, "=");

		if (length == sizeof(id) - 1)
			memcpy(id, text, length);
		if (text_from_hex(id, contents[i].id, CASK_ID_SIZE))
			return command_usage("--content: \"%s\" does not begin with a content id", text);
		contents[i].path = text[length] ? text + length + 1 : NULL;
	}
	return EXIT_DONE;
}

static int read_sizes(const struct arguments *a, struct master_order *order)
{
	uint64_t slot = 65536;

	if (a->size && options_bytes(a->size, &order->size))
		return command_usage("--size: \"%s\" is no size", a->size);
	if ((a->slot_size && options_bytes(a->slot_size, &slot)) || slot % 4096 ||
	    slot < CASK_LAYER_MIN || slot > CASK_LAYER_MAX)
		return command_usage("--slot-size is a multiple of 4K, from %dK to %dK",
				     CASK_LAYER_MIN / 1024, CASK_LAYER_MAX / 1024);
	order->slot_size = slot;
	return EXIT_DONE;
}

static int read_order(struct command_call *call)
{
	struct arguments *a = call->arguments;
	struct master_order *order = &a->order;

	if (!a->class || text_from_hex(a->class, order->class_id, CASK_ID_SIZE))
		return command_usage("--class is wanted, a content id");
	order->locked = a->apparatus;
	if (a->apparatus && command_number("apparatus number", a->apparatus, CASK_X25519_SIZE,
					   order->apparatus))
		return EXIT_USAGE;
	order->path = call->operands[0];
	order->say = a->quiet ? NULL : say;
	order->contents = a->wanted;
	order->n_contents = a->contents.count;
	order->files = a->files.values;
	order->n_files = a->files.count;
	return read_contents(&a->contents, a->wanted) ?: read_sizes(a, order);
}

static int run_create(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct option_spec specs[] = {
		{ "class", "CLASS", "whose media it is one of", .value = &a.class },
		{ "size", "SIZE", "of the whole, such as 4G (default: of the block device)",
		  .value = &a.size },
		{ "content", "ID[=FILE]", "to be licensed on it, with the store's file or this one;\n"
		  "                                may be repeated", .list = &a.contents },
		{ "file", "FILE", "anything else for the third layer; may be repeated",
		  .list = &a.files },
		{ "slot-size", "SIZE", "of the second layer's halves (default 64K: some 100 licenses)",
		  .value = &a.slot_size },
		{ "apparatus", "NUMBER", "of the one device that the medium is for, in hex or as on its label",
		  .value = &a.apparatus },
		{ "force", NULL, "over what is there", .flag = &a.order.force },
		{ "quiet", NULL, "do not tell what is being done", .flag = &a.quiet, .letter = 'q' },
	};
	const struct command_action creating = {
		.usage = "cask-server medium create IMAGE --class CLASS --size SIZE\n"
			 "           [--content ID[=FILE]]...",
		.about = "Makes a medium of three layers, a file or on a block device, with licenses for\n"
			 "contents and their files, and records it; prints its number.",
		.operands = 1, .json = true,
		.specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_order, .run = create,
	};

	return command_act(&creating, argc, argv);
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "-";
}

static const char *time_of(const json_t *json, char buffer[32])
{
	time_t created = json_integer_value(json_object_get(json, "created"));
	struct tm tm;

	strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&created, &tm));
	return buffer;
}

static void print_list(const json_t *list)
{
	char created[32];
	json_t *medium;
	size_t i;

	printf("%-32s  %-32s  %-20s  %-8s  %s\n", "NUMBER", "CLASS", "SINCE", "ORIGIN", "LICENSES");
	json_array_foreach(list, i, medium)
		printf("%-32s  %-32s  %-20s  %-8s  %lld\n", text_of(medium, "number"),
		       text_of(medium, "class_id"), time_of(medium, created),
		       json_is_true(json_object_get(medium, "mastered")) ? "made" : "drive",
		       (long long)json_integer_value(json_object_get(medium, "licenses")));
}

static const struct command_action listing = {
	.usage = "cask-server medium list [--json] [--config FILE]",
	.about = "Lists media that were made here, or that a license was asked for with the\n"
		 "medium in a drive, the latest first.",
	.name = "media", .query = media_list, .print = print_list,
};

static void print_medium(const json_t *medium)
{
	char created[32];
	json_t *license;
	size_t i;

	printf("number     %s\nclass      %s\napparatus  %s\nsince      %s, %s\n", text_of(medium, "number"),
	       text_of(medium, "class_id"), text_of(medium, "apparatus"), time_of(medium, created),
	       json_is_true(json_object_get(medium, "mastered")) ? "made here" : "in a drive");
	json_array_foreach(json_object_get(medium, "licenses"), i, license)
		printf("license    %s  content %s  %s  device %s  %s\n", text_of(license, "license_id"),
		       text_of(license, "content_id"), time_of(license, created),
		       text_of(license, "device_id"), text_of(license, "title"));
}

static int read_number(struct command_call *call)
{
	return command_number("medium's number", call->operands[0], CASK_MEDIUM_NUMBER_SIZE,
			      call->arguments);
}

static int show(struct command_call *call)
{
	_cleanup_json_ json_t *list = NULL;
	json_t *medium;
	size_t i;
	int ret = media_show(call->server->db, call->arguments, &list);

	if (ret)
		return ret;
	if (!json_array_size(list))
		return command_fail("%s: is not on record", call->operands[0]);
	if (call->as_json)
		return command_print(json_pack("{s:O}", "media", list));
	json_array_foreach(list, i, medium)
		print_medium(medium);
	return EXIT_DONE;
}

static int run_show(int argc, char **argv)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	const struct command_action showing = {
		.usage = "cask-server medium show NUMBER [--json] [--config FILE]",
		.about = "Prints what is on record of a medium: its class, and the licenses that were\n"
			 "made for it. The number is in hex, or as on its label.",
		.operands = 1, .json = true, .arguments = number, .check = read_number, .run = show,
	};

	return command_act(&showing, argc, argv);
}

static const char *unreadable(int error)
{
	switch (error) {
	case -EINVAL:
		return "is no medium";
	case -EOPNOTSUPP:
		return "is a medium of another version";
	case -EXDEV:
		return "is of another distributor's class";
	case -ENOKEY:
		return "is of a class that is not here";
	case -EKEYREJECTED:
		return "was not made with the key of its class";
	}
	return strerror(-error);
}

/* Whether all that can be looked at is as it was made. */
static bool is_sound(const json_t *medium)
{
	json_t *license;
	size_t i;

	json_array_foreach(json_object_get(medium, "licenses"), i, license)
		if (!json_is_true(json_object_get(license, "on_record")))
			return false;
	return strcmp(text_of(medium, "second"), "lost");
}

static void print_verified(const json_t *medium)
{
	json_t *license;
	size_t i;

	printf("number     %s\nclass      %s\napparatus  %s\nsecond     %s, image %lld\n",
	       text_of(medium, "number"), text_of(medium, "class_id"), text_of(medium, "apparatus"),
	       text_of(medium, "second"),
	       (long long)json_integer_value(json_object_get(medium, "counter")));
	json_array_foreach(json_object_get(medium, "licenses"), i, license)
		printf("license    %s  %s\n", text_of(license, "license_id"),
		       json_is_true(json_object_get(license, "on_record")) ? "on record" : "NOT ON RECORD");
}

static int verify(struct command_call *call)
{
	_cleanup_json_ json_t *medium = NULL;
	int ret = verify_medium(call->server, call->operands[0], &medium);

	if (ret)
		return command_fail("%s: %s", call->operands[0], unreadable(ret));
	if (!call->as_json)
		print_verified(medium);
	else if (command_print(json_incref(medium)))
		return EXIT_FAILED;
	return is_sound(medium) ? EXIT_DONE : EXIT_FAILED;
}

static const struct command_action verifying = {
	.usage = "cask-server medium verify IMAGE [--json] [--config FILE]",
	.about = "Reads a medium of a class of this server's, and prints what it is and whether\n"
		 "the licenses on it are those on record. Fails when one is not, or when the\n"
		 "second layer is lost.",
	.operands = 1, .json = true, .run = verify,
};

static const struct command commands[] = {
	{ "create", "make a medium, with licenses and contents", .run = run_create },
	{ "list", "list the media on record", .action = &listing },
	{ "show", "print what is on record of one", .run = run_show },
	{ "verify", "read a medium again", .action = &verifying },
};

/**
 * cmd_medium() - cask-server medium
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_medium(int argc, char **argv)
{
	return command_dispatch("cask-server medium", commands, ARRAY_SIZE(commands), argc, argv);
}
