// SPDX-License-Identifier: GPL-2.0
/*
 * delivery.c - bring reports of use from the module to distributors, and their word back.
 *
 * Nothing is kept of it here: the module reports until it has the word, so what is cut short is
 * done anew, and the distributor records it once. There is a thread, for the module tells of uses
 * with its mutex held, and nobody who plays waits for a server.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "delivery.h"
#include "log.h"
#include "netlink.h"
#include "parse.h"
#include "store.h"

/* After a failure, and twice as long each time. */
#define FIRST_SECONDS	5
#define LONGEST_SECONDS	3600
/* What was logged before this boot nobody tells of. */
#define LOOK_SECONDS	600

/* What is known of a distributor's log. */
struct known {
	uint8_t issuer[CASK_KID_SIZE];
	struct delivery delivery;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct known known[STORE_DISTRIBUTORS_MAX];
	size_t count;
	bool wanted;
	bool at_once;
	bool ends;
	bool runs;
	pthread_t thread;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* Under the lock. NULL when nothing is known. */
static struct known *find(const uint8_t issuer[CASK_KID_SIZE])
{
	for (size_t i = 0; i < state.count; i++)
		if (!memcmp(state.known[i].issuer, issuer, CASK_KID_SIZE))
			return &state.known[i];
	return NULL;
}

/* @acknowledged: so many more entries were */
static void note(const struct distributor *d, const struct delivery *delivery,
		 uint64_t acknowledged)
{
	struct known *k;

	pthread_mutex_lock(&state.lock);
	k = find(d->bundle.issuer);
	if (!k && state.count < STORE_DISTRIBUTORS_MAX) {
		k = &state.known[state.count++];
		memcpy(k->issuer, d->bundle.issuer, sizeof(k->issuer));
	}
	if (k) {
		acknowledged += k->delivery.reported;
		k->delivery = *delivery;
		k->delivery.reported = acknowledged;
	}
	pthread_mutex_unlock(&state.lock);
}

/**
 * delivery_of() - what of a distributor's log waits
 * @d: which
 * @ret: all zero when nothing is known
 */
void delivery_of(const struct distributor *d, struct delivery *ret)
{
	const struct known *k;

	pthread_mutex_lock(&state.lock);
	k = find(d->bundle.issuer);
	*ret = k ? k->delivery : (struct delivery){ 0 };
	pthread_mutex_unlock(&state.lock);
}

/* What is on its way: only what the status says depends on it. */
static struct delivery look(const struct netlink_blob *report, uint64_t *ret_number)
{
	struct cask_report_view view;
	struct delivery delivery = { 0 };

	*ret_number = 0;
	if (cask_report_parse(&view, report->data, report->size))
		return delivery;
	*ret_number = view.number;
	delivery.entries = view.count;
	delivery.since = cask_le64(view.entries.data + offsetof(struct cask_log_entry, time));
	return delivery;
}

static int pass_on(struct distributor *d, const struct netlink_blob *report, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob word;
	struct request_place place;

	if (distributor_place(d, &place, p) ||
	    server_report(&place, report->data, report->size, &data, &word.size, p))
		return -1;
	word.data = data;
	return netlink_report_ack(&word, p);
}

/* Until nothing is left. A word that the module has had already is none. */
static int deliver(struct distributor *d, struct delivery *delivery, struct problem *p)
{
	uint8_t object[CASK_REPORT_MAX];
	struct netlink_blob report = { .data = object };
	uint64_t number, before = 0;

	for (;;) {
		if (netlink_report_get(d->bundle.issuer, object, &report.size, p))
			return -1;
		*delivery = look(&report, &number);
		note(d, delivery, 0);
		if (before && number == before)
			return problem_set(p, 502, "server-answer",
					   "the server acknowledges what it was not told");
		before = number;
		if (pass_on(d, &report, p))
			return -1;
		note(d, delivery, delivery->entries);
	}
}

static bool is_done(const struct problem *p)
{
	return !strcmp(p->code, "kernel") && p->error == ENODATA;
}

/* Returns whether nothing is left. */
static bool deliver_all_of(struct distributor *d)
{
	struct delivery delivery = { 0 };
	struct problem p = { 0 };

	/* It ends with a problem, if only that there is nothing more. */
	deliver(d, &delivery, &p);
	if (is_done(&p)) {
		delivery = (struct delivery){ 0 };
	} else {
		snprintf(delivery.code, sizeof(delivery.code), "%s", p.code);
		cask_notice("%s: what was used is not reported: %s", d->bundle.name, p.detail);
	}
	note(d, &delivery, 0);
	return is_done(&p);
}

static bool deliver_all(void)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	bool done = true;
	size_t count = 0;

	store_list_distributors(list, &count);
	for (size_t i = 0; i < count; i++) {
		if (!deliver_all_of(list[i]))
			done = false;
		distributor_unref(list[i]);
	}
	return done;
}

/* Under the lock. Until something is wanted; after a failure, wanted at once. */
static void wait_seconds(int seconds, const bool *wanted)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	while (!state.ends && !*wanted &&
	       pthread_cond_timedwait(&state.changed, &state.lock, &until) != ETIMEDOUT)
		;
}

/* Somewhere in the second half: many devices may wait for one server. */
static int about(int seconds)
{
	uint16_t random = 0;

	crypto_random(&random, sizeof(random));
	return seconds - seconds / 2 * random / UINT16_MAX;
}

static void *work(void *unused)
{
	int seconds = FIRST_SECONDS;
	bool done = true;

	pthread_mutex_lock(&state.lock);
	while (!state.ends) {
		if (done)
			wait_seconds(about(LOOK_SECONDS), &state.wanted);
		else
			wait_seconds(about(seconds), &state.at_once);
		if (state.ends)
			break;
		state.wanted = state.at_once = false;
		pthread_mutex_unlock(&state.lock);
		done = deliver_all();
		pthread_mutex_lock(&state.lock);
		seconds = done ? FIRST_SECONDS :
			  seconds * 2 < LONGEST_SECONDS ? seconds * 2 : LONGEST_SECONDS;
	}
	pthread_mutex_unlock(&state.lock);
	return NULL;
}

/**
 * delivery_start() - start the thread
 *
 * Return: 0 or a negative errno.
 */
int delivery_start(void)
{
	int err = pthread_create(&state.thread, NULL, work, NULL);

	state.runs = !err;
	return -err;
}

/**
 * delivery_wake() - something was logged
 * @at_once: somebody cannot go on before it is reported: also when the last try failed
 */
void delivery_wake(bool at_once)
{
	pthread_mutex_lock(&state.lock);
	state.wanted = true;
	state.at_once |= at_once;
	pthread_cond_signal(&state.changed);
	pthread_mutex_unlock(&state.lock);
}

/**
 * delivery_stop() - end the thread, as soon as no server is being asked
 */
void delivery_stop(void)
{
	if (!state.runs)
		return;
	pthread_mutex_lock(&state.lock);
	state.ends = true;
	pthread_cond_signal(&state.changed);
	pthread_mutex_unlock(&state.lock);
	pthread_join(state.thread, NULL);
	state.runs = false;
}
