/* SPDX-License-Identifier: GPL-2.0 */
/* right.h - what the files of cask.ko know of what a license counts and keeps. */
#ifndef CASK_RIGHT_H
#define CASK_RIGHT_H

#include "license.h"
#include "txn.h"

/* --- right.c: rights that are counted --- */

int cask_nonce_draw(const u8 *issuer, u8 *nonce);
int cask_nonce_drop(const u8 *issuer, const u8 *nonce);
int cask_nonce_take(struct cask_records *records, const u8 *issuer, const u8 *nonce);
int cask_right_get(const struct cask_records *records, const struct cask_license *license,
		   struct cask_right_record *ret);
int cask_right_put(struct cask_records *records, const struct cask_license *license,
		   const struct cask_right_record *right);
int cask_right_install(struct cask_license *license, const u8 *parameter, u32 opens);
int cask_right_look(struct cask_license *license);
int cask_right_use(struct cask_license *license, const struct cask_mark *mark);
bool cask_right_was_renewed(const struct cask_license *license, u32 version, int ret);
bool cask_right_is_left(const struct cask_license *license);
int cask_right_end(struct cask_license *license);
void cask_right_exit(void);

/* --- lent.c: copies of licenses that media have --- */

unsigned int cask_lent_count(const struct cask_records *records, const u8 *issuer,
			     const u8 *license_id);
int cask_lent_end(struct cask_records *records, const u8 *issuer, const u8 *license_id);
int cask_lent_begin(struct cask_license *license, u32 version, u32 use,
		    const struct cask_mark *mark);
int cask_lent_look(const u8 *license_id, u32 use, const struct cask_mark *mark);
int cask_lent_arrive(const u8 *license_id, u32 use, const struct cask_mark *mark);
int cask_lent_return(const u8 *license_id, const struct cask_mark *mark);

/* --- time.c: how late it has been --- */

int cask_time_apply_in(struct cask_anchor *anchor, u64 not_before, u64 not_after,
		       struct cask_records *records);
int cask_time_apply(const struct cask_license *license, struct cask_records *records);
int cask_time_apply_open(const struct cask_license *license, struct cask_records *records);
void cask_time_kept(const struct cask_license *license);
int cask_time_keep(struct cask_license *license);
int cask_time_open(struct cask_license *license);
int cask_time_learn(void);
int cask_time_hear(const struct cask_bytes *statement, u8 *issuer);
bool cask_time_is_due(const struct cask_license *license);

/* --- log.c: uses that a distributor wants to know of --- */

/**
 * struct cask_use - an entry of a log
 * @event: enum cask_log_event
 * @amount: of the license's unit; of an opening that is not metered, 1
 */
struct cask_use {
	u32 event;
	u64 amount;
};

int cask_log_apply(const struct cask_license *license, struct cask_records *records,
		   struct cask_use *use);
void cask_log_applied(struct cask_license *license, const struct cask_use *use);
int cask_log_use(struct cask_license *license, u32 event, u64 amount);
int cask_log_return(struct cask_license *license, u64 amount);
int cask_log_report(struct cask_anchor *anchor, u8 *object, size_t *ret_size);
int cask_log_acknowledge(const struct cask_bytes *object, u8 *issuer);

/* --- offline.c: openings without word from the distributor --- */

int cask_offline_apply(const struct cask_license *license, struct cask_records *records);

/* --- accept.c: files that were accepted in their download period --- */

int cask_accept(struct cask_license *license, const u8 *name);
int cask_accept_check(struct cask_license *license, const u8 *name);

/* --- step.c: parameters that were agreed on --- */

int cask_step_take(struct cask_records *records, const u8 *issuer, const u8 *parameter);
int cask_synchronise(const struct cask_bytes *object, u8 *issuer);

#endif /* CASK_RIGHT_H */
