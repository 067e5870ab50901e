// SPDX-License-Identifier: GPL-2.0
/* area.c - KUnit: how much of the area one may take. Included by ../area.c. */
#include <kunit/test.h>

/* As large as a record can be, for nobody reaches the end of the area with rights in a test. */
static u8 large[CASK_RECORD_MAX];

/**
 * struct large_txn - a record that is added
 * @txn: what apply() gets
 * @number: makes its name
 * @kind: of the record
 */
struct large_txn {
	struct cask_txn txn;
	u32 number;
	u16 kind;
};

static int apply_large(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	const struct large_txn *t = container_of(txn, struct large_txn, txn);
	u8 name[CASK_ID_SIZE] = {};
	const struct cask_record_key key = {
		.kind = t->kind, .issuer = txn->issuer, .name = name,
	};

	memcpy(name, &t->number, sizeof(t->number));
	return cask_records_put(r, &key, large, sizeof(large)) ?: 1;
}

static const struct cask_txn_ops large_ops = { .apply = apply_large };

/* How many records it may add; the one that is refused is taken back, as apply_all() does. */
static unsigned int fill(struct kunit *test, u8 who, u16 kind)
{
	const u8 issuer[CASK_KID_SIZE] = { who };
	struct large_txn t = { .kind = kind };
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
		.kind = kind, .issuer = issuer,
		.name = (u8 [CASK_ID_SIZE]){ t.number },
	});
	return t.number;
}

static void D9_each_leaves_as_much_as_it_takes(struct kunit *test)
{
	const size_t size = CASK_RECORD_MAX + sizeof(struct cask_record);
	const size_t capacity = CASK_AREA_MAX - CASK_AREA_OVERHEAD;
	/* Its own share is on both sides. */
	size_t left = capacity - (CASK_AREA_ISSUERS + 1) * (capacity / CASK_AREA_SHARE);
	size_t first = left / 2 / size;

	KUNIT_ASSERT_EQ(test, 0, have_memory());
	KUNIT_EXPECT_EQ(test, first, fill(test, 1, CASK_RECORD_RIGHT));
	KUNIT_EXPECT_EQ(test, (left - first * size) / 2 / size, fill(test, 2, CASK_RECORD_RIGHT));
	/* What is there it may replace. */
	KUNIT_EXPECT_EQ(test, first, fill(test, 1, CASK_RECORD_RIGHT));
	/* Its share has room for so many that are none. */
	KUNIT_EXPECT_EQ(test, capacity / CASK_AREA_SHARE / size, fill(test, 1, CASK_RECORD_LOG));
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
