// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - load and unload; no key reaches a hibernation image, and none survives a
 * reboot but what a read or a batch that somebody holds up is still using.
 */
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <net/genetlink.h>

#include "private.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* The image would hold the device's key and those of the licenses: the module has to go first. */
static int pm_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	if (event != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	pr_warn("hibernation refused: the image would hold keys\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block pm_notifier = {
	.notifier_call = pm_event,
};

/* Memory may outlive the kernel: kexec, a warm reboot. */
static int reboot_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	cask_area_shut();
	cask_netlink_shut();
	cask_license_revoke_all();
	cask_category_exit();
	cask_secret_wipe();
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = reboot_event,
};

static int __init cask_init(void)
{
	int ret;

	ret = cask_root_init() ?: cask_secret_init(cask_root());
	if (ret)
		return ret;
	ret = cask_area_init();
	if (ret)
		goto secret;
	ret = register_pm_notifier(&pm_notifier);
	if (ret)
		goto area;
	ret = cask_netlink_init();
	if (ret)
		goto pm;
	/* What it shuts is there by now. */
	ret = register_reboot_notifier(&reboot_notifier);
	if (ret)
		goto netlink;
	/* Last: who opens it while the module is being loaded would keep what a failure takes away. */
	ret = cask_device_init();
	if (ret)
		goto reboot;
	pr_info("version " CASK_VERSION ", root %s, level %s\n", cask_root_name(),
		cask_level() == CASK_LEVEL_PRODUCTION ? "production" : "development");
	return 0;
reboot:
	unregister_reboot_notifier(&reboot_notifier);
netlink:
	cask_area_shut();
	cask_netlink_exit();
	/* The agent may have been quick. */
	cask_license_revoke_all();
	cask_category_exit();
	cask_anchor_exit();
pm:
	unregister_pm_notifier(&pm_notifier);
area:
	cask_area_exit();
	cask_right_exit();
secret:
	cask_secret_exit();
	return ret;
}

/* Open files hold the module, so none is left and nothing uses a license. */
static void __exit cask_exit(void)
{
	unregister_reboot_notifier(&reboot_notifier);
	cask_area_shut();
	cask_netlink_exit();
	cask_device_exit();
	unregister_pm_notifier(&pm_notifier);
	cask_area_exit();
	cask_right_exit();
	cask_license_revoke_all();
	cask_category_exit();
	cask_anchor_exit();
	cask_secret_exit();
}

module_init(cask_init);
module_exit(cask_exit);

MODULE_DESCRIPTION("Content protection with keys that stay in the kernel");
MODULE_LICENSE("GPL");
MODULE_VERSION(CASK_VERSION);
MODULE_ALIAS_GENL_FAMILY("cask");
MODULE_SOFTDEP("pre: aesni_intel gcm ghash_generic hmac sha256");
