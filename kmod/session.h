/* SPDX-License-Identifier: GPL-2.0 */
/* session.h - what the files of cask.ko know of what is open. */
#ifndef CASK_SESSION_H
#define CASK_SESSION_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/uidgid.h>

#include "license.h"

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

#endif /* CASK_SESSION_H */
