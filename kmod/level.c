// SPDX-License-Identifier: GPL-2.0
/* level.c - where the root secret comes from, and what this device's word is worth. */
#include <linux/moduleparam.h>
#include <linux/security.h>

#include "private.h"

static char *root = "ephemeral";
module_param(root, charp, 0444);
MODULE_PARM_DESC(root, "root secret: ephemeral (drawn at load) or keyring (logon key \"cask:root\")");

static enum cask_root kind;

/**
 * cask_root_init() - read the parameter "root"
 *
 * Return: 0, or -EINVAL for one that there is not.
 */
int cask_root_init(void)
{
	static const char *const names[] = {
		[CASK_ROOT_EPHEMERAL] = "ephemeral",
		[CASK_ROOT_KEYRING] = "keyring",
	};
	int i = match_string(names, ARRAY_SIZE(names), root);

	if (i < 0) {
		pr_err("no root \"%s\"\n", root);
		return -EINVAL;
	}
	kind = i;
	return 0;
}

/**
 * cask_root() - where the root secret came from
 *
 * Return: enum cask_root.
 */
enum cask_root cask_root(void)
{
	return kind;
}

/**
 * cask_boot() - whether root can read or change the kernel
 *
 * Lockdown is never lifted, so an answer stays true; it may come later. The
 * kernel logs that it was asked.
 *
 * Return: enum cask_boot.
 */
u32 cask_boot(void)
{
	return security_locked_down(LOCKDOWN_KCORE) ? CASK_BOOT_LOCKDOWN : CASK_BOOT_OPEN;
}

/**
 * cask_level() - what the device's word is worth
 *
 * The weakest of root, anchor against rollback, enrolment and boot. Of the roots
 * so far, one says nothing about the machine and root can read the other, and
 * there is no anchor: whatever the boot was, this is development.
 *
 * Return: enum cask_level.
 */
u32 cask_level(void)
{
	return CASK_LEVEL_DEVELOPMENT;
}
