// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_factory.c - cask-server factory: init, certify, revoke. For the provisioning
 * authority, which needs no server.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "cose.h"
#include "factory.h"
#include "file.h"
#include "json.h"
#include "parse.h"
#include "text.h"

#define DEVICE_FILE_MAX	65536
#define REVOKE_MAX	4096

static int run_init(int argc, char **argv)
{
	const char *name = NULL;
	const struct option_spec specs[] = {
		{ "name", "NAME", "the authority's name, for people (1 to 64 bytes)",
		  .value = &name },
	};
	const struct options options = {
		.usage = "cask-server factory init DIR --name NAME",
		.about = "Makes DIR: a CA that certifies devices where they are made, and its empty\n"
			 "revocation list. Distributors that trust it get DIR/factory-ca.crt and\n"
			 "DIR/factory.crl; DIR/factory-ca.key never leaves the factory.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (!name || !*name || strlen(name) > PKI_NAME_MAX)
		return command_usage("--name of 1 to %d bytes is wanted", PKI_NAME_MAX);
	command_trim(operands[0]);
	ret = factory_init(operands[0], name);
	if (ret == -EEXIST || ret == -ENOTEMPTY || ret == -ENOTDIR)
		return command_fail("%s: is there already; init makes a new directory", operands[0]);
	return ret ? command_fail("%s: %s", operands[0], strerror(-ret)) : EXIT_DONE;
}

/* What caskctl status --json prints, or only its "device". */
static int read_json(const uint8_t *data, size_t size, struct pki_device *device)
{
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ uint8_t *key = NULL;
	uint8_t id[CASK_KID_SIZE];
	const json_t *object;
	int ret = cask_json_parse(data, size, &json);

	if (ret)
		return ret;
	object = json_object_get(json, "device");
	object = object ? object : json;
	ret = cask_json_base64url(object, "key", CASK_X25519_SIZE, &key, &size);
	if (ret || size != CASK_X25519_SIZE)
		return -EINVAL;
	memcpy(device->key, key, size);
	ret = cose_device_id(device->key, device->id);
	if (!ret && !cask_json_hex(object, "id", id, sizeof(id)) && memcmp(id, device->id, sizeof(id)))
		ret = -EINVAL;
	return ret;
}

static int read_device(const char *path, struct pki_device *device)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t size;
	int ret = cask_file_read(path, DEVICE_FILE_MAX, &data, &size);

	if (ret)
		return ret;
	if (size != CASK_COSE_X25519_PREFIX_SIZE + CASK_X25519_SIZE ||
	    memcmp(data, CASK_COSE_X25519_PREFIX, CASK_COSE_X25519_PREFIX_SIZE))
		return read_json(data, size, device);
	memcpy(device->key, data + CASK_COSE_X25519_PREFIX_SIZE, CASK_X25519_SIZE);
	return cose_device_id(device->key, device->id);
}

static int certify(const char *dir, const char *path, const char *output,
		   struct pki_device *device)
{
	char id[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	int ret = read_device(path, device);

	if (ret)
		return command_fail("%s: %s", path, ret == -EINVAL ? "holds no device key" :
								     strerror(-ret));
	ret = factory_certify(dir, device, output);
	if (ret)
		return command_fail("%s: %s", dir, strerror(-ret));
	text_hex(device->id, sizeof(device->id), id);
	puts(id);
	return EXIT_DONE;
}

static int read_future(const char *text, uint64_t *ret_time)
{
	return text && (options_time(text, ret_time) || *ret_time <= (uint64_t)time(NULL)) ?
		-EINVAL : 0;
}

static int run_certify(int argc, char **argv)
{
	const char *output = NULL, *not_after = NULL;
	struct pki_device device = { 0 };
	const struct option_spec specs[] = {
		{ "output", "FILE", "where the certificate goes, as PEM", .value = &output,
		  .letter = 'o' },
		{ "not-after", "TIME", "last second it is good for (default: five years from now)",
		  .value = &not_after },
	};
	const struct options options = {
		.usage = "cask-server factory certify DIR DEVICE -o FILE [--not-after TIME]",
		.about = "Certifies a device's key, while the machine is still trusted; prints the\n"
			 "device id. DIR is what \"factory init\" made, DEVICE a file: what \"caskctl\n"
			 "status --json\" printed, or a JSON object with \"key\", or a COSE_Key.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 2, .max_operands = 2,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (!output)
		return command_usage("--output is wanted");
	if (read_future(not_after, &device.not_after))
		return command_usage("--not-after: \"%s\" is no time to come", not_after);
	return certify(operands[0], operands[1], output, &device);
}

static int run_revoke(int argc, char **argv)
{
	const char *next = NULL;
	uint64_t next_update = 0;
	const struct option_spec specs[] = {
		{ "next-update", "TIME", "until when the list is good (default: 30 days from now)",
		  .value = &next },
	};
	const struct options options = {
		.usage = "cask-server factory revoke DIR [CERTIFICATE]... [--next-update TIME]",
		.about = "Adds certificates to DIR/factory.crl and signs it anew, which is to be done\n"
			 "before it ends even when there are none to add.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = REVOKE_MAX,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	if (read_future(next, &next_update))
		return command_usage("--next-update: \"%s\" is no time to come", next);
	ret = factory_revoke(operands[0], operands + 1, next_update);
	return ret ? command_fail("%s: %s", operands[0], strerror(-ret)) : EXIT_DONE;
}

static const struct command commands[] = {
	{ "init", "make a provisioning authority", .run = run_init },
	{ "certify", "certify a device's key", .run = run_certify },
	{ "revoke", "sign the revocation list anew, with more in it", .run = run_revoke },
};

/**
 * cmd_factory() - cask-server factory
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_factory(int argc, char **argv)
{
	return command_dispatch("cask-server factory", commands, ARRAY_SIZE(commands), argc, argv);
}
