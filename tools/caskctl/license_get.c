// SPDX-License-Identifier: GPL-2.0
/*
 * license_get.c - caskctl license get: get a license from a distributor.
 */
#include "apply.h"
#include "command.h"

static int ask(struct context *c, struct cask_license_wish *wish, const char *user)
{
	const struct applicant who = { .user = user };
	struct cask_error error;
	json_t *license;

	if (apply_license(output_agent(c), wish, &who, &license, &error))
		return output_error(c, &error);
	return output_applied(c, license);
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_license_wish wish = { .quantity = 1 };
	const char *price = NULL, *times = NULL, *user = NULL;
	char issuer[CASK_KID_TEXT_SIZE];
	const struct argument own[] = {
		{ "issuer", &wish.issuer, NULL, false },
		{ "term", &wish.term, NULL, false },
		{ "times", &times, NULL, false },
		{ "price", &price, NULL, false },
		{ "user", &user, NULL, false },
		{ "machine", NULL, &wish.machine, false },
	};
	int ret;

	ret = arguments_parse(c, argc, argv, own, 6, 1);
	if (ret >= 0)
		return ret;
	if (price && cask_amount_parse(price, &wish.price))
		return arguments_usage(c, "\"%s\" is no amount: 4.99 is one", price);
	if (times && !wish.term)
		return arguments_usage(c, "--times is of a --term");
	if (times && cask_quantity_parse(times, &wish.quantity))
		return arguments_usage(c, "--times is 1 to 1000, not \"%s\"", times);
	ret = content_find(c, argv[optind], wish.content_id, &wish.issuer, issuer);
	return ret ? ret : ask(c, &wish, user);
}

const struct command command_license_get = {
	.name = "get",
	.arguments = "CONTENT|FILE.cask [--machine] [--term TERM] [--times N] [--price AMOUNT]\n"
		     "                           [--issuer ID] [--user ID]",
	.summary = "get a license for a content",
	.details = "  --machine      for every user of this machine (root)\n"
		   "  --term TERM    with this term of the content, in place of its own conditions\n"
		   "  --times N      so many times the term\n"
		   "  --issuer ID    which distributor, if there are several\n"
		   "  --price AMOUNT pay this for all, as 4.99; what costs something else is not got\n"
		   "  --user ID      who asks, where a user has to; the password is asked for, or a line\n"
		   "                 of standard input\n",
	.run = run,
};
