// SPDX-License-Identifier: GPL-2.0
/*
 * register.c - caskctl register: register this device with a distributor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "prompt.h"
#include "register.h"

#define CA_MAX		65536
#define CERTIFICATE_MAX	16384
#define TOKEN_MAX	256
#define INFORMATION_MAX	16384

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

/* What a server wants that nobody is there to say. */
static int nobody_there(struct context *c, const json_t *wanted, int error)
{
	struct cask_error e = { .code = "information-wanted" };
	const json_t *field;
	size_t i, length;

	snprintf(e.text, sizeof(e.text), "%s", error == -ENOTTY ?
		 "the distributor wants to know, and there is no terminal to ask at:" :
		 "the distributor wants to know what was not said:");
	json_array_foreach(wanted, i, field) {
		const char *name = output_get(field, "name");

		/* Words of a server's. */
		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
			continue;
		length = strlen(e.text);
		snprintf(e.text + length, sizeof(e.text) - length, " %s", name);
	}
	return output_error(c, &e);
}

static bool is_field(const json_t *wanted, const char *name)
{
	const json_t *field;
	size_t i;

	json_array_foreach(wanted, i, field)
		if (!strcmp(output_get(field, "name"), name))
			return true;
	return false;
}

static int finish(struct context *c, json_t *result)
{
	if (c->json)
		return output_json(result);
	print(result);
	json_decref(result);
	return STATUS_OK;
}

/*
 * The server says what is wanted, the user says it, and what will not do is asked for again. What it
 * wanted first counts: asked again, it may want nothing that it has already.
 */
static int ask(struct context *c, struct cask_registration *registration)
{
	json_t *result, *wanted = NULL;
	struct cask_error error;
	int err = 0, status = -1;

	while (status < 0) {
		if (!cask_agent_register(output_agent(c), registration, &result, &error)) {
			json_t *more = json_object_get(result, "wanted");

			if (!more) {
				status = finish(c, result);
				break;
			}
			json_decref(wanted);
			wanted = json_incref(more);
			json_decref(result);
			if (!registration->said)
				registration->said = json_object();
			err = register_ask(wanted, NULL, registration->said);
		} else if (!prompt_possible() || !is_field(wanted, error.field)) {
			status = output_error(c, &error);
		} else {
			fprintf(stderr, "%s\n", error.text);
			err = register_ask(wanted, error.field, registration->said);
		}
		if (err)
			status = nobody_there(c, wanted, err);
	}
	json_decref(wanted);
	return status;
}

/* Without a path there is nothing to read. Returns an exit status. */
static int read_text(const struct context *c, const char *path, size_t max, char **ret)
{
	int err = path ? read_file(path, max, ret) : 0;

	return err ? output_file_error(c, path, err, strerror(-err)) : STATUS_OK;
}

/* {NAME: text}, of the form; an exit status. */
static int read_said(const struct context *c, const char *path, json_t **ret_said)
{
	char *text = NULL;
	int status = read_text(c, path, INFORMATION_MAX, &text);

	if (status || !path)
		return status;
	*ret_said = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	explicit_bzero(text, strlen(text));
	free(text);
	if (json_is_object(*ret_said))
		return STATUS_OK;
	return output_file_error(c, path, -EINVAL, "is no JSON object");
}

static int run(struct context *c, int argc, char **argv)
{
	const char *ca_path = NULL, *certificate_path = NULL, *server = NULL, *token = NULL;
	const char *info_path = NULL;
	const struct argument own[] = {
		{ "server", &server, NULL, true },
		{ "token", &token, NULL, false },
		{ "certificate", &certificate_path, NULL, false },
		{ "ca", &ca_path, NULL, false },
		{ "user-info", &info_path, NULL, false },
	};
	char typed[TOKEN_MAX], *ca = NULL, *certificate = NULL;
	struct cask_registration registration = { 0 };
	json_t *said = NULL;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 5, 0);
	if (ret >= 0)
		return ret;
	if (token && !strcmp(token, "-")) {
		if (read_token(typed))
			return arguments_usage(c, "there is no token on standard input");
		token = typed;
	}
	ret = read_text(c, ca_path, CA_MAX, &ca);
	if (!ret)
		ret = read_text(c, certificate_path, CERTIFICATE_MAX, &certificate);
	if (!ret)
		ret = read_said(c, info_path, &said);
	registration = (struct cask_registration){
		.url = server, .token = token, .certificate = certificate, .ca = ca, .said = said
	};
	if (!ret)
		ret = ask(c, &registration);
	explicit_bzero(typed, sizeof(typed));
	json_decref(registration.said);
	free(ca);
	free(certificate);
	return ret;
}

const struct command command_register = {
	.name = "register",
	.arguments = "--server URL [--token CODE] [--certificate FILE] [--ca FILE] [--user-info FILE]",
	.summary = "register this device with a distributor (root)",
	.details = "  --server URL   https://host or https://host:port\n"
		   "  --token CODE   one-time code of the distributor; - reads standard input\n"
		   "  --certificate FILE  of the factory that made this device, in PEM\n"
		   "  --ca FILE      CA of the server, in PEM (default: the system's)\n"
		   "  --user-info FILE  JSON of what the distributor asks the user: {\"NAME\": \"TEXT\"}\n",
	.run = run,
};
