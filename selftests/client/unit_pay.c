// SPDX-License-Identifier: GPL-2.0
/*
 * unit_pay.c - what caskd pays for: acquire.c, ask.c and pending.c, with a server, a module and a
 * store of the test's own. What is paid for arrives, whatever comes between, and is paid once.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "standins.h"

static void price_that_is_agreed_to_is_paid_once(void **state)
{
	struct holding h;

	server.price = 499;
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(buy(0, 498, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.granted, 0);
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* What went out is settled first, at the price that it went out with. */
static void price_that_changes_meanwhile_is_not_paid(void **state)
{
	struct holding h;

	server.price = 499;
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	server.answers_get_lost = false;
	server.price = 500;
	assert_int_equal(buy(0, 500, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* The call before did not come through, and this one agrees to what that did not. */
static void price_of_this_call_counts_after_one_that_came_to_nothing(void **state)
{
	struct pending before = { .owner = nobody, .content_id = { PRICED } };
	struct holding h;

	server.price = 499;
	assert_int_equal(pending_begin(&before), 0);
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* On one machine, by one uid: what Anna agreed to is neither charged to Bert nor lost to Anna. */
static void D11_nobody_pays_what_another_user_agreed_to(void **state)
{
	struct holding h;

	server.price = 499;
	server.requests_get_lost = true;
	assert_int_equal(buy_as("anna", 0, 499, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	server.requests_get_lost = false;
	assert_int_equal(buy_as("bert", 0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.charged, 0);
	assert_int_equal(buy_as("anna", 0, 0, &h), 0);
	assert_int_equal(server.charged, 499);
	assert_string_equal(server.payer, "anna");
}

static void D11_nor_the_renewal_that_another_agreed_to(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.requests_get_lost = true;
	assert_int_equal(renew_as("anna", &h, "month", 1, 499, &renewed), -1);
	server.requests_get_lost = false;
	assert_int_equal(renew_as("bert", &h, "month", 1, 0, &renewed), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.charged, 499);
	assert_int_equal(renew_as("anna", &h, "month", 1, 499, &renewed), 0);
	assert_int_equal(server.charged, 2 * 499);
	assert_string_equal(server.payer, "anna");
}

static int buy_with(const char *term, uint32_t quantity, uint64_t price, struct holding *ret)
{
	struct acquire_wish wish = { .content_id = { PRICED }, .owner = &nobody, .quantity = quantity,
				     .price = price };

	strcpy(wish.term, term);
	return buy_wish(&wish, ret);
}

/* Whether what came is what a call before asked for: with this. */
static void assert_other(const char *term, uint32_t quantity)
{
	assert_true(got.other);
	assert_string_equal(got.term, term);
	assert_int_equal(got.quantity, quantity);
}

static void D8_license_with_a_term_whose_answer_was_lost_is_that_one(void **state)
{
	struct holding h;

	server.price = 499;
	server.answers_get_lost = true;
	assert_int_equal(buy_with("a @ month$", 2, 998, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	server.answers_get_lost = false;
	strcpy(server.term, "");
	/* Whatever is wanted now. */
	assert_int_equal(buy(0, 499, &h), 0);
	assert_string_equal(server.term, "a @ month$");
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 998);
	/* And that is said. */
	assert_other("a @ month$", 2);
	assert_int_equal(buy_with("week", 1, 499, &h), 0);
	assert_string_equal(server.term, "week");
	assert_int_equal(server.granted, 2);
	assert_false(got.other);
}

/* So is that it has no term, and how many times it has it; at which price it was had is no matter. */
static void D8_what_another_call_asked_for_is_told_from_what_this_did(void **state)
{
	static const struct {
		const char *first;
		uint32_t times;
		const char *second;
		uint32_t more;
		bool other;
	} cases[] = {
		{ "", 0, "month", 1, true }, { "month", 1, "month", 3, true }, { "month", 1, "month", 1, false },
		{ "", 0, "", 0, false },
	};
	struct holding h;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t times = cases[i].times ? cases[i].times : 1;

		server.price = 499;
		server.answers_get_lost = true;
		assert_int_equal(buy_with(cases[i].first, cases[i].times, times * 499, &h), -1);
		server.answers_get_lost = false;
		server.price = 500;
		server.charged = 0;
		assert_int_equal(buy_with(cases[i].second, cases[i].more,
					  (cases[i].more ? cases[i].more : 1) * 500, &h), 0);
		assert_int_equal(server.charged, 0);
		if (cases[i].other)
			assert_other(cases[i].first, cases[i].times);
		else
			assert_false(got.other);
	}
}

static void D8_refusal_of_an_earlier_term_is_none_of_this(void **state)
{
	struct holding h;

	server.price = 499;
	server.requests_get_lost = true;
	assert_int_equal(buy_with("none", 1, 499, &h), -1);
	server.requests_get_lost = false;
	assert_int_equal(buy_with("none", 1, 499, &h), -1);
	assert_string_equal(problem.code, "term-unknown");
	server.requests_get_lost = true;
	assert_int_equal(buy_with("none", 1, 499, &h), -1);
	server.requests_get_lost = false;
	assert_int_equal(buy_with("month", 1, 499, &h), 0);
	assert_string_equal(server.term, "month");
	assert_int_equal(server.charged, 499);
}

static void D10_renewal_comes_once(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.answers_get_lost = true;
	assert_int_equal(renew(&h, "a @ month$", 2, 998, &renewed), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(server.charged, 3 * 499);
	server.answers_get_lost = false;
	/* Asked for anew, with what it was asked for with, also for another term. */
	assert_int_equal(renew(&h, "year", 1, 499, &renewed), 0);
	assert_string_equal(server.term, "a @ month$");
	assert_other("a @ month$", 2);
	assert_int_equal(server.charged, 3 * 499);
	assert_int_equal(renewed.version, 1);
	assert_int_equal(store.count, 1);
	assert_memory_equal(renewed.license_id, h.license_id, CASK_ID_SIZE);
	/* The next is another. */
	assert_int_equal(renew(&h, "year", 1, 499, &renewed), 0);
	assert_string_equal(server.term, "year");
	assert_false(got.other);
	assert_int_equal(renewed.version, 2);
	assert_int_equal(server.charged, 4 * 499);
}

/* It came to nothing, and this one wants something else. */
static void D10_refusal_of_an_earlier_renewal_is_none_of_this(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	assert_int_equal(renew(&h, "month", 1, 498, &renewed), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(renew(&h, "month", 3, 3 * 499, &renewed), 0);
	assert_int_equal(server.charged, 4 * 499);
}

static void D10_what_no_module_takes_gives_way_to_what_was_there(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.renewed_is_nobodys = true;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), -1);
	assert_string_equal(problem.code, "kernel");
	assert_int_equal(problem.error, EKEYREVOKED);
	assert_int_equal(store.count, 1);
	assert_int_equal(store.list[0].h.version, 0);
	server.renewed_is_nobodys = false;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), 0);
	assert_false(store.list[0].h.beside);
}

/* Another connection, while the server is asked. */
static struct {
	pthread_t thread;
	atomic_int tid;
	struct holding license;
	const char *term;
	struct acquired got;
	int result;
} twin;

static void *renew_too(void *unused)
{
	struct renewal_wish wish = { .license = &twin.license, .quantity = 1, .price = 499 };
	struct problem p;

	strcpy(wish.term, twin.term);
	twin.tid = gettid();
	twin.result = acquire_renewal(&distributor, &wish, &twin.got, &p);
	return NULL;
}

static void *buy_too(void *unused)
{
	struct acquire_wish wish = { .content_id = { PRICED }, .owner = &nobody, .quantity = 1, .price = 499 };
	struct problem p;

	strcpy(wish.term, twin.term);
	twin.tid = gettid();
	twin.result = acquire_license(&distributor, &wish, &twin.got, &p);
	return NULL;
}

/* Whether the thread waits for something, or has ended. */
static bool waits(int tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return true;
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void another_connection(void *(*call)(void *))
{
	assert_int_equal(pthread_create(&twin.thread, NULL, call, NULL), 0);
	while (!twin.tid || !waits(twin.tid))
		sched_yield();
}

static void renews_too(void)
{
	another_connection(renew_too);
}

static void buys_too(void)
{
	another_connection(buy_too);
}

/* Two connections renew one license at once: this one by the month, the other by @term. */
static void renew_beside(const char *term)
{
	struct holding renewed;

	memset(&twin, 0, sizeof(twin));
	server.price = 499;
	assert_int_equal(buy(1, 499, &twin.license), 0);
	twin.term = term;
	server.meanwhile = renews_too;
	assert_int_equal(renew(&twin.license, "month", 1, 499, &renewed), 0);
	pthread_join(twin.thread, NULL);
	assert_int_equal(twin.result, 0);
	assert_int_equal(renewed.version, 1);
}

/* Two players, or a second click. */
static void D11_the_same_renewal_twice_at_once_is_one(void **state)
{
	renew_beside("month");
	assert_int_equal(twin.got.license.version, 1);
	assert_int_equal(server.charged, 2 * 499);
}

static void D10_another_renewal_comes_after_the_one_under_way(void **state)
{
	renew_beside("year");
	assert_int_equal(twin.got.license.version, 2);
	assert_string_equal(server.term, "year");
	assert_int_equal(server.charged, 3 * 499);
}

/* Two connections get a license for one content at once: this one with a day, the other with @term. */
static void buy_beside(const char *term)
{
	struct holding h;

	memset(&twin, 0, sizeof(twin));
	server.price = 499;
	twin.term = term;
	server.meanwhile = buys_too;
	assert_int_equal(buy_with("day", 1, 499, &h), 0);
	pthread_join(twin.thread, NULL);
	assert_int_equal(twin.result, 0);
	assert_int_equal(number_of(h.license_id), 1);
	assert_false(got.other);
	assert_false(twin.got.other);
}

static void D11_the_same_license_twice_at_once_is_one(void **state)
{
	buy_beside("day");
	assert_int_equal(number_of(twin.got.license.license_id), 1);
	assert_int_equal(server.charged, 499);
}

static void D8_a_license_with_another_term_comes_after_the_one_under_way(void **state)
{
	buy_beside("for ever");
	assert_int_equal(number_of(twin.got.license.license_id), 2);
	assert_string_equal(server.term, "for ever");
	assert_int_equal(server.charged, 2 * 499);
}

/* The call before agreed to none, and what became of it is not known; or to one that it does not cost now. */
static void D11_S2_the_price_that_is_agreed_to_now_counts_on_a_medium_too(void **state)
{
	static const uint64_t before[] = { 0, 399 };

	server.price = 499;
	for (uint8_t i = 0; i < 2; i++) {
		server.requests_get_lost = true;
		assert_int_equal(get_on_medium(PRICED, i, before[i]), -1);
		assert_string_equal(problem.code, "server-unreachable");
		server.requests_get_lost = false;
		assert_int_equal(get_on_medium(PRICED, i, 499), 0);
		assert_int_equal(server.granted, i + 1);
	}
	assert_int_equal(server.charged, 2 * 499);
	/* What was agreed to and granted is that license, also at another price by now. */
	server.answers_get_lost = true;
	assert_int_equal(get_on_medium(PRICED, 2, 499), -1);
	server.answers_get_lost = false;
	server.price = 599;
	assert_int_equal(get_on_medium(PRICED, 2, 599), 0);
	assert_int_equal(server.granted, 3);
	assert_int_equal(server.charged, 3 * 499);
	/* And what this call does not agree to is not asked for twice. */
	server.asked = 0;
	assert_int_equal(get_on_medium(PRICED, 3, 499), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(price_that_is_agreed_to_is_paid_once),
		TEST(price_that_changes_meanwhile_is_not_paid),
		TEST(price_of_this_call_counts_after_one_that_came_to_nothing),
		TEST(D11_nobody_pays_what_another_user_agreed_to),
		TEST(D11_nor_the_renewal_that_another_agreed_to),
		TEST(D8_license_with_a_term_whose_answer_was_lost_is_that_one),
		TEST(D8_what_another_call_asked_for_is_told_from_what_this_did),
		TEST(D8_refusal_of_an_earlier_term_is_none_of_this),
		TEST(D10_renewal_comes_once),
		TEST(D10_refusal_of_an_earlier_renewal_is_none_of_this),
		TEST(D10_what_no_module_takes_gives_way_to_what_was_there),
		TEST(D11_the_same_renewal_twice_at_once_is_one),
		TEST(D10_another_renewal_comes_after_the_one_under_way),
		TEST(D11_the_same_license_twice_at_once_is_one),
		TEST(D8_a_license_with_another_term_comes_after_the_one_under_way),
		TEST(D11_S2_the_price_that_is_agreed_to_now_counts_on_a_medium_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pay", tests, NULL, NULL);
}
