// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_root.c - where the device's key comes from; of root "tpm", whether the chip is
 * fit, and whether the module was there before root's programs.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "root.h"
#include "tpm.h"

/* Once there is a secret, and a counter, the owner is asked for nothing. */
static void examine_chip(struct doctor *d, const struct tpm *tpm, bool loaded)
{
	const char *fault = tpm_fault(tpm->kind);

	if (fault)
		doctor_add(d, DOCTOR_PROBLEM, "tpm", NULL, "%s: with root=tpm the module does not "
			   "load", fault);
	else if (tpm->owner_password && !loaded)
		doctor_add(d, DOCTOR_PROBLEM, "tpm", "tpm2_changeauth -c owner -p OLD",
			   "its owner has a password, without which the module makes neither secret nor "
			   "counter");
	else
		doctor_add(d, DOCTOR_OK, "tpm", NULL, "a TPM 2.0%s", !tpm->lockout ? "" :
			   "; it is locked for wrong passwords, which what Cask has in it is not");
}

/* Before the module asked, whoever ran could have had the secret. */
static void examine_time(struct doctor *d, const char *list, uint32_t cap)
{
	char early[DOCTOR_LINE_MAX];

	if (doctor_read(ROOT_EARLY, early) && !strcmp(early, "loaded"))
		doctor_add(d, DOCTOR_OK, "root", NULL,
			   "tpm: sealed by PCRs %s, capped by %u before root's programs ran", list,
			   cap);
	else
		doctor_add(d, DOCTOR_PROBLEM, "root", "update-initramfs -u && reboot",
			   "tpm: the module was not loaded by the initial file system, and what root "
			   "ran before it could have had the secret");
}

static void examine_measured(struct doctor *d, const struct tpm *tpm, uint32_t pcrs)
{
	if (!(tpm->measured & pcrs & TPM_BOOT_PCRS))
		doctor_add(d, DOCTOR_NOTE, "measured", NULL,
			   "nothing measures command line and initial file system into PCR 8, 9 or 12 "
			   "by which the secret is sealed: it is given to whatever this kernel is "
			   "booted with");
}

/* The module was to have its root from the TPM, and is not there. */
static void examine_failure(struct doctor *d)
{
	char early[DOCTOR_LINE_MAX];

	if (doctor_read(ROOT_EARLY, early))
		doctor_add(d, DOCTOR_PROBLEM, "root", "journalctl -k --grep cask",
			   "tpm: the initial file system could not load the module: %s", early);
	else
		doctor_add(d, DOCTOR_PROBLEM, "root", "update-initramfs -u && reboot",
			   "tpm: the initial file system does not load the module");
}

static void examine_tpm(struct doctor *d, const struct root *root, bool loaded)
{
	char list[TPM_LIST_MAX];
	struct tpm tpm;

	tpm_look(&tpm);
	examine_chip(d, &tpm, loaded);
	if (tpm.kind == TPM_READY)
		examine_measured(d, &tpm, root->pcrs);
	if (loaded)
		examine_time(d, tpm_list(root->pcrs, list), root->cap);
	else
		examine_failure(d);
}

/**
 * doctor_root() - examine where the device's key comes from
 * @d: takes the findings
 */
void doctor_root(struct doctor *d)
{
	struct root loaded, wanted;

	root_loaded(&loaded);
	root_wanted(&wanted);
	if (!strcmp(loaded.name, "tpm"))
		examine_tpm(d, &loaded, true);
	else if (!d->loaded && !strcmp(wanted.name, "tpm"))
		examine_tpm(d, &wanted, false);
	else if (!strcmp(loaded.name, "ephemeral"))
		doctor_add(d, DOCTOR_NOTE, "root", NULL,
			   "ephemeral: the device's key ends with the module, and a new one has to "
			   "register; root=keyring keeps it over boots");
	else if (*loaded.name)
		doctor_add(d, DOCTOR_NOTE, "root", NULL,
			   "%s: root can read what the device's key is made from; level production "
			   "wants a TPM", loaded.name);
}
