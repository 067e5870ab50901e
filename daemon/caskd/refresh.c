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

/* Until a server can be reached again, and twice as long each time. */
#define FIRST_SECONDS	30
#define LONGEST_SECONDS	3600
/* So often distributors are asked for later EKBs, if nobody wants to play before. */
#define LOOK_SECONDS	3600
/* For the EKBs of a distributor before it is another's turn. */
#define TURN_SECONDS	60

/* How a round ended: the worst of it. */
enum round { DONE, MORE, FAILED };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted;
	bool look;
	bool ends;
	bool runs;
	pthread_t thread;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .look = true };

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

/* @seconds: for its EKBs */
static enum round refresh(struct distributor *d, unsigned int seconds)
{
	_cleanup_distributor_ struct distributor *fresh = NULL;
	struct problem p;
	int err, more;

	if (distributor_refresh(d, &fresh, &p)) {
		cask_notice("%s: %s", d->bundle.name, p.detail);
		return FAILED;
	}
	err = store_replace_distributor(d, fresh);
	/* Who registered anew meanwhile has statements at least as new. */
	if (err && err != -ESTALE) {
		cask_warn("%s: %s", d->bundle.name, strerror(-err));
		return FAILED;
	}
	/* Most licenses need none; what does says so once more. */
	more = leaves_fetch(d, seconds, &p);
	if (more)
		cask_notice("%s: %s", d->bundle.name, p.detail);
	restore_issuer(d->bundle.issuer);
	return more > 0 ? MORE : DONE;
}

/**
 * refresh_distributor() - fetch, install and keep its statements, leaves and EKBs, and try
 * again what waited for them
 * @d: registered; what is kept afterwards is another object
 *
 * Return: 0 or -1, after logging why.
 */
int refresh_distributor(struct distributor *d)
{
	return refresh(d, LEAVES_SECONDS) == FAILED ? -1 : 0;
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

static enum round look(struct distributor *d)
{
	struct problem p = { 0 };
	int ret = is_wanted(d->bundle.issuer, NULL) ? leaves_look(d, is_wanted, TURN_SECONDS, &p) : 0;

	if (ret && p.code[0])
		cask_notice("%s: %s", d->bundle.name, p.detail);
	return ret > 0 ? MORE : ret ? FAILED : DONE;
}

static enum round worst(enum round a, enum round b)
{
	return a > b ? a : b;
}

/* DONE: all whose licenses wait could be asked, and nothing waits for room. */
static enum round refresh_all(bool looks)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	enum round round = DONE;
	size_t count = 0;

	store_list_distributors(list, &count);
	for (size_t i = 0; i < count; i++) {
		if (waits_for(list[i]))
			round = worst(round, refresh(list[i], TURN_SECONDS));
		else if (looks)
			round = worst(round, look(list[i]));
		if (reanchor_is_wanted(list[i]) && reanchor(list[i]))
			round = FAILED;
		distributor_unref(list[i]);
	}
	return restore_waiting() ? round : FAILED;
}

/*
 * Under the lock. Somewhere in the second half: many devices may wait for one server. Returns whether it
 * was that long, and nothing is wanted.
 */
static bool wait_seconds(int seconds)
{
	struct timespec until;
	uint16_t random = 0;
	int err = 0;

	crypto_random(&random, sizeof(random));
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds - seconds / 2 * random / UINT16_MAX;
	while (!state.ends && !state.wanted && err != ETIMEDOUT)
		err = pthread_cond_timedwait(&state.changed, &state.lock, &until);
	return err == ETIMEDOUT;
}

static int twice(int seconds)
{
	return seconds * 2 < LONGEST_SECONDS ? seconds * 2 : LONGEST_SECONDS;
}

static void *work(void *unused)
{
	int seconds = FIRST_SECONDS;
	enum round round;
	bool looks;

	pthread_mutex_lock(&state.lock);
	while (!state.ends) {
		looks = state.look;
		state.wanted = state.look = false;
		pthread_mutex_unlock(&state.lock);
		round = refresh_all(looks);
		pthread_mutex_lock(&state.lock);
		if (round == DONE) {
			/* Whoever plays then has it already. */
			if (wait_seconds(LOOK_SECONDS))
				state.look = true;
		} else {
			state.look |= looks;
			wait_seconds(round == MORE ? FIRST_SECONDS : seconds);
		}
		seconds = round == FAILED ? twice(seconds) : FIRST_SECONDS;
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
