// SPDX-License-Identifier: GPL-2.0
/*
 * table.c - the licenses of this device: looked for, added, removed.
 *
 * What is added was read before (read.c); one that is there is renewed (renew.c). What came on a
 * medium is in no table but the medium's.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/moduleparam.h>
#include <linux/stringhash.h>

#include "private.h"

static unsigned int max_licenses = 4096;
module_param(max_licenses, uint, 0644);
MODULE_PARM_DESC(max_licenses, "most licenses of a distributor installed at once (ENOSPC)");

/* Protects the list, the hash, each distributor's count and the generation. */
static DEFINE_MUTEX(licenses);
static LIST_HEAD(license_list);
static DEFINE_HASHTABLE(license_hash, 10);
static u32 generation;

static u32 hash_of(const u8 *content_id)
{
	return full_name_hash(NULL, content_id, CASK_ID_SIZE);
}

/* Looks through all: only control operations come here, never a read. */
static struct cask_license *find_locked(const u8 *issuer, const u8 *id)
{
	struct cask_license *l;

	lockdep_assert_held(&licenses);
	list_for_each_entry(l, &license_list, entry)
		if (!memcmp(l->id, id, CASK_ID_SIZE) &&
		    !memcmp(l->anchor->issuer, issuer, CASK_KID_SIZE))
			return l;
	return NULL;
}

/**
 * cask_license_find() - a license by its names
 * @issuer: CASK_KID_SIZE bytes
 * @id: CASK_ID_SIZE bytes
 *
 * Return: the license with a reference, or NULL.
 */
struct cask_license *cask_license_find(const u8 *issuer, const u8 *id)
{
	struct cask_license *l;

	mutex_lock(&licenses);
	l = find_locked(issuer, id);
	if (l)
		kref_get(&l->ref);
	mutex_unlock(&licenses);
	return l;
}

/**
 * cask_license_walk() - look at the licenses, in parts
 * @place: where to begin, 0 at first; where to go on
 * @fn: is given each license under the lock; not 0 ends this part, and the same
 *	license comes first in the next
 * @arg: for @fn
 *
 * A removal between parts moves the later ones up: see
 * cask_license_generation(). Return: 0 at the end, or what @fn returned.
 */
int cask_license_walk(unsigned long *place, int (*fn)(const struct cask_license *, void *),
		      void *arg)
{
	unsigned long n = 0;
	struct cask_license *l;
	int ret = 0;

	mutex_lock(&licenses);
	list_for_each_entry(l, &license_list, entry) {
		if (n++ < *place)
			continue;
		ret = fn(l, arg);
		if (ret)
			break;
		++*place;
	}
	mutex_unlock(&licenses);
	return ret;
}

/**
 * cask_license_generation() - tells whether licenses came or went
 *
 * Return: a number that changes when they do; never 0.
 */
u32 cask_license_generation(void)
{
	return READ_ONCE(generation) | 1;
}

/* --- choosing --- */

static bool is_wanted(const struct cask_license *l, const struct cask_wanted *w)
{
	return !memcmp(l->content_id, w->content_id, CASK_ID_SIZE) &&
	       (!w->issuer || !memcmp(l->anchor->issuer, w->issuer, CASK_KID_SIZE)) &&
	       (cask_id_is_zero(w->license_id) || !memcmp(l->id, w->license_id, CASK_ID_SIZE));
}

static struct cask_license *choose_locked(const struct cask_wanted *w)
{
	struct cask_choice choice = { .wanted = w, .reason = -ENOKEY };
	struct cask_license *l;
	int ret;

	lockdep_assert_held(&licenses);
	hash_for_each_possible(license_hash, l, by_content, hash_of(w->content_id)) {
		ret = is_wanted(l, w) ? cask_license_consider(&choice, l) : 0;
		if (ret)
			return ERR_PTR(ret);
	}
	return choice.best ?: ERR_PTR(choice.reason);
}

/**
 * cask_license_choose() - the license to open a content with
 * @wanted: what is asked for; of a file, by a head that is not yet known to be authentic
 *
 * Return: a license of the caller with a reference; -ENOKEY when there is
 * none for the content, or why the best one cannot be used; -ENOTUNIQ when
 * several distributors' would do.
 */
struct cask_license *cask_license_choose(const struct cask_wanted *wanted)
{
	struct cask_license *l;

	mutex_lock(&licenses);
	l = choose_locked(wanted);
	if (!IS_ERR(l))
		kref_get(&l->ref);
	mutex_unlock(&licenses);
	return l;
}

/* --- adding --- */

/* The same statement for the same owner again is the license that is there. */
static bool is_there(const struct cask_license *old, const struct cask_license *l)
{
	return !memcmp(old->hash, l->hash, sizeof(l->hash)) &&
	       old->machine == l->machine && uid_eq(old->owner, l->owner);
}

static int check_locked(const struct cask_license *old, const struct cask_license *l)
{
	lockdep_assert_held(&licenses);
	return is_there(old, l) ? 0 : cask_renew_check(old, l);
}

static int renew_locked(struct cask_license *old, const struct cask_license *l)
{
	int ret = check_locked(old, l);

	if (!ret && !is_there(old, l)) {
		cask_renew(old, l);
		WRITE_ONCE(generation, generation + 2);
	}
	return ret;
}

/* Before anything is written for it. */
static int check_place(const struct cask_license *l)
{
	struct cask_license *old;
	int ret;

	mutex_lock(&licenses);
	old = find_locked(l->anchor->issuer, l->id);
	ret = old ? check_locked(old, l) : 0;
	mutex_unlock(&licenses);
	return ret;
}

/**
 * cask_license_renewed() - the secure area has the record of a license that took the place of another
 * @license: not in the table; what it says holds for the one that is there, if there is one
 *
 * In the worker of the secure area, so that who uses it there finds license and record agree.
 */
