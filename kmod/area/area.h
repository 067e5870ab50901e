/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * area.h - the secure area: records, the slots they are sealed into, and how an
 * image of them takes the place of the one before.
 *
 * Freestanding as parse.h: the module and userspace compile the same files, and
 * userspace cuts the power a million times.
 */
#ifndef CASK_AREA_H
#define CASK_AREA_H

#include <linux/cask_netlink.h>

#include "parse.h"

/* --- records.c: what a secure area holds --- */

#define CASK_AREA_ISSUERS	17	/* distributors that there can be, and the device itself */
#define CASK_AREA_SHARE		100	/* this part of an area is each one's: more than its log and its nonces */

/**
 * struct cask_records - an image of records, in memory of the caller's
 * @data: the records as they are sealed
 * @len: bytes of them
 * @capacity: bytes of @data
 */
struct cask_records {
	__u8 *data;
	size_t len;
	size_t capacity;
};

/**
 * struct cask_record_key - what a record is found by
 * @kind: enum cask_record_kind
 * @issuer: CASK_KID_SIZE bytes
 * @name: CASK_ID_SIZE bytes
 */
struct cask_record_key {
	__u16 kind;
	const __u8 *issuer;
	const __u8 *name;
};

/* Whether a record is meant; @arg is the caller's. */
typedef bool (*cask_records_match)(const struct cask_record_key *key,
				   const struct cask_bytes *value, const void *arg);

int cask_records_check(const struct cask_records *r);
bool cask_records_find(const struct cask_records *r, const struct cask_record_key *key,
		       struct cask_bytes *ret_value);
bool cask_records_next(const struct cask_records *r, size_t *pos, struct cask_record_key *key,
		       struct cask_bytes *ret_value);
int cask_records_put(struct cask_records *r, const struct cask_record_key *key,
		     const void *value, size_t len);
size_t cask_records_charge(const struct cask_records *r, const __u8 *issuer);
bool cask_records_leave_room(const struct cask_records *r, const __u8 *issuer);
int cask_records_del(struct cask_records *r, const struct cask_record_key *key);
void cask_records_drop(struct cask_records *r, cask_records_match match, const void *arg);
void cask_records_make_room(struct cask_records *r, __u16 kind, const __u8 *issuer,
			    unsigned int max);
int cask_records_append(struct cask_records *r, const struct cask_record_key *key,
			const void *data, size_t len);
int cask_records_cut(struct cask_records *r, const struct cask_record_key *key,
		     const void *head, size_t head_len, size_t len);

/* --- loss.c: records that were lost, and the distributors that know --- */

int cask_loss_mark(struct cask_records *r);
bool cask_loss_concerns(const struct cask_records *r, const __u8 *issuer);
int cask_loss_known(struct cask_records *r, const __u8 *issuer);

/* --- window.c: parameters of second keys, each good once --- */

/**
 * struct cask_window - what a STEP says
 * @last: number of the latest step that was used
 * @used: bit n: the step n before it was
 */
struct cask_window {
	__u64 last;
	__u64 used;
};

void cask_window_begin(struct cask_window *w, __u64 number);
void cask_window_go_on(struct cask_window *w, __u64 number);
int cask_window_take(struct cask_window *w, __u64 number);

/* --- log.c: uses that a distributor wants to know of --- */

/**
 * struct cask_log - a distributor's log
 * @place: of the first entry, or of the next
 * @count: of entries
 * @entries: struct cask_log_entry each; in the records
 */
struct cask_log {
	struct cask_log_place place;
	__u32 count;
	const __u8 *entries;
};

int cask_log_find(const struct cask_records *r, const __u8 *issuer, struct cask_log *ret);
int cask_log_begin(struct cask_records *r, const __u8 *issuer, const __u8 *series);
int cask_log_append(struct cask_records *r, const __u8 *issuer,
		    const struct cask_log_entry *entry, __u64 max_unreported);
int cask_log_drop(struct cask_records *r, const __u8 *issuer, const __u8 *series, __u64 last);

/* --- slot.c: a slot, sealed --- */

/**
 * struct cask_area_view - an AREA object
 * @storage_id: CASK_ID_SIZE bytes
 * @counter: of the image, at least 1
 * @salt: CASK_AREA_SALT_SIZE bytes
 * @sealed: the records, enciphered, and the tag
 * @head: what the tag covers besides
 */
struct cask_area_view {
	struct cask_bytes storage_id;
	__u64 counter;
	struct cask_bytes salt;
	struct cask_bytes sealed;
	struct cask_bytes head;
};

size_t cask_area_length(const void *data, size_t len);
int cask_area_parse(struct cask_area_view *a, const void *data, size_t len);
void cask_area_head(__u8 out[CASK_AREA_HEAD_SIZE], const __u8 *storage_id, __u64 counter,
		    const __u8 *salt, size_t records);

/* --- commit.c: two slots and a counter --- */

/**
 * struct cask_area_io - what a commit stands on
 * @load: read all of a slot into @size bytes; @ret_len is 0 for one never written
 * @store: write a slot and have it on disk before returning
 * @seal: records and counter into the bytes of a slot
 * @open: a slot into records and counter; -EBADMSG when this device did not write it,
 *	or what cask_area_parse() says
 * @anchor: the counter that cannot be wound back; NULL: there is none
 * @advance: add one to it; what it says is not believed, @anchor tells
 *
 * All return 0 or a negative errno.
 */
struct cask_area_io {
	int (*load)(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len);
	int (*store)(void *context, unsigned int slot, const void *data, size_t len);
	int (*seal)(void *context, __u64 counter, const struct cask_records *records,
		    void *data, size_t *ret_len);
	int (*open)(void *context, void *data, size_t len, struct cask_records *ret_records,
		    __u64 *ret_counter);
	int (*anchor)(void *context, __u64 *ret_counter);
	int (*advance)(void *context);
};

/**
 * struct cask_area - a secure area
 * @io: what it stands on
 * @context: for @io
 * @state: UNSURE: the anchor could not be read, and @work may be the image; REFUSED:
 *	the anchor is at neither slot, and @live is a new beginning that is on no disk
 * @lost: REFUSED, or would be if it were not UNSURE
 * @untried: no image was ever sealed under the counter after @counter
 * @again: what was written last is @live once more
 * @counter: of @live
 * @first: what the anchor says before the first commit
 * @live: the records that hold
 * @work: what the next commit makes them; while UNSURE it is kept
 * @size: bytes of a slot
 * @sealed: @size bytes
 */
struct cask_area {
	const struct cask_area_io *io;
	void *context;
	enum cask_area_state state;
	bool lost;
	bool untried;
	bool again;
	__u64 counter;
	__u64 first;
	struct cask_records live, work;
	size_t size;
	__u8 *sealed;
};

int cask_area_open(struct cask_area *a);
int cask_area_begin(struct cask_area *a);
int cask_area_commit(struct cask_area *a);

#endif /* CASK_AREA_H */
