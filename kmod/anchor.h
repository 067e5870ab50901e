/* SPDX-License-Identifier: GPL-2.0 */
/* anchor.h - what the files of cask.ko know of distributors, and of what those say. */
#ifndef CASK_ANCHOR_H
#define CASK_ANCHOR_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <crypto/sha2.h>

#include "keys.h"

/* --- anchor.c: the distributors that this device believes --- */

#define CASK_ANCHORS_MAX	16

/**
 * struct cask_anchor - a distributor
 * @ref: held by the list and by each license
 * @entry: in the list, under the anchors lock
 * @issuer: thumbprint of the root key
 * @root: signs scopes
 * @lock: protects what follows up to @generation, which a later scope replaces
 * @grant_sequence: of the last grant
 * @signer: signs licenses
 * @hash: SHA-256 of the scope statement
 * @purposes: enum cask_purpose bits of @signer
 * @namespace_: prefix of the content ids
 * @namespace_len: bytes of it
 * @sequence: of the scope
 * @server_key: X25519, for the pairwise key
 * @name: of the distributor
 * @not_before: of the scope
 * @not_after: of the scope
 * @generation: counts scopes; what an older one allowed is checked anew
 * @floor: signed time minus CLOCK_BOOTTIME, in seconds; only rises
 * @vouched: the latest time that it signed, as far as was seen in this boot, seconds since 1970
 * @kept: CLOCK_BOOTTIME when the time was last kept in the secure area, in seconds
 * @licenses: how many are in the table, under the licenses lock; others' have no part in it,
 *	for after a boot they may come first
 * @lost: when the secure area was last used, records of this distributor were lost, and
 *	it had not said that it knows
 */
struct cask_anchor {
	struct kref ref;
	struct list_head entry;
	u8 issuer[CASK_KID_SIZE];
	struct cask_signer *root;

	struct mutex lock;
	u64 grant_sequence;
	struct cask_signer *signer;
	u8 hash[SHA256_DIGEST_SIZE];
	u32 purposes;
	u8 namespace_[CASK_ID_SIZE];
	size_t namespace_len;
	u64 sequence;
	u8 server_key[CASK_X25519_SIZE];
	char name[65];
	u64 not_before;
	u64 not_after;
	u32 generation;

	atomic64_t floor;
	atomic64_t vouched;
	atomic64_t kept;
	unsigned int licenses;
	bool lost;
};

int cask_anchor_add(const struct cask_bytes *key, const struct cask_bytes *grant,
		    const struct cask_bytes *scope, u8 *issuer);
struct cask_anchor *cask_anchor_find(const u8 *issuer);
struct cask_anchor *cask_anchor_nth(unsigned int n);
int cask_anchor_verify(struct cask_anchor *anchor, const struct cask_cose *cose, u32 purpose);
void cask_anchor_server_key(struct cask_anchor *anchor, u8 *server_key);
int cask_anchor_covers(struct cask_anchor *anchor, const u8 *kid, const u8 *content_id);
void cask_anchor_put(struct cask_anchor *anchor);
int cask_anchor_signed_time(struct cask_anchor *anchor, u64 seconds);
void cask_anchor_has_been(struct cask_anchor *anchor, u64 seconds);
u64 cask_anchor_known_time(const struct cask_anchor *anchor);
u64 cask_anchor_vouched(const struct cask_anchor *anchor);
int cask_anchor_check(const struct cask_anchor *anchor, u64 not_before, u64 not_after);
void cask_anchor_exit(void);

/* --- reanchor.c: what a distributor says of records that were lost --- */

int cask_reanchor_nonce(const u8 *issuer, u8 *nonce);
int cask_reanchor(const struct cask_bytes *statement, u8 *issuer);

/* --- category.c: this device's leaves, and the EKBs that were brought for them --- */

int cask_leaf_add(const struct cask_bytes *statement, u8 *issuer, u8 *category);
int cask_category_root(const struct cask_anchor *anchor, const struct cask_slot_view *slot,
		       struct cask_root_key **ret_root);
int cask_ekb_begin(const struct cask_bytes *statement, size_t *ret_size);
int cask_ekb_data(u32 offset, const struct cask_bytes *data, size_t *ret_left);
void cask_ekb_gone(void);
void cask_category_exit(void);

#endif /* CASK_ANCHOR_H */
