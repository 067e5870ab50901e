// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_device.c - may the caller open contents?
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

#define GROUP		"cask"
#define GROUPS_MAX	256

/* Whether the user's next login has the group. */
static bool listed(const struct passwd *user, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (!user || getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

static void examine_caller(struct doctor *d, gid_t group)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name = user ? user->pw_name : "this user";
	char mend[DOCTOR_LINE_MAX];

	if (!access(CASK_DEVICE, R_OK | W_OK)) {
		doctor_add(d, DOCTOR_OK, "device", NULL, CASK_DEVICE " is open to %s", name);
	} else if (listed(user, group)) {
		doctor_add(d, DOCTOR_PROBLEM, "device", "newgrp " GROUP,
			   "%s is in the group " GROUP ", but this login does not have it yet",
			   name);
	} else {
		snprintf(mend, sizeof(mend), "usermod --append --groups " GROUP " %s", name);
		doctor_add(d, DOCTOR_PROBLEM, "device", mend,
			   "%s is not in the group " GROUP ", so nothing plays; log in anew "
			   "afterwards", name);
	}
}

static void examine_node(struct doctor *d, const struct stat *st)
{
	const struct group *group = getgrnam(GROUP);
	gid_t id = group ? group->gr_gid : 0;

	if (!group)
		doctor_add(d, DOCTOR_PROBLEM, "device", "systemd-sysusers",
			   "there is no group " GROUP " whose " CASK_DEVICE " could be");
	else if (st->st_gid != id || (st->st_mode & 0777) != 0660)
		doctor_add(d, DOCTOR_PROBLEM, "device",
			   "udevadm control --reload && udevadm trigger --settle " CASK_DEVICE,
			   CASK_DEVICE " is not the group " GROUP "'s, with mode 660");
	else
		examine_caller(d, id);
}

/**
 * doctor_device() - examine /dev/cask
 * @d: takes the findings
 */
void doctor_device(struct doctor *d)
{
	char mend[DOCTOR_LINE_MAX];
	struct stat st;
	int error;

	if (!d->loaded)
		return;
	if (!stat(CASK_DEVICE, &st)) {
		examine_node(d, &st);
		return;
	}
	error = errno;
	snprintf(mend, sizeof(mend), "rmmod cask && %s", doctor_load());
	doctor_add(d, DOCTOR_PROBLEM, "device", mend,
		   CASK_DEVICE ": %s, though the module is loaded", strerror(error));
}
