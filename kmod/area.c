// SPDX-License-Identifier: GPL-2.0
/*
 * area.c - the secure area: transactions on records that outlive the power.
 *
 * One worker reads the slots, applies what is waiting, and commits it as one image:
 * those who come while it waits for the disk share the next commit. Nobody else
 * looks at the records, so they need no lock; what others want to know of them a
 * transaction copies out.
 *
 * Of an area that was lost there is a new beginning at once (area/loss.c), in memory.
 * What it lets pass is one kind of transaction, which brings a distributor's word; the
 * first such commit puts it on disk.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "private.h"
#include "trace.h"
#include "area/area.h"

/* What a commit stands on; the slots are the agent's. */
static int seal(void *context, u64 counter, const struct cask_records *records, void *data,
		size_t *ret_len)
{
	return cask_storage_seal(counter, records, data, ret_len);
}

static int open_image(void *context, void *data, size_t len, struct cask_records *ret_records,
		      u64 *ret_counter)
{
	return cask_storage_open(data, len, ret_records, ret_counter);
}

/* To players and agent the counter's errnos would mean something else. */
static int of_counter(int ret)
{
	switch (ret) {
	case 0:
	case -ENOMEM:
		return ret;
	case -ENOENT:
	case -EKEYREJECTED:
		return -ENOTRECOVERABLE;
	default:
		return -EIO;
	}
}

static int anchor(void *context, u64 *ret_counter)
{
	return of_counter(cask_counter_read(ret_counter));
}

static int advance(void *context)
{
	return of_counter(cask_counter_advance());
}

static const struct cask_area_io anchored = {
	.load	= cask_store_load,
	.store	= cask_store_store,
	.seal	= seal,
	.open	= open_image,
	.anchor	= anchor,
	.advance = advance,
};

static const struct cask_area_io io = {
	.load	= cask_store_load,
	.store	= cask_store_store,
	.seal	= seal,
	.open	= open_image,
};

/* The worker's own. */
static struct cask_area area;
/* What a distributor's word on a loss has to bear: of this boot, and drawn after the loss. */
static u8 loss_nonce[CASK_NONCE_SIZE];

/* Protects the queue, @closing, and which end of a transaction is first. */
static DEFINE_SPINLOCK(queue_lock);
static LIST_HEAD(queue);
static bool closing;

/* What it was when the worker last ended; for whoever asks. */
static struct cask_area_status status;
static DEFINE_MUTEX(status_lock);

static struct workqueue_struct *worker;
static void run(struct work_struct *work);
static DECLARE_WORK(batches, run);

/* --- transactions --- */

/**
 * cask_txn_init() - set up a transaction
 * @txn: in memory of its own, with one reference
 * @ops: what it does
 * @issuer: whose records it is about, CASK_KID_SIZE bytes; all zero: the device's own
 */
void cask_txn_init(struct cask_txn *txn, const struct cask_txn_ops *ops, const u8 *issuer)
{
	memcpy(txn->issuer, issuer, CASK_KID_SIZE);
	kref_init(&txn->ref);
	INIT_LIST_HEAD(&txn->entry);
	init_completion(&txn->done);
	txn->ops = ops;
}

static void txn_release(struct kref *ref)
{
	struct cask_txn *txn = container_of(ref, struct cask_txn, ref);

	txn->ops->release(txn);
}

/**
 * cask_txn_put() - drop a reference
 * @txn: which
 */
void cask_txn_put(struct cask_txn *txn)
{
	kref_put(&txn->ref, txn_release);
}

/* The worker's end. Who waited for it may have been killed meanwhile. */
static void end(struct cask_txn *txn, int ret)
{
	bool given_up;

	txn->ret = ret ?: min(txn->ret, 0);
	if (!txn->ret && txn->ops->committed)
		txn->ops->committed(txn);
	spin_lock(&queue_lock);
	given_up = txn->given_up;
	complete(&txn->done);
	spin_unlock(&queue_lock);
	if (given_up && !txn->ret && txn->ops->undelivered)
		txn->ops->undelivered(txn);
	cask_txn_put(txn);
}

static int enqueue(struct cask_txn *txn)
{
	int ret = -ESHUTDOWN;

	spin_lock(&queue_lock);
	if (!closing) {
		kref_get(&txn->ref);
		list_add_tail(&txn->entry, &queue);
		queue_work(worker, &batches);
		ret = 0;
	}
	spin_unlock(&queue_lock);
	return ret;
}

