/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private.h - what the files of cask.ko know of each other.
 *
 * The path of a key: netlink.c takes a license statement, signer.c and anchor.c
 * say whether it may be believed, secret/ unwraps the key, license/ keeps both.
 * The path of the data: device.c opens, session.c reads the head of the content
 * file and finds the license, block.c decrypts, player.c is the file that the
 * player reads.
 *
 * References: anchor <- license <- session <- player; a license that came on a medium
 * has one on the license of its class, and a session with it one on the medium's file.
 * Locks, outermost first: a medium's (medium/), anchors (anchor.c), licenses
 * (license/table.c), then one of anchor->lock and license->lock, of a class before what came
 * on its media, then users (user.c) or categories (category.c). None but a medium's own is held across a read of
 * a file or while listeners are told, which has a lock of its own (netlink.c).
 */
#ifndef CASK_PRIVATE_H
#define CASK_PRIVATE_H

#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <crypto/aead.h>
#include <crypto/skcipher.h>
#include <crypto/sha2.h>
#include <linux/cask.h>
#include <linux/cask_netlink.h>

#include "parse.h"

#undef pr_fmt
#define pr_fmt(fmt) "cask: " fmt

/* --- secret/: every raw key byte --- */

struct cask_key;
struct cask_cipher;
struct cask_leaf_key;
struct cask_root_key;
struct cask_leaf_view;
struct cask_ekb;

int cask_secret_init(enum cask_root root);
void cask_secret_wipe(void);
void cask_secret_exit(void);

const u8 *cask_device_key(void);
const u8 *cask_device_id(void);

/**
 * struct cask_slot_use - what a slot came with
 * @body_hash: SHA-256 of the license's body
 * @kid: thumbprint of the key that signed the license
 * @content_id: that the license is for
 * @suite: what the key is for, enum cask_suite
 * @copied: whether copies for media are to be made of it
 * @class_key: of the medium that it came on, or NULL
 * @root: of a slot EKB, as new as the slot wants
 * @twokey: the second key, of TWOKEY
 * @server_key: of the distributor, CASK_X25519_SIZE bytes; of TWOKEY
 */
struct cask_slot_use {
	const u8 *body_hash;
	const u8 *kid;
	const u8 *content_id;
	u32 suite;
	bool copied;
	struct cask_key *class_key;
	struct cask_root_key *root;
	const struct cask_twokey_view *twokey;
	const u8 *server_key;
};

int cask_key_unwrap(const struct cask_slot_view *slot, const struct cask_slot_use *use,
		    struct cask_key **ret_key);
int cask_key_wrap(const struct cask_key *key, const struct cask_slot_use *use, const u8 *number,
		  u8 *wrapped);
int cask_key_of_copy(const u8 *wrapped, const struct cask_slot_use *use, const u8 *number,
		     struct cask_key **ret_key);
struct cask_key *cask_key_get(struct cask_key *key);
void cask_key_put(struct cask_key *key);
int cask_key_of_link(const struct cask_slot_view *slot, const struct cask_root_key *root,
		     const struct cask_content *content, struct cask_key **ret_key);
int cask_key_check_header(struct cask_key *key, const struct cask_content *content);
int cask_key_set_block(struct cask_key *key, struct cask_cipher *cipher, const u8 *seed);
int cask_key_set_raw(struct cask_key *key, struct cask_cipher *cipher);

int cask_leaf_unwrap(const struct cask_leaf_view *v, const u8 *kid,
		     struct cask_leaf_key **ret_leaf);
void cask_leaf_free(struct cask_leaf_key *leaf);
int cask_leaf_open(const struct cask_leaf_key *leaf, const struct cask_ekb *e,
		   struct cask_root_key **ret_root);
struct cask_root_key *cask_root_key_get(struct cask_root_key *root);
void cask_root_key_put(struct cask_root_key *root);
u32 cask_root_key_version(const struct cask_root_key *root);

int cask_pairwise_open_challenge(const u8 *server_key, const u8 *issuer,
				 const u8 *sealed, u8 *challenge);
