// SPDX-License-Identifier: GPL-2.0
/*
 * A module that misbehaves on request: writing to its parameter "act" does what the bench must
 * notice. Used by the bench's own tests only.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static struct kmem_cache *cache;

static int act(const char *what, const struct kernel_param *param)
{
	if (sysfs_streq(what, "warn"))
		WARN(1, "benchmod: asked to warn\n");
	else if (sysfs_streq(what, "hold"))
		__module_get(THIS_MODULE);
	else if (sysfs_streq(what, "leak"))
		return kmem_cache_alloc(cache, GFP_KERNEL) ? 0 : -ENOMEM;
	else if (sysfs_streq(what, "oops"))
		*(volatile int *)8 = 1;
	else
		return -EINVAL;
	return 0;
}

static const struct kernel_param_ops ops = { .set = act };
module_param_cb(act, &ops, NULL, 0200);

/* A cache with a constructor is not merged with another. */
static void construct(void *object)
{
	memset(object, 0, 64);
}

static int __init start(void)
{
	cache = kmem_cache_create("benchmod", 64, 0, 0, construct);
	return cache ? 0 : -ENOMEM;
}

static void __exit end(void)
{
	kmem_cache_destroy(cache);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("Misbehaves on request");
MODULE_LICENSE("GPL");
