// SPDX-License-Identifier: GPL-2.0
/*
 * unit_refresh.c - when and whom caskd asks in the background for what the module lacks: refresh.c, with
 * servers, a module, a store and a clock of the test's own. No distributor takes another's turn.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caskd/leaves.h"
#include "caskd/reanchor.h"
#include "caskd/refresh.h"
#include "caskd/restore.h"
#include "caskd/store.h"
#include "crypto.h"
#include "reply.h"

#define TURN	60	/* seconds, of a distributor */
#define FIRST	30	/* until one is asked again */
#define HOUR	3600	/* between two looks */

static struct distributor list[2] = {
	{ .bundle = { .issuer = { 1 } } }, { .bundle = { .issuer = { 2 } } },
};

/* What was asked of whom, in a round of the thread. */
static struct {
	struct holding held[2];
	unsigned int fetched[2];
	unsigned int looked[2];
	unsigned int seconds;
	bool wanted[3];		/* of the first: its category, another, that of the second */
	int ends[2];		/* how fetching and looking do */
	int status;		/* of that, where it is -1 */
	unsigned int updated;	/* distributors */
} seen;

static unsigned int place_of(const struct distributor *d)
{
	return d->bundle.issuer[0] - 1;
}

/* --- a clock --- */

/* In hand as soon as the thread has waited once: it waits by it, and sleeps until that says so. */
static struct {
	_Atomic int64_t now;
	pthread_cond_t *changed;
	pthread_mutex_t *lock;
	bool is_awaited;
	sem_t sleeps;
} time_of = { .now = 1000 };

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	*ret = (struct timespec){ .tv_sec = time_of.now };
	return 0;
}

int pthread_cond_clockwait(pthread_cond_t *changed, pthread_mutex_t *lock, clockid_t clock,
			   const struct timespec *until)
{
	/* Who sets the time of day alters nothing. */
	if (clock != CLOCK_MONOTONIC)
		abort();
	if (until->tv_sec <= time_of.now)
		return ETIMEDOUT;
	time_of.changed = changed;
	time_of.lock = lock;
	if (time_of.is_awaited)
		sem_post(&time_of.sleeps);
	time_of.is_awaited = false;
	return pthread_cond_wait(changed, lock);
}

static void await_sleep(void)
{
	sem_wait(&time_of.sleeps);
}

/* And what that has done. */
static void pass(int seconds)
{
	pthread_mutex_lock(time_of.lock);
	time_of.now += seconds;
	time_of.is_awaited = true;
	pthread_cond_signal(time_of.changed);
	pthread_mutex_unlock(time_of.lock);
	await_sleep();
}

static void ask(void (*how)(void))
{
	pthread_mutex_lock(time_of.lock);
	time_of.is_awaited = true;
	pthread_mutex_unlock(time_of.lock);
	how();
	await_sleep();
}

/* --- a store --- */

int store_list_distributors(struct distributor *ret[STORE_DISTRIBUTORS_MAX], size_t *ret_count)
{
	ret[0] = &list[0];
	ret[1] = &list[1];
	*ret_count = 2;
	return 0;
}

int store_list_licenses(struct holding **ret, size_t *ret_count)
{
	*ret = malloc(sizeof(seen.held));
	assert_non_null(*ret);
	memcpy(*ret, seen.held, sizeof(seen.held));
	*ret_count = 2;
	return 0;
}

int store_replace_distributor(const struct distributor *old, struct distributor *fresh)
{
	return 0;
}

void distributor_unref(struct distributor *d) {}

/* --- servers --- */

int distributor_refresh(struct distributor *d, struct distributor **ret, struct problem *p)
{
	seen.updated++;
	*ret = d;
	return 0;
}

static int end_of(const struct distributor *d, struct problem *p)
{
	problem_set(p, seen.status, "server-timeout", "no");
	return seen.ends[place_of(d)];
}

int leaves_fetch(struct distributor *d, unsigned int seconds, struct problem *p)
{
	seen.fetched[place_of(d)]++;
	seen.seconds = seconds;
	return end_of(d, p);
}

int leaves_look(struct distributor *d, leaves_wants *wants, unsigned int seconds, struct problem *p)
{
	static const uint8_t categories[3][CASK_ID_SIZE] = { { 1 }, { 9 }, { 2 } };

	seen.looked[place_of(d)]++;
	seen.seconds = seconds;
	for (unsigned int i = 0; i < 3; i++)
		seen.wanted[i] = wants(d->bundle.issuer, categories[i]);
	return end_of(d, p);
}

bool reanchor_is_wanted(const struct distributor *d)
{
	return false;
}

bool reanchor_mends(struct distributor *d, struct problem *p)
{
	return false;
}

/* --- a module --- */

void restore_issuer(const uint8_t issuer[CASK_KID_SIZE]) {}

bool restore_waiting(void)
{
	return true;
}

struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
{
	return NULL;
}

int crypto_random(void *out, size_t size)
{
	memset(out, 0, size);
	return 0;
}

/* --- the tests --- */

/* A license whose key is in headers, for the category of the distributor's number; or one that waits for a key. */
static void hold(unsigned int i, bool in_header, int error)
{
	seen.held[i] = (struct holding){
		.issuer = { i + 1 }, .in_header = in_header, .category = { i + 1 }, .error = error,
	};
}