int cask_pairwise_mac(const u8 *server_key, const char *label,
		      const void *data, size_t len, u8 *mac);
int cask_pairwise_check(const u8 *server_key, const char *label,
			const struct cask_bytes *data, const u8 *mac);

int cask_counter_read(u64 *ret_counter);
int cask_counter_advance(void);
u64 cask_counter_first(void);

struct cask_records;

int cask_storage_seal(u64 counter, const struct cask_records *records, u8 *image,
		      size_t *ret_len);
int cask_storage_open(u8 *image, size_t len, struct cask_records *ret_records,
		      u64 *ret_counter);

/**
 * struct cask_medium_seal - what records of a medium are sealed for
 * @class_key: of its class
 * @number: the medium's, CASK_MEDIUM_NUMBER_SIZE bytes
 * @type: CASK_TYPE_LAYER or CASK_TYPE_BACKUP
 * @records: the records
 * @salt: of the image
 */
struct cask_medium_seal {
	struct cask_key *class_key;
	const u8 *number;
	u16 type;
	struct cask_records *records;
	u8 salt[CASK_AREA_SALT_SIZE];
};

int cask_medium_mac(struct cask_key *class_key, const u8 *data, size_t len, u8 *mac);
int cask_medium_check(struct cask_key *class_key, const struct cask_medium_view *medium);
int cask_medium_seal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image,
		     size_t *ret_len);
int cask_medium_unseal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image);

/* --- tpm.c: the machine's TPM 2.0 --- */

#define CASK_TPM_AUTH_SIZE	32

#if IS_ENABLED(CONFIG_TCG_TPM)
int cask_tpm_init(void);
void cask_tpm_exit(void);
int cask_tpm_unseal(u32 pcrs, void *data, u16 len);
int cask_tpm_seal(u32 pcrs, void *data, u16 len);
int cask_tpm_cap(u32 pcr);
int cask_tpm_define(const u8 *auth, u64 *ret_counter);
int cask_tpm_read(const u8 *auth, u64 *ret_counter);
int cask_tpm_advance(const u8 *auth);
#else
static inline int cask_tpm_init(void) { return -ENODEV; }
static inline void cask_tpm_exit(void) { }
static inline int cask_tpm_unseal(u32 pcrs, void *data, u16 len) { return -ENODEV; }
static inline int cask_tpm_seal(u32 pcrs, void *data, u16 len) { return -ENODEV; }
static inline int cask_tpm_cap(u32 pcr) { return -ENODEV; }
static inline int cask_tpm_define(const u8 *auth, u64 *ret_counter) { return -ENODEV; }
static inline int cask_tpm_read(const u8 *auth, u64 *ret_counter) { return -ENODEV; }
static inline int cask_tpm_advance(const u8 *auth) { return -ENODEV; }
#endif

/* --- cipher.c: a transform of a suite --- */

/**
 * struct cask_cipher - a transform and its request
 * @aead: of an authenticated suite
 * @aead_req: of @aead
 * @skcipher: of another
 * @skcipher_req: of @skcipher
 * @wait: for an answer that comes later
 */
struct cask_cipher {
	struct crypto_aead *aead;
	struct aead_request *aead_req;
	struct crypto_skcipher *skcipher;
	struct skcipher_request *skcipher_req;
	struct crypto_wait wait;
};

int cask_cipher_init(struct cask_cipher *cipher, u32 suite);
void cask_cipher_exit(struct cask_cipher *cipher);
int cask_cipher_set_key(struct cask_cipher *cipher, const u8 *key);
int cask_cipher_decrypt(struct cask_cipher *cipher, struct scatterlist *sg,
			unsigned int aad, unsigned int len, u8 *iv);

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

/* --- signer.c: who signed a statement --- */

struct cask_signer;

struct cask_signer *cask_signer_new(const struct cask_bytes *cose_key);
void cask_signer_free(struct cask_signer *signer);
const u8 *cask_signer_kid(const struct cask_signer *signer);
int cask_signer_verify(const struct cask_signer *signer, const struct cask_cose *cose);
u32 cask_signer_algorithms(void);

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

