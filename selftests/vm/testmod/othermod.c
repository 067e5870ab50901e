// SPDX-License-Identifier: GPL-2.0
/* Cask's netlink family as a module of another version has it: all that its agent sees before HELLO. */
#include <linux/cask_netlink.h>
#include <linux/module.h>
#include <net/genetlink.h>

static unsigned int version = CASK_FAMILY_VERSION + 1;
module_param(version, uint, 0400);

static struct genl_family family __ro_after_init = {
	.name	= CASK_FAMILY_NAME,
	.module	= THIS_MODULE,
};

static int __init start(void)
{
	family.version = version;
	return genl_register_family(&family);
}

static void __exit end(void)
{
	genl_unregister_family(&family);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("Speaks another version of Cask's protocol");
MODULE_LICENSE("GPL");
