// SPDX-License-Identifier: GPL-2.0
/*
 * license_terms.c - caskctl license terms: what a license can be had or renewed with.
 */
#include <stdio.h>

#include "command.h"
#include "conditions.h"

static json_int_t number(const json_t *term, const char *key)
{
	return json_integer_value(json_object_get(term, key));
}

static void print_term(const char *name, const json_t *term, const char *currency)
{
	output_text(name);
	fputs("  ", stdout);
	conditions_price(stdout, number(term, "price"), currency);
	conditions_use(stdout, term, " ", currency);
	if (number(term, "period"))
		printf("  %.4g days", number(term, "period") / 86400.0);
	if (number(term, "max_opens"))
		printf("  %lld opening%s", number(term, "max_opens"),
		       number(term, "max_opens") == 1 ? "" : "s");
	if (json_is_true(json_object_get(term, "own")))
		fputs("  for ever", stdout);
	conditions_more(stdout, term, "  ");
	if (number(term, "max_quantity") > 1)
		printf("  up to %lld at once", number(term, "max_quantity"));
	if (json_object_get(term, "title")) {
		fputs("  ", stdout);
		output_text(output_get(term, "title"));
	}
	putchar('\n');
}

static void print(const json_t *terms)
{
	const char *currency = output_get(terms, "currency");
	const json_t *own = json_object_get(terms, "without");
	json_t *term;
	size_t i;

	if (own)
		print_term("-", own, currency);
	json_array_foreach(json_object_get(terms, "terms"), i, term)
		print_term(output_get(term, "term"), term, currency);
}

static int run(struct context *c, int argc, char **argv)
{
	char room[CASK_KID_TEXT_SIZE];
	const char *issuer = NULL;
	bool is_content = false;
	const struct argument own[] = {
		{ "content", NULL, &is_content, false },
		{ "issuer", &issuer, NULL, false },
	};
	uint8_t id[CASK_ID_SIZE];
	struct cask_error error;
	json_t *terms;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 2, 1);
	if (ret >= 0)
		return ret;
	/* A file is a content's. */
	is_content |= cask_id_parse(argv[optind], id) != 0;
	ret = content_find(c, argv[optind], id, &issuer, room);
	if (ret)
		return ret;
	ret = is_content ? cask_agent_content_terms(output_agent(c), id, issuer, &terms, &error) :
			   cask_agent_license_terms(output_agent(c), id, issuer, &terms, &error);
	if (ret)
		return output_error(c, &error);
	if (c->json)
		return output_json(terms);
	print(terms);
	json_decref(terms);
	return STATUS_OK;
}

const struct command command_license_terms = {
	.name = "terms",
	.arguments = "LICENSE|FILE.cask|CONTENT --content [--issuer ID]",
	.summary = "what a license can be had or renewed with, and for how much",
	.details = "  --content      the id is a content's, as the file is: what a license for it can be had with\n"
		   "  --issuer ID    which distributor, if several have one of that id\n",
	.run = run,
};
