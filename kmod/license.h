/* SPDX-License-Identifier: GPL-2.0 */
/* license.h - what the files of cask.ko know of licenses. */
#ifndef CASK_LICENSE_H
#define CASK_LICENSE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seqlock.h>
#include <linux/uidgid.h>
#include <crypto/sha2.h>

#include "anchor.h"
#include "keys.h"

/* --- meter.c: how much was handed out --- */

/**
 * struct cask_meter - counts of a license or an open file
 * @bytes: of plaintext
 * @packets: jobs of CASK_IOC_DECRYPT
 * @seconds: in which there was any
 * @last: such second, of CLOCK_MONOTONIC
 */
struct cask_meter {
	atomic64_t bytes;
	atomic64_t packets;
	atomic64_t seconds;
	atomic64_t last;
};

bool cask_meter_add(struct cask_meter *meter, u64 bytes, u64 packets);

/* --- prepaid.c: what is logged as used, and is still to be used --- */

/**
 * struct cask_prepaid - of a metered license
 * @unit: enum cask_unit, 0 when it is not metered
 * @quantum: that is logged at a time
 * @max_unreported: that may be in the log
 * @left: of what was logged since the license was there
 * @open: something was logged since it was last said what of it was not used
 */
struct cask_prepaid {
	u32 unit;
	u64 quantum;
	u64 max_unreported;
	atomic64_t left;
	atomic_t open;
};

struct cask_license;

bool cask_prepaid_is_left(const struct cask_prepaid *p);
int cask_prepaid_take(struct cask_license *license, u64 least, u64 most, u64 *ret_taken);
void cask_prepaid_logged(struct cask_license *license, u64 amount);
void cask_prepaid_use(struct cask_license *license, u64 taken, u64 bytes, u64 packets);
void cask_prepaid_end(struct cask_license *license);

/* --- license/: what this device may do --- */

/**
 * struct cask_license - a right and the key it came with
 * @ref: held by the table, each session, each request
 * @entry: in the list of all, under the licenses lock
 * @by_content: in the hash by content id, under the licenses lock
 * @anchor: whose it is
 * @signer: thumbprint of the key that signed it
 * @generation: of the anchor's scope that was last found to cover it
 * @id: chosen by the issuer
 * @content_id: what it is for
 * @hash: SHA-256 of the statement; of one that installs once it is compared with the right, in the
 *	secure area's worker, which also carries out its renewals
 * @machine: whether every user has it
 * @owner: who has it, if not @machine
 * @version: of the license
 * @operations: enum cask_operation bits
 * @suite: enum cask_suite
 * @permissions: enum cask_permission bits
 * @has_download: its content has to be accepted in a download period
 * @download_from: download period, 0 if open
 * @download_until: download period, 0 if open
 * @offline_max: how often it may be opened without word from its distributor, or CASK_OPENS_ANY
 * @created: seconds since 1970
 * @not_before: usage period, 0 if open
 * @not_after: usage period, 0 if open
 * @once: it installs once, and has a record
 * @stepped: for that it takes a step, and answers no nonce
 * @opens_max: how often it may be opened, or CASK_OPENS_ANY
 * @opens_left: of them, as its record says
 * @exports_max: how many media may get a copy
 * @exports_left: of them, as its record says
 * @checkouts_max: how often it may be checked out to media
 * @checkouts_left: of that, as its record says
 * @at_once: to how many media at once
 * @lent: to how many it is, as its record says
 * @min_level: of devices, enum cask_level
 * @opens: by CASK_IOC_OPEN; a file opened anew is the same use
 * @meter: what was handed out under it
 * @logged: each use is logged for its distributor
 * @prepaid: where it is metered
 * @lock: protects @key, @players, @signer and @created, and orders renewals
 * @period: protects @not_before, @not_after, @download_from and @download_until, written
 *	under @lock
 * @revoked: it was removed, or what it came with; under @lock
 * @key: NULL once revoked, and @in_header before the first opening
 * @in_header: its content's header has the key, under @lock; so is @category
 * @category: that the header has it for
 * @players: open files, whose plaintext a revocation wipes
 * @derived: of a class of media: licenses that came on its media, under @lock
 * @sibling: in @derived of @class_license
 * @class_license: of the medium's class that it came on, or NULL
 */
struct cask_license {
	struct kref ref;
	struct list_head entry;
	struct hlist_node by_content;
	struct cask_anchor *anchor;
	u8 signer[CASK_KID_SIZE];
	u32 generation;
	u8 id[CASK_ID_SIZE];
	u8 content_id[CASK_ID_SIZE];
	u8 hash[SHA256_DIGEST_SIZE];
	bool machine;
	kuid_t owner;
	u32 version;
	u32 operations;
	u32 suite;
	u32 permissions;
	bool has_download;
	u64 download_from;
	u64 download_until;
	u32 offline_max;
	u64 created;
	u64 not_before;
	u64 not_after;
	bool once;
	bool stepped;
	u32 opens_max;
	u32 opens_left;
	u32 exports_max;
	u32 exports_left;
	u32 checkouts_max;
	u32 checkouts_left;
	u32 at_once;
	u32 lent;
	u32 min_level;
	atomic64_t opens;
	struct cask_meter meter;
	bool logged;
	struct cask_prepaid prepaid;

