// SPDX-License-Identifier: GPL-2.0
/* covers.c - covers of trees against what looking at every node gives. */
#include <errno.h>
#include <stdio.h>

#include "trees.h"

struct sets {
	struct cask_subset *s;
	size_t n;
};

/* Which nodes have a revoked leaf below: the tree that a cover follows, node by node. */
static uint8_t *struck(unsigned int height, const uint32_t *revoked, size_t n)
{
	uint8_t *marks = calloc(2ULL << height, 1);
	size_t i;

	for (i = 0; i < n; i++)
		for (uint64_t node = 1ULL << height | revoked[i]; node; node /= 2)
			marks[node] = 1;
	return marks;
}

static uint64_t only_child(const uint8_t *marks, uint64_t node, uint64_t leaves)
{
	if (node >= leaves || marks[2 * node] == marks[2 * node + 1])
		return 0;
	return marks[2 * node] ? 2 * node : 2 * node + 1;
}

/* By the definitions: of subtrees, and of stretches that do not branch. */
static void by_force(uint32_t scheme, unsigned int height, const uint8_t *marks, uint64_t node,
		     struct sets *out)
{
	uint64_t leaves = 1ULL << height, end = node, next;
	bool begins = node == 1 || (marks[node] && marks[node ^ 1]);

	if (!marks[node]) {
		if (node == 1 || (scheme == CASK_SCHEME_SUBTREES && marks[node / 2]))
			out->s[out->n++] = (struct cask_subset){ node, 0 };
		return;
	}
	if (scheme == CASK_SCHEME_DIFFERENCES && begins) {
		while ((next = only_child(marks, end, leaves)))
			end = next;
		if (end != node)
			out->s[out->n++] = (struct cask_subset){ node, end };
	}
	if (node < leaves) {
		by_force(scheme, height, marks, 2 * node, out);
		by_force(scheme, height, marks, 2 * node + 1, out);
	}
}

/* Returns how many sets there are. */
static size_t compare_covers(uint32_t scheme, unsigned int height, const uint32_t *revoked, size_t n)
{
	struct cask_cover cover = { .scheme = scheme, .height = height };
	_cleanup_free_ uint8_t *marks = struck(height, revoked, n);
	struct sets wanted = { .s = calloc((n + 1) * (height + 1), sizeof(*wanted.s)) };
	struct cask_subset s;
	size_t i = 0;

	by_force(scheme, height, marks, 1, &wanted);
	assert_int_equal(cask_cover_begin(&cover, revoked, n), 0);
	while (cask_cover_next(&cover, &s)) {
		assert_true(i < wanted.n);
		assert_true(s.top == wanted.s[i].top && s.hole == wanted.s[i].hole);
		i++;
	}
	assert_int_equal(i, wanted.n);
	free(wanted.s);
	return i;
}

static void D6_covers_of_every_subset_of_small_trees(void **test)
{
	uint32_t revoked[32];
	size_t total = 0;

	for (unsigned int height = 1; height <= 4; height++)
		for (uint32_t bits = 0; !(bits >> (1 << height)); bits++)
			for (size_t i = 0; i < ARRAY_SIZE(schemes); i++, total++)
				compare_covers(schemes[i], height, revoked, subset_of(bits, revoked));
	printf("# %zu covers\n", total);
}

static void D6_covers_of_large_trees(void **test)
{
	static const size_t counts[] = { 0, 1, 2, 16, 1024, 16384, 400000 };
	uint32_t *revoked = calloc(400000, sizeof(*revoked));

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t n = draw_revoked(LARGE, revoked, counts[i]);
		size_t subtrees = compare_covers(CASK_SCHEME_SUBTREES, LARGE, revoked, n);
		size_t differences = compare_covers(CASK_SCHEME_DIFFERENCES, LARGE, revoked, n);

		assert_true(!n || differences <= 2 * n - 1);
		printf("# %zu of 2^%u revoked: %zu subtrees, %zu differences\n", n, LARGE, subtrees,
		       differences);
	}
	free(revoked);
}

static void D6_covers_take_ascending_leaves_of_the_tree(void **test)
{
	static const uint32_t equal[] = { 1, 1 }, down[] = { 2, 1 }, beyond[] = { 1, 8 },
		last[] = { 0, 7 }, largest[] = { 0xffffffff };
	struct cask_cover cover = { .scheme = CASK_SCHEME_SUBTREES, .height = 3 };

	assert_int_equal(cask_cover_begin(&cover, equal, 2), -EINVAL);
	assert_int_equal(cask_cover_begin(&cover, down, 2), -EINVAL);
	assert_int_equal(cask_cover_begin(&cover, beyond, 2), -EINVAL);
	assert_int_equal(cask_cover_begin(&cover, last, 2), 0);
	cover.height = 31;
	assert_int_equal(cask_cover_begin(&cover, largest, 1), -EINVAL);
	cover.height = 32;
	assert_int_equal(cask_cover_begin(&cover, largest, 1), 0);
}

int main(void)
{
	const struct CMUnitTest covers[] = {
		cmocka_unit_test(D6_covers_of_every_subset_of_small_trees),
		cmocka_unit_test(D6_covers_of_large_trees),
		cmocka_unit_test(D6_covers_take_ascending_leaves_of_the_tree),
	};

	return run_suite(covers);
}
