// SPDX-License-Identifier: GPL-2.0
/* A module without an exit: it cannot be unloaded. Used by the bench's own tests only. */
#include <linux/module.h>

static int __init start(void)
{
	return 0;
}

module_init(start);
MODULE_DESCRIPTION("Cannot be unloaded");
MODULE_LICENSE("GPL");
