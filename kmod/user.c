// SPDX-License-Identifier: GPL-2.0
/* user.c - how many sessions each user holds. */
#include <linux/err.h>
#include <linux/moduleparam.h>

#include "private.h"

static unsigned int max_sessions = 64;
module_param(max_sessions, uint, 0644);
MODULE_PARM_DESC(max_sessions, "most sessions a user holds at once (EMFILE)");

/**
 * struct cask_user - a user who holds sessions
 * @entry: in the list
 * @uid: who
 * @sessions: how many, at least one
 */
struct cask_user {
	struct list_head entry;
	kuid_t uid;
	unsigned int sessions;
};

/* Protects the list and all that is in it; short, for it holds only who has sessions. */
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
 * cask_user_charge() - one more session
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
	} else if (u->sessions >= max_sessions) {
		drop_if_idle(u);
		u = ERR_PTR(-EMFILE);
	} else {
		u->sessions++;
	}
	mutex_unlock(&users);
	return u;
}

/**
 * cask_user_uncharge() - one session less
 * @user: from cask_user_charge()
 */
void cask_user_uncharge(struct cask_user *user)
{
	mutex_lock(&users);
	user->sessions--;
	drop_if_idle(user);
	mutex_unlock(&users);
}
