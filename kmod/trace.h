/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - tracepoints, cask:*: each open, block, batch and request, each
 * transaction of the secure area and each question to its disk, with its result.
 * No key, no plaintext and no ciphertext is shown by any.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cask

#if !defined(CASK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CASK_TRACE_H

#include <linux/tracepoint.h>
#include <linux/uidgid.h>
#include <linux/cask_format.h>

TRACE_EVENT(cask_open,
	TP_PROTO(const u8 *content_id, kuid_t user, int ret),
	TP_ARGS(content_id, user, ret),
	TP_STRUCT__entry(
		__array(u8, content_id, CASK_ID_SIZE)
		__field(u32, uid)
		__field(int, ret)
	),
	TP_fast_assign(
		memcpy(__entry->content_id, content_id, CASK_ID_SIZE);
		__entry->uid = from_kuid(&init_user_ns, user);
		__entry->ret = ret;
	),
	TP_printk("content=%*phN uid=%u ret=%d", CASK_ID_SIZE, __entry->content_id,
		  __entry->uid, __entry->ret)
);

TRACE_EVENT(cask_block,
	TP_PROTO(const u8 *content_id, u64 index, int ret),
	TP_ARGS(content_id, index, ret),
	TP_STRUCT__entry(
		__array(u8, content_id, CASK_ID_SIZE)
		__field(u64, index)
		__field(int, ret)
	),
	TP_fast_assign(
		memcpy(__entry->content_id, content_id, CASK_ID_SIZE);
		__entry->index = index;
		__entry->ret = ret;
	),
	TP_printk("content=%*phN index=%llu ret=%d", CASK_ID_SIZE, __entry->content_id,
		  __entry->index, __entry->ret)
);

TRACE_EVENT(cask_batch,
	TP_PROTO(const u8 *content_id, u32 jobs, u64 bytes, long ret),
	TP_ARGS(content_id, jobs, bytes, ret),
	TP_STRUCT__entry(
		__array(u8, content_id, CASK_ID_SIZE)
		__field(u32, jobs)
		__field(u64, bytes)
		__field(long, ret)
	),
	TP_fast_assign(
		memcpy(__entry->content_id, content_id, CASK_ID_SIZE);
		__entry->jobs = jobs;
		__entry->bytes = bytes;
		__entry->ret = ret;
	),
	TP_printk("content=%*phN jobs=%u bytes=%llu ret=%ld", CASK_ID_SIZE, __entry->content_id,
		  __entry->jobs, __entry->bytes, __entry->ret)
);

TRACE_EVENT(cask_request,
	TP_PROTO(u8 cmd, u32 portid, int ret),
	TP_ARGS(cmd, portid, ret),
	TP_STRUCT__entry(
		__field(u8, cmd)
		__field(u32, portid)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->cmd = cmd;
		__entry->portid = portid;
		__entry->ret = ret;
	),
	TP_printk("cmd=%u portid=%u ret=%d", __entry->cmd, __entry->portid, __entry->ret)
);

TRACE_EVENT(cask_area,
	TP_PROTO(u32 state, u64 counter, int ret),
	TP_ARGS(state, counter, ret),
	TP_STRUCT__entry(
		__field(u32, state)
		__field(u64, counter)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->state = state;
		__entry->counter = counter;
		__entry->ret = ret;
	),
	TP_printk("state=%u counter=%llu ret=%d", __entry->state, __entry->counter, __entry->ret)
);

TRACE_EVENT(cask_medium,
	TP_PROTO(const char *what, const u8 *number, int ret),
	TP_ARGS(what, number, ret),
	TP_STRUCT__entry(
		__field(const char *, what)
		__array(u8, number, CASK_MEDIUM_NUMBER_SIZE)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->what = what;
		memcpy(__entry->number, number, CASK_MEDIUM_NUMBER_SIZE);
		__entry->ret = ret;
	),
	TP_printk("%s number=%*phN ret=%d", __entry->what, CASK_MEDIUM_NUMBER_SIZE,
		  __entry->number, __entry->ret)
);

TRACE_EVENT(cask_transaction,
	TP_PROTO(const void *apply, u64 counter, int ret),
	TP_ARGS(apply, counter, ret),
	TP_STRUCT__entry(
		__field(const void *, apply)
		__field(u64, counter)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->apply = apply;
		__entry->counter = counter;
		__entry->ret = ret;
	),
	TP_printk("apply=%ps counter=%llu ret=%d", __entry->apply, __entry->counter, __entry->ret)
);

TRACE_EVENT(cask_store,
	TP_PROTO(bool write, u32 slot, u32 offset, u32 size, bool sync, int ret),
	TP_ARGS(write, slot, offset, size, sync, ret),
	TP_STRUCT__entry(
		__field(bool, write)
		__field(bool, sync)
		__field(u32, slot)
		__field(u32, offset)
		__field(u32, size)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->write = write;
		__entry->sync = sync;
		__entry->slot = slot;
		__entry->offset = offset;
		__entry->size = size;
		__entry->ret = ret;
	),
	TP_printk("%s slot=%u offset=%u size=%u sync=%u ret=%d",
		  __entry->write ? "write" : "read", __entry->slot, __entry->offset,
		  __entry->size, __entry->sync, __entry->ret)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
