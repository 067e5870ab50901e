// SPDX-License-Identifier: GPL-2.0
/*
 * refresh.c - what makes the module take licenses that it did not take: the
 * statements of distributors, this device's leaves and their EKBs, fetched anew, when what the
 * module has is too old;
 * their word, when records of the secure area were lost; or time, when it had no room. And the later EKBs
 * that keys in headers want, before somebody plays, or after the module refused for that.
 *
 * Whoever gets a license does it at once. For those that the module refused when
 * it was told all, and for records that it finds lost when somebody uses a medium, there
 * is a thread: that happens with the module's mutex held and perhaps before the network is
 * there, so it cannot ask servers itself.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "leaves.h"
#include "log.h"
#include "reanchor.h"
#include "refresh.h"
#include "restore.h"
#include "store.h"

/* Until a server is asked for more, or perhaps can be reached again; then twice as long each time. */
#define FIRST_SECONDS	30
#define LONGEST_SECONDS	3600
/* So often distributors are asked for later EKBs, if nobody wants to play before. */
#define LOOK_SECONDS	3600
/* For the EKBs of a distributor before it is another's turn. */
#define TURN_SECONDS	60

/* How a turn ended; FAILED: it may be otherwise later. */
enum end { DONE, MORE, FAILED };

/**
 * struct turn - of a distributor, or of what waits for room
 * @issuer: whose
 * @look_at: CLOCK_MONOTONIC seconds, when later EKBs are asked for
 * @again_at: when what did not end well is tried again, else 0
 * @seconds: until then when it fails once more
 */
struct turn {
	uint8_t issuer[CASK_KID_SIZE];
	int64_t look_at;
	int64_t again_at;
	int seconds;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted;
	bool look;
	bool ends;
	bool runs;
	pthread_t thread;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* The thread's alone. The store forgets no distributor, so there are no more than it has. */
static struct turn turns[STORE_DISTRIBUTORS_MAX];
static size_t turn_count;
static struct turn room = { .seconds = FIRST_SECONDS };

static bool is_of_keys(int error)
{
	return error == ENOKEY || error == EKEYEXPIRED || error == EKEYREJECTED;
}

/**
 * refresh_may_help() - whether newer statements may change the module's mind
 * @p: its refusal
 */
bool refresh_may_help(const struct problem *p)
{
	return !strcmp(p->code, "kernel") && is_of_keys(p->error);
}

/* Its statements. */
static int update(struct distributor *d)
{
	_cleanup_distributor_ struct distributor *fresh = NULL;
	struct problem p;
	int err;

	if (distributor_refresh(d, &fresh, &p)) {
		cask_notice("%s: %s", d->bundle.name, p.detail);
		return -1;
	}
	err = store_replace_distributor(d, fresh);
	/* Who registered anew meanwhile has statements at least as new. */
	if (!err || err == -ESTALE)
		return 0;
	cask_warn("%s: %s", d->bundle.name, strerror(-err));
	return -1;
}

static enum end judge(const struct distributor *d, int ret, const struct problem *p)
{
	if (!ret)
		return DONE;
	cask_notice("%s: %s", d->bundle.name, p->detail);
	return ret > 0 ? MORE : problem_may_pass(p) ? FAILED : DONE;
}

/* @seconds: for its EKBs. Most licenses need none; what does says so once more. */
static enum end follow(struct distributor *d, unsigned int seconds)
{
	struct problem p = { 0 };
	enum end end = judge(d, leaves_fetch(d, seconds, &p), &p);

	restore_issuer(d->bundle.issuer);
	return end;
}

/**
 * refresh_distributor() - fetch, install and keep its statements, leaves and EKBs, and try
 * again what waited for them
 * @d: registered; what is kept afterwards is another object
 *
 * Return: 0, also when leaves or EKBs did not come, or -1; after logging why.
 */
int refresh_distributor(struct distributor *d)
{
	if (update(d))
		return -1;
	follow(d, LEAVES_SECONDS);
	return 0;
}

static bool waits_for(const struct distributor *d)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0;
	bool waits = false;

	if (store_list_licenses(&list, &count))
		return false;
	for (size_t i = 0; i < count && !waits; i++)
		waits = is_of_keys(list[i].error) &&
			!memcmp(list[i].issuer, d->bundle.issuer, CASK_KID_SIZE) &&
			(!list[i].not_after || list[i].not_after > (uint64_t)time(NULL));
	return waits;
}

static int reanchor(struct distributor *d)
{
	struct problem p = { 0 };

	if (reanchor_mends(d, &p))
		return 0;
	cask_notice("%s: %s", d->bundle.name, p.detail);
	return problem_may_pass(&p) ? -1 : 0;
}

/* Whether a license is held whose key is in headers: for @category, or NULL: any of the distributor's. */
static bool is_wanted(const uint8_t issuer[CASK_KID_SIZE], const uint8_t *category)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0;
	bool found = false;

	if (store_list_licenses(&list, &count))
		return false;
	for (size_t i = 0; i < count && !found; i++)
		found = list[i].in_header && !memcmp(list[i].issuer, issuer, CASK_KID_SIZE) &&
			(!category || !memcmp(list[i].category, category, CASK_ID_SIZE));
	return found;
}

