// SPDX-License-Identifier: GPL-2.0
/*
 * A module that misbehaves on request: writing to its parameter "act" does what the bench must
 * notice. Used by the bench's own tests only.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static struct kmem_cache *cache;

/* --- what only the debug kernel notices --- */

/* Reads only: KASAN keeps its list of freed objects in them, and a write would break that. */
static void use_after_free(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	(void)*(volatile char *)p;
}

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(other);

/* Nobody is stuck; two at a time could be. */
static void lock_in_both_orders(void)
{
	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);
	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
}

static DEFINE_SPINLOCK(spin);

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static volatile int shift = 40;

static void shift_too_far(void)
{
	shift = 1 << shift;
}

/* More than one: the checker takes a word that some stack still has for a use. */
static void lose_memory(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		void *p = kmalloc(64, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
	}
}

/* As long as the test lets a task stand still, and a second for the checker to wake. */
static void stand_still(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(4 * HZ);
}

static const struct {
	const char *name;
	void (*fn)(void);
} bugs[] = {
	{ "use-after-free", use_after_free },
	{ "lock-order", lock_in_both_orders },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "shift", shift_too_far },
	{ "lose", lose_memory },
	{ "hang", stand_still },
};

static bool do_bug(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (sysfs_streq(name, bugs[i].name)) {
			bugs[i].fn();
			return true;
		}
	return false;
}

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
		return do_bug(what) ? 0 : -EINVAL;
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
