// SPDX-License-Identifier: GPL-2.0
/* entries.c - EKBs that are none: their entries, and what is said of those. */
#include <errno.h>
#include <stdlib.h>

#include "trees.h"

static struct cask_ekb claims(uint32_t scheme, uint32_t height, uint32_t count)
{
	return (struct cask_ekb){ .version = 1, .scheme = scheme, .height = height, .count = count };
}

/* What is said of these sets, in this order. */
static int judge(uint32_t scheme, const struct cask_subset *sets, uint32_t n)
{
	struct cask_ekb e = claims(scheme, 4, n);
	uint8_t *entries = calloc(n, CASK_EKB_ENTRY_SIZE);
	int ret;

	for (uint32_t i = 0; i < n; i++)
		cask_ekb_put_label(entries + i * CASK_EKB_LABEL_SIZE, &sets[i]);
	ret = cask_ekb_entries(&e, entries, n * CASK_EKB_ENTRY_SIZE);
	free(entries);
	return ret;
}

#define judge_sets(scheme, ...) ({ \
	static const struct cask_subset sets_[] = { __VA_ARGS__ }; \
	judge(CASK_SCHEME_##scheme, sets_, ARRAY_SIZE(sets_)); \
})

static void D6_sets_that_are_no_cover(void **test)
{
	/* apart, and one inside what another leaves out */
	assert_int_equal(judge_sets(SUBTREES, { 4, 0 }, { 11, 0 }, { 3, 0 }), 0);
	assert_int_equal(judge_sets(DIFFERENCES, { 1, 4 }, { 4, 16 }), 0);
	assert_int_equal(judge_sets(DIFFERENCES, { 2, 8 }, { 3, 24 }), 0);
	/* twice, out of order */
	assert_int_equal(judge_sets(SUBTREES, { 4, 0 }, { 4, 0 }), -EINVAL);
	assert_int_equal(judge_sets(SUBTREES, { 5, 0 }, { 4, 0 }), -EINVAL);
	assert_int_equal(judge_sets(DIFFERENCES, { 2, 8 }, { 2, 9 }), -EINVAL);
	/* one in another; in a part of another that is not left out; around its hole */
	assert_int_equal(judge_sets(SUBTREES, { 2, 0 }, { 9, 0 }), -EINVAL);
	assert_int_equal(judge_sets(DIFFERENCES, { 1, 4 }, { 5, 20 }), -EINVAL);
	assert_int_equal(judge_sets(DIFFERENCES, { 1, 8 }, { 4, 9 }), -EINVAL);
	assert_int_equal(judge_sets(DIFFERENCES, { 1, 0 }, { 4, 9 }), -EINVAL);
	/* apart from the one before, inside the one before that */
	assert_int_equal(judge_sets(DIFFERENCES, { 1, 4 }, { 8, 16 }, { 10, 20 }), -EINVAL);
	/* of the other scheme */
	assert_int_equal(judge_sets(SUBTREES, { 2, 8 }), -EINVAL);
	assert_int_equal(judge_sets(DIFFERENCES, { 2, 0 }), -EINVAL);
}

/* A label of one entry, as a number. */
static int judge_label(uint32_t scheme, uint32_t height, uint64_t label)
{
	struct cask_ekb e = claims(scheme, height, 1);
	uint8_t entry[CASK_EKB_ENTRY_SIZE] = { 0 };
	struct cask_ekb_way way;
	int ret, found;

	for (int i = 0; i < CASK_EKB_LABEL_SIZE; i++)
		entry[i] = label >> 8 * i;
	ret = cask_ekb_entries(&e, entry, sizeof(entry));
	/* Who looks all the same finds an end. */
	for (uint32_t leaf = 0; leaf < 16; leaf++) {
		found = cask_ekb_find(&e, leaf, &way);
		assert_true(!found || found == -EKEYREVOKED);
	}
	return ret;
}

