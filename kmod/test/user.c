// SPDX-License-Identifier: GPL-2.0
/* user.c - KUnit: what one user may hold, to the last. Included by ../user.c. */
#include <kunit/test.h>

/* Nobody's. */
#define TEST_UID	KUIDT_INIT(0x7ffffff0)

static void sessions_up_to_the_limit(struct kunit *test)
{
	struct cask_user *first = cask_user_charge(TEST_UID), *u;
	unsigned int n, max = max_sessions;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	for (n = 1; n < max; n++)
		KUNIT_EXPECT_PTR_EQ(test, first, cask_user_charge(TEST_UID));
	u = cask_user_charge(TEST_UID);
	KUNIT_EXPECT_EQ(test, -EMFILE, PTR_ERR_OR_ZERO(u));
	cask_user_uncharge(first);
	KUNIT_EXPECT_PTR_EQ(test, first, cask_user_charge(TEST_UID));
	while (n--)
		cask_user_uncharge(first);
	KUNIT_EXPECT_TRUE(test, list_empty(&user_list));
}

static void bytes_up_to_the_limit(struct kunit *test)
{
	struct cask_user *u = cask_user_charge(TEST_UID);
	size_t max = max_buffer_bytes;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, u);
	KUNIT_EXPECT_EQ(test, -ENOBUFS, cask_user_charge_bytes(u, max + 1));
	KUNIT_EXPECT_EQ(test, -ENOBUFS, cask_user_charge_bytes(u, SIZE_MAX));
	KUNIT_EXPECT_EQ(test, 0, cask_user_charge_bytes(u, max - 1));
	KUNIT_EXPECT_EQ(test, -ENOBUFS, cask_user_charge_bytes(u, 2));
	KUNIT_EXPECT_EQ(test, -ENOBUFS, cask_user_charge_bytes(u, SIZE_MAX));
	KUNIT_EXPECT_EQ(test, 0, cask_user_charge_bytes(u, 1));
	KUNIT_EXPECT_EQ(test, -ENOBUFS, cask_user_charge_bytes(u, 1));
	cask_user_uncharge_bytes(u, max);
	KUNIT_EXPECT_EQ(test, 0, u->buffer_bytes);
	cask_user_uncharge(u);
}

static struct kunit_case user_cases[] = {
	KUNIT_CASE(sessions_up_to_the_limit),
	KUNIT_CASE(bytes_up_to_the_limit),
	{}
};

static struct kunit_suite user_suite = {
	.name = "cask-user",
	.test_cases = user_cases,
};
kunit_test_suite(user_suite);
