// SPDX-License-Identifier: GPL-2.0
/*
 * policy.c - what --yes may decide: a file of lines, for boxes without anybody to ask.
 *
 *	max-price 4.99		most that a license or its renewal may cost; nothing if not said
 *	max-use-price 0.05 60 seconds	most that so much use may cost besides; nothing if not said for its unit
 *	term month		take this term; the first that is offered and not too dear
 *
 * Without terms the cheapest that may be is taken; with terms none of which will do, a first license without one, if that will. Empty lines, and those that begin with "#", say nothing.
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

/* Place of a unit's bound, or POLICY_UNITS where there is none. */
static size_t find_unit(const char *unit)
{
	static const char *const units[POLICY_UNITS] = { "openings", "bytes", "packets", "seconds" };
	size_t i = 0;

	while (i < POLICY_UNITS && strcmp(units[i], unit))
		i++;
	return i;
}

/* An amount, a number and a unit. */
static int take_use(struct policy *policy, const char *value)
{
	char amount[24], unit[16], units[16];
	struct use_bound bound;
	int end = 0;
	size_t i;

	if (sscanf(value, "%23[0-9.] %15[0-9] %15[a-z] %n", amount, units, unit, &end) != 3 || value[end])
		return -EINVAL;
	i = find_unit(unit);
	bound.units = strtoull(units, NULL, 10);
	if (i == POLICY_UNITS || !bound.units || cask_amount_parse(amount, &bound.price))
		return -EINVAL;
	policy->use[i] = bound;
	return 0;
}

/**
 * policy_allows_use() - whether what is charged for use may be
 * @policy: says how much
 * @term: as the agent says it
 *
 * Return: also true where nothing is charged.
 */
bool policy_allows_use(const struct policy *policy, const json_t *term)
{
	const json_t *use = json_object_get(term, "use");
	json_int_t price = json_number(use, "price"), units = json_number(use, "units");
	size_t i = find_unit(json_word(use, "unit"));

	if (!use)
		return true;
	return i < POLICY_UNITS && price >= 0 && units > 0 && policy->use[i].units &&
	       (unsigned __int128)price * policy->use[i].units <=
	       (unsigned __int128)policy->use[i].price * units;
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
	if (!strcmp(line, "max-use-price"))
		return take_use(policy, value);
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
