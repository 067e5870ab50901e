// SPDX-License-Identifier: GPL-2.0
/*
 * catalogue.c - caskctl catalogue: what a distributor offers.
 */
#include <stdio.h>

#include "command.h"
#include "conditions.h"

static void print_price(const json_t *content, const char *currency)
{
	json_int_t price = json_integer_value(json_object_get(content, "price"));

	if (price <= 0 && !json_object_get(content, "use"))
		return;
	fputs("  ", stdout);
	conditions_price(stdout, price, currency);
	conditions_use(stdout, content, " ", currency);
}

static void print_content(const json_t *content, const char *currency)
{
	char size[32];

	output_size(size, sizeof(size),
		    json_integer_value(json_object_get(content, "file_size")));
	output_text(output_get(content, "content_id"));
	printf("  %10s  ", size);
	output_text(output_get(content, "title"));
	printf("  [");
	output_text(output_get(content, "media_type"));
	putchar(']');
	print_price(content, currency);
	putchar('\n');
}

static int run(struct context *c, int argc, char **argv)
{
	const char *issuer = NULL;
	const struct argument own[] = { { "issuer", &issuer, NULL, false } };
	const json_t *content;
	struct cask_error error;
	json_t *catalogue;
	size_t i;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 1, 0);
	if (ret >= 0)
		return ret;
	if (cask_agent_catalogue(output_agent(c), issuer, &catalogue, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(catalogue);
	json_array_foreach(json_object_get(catalogue, "contents"), i, content)
		print_content(content, output_get(catalogue, "currency"));
	json_decref(catalogue);
	return STATUS_OK;
}

const struct command command_catalogue = {
	.name = "catalogue",
	.arguments = "[--issuer ID]",
	.summary = "what a distributor offers",
	.details = "  --issuer ID    which distributor, if there are several\n",
	.run = run,
};
