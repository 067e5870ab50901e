// SPDX-License-Identifier: GPL-2.0
/*
 * license_terms.c - caskctl license terms: what a license can be renewed with.
 */
#include <stdio.h>

#include "command.h"

static json_int_t number(const json_t *term, const char *key)
{
	return json_integer_value(json_object_get(term, key));
}

static void print(const json_t *terms)
{
	const char *currency = output_get(terms, "currency");
	json_t *term;
	size_t i;

	json_array_foreach(json_object_get(terms, "terms"), i, term) {
		output_text(output_get(term, "term"));
		printf("  %lld.%02lld ", number(term, "price") / 100, number(term, "price") % 100);
		output_text(currency);
		if (number(term, "period"))
			printf("  %.4g days", number(term, "period") / 86400.0);
		if (number(term, "max_opens"))
			printf("  %lld opening%s", number(term, "max_opens"),
			       number(term, "max_opens") == 1 ? "" : "s");
		if (json_is_true(json_object_get(term, "own")))
			fputs("  for ever", stdout);
		if (number(term, "max_quantity") > 1)
			printf("  up to %lld at once", number(term, "max_quantity"));
		if (json_object_get(term, "title")) {
			fputs("  ", stdout);
			output_text(output_get(term, "title"));
		}
		putchar('\n');
	}
}

static int run(struct context *c, int argc, char **argv)
{
	uint8_t id[CASK_ID_SIZE];
	struct cask_error error;
	const char *issuer = NULL;
	const struct argument own[] = { { "issuer", &issuer, NULL, false } };
	json_t *terms;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 1, 1);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], id);
	if (ret >= 0)
		return ret;
	if (cask_agent_license_terms(output_agent(c), id, issuer, &terms, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(terms);
	print(terms);
	json_decref(terms);
	return STATUS_OK;
}

const struct command command_license_terms = {
	.name = "terms",
	.arguments = "LICENSE [--issuer ID]",
	.summary = "what a license can be renewed with, and for how much",
	.details = "  --issuer ID    which distributor, if several have a license of that id\n",
	.run = run,
};
