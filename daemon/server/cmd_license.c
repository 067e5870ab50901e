// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_license.c - cask-server license: issue.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "file.h"
#include "license/issue.h"
#include "log.h"
#include "text.h"

#define LICENSE_FILE_MODE 0644	/* useless to any other device */

struct arguments {
	const char *content;
	const char *device_key;
	const char *not_before;
	const char *not_after;
	const char *nonce;
	const char *class;
	const char *medium;
	const char *output;
	bool locked;
	struct issue_order order;
};

static int read_medium(const struct arguments *a, struct issue_order *order)
{
	if (!a->class != !a->medium)
		return command_usage("--class and --medium are wanted together");
	if (!a->medium)
		return a->locked ? command_usage("--locked is for a medium") : EXIT_DONE;
	if ((a->locked || a->nonce) && !a->device_key)
		return command_usage("--locked and --nonce want the --device-key that it is for");
	order->on_medium = true;
	order->locked = a->locked;
	order->no_device = !a->device_key;
	if (text_from_hex(a->class, order->class_id, CASK_ID_SIZE))
		return command_usage("--class: \"%s\" is no content id", a->class);
	return command_number("medium's number", a->medium, sizeof(order->number), order->number);
}

static int read_order(struct command_call *call)
{
	struct arguments *a = call->arguments;
	struct issue_order *order = &a->order;

	if (!a->content || !(a->device_key || a->medium || a->class) || !a->output)
		return command_usage("--content, --device-key (or --class and --medium) and --output "
				     "are wanted");
	if (text_from_hex(a->content, order->content_id, CASK_ID_SIZE))
		return command_usage("--content: \"%s\" is no content id", a->content);
	if (a->device_key && command_number("apparatus number", a->device_key, CASK_X25519_SIZE,
					    order->device_key))
		return EXIT_USAGE;
	if (a->not_before && options_time(a->not_before, &order->not_before))
		return command_usage("--not-before: \"%s\" is no time", a->not_before);
	if (a->not_after && options_time(a->not_after, &order->not_after))
		return command_usage("--not-after: \"%s\" is no time", a->not_after);
	order->once = a->nonce;
	if (a->nonce && text_from_hex(a->nonce, order->nonce, sizeof(order->nonce)))
		return command_usage("--nonce: %d bytes in lower-case hex are wanted",
				     CASK_NONCE_SIZE);
	return read_medium(a, order);
}

/* A device that is enrolled has an owner; one that is not has none. */
static int find_owner(struct cask_db *db, struct issue_order *order)
{
	uint8_t id[CASK_KID_SIZE];
	struct device device;
	int ret;

	if (order->no_device)
		return 0;
	ret = cose_device_id(order->device_key, id);
	if (!ret)
		ret = device_find(db, id, &device);
	if (!ret)
		order->user_id = device.user_id;
	return ret == -ESRCH ? 0 : ret;
}

static char *temporary_name(const char *output, const struct issue *issue)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)], *name;

	text_hex(issue->id, sizeof(issue->id), id);
	return asprintf(&name, "%s.%s.tmp", output, id) < 0 ? NULL : name;
}

static int record(struct cask_db *db, const struct issue_order *order, const struct issue *issue)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = issue_record(db, order, issue);
	return ret;
}

/* Nothing is recorded that could not be written, and nothing gets its name that is not recorded. */
static int deliver(struct cask_db *db, const struct issue_order *order, const char *output,
		   const struct issue *issue)
{
	_cleanup_free_ char *temporary = temporary_name(output, issue);
	struct stat st;
	int ret = temporary ? 0 : -ENOMEM;

	if (!ret && !stat(output, &st) && S_ISDIR(st.st_mode))
		ret = -EISDIR;
	if (!ret)
		ret = cask_file_create(temporary, issue->statement, issue->size, LICENSE_FILE_MODE);
	if (ret)
		return ret;
	ret = record(db, order, issue);
	if (!ret && rename(temporary, output)) {
		ret = -errno;
		cask_err("the license is recorded, and is in %s", temporary);
		return ret;
	}
	if (ret)
		unlink(temporary);
	return ret ? ret : cask_file_sync_parent(output);
}

static int make(struct server *server, struct issue_order *order, struct issue *issue)
{
	int ret = server_load_signer(server);

	if (!ret)
		ret = server_load_pairwise(server);
	if (!ret)
		ret = find_owner(server->db, order);
	return ret ? ret : issue_make(server, server->db, order, issue);
}

