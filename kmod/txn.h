/* SPDX-License-Identifier: GPL-2.0 */
/* txn.h - what the files of cask.ko know of what outlives the power. */
#ifndef CASK_TXN_H
#define CASK_TXN_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>

#include "parse.h"

struct cask_records;

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
int cask_txn_run(struct cask_txn *txn);
int cask_area_post(struct cask_txn *txn);
void cask_area_status(struct cask_area_status *ret);
const u8 *cask_area_loss(void);

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

#endif /* CASK_TXN_H */
