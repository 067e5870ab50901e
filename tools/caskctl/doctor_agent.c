// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_agent.c - does caskd answer, reach the module, and have room to write?
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"

/* A license has 32 KiB at most; a thousand of them. */
#define ROOM_MIN	(32ULL << 20)

static void examine_version(struct doctor *d)
{
	const char *version = output_get(d->status, "version");

	if (strcmp(version, CASK_VERSION))
		doctor_add(d, DOCTOR_PROBLEM, "agent", "systemctl restart caskd",
			   "caskd is version %s, these tools are " CASK_VERSION, version);
	else
		doctor_add(d, DOCTOR_OK, "agent", NULL, "caskd " CASK_VERSION " answers");
}

/* That the module is not there was said before; it may be there and speak with another. */
static void examine_link(struct doctor *d)
{
	const json_t *module = json_object_get(d->status, "module");

	if (d->loaded && !json_is_true(json_object_get(module, "loaded")))
		doctor_add(d, DOCTOR_PROBLEM, "agent",
			   !strcmp(output_get(module, "errno"), "EBUSY") ? "pgrep --list-full caskd" :
			   "systemctl restart caskd",
			   "caskd does not reach the module: %s", output_get(module, "detail"));
}

static void examine_store(struct doctor *d)
{
	const json_t *store = json_object_get(d->status, "store");
	const char *path = output_get(store, "path"), *error = output_get(store, "errno");
	uint64_t room = json_integer_value(json_object_get(store, "free"));
	char size[32], mend[DOCTOR_LINE_MAX];

	if (!*path)
		return;
	output_size(size, sizeof(size), room);
	if (*error) {
		snprintf(mend, sizeof(mend), !strcmp(error, "EROFS") ?
			 "mount -o remount,rw $(findmnt -n -o TARGET -T %s)" :
			 "chown -R caskd:caskd %s && chmod 700 %s", path, path);
		doctor_add(d, DOCTOR_PROBLEM, "store", mend, "caskd cannot write to %s (%s)",
			   path, error);
	} else if (room < ROOM_MIN) {
		snprintf(mend, sizeof(mend), "du -xh -d 2 $(findmnt -n -o TARGET -T %s)", path);
		doctor_add(d, DOCTOR_PROBLEM, "store", mend,
			   "only %s are free where caskd keeps licenses, %s", size, path);
	} else {
		doctor_add(d, DOCTOR_OK, "store", NULL, "%s, %s free", path, size);
	}
}

/**
 * doctor_agent() - examine caskd
 * @d: takes the findings; d->status is set
 */
void doctor_agent(struct doctor *d)
{
	struct cask_error error;

	if (cask_agent_status(output_agent(d->c), &d->status, &error)) {
		d->status = NULL;
		doctor_add(d, DOCTOR_PROBLEM, "agent",
			   !strcmp(error.code, "agent-unreachable") ?
			   "systemctl enable --now caskd.socket" : "systemctl restart caskd",
			   "%s", error.text);
		return;
	}
	examine_version(d);
	examine_link(d);
	examine_store(d);
}
