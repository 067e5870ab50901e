// SPDX-License-Identifier: GPL-2.0
/*
 * events.c - what happened to licenses, as the module told it: logged, kept for
 * a while, handed out as lines of JSON.
 *
 * Nothing in caskd depends on them: what was lost on the way is counted and said,
 * and whoever cares asks for the licenses as they are.
 */
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "events.h"
#include "json.h"
#include "log.h"
#include "text.h"
#include <linux/cask_netlink.h>

/* An empty line says that we are still there, and finds out who is not. */
#define IDLE_SECONDS	15
/* A user can open and open; the journal is everyone's. */
#define LOG_SECONDS	10
#define LOG_LINES	20

#define EVENT_LOST	0	/* no event of the module's: @sequence of them never came */

/**
 * struct kept - an event, and when it came
 * @time: seconds since 1970
 * @event: of the module, or EVENT_LOST
 */
struct kept {
	int64_t time;
	struct agent_event event;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct kept ring[EVENTS_KEPT];
	uint64_t count;		/* ever; number N is at N % EVENTS_KEPT */
	uint64_t sequence;	/* the module's last */
	int64_t log_begin;
	unsigned int log_lines;
	bool ends;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/**
 * struct events_reader - one who reads
 * @uid: sees its own and the machine's; 0 sees all
 * @follow: waits for more
 * @next: number of the next event
 * @greeted: the first empty line has been sent
 */
struct events_reader {
	uint32_t uid;
	bool follow;
	uint64_t next;
	bool greeted;
};

static const char *name_of(uint32_t event)
{
	static const char *const names[] = {
		[EVENT_LOST] = "lost", [CASK_EVENT_OPENED] = "opened",
		[CASK_EVENT_REFUSED] = "refused", [CASK_EVENT_REMOVED] = "removed",
		[CASK_EVENT_RECORDS_LOST] = "records-lost", [CASK_EVENT_LOGGED] = "logged",
		[CASK_EVENT_RECORDED] = "recorded",
	};

	/* A newer module may know more. */
	return event < ARRAY_SIZE(names) ? names[event] : "unknown";
}

/* Under the lock. Whether one more line may go into the journal. */
static bool may_log(int64_t now)
{
	if (now - state.log_begin >= LOG_SECONDS) {
		if (state.log_lines > LOG_LINES)
			cask_notice("%u events are not in the log", state.log_lines - LOG_LINES);
		state.log_begin = now;
		state.log_lines = 0;
	}
	return ++state.log_lines <= LOG_LINES;
}

static void write_log(const struct agent_event *e)
{
	char license[TEXT_HEX_SIZE(CASK_ID_SIZE)], content[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char issuer[TEXT_HEX_SIZE(CASK_KID_SIZE)];

	if (e->event == EVENT_LOST) {
		cask_notice("%llu events of the module were lost",
			    (unsigned long long)e->sequence);
		return;
	}
	if (e->event == CASK_EVENT_RECORDS_LOST) {
		text_hex(e->issuer, CASK_KID_SIZE, issuer);
		cask_notice("distributor %s: records of what counts were lost", issuer);
		return;
	}
	text_hex(e->license_id, CASK_ID_SIZE, license);
	text_hex(e->content_id, CASK_ID_SIZE, content);
	cask_info("license %s, content %s, uid %d: %s%s%s", license, content,
		  e->has_owner ? (int)e->owner : -1, name_of(e->event), e->error ? ": " : "",
		  e->error ? strerror(e->error) : "");
}

/* Under the lock. */
static void keep(const struct agent_event *e)
{
	struct kept *k = &state.ring[state.count++ % EVENTS_KEPT];

	k->time = time(NULL);
	k->event = *e;
	/* That it was opened is there already. */
	if (e->event != CASK_EVENT_LOGGED && may_log(k->time))
		write_log(e);
}

/**
 * events_happened() - take an event of the module (agent_happened)
 * @happened: is copied
 */
void events_happened(const struct agent_event *happened)
{
	struct agent_event lost = { .event = EVENT_LOST };

	pthread_mutex_lock(&state.lock);
	/* A module that was loaded anew, or has a new agent, may begin anew. */
	if (state.sequence && happened->sequence > state.sequence + 1) {
		lost.sequence = happened->sequence - state.sequence - 1;
		keep(&lost);
	}
	state.sequence = happened->sequence;
	keep(happened);
	pthread_cond_broadcast(&state.changed);
	pthread_mutex_unlock(&state.lock);
}

/**
 * events_open() - begin to read, with the oldest event there is
 * @uid: who reads
 * @follow: wait for more at the end
 *
 * Return: to be closed, or NULL without memory.
 */
struct events_reader *events_open(uint32_t uid, bool follow)
{
	struct events_reader *reader = calloc(1, sizeof(*reader));

	if (reader) {
		reader->uid = uid;
		reader->follow = follow;
	}
	return reader;
}

/**
 * events_close() - read no more
 * @reader: freed; may be NULL
 */
void events_close(struct events_reader *reader)
{
	free(reader);
}

static bool sees(const struct events_reader *reader, const struct agent_event *e)
{
	return !reader->uid || e->event == EVENT_LOST || !e->has_owner || e->owner == reader->uid;
}

static json_t *id_or_null(const uint8_t *id, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (id[i])
			return cask_json_new_hex(id, size);
	return json_null();
}

static json_t *to_json(const struct kept *k)
{
	const struct agent_event *e = &k->event;
	json_t *json;

	if (e->event == EVENT_LOST)
		return json_pack("{ss sI sI}", "event", "lost", "time", (json_int_t)k->time,
				 "count", (json_int_t)e->sequence);
	json = json_pack("{ss sI sI so so so so}", "event", name_of(e->event),
			 "time", (json_int_t)k->time, "sequence", (json_int_t)e->sequence,
			 "issuer", id_or_null(e->issuer, sizeof(e->issuer)),
			 "license_id", id_or_null(e->license_id, sizeof(e->license_id)),
			 "content_id", id_or_null(e->content_id, sizeof(e->content_id)),
			 "uid", e->has_owner ? json_integer(e->owner) : json_null());
	if (json && e->error)
		json_object_set_new(json, "errno", json_string(strerrorname_np(e->error) ?: "?"));
	return json;
}

/* A line into the buffer; 0 when it does not fit there or nowhere. */
static size_t print(const struct kept *k, char *buffer, size_t max)
{
	_cleanup_json_ json_t *json = to_json(k);
	size_t size = json ? json_dumpb(json, buffer, max, JSON_COMPACT) : 0;

	if (!size || size >= max)
		return 0;
	buffer[size] = '\n';
	return size + 1;
}

/* Under the lock. The next event that the reader sees, which it then has had; false if there is none. */
static bool take_next(struct events_reader *reader, struct kept *ret)
{
	uint64_t oldest = state.count > EVENTS_KEPT ? state.count - EVENTS_KEPT : 0;

	if (reader->next < oldest) {
		*ret = (struct kept){
			.time = time(NULL), .event = { .event = EVENT_LOST,
						       .sequence = oldest - reader->next },
		};
		reader->next = oldest;
		return true;
	}
	while (reader->next < state.count) {
		*ret = state.ring[reader->next++ % EVENTS_KEPT];
		if (sees(reader, &ret->event))
			return true;
	}
	return false;
}

/* Under the lock. Returns false when nothing happened for a while. */
static bool await(const struct events_reader *reader)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_SECONDS;
	while (!state.ends && reader->next == state.count)
		if (pthread_cond_timedwait(&state.changed, &state.lock, &until))
			return false;
	return true;
}

/**
 * events_read() - the next line, waiting for it if the reader follows
 * @reader: open
 * @buffer: where
 * @max: bytes of @buffer
 *
 * Return: bytes of a line, or 0 at the end.
 */
ssize_t events_read(struct events_reader *reader, char *buffer, size_t max)
{
	bool idle = !reader->greeted;
	struct kept k;
	size_t n = 0;

	/* The first line goes out at once: then its reader knows that it misses nothing. */
	reader->greeted = true;
	pthread_mutex_lock(&state.lock);
	while (!n && !idle && !state.ends) {
		if (take_next(reader, &k))
			n = print(&k, buffer, max);
		else if (!reader->follow)
			break;
		else
			idle = !await(reader);
	}
	pthread_mutex_unlock(&state.lock);
	if (idle)
		buffer[n++] = '\n';
	return n;
}

/**
 * events_stop() - whoever reads has come to the end
 */
void events_stop(void)
{
	pthread_mutex_lock(&state.lock);
	state.ends = true;
	pthread_cond_broadcast(&state.changed);
	pthread_mutex_unlock(&state.lock);
}
