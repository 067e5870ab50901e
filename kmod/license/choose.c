// SPDX-License-Identifier: GPL-2.0
/*
 * choose.c - which licenses may be used now, and which of them is the one to take.
 */
#include <linux/err.h>

#include "private.h"

/**
 * cask_license_allows() - whether a user has a license
 * @license: which
 * @uid: of the user
 *
 * Return: true when it is the user's or the machine's.
 */
bool cask_license_allows(const struct cask_license *license, kuid_t uid)
{
	return license->machine || uid_eq(license->owner, uid);
}

/* A later scope may have withdrawn the signer, its purpose or the content. */
static int check_scope(struct cask_license *l)
{
	u32 now = READ_ONCE(l->anchor->generation);
	u8 signer[CASK_KID_SIZE];
	int ret;

	if (likely(now == READ_ONCE(l->generation)))
		return 0;
	mutex_lock(&l->lock);
	memcpy(signer, l->signer, sizeof(signer));
	mutex_unlock(&l->lock);
	ret = cask_anchor_covers(l->anchor, signer, l->content_id);
	if (ret)
		return -EKEYREJECTED;
	mutex_lock(&l->lock);
	/* It may have been renewed meanwhile. */
	if (!memcmp(signer, l->signer, sizeof(signer)))
		WRITE_ONCE(l->generation, now);
	mutex_unlock(&l->lock);
	return 0;
}

/**
 * cask_license_period() - when a license is of use
 * @license: which, and it may be renewed meanwhile
 *
 * Return: both ends of one period.
 */
struct cask_period cask_license_period(const struct cask_license *license)
{
	struct cask_period p;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&license->period);
		p = (struct cask_period){ license->not_before, license->not_after };
	} while (read_seqcount_retry(&license->period, seq));
	return p;
}

/**
 * cask_license_download() - when the content has to be accepted
 * @license: which, and it may be renewed meanwhile
 *
 * Return: both ends of one download period.
 */
struct cask_period cask_license_download(const struct cask_license *license)
{
	struct cask_period p;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&license->period);
		p = (struct cask_period){ license->download_from, license->download_until };
	} while (read_seqcount_retry(&license->period, seq));
	return p;
}

static int check_in(struct cask_license *l, struct cask_period p)
{
	int ret = 0;

	if (READ_ONCE(l->revoked))
		return -EKEYREVOKED;
	if (l->class_license)
		ret = cask_license_check(l->class_license);
	return ret ?: check_scope(l) ?: cask_anchor_check(l->anchor, p.not_before, p.not_after);
}

/**
 * cask_license_check() - whether a license may be used now
 * @license: which
 *
 * Return: 0, -EKEYREVOKED, -EKEYREJECTED when a later scope does not cover it,
 * -EKEYEXPIRED, -ETIME.
 */
int cask_license_check(struct cask_license *license)
{
	return check_in(license, cask_license_period(license));
}

/* How much a reason helps the caller; what no license is to blame for helps most. */
static unsigned int rank(int reason)
{
	static const int order[] = { -ENOKEY, -EACCES, -EOPNOTSUPP, -EMEDIUMTYPE, -EXDEV,
				     -EKEYREVOKED, -EKEYREJECTED, -ETIME, -EDQUOT, -EKEYEXPIRED };
	unsigned int i = 0;

	while (i < ARRAY_SIZE(order) && order[i] != reason)
		i++;
	return i;
}

/* 0, or why one for the content that is wanted will not do. */
static int check_fits(struct cask_license *l, const struct cask_wanted *w)
{
	if (!cask_license_allows(l, current_fsuid()))
		return -EACCES;
	if (!(l->operations & w->operation) || (w->suite && l->suite != w->suite))
		return -EOPNOTSUPP;
	if (w->permission & ~l->permissions)
		return -EMEDIUMTYPE;
	if (w->unbound && (READ_ONCE(l->has_download) ||
			   READ_ONCE(l->offline_max) != CASK_OPENS_ANY))
		return -ENOKEY;
	/* What is taken into the store now may be opened later, and what was taken stays there. */
	if (w->accept)
		return check_in(l, (struct cask_period){});
	if (!cask_right_is_left(l))
		return -EDQUOT;
	return cask_license_check(l);
}

static bool is_hint(const struct cask_license *l, const struct cask_wanted *w)
{
	return w->hint && !memcmp(l->id, w->hint, CASK_ID_SIZE);
}

/* To open, one that asks for no acceptance; to accept, one whose download period it is. */
static bool is_apt(const struct cask_license *l, const struct cask_wanted *w)
{
	struct cask_period p;

	if (!w->accept)
		return !READ_ONCE(l->has_download);
	p = cask_license_download(l);
	return READ_ONCE(l->has_download) && !cask_anchor_check(l->anchor, p.not_before, p.not_after);
}

/* Its own, or one that the header of the content has for its category. */
static bool has_key(struct cask_license *l, const struct cask_wanted *w)
{
	u8 category[CASK_ID_SIZE];

	return !cask_license_in_category(l, category) ||
	       (w->category && !memcmp(category, w->category, CASK_ID_SIZE));
}

/* Whether of two that fit one is better than @best. */
static bool is_better(struct cask_license *l, struct cask_license *best,
		      const struct cask_wanted *w)
{
	if (has_key(l, w) != has_key(best, w))
		return has_key(l, w);
	if (!w->accept && (is_hint(l, w) || is_hint(best, w)))
		return is_hint(l, w);
	return is_apt(l, w) && !is_apt(best, w);
}

/**
 * cask_license_consider() - whether a license is the one to take, of those looked at so far
 * @choice: what was looked at before
 * @license: for the content that is wanted, or why there is none
 *
 * What fits is the caller's, allows what is asked for and is not left out, and may be used now.
 * Return: 0 to go on; -ENOTUNIQ when several distributors' would do.
 */
int cask_license_consider(struct cask_choice *choice, struct cask_license *license)
{
	struct cask_license *best = choice->best;
	int ret = IS_ERR(license) ? PTR_ERR(license) : check_fits(license, choice->wanted);

	if (ret) {
		if (rank(ret) > rank(choice->reason))
			choice->reason = ret;
		return 0;
	}
	/* One distributor must not answer for another: the caller has to say which. */
	if (best && best->anchor != license->anchor)
		return -ENOTUNIQ;
	if (!best || is_better(license, best, choice->wanted))
		choice->best = license;
	return 0;
}
