// SPDX-License-Identifier: GPL-2.0
/* records.c - records of the secure area: whose were lost, which goes first, and how many are one's own. */
#include <errno.h>

#include "unit.h"
#include "area.h"

static const uint8_t whose[CASK_KID_SIZE];

static void S10_each_distributor_knows_for_itself(void **state)
{
	static const uint8_t other[CASK_KID_SIZE] = { 1 };
	uint8_t room[1024];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };

	assert_false(cask_loss_concerns(&r, whose));
	assert_int_equal(0, cask_loss_mark(&r));
	assert_true(cask_loss_concerns(&r, whose));
	assert_int_equal(0, cask_loss_known(&r, whose));
	assert_false(cask_loss_concerns(&r, whose));
	assert_true(cask_loss_concerns(&r, other));
	assert_int_equal(0, cask_loss_known(&r, other));
	assert_false(cask_loss_concerns(&r, other));
	assert_int_equal(0, cask_records_check(&r));
	r.capacity = 52;
	r.len = 0;
	assert_int_equal(0, cask_loss_mark(&r));
	assert_int_equal(-ENOSPC, cask_loss_known(&r, whose));
	assert_true(cask_loss_concerns(&r, whose));
}

/* As many as there may be: the oldest of that kind and that distributor goes, and nothing else. */
static void D9_of_records_that_are_too_many_the_oldest_goes(void **state)
{
	static const uint8_t other[CASK_KID_SIZE] = { 1 };
	/* Name and age of each; the third has no age. */
	static const uint8_t ages[] = { 7, 4, 0, 9, 5 }, order[] = { 2, 1, 4, 0, 3 };
	static uint8_t room[4096];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	uint8_t name[CASK_ID_SIZE] = { 0 };
	struct cask_record_key key = { .name = name };
	struct cask_bytes value;
	uint8_t age[8] = { 0 };

	for (size_t i = 0; i < sizeof(ages); i++) {
		name[0] = i;
		age[0] = ages[i];
		key.kind = CASK_RECORD_ACCEPTED;
		key.issuer = whose;
		assert_int_equal(0, cask_records_put(&r, &key, age, i == 2 ? 0 : sizeof(age)));
		key.issuer = other;
		assert_int_equal(0, cask_records_put(&r, &key, age, sizeof(age)));
		key.issuer = whose;
		key.kind = CASK_RECORD_NONCE;
		assert_int_equal(0, cask_records_put(&r, &key, age, sizeof(age)));
	}
	key.kind = CASK_RECORD_ACCEPTED;
	for (size_t i = 0; i < sizeof(order); i++) {
		size_t len = r.len;

		cask_records_make_room(&r, CASK_RECORD_ACCEPTED, whose, sizeof(ages) + 1 - i);
		assert_int_equal(len, r.len);
		cask_records_make_room(&r, CASK_RECORD_ACCEPTED, whose, sizeof(ages) - i);
		name[0] = order[i];
		assert_false(cask_records_find(&r, &key, &value));
		assert_int_equal(len - sizeof(struct cask_record) - (order[i] == 2 ? 0 : sizeof(age)), r.len);
		assert_int_equal(0, cask_records_check(&r));
	}
}

/* An empty record each, as long as they leave room; how many. */
static unsigned int fill(struct cask_records *r, __u16 kind, const __u8 *issuer)
{
	__u8 name[CASK_ID_SIZE] = { 0 };
	const struct cask_record_key key = { .kind = kind, .issuer = issuer, .name = name };
	unsigned int n;

	for (n = 0; n < 250; n++) {
		size_t before = cask_records_charge(r, issuer);

		name[0] = n;
		if (cask_records_put(r, &key, "", 0))
			break;
		if (cask_records_charge(r, issuer) <= before || cask_records_leave_room(r, issuer))
			continue;
		assert_int_equal(0, cask_records_del(r, &key));
		break;
	}
	return n;
}

/* Each takes what it can, one after the other: of 100 records a share is one. */
static void D9_one_distributor_leaves_as_much_as_it_takes(void **state)
{
	static const __u8 first[CASK_KID_SIZE] = { 1 }, second[CASK_KID_SIZE] = { 2 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };

	assert_true(cask_records_leave_room(&r, first));
	assert_int_equal(41, fill(&r, CASK_RECORD_RIGHT, first));
	assert_int_equal(20, fill(&r, CASK_RECORD_RIGHT, second));
	/* What is there it may replace. */
	assert_int_equal(41, fill(&r, CASK_RECORD_RIGHT, first));
	assert_int_equal(0, cask_records_check(&r));
}

/* What using a right takes has room, whoever filled the area, and in whatever order. */
static void D9_a_distributors_share_is_its_own(void **state)
{
	static const __u8 first[CASK_KID_SIZE] = { 1 };
	__u8 other[CASK_KID_SIZE] = { 0 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	unsigned int i, rights = fill(&r, CASK_RECORD_RIGHT, first);

	assert_int_equal(41, rights);
	for (i = 2; i <= 16; i++) {
		other[0] = i;
		rights += fill(&r, CASK_RECORD_RIGHT, other);
	}
	assert_false(cask_records_leave_room(&r, first));
	assert_int_equal(1, fill(&r, CASK_RECORD_TIME, first));
	for (i = 2; i <= 16; i++) {
		other[0] = i;
		assert_true(fill(&r, CASK_RECORD_LOG, other));
	}
	assert_in_range(rights, 70, 83);
	assert_int_equal(0, cask_records_check(&r));
}

/* Those who were believed once, and whose records stay, have no share; what is theirs is not free. */
static void D9_of_more_distributors_than_there_can_be_the_records_count(void **state)
{
	__u8 issuer[CASK_KID_SIZE] = { 0 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	__u8 name[CASK_ID_SIZE] = { 0 };
	const struct cask_record_key key = { .kind = CASK_RECORD_RIGHT, .issuer = issuer, .name = name };

	for (issuer[0] = 0; issuer[0] < CASK_AREA_ISSUERS; issuer[0]++)
		assert_int_equal(0, cask_records_put(&r, &key, "", 0));
	for (; name[0] < 62; name[0]++)
		assert_int_equal(0, cask_records_put(&r, &key, "", 0));
	/* Others' records and shares are 34, and its own share counts as taken. */
	while (name[0] > 32) {
		assert_false(cask_records_leave_room(&r, issuer));
		name[0]--;
		assert_int_equal(0, cask_records_del(&r, &key));
	}
	assert_true(cask_records_leave_room(&r, issuer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S10_each_distributor_knows_for_itself),
		cmocka_unit_test(D9_of_records_that_are_too_many_the_oldest_goes),
		cmocka_unit_test(D9_one_distributor_leaves_as_much_as_it_takes),
		cmocka_unit_test(D9_a_distributors_share_is_its_own),
		cmocka_unit_test(D9_of_more_distributors_than_there_can_be_the_records_count),
	};

	return run_suite(tests);
}
