// SPDX-License-Identifier: GPL-2.0
/* user.c - how many open files and how much memory each user holds. */
#include <linux/err.h>
#include <linux/moduleparam.h>

#include "private.h"

static unsigned int max_sessions = 64;
module_param(max_sessions, uint, 0644);
MODULE_PARM_DESC(max_sessions, "most open files a user has at once (EMFILE)");

static unsigned long max_buffer_bytes = 16UL << 20;
module_param(max_buffer_bytes, ulong, 0644);
MODULE_PARM_DESC(max_buffer_bytes, "most bytes of blocks that a user's open files keep (ENOBUFS)");

/**
 * struct cask_user - a user who holds open files
 * @entry: in the list
 * @uid: who
 * @sessions: how many files, at least one
 * @buffer_bytes: what their blocks take
 */
struct cask_user {
	struct list_head entry;
	kuid_t uid;
	unsigned int sessions;
	unsigned long buffer_bytes;
};

/* Protects the list and all that is in it; short, for it holds only who has open files. */
static DEFINE_MUTEX(users);
static LIST_HEAD(user_list);

static struct cask_user *find_locked(kuid_t uid)
{
	struct cask_user *u;

	list_for_each_entry(u, &user_list, entry)
		if (uid_eq(u->uid, uid))
			return u;
	u = kzalloc(sizeof(*u), GFP_KERNEL_ACCOUNT);
	if (u) {
		u->uid = uid;
		list_add(&u->entry, &user_list);
	}
	return u;
}

static void drop_if_idle(struct cask_user *u)
{
	if (u->sessions)
		return;
	list_del(&u->entry);
	kfree(u);
}

/**
 * cask_user_charge() - one more open file
 * @uid: whose
 *
 * Return: what cask_user_uncharge() takes, or -EMFILE at the limit, or -ENOMEM.
 */
struct cask_user *cask_user_charge(kuid_t uid)
{
	struct cask_user *u;

	mutex_lock(&users);
	u = find_locked(uid);
	if (!u) {
		u = ERR_PTR(-ENOMEM);
	} else if (u->sessions >= READ_ONCE(max_sessions)) {
		drop_if_idle(u);
		u = ERR_PTR(-EMFILE);
	} else {
		u->sessions++;
	}
	mutex_unlock(&users);
	return u;
}

/**
 * cask_user_uncharge() - one open file less
 * @user: from cask_user_charge(); NULL does nothing
 */
void cask_user_uncharge(struct cask_user *user)
{
	if (!user)
		return;
	mutex_lock(&users);
	user->sessions--;
	drop_if_idle(user);
	mutex_unlock(&users);
}

/**
 * cask_user_charge_bytes() - memory for a block
 * @user: who has a file open
 * @bytes: how much
 *
 * Return: 0, or -ENOBUFS at the limit.
 */
int cask_user_charge_bytes(struct cask_user *user, size_t bytes)
{
	unsigned long max = READ_ONCE(max_buffer_bytes);
	int ret = -ENOBUFS;

	mutex_lock(&users);
	if (user->buffer_bytes <= max && bytes <= max - user->buffer_bytes) {
		user->buffer_bytes += bytes;
		ret = 0;
	}
	mutex_unlock(&users);
	return ret;
}

/**
 * cask_user_uncharge_bytes() - memory given back
 * @user: as charged
 * @bytes: as charged
 */
void cask_user_uncharge_bytes(struct cask_user *user, size_t bytes)
{
	mutex_lock(&users);
	user->buffer_bytes -= bytes;
	mutex_unlock(&users);
}

#ifdef CONFIG_KUNIT
#include "test/user.c"
#endif
