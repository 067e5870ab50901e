// SPDX-License-Identifier: GPL-2.0
/*
 * register.c - caskctl register: register this device with a distributor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define CA_MAX		65536
#define TOKEN_MAX	256

/* A whole small text file; the caller frees it. */
static int read_file(const char *path, size_t max, char **ret)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(max + 1);
	size_t n;
	int error = 0;

	if (!file || !text) {
		error = -errno;
		goto out;
	}
	n = fread(text, 1, max + 1, file);
	if (ferror(file))
		error = -EIO;
	else if (n > max)
		error = -EFBIG;
	else
		text[n] = 0;
out:
	if (file)
		fclose(file);
	if (error)
		free(text);
	else
		*ret = text;
	return error;
}

/* From standard input, so that no list of processes shows it. */
static int read_token(char *token)
{
	if (!fgets(token, TOKEN_MAX, stdin))
		return -1;
	token[strcspn(token, "\r\n")] = 0;
	return token[0] ? 0 : -1;
}

static void print(const json_t *result)
{
	printf("registered with ");
	output_text(output_get(result, "name"));
	printf(" as ");
	output_text(output_get(result, "user"));
	putchar('\n');
	output_field("issuer", output_get(result, "issuer"));
	output_field("device", output_get(result, "device_id"));
}

static int ask(struct context *c, const struct cask_registration *registration)
{
	struct cask_error error;
	json_t *result;

	if (cask_agent_register(output_agent(c), registration, &result, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(result);
	print(result);
	json_decref(result);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *ca_path = NULL, *server = NULL, *token = NULL;
	const struct argument own[] = {
		{ "server", &server, NULL, true },
		{ "token", &token, NULL, true },
		{ "ca", &ca_path, NULL, false },
	};
	struct cask_registration registration;
	char typed[TOKEN_MAX], *ca = NULL;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 3, 0);
	if (ret >= 0)
		return ret;
	if (!strcmp(token, "-")) {
		if (read_token(typed))
			return arguments_usage(c, "there is no token on standard input");
		token = typed;
	}
	if (ca_path) {
		ret = read_file(ca_path, CA_MAX, &ca);
		if (ret)
			return output_file_error(c, ca_path, ret, strerror(-ret));
	}
	registration = (struct cask_registration){ .url = server, .token = token, .ca = ca };
	ret = ask(c, &registration);
	free(ca);
	return ret;
}

const struct command command_register = {
	.name = "register",
	.arguments = "--server URL --token CODE [--ca FILE]",
	.summary = "register this device with a distributor (root)",
	.details = "  --server URL   https://host or https://host:port\n"
		   "  --token CODE   one-time code of the distributor; - reads standard input\n"
		   "  --ca FILE      CA of the server, in PEM (default: the system's)\n",
	.run = run,
};
