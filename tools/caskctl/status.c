// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - caskctl status: how module, device and distributors are.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"

static void print_module(const json_t *module)
{
	if (!json_is_true(json_object_get(module, "loaded"))) {
		output_field("module", output_get(module, "detail"));
		return;
	}
	printf("%-14s loaded, version ", "module");
	output_text(output_get(module, "version"));
	printf(", protocol %lld\n",
	       (long long)json_integer_value(json_object_get(module, "protocol")));
}

static void print_area(const json_t *area)
{
	const char *state = output_get(area, "state");

	if (!strcmp(state, "open"))
		printf("%-14s open, %lld records\n", "secure area",
		       (long long)json_integer_value(json_object_get(area, "records")));
	else
		output_field("secure area",
			     !strcmp(state, "closed") ? "not used since the module was loaded" :
			     !strcmp(state, "unsure") ? "waits for its anchor" :
			     "what is on disk is not what was written last: caskctl reanchor");
}

static void print_device(const json_t *device)
{
	const json_t *name;
	size_t i;

	if (!json_is_object(device))
		return;
	output_field("device", output_get(device, "id"));
	output_field("level", output_get(device, "level"));
	output_field("root", output_get(device, "root"));
	output_field("anchor", output_get(device, "anchor"));
	output_field("boot", output_get(device, "boot"));
	printf("%-14s", "signatures");
	json_array_foreach(json_object_get(device, "signatures"), i, name) {
		putchar(' ');
		output_text(json_string_value(name) ? json_string_value(name) : "");
	}
	putchar('\n');
	print_area(json_object_get(device, "area"));
}

/* What the distributor has still to be told; nothing when it knows all. */
static void print_use_log(const json_t *log)
{
	long long entries = json_integer_value(json_object_get(log, "unreported"));
	const char *code = output_get(log, "code");

	if (!entries)
		return;
	printf("%-14s %lld uses not reported", "use log", entries);
	if (*code) {
		printf(": ");
		output_text(code);
	}
	putchar('\n');
}

static void print_distributors(const json_t *distributors)
{
	const json_t *d;
	size_t i;

	if (!json_array_size(distributors))
		output_field("distributors", "none; caskctl register");
	json_array_foreach(distributors, i, d) {
		putchar('\n');
		output_field("distributor", output_get(d, "name"));
		output_field("issuer", output_get(d, "issuer"));
		output_field("server", output_get(d, "url"));
		output_field("user", output_get(d, "user"));
		output_field("enrolment", output_get(d, "enrolment"));
		output_field("level there", output_get(d, "level"));
		output_field("registered", json_is_true(json_object_get(d, "registered")) ? "yes" :
			     "not with the key that this device has now; register again");
		if (json_is_true(json_object_get(d, "lost")))
			output_field("records", "lost; caskctl reanchor");
		print_use_log(json_object_get(d, "use_log"));
	}
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_error error;
	json_t *status;
	int ret;

	ret = arguments_parse(c, argc, argv, NULL, 0, 0);
	if (ret >= 0)
		return ret;
	if (cask_agent_status(output_agent(c), &status, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(status);
	output_field("caskd", output_get(status, "version"));
	print_module(json_object_get(status, "module"));
	print_device(json_object_get(status, "device"));
	print_distributors(json_object_get(status, "distributors"));
	json_decref(status);
	return STATUS_OK;
}

const struct command command_status = {
	.name = "status",
	.arguments = "[OPTION]...",
	.summary = "how module, device and distributors are",
	.details = "",
	.run = run,
};