/* --- store.c: the agent as a disk --- */

/**
 * struct cask_question - a part of a slot to read or to write
 * @id: numbers the questions
 * @slot: 0 or 1
 * @offset: bytes from its start
 * @size: bytes, at most CASK_STORE_DATA_MAX
 * @write: whether to write
 * @sync: the slot is to be on disk when it is answered
 * @from: what to write
 * @into: where to put what is read
 * @got: bytes that were there
 * @ret: 0 or a negative errno
 */
struct cask_question {
	u64 id;
	u32 slot;
	u32 offset;
	u32 size;
	bool write;
	bool sync;
	const u8 *from;
	u8 *into;
	size_t got;
	int ret;
};

int cask_store_load(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len);
int cask_store_store(void *context, unsigned int slot, const void *data, size_t len);
int cask_store_answer(u64 id, u32 error, const struct cask_bytes *data);
void cask_store_gone(void);
void cask_store_shut(void);

/* --- area.c: transactions on records that outlive the power --- */

struct cask_txn;

/**
 * struct cask_txn_ops - what a transaction does; all but @release run in the worker
 * @apply: change the records of image @counter; may run again on others. Returns 1
 *	when it changed something, 0 when it did not, or a negative errno, and then
 *	what it changed is undone
 * @committed: it holds; before whoever waits is told
 * @undelivered: it holds, and nobody waited for it any more
 * @release: free the memory
 * @on_loss: it is about the loss of records, and applied also where its issuer's were
 *	lost; others are -EUCLEAN there
 */
struct cask_txn_ops {
	int (*apply)(struct cask_txn *txn, struct cask_records *records, u64 counter);
	void (*committed)(struct cask_txn *txn);
	void (*undelivered)(struct cask_txn *txn);
	void (*release)(struct cask_txn *txn);
	bool on_loss;
};

/**
 * struct cask_txn - a transaction
 * @ref: of who waits, and of the queue
 * @entry: in the queue
 * @ops: what it does
 * @issuer: whose records it is about
 * @ret: of apply(), then of all
 * @given_up: nobody waits any more
 * @done: @ret is final
 */
struct cask_txn {
	struct kref ref;
	struct list_head entry;
	const struct cask_txn_ops *ops;
	u8 issuer[CASK_KID_SIZE];
	int ret;
	bool given_up;
	struct completion done;
};

/**
 * struct cask_area_status - what the secure area is
 * @state: enum cask_area_state
 * @counter: of the image
 * @records: how many
 * @size: bytes of them
 */
struct cask_area_status {
	u32 state;
	u64 counter;
	u32 records;
	u32 size;
};

int cask_area_init(void);
void cask_area_shut(void);
void cask_area_exit(void);
void cask_txn_init(struct cask_txn *txn, const struct cask_txn_ops *ops, const u8 *issuer);
void cask_txn_put(struct cask_txn *txn);
int cask_area_run(struct cask_txn *txn);
int cask_area_post(struct cask_txn *txn);
void cask_area_status(struct cask_area_status *ret);
const u8 *cask_area_loss(void);

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

/* --- mark.c: how far media have come in this device --- */

/**
 * struct cask_mark - a step of a medium
 * @issuer: whose class, CASK_KID_SIZE bytes
 * @number: of the medium, CASK_MEDIUM_NUMBER_SIZE bytes
 * @from: the image that it was at
 * @to: the image that it is at then
 */
struct cask_mark {
	const u8 *issuer;
	const u8 *number;
	struct cask_mark_record from;
	struct cask_mark_record to;
};

bool cask_mark_is_behind(const struct cask_mark_record *at, const struct cask_mark_record *image);
int cask_mark_apply(const struct cask_mark *mark, struct cask_records *records, bool make);
int cask_mark_get(const u8 *issuer, const u8 *number, struct cask_mark_record *ret_at);
int cask_mark_move(const struct cask_mark *mark);

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

