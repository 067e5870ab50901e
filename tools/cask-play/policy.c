// SPDX-License-Identifier: GPL-2.0
/*
 * policy.c - what --yes may decide: a file of lines, for boxes without anybody to ask.
 *
 *	max-price 4.99		most that a license or its renewal may cost; nothing if not said
 *	term month		take this term; the first that is offered and not too dear
 *
 * Without terms the cheapest is taken; with terms none of which will do, a first license without one, if that will. Empty lines, and those that begin with "#", say nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define LINE_MAX_HERE	256

static int take_term(struct policy *policy, const char *value)
{
	if (!*value || policy->term_count == POLICY_TERMS_MAX)
		return -EINVAL;
	policy->terms[policy->term_count] = strdup(value);
	return policy->terms[policy->term_count] ? (policy->term_count++, 0) : -ENOMEM;
}

/* A word, blanks, and the rest of the line. */
static int take_line(struct policy *policy, char *line)
{
	char *value = line + strcspn(line, " \t");

	if (!*line || *line == '#')
		return 0;
	if (*value)
		*value++ = 0;
	value += strspn(value, " \t");
	if (!strcmp(line, "max-price"))
		return cask_amount_parse(value, &policy->max_price);
	return strcmp(line, "term") ? -EINVAL : take_term(policy, value);
}

static int read_lines(FILE *f, const char *path, struct policy *policy)
{
	char line[LINE_MAX_HERE];

	for (unsigned int n = 1; fgets(line, sizeof(line), f); n++) {
		size_t length = strcspn(line, "\n");

		/* One that is too long has none. */
		if ((!line[length] && !feof(f)) || (line[length] = 0, take_line(policy, line))) {
			fprintf(stderr, "cask-play: %s: line %u is not understood\n", path, n);
			return -EINVAL;
		}
	}
	if (!ferror(f))
		return 0;
	fprintf(stderr, "cask-play: %s: %s\n", path, strerror(errno));
	return -EIO;
}

/**
 * policy_read() - read a policy
 * @path: of the file; NULL: the default, which need not be there
 * @ret_policy: what it says
 *
 * Return: 0 or -errno after saying why.
 */
int policy_read(const char *path, struct policy *ret_policy)
{
	FILE *f = fopen(path ? path : POLICY_DEFAULT, "re");
	int ret;

	if (!f) {
		ret = -errno;
		if (ret == -ENOENT && !path)
			return 0;
		fprintf(stderr, "cask-play: %s: %s\n", path ? path : POLICY_DEFAULT, strerror(-ret));
		return ret;
	}
	ret = read_lines(f, path ? path : POLICY_DEFAULT, ret_policy);
	fclose(f);
	return ret;
}
