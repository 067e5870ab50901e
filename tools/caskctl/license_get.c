// SPDX-License-Identifier: GPL-2.0
/*
 * license_get.c - caskctl license get: get a license from a distributor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "prompt.h"

/* The head of a file names content and distributor. */
static int from_file(const struct context *c, const char *path,
		     struct cask_license_wish *wish, char issuer[CASK_KID_TEXT_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct cask_header header;

	if (fd < 0)
		return output_file_error(c, path, -errno, strerror(errno));
	ret = cask_header_read(fd, &header);
	close(fd);
	if (ret)
		return output_file_error(c, path, ret, cask_strerror(ret));
	memcpy(wish->content_id, header.content_id, sizeof(wish->content_id));
	if (!wish->issuer)
		wish->issuer = cask_hex(header.issuer, CASK_KID_SIZE, issuer);
	return STATUS_OK;
}

/**
 * struct asking - what is asked for
 * @agent: of whom
 * @wish: what
 * @license: that was got
 */
struct asking {
	struct cask_agent *agent;
	struct cask_license_wish *wish;
	json_t *license;
};

static int get(void *context, const struct cask_user *user, struct cask_error *error)
{
	struct asking *a = context;

	a->wish->user = user;
	return cask_agent_license_get(a->agent, a->wish, &a->license, error);
}

static int ask(struct context *c, struct cask_license_wish *wish, const char *user)
{
	struct asking a = { .agent = output_agent(c), .wish = wish };
	struct cask_error error;

	if (prompt_as("A user has to ask for this license.", user, get, &a, &error))
		return output_error(c, &error);
	if (c->json)
		return output_json(a.license);
	output_license(a.license);
	json_decref(a.license);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_license_wish wish = { 0 };
	char issuer[CASK_KID_TEXT_SIZE];
	const char *price = NULL, *user = NULL;
	const struct argument own[] = {
		{ "issuer", &wish.issuer, NULL, false },
		{ "price", &price, NULL, false },
		{ "user", &user, NULL, false },
		{ "machine", NULL, &wish.machine, false },
	};
	int ret;

	ret = arguments_parse(c, argc, argv, own, 4, 1);
	if (ret >= 0)
		return ret;
	if (price && cask_amount_parse(price, &wish.price))
		return arguments_usage(c, "\"%s\" is no amount: 4.99 is one", price);
	if (cask_id_parse(argv[optind], wish.content_id)) {
		ret = from_file(c, argv[optind], &wish, issuer);
		if (ret)
			return ret;
	}
	return ask(c, &wish, user);
}

const struct command command_license_get = {
	.name = "get",
	.arguments = "CONTENT|FILE.cask [--machine] [--issuer ID] [--price AMOUNT] [--user ID]",
	.summary = "get a license for a content",
	.details = "  --machine      for every user of this machine (root)\n"
		   "  --issuer ID    which distributor, if there are several\n"
		   "  --price AMOUNT pay this for it, as 4.99; what costs something else is not got\n"
		   "  --user ID      who asks, where a user has to; the password is asked for, or a line\n"
		   "                 of standard input\n",
	.run = run,
};
