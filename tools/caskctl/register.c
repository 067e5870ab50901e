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
#define CERTIFICATE_MAX	16384
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
	output_field("enrolment", output_get(result, "enrolment"));
	output_field("level", output_get(result, "level"));
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

/* Without a path there is nothing to read. Returns an exit status. */
static int read_pem(const struct context *c, const char *path, size_t max, char **ret)
{
	int err = path ? read_file(path, max, ret) : 0;

	return err ? output_file_error(c, path, err, strerror(-err)) : STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *ca_path = NULL, *certificate_path = NULL, *server = NULL, *token = NULL;
	const struct argument own[] = {
		{ "server", &server, NULL, true },
		{ "token", &token, NULL, false },
		{ "certificate", &certificate_path, NULL, false },
		{ "ca", &ca_path, NULL, false },
	};
	char typed[TOKEN_MAX], *ca = NULL, *certificate = NULL;
	struct cask_registration registration;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 4, 0);
	if (ret >= 0)
		return ret;
	if (token && !strcmp(token, "-")) {
		if (read_token(typed))
			return arguments_usage(c, "there is no token on standard input");
		token = typed;
	}
	ret = read_pem(c, ca_path, CA_MAX, &ca);
	if (!ret)
		ret = read_pem(c, certificate_path, CERTIFICATE_MAX, &certificate);
	registration = (struct cask_registration){
		.url = server, .token = token, .certificate = certificate, .ca = ca
	};
	if (!ret)
		ret = ask(c, &registration);
	explicit_bzero(typed, sizeof(typed));
	free(ca);
	free(certificate);
	return ret;
}

const struct command command_register = {
	.name = "register",
	.arguments = "--server URL [--token CODE] [--certificate FILE] [--ca FILE]",
	.summary = "register this device with a distributor (root)",
	.details = "  --server URL   https://host or https://host:port\n"
		   "  --token CODE   one-time code of the distributor; - reads standard input\n"
		   "  --certificate FILE  of the factory that made this device, in PEM\n"
		   "  --ca FILE      CA of the server, in PEM (default: the system's)\n",
	.run = run,
};
