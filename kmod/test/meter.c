// SPDX-License-Identifier: GPL-2.0
/* meter.c - KUnit: which seconds count. Included by ../meter.c. */
#include <kunit/test.h>

/* As threads see the clock that were held up after they looked at it. */
static void a_second_counts_once(struct kunit *test)
{
	static const s64 seen[] = { 5, 6, 5, 6, 6, 5 };
	struct cask_meter meter = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seen); i++)
		count_second(&meter, seen[i]);
	KUNIT_EXPECT_EQ(test, 2, atomic64_read(&meter.seconds));
	count_second(&meter, 7);
	KUNIT_EXPECT_EQ(test, 3, atomic64_read(&meter.seconds));
}

static void nothing_counts_nothing(struct kunit *test)
{
	struct cask_meter meter = {};

	cask_meter_add(&meter, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&meter.seconds));
	cask_meter_add(&meter, 3, 0);
	cask_meter_add(&meter, 0, 2);
	KUNIT_EXPECT_EQ(test, 3, atomic64_read(&meter.bytes));
	KUNIT_EXPECT_EQ(test, 2, atomic64_read(&meter.packets));
	KUNIT_EXPECT_LE(test, 1, atomic64_read(&meter.seconds));
}

static struct kunit_case meter_cases[] = {
	KUNIT_CASE(a_second_counts_once),
	KUNIT_CASE(nothing_counts_nothing),
	{}
};

static struct kunit_suite meter_suite = {
	.name = "cask-meter",
	.test_cases = meter_cases,
};
kunit_test_suite(meter_suite);