/**
 * cask_area_run() - carry out a transaction and have it on disk
 * @txn: set up, used once
 *
 * Return: 0 when it holds, whatever happens to the power; what its apply() said;
 * -ENOTCONN without an agent; -EUCLEAN when records of its issuer were lost, for the
 * slots are not those that were written last, or once were not, and the distributor has
 * not said that it knows; -ENOTRECOVERABLE when the TPM's counter was removed, or is
 * another; -EIO when the TPM fails; -ENOSPC when its issuer has taken
 * as much as is free; -ESHUTDOWN; -ERESTARTSYS when killed, and
 * then undelivered() tells if it holds all the same; cask_store_store().
 */
int cask_area_run(struct cask_txn *txn)
{
	int ret = enqueue(txn);

	if (ret)
		return ret;
	ret = wait_for_completion_killable(&txn->done);
	if (!ret)
		return txn->ret;
	spin_lock(&queue_lock);
	txn->given_up = !completion_done(&txn->done);
	spin_unlock(&queue_lock);
	if (!txn->given_up)
		return txn->ret;
	return ret;
}

/**
 * cask_txn_run() - carry out a transaction that nothing is to be learnt of but what it comes to
 * @txn: set up, used once; the caller's reference is dropped
 *
 * Return: cask_area_run().
 */
int cask_txn_run(struct cask_txn *txn)
{
	int ret = cask_area_run(txn);

	cask_txn_put(txn);
	return ret;
}

/**
 * cask_area_post() - have a transaction carried out that nobody waits for
 * @txn: set up, used once
 *
 * Return: 0, and committed() tells if it holds; -ESHUTDOWN.
 */
int cask_area_post(struct cask_txn *txn)
{
	txn->given_up = true;
	return enqueue(txn);
}

/* --- the worker --- */

static void free_memory(void)
{
	vfree(area.live.data);
	vfree(area.work.data);
	vfree(area.sealed);
	area.live.data = NULL;
	area.work.data = NULL;
	area.sealed = NULL;
}

static void *alloc(size_t size)
{
	return __vmalloc(size, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
}

static int have_memory(void)
{
	size_t capacity = CASK_AREA_MAX - CASK_AREA_OVERHEAD;

	if (area.sealed)
		return 0;
	area.live.data = alloc(capacity);
	area.work.data = alloc(capacity);
	area.sealed = alloc(CASK_AREA_MAX);
	if (!area.live.data || !area.work.data || !area.sealed) {
		free_memory();
		return -ENOMEM;
	}
	area.live.capacity = capacity;
	area.work.capacity = capacity;
	area.size = CASK_AREA_MAX;
	return 0;
}

/* What changed the area. If it was lost by that, a word that was asked for before is none. */
static int note(int ret)
{
	trace_cask_area(area.state, area.counter, ret);
	if (ret == -EUCLEAN)
		get_random_bytes(loss_nonce, sizeof(loss_nonce));
	return ret;
}

static int be_open(void)
{
	int ret = have_memory();

	if (ret || area.state != CASK_AREA_STATE_CLOSED)
		return ret;
	ret = cask_area_open(&area);
	trace_cask_area(area.state, area.counter, ret);
	get_random_bytes(loss_nonce, sizeof(loss_nonce));
	/* Refused it can be begun anew. */
	return ret == -EUCLEAN ? 0 : ret;
}

static_assert(CASK_AREA_ISSUERS == CASK_ANCHORS_MAX + 1);
static_assert((CASK_AREA_MAX - CASK_AREA_OVERHEAD) / CASK_AREA_SHARE >
	      2 * (sizeof(struct cask_record) + CASK_LOG_SIZE_MAX));

/*
 * No distributor may fill the area for the others: its records stay, used up as they are. What takes
 * none but its own share is let pass, however full others have made it.
 */
static int apply(struct cask_txn *txn)
{
	size_t before = cask_records_charge(&area.work, txn->issuer);
	int ret;

	if (!txn->ops->on_loss && cask_loss_concerns(&area.work, txn->issuer))
		return -EUCLEAN;
	ret = txn->ops->apply(txn, &area.work, area.counter + 1);
	if (ret > 0 && cask_records_charge(&area.work, txn->issuer) > before &&
	    !cask_records_leave_room(&area.work, txn->issuer))
		return -ENOSPC;
	return ret;
}

/*
 * One that fails must leave no trace: then all are applied anew without it.
 * Return: whether there is something to commit, or a negative errno.
 */
static int apply_all(struct list_head *batch)
{
	struct cask_txn *txn;
	bool changed;
	int ret;

again:
	ret = cask_area_begin(&area);
	if (ret)
		return note(ret);
	changed = false;
	list_for_each_entry(txn, batch, entry) {
		if (txn->ret < 0)
			continue;
		txn->ret = apply(txn);
		trace_cask_transaction(txn->ops->apply, area.counter + 1, txn->ret);
		if (txn->ret < 0)
			goto again;
		changed |= txn->ret > 0;
	}
	return changed;
}

static void note_status(void)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;

	mutex_lock(&status_lock);
	status.state = area.state;
	status.counter = area.counter;
	status.size = area.state == CASK_AREA_STATE_OPEN ? area.live.len : 0;
	status.records = 0;
	while (area.state == CASK_AREA_STATE_OPEN && cask_records_next(&area.live, &pos, &key, &value))
		status.records++;
	mutex_unlock(&status_lock);
}

