// SPDX-License-Identifier: GPL-2.0
/*
 * license_print.c - a license of the agent, a line for each thing.
 */
#include <stdio.h>

#include "apply.h"
#include "command.h"

/* What has been used of a license that is installed. */
static void output_use(const json_t *license)
{
	static const char *const names[] = { "opens", "bytes", "packets", "seconds", "max_opens",
					     "opens_left", "max_exports", "exports_left",
					     "max_checkouts", "checkouts_left", "at_once", "lent",
					     "max_offline_opens" };
	static const char *const labels[] = { "opens", "bytes", "packets", "seconds",
					      "openings", "of them left", "exports", "of them left",
					      "check-outs", "of them left", "of them at once",
					      "checked out", "openings offline" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *count = json_object_get(license, names[i]);

		if (json_is_integer(count))
			printf("%-14s %lld\n", labels[i], (long long)json_integer_value(count));
	}
}

static void output_words(const char *label, const json_t *list)
{
	const json_t *word;
	size_t i;

	printf("%-14s", label);
	json_array_foreach(list, i, word) {
		putchar(' ');
		output_text(json_string_value(word) ? json_string_value(word) : "");
	}
	putchar('\n');
}

/* What may be done besides, and until when its content is accepted. */
static void output_conditions(const json_t *license)
{
	const json_t *download = json_object_get(license, "download");
	const json_t *permissions = json_object_get(license, "permissions");

	if (json_array_size(permissions))
		output_words("permits to", permissions);
	if (!download)
		return;
	output_time("accepted from", json_object_get(download, "not_before"), "always");
	output_time("accepted until", json_object_get(download, "not_after"), "for ever");
}

/**
 * output_license() - print a license, a line for each thing
 * @license: of the agent
 */
void output_license(const json_t *license)
{
	const json_t *owner = json_object_get(license, "owner");
	const char *name = output_get(license, "errno");
	char text[64];

	output_field("license", output_get(license, "license_id"));
	output_field("content", output_get(license, "content_id"));
	output_field("issuer", output_get(license, "issuer"));
	snprintf(text, sizeof(text), "user %lld", (long long)json_integer_value(owner));
	output_field("owner", json_is_integer(owner) ? text : "the machine");
	output_time("created", json_object_get(license, "created"), "unknown");
	output_time("valid from", json_object_get(license, "not_before"), "always");
	output_time("valid until", json_object_get(license, "not_after"), "for ever");
	output_words("operations", json_object_get(license, "operations"));
	output_conditions(license);
	output_use(license);
	if (json_is_true(json_object_get(license, "installed")))
		output_field("installed", "yes");
	else
		printf("%-14s no%s%s\n", "installed", *name ? ": " : "", name);
}

/**
 * output_applied() - print a license that was applied for
 * @c: the command
 * @license: that came; is dropped
 *
 * Return: STATUS_OK, or STATUS_FAILED where it is not what was asked for now, but before.
 */
int output_applied(const struct context *c, json_t *license)
{
	bool other = apply_tell(license);

	if (c->json) {
		output_json(license);
	} else {
		output_license(license);
		json_decref(license);
	}
	return other ? STATUS_FAILED : STATUS_OK;
}
