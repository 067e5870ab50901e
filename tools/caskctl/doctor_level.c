// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_level.c - what the device's word is worth, and what would raise it.
 */
#include <string.h>

#include "doctor.h"

static void examine_root(struct doctor *d)
{
	char root[DOCTOR_LINE_MAX];

	if (!doctor_read("/sys/module/cask/parameters/root", root))
		return;
	if (!strcmp(root, "ephemeral"))
		doctor_add(d, DOCTOR_NOTE, "root", NULL,
			   "ephemeral: the device's key ends with the module, and a new one has to "
			   "register; root=keyring keeps it over boots");
	else
		doctor_add(d, DOCTOR_NOTE, "root", NULL,
			   "%s: root can read what the device's key is made from; level production "
			   "wants a TPM", root);
}

static void examine_boot(struct doctor *d)
{
	char line[DOCTOR_LINE_MAX];

	if (doctor_read("/sys/kernel/security/lockdown", line) &&
	    strstr(line, "[confidentiality]"))
		doctor_add(d, DOCTOR_OK, "boot", NULL, "the kernel is locked down");
	else
		doctor_add(d, DOCTOR_NOTE, "boot", NULL,
			   "root can read the kernel's memory; level production wants "
			   "lockdown=confidentiality on the kernel's command line");
}

static void examine_signatures(struct doctor *d, const json_t *device)
{
	const json_t *name, *list = json_object_get(device, "signatures");
	bool found = false;
	size_t i;

	json_array_foreach(list, i, name)
		found |= !strcmp(json_string_value(name) ? json_string_value(name) : "", "ES256");
	if (!found)
		doctor_add(d, DOCTOR_NOTE, "signatures", NULL,
			   "this kernel does not verify ES256, which some distributors sign with; "
			   "Linux 6.12 does");
}

/**
 * doctor_level() - examine the level and what it is the weakest of
 * @d: takes the findings
 */
void doctor_level(struct doctor *d)
{
	const json_t *device = json_object_get(d->status, "device");
	const char *level = output_get(device, "level");

	if (!d->loaded)
		return;
	if (*level)
		doctor_add(d, strcmp(level, "production") ? DOCTOR_NOTE : DOCTOR_OK, "level", NULL,
			   "%s: the weakest of root, anchor against rollback, enrolment and boot",
			   level);
	examine_root(d);
	doctor_add(d, DOCTOR_NOTE, "anchor", NULL,
		   "none: who winds the disk back is noticed within a boot only");
	examine_boot(d);
	if (json_is_object(device))
		examine_signatures(d, device);
}