/* The agent asks the distributor then, also when nobody asks it for anything. */
static void tell_loss(const struct cask_anchor *a)
{
	const struct cask_happening h = {
		.event = CASK_EVENT_RECORDS_LOST, .issuer = a->issuer, .user = INVALID_UID,
		.error = EUCLEAN,
	};

	cask_netlink_event(&h);
}

/* For whoever asks, too. */
static void note_losses(void)
{
	struct cask_anchor *a;
	unsigned int i;
	bool was;

	if (area.state == CASK_AREA_STATE_CLOSED)
		return;
	for (i = 0; (a = cask_anchor_nth(i)); i++) {
		was = a->lost;
		WRITE_ONCE(a->lost, cask_loss_concerns(&area.live, a->issuer));
		if (a->lost && !was)
			tell_loss(a);
		cask_anchor_put(a);
	}
}

static void run_batch(struct list_head *batch)
{
	struct cask_txn *txn, *next;
	int ret = be_open();

	if (!ret)
		ret = apply_all(batch);
	if (ret > 0)
		ret = note(cask_area_commit(&area));
	note_status();
	note_losses();
	list_for_each_entry_safe(txn, next, batch, entry) {
		list_del_init(&txn->entry);
		end(txn, ret);
	}
}

static void run(struct work_struct *work)
{
	LIST_HEAD(batch);

	for (;;) {
		spin_lock(&queue_lock);
		list_splice_init(&queue, &batch);
		spin_unlock(&queue_lock);
		if (list_empty(&batch))
			break;
		run_batch(&batch);
	}
}

/**
 * cask_area_status() - what the secure area was after the last transaction
 * @ret: it
 */
void cask_area_status(struct cask_area_status *ret)
{
	mutex_lock(&status_lock);
	*ret = status;
	mutex_unlock(&status_lock);
}

/**
 * cask_area_loss() - what a distributor's word on a loss has to bear
 *
 * For transactions, while they are applied. Return: CASK_NONCE_SIZE bytes.
 */
const u8 *cask_area_loss(void)
{
	return loss_nonce;
}

static void wipe(u8 *data, size_t len)
{
	if (data)
		memzero_explicit(data, len);
}

/**
 * cask_area_shut() - carry out nothing any more, wait for what is under way, and wipe
 *
 * The disk is asked nothing any more, so that this is soon.
 */
void cask_area_shut(void)
{
	spin_lock(&queue_lock);
	closing = true;
	spin_unlock(&queue_lock);
	cask_store_shut();
	flush_workqueue(worker);
	wipe(area.live.data, area.live.capacity);
	wipe(area.work.data, area.work.capacity);
	wipe(area.sealed, area.sealed ? CASK_AREA_MAX : 0);
}

/**
 * cask_area_init() - have a worker
 *
 * The slots are read with the first transaction, when there is an agent. Return: 0
 * or -ENOMEM.
 */
int cask_area_init(void)
{
	area.io = cask_root() == CASK_ROOT_TPM ? &anchored : &io;
	area.first = cask_counter_first();
	worker = alloc_ordered_workqueue("cask_area", 0);
	return worker ? 0 : -ENOMEM;
}

/** cask_area_exit() - forget; it is shut, or was never used */
void cask_area_exit(void)
{
	destroy_workqueue(worker);
	free_memory();
}

#ifdef CONFIG_KUNIT
#include "test/area.c"
#endif
