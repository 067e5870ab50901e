// SPDX-License-Identifier: GPL-2.0
/*
 * unit_ask.c - how caskd gets a license: acquire.c, ask.c and pending.c, with a server, a module
 * and a store of the test's own.
 */
#include <errno.h>
#include <string.h>

#include "standins.h"

static int get_class(uint8_t kind, uint8_t which, uint32_t asker, struct holding *ret)
{
	const uint8_t id[CASK_ID_SIZE] = { kind, which };
	struct acquired class = { 0 };
	int result = acquire_class(&distributor, id, asker, &class, &problem);

	if (!result)
		*ret = class.license;
	return result;
}

/* What DELETE of a license does. */
static void discard(const struct holding *h)
{
	module.has[number_of(h->license_id)] = false;
	assert_int_equal(store_remove_license(h), 0);
}

static void license_that_counts_comes_once(void **state)
{
	struct holding h;

	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.asked, 2);
	assert_int_equal(module.nonce_count, 0);
}

static void lost_answer_is_the_same_license(void **state)
{
	struct holding h;

	server.answers_get_lost = true;
	assert_int_equal(get(COUNTED, 0, NULL, &h), -1);
	assert_int_equal(get(COUNTED, 0, NULL, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(get(COUNTED, 0, NULL, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 1);
}

static void what_is_not_believed_is_followed_by_one_other(void **state)
{
	struct holding first, second, third;

	server.signs_badly = true;
	assert_int_equal(get(FREE, 0, &nobody, &first), 0);
	assert_int_equal(first.error, EKEYREJECTED);
	assert_int_equal(get(FREE, 0, &nobody, &second), 0);
	assert_int_equal(second.error, EKEYREJECTED);
	assert_int_equal(server.granted, 2);
	assert_int_equal(store.count, 2);
	/* The fault is not theirs. */
	assert_int_equal(get(FREE, 0, &nobody, &third), 0);
	assert_int_equal(third.error, EKEYREJECTED);
	assert_int_equal(server.granted, 2);
	discard(&second);
	server.signs_badly = false;
	assert_int_equal(get(FREE, 0, &nobody, &third), 0);
	assert_int_equal(third.error, 0);
	assert_int_equal(server.granted, 3);
	/* It took the place of the one that was kept till then. */
	assert_int_equal(store.count, 1);
	assert_memory_equal(store.list[0].h.license_id, third.license_id, CASK_ID_SIZE);
}

static void what_is_not_believed_stays_until_another_is_there(void **state)
{
	struct holding h;

	server.price = 499;
	server.signs_badly = true;
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(h.error, EKEYREJECTED);
	/* Another costs as much, and nobody agreed to that. */
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(store.count, 1);
	assert_int_equal(store.list[0].h.error, EKEYREJECTED);
}

static void K6_what_takes_a_step_is_agreed_on_first(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.asked, 2);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.series, 1);
	/* and the next one finds it so */
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(server.asked, 3);
	assert_int_equal(server.series, 1);
}

static void K6_nothing_is_asked_for_without_agreement(void **state)
{
	struct holding h;

	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 0, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(server.granted, 0);
	server.does_not_agree = false;
	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	assert_int_equal(server.granted, 1);
}

/* Too many were lost, or the module never heard of it: agree anew, and install what came. */
static void K6_D11_what_is_out_of_step_is_not_asked_for_twice(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 2);
	assert_int_equal(store.count, 2);
}

/* It waits for the server, and is what the next call gets. */
static void K6_D11_what_stays_out_of_step_is_kept(void **state)
{
	struct holding h, again;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, EL2NSYNC);
	assert_int_equal(get(STEPPED, 1, &nobody, &again), 0);
	assert_int_equal(again.error, EL2NSYNC);
	server.does_not_agree = false;
	assert_int_equal(get(STEPPED, 1, &nobody, &again), 0);
	assert_int_equal(again.error, 0);
	assert_memory_equal(again.license_id, h.license_id, sizeof(h.license_id));
	assert_int_equal(server.granted, 2);
}

/* Of a series that was given up: agreeing is in vain, and what is of no use is not kept. */
static void K6_what_no_agreement_brings_back_is_given_up(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	server.does_not_agree = false;
	server.series = 2;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 3);
}

/* For the same id, of each kind that there is. */
static void class_does_not_end_what_root_asked_for(void **state)
{
	static const uint8_t kinds[] = { FREE, COUNTED };

	for (size_t i = 0; i < sizeof(kinds); i++) {
		unsigned int before = server.granted, number;
		struct holding h, other;

		server.answers_get_lost = true;
		assert_int_equal(get(kinds[i], 0, NULL, &h), -1);
		server.answers_get_lost = false;
		number = server.granted;
		assert_int_equal(number, before + 1);
		assert_int_equal(get_class(kinds[i], 0, nobody, &other), -1);
		assert_int_equal(get(kinds[i], 0, NULL, &h), 0);
		assert_int_equal(h.error, 0);
		assert_int_equal(number_of(h.license_id), number);
	}
}

