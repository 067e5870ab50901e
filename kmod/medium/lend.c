// SPDX-License-Identifier: GPL-2.0
/*
 * lend.c - copies of the device's licenses on media (D9): exported, checked out, checked in.
 *
 * The device's area says first what is to come (lent.c), then the medium is written, then the
 * area says that it has come. Whatever was cut short is finished by doing it again.
 */
#include <linux/err.h>
#include <linux/fs.h>

#include "medium.h"
#include "trace.h"

/* --- exporting and checking out --- */

/**
 * struct terms - what a license says of copies at one moment
 * @key: with a reference; there for copies if @copies is not 0
 * @signer: thumbprint of the key that signed it
 * @period: when the copy is of use
 * @version: of the license
 * @min_level: of devices, enum cask_level
 * @copies: how many it permits
 *
 * It may be renewed while the agent is waited for; a copy is made of what was judged.
 */
struct terms {
	struct cask_key *key;
	u8 signer[CASK_KID_SIZE];
	struct cask_period period;
	u32 version;
	u32 min_level;
	u32 copies;
};

static int get_terms(struct cask_license *l, u32 use, struct terms *ret)
{
	int err = -EKEYREVOKED;

	mutex_lock(&l->lock);
	if (l->key) {
		*ret = (struct terms){
			.key = cask_key_get(l->key), .period = cask_license_period(l),
			.version = l->version, .min_level = l->min_level,
			.copies = use == CASK_LENT_EXPORT ? l->exports_max : l->checkouts_max,
		};
		memcpy(ret->signer, l->signer, sizeof(ret->signer));
		err = 0;
	}
	mutex_unlock(&l->lock);
	return err;
}

static int check_now(struct cask_license *l)
{
	int ret = cask_license_check(l);

	/* It may have begun before this boot. */
	return ret == -ETIME && !cask_time_learn() ? cask_license_check(l) : ret;
}

/* Who has the class can have the key of the copy. */
static int check_license(const struct cask_medium *m, struct cask_license *l,
			 const struct terms *terms)
{
	if (!terms->copies)
		return -EPERM;
	if (m->class_license->min_level < terms->min_level)
		return -EACCES;
	return check_now(l);
}

static void describe(struct cask_exported_record *r, const struct cask_license *l,
		     const struct terms *terms, u32 use)
{
	*r = (struct cask_exported_record){
		.not_before = cpu_to_le64(terms->period.not_before),
		.not_after = cpu_to_le64(terms->period.not_after),
		.version = cpu_to_le32(terms->version), .operations = cpu_to_le32(l->operations),
		.suite = cpu_to_le32(l->suite), .min_level = cpu_to_le32(terms->min_level),
	};
	memcpy(r->content_id, l->content_id, sizeof(r->content_id));
	memcpy(r->signer, terms->signer, sizeof(r->signer));
	if (use == CASK_LENT_CHECKOUT)
		memcpy(r->device_id, cask_device_id(), sizeof(r->device_id));
}

/* The key into the copy, for this medium. */
static int seal_key(struct cask_medium *m, const struct cask_license *l, const struct cask_key *key,
		    struct cask_exported_record *r)
{
	const struct cask_bytes bound = { (const u8 *)r, offsetof(struct cask_exported_record, wrapped) };
	struct cask_key *class_key = cask_medium_class_key(m);
	u8 hash[SHA256_DIGEST_SIZE];
	const struct cask_slot_use use = { .body_hash = hash, .class_key = class_key };
	int ret;

	if (IS_ERR(class_key))
		return PTR_ERR(class_key);
	cask_license_bind_copy(l->anchor->issuer, l->id, &bound, hash);
	ret = cask_key_wrap(key, &use, m->view.number.data, r->wrapped);
	cask_key_put(class_key);
	return ret;
}

/* There is room; then it is counted; then the medium has it. */
static noinline_for_stack int make(struct cask_medium *m, struct cask_license *l,
				   const struct terms *terms, u32 use,
				   const struct cask_mark_record *at)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_EXPORTED, .issuer = l->anchor->issuer, .name = l->id,
	};
	const struct cask_mark here = cask_medium_step(m, at);
	struct cask_exported_record record;

	describe(&record, l, terms, use);
	return seal_key(m, l, terms->key, &record) ?:
	       cask_records_put(&m->area.work, &key, &record, sizeof(record)) ?:
	       cask_lent_begin(l, terms->version, use, &here) ?: cask_area_commit(&m->area);
}

/* A copy is there: one whose making was cut short, or another. */
static int check_there(struct cask_medium *m, const struct cask_license *l, u32 use,
		       const struct cask_exported_view *there)
{
	const struct cask_mark here = cask_medium_step(m, &(struct cask_mark_record){});
	int ret;

	if (!there->device_id.data != (use == CASK_LENT_EXPORT) ||
	    (there->device_id.data && memcmp(there->device_id.data, cask_device_id(), CASK_KID_SIZE)))
		return -EEXIST;
	ret = cask_lent_look(l->id, use, &here);
	return ret == -ENOENT ? -EEXIST : ret;
}