static void D6_labels_that_are_none(void **test)
{
	const unsigned int shift = CASK_EKB_NODE_BITS;

	/* no node; one below the leaves; deeper than itself, which would go in a circle */
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 4, 0), -EINVAL);
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 4, 31), 0);
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 4, 32), -EINVAL);
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 4, 3ULL << shift | 4), -EINVAL);
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 4, 127ULL << shift | 31), -EINVAL);
	assert_int_equal(judge_label(CASK_SCHEME_SUBTREES, 4, 2ULL << shift | 4), 0);
	assert_int_equal(judge_label(CASK_SCHEME_SUBTREES, 4, 1ULL << shift | 4), -EINVAL);
	/* the last leaf of the largest tree */
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 32, (1ULL << shift) - 1), 0);
	assert_int_equal(judge_label(CASK_SCHEME_DIFFERENCES, 31, (1ULL << shift) - 1), -EINVAL);
	assert_int_equal(judge_label(CASK_SCHEME_SUBTREES, 32, 32ULL << shift | ((1ULL << shift) - 1)), 0);
	assert_int_equal(judge_label(CASK_SCHEME_SUBTREES, 32, 33ULL << shift | ((1ULL << shift) - 1)),
			 -EINVAL);
}

static void D6_lengths_and_counts(void **test)
{
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	static const uint32_t revoked[] = { 3 };
	struct made m;

	make(&c, 1, revoked, 1, &m);
	assert_int_equal(cask_ekb_entries(&m.e, m.entries, m.entries_size - 1), -EINVAL);
	assert_int_equal(cask_ekb_entries(&m.e, m.entries, 0), -EINVAL);
	/* 2^32 - 1 entries, and the size that this is modulo 2^32 */
	m.e = claims(CASK_SCHEME_DIFFERENCES, 4, 0xffffffff);
	assert_int_equal(cask_ekb_entries(&m.e, m.entries, (uint32_t)-CASK_EKB_ENTRY_SIZE), -EINVAL);
	assert_int_equal(cask_ekb_entries(&m.e, m.entries, m.entries_size), -EINVAL);
	unmake(&m);
}

/* The value of a section of a payload, to alter. */
static uint8_t *value_of(struct made *m, uint16_t type)
{
	struct cask_object o;
	struct cask_sec s;

	assert_int_equal(cask_object_open(&o, m->payload, m->size, CASK_TYPE_EKB), 0);
	while (cask_object_next(&o, &s) > 0)
		if (s.type == type)
			return m->payload + (s.value.data - m->payload);
	fail();
	return NULL;
}

static int with(struct made *m, uint16_t type, uint32_t value)
{
	uint8_t *p = value_of(m, type);
	uint32_t right = cask_le32(p);
	struct cask_ekb e;
	int ret;

	cask_put_le32(p, value);
	ret = cask_ekb_parse(&e, m->payload, m->size);
	cask_put_le32(p, right);
	return ret;
}

static void D6_payloads_that_are_none(void **test)
{
	const struct category c = category_of(CASK_SCHEME_SUBTREES, 4);
	struct cask_ekb e;
	struct made m;

	make(&c, 1, NULL, 0, &m);
	assert_int_equal(with(&m, CASK_SEC_VERSION, 0), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_VERSION, CASK_EKB_VERSIONS), 0);
	assert_int_equal(with(&m, CASK_SEC_VERSION, CASK_EKB_VERSIONS + 1), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_SCHEME, 0), -EOPNOTSUPP);
	assert_int_equal(with(&m, CASK_SEC_SCHEME, 3), -EOPNOTSUPP);
	assert_int_equal(with(&m, CASK_SEC_HEIGHT, 0), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_HEIGHT, CASK_HEIGHT_MAX), 0);
	assert_int_equal(with(&m, CASK_SEC_HEIGHT, CASK_HEIGHT_MAX + 1), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_HEIGHT, 0xffffffff), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_ENTRIES, CASK_EKB_ENTRIES_MAX), 0);
	assert_int_equal(with(&m, CASK_SEC_ENTRIES, CASK_EKB_ENTRIES_MAX + 1), -EINVAL);
	assert_int_equal(with(&m, CASK_SEC_ENTRIES, 0xffffffff), -EINVAL);
	memset(value_of(&m, CASK_SEC_CATEGORY), 0, CASK_ID_SIZE);
	assert_int_equal(cask_ekb_parse(&e, m.payload, m.size), -EINVAL);
	unmake(&m);
}

int main(void)
{
	const struct CMUnitTest entries[] = {
		cmocka_unit_test(D6_sets_that_are_no_cover),
		cmocka_unit_test(D6_labels_that_are_none),
		cmocka_unit_test(D6_lengths_and_counts),
		cmocka_unit_test(D6_payloads_that_are_none),
	};
	int ret;

	aes = aes_new();
	if (!aes)
		return 1;
	ret = run_suite(entries);
	aes_free(aes);
	return ret;
}
