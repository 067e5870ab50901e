/* SPDX-License-Identifier: GPL-2.0 */
/* medium.h - what the files of this folder know of each other. */
#ifndef CASK_MEDIUM_H
#define CASK_MEDIUM_H

#include "private.h"
#include "area/area.h"

/**
 * struct cask_medium - a medium that is open
 * @ref: of each file of it
 * @entry: in the list of all, under the media lock
 * @mapping: of the file below: who opens it again gets this medium
 * @first: its first layer
 * @view: what that says, in @first
 * @key_id: its class, then its number
 * @class_license: of its class
 * @making: it is not a medium yet
 * @lock: protects what follows
 * @file: below, of whoever uses it now
 * @state: enum cask_medium_state
 * @broken: a write may be half done, and nobody can tell
 * @area: its second layer
 * @salts: of the images in its slots
 * @licenses: read from it, by entry
 */
struct cask_medium {
	struct kref ref;
	struct list_head entry;
	struct address_space *mapping;
	u8 first[CASK_MEDIUM_HEAD_MAX];
	struct cask_medium_view view;
	u8 key_id[CASK_KID_SIZE];
	struct cask_license *class_license;
	bool making;

	struct mutex lock;
	struct file *file;
	u32 state;
	bool broken;
	struct cask_area area;
	u8 salts[2][CASK_AREA_SALT_SIZE];
	struct list_head licenses;
};

/* --- disk.c: the file below, and the second layer on it --- */

extern const struct cask_area_io cask_medium_io;

int cask_medium_write(struct file *file, const void *buf, size_t len, loff_t pos);
int cask_medium_look(struct cask_medium *m);
struct cask_mark_record cask_medium_at(const struct cask_medium *m);

/* --- medium.c --- */

struct cask_medium *cask_medium_alloc(void);
void cask_medium_wipe(u8 *data, size_t len);
void cask_medium_free(struct cask_medium *m);
int cask_medium_check_mark(struct cask_medium *m);
int cask_medium_have_memory(struct cask_medium *m);
int cask_medium_find_class(struct cask_medium *m);
struct cask_key *cask_medium_class_key(struct cask_medium *m);
int cask_medium_announce(struct cask_medium *m, struct file *file);
void cask_medium_retract(struct cask_medium *m);
int cask_medium_lock(struct cask_medium *m, struct file *file);
int cask_medium_check_state(const struct cask_medium *m);

/* --- license.c --- */

struct cask_mark cask_medium_step(struct cask_medium *m, const struct cask_mark_record *from);
int cask_medium_begin(struct cask_medium *m);
int cask_medium_note_stale(struct cask_medium *m, int ret);
int cask_medium_find_copy(const struct cask_medium *m, const u8 *id, struct cask_exported_view *ret);
bool cask_medium_is_lent(const struct cask_record_key *key, const struct cask_bytes *value,
			 const void *unused);
void cask_medium_forget(struct cask_medium *m, const struct cask_record_key *key);
int cask_medium_put_license(struct cask_records *r, const struct cask_record_key *key,
			    const struct cask_bytes *statement);

#endif /* CASK_MEDIUM_H */