/* --- user.c: what one user may hold --- */

struct cask_user;

struct cask_user *cask_user_charge(kuid_t uid);
void cask_user_uncharge(struct cask_user *user);
int cask_user_charge_bytes(struct cask_user *user, size_t bytes);
void cask_user_uncharge_bytes(struct cask_user *user, size_t bytes);

/* --- link.c: the link part of a content file --- */

/**
 * struct cask_link_part - what a link part says
 * @error: why @slot is none, or 0
 * @has_license: whether @license_id is given
 * @license_id: the license to take, if it fits
 * @slot: the content key for a category, and whose version; points into @data
 * @data: of @slot
 */
struct cask_link_part {
	int error;
	bool has_license;
	u8 license_id[CASK_ID_SIZE];
	struct cask_slot_view slot;
	u8 data[CASK_EKB_SLOT_SIZE];
};

void cask_link_read(struct file *file, const struct cask_content *content,
		    struct cask_link_part *part);
int cask_link_key(const struct cask_link_part *part, const struct cask_content *content,
		  const struct cask_anchor *anchor, const u8 *category, struct cask_key **ret_key);

/* --- session.c: a content file and the license it is opened with --- */

/**
 * struct cask_session - what CASK_IOC_OPEN made
 * @ref: held by the inode
 * @user: whom it is charged to, with the open file that it came with
 * @file: the .cask file, NULL for a key without one
 * @medium: file of the medium that @license came on, or NULL
 * @license: in use, NULL before one is found
 * @record: it is opened to record it to a disc
 * @unbound: as in struct cask_wanted
 * @name: of the file in ACCEPTED
 * @content_id: of the file or the key; all zero before it is known
 * @issuer: whose content; all zero when nobody said
 * @suite: enum cask_suite
 * @block_shift: log2 of the plaintext bytes of a block
 * @plain_size: bytes
 * @data_offset: first block in @file
 */
struct cask_session {
	struct kref ref;
	struct cask_user *user;
	struct file *file;
	struct file *medium;
	struct cask_license *license;
	bool record;
	bool unbound;
	u8 name[CASK_ID_SIZE];
	u8 content_id[CASK_ID_SIZE];
	u8 issuer[CASK_KID_SIZE];
	u32 suite;
	u32 block_shift;
	u64 plain_size;
	u64 data_offset;
};

int cask_read_exactly(struct file *file, void *buf, size_t len, loff_t pos);
struct cask_session *cask_session_new(struct file *file, struct file *medium);
int cask_session_use(struct cask_session *session);
int cask_session_check(struct cask_session *session);
int cask_session_open(struct cask_session *session, const u8 *license_id);
int cask_session_accept(struct cask_session *session, const u8 *license_id);
int cask_session_open_raw(struct cask_session *session, const struct cask_wanted *wanted);
void cask_session_tell(const struct cask_session *session, bool anew, int ret);
void cask_session_put(struct cask_session *session);

/* --- medium/: media of three layers --- */

struct cask_medium;

int cask_medium_create(struct file *file, struct cask_medium_create *arg);
int cask_medium_get(struct file *file, struct cask_medium **ret_medium);
void cask_medium_put(struct cask_medium *medium);
int cask_medium_info(struct cask_medium *medium, struct file *file, struct cask_medium_info *ret);
int cask_medium_license(struct cask_medium *medium, struct file *file,
			struct cask_medium_license *arg);
struct cask_license *cask_medium_choose(struct cask_medium *medium, struct file *file,
					const struct cask_wanted *wanted);
int cask_medium_use(struct cask_medium *medium, struct file *file, struct cask_license *license);
int cask_medium_install(struct cask_medium *medium, struct file *file,
			const struct cask_bytes *statement, u32 *ret_licenses);
int cask_medium_backup(struct cask_medium *medium, struct file *file,
		       const struct cask_medium_backup *arg, u8 *backup, size_t *ret_len);
