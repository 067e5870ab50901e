// SPDX-License-Identifier: GPL-2.0
/* area.c - KUnit: how much of the area one may take. Included by ../area.c. */
#include <kunit/test.h>

/* As large as a record can be, for nobody reaches the end of the area with rights in a test. */
static u8 large[CASK_RECORD_MAX];

/**
 * struct large_txn - a record that is added
 * @txn: what apply() gets
 * @number: makes its name
 */
struct large_txn {
	struct cask_txn txn;
	u32 number;
};

static int apply_large(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	u8 name[CASK_ID_SIZE] = {};
	const struct cask_record_key key = {
		.kind = CASK_RECORD_RIGHT, .issuer = txn->issuer, .name = name,
	};

	memcpy(name, &container_of(txn, struct large_txn, txn)->number, sizeof(u32));
	return cask_records_put(r, &key, large, sizeof(large)) ?: 1;
}

static const struct cask_txn_ops large_ops = { .apply = apply_large };

/* How many records it may add; the one that is refused is taken back, as apply_all() does. */
static unsigned int fill(struct kunit *test, u8 who)
{
	const u8 issuer[CASK_KID_SIZE] = { who };
	struct large_txn t = {};
	size_t before;
	int ret;

	cask_txn_init(&t.txn, &large_ops, issuer);
	for (;; t.number++) {
		before = area.work.len;
		ret = apply(&t.txn);
		if (ret < 0)
			break;
	}
	KUNIT_EXPECT_EQ(test, -ENOSPC, ret);
	KUNIT_EXPECT_GT(test, area.work.len, before);
	cask_records_del(&area.work, &(struct cask_record_key){
		.kind = CASK_RECORD_RIGHT, .issuer = issuer,
		.name = (u8 [CASK_ID_SIZE]){ t.number },
	});
	return t.number;
}

static void D9_each_leaves_as_much_as_it_takes(struct kunit *test)
{
	size_t all = (CASK_AREA_MAX - CASK_AREA_OVERHEAD) / (CASK_RECORD_MAX +
							     sizeof(struct cask_record));

	KUNIT_ASSERT_EQ(test, 0, have_memory());
	KUNIT_EXPECT_EQ(test, all / 2, fill(test, 1));
	KUNIT_EXPECT_EQ(test, (all - all / 2) / 2, fill(test, 2));
	/* What is there it may replace. */
	KUNIT_EXPECT_EQ(test, all / 2, fill(test, 1));
	free_memory();
	area.work.len = 0;
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE(D9_each_leaves_as_much_as_it_takes),
	{}
};

static struct kunit_suite area_suite = {
	.name = "cask-area",
	.test_cases = area_cases,
};
kunit_test_suite(area_suite);