	struct mutex lock;
	seqcount_mutex_t period;
	bool revoked;
	struct cask_key *key;
	bool in_header;
	u8 category[CASK_ID_SIZE];
	struct list_head players;
	struct list_head derived;
	struct list_head sibling;
	struct cask_license *class_license;
};

/**
 * struct cask_period - when a license is of use
 * @not_before: seconds since 1970, 0 if open
 * @not_after: seconds since 1970, 0 if open
 */
struct cask_period {
	u64 not_before;
	u64 not_after;
};

/**
 * struct cask_from - the medium that a license came on
 * @class_license: of its class
 * @class_key: of its class
 * @key_id: the class, then the medium's number: CASK_KID_SIZE bytes
 */
struct cask_from {
	struct cask_license *class_license;
	struct cask_key *class_key;
	const u8 *key_id;
};

/**
 * struct cask_wanted - what a license is looked for by
 * @content_id: CASK_ID_SIZE bytes
 * @issuer: CASK_KID_SIZE bytes, or NULL for any
 * @license_id: CASK_ID_SIZE bytes, all zero for any
 * @hint: the license to prefer, if there is a key for it, or NULL
 * @category: that the content's header has the key for, CASK_ID_SIZE bytes, or NULL
 * @suite: enum cask_suite, or 0 for any that goes with @operation
 * @operation: one of enum cask_operation
 * @permission: one of enum cask_permission, or 0
 * @accept: not to be opened, but to be accepted in its download period
 * @unbound: what has a download period, or may be opened so often without word, is left out
 */
struct cask_wanted {
	const u8 *content_id;
	const u8 *issuer;
	const u8 *license_id;
	const u8 *hint;
	const u8 *category;
	u32 suite;
	u32 operation;
	u32 permission;
	bool accept;
	bool unbound;
};

/**
 * struct cask_choice - which license to take, of those looked at so far
 * @wanted: what is asked for
 * @best: NULL before one fits
 * @reason: why none does, as helps the caller most; -ENOKEY at first
 */
struct cask_choice {
	const struct cask_wanted *wanted;
	struct cask_license *best;
	int reason;
};

/* read.c */
bool cask_license_says_once(const struct cask_bytes *statement);
int cask_license_read_statement(const struct cask_bytes *statement, const struct cask_from *from,
				struct cask_license_view *v, struct cask_license **ret_license);
int cask_license_read(const struct cask_bytes *statement, const struct cask_from *from,
		      u8 *nonce, struct cask_license **ret_license);
int cask_license_read_copy(const struct cask_exported_view *copy, const struct cask_bytes *value,
			   const struct cask_from *from, struct cask_license **ret_license);
void cask_license_bind_copy(const u8 *issuer, const u8 *id, const struct cask_bytes *bound, u8 *hash);

/* table.c */
struct cask_license *cask_license_find(const u8 *issuer, const u8 *id);
int cask_license_walk(unsigned long *place, int (*fn)(const struct cask_license *, void *),
		      void *arg);
u32 cask_license_generation(void);
struct cask_license *cask_license_choose(const struct cask_wanted *wanted);
void cask_license_renewed(const struct cask_license *license);
int cask_license_add(const struct cask_bytes *statement, bool machine, kuid_t owner,
		     struct cask_license **ret_license);
int cask_license_del(const u8 *issuer, const u8 *id);
void cask_license_revoke_all(void);

/* choose.c */
bool cask_license_allows(const struct cask_license *license, kuid_t uid);
struct cask_period cask_license_period(const struct cask_license *license);
struct cask_period cask_license_download(const struct cask_license *license);
int cask_license_check(struct cask_license *license);
int cask_license_consider(struct cask_choice *choice, struct cask_license *license);

/* license.c */
void cask_license_put(struct cask_license *license);
struct cask_key *cask_license_key(struct cask_license *license);
bool cask_license_in_category(struct cask_license *license, u8 *category);
int cask_license_keep(struct cask_license *license, struct cask_key *key);
int cask_license_derive(struct cask_license *license, struct cask_license *class_license);
void cask_license_revoke(struct cask_license *license);

/* --- renew.c: licenses that take the place of older ones --- */

u32 cask_renew_permissions(const struct cask_license *l);
int cask_renew_allowed(const struct cask_license *l, u32 version, u32 permissions);
int cask_renew_check(const struct cask_license *old, const struct cask_license *l);
void cask_renew(struct cask_license *old, const struct cask_license *l);

#endif /* CASK_LICENSE_H */
