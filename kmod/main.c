// SPDX-License-Identifier: GPL-2.0
/* main.c - load and unload. */
#include <linux/module.h>
#include <net/genetlink.h>

#include "private.h"

static int __init cask_init(void)
{
	int ret;

	ret = cask_secret_init();
	if (ret)
		return ret;
	ret = cask_device_init();
	if (ret)
		goto secret;
	/* Last: once the agent can speak, everything it may ask for is there. */
	ret = cask_netlink_init();
	if (ret)
		goto device;
	pr_info("version " CASK_VERSION ", root ephemeral, level development\n");
	return 0;
device:
	cask_device_exit();
secret:
	cask_secret_exit();
	return ret;
}

/* Open files hold the module, so none is left and nothing uses a license. */
static void __exit cask_exit(void)
{
	cask_netlink_exit();
	cask_device_exit();
	cask_license_exit();
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
