// SPDX-License-Identifier: GPL-2.0
/*
 * renew.c - a license that takes the place of an older one with its id.
 *
 * The license that is there becomes what the new statement says: files that are open go
 * on with it, and so do its owner and what was metered. Of one that installs once, the
 * secure area's record is replaced first, in the commit that takes the nonce (right.c).
 */
#include "private.h"

/* Nothing of it ends. */
static bool is_ownership(const struct cask_license *l)
{
	return !l->not_before && !l->not_after && l->opens_max == CASK_OPENS_ANY;
}

/**
 * cask_renew_permissions() - what a license permits those that take its place
 * @l: which
 *
 * Return: enum cask_permission bits; what is owned may be owned on.
 */
u32 cask_renew_permissions(const struct cask_license *l)
{
	return l->permissions | (is_ownership(l) ? CASK_PERMISSION_OWN : 0);
}

/**
 * cask_renew_allowed() - whether a license may take the place of an older one
 * @l: the later one
 * @version: of the older one
 * @permissions: of the older one, cask_renew_permissions()
 *
 * Return: 0; -ESTALE when it is not later; -EPERM when it is ownership, and the older one
 * may not become that.
 */
int cask_renew_allowed(const struct cask_license *l, u32 version, u32 permissions)
{
	if (l->version <= version)
		return -ESTALE;
	return is_ownership(l) && !(permissions & CASK_PERMISSION_OWN) ? -EPERM : 0;
}

/* What was prepaid by one cannot be used by another that is metered otherwise. */
static bool is_metered_alike(const struct cask_license *a, const struct cask_license *b)
{
	return a->logged == b->logged && a->prepaid.unit == b->prepaid.unit &&
	       a->prepaid.quantum == b->prepaid.quantum &&
	       a->prepaid.max_unreported == b->prepaid.max_unreported;
}

/**
 * cask_renew_check() - whether a license may take the place of the one that is there
 * @old: in the table, under its lock
 * @l: checked, with the same id
 *
 * Return: 0; -EEXIST when it is another's, for something else, logged or metered otherwise, or what
 * installs once is not to any more, and @old would be of use beside it; cask_renew_allowed().
 */
int cask_renew_check(const struct cask_license *old, const struct cask_license *l)
{
	if (old->machine != l->machine || !uid_eq(old->owner, l->owner) ||
	    memcmp(old->content_id, l->content_id, CASK_ID_SIZE) || old->suite != l->suite ||
	    !is_metered_alike(old, l))
		return -EEXIST;
	if (old->once && !l->once && l->version > old->version)
		return -EEXIST;
	return cask_renew_allowed(l, old->version, cask_renew_permissions(old));
}

/* Those who read a period have all of the one or all of the other. */
static void take_periods(struct cask_license *old, const struct cask_license *l)
{
	write_seqcount_begin(&old->period);
	old->not_before = l->not_before;
	old->not_after = l->not_after;
	old->download_from = l->download_from;
	old->download_until = l->download_until;
	write_seqcount_end(&old->period);
	WRITE_ONCE(old->has_download, l->has_download);
}

/**
 * cask_renew() - what a license says takes the place of what another said
 * @old: in the table, under its lock
 * @l: cask_renew_check() allows it; stays as it is
 *
 * Who has the old key has it until its request ends.
 */
void cask_renew(struct cask_license *old, const struct cask_license *l)
{
	struct cask_key *key = NULL;

	mutex_lock(&old->lock);
	/* Revoked is for good; and one that has its key in a header leaves those who play the old one. */
	if (!old->revoked && l->key) {
		key = old->key;
		WRITE_ONCE(old->key, cask_key_get(l->key));
	}
	old->in_header = l->in_header;
	memcpy(old->category, l->category, sizeof(old->category));
	memcpy(old->signer, l->signer, sizeof(old->signer));
	WRITE_ONCE(old->generation, l->generation);
	memcpy(old->hash, l->hash, sizeof(old->hash));
	old->created = l->created;
	old->permissions = l->permissions;
	old->opens_max = l->opens_max;
	WRITE_ONCE(old->opens_left, l->opens_left);
	WRITE_ONCE(old->offline_max, l->offline_max);
	old->exports_max = l->exports_max;
	WRITE_ONCE(old->exports_left, l->exports_left);
	old->checkouts_max = l->checkouts_max;
	WRITE_ONCE(old->checkouts_left, l->checkouts_left);
	old->at_once = l->at_once;
	WRITE_ONCE(old->lent, l->lent);
	old->min_level = l->min_level;
	WRITE_ONCE(old->once, l->once);
	take_periods(old, l);
	/* Last: who finds it changed looks at the rest anew. */
	smp_store_release(&old->version, l->version);
	mutex_unlock(&old->lock);
	cask_key_put(key);
}
