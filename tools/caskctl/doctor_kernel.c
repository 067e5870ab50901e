// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_kernel.c - is this kernel one that Cask runs on, and this processor a
 * quick one?
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor.h"

/* The oldest that Cask is tested on. */
#define OLDEST_MAJOR	6
#define OLDEST_MINOR	1
#define FLAGS_MAX	8192

static void examine_version(struct doctor *d)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR))
		doctor_add(d, DOCTOR_PROBLEM, "kernel", "apt install linux-image-amd64",
			   "Linux %s is too old: Cask runs on 6.1 and later", name.release);
	else
		doctor_add(d, DOCTOR_OK, "kernel", NULL, "Linux %s", name.release);
}

static bool has_word(const char *line, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = strstr(line, word); at; at = strstr(at + 1, word))
		if (at > line && strchr(" \t", at[-1]) && strchr(" \n", at[size]))
			return true;
	return false;
}

/* The kernel's list of what the first processor can do; x86 calls it flags, ARM Features. */
static bool has_aes(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[FLAGS_MAX];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = (!strncmp(line, "flags", 5) || !strncmp(line, "Features", 8)) &&
			has_word(line, "aes");
	if (file)
		fclose(file);
	return found;
}

/**
 * doctor_kernel() - examine kernel and processor
 * @d: takes the findings
 */
void doctor_kernel(struct doctor *d)
{
	examine_version(d);
	if (!has_aes())
		doctor_add(d, DOCTOR_NOTE, "processor", NULL,
			   "it has no instructions for AES: contents play, but cost more");
}
