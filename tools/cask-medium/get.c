// SPDX-License-Identifier: GPL-2.0
/*
 * get.c - cask-medium get: get a license for a content, onto a medium.
 */
#include <fcntl.h>

#include "medium.h"

static int print(const struct context *c, const struct cask_medium_wish *wish)
{
	char content[CASK_ID_TEXT_SIZE], number[CASK_ID_TEXT_SIZE];

	if (!c->json)
		return STATUS_OK;
	return output_json(json_pack("{ss ss}", "content_id",
				     cask_hex(wish->content_id, CASK_ID_SIZE, content), "number",
				     cask_hex(wish->number, CASK_MEDIUM_NUMBER_SIZE, number)));
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_medium_wish wish = { 0 };
	char text[CASK_KID_TEXT_SIZE];
	const char *price = NULL;
	const struct argument own[] = {
		{ "lock", NULL, &wish.locked, false }, { "issuer", &wish.issuer, NULL, false },
		{ "price", &price, NULL, false },
	};
	struct medium m;
	int ret = arguments_parse(c, argc, argv, own, 3, 2);

	if (ret >= 0)
		return ret;
	if (price && cask_amount_parse(price, &wish.price))
		return arguments_usage(c, "\"%s\" is no amount: 4.99 is one", price);
	if (content_find(c, argv[optind + 1], wish.content_id, &wish.issuer, text) ||
	    medium_open(c, argv[optind], O_RDWR, &m))
		return STATUS_FAILED;
	ret = content_install(c, &m, &wish);
	medium_close(&m);
	return ret ? ret : print(c, &wish);
}

const struct command command_get = {
	.name = "get",
	.arguments = "MEDIUM CONTENT|FILE.cask [--lock] [--price AMOUNT] [--issuer ID]",
	.summary = "get a license for a content, onto the medium",
	.details = "  --lock         it opens in this apparatus only, as one that counts does\n"
		   "  --price AMOUNT pay this for it, as 4.99; what costs something else is not got\n"
		   "  --issuer ID    which distributor, if there are several\n",
	.run = run,
};