static enum end look(struct distributor *d)
{
	struct problem p = { 0 };

	if (!is_wanted(d->bundle.issuer, NULL))
		return DONE;
	return judge(d, leaves_look(d, is_wanted, TURN_SECONDS, &p), &p);
}

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Somewhere in the second half: many devices may wait for one server. */
static int64_t later(int seconds)
{
	uint16_t random = 0;

	crypto_random(&random, sizeof(random));
	return seconds_now() + seconds - seconds / 2 * random / UINT16_MAX;
}

static int twice(int seconds)
{
	return seconds * 2 < LONGEST_SECONDS ? seconds * 2 : LONGEST_SECONDS;
}

/* A new one is to look at once. */
static struct turn *turn_of(const struct distributor *d)
{
	struct turn *t;

	for (t = turns; t < turns + turn_count; t++)
		if (!memcmp(t->issuer, d->bundle.issuer, CASK_KID_SIZE))
			return t;
	turn_count++;
	t->seconds = FIRST_SECONDS;
	memcpy(t->issuer, d->bundle.issuer, CASK_KID_SIZE);
	return t;
}

static int64_t due_at(const struct turn *t)
{
	return t->again_at ? t->again_at : t->look_at;
}

static void note(struct turn *t, enum end end)
{
	t->again_at = end == DONE ? 0 : later(end == MORE ? FIRST_SECONDS : t->seconds);
	t->seconds = end == FAILED ? twice(t->seconds) : FIRST_SECONDS;
}

/* What did not come is looked for the next time, even if no license waits for it then. */
static void give_turn(struct distributor *d, struct turn *t)
{
	bool waits = waits_for(d), looks = seconds_now() >= t->look_at;
	enum end end = DONE;

	if (waits)
		end = update(d) ? FAILED : follow(d, TURN_SECONDS);
	else if (looks)
		end = look(d);
	if (waits || looks)
		t->look_at = end == DONE ? later(LOOK_SECONDS) : 0;
	/* Whatever that says, more is to come soon. */
	if (reanchor_is_wanted(d) && reanchor(d) && end == DONE)
		end = FAILED;
	note(t, end);
}

/* Returns when there is something to do next, if nothing is wanted before. */
static int64_t give_turns(bool woken, bool looks)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	int64_t next = later(LOOK_SECONDS);
	size_t count = 0;

	store_list_distributors(list, &count);
	for (size_t i = 0; i < count; i++) {
		struct turn *t = turn_of(list[i]);

		if (looks)
			t->look_at = 0;
		if (woken || seconds_now() >= due_at(t))
			give_turn(list[i], t);
		next = due_at(t) < next ? due_at(t) : next;
		distributor_unref(list[i]);
	}
	note(&room, restore_waiting() ? DONE : FAILED);
	return room.again_at && room.again_at < next ? room.again_at : next;
}

/* Under the lock. */
static void wait_until(int64_t at)
{
	const struct timespec until = { .tv_sec = at };
	int err = 0;

	while (!state.ends && !state.wanted && !err)
		err = pthread_cond_clockwait(&state.changed, &state.lock, CLOCK_MONOTONIC, &until);
}

static void *work(void *unused)
{
	bool woken, looks;
	int64_t next;

	pthread_mutex_lock(&state.lock);
	while (!state.ends) {
		woken = state.wanted;
		looks = state.look;
		state.wanted = state.look = false;
		pthread_mutex_unlock(&state.lock);
		next = give_turns(woken, looks);
		pthread_mutex_lock(&state.lock);
		wait_until(next);
	}
	pthread_mutex_unlock(&state.lock);
	return NULL;
}

/**
 * refresh_start() - start the thread; what was wanted before is done, too
 *
 * Return: 0 or a negative errno.
 */
int refresh_start(void)
{
	int err = pthread_create(&state.thread, NULL, work, NULL);

	state.runs = !err;
	return -err;
}

static void tell(bool *what, bool look)
{
	pthread_mutex_lock(&state.lock);
	*what = true;
	state.look |= look;
	pthread_cond_signal(&state.changed);
	pthread_mutex_unlock(&state.lock);
}

/**
 * refresh_wake() - have a look whether licenses wait for newer statements or room
 */
void refresh_wake(void)
{
	tell(&state.wanted, false);
}

/**
 * refresh_look() - the key in a header wanted a later EKB: ask for that
 *
 * Whoever calls it for what anybody can bring about does so only so often.
 */
void refresh_look(void)
{
	tell(&state.wanted, true);
}

/**
 * refresh_stop() - end the thread, as soon as no server is being asked
 */
void refresh_stop(void)
{
	if (!state.runs)
		return;
	tell(&state.ends, false);
	pthread_join(state.thread, NULL);
	state.runs = false;
}
