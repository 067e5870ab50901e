// SPDX-License-Identifier: GPL-2.0
/*
 * license.c - a license: the key that came with it, for who uses it, until it is revoked.
 */
#include <linux/err.h>

#include "private.h"

static void license_release(struct kref *ref)
{
	struct cask_license *l = container_of(ref, struct cask_license, ref);

	if (l->class_license) {
		mutex_lock(&l->class_license->lock);
		list_del(&l->sibling);
		mutex_unlock(&l->class_license->lock);
		cask_license_put(l->class_license);
	}
	cask_key_put(l->key);
	cask_anchor_put(l->anchor);
	mutex_destroy(&l->lock);
	kfree(l);
}

/**
 * cask_license_put() - drop a reference
 * @license: NULL does nothing
 */
void cask_license_put(struct cask_license *license)
{
	if (license)
		kref_put(&license->ref, license_release);
}

/**
 * cask_license_key() - the key of a license, for one request
 * @license: which
 *
 * Return: the key with a reference, or -EKEYREVOKED.
 */
struct cask_key *cask_license_key(struct cask_license *license)
{
	struct cask_key *key;

	mutex_lock(&license->lock);
	key = license->key ? cask_key_get(license->key) : ERR_PTR(-EKEYREVOKED);
	mutex_unlock(&license->lock);
	return key;
}

/**
 * cask_license_in_category() - whether the key comes from the header of the content
 * @license: which, and it may be renewed meanwhile
 * @category: CASK_ID_SIZE bytes: which leaves the header has it for, when true
 *
 * Return: true if so.
 */
bool cask_license_in_category(struct cask_license *license, u8 *category)
{
	bool in_header;

	mutex_lock(&license->lock);
	in_header = license->in_header;
	memcpy(category, license->category, CASK_ID_SIZE);
	mutex_unlock(&license->lock);
	return in_header;
}

/**
 * cask_license_keep() - let those who play have the key from the header
 * @license: which; if its key is its own, it has that already
 * @key: under which the header is authentic; a reference is taken
 *
 * Return: 0 or -EKEYREVOKED.
 */
int cask_license_keep(struct cask_license *license, struct cask_key *key)
{
	struct cask_key *old = NULL;
	int ret = 0;

	mutex_lock(&license->lock);
	if (license->revoked) {
		ret = -EKEYREVOKED;
	} else if (license->in_header) {
		old = license->key;
		WRITE_ONCE(license->key, cask_key_get(key));
	}
	mutex_unlock(&license->lock);
	cask_key_put(old);
	return ret;
}

/**
 * cask_license_derive() - let a license live no longer than that of its medium's class
 * @license: came on a medium, and nobody else has it
 * @class_license: a reference is taken
 *
 * Return: 0 or -EKEYREVOKED.
 */
int cask_license_derive(struct cask_license *license, struct cask_license *class_license)
{
	int ret = -EKEYREVOKED;

	mutex_lock(&class_license->lock);
	if (class_license->key) {
		kref_get(&class_license->ref);
		license->class_license = class_license;
		list_add(&license->sibling, &class_license->derived);
		ret = 0;
	}
	mutex_unlock(&class_license->lock);
	return ret;
}

/**
 * cask_license_revoke() - stop the files opened with a license, and what came on media of its class
 * @license: in no table
 *
 * From here on no request gets the key; it is wiped when the last one that has
 * it ends. The plaintext that open files keep is wiped now.
 */
void cask_license_revoke(struct cask_license *license)
{
	struct cask_license *derived;
	struct cask_player *p;
	struct cask_key *key;

	mutex_lock_nested(&license->lock, license->class_license ? SINGLE_DEPTH_NESTING : 0);
	key = license->key;
	WRITE_ONCE(license->revoked, true);
	WRITE_ONCE(license->key, NULL);
	list_for_each_entry(p, &license->players, entry) {
		cask_player_wipe(p);
		cond_resched();
	}
	/* One that is being released waits for the lock. */
	list_for_each_entry(derived, &license->derived, sibling)
		cask_license_revoke(derived);
	mutex_unlock(&license->lock);
	cask_key_put(key);
}
