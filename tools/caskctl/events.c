// SPDX-License-Identifier: GPL-2.0
/*
 * events.c - caskctl events: what happened to licenses, a line each.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"

static void print_line(const json_t *event)
{
	time_t t = json_integer_value(json_object_get(event, "time"));
	const json_t *uid = json_object_get(event, "uid");
	const char *error = output_get(event, "errno");
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s  ", text);
	output_text(output_get(event, "event"));
	if (json_is_integer(json_object_get(event, "count")))
		printf(" %lld", (long long)json_integer_value(json_object_get(event, "count")));
	for (const char *const *name = (const char *const[]){ "license_id", "content_id", NULL };
	     *name; name++)
		if (*output_get(event, *name)) {
			printf("  %.7s ", *name);
			output_text(output_get(event, *name));
		}
	if (json_is_integer(uid))
		printf("  uid %lld", (long long)json_integer_value(uid));
	if (*error) {
		fputs("  ", stdout);
		output_text(error);
	}
	putchar('\n');
}

/*
 * What changed in a gap shows in the licenses as they are: an event of its own,
 * since it is the state that those after it change. The agent object of the
 * command is busy with the events.
 */
static void print_state(const struct context *c)
{
	struct cask_agent *agent = cask_agent_new(c->socket);
	struct cask_error error;
	json_t *licenses, *license;
	size_t i;

	if (!agent || cask_agent_license_list(agent, &licenses, &error))
		goto out;
	if (c->json) {
		json_object_set_new(licenses, "event", json_string("state"));
		json_dumpf(licenses, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		json_array_foreach(json_object_get(licenses, "licenses"), i, license)
			printf("  license %s  %s\n", output_get(license, "license_id"),
			       json_is_true(json_object_get(license, "installed")) ?
			       "installed" : "not installed");
	}
	json_decref(licenses);
out:
	cask_agent_free(agent);
}

static int take(void *context, const json_t *event)
{
	const struct context *c = context;

	if (event && c->json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (event) {
		print_line(event);
	}
	if (event && !strcmp(output_get(event, "event"), "lost"))
		print_state(c);
	/* Whoever reads from a pipe wants each line when it comes. */
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}

static int run(struct context *c, int argc, char **argv)
{
	struct cask_events events = { .take = take, .context = c };
	const struct argument own[] = { { "follow", NULL, &events.follow, false } };
	struct cask_error error;
	int ret;

	ret = arguments_parse(c, argc, argv, own, 1, 0);
	if (ret >= 0)
		return ret;
	ret = cask_agent_events(output_agent(c), &events, &error);
	return ret ? output_error(c, &error) : STATUS_OK;
}

const struct command command_events = {
	.name = "events",
	.arguments = "[--follow]",
	.summary = "what happened to licenses lately",
	.details = "  --follow       and what happens, as it does\n",
	.run = run,
};
