// SPDX-License-Identifier: GPL-2.0
/*
 * unit_refresh.c - when and whom caskd asks in the background for what the module lacks: refresh.c, with
 * servers, a module and a store of the test's own. No distributor takes another's turn.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caskd/leaves.h"
#include "caskd/reanchor.h"
#include "caskd/refresh.h"
#include "caskd/restore.h"
#include "caskd/store.h"
#include "crypto.h"
#include "reply.h"

#define TURN	60	/* seconds, of a distributor */

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
	int ends;		/* how fetching and looking do */
	sem_t over;
} seen;

static unsigned int place_of(const struct distributor *d)
{
	return d->bundle.issuer[0] - 1;
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
	*ret = d;
	return 0;
}

int leaves_fetch(struct distributor *d, unsigned int seconds, struct problem *p)
{
	seen.fetched[place_of(d)]++;
	seen.seconds = seconds;
	*p = (struct problem){ .code = "server-timeout" };
	return seen.ends;
}

int leaves_look(struct distributor *d, leaves_wants *wants, unsigned int seconds, struct problem *p)
{
	static const uint8_t categories[3][CASK_ID_SIZE] = { { 1 }, { 9 }, { 2 } };

	seen.looked[place_of(d)]++;
	seen.seconds = seconds;
	for (unsigned int i = 0; i < 3; i++)
		seen.wanted[i] = wants(d->bundle.issuer, categories[i]);
	return seen.ends;
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

/* The last of a round. */
bool restore_waiting(void)
{
	sem_post(&seen.over);
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

static void await_round(void)
{
	sem_wait(&seen.over);
}

/* As caskd starts: before somebody plays. */
static void D6_at_its_start_it_looks_where_a_key_in_headers_is_licensed(void **state)
{
	hold(0, true, 0);
	hold(1, false, 0);
	assert_int_equal(refresh_start(), 0);
	await_round();
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
	refresh_wake();
	await_round();
	assert_int_equal(seen.looked[0] + seen.looked[1], 0);
	refresh_look();
	await_round();
	assert_int_equal(seen.looked[0], 1);
	assert_int_equal(seen.looked[1], 1);
}

/* One whose EKBs take long, or do not come, and the other: each has its turn in every round. */
static void D6_distributors_take_turns(void **state)
{
	static const int ends[] = { 1, -1 };

	hold(0, false, ENOKEY);
	hold(1, false, ENOKEY);
	for (unsigned int i = 0; i < 2; i++) {
		seen.ends = ends[i];
		refresh_wake();
		await_round();
		assert_int_equal(seen.fetched[0], i + 1);
		assert_int_equal(seen.fetched[1], i + 1);
		assert_int_equal(seen.seconds, TURN);
	}
	/* Who is waited for has more time. */
	assert_int_equal(refresh_distributor(&list[0]), 0);
	assert_int_equal(seen.seconds, LEAVES_SECONDS);
}

static void D6_what_a_look_did_not_bring_is_looked_for_again(void **state)
{
	hold(0, true, 0);
	seen.ends = -1;
	refresh_look();
	await_round();
	assert_int_equal(seen.looked[0], 1);
	seen.ends = 0;
	refresh_wake();
	await_round();
	assert_int_equal(seen.looked[0], 2);
	refresh_wake();
	await_round();
	assert_int_equal(seen.looked[0], 2);
}

static int set_up(void **state)
{
	memset(&seen, 0, sizeof(seen));
	sem_init(&seen.over, 0, 0);
	return 0;
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
		TEST(D6_distributors_take_turns),
		TEST(D6_what_a_look_did_not_bring_is_looked_for_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	alarm(60);
	return cmocka_run_group_tests_name("refresh", tests, NULL, stop);
}