void cask_license_renewed(const struct cask_license *license)
{
	struct cask_license *old;

	mutex_lock(&licenses);
	old = find_locked(license->anchor->issuer, license->id);
	/* Else who brought it is told. */
	if (old)
		renew_locked(old, license);
	mutex_unlock(&licenses);
}

static int insert(struct cask_license *l, struct cask_license **ret_license)
{
	struct cask_license *old;
	int ret = 0;

	mutex_lock(&licenses);
	old = find_locked(l->anchor->issuer, l->id);
	if (old) {
		ret = renew_locked(old, l);
		l = old;
	} else if (l->anchor->licenses >= max_licenses) {
		ret = -ENOSPC;
	} else {
		kref_get(&l->ref);
		list_add_tail(&l->entry, &license_list);
		hash_add(license_hash, &l->by_content, hash_of(l->content_id));
		l->anchor->licenses++;
		WRITE_ONCE(generation, generation + 2);
	}
	if (!ret) {
		kref_get(&l->ref);
		*ret_license = l;
	}
	mutex_unlock(&licenses);
	return ret;
}

/* --- removing --- */

static void unlink(struct cask_license *l)
{
	lockdep_assert_held(&licenses);
	list_del_init(&l->entry);
	hash_del(&l->by_content);
	l->anchor->licenses--;
	WRITE_ONCE(generation, generation + 2);
}

static void tell_removed(const struct cask_license *l)
{
	const struct cask_happening h = {
		.event = CASK_EVENT_REMOVED,
		.issuer = l->anchor->issuer,
		.license_id = l->id,
		.content_id = l->content_id,
		.user = l->machine ? INVALID_UID : l->owner,
	};

	cask_netlink_event(&h);
}

/* Whoever unlinks it has the table's reference. */
static bool take_out(struct cask_license *l)
{
	bool there;

	mutex_lock(&licenses);
	there = !list_empty(&l->entry);
	if (there)
		unlink(l);
	mutex_unlock(&licenses);
	return there;
}

/**
 * cask_license_del() - remove a license and stop the files opened with it
 * @issuer: CASK_KID_SIZE bytes
 * @id: CASK_ID_SIZE bytes
 *
 * One that installs once is gone for good. Return: 0; -ENOENT; when it installs once,
 * cask_right_end(), and then it is still there.
 */
int cask_license_del(const u8 *issuer, const u8 *id)
{
	struct cask_license *l = cask_license_find(issuer, id);
	int ret;

	if (!l)
		return -ENOENT;
	ret = l->once ? cask_right_end(l) : 0;
	if (!ret && !take_out(l))
		ret = -ENOENT;
	if (!ret) {
		cask_license_revoke(l);
		tell_removed(l);
		cask_license_put(l);
	}
	cask_license_put(l);
	return ret;
}

/* --- adding, whoever removes it meanwhile --- */

/*
 * It may have been removed after its record was found, and before it was in the table: who
 * removed it saw another one there, or none.
 * @l: brought now
 * @kept: in the table, the same or one that was there; the reference goes when it is gone
 */
static int check_still(struct cask_license *l, struct cask_license *kept)
{
	int ret = cask_right_look(kept);

	if (ret == -EKEYREVOKED && kept == l && take_out(l)) {
		cask_license_revoke(l);
		cask_license_put(l);
	}
	if (ret)
		cask_license_put(kept);
	return ret;
}

/**
 * cask_license_add() - check a license and keep it with its key; one that is there is renewed
 * @statement: from outside
 * @machine: whether every user shall have it
 * @owner: who shall, if not @machine
 * @ret_license: the license, with a reference
 *
 * Return: 0, also when it was there; -EINVAL, -EOPNOTSUPP, -ENOPKG for what
 * cannot be read; -ENOKEY, -EKEYREJECTED for what is not believed; -ENOKEY without the EKB
 * that it wants; -EKEYEXPIRED, -ETIME out of time; -EACCES when the device's level is too low;
 * -EXDEV when it is for another device, or of another hardware key; -EBADMSG when its key does
 * not open; -EEXIST when another has its id; -ESTALE when that is as late, -EPERM when it may not
 * become ownership: cask_renew_check(); -ENOSPC; -ENOMEM; when it installs once,
 * cask_right_install() and cask_right_look(), and this may wait for the agent.
 */
int cask_license_add(const struct cask_bytes *statement, bool machine, kuid_t owner,
		     struct cask_license **ret_license)
{
	struct cask_license *l = NULL;
	struct cask_license_view v;
	int ret;

	ret = cask_license_read_statement(statement, NULL, &v, &l);
	if (ret)
		return ret;
	l->machine = machine;
	l->owner = machine ? GLOBAL_ROOT_UID : owner;
	ret = check_place(l);
	if (!ret && l->once)
		ret = cask_right_install(l, v.twokey.mode ? v.twokey.parameter : v.nonce.data,
					 v.max_opens);
	ret = ret ?: insert(l, ret_license);
	if (!ret && l->once)
		ret = check_still(l, *ret_license);
	cask_license_put(l);
	return ret;
}

/* --- the end --- */

/** cask_license_revoke_all() - remove all and stop what is open; keys are wiped */
void cask_license_revoke_all(void)
{
	struct cask_license *l, *next;
	LIST_HEAD(gone);

	mutex_lock(&licenses);
	list_for_each_entry_safe(l, next, &license_list, entry) {
		unlink(l);
		list_add(&l->entry, &gone);
	}
	mutex_unlock(&licenses);
	list_for_each_entry_safe(l, next, &gone, entry) {
		list_del_init(&l->entry);
		cask_license_revoke(l);
		cask_license_put(l);
	}
}