static int lend(struct cask_medium *m, struct cask_license *l, const struct terms *terms, u32 use)
{
	struct cask_exported_view there;
	struct cask_mark_record from;
	struct cask_mark mark;
	int ret;

	ret = check_license(m, l, terms) ?: cask_medium_begin(m);
	if (ret)
		return ret;
	from = cask_medium_at(m);
	ret = cask_medium_find_copy(m, l->id, &there);
	if (ret < 0)
		return ret;
	ret = ret ? check_there(m, l, use, &there) : make(m, l, terms, use, &from);
	if (ret)
		return cask_medium_note_stale(m, ret);
	mark = cask_medium_step(m, &from);
	return cask_medium_note_stale(m, cask_lent_arrive(l->id, use, &mark));
}

/* Once for what the license says, and anew when it was renewed meanwhile. */
static int lend_allowed(struct cask_medium *m, struct cask_license *l, u32 use)
{
	struct terms terms;
	int ret;

	if (!cask_license_allows(l, current_fsuid()))
		return -EACCES;
	do {
		ret = get_terms(l, use, &terms);
		if (ret)
			return ret;
		ret = lend(m, l, &terms, use);
		cask_key_put(terms.key);
	} while (cask_right_was_renewed(l, terms.version, ret));
	return ret;
}

/**
 * cask_medium_lend() - put a copy of a license of this device onto a medium
 * @medium: which
 * @file: below
 * @arg: which license
 * @use: enum cask_lent_use
 *
 * Return: 0, also when it was begun before; -EXDEV when license and medium are not one
 * distributor's; -ENOENT when the device has no such license; -EACCES when it is another user's,
 * or the class asks for less than it; -EPERM when it does not permit that; -EROFS; -EEXIST
 * when the medium has a copy of it; cask_license_check(); cask_medium_check_state();
 * cask_lent_begin(); -ENOSPC; -ENOMEM; errors of writing; cask_medium_lock().
 */
int cask_medium_lend(struct cask_medium *medium, struct file *file,
		     const struct cask_medium_lend *arg, u32 use)
{
	struct cask_license *l;
	int ret;

	if (memcmp(arg->issuer, medium->view.issuer.data, CASK_KID_SIZE))
		return -EXDEV;
	l = cask_license_find(arg->issuer, arg->license_id);
	if (!l)
		return -ENOENT;
	ret = cask_medium_lock(medium, file);
	if (!ret) {
		ret = lend_allowed(medium, l, use);
		trace_cask_medium(use == CASK_LENT_EXPORT ? "export" : "checkout",
				  medium->view.number.data, ret);
		mutex_unlock(&medium->lock);
	}
	cask_license_put(l);
	return ret;
}

/* --- checking in --- */

/* Off the second layer, if it is there still. Who plays from it has played. */
static int take_off(struct cask_medium *m, const u8 *id)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_EXPORTED, .issuer = m->view.issuer.data, .name = id,
	};
	struct cask_exported_view there;
	int ret = cask_medium_find_copy(m, id, &there);

	if (ret <= 0)
		return ret;
	/* It stays, and what was checked out is on the medium no more. */
	if (!there.device_id.data)
		return 0;
	cask_medium_forget(m, &key);
	return cask_records_del(&m->area.work, &key);
}

/* Nobody but the device that lent it, whatever it has noted. */
static int check_whose(struct cask_medium *m, const u8 *id)
{
	const struct cask_mark here = cask_medium_step(m, &(struct cask_mark_record){});
	struct cask_exported_view there;
	int ret = cask_medium_find_copy(m, id, &there);

	if (ret > 0 && there.device_id.data &&
	    memcmp(there.device_id.data, cask_device_id(), CASK_KID_SIZE))
		return -EXDEV;
	return ret < 0 ? ret : cask_lent_look(id, CASK_LENT_CHECKOUT, &here);
}

static int check_in(struct cask_medium *m, const u8 *id)
{
	struct cask_mark_record from;
	struct cask_mark mark;
	int ret;

	ret = cask_medium_begin(m);
	if (ret)
		return ret;
	from = cask_medium_at(m);
	/* The next image also where it was taken off before: those before are older copies then. */
	ret = check_whose(m, id) ?: take_off(m, id) ?: cask_area_commit(&m->area);
	if (ret)
		return ret;
	mark = cask_medium_step(m, &from);
	return cask_medium_note_stale(m, cask_lent_return(id, &mark));
}

/**
 * cask_medium_check_in() - take a copy that was checked out off a medium
 * @medium: which
 * @file: below
 * @arg: of which license, which the device need not have any more
 *
 * Return: 0; -EXDEV when the license is not of the medium's distributor, or another device
 * checked it out; -ENOENT when it is not checked out; -EROFS; cask_medium_check_state();
 * -ENOMEM; errors of writing; cask_lent_return(); cask_medium_lock().
 */
int cask_medium_check_in(struct cask_medium *medium, struct file *file,
			 const struct cask_medium_lend *arg)
{
	int ret;

	if (memcmp(arg->issuer, medium->view.issuer.data, CASK_KID_SIZE))
		return -EXDEV;
	ret = cask_medium_lock(medium, file);
	if (ret)
		return ret;
	ret = check_in(medium, arg->license_id);
	trace_cask_medium("checkin", medium->view.number.data, ret);
	mutex_unlock(&medium->lock);
	return ret;
}