int cask_medium_restore(struct cask_medium *medium, struct file *file, u8 *backup, size_t len,
			u32 *ret_licenses);

int cask_medium_lend(struct cask_medium *medium, struct file *file,
		     const struct cask_medium_lend *arg, u32 use);
int cask_medium_check_in(struct cask_medium *medium, struct file *file,
			 const struct cask_medium_lend *arg);

bool cask_medium_is(const struct file *file);
struct cask_medium *cask_medium_of(const struct file *file);
struct file *cask_medium_below(const struct file *file);
long cask_medium_create_ioctl(void __user *arg);
long cask_medium_open_ioctl(void __user *arg);

/* --- block.c: one block at a time --- */

struct cask_block;
struct cask_player;

struct cask_block *cask_block_alloc(const struct cask_session *session, struct cask_user *user);
void cask_block_free(struct cask_block *block);
int cask_block_load(struct cask_block *block, struct cask_session *session, u64 index);
size_t cask_block_plain(const struct cask_block *block, size_t offset, const u8 **ret_data);

/* --- batch.c: CASK_IOC_DECRYPT --- */

struct cask_batch;

void cask_batch_free(struct cask_batch *batch);
long cask_batch_ioctl(struct cask_player *player, void __user *arg);

/* --- player.c: the file that the player reads --- */

/**
 * struct cask_player - an open file of a session
 * @session: of its inode
 * @user: whom what it keeps is charged to
 * @anew: opened anew, and itself charged, apart from its session
 * @entry: in the license's list, under the license's lock
 * @block: the last plaintext block while no read is using it, taken by xchg
 * @batch: of a key without a file: its transform while no batch is using it, likewise
 * @meter: what was handed out
 * @bad_block: where the last failed read stopped
 * @bad_errno: why
 */
struct cask_player {
	struct cask_session *session;
	struct cask_user *user;
	bool anew;
	struct list_head entry;
	struct cask_block *block;
	struct cask_batch *batch;
	struct cask_meter meter;
	u64 bad_block;
	u32 bad_errno;
};

struct file *cask_player_create(struct cask_session *session);
void cask_player_wipe(struct cask_player *player);
bool cask_player_is(const struct file *file);

/* --- level.c: what this device's word is worth --- */

enum cask_root cask_root(void);
const char *cask_root_name(void);
int cask_root_init(void);
u32 cask_root_pcrs(void);
u32 cask_root_cap(void);
u32 cask_boot(void);
u32 cask_level(void);

/* --- device.c, netlink.c, enrol.c --- */

int cask_device_init(void);
void cask_device_exit(void);
int cask_netlink_init(void);
void cask_netlink_shut(void);
void cask_netlink_exit(void);

/**
 * struct cask_happening - what listeners are told
 * @event: what happened
 * @issuer: whose license or records, CASK_KID_SIZE bytes, or NULL
 * @license_id: CASK_ID_SIZE bytes, or NULL when none was found
 * @content_id: CASK_ID_SIZE bytes, or NULL
 * @user: who opened; whose the license is that was removed or logged, INVALID_UID: the machine's
 * @error: errno, 0 for none
 */
struct cask_happening {
	enum cask_event event;
	const u8 *issuer;
	const u8 *license_id;
	const u8 *content_id;
	kuid_t user;
	int error;
};

void cask_netlink_event(const struct cask_happening *h);
int cask_netlink_ask(const struct cask_question *q);

#define CASK_ENROL_ANSWER_SIZE	(sizeof(struct cask_head) + 7 * sizeof(struct cask_section) + \
				 2 * CASK_KID_SIZE + CASK_X25519_SIZE + 2 * sizeof(__le32) + \
				 CASK_CHALLENGE_SIZE + CASK_MAC_SIZE)

int cask_enrol_answer(struct cask_anchor *anchor, const u8 *sealed, u8 *answer);

static inline bool cask_id_is_zero(const u8 *id)
{
	return !memchr_inv(id, 0, CASK_ID_SIZE);
}

#endif /* CASK_PRIVATE_H */
