// SPDX-License-Identifier: GPL-2.0
/* level.c - where the root secret comes from, and what this device's word is worth. */
#include <linux/moduleparam.h>
#include <linux/security.h>

#include "private.h"

static char *root = "ephemeral";
module_param(root, charp, 0444);
MODULE_PARM_DESC(root, "root secret: ephemeral (drawn at load), keyring (logon key \"cask:root\") or tpm (sealed)");

/*
 * Firmware, that of devices, boot loader and kernel, Secure Boot; command line and
 * initial file system, which grub measures into 8 and 9, the kernel into 9 when firmware
 * starts it, and systemd's stub into 12.
 */
static uint tpm_pcrs = BIT(0) | BIT(2) | BIT(4) | BIT(7) | BIT(8) | BIT(9) | BIT(12);
module_param(tpm_pcrs, uint, 0444);
MODULE_PARM_DESC(tpm_pcrs, "bits of the PCRs that root \"tpm\" is sealed by, besides tpm_cap");

static uint tpm_cap = 14;
module_param(tpm_cap, uint, 0444);
MODULE_PARM_DESC(tpm_cap, "the PCR that is extended once the root secret was had");

static enum cask_root kind;
static enum cask_boot boot;

/**
 * cask_root_init() - read the parameter "root", and look how the kernel was booted
 *
 * Before there is a root secret: lockdown is never lifted, but it can come late, when
 * root has read all of the kernel's memory. The kernel logs that it was asked.
 *
 * Return: 0, or -EINVAL for a root that there is not.
 */
int cask_root_init(void)
{
	static const char *const names[] = {
		[CASK_ROOT_EPHEMERAL] = "ephemeral",
		[CASK_ROOT_KEYRING] = "keyring",
		[CASK_ROOT_TPM] = "tpm",
	};
	int i = match_string(names, ARRAY_SIZE(names), root);

	if (i < 0) {
		pr_err("no root \"%s\"\n", root);
		return -EINVAL;
	}
	/* 16 and 23 can be set back by anybody, 17 to 22 by a later launch. */
	if (tpm_cap > 15) {
		pr_err("tpm_cap is 0 to 15\n");
		return -EINVAL;
	}
	kind = i;
	boot = security_locked_down(LOCKDOWN_KCORE) ? CASK_BOOT_LOCKDOWN : CASK_BOOT_OPEN;
	return 0;
}

/**
 * cask_root_name() - where the root secret came from, in a word
 *
 * Return: the parameter "root".
 */
const char *cask_root_name(void)
{
	return root;
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
 * cask_root_pcrs() - what root "tpm" is sealed by
 *
 * Return: bits of PCRs, that of cask_root_cap() among them.
 */
u32 cask_root_pcrs(void)
{
	return (tpm_pcrs | BIT(tpm_cap)) & GENMASK(23, 0);
}

/**
 * cask_root_cap() - what is extended when it was had
 *
 * Return: number of a PCR.
 */
u32 cask_root_cap(void)
{
	return tpm_cap;
}

/**
 * cask_boot() - whether root could read or change the kernel once the root secret was had
 *
 * Return: enum cask_boot.
 */
u32 cask_boot(void)
{
	return boot;
}

/**
 * cask_level() - what the device's word is worth
 *
 * The weakest of root, anchor against rollback, enrolment and boot. A root that the
 * TPM keeps comes with a counter of the TPM's. By whom it was enrolled the module
 * does not know: that is for the distributor to judge.
 *
 * Return: enum cask_level.
 */
u32 cask_level(void)
{
	return kind == CASK_ROOT_TPM && boot == CASK_BOOT_LOCKDOWN ?
	       CASK_LEVEL_PRODUCTION : CASK_LEVEL_DEVELOPMENT;
}
