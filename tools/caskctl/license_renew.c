// SPDX-License-Identifier: GPL-2.0
/*
 * license_renew.c - caskctl license renew: renew a license with one of its terms.
 */
#include "apply.h"
#include "command.h"

static int renew(struct context *c, struct cask_renewal *renewal, const char *user)
{
	const struct applicant who = { .user = user };
	struct cask_error error;
	json_t *license;

	if (apply_renewal(output_agent(c), renewal, &who, &license, &error))
		return output_error(c, &error);
	return output_applied(c, license);
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_renewal renewal = { .quantity = 1 };
	const char *price = NULL, *times = NULL, *user = NULL;
	const struct argument own[] = {
		{ "issuer", &renewal.issuer, NULL, false },
		{ "price", &price, NULL, false },
		{ "times", &times, NULL, false },
		{ "user", &user, NULL, false },
	};
	int ret;

	ret = arguments_parse(c, argc, argv, own, 4, 2);
	if (ret < 0)
		ret = arguments_id(c, argv[optind], renewal.license_id);
	if (ret >= 0)
		return ret;
	if (price && cask_amount_parse(price, &renewal.price))
		return arguments_usage(c, "\"%s\" is no amount: 4.99 is one", price);
	if (times && cask_quantity_parse(times, &renewal.quantity))
		return arguments_usage(c, "--times is 1 to 1000, not \"%s\"", times);
	renewal.term = argv[optind + 1];
	return renew(c, &renewal, user);
}

const struct command command_license_renew = {
	.name = "renew",
	.arguments = "LICENSE TERM [--times N] [--price AMOUNT] [--issuer ID] [--user ID]",
	.summary = "renew a license",
	.details = "  --times N      so many times the term\n"
		   "  --price AMOUNT pay this for all, as 4.99; what costs something else is not got\n"
		   "  --issuer ID    which distributor, if several have a license of that id\n"
		   "  --user ID      who asks, where a user has to; the password is asked for, or a line\n"
		   "                 of standard input\n",
	.run = run,
};