static int print_issue(const struct arguments *a, const struct issue *issue, bool as_json)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	json_t *json;

	text_hex(issue->id, sizeof(issue->id), id);
	if (!as_json) {
		puts(id);
		return EXIT_DONE;
	}
	json = json_pack("{s:s, s:s, s:I}", "license_id", id, "content_id", a->content,
			 "created", (json_int_t)issue->created);
	if (a->order.not_before)
		json_object_set_new(json, "not_before", json_integer(a->order.not_before));
	if (issue->not_after)
		json_object_set_new(json, "not_after", json_integer(issue->not_after));
	return command_print(json);
}

static int explain(const struct arguments *a, int error)
{
	if (error == -ESRCH)
		return command_fail("%s: is not offered", a->content);
	if (error == -ERANGE)
		return command_fail("the usage period ends before it begins");
	if (error == -ENODATA)
		return command_fail("%s: the license counts: --nonce is wanted, from the device",
				    a->content);
	if (error == -ENOLINK)
		return command_fail("%s: the license takes a step, and none was agreed on with the device",
				    a->content);
	if (error == -ENOKEY)
		return command_fail("%s: is no class", a->class);
	if (error == -EPROTOTYPE)
		return command_fail("%s: is sent as a second key, and goes onto no medium", a->content);
	if (error == -EPROTONOSUPPORT)
		return command_fail("%s: is for the devices of a category, and goes onto no medium",
				    a->content);
	if (error == -ENODEV)
		return command_fail("%s: is for a category, and the device is not enrolled", a->content);
	if (error == -EACCES)
		return command_fail("%s: its category is for devices of a higher level", a->content);
	if (error == -EKEYREVOKED)
		return command_fail("%s: the device was taken out of its category", a->content);
	if (error == -EMEDIUMTYPE)
		return command_fail("%s: is a class: its key is for devices", a->content);
	if (error == -EDOM)
		return command_fail("%s: is for devices of a higher level than the class's: --locked",
				    a->content);
	return command_fail("%s: %s", a->content, strerror(-error));
}

static int issue_one(struct command_call *call)
{
	struct arguments *a = call->arguments;
	_cleanup_issue_ struct issue issue = { 0 };
	int ret = make(call->server, &a->order, &issue);

	if (ret)
		return explain(a, ret);
	ret = deliver(call->server->db, &a->order, a->output, &issue);
	return ret ? command_fail("%s: %s", a->output, strerror(-ret)) :
		     print_issue(a, &issue, call->as_json);
}

static int run_issue(int argc, char **argv)
{
	struct arguments a = { .order.device_level = ISSUE_ANY_LEVEL };
	const struct option_spec specs[] = {
		{ "content", "CONTENT", "a content id on offer", .value = &a.content },
		{ "device-key", "NUMBER", "the device's X25519 public key, in hex or as on its label",
		  .value = &a.device_key },
		{ "not-before", "TIME", "first second of use, as 2026-11-21T12:00:00Z or since 1970",
		  .value = &a.not_before },
		{ "not-after", "TIME", "last second of use (default: by the content's period)",
		  .value = &a.not_after },
		{ "nonce", "HEX", "that the device drew; of a license that counts",
		  .value = &a.nonce },
		{ "class", "CLASS", "of the medium that it is for", .value = &a.class },
		{ "medium", "NUMBER", "that medium's, in hex or as on its label",
		  .value = &a.medium },
		{ "locked", NULL, "to be of use there in this device only", .flag = &a.locked },
		{ "output", "FILE", "where the license goes", .value = &a.output,
		  .letter = 'o' },
	};
	const struct command_action issuing = {
		.usage = "cask-server license issue --content CONTENT -o FILE\n"
			 "           --device-key NUMBER [--nonce HEX] |\n"
			 "           --class CLASS --medium NUMBER [--device-key NUMBER [--locked] [--nonce HEX]]",
		.about = "Makes a license as the server would, for a device that need not be\n"
			 "enrolled, or for a medium, and records it; prints its id. The device's level\n"
			 "is not asked for: the kernel does that.",
		.json = true, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_order, .run = issue_one,
	};

	return command_act(&issuing, argc, argv);
}

static const struct command commands[] = {
	{ "issue", "make a license for a device", .run = run_issue },
};

/**
 * cmd_license() - cask-server license
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_license(int argc, char **argv)
{
	return command_dispatch("cask-server license", commands, ARRAY_SIZE(commands), argc, argv);
}
