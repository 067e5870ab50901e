// SPDX-License-Identifier: GPL-2.0
/*
 * doctor.c - caskctl doctor: what is wrong on this machine, and the command that
 * mends it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

static const char *const states[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_PROBLEM] = "problem",
};

/**
 * doctor_add() - note a finding
 * @d: whose
 * @state: how bad it is
 * @check: a word for what was looked at
 * @mend: a command, or NULL
 * @format: a sentence without a full stop
 */
void doctor_add(struct doctor *d, enum doctor_state state, const char *check,
		const char *mend, const char *format, ...)
{
	char text[DOCTOR_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	d->problems += state == DOCTOR_PROBLEM;
	json_array_append_new(d->findings,
			      json_pack("{ss ss ss ss?}", "check", check, "state", states[state],
					"text", text, "mend", mend));
}

static bool read_first(FILE *file, char ret_line[DOCTOR_LINE_MAX])
{
	if (!fgets(ret_line, DOCTOR_LINE_MAX, file))
		return false;
	ret_line[strcspn(ret_line, "\n")] = 0;
	return ret_line[0];
}

/**
 * doctor_read() - the first line of a file
 * @path: of the kernel's
 * @ret_line: written on success
 *
 * Return: whether it has one that is not empty.
 */
bool doctor_read(const char *path, char ret_line[DOCTOR_LINE_MAX])
{
	FILE *file = fopen(path, "re");
	bool found = file && read_first(file, ret_line);

	if (file)
		fclose(file);
	return found;
}

/**
 * doctor_ask() - the first line that a program prints
 * @command: a constant, for the shell
 * @ret_line: written on success
 *
 * Return: whether it ended well and printed one that is not empty.
 */
bool doctor_ask(const char *command, char ret_line[DOCTOR_LINE_MAX])
{
	FILE *pipe = popen(command, "re");
	bool found = pipe && read_first(pipe, ret_line);

	return pipe && !pclose(pipe) && found;
}

static int print_json(struct doctor *d)
{
	output_json(json_pack("{si sO}", "problems", d->problems, "findings", d->findings));
	return d->problems ? STATUS_FAILED : STATUS_OK;
}

static int print(struct doctor *d)
{
	const json_t *finding;
	size_t i;

	if (d->c->json)
		return print_json(d);
	json_array_foreach(d->findings, i, finding) {
		const char *mend = output_get(finding, "mend");

		printf("%-8s %s: ", output_get(finding, "state"), output_get(finding, "check"));
		output_text(output_get(finding, "text"));
		putchar('\n');
		if (!*mend)
			continue;
		printf("%-8s ", "  mend:");
		output_text(mend);
		putchar('\n');
	}
	return d->problems ? STATUS_FAILED : STATUS_OK;
}

/* modinfo is not where every user looks for programs. */
static void reach_sbin(void)
{
	const char *path = getenv("PATH");
	char whole[4096];

	snprintf(whole, sizeof(whole), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	setenv("PATH", whole, 1);
}

static int run(struct context *c, int argc, char **argv)
{
	struct doctor d = { .c = c };
	int ret = arguments_parse(c, argc, argv, NULL, 0, 0);

	if (ret >= 0)
		return ret;
	d.findings = json_array();
	reach_sbin();
	doctor_kernel(&d);
	doctor_module(&d);
	doctor_device(&d);
	doctor_agent(&d);
	doctor_root(&d);
	doctor_level(&d);
	doctor_distributors(&d);
	doctor_clock(&d);
	ret = print(&d);
	json_decref(d.findings);
	json_decref(d.status);
	return ret;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[OPTION]...",
	.summary = "what is wrong on this machine, and the command that mends it",
	.details = "  A problem is a failure: status 1. Notes are none.\n\n",
	.run = run,
};