/* As caskd starts: before somebody plays. */
static void D6_at_its_start_it_looks_where_a_key_in_headers_is_licensed(void **state)
{
	hold(0, true, 0);
	hold(1, false, 0);
	time_of.is_awaited = true;
	assert_int_equal(refresh_start(), 0);
	await_sleep();
	assert_int_equal(seen.looked[0], 1);
	assert_int_equal(seen.looked[1], 0);
	assert_true(seen.wanted[0]);
	assert_false(seen.wanted[1] || seen.wanted[2]);
	assert_int_equal(seen.seconds, TURN);
	assert_int_equal(seen.fetched[0] + seen.fetched[1], 0);
}

static void D6_it_looks_again_when_that_is_wanted_only(void **state)
{
	hold(0, true, 0);
	hold(1, true, 0);
	ask(refresh_wake);
	assert_int_equal(seen.looked[0] + seen.looked[1], 0);
	ask(refresh_look);
	assert_int_equal(seen.looked[0], 1);
	assert_int_equal(seen.looked[1], 1);
}

/* However often it is woken for something else. */
static void D6_it_looks_again_each_hour(void **state)
{
	hold(0, true, 0);
	ask(refresh_look);
	assert_int_equal(seen.looked[0], 1);
	for (unsigned int i = 0; i < 3; i++) {
		pass(HOUR / 3 - 1);
		ask(refresh_wake);
	}
	assert_int_equal(seen.looked[0], 1);
	pass(3);
	assert_int_equal(seen.looked[0], 2);
}

/* One whose EKBs take long, or do not come, and the other: each has its turn in every round. */
static void D6_distributors_take_turns(void **state)
{
	static const int ends[] = { 1, -1 };

	hold(0, false, ENOKEY);
	hold(1, false, ENOKEY);
	for (unsigned int i = 0; i < 2; i++) {
		seen.ends[0] = seen.ends[1] = ends[i];
		ask(refresh_wake);
		assert_int_equal(seen.fetched[0], i + 1);
		assert_int_equal(seen.fetched[1], i + 1);
		assert_int_equal(seen.seconds, TURN);
	}
}

/* Of one nothing comes: it is left alone for longer each time. Of the other there is more each time. */
static void D6_one_that_cannot_be_reached_slows_no_other(void **state)
{
	static const unsigned int fails[] = { 1, 0, 1, 0, 0, 0, 1, 0 };
	unsigned int failed = 1;

	hold(0, false, ENOKEY);
	hold(1, false, ENOKEY);
	seen.ends[0] = -1;
	seen.ends[1] = 1;
	ask(refresh_wake);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(seen.fetched[0], failed);
		assert_int_equal(seen.fetched[1], i + 1);
		pass(FIRST - 1);
		assert_int_equal(seen.fetched[0], failed);
		assert_int_equal(seen.fetched[1], i + 1);
		pass(1);
		failed += fails[i];
	}
	assert_int_equal(seen.looked[0] + seen.looked[1], 0);
}

/* What the module or the server refuses for good waits for the next look. */
static void D6_what_may_pass_is_told_from_what_does_not(void **state)
{
	hold(0, false, ENOKEY);
	seen.ends[0] = -1;
	seen.status = 403;
	ask(refresh_wake);
	pass(HOUR - 1);
	assert_int_equal(seen.fetched[0], 1);
	seen.status = 502;
	pass(1);
	assert_int_equal(seen.fetched[0], 2);
	pass(FIRST);
	assert_int_equal(seen.fetched[0], 3);
}

static void D6_statements_are_of_use_without_EKBs(void **state)
{
	seen.ends[0] = -1;
	assert_int_equal(refresh_distributor(&list[0]), 0);
	assert_int_equal(seen.updated, 1);
	/* Who is waited for has more time. */
	assert_int_equal(seen.seconds, LEAVES_SECONDS);
}

static void D6_what_a_look_did_not_bring_is_looked_for_again(void **state)
{
	hold(0, true, 0);
	seen.ends[0] = -1;
	ask(refresh_look);
	assert_int_equal(seen.looked[0], 1);
	seen.ends[0] = 0;
	ask(refresh_wake);
	assert_int_equal(seen.looked[0], 2);
	ask(refresh_wake);
	assert_int_equal(seen.looked[0], 2);
}

/* Whatever was to be tried again has been, in vain or not. */
static int set_up(void **state)
{
	memset(&seen, 0, sizeof(seen));
	if (time_of.lock)
		pass(2 * HOUR);
	memset(&seen, 0, sizeof(seen));
	seen.status = 504;
	return 0;
}

static int begin(void **state)
{
	return sem_init(&time_of.sleeps, 0, 0);
}

static int stop(void **state)
{
	refresh_stop();
	return 0;
}

#define TEST(name)	cmocka_unit_test_setup(name, set_up)

/* One thread for all of them, which the first starts. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(D6_at_its_start_it_looks_where_a_key_in_headers_is_licensed),
		TEST(D6_it_looks_again_when_that_is_wanted_only),
		TEST(D6_it_looks_again_each_hour),
		TEST(D6_distributors_take_turns),
		TEST(D6_one_that_cannot_be_reached_slows_no_other),
		TEST(D6_what_may_pass_is_told_from_what_does_not),
		TEST(D6_statements_are_of_use_without_EKBs),
		TEST(D6_what_a_look_did_not_bring_is_looked_for_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	alarm(60);
	return cmocka_run_group_tests_name("refresh", tests, begin, stop);
}
