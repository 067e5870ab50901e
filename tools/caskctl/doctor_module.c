// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_module.c - is the module there, will the kernel take it, and is it of
 * these tools' version?
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor.h"

#define SOURCES		"/usr/src/cask-" CASK_VERSION "/dkms.conf"
#define MOK		"/var/lib/dkms/mok.pub"
#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Why the kernel takes signed modules only; NULL when it takes others. */
static const char *enforced(void)
{
	char line[DOCTOR_LINE_MAX];

	if (doctor_read("/sys/kernel/security/lockdown", line)) {
		if (strstr(line, "[integrity]"))
			return "lockdown=integrity, perhaps by Secure Boot";
		if (strstr(line, "[confidentiality]"))
			return "lockdown=confidentiality";
	}
	if (doctor_read("/sys/module/module/parameters/sig_enforce", line) && line[0] == 'Y')
		return "module.sig_enforce";
	return NULL;
}

/*
 * Whether the kernel has a key of this name; in doubt, it has. Only root sees
 * the keys, and what cannot be seen is not held against the module.
 */
static bool trusted(const char *signer)
{
	FILE *file = geteuid() ? NULL : fopen("/proc/keys", "re");
	char line[DOCTOR_LINE_MAX], want[DOCTOR_LINE_MAX + 16];
	bool found = !file;

	/* The kernel may put the organisation in front. */
	snprintf(want, sizeof(want), " %.*s: ", DOCTOR_LINE_MAX - 1, signer);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, " asymmetri ") && strstr(line, want);
	if (file)
		fclose(file);
	return found;
}

/* The kernel has the machine owner's keys (MOK) from shim then only. */
static bool secure_boot(void)
{
	unsigned char value[5] = { 0 };	/* four are attributes */
	FILE *file = fopen(SECURE_BOOT, "re");

	if (file) {
		(void)!fread(value, 1, sizeof(value), file);
		fclose(file);
	}
	return value[4] == 1;
}

static void stranger(struct doctor *d, const char *signer, const char *why)
{
	if (secure_boot())
		doctor_add(d, DOCTOR_PROBLEM, "module", "mokutil --import " MOK,
			   "it is signed by \"%s\", whom this kernel does not trust (%s)", signer, why);
	else
		doctor_add(d, DOCTOR_PROBLEM, "module", NULL,
			   "it is signed by \"%s\", whom this kernel does not trust (%s): without "
			   "Secure Boot it takes no keys but those in the firmware's db", signer, why);
}

static void missing(struct doctor *d)
{
	char mend[DOCTOR_LINE_MAX], build[DOCTOR_LINE_MAX];
	const char *headers = "";
	struct utsname name;

	uname(&name);
	snprintf(build, sizeof(build), "/lib/modules/%s/build", name.release);
	if (access(build, F_OK))
		headers = "apt install linux-headers-$(uname -r) && ";
	/* Without its sources under /usr/src it is made where the sources are. */
	if (access(SOURCES, F_OK))
		snprintf(mend, sizeof(mend), "%smake dkms-install", headers);
	else
		snprintf(mend, sizeof(mend), "%sdkms install cask/" CASK_VERSION, headers);
	doctor_add(d, DOCTOR_PROBLEM, "module", mend, "there is none for the running kernel %s",
		   name.release);
}

/**
 * doctor_load() - what loads the module
 *
 * Return: a command.
 */
const char *doctor_load(void)
{
	return access(COMMAND_ROOT_SECRET, F_OK) ? "modprobe cask" : "caskctl root load";
}

static void not_loaded(struct doctor *d)
{
	char line[DOCTOR_LINE_MAX];
	const char *why = enforced();

	/* The index of modules may name a file that is gone. */
	if (!doctor_ask("modinfo -n cask 2>/dev/null", line) || access(line, F_OK))
		missing(d);
	else if (why && !doctor_ask("modinfo -F sig_id cask 2>/dev/null", line))
		doctor_add(d, DOCTOR_PROBLEM, "module", "make dkms-install",
			   "it is not signed, and this kernel takes signed ones only (%s)", why);
	else if (why && doctor_ask("modinfo -F signer cask 2>/dev/null", line) && !trusted(line))
		stranger(d, line, why);
	else
		doctor_add(d, DOCTOR_PROBLEM, "module", doctor_load(), "it is not loaded");
}

static void other_version(struct doctor *d, const char *version)
{
	char installed[DOCTOR_LINE_MAX], mend[DOCTOR_LINE_MAX];
	bool there = doctor_ask("modinfo -F version cask 2>/dev/null", installed) &&
		     !strcmp(installed, CASK_VERSION);

	snprintf(mend, sizeof(mend), "%srmmod cask && %s", there ? "" : "make dkms-install && ",
		 doctor_load());
	doctor_add(d, DOCTOR_PROBLEM, "module", mend, "version %s is loaded, these tools are " CASK_VERSION, version);
}

/**
 * doctor_module() - examine the module
 * @d: takes the findings; d->loaded is set
 */
void doctor_module(struct doctor *d)
{
	char version[DOCTOR_LINE_MAX];

	d->loaded = !access("/sys/module/cask", F_OK);
	if (!d->loaded)
		not_loaded(d);
	else if (!doctor_read("/sys/module/cask/version", version))
		other_version(d, "unknown");
	else if (strcmp(version, CASK_VERSION))
		other_version(d, version);
	else
		doctor_add(d, DOCTOR_OK, "module", NULL, "version %s is loaded", version);
}
