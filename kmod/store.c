// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - the agent as a disk: it reads and writes the slots of the secure area.
 *
 * One question at a time, by one thread (area.c). The answers prove nothing: what
 * is read is authenticated by who asked for it, and that something was written is
 * believed as far as area/commit.c says.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>

#include "private.h"
#include "trace.h"
#include "area/area.h"

static unsigned int store_seconds = 30;
module_param(store_seconds, uint, 0644);
MODULE_PARM_DESC(store_seconds, "seconds that the agent has to read or write a part of the secure area (ETIMEDOUT)");

/* Protects the question and its answer. */
static DEFINE_MUTEX(store);
static u64 last_id;
static struct cask_question *asked;	/* not answered yet */
static DECLARE_COMPLETION(answered);
static bool shut;

/* Ends the question under way, if it is @id. */
static bool finish(u64 id, int ret)
{
	lockdep_assert_held(&store);
	if (!asked || asked->id != id)
		return false;
	asked->ret = ret;
	asked = NULL;
	complete(&answered);
	return true;
}

static int take_data(struct cask_question *q, const struct cask_bytes *data)
{
	if (data->len > q->size || (q->write && data->len))
		return -EIO;
	if (data->len)
		memcpy(q->into, data->data, data->len);
	q->got = data->len;
	return 0;
}

/* What the agent says ends up with players, to whom the others mean something else. */
static int disk_error(u32 error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return -ENOSPC;
	case EROFS:
		return -EROFS;
	default:
		return -EIO;
	}
}

/**
 * cask_store_answer() - the agent has answered
 * @id: of the question
 * @error: errno, or 0: the agent's word
 * @data: what it read
 *
 * Return: 0; -ENOENT when nothing of that number is asked for, or not any more.
 */
int cask_store_answer(u64 id, u32 error, const struct cask_bytes *data)
{
	int ret = -ENOENT;

	mutex_lock(&store);
	if (asked && asked->id == id) {
		ret = error ? disk_error(error) : take_data(asked, data);
		finish(id, ret);
		ret = 0;
	}
	mutex_unlock(&store);
	return ret;
}

/** cask_store_gone() - the agent has gone, and answers nothing any more */
void cask_store_gone(void)
{
	mutex_lock(&store);
	if (asked)
		finish(asked->id, -ENOTCONN);
	mutex_unlock(&store);
}

/** cask_store_shut() - ask nothing any more */
void cask_store_shut(void)
{
	mutex_lock(&store);
	WRITE_ONCE(shut, true);
	if (asked)
		finish(asked->id, -ESHUTDOWN);
	mutex_unlock(&store);
}

/* An agent with a full socket is an agent that is slow. */
static int send(const struct cask_question *q, unsigned long until)
{
	int ret;

	while ((ret = cask_netlink_ask(q)) == -EAGAIN && time_before(jiffies, until) &&
	       !READ_ONCE(shut))
		msleep(20);
	return ret == -EAGAIN ? -ETIMEDOUT : ret;
}

static int ask(struct cask_question *q)
{
	unsigned long until = jiffies + (unsigned long)READ_ONCE(store_seconds) * HZ;
	int ret;

	mutex_lock(&store);
	if (shut) {
		mutex_unlock(&store);
		return -ESHUTDOWN;
	}
	q->id = ++last_id;
	q->ret = -ETIMEDOUT;
	asked = q;
	reinit_completion(&answered);
	mutex_unlock(&store);
	ret = send(q, until);
	if (!ret)
		wait_for_completion_timeout(&answered, max(1L, (long)(until - jiffies)));
	mutex_lock(&store);
	/* Nobody may write to what is the caller's any more. */
	asked = NULL;
	mutex_unlock(&store);
	ret = ret ?: q->ret;
	trace_cask_store(q->write, q->slot, q->offset, q->size, q->sync, ret);
	return ret;
}

/**
 * cask_store_load() - read a slot
 * @context: unused
 * @slot: 0 or 1
 * @data: @size bytes
 * @size: bytes of the longest slot
 * @ret_len: bytes read, 0 when the slot was never written
 *
 * Return: 0; -ENOTCONN without an agent; -ETIMEDOUT; -ESHUTDOWN; -ENOMEM; of the agent's
 * -ENOSPC, -EROFS, and -EIO for all else.
 */
int cask_store_load(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len)
{
	size_t done = 0, end = size;

	while (done < end) {
		struct cask_question q = {
			.slot = slot, .offset = done, .into = data + done,
			.size = min_t(size_t, end - done, CASK_STORE_DATA_MAX),
		};
		int ret = ask(&q);

		if (ret)
			return ret;
		done += q.got;
		end = min(end, cask_area_length(data, done));
		if (q.got < q.size)
			break;
	}
	*ret_len = min(done, end);
	return 0;
}

/**
 * cask_store_store() - write a slot, and have it on disk
 * @context: unused
 * @slot: 0 or 1
 * @data: what
 * @len: bytes of @data
 *
 * Return: 0; -ENOTCONN without an agent; -ETIMEDOUT; -ESHUTDOWN; -ENOMEM; of the agent's
 * -ENOSPC, -EROFS, and -EIO for all else.
 */
int cask_store_store(void *context, unsigned int slot, const void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct cask_question q = {
			.slot = slot, .offset = done, .write = true, .from = data + done,
			.size = min_t(size_t, len - done, CASK_STORE_DATA_MAX),
		};
		int ret;

		done += q.size;
		q.sync = done == len;
		ret = ask(&q);
		if (ret)
			return ret;
	}
	return 0;
}
