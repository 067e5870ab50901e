// SPDX-License-Identifier: GPL-2.0
/*
 * acquire.c - get a license for the content through caskd, after asking.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

static int explain(const struct cask_error *error)
{
	const char *hint = cask_error_hint(error);

	fprintf(stderr, "cask-play: %s (%s)\n", error->text, error->code);
	if (hint)
		fprintf(stderr, "cask-play: hint: %s\n", hint);
	return STATUS_FAILED;
}

static void print_text(const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, stderr);
}

/* Getting a license may cost something, so it is the user's decision. */
static bool agrees(const struct cask_header *header, int why)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		fprintf(stderr, "cask-play: %s\n"
			"cask-play: hint: --yes gets one, or: caskctl license get FILE\n",
			cask_strerror(why));
		return false;
	}
	fprintf(stderr, "cask-play: %s.\nGet a license for \"", cask_strerror(why));
	print_text(header->title[0] ? header->title : "this content");
	fputs("\"? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int ask(struct cask_agent *agent, const struct cask_header *header)
{
	char issuer[2 * CASK_KID_SIZE + 1];
	struct cask_license_wish wish = { .issuer = issuer };
	struct cask_error error;
	json_t *license;

	memcpy(wish.content_id, header->content_id, sizeof(wish.content_id));
	for (size_t i = 0; i < CASK_KID_SIZE; i++)
		sprintf(issuer + 2 * i, "%02x", header->issuer[i]);
	if (cask_agent_license_get(agent, &wish, &license, &error))
		return explain(&error);
	json_decref(license);
	return 0;
}

/**
 * acquire_license() - get a license for the caller
 * @p: says whether to ask the user, and where caskd is
 * @header: of the content
 * @why: errno for which the content did not open
 *
 * Return: 0, or an exit status after saying why.
 */
int acquire_license(const struct play *p, const struct cask_header *header, int why)
{
	struct cask_agent *agent;
	int ret;

	if (!p->yes && !agrees(header, why))
		return STATUS_FAILED;
	agent = cask_agent_new(p->socket);
	if (!agent) {
		fputs("cask-play: out of memory\n", stderr);
		return STATUS_FAILED;
	}
	ret = ask(agent, header);
	cask_agent_free(agent);
	return ret;
}