static void class_is_the_machines(void **state)
{
	struct holding h;

	server.answers_get_lost = true;
	assert_int_equal(get_class(CLASS, 0, nobody, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(get_class(CLASS, 0, nobody, &h), 0);
	assert_true(h.machine);
	assert_int_equal(server.granted, 1);
	/* Nobody else asks for it. */
	assert_int_equal(get_class(CLASS, 0, 1000, &h), 0);
	assert_int_equal(server.asked, 2);
	assert_int_equal(module.drawn, 0);
}

/* Killed between installing it and forgetting the request; then its owner removes it. */
static void removed_license_is_followed_by_another(void **state)
{
	struct holding h;

	stuck = true;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	stuck = false;
	discard(&h);
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 2);
	assert_int_equal(store.count, 1);
}

/* Statement and request are there, the right is not, and the disk keeps them. */
static void spent_answer_is_not_asked_for_without_end(void **state)
{
	struct holding h;

	stuck = true;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	module.has[number_of(h.license_id)] = false;
	server.asked = 0;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, EKEYREVOKED);
	assert_int_equal(server.asked, 2);
	stuck = false;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 2);
}

/* Of all users, so many that each has begun what it may. Returns how many. */
static unsigned int take_all(void)
{
	unsigned int begun = 0;
	struct holding h;

	for (uint32_t uid = 1000; uid < 1010; uid++)
		for (unsigned int i = 0; i < PENDING_OF_USER; i++)
			begun += get(COUNTED, i, &uid, &h) == -1 &&
				 !strcmp(problem.code, "server-unreachable");
	return begun;
}

static void nonces_are_rationed(void **state)
{
	uint32_t root = 0;
	struct holding h;

	server.answers_get_lost = true;
	for (unsigned int i = 0; i < PENDING_COUNTED_OF_USER; i++)
		assert_int_equal(get(COUNTED, i, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(get(COUNTED, 99, &nobody, &h), -1);
	assert_string_equal(problem.code, "too-many-requests");
	assert_int_equal(module.drawn, PENDING_COUNTED_OF_USER);
	/* One of these is named. */
	assert_non_null(strstr(problem.detail, "for 02"));
	/* What does not count is not kept back by that. */
	assert_int_equal(get(FREE, 0, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(take_all(), PENDING_COUNTED_OF_USERS - PENDING_COUNTED_OF_USER);
	for (unsigned int i = 0; i < PENDING_COUNTED_OF_USER; i++) {
		assert_int_equal(get(COUNTED, i, &root, &h), -1);
		assert_string_equal(problem.code, "server-unreachable");
		assert_int_equal(get(COUNTED, i, NULL, &h), -1);
		assert_string_equal(problem.code, "server-unreachable");
	}
	assert_int_equal(module.forgotten, 0);
	/* Each is still the answer to its request. */
	server.answers_get_lost = false;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 1);
}

static void same_request(void)
{
	server.answers_get_lost = true;
	assert_int_equal(get_on_medium(COUNTED, 0, 0), -1);
	server.answers_get_lost = false;
}

/* Another connection is faster: one request, one nonce, one license. */
static void twins_have_one_nonce(void **state)
{
	server.meanwhile = same_request;
	assert_int_equal(get_on_medium(COUNTED, 0, 0), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(module.drawn, 2);
	assert_int_equal(module.nonce_count, 1);
}

/* What is here is installed, and nothing is asked for. */
static void D8_what_is_here_is_installed_without_a_server(void **state)
{
	struct holding h;

	assert_int_equal(get_here(STEPPED, 1, &nobody, &h), -1);
	assert_string_equal(problem.code, "license-unknown");
	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, EL2NSYNC);
	assert_false(got.waited);
	server.asked = 0;
	assert_int_equal(get_here(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, EL2NSYNC);
	server.does_not_agree = false;
	assert_int_equal(get_here(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_true(got.waited);
	assert_int_equal(get_here(STEPPED, 1, &nobody, &h), -1);
	assert_string_equal(problem.code, "license-unknown");
	assert_int_equal(server.asked, 0);
	assert_int_equal(server.granted, 2);
}

/* Another may do what this does not: that is for who asks to say. */
static void D8_what_is_here_and_not_believed_is_none(void **state)
{
	struct holding h;

	server.signs_badly = true;
	for (unsigned int i = 1; i < 3; i++) {
		assert_int_equal(get(FREE, 0, &nobody, &h), 0);
		assert_int_equal(h.error, EKEYREJECTED);
		assert_int_equal(get_here(FREE, 0, &nobody, &h), -1);
		assert_string_equal(problem.code, "license-unknown");
		assert_int_equal(server.asked, i);
		assert_int_equal(store.count, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(license_that_counts_comes_once),
		TEST(lost_answer_is_the_same_license),
		TEST(what_is_not_believed_is_followed_by_one_other),
		TEST(what_is_not_believed_stays_until_another_is_there),
		TEST(K6_what_takes_a_step_is_agreed_on_first),
		TEST(K6_nothing_is_asked_for_without_agreement),
		TEST(K6_D11_what_is_out_of_step_is_not_asked_for_twice),
		TEST(K6_D11_what_stays_out_of_step_is_kept),
		TEST(K6_what_no_agreement_brings_back_is_given_up),
		TEST(class_does_not_end_what_root_asked_for),
		TEST(class_is_the_machines),
		TEST(removed_license_is_followed_by_another),
		TEST(spent_answer_is_not_asked_for_without_end),
		TEST(nonces_are_rationed),
		TEST(twins_have_one_nonce),
		TEST(D8_what_is_here_is_installed_without_a_server),
		TEST(D8_what_is_here_and_not_believed_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
