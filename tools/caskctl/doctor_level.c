// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_level.c - what the device's word is worth, and what would raise it.
 */
#include <string.h>

#include "doctor.h"
#include "root.h"

static void examine_anchor(struct doctor *d, const json_t *device)
{
	const char *area = output_get(json_object_get(device, "area"), "state");
	struct root root;

	root_loaded(&root);
	if (!strcmp(area, "unsure"))
		doctor_add(d, DOCTOR_PROBLEM, "anchor", NULL,
			   "tpm: nothing counts, for the TPM does not answer, or its counter was removed");
	else if (!strcmp(root.name, "tpm"))
		doctor_add(d, DOCTOR_OK, "anchor", NULL,
			   "tpm: who winds the disk back is noticed by the TPM's counter");
	else
		doctor_add(d, DOCTOR_NOTE, "anchor", NULL,
			   "none: who winds the disk back is noticed within a boot only");
}

/* It boots with what root gives it, and shows root all that was in memory before. */
static void examine_crash_kernel(struct doctor *d)
{
	char line[DOCTOR_LINE_MAX];

	if (doctor_read("/sys/kernel/kexec_crash_size", line) && strcmp(line, "0"))
		doctor_add(d, DOCTOR_NOTE, "boot", NULL,
			   "memory is kept for a crash kernel, by which root can read all of the "
			   "kernel's; level production is worth that much without crashkernel= on "
			   "the kernel's command line");
}

/* What is now may have come after the device had its key: that the module knows. */
static void examine_boot(struct doctor *d, const json_t *device)
{
	const char *boot = output_get(device, "boot");
	char line[DOCTOR_LINE_MAX];

	if (!doctor_read("/sys/kernel/security/lockdown", line) ||
	    !strstr(line, "[confidentiality]"))
		doctor_add(d, DOCTOR_NOTE, "boot", NULL,
			   "root can read the kernel's memory; level production wants "
			   "lockdown=confidentiality on the kernel's command line");
	else if (!strcmp(boot, "open"))
		doctor_add(d, DOCTOR_NOTE, "boot", NULL,
			   "the kernel was locked down only after the device had its key, and root "
			   "could read it before; level production wants lockdown=confidentiality "
			   "on the kernel's command line");
	else
		doctor_add(d, DOCTOR_OK, "boot", NULL, "the kernel %s locked down",
			   *boot ? "was, before the device had its key," : "is");
	examine_crash_kernel(d);
}

/* By whose word each distributor has the device; it goes by the distributor's. */
static void examine_enrolment(struct doctor *d)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(d->status, "distributors"), i, entry) {
		const char *name = output_get(entry, "name"), *by = output_get(entry, "enrolment");
		bool factory = !strcmp(by, "factory");

		doctor_add(d, factory ? DOCTOR_OK : DOCTOR_NOTE, "enrolment", NULL,
			   "%s has this device by %s%s", name, *by ? by : "nobody's word", factory ? "" :
			   "; level production wants the certificate of its factory");
	}
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
	examine_anchor(d, device);
	examine_enrolment(d);
	examine_boot(d, device);
	if (json_is_object(device))
		examine_signatures(d, device);
}
