// SPDX-License-Identifier: GPL-2.0
/*
 * ekb.c - covers against what looking at every node gives, EKBs opened by every leaf of
 * small trees and many of large ones, and EKBs that are none.
 *
 * `unit-ekb --corpus DIR` writes right ones for the fuzzer.
 */
#include "unit.h"
#include <errno.h>
#include <stdio.h>
#include <openssl/evp.h>

#include "category.h"
#include "cleanup.h"
#include "crypto.h"
#include "ekb_vectors.h"
#include "hpke.h"
#include "license.h"

#define LARGE	20
#define SEED	0x9e3779b97f4a7c15ULL

static const uint32_t schemes[] = { CASK_SCHEME_SUBTREES, CASK_SCHEME_DIFFERENCES };

static struct cask_aes *aes;
static uint64_t state = SEED;

static uint32_t draw(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 32;
}

/* --- covers --- */

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

static size_t subset_of(uint32_t bits, uint32_t *revoked)
{
	size_t n = 0;

	for (uint32_t leaf = 0; leaf < 32; leaf++)
		if (bits >> leaf & 1)
			revoked[n++] = leaf;
	return n;
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

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Up to @n leaves of a tree, ascending, each once. */
static size_t draw_revoked(unsigned int height, uint32_t *revoked, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		revoked[i] = draw() >> (32 - height);
	qsort(revoked, n, sizeof(*revoked), by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || revoked[i] != revoked[kept - 1])
			revoked[kept++] = revoked[i];
	return kept;
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

/* --- EKBs --- */

/* An EKB in memory that ends where it ends. */
struct made {
	struct cask_ekb e;
	uint8_t *payload, *entries;
	size_t size, entries_size;
};

static struct category category_of(uint32_t scheme, uint32_t height)
{
	struct category c = { .scheme = scheme, .height = height };

	memcpy(c.id, ekb_category, sizeof(c.id));
	memcpy(c.issuer, ekb_issuer, sizeof(c.issuer));
	memcpy(c.master, ekb_master, sizeof(c.master));
	memcpy(c.seed, ekb_seed, sizeof(c.seed));
	return c;
}

static void make(const struct category *c, uint32_t version, const uint32_t *revoked, size_t n,
		 struct made *m)
{
	const struct category_ekb ekb = { version, EKB_VECTOR_CREATED, revoked, n };
	struct object o = OBJECT_INIT;

	assert_int_equal(category_ekb_body(&o, c, aes, &ekb, &m->entries, &m->entries_size), 0);
	assert_int_equal(object_end(&o, &m->payload, &m->size), 0);
	assert_int_equal(cask_ekb_parse(&m->e, m->payload, m->size), 0);
	assert_int_equal(cask_ekb_entries(&m->e, m->entries, m->entries_size), 0);
}

static void unmake(struct made *m)
{
	free(m->payload);
	free(m->entries);
}

static int open_as(const struct category *c, const struct made *m, uint32_t leaf, uint8_t *root)
{
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE];

	assert_int_equal(category_labels(c, aes, leaf, labels), 0);
	return cask_ekb_open(aes, &m->e, leaf, labels, root);
}

static bool is_in(uint32_t leaf, const uint32_t *revoked, size_t n)
{
	return n && bsearch(&leaf, revoked, n, sizeof(leaf), by_number);
}

/* A revoked leaf finds nothing, another the root key. */
static void check_leaf(const struct category *c, const struct made *m, uint32_t leaf, bool revoked)
{
	uint8_t root[CASK_KEY_SIZE], wanted[CASK_KEY_SIZE];

	assert_int_equal(category_root(c, aes, m->e.version, wanted), 0);
	assert_int_equal(open_as(c, m, leaf, root), revoked ? -EKEYREVOKED : 0);
	if (!revoked)
		assert_memory_equal(root, wanted, sizeof(root));
}

static void D6_a_revoked_leaf_opens_nothing_and_every_other_does(void **test)
{
	uint32_t revoked[32];

	for (unsigned int height = 1; height <= 3; height++)
		for (uint32_t bits = 0; !(bits >> (1 << height)); bits++)
			for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
				const struct category c = category_of(schemes[i], height);
				struct made m;

				make(&c, CASK_EKB_VERSIONS, revoked, subset_of(bits, revoked), &m);
				for (uint32_t leaf = 0; leaf < 1U << height; leaf++)
					check_leaf(&c, &m, leaf, bits >> leaf & 1);
				unmake(&m);
			}
}

/* Every leaf finds its set by looking at all of them, and the same by bisection. */
static void check_finding(const struct made *m, uint32_t leaf, bool revoked)
{
	uint64_t node = cask_node_of_leaf(m->e.height, leaf);
	struct cask_ekb_way way;
	int ret = cask_ekb_find(&m->e, leaf, &way);

	assert_int_equal(ret, revoked ? -EKEYREVOKED : 0);
	if (ret)
		return;
	assert_true(way.label < cask_ekb_leaf_labels(m->e.scheme, m->e.height));
	assert_true(way.wrapped >= m->e.wrapped && way.steps <= m->e.height);
	assert_true(!way.hole || !cask_node_under(node, way.hole));
}

static void D6_every_leaf_of_a_large_tree_finds_its_entry(void **test)
{
	uint32_t *revoked = calloc(16384, sizeof(*revoked));
	size_t n = draw_revoked(LARGE, revoked, 16384);

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const struct category c = category_of(schemes[i], LARGE);
		struct made m;

		make(&c, CASK_EKB_VERSIONS, revoked, n, &m);
		for (uint32_t leaf = 0, next = 0; leaf < 1 << LARGE; leaf++) {
			bool out = next < n && revoked[next] == leaf;

			next += out;
			check_finding(&m, leaf, out);
		}
		for (int k = 0; k < 500; k++) {
			uint32_t leaf = draw() >> (32 - LARGE);

			check_leaf(&c, &m, leaf, is_in(leaf, revoked, n));
		}
		unmake(&m);
	}
	free(revoked);
}

static void D6_trees_of_every_height(void **test)
{
	uint32_t *revoked = calloc(1000, sizeof(*revoked));

	for (unsigned int height = 1; height <= CASK_HEIGHT_MAX; height++) {
		uint32_t last = (1ULL << height) - 1;
		size_t n = draw_revoked(height, revoked, height < 4 ? 1 : 1000);

		for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
			const struct category c = category_of(schemes[i], height);
			struct made m;

			make(&c, CASK_EKB_VERSIONS, revoked, n, &m);
			check_leaf(&c, &m, 0, is_in(0, revoked, n));
			check_leaf(&c, &m, last, is_in(last, revoked, n));
			for (size_t k = 0; k < n; k += 50) {
				uint32_t beside = revoked[k] ^ 1;

				check_leaf(&c, &m, revoked[k], true);
				check_leaf(&c, &m, beside, is_in(beside, revoked, n));
			}
			unmake(&m);
		}
	}
	free(revoked);
}

static void D6_a_leaf_revoked_later_opens_no_later_ekb(void **test)
{
	static const uint32_t before[] = { 5 }, after[] = { 5, 6 };
	uint8_t old[CASK_KEY_SIZE], new[CASK_KEY_SIZE], root[CASK_KEY_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const struct category c = category_of(schemes[i], 4);
		struct made first, second;

		make(&c, 10, before, 1, &first);
		make(&c, 12, after, 2, &second);
		assert_int_equal(open_as(&c, &first, 6, old), 0);
		assert_int_equal(open_as(&c, &second, 6, root), -EKEYREVOKED);
		/* Who opens a later one has the older root keys, too. */
		assert_int_equal(open_as(&c, &second, 7, new), 0);
		assert_int_equal(cask_ekb_older(aes, new, 2), 0);
		assert_memory_equal(new, old, sizeof(old));
		unmake(&first);
		unmake(&second);
	}
}

static void D6_labels_of_others_open_nothing(void **test)
{
	static const uint32_t revoked[] = { 3, 8, 9 };
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE], root[CASK_KEY_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		struct category c = category_of(schemes[i], 4), other = c;
		struct made m;

		make(&c, 2, revoked, 3, &m);
		other.master[0] ^= 1;
		assert_int_equal(category_labels(&other, aes, 4, labels), 0);
		assert_int_equal(cask_ekb_open(aes, &m.e, 4, labels, root), -EBADMSG);
		/* A revoked leaf's, under the number of a leaf that is not. */
		assert_int_equal(category_labels(&c, aes, 3, labels), 0);
		assert_int_equal(cask_ekb_open(aes, &m.e, 2, labels, root), -EBADMSG);
		assert_int_equal(cask_ekb_open(aes, &m.e, 16, labels, root), -EINVAL);
		assert_int_equal(category_labels(&c, aes, 16, labels), -EINVAL);
		unmake(&m);
	}
}

#define check_vectors(scheme, name) do { \
	const struct category c = category_of(scheme, EKB_VECTOR_HEIGHT); \
	uint8_t labels[sizeof(ekb_##name##_labels)], root[CASK_KEY_SIZE]; \
	struct made m; \
	make(&c, EKB_VECTOR_VERSION, ekb_revoked, ARRAY_SIZE(ekb_revoked), &m); \
	assert_int_equal(m.size, sizeof(ekb_##name##_payload)); \
	assert_memory_equal(m.payload, ekb_##name##_payload, m.size); \
	assert_int_equal(m.entries_size, sizeof(ekb_##name##_entries)); \
	assert_memory_equal(m.entries, ekb_##name##_entries, m.entries_size); \
	assert_int_equal(cask_ekb_leaf_labels(scheme, EKB_VECTOR_HEIGHT) * CASK_KEY_SIZE, sizeof(labels)); \
	assert_int_equal(category_labels(&c, aes, EKB_VECTOR_LEAF, labels), 0); \
	assert_memory_equal(labels, ekb_##name##_labels, sizeof(labels)); \
	assert_int_equal(cask_ekb_open(aes, &m.e, EKB_VECTOR_LEAF, labels, root), 0); \
	assert_memory_equal(root, ekb_root, sizeof(root)); \
	unmake(&m); \
} while (0)

static void D6_vectors_of_another_implementation(void **test)
{
	uint8_t wrap[CASK_KEY_SIZE];

	check_vectors(CASK_SCHEME_SUBTREES, subtrees);
	check_vectors(CASK_SCHEME_DIFFERENCES, differences);
	assert_int_equal(cask_ekb_derive(aes, ekb_root, CASK_EKB_WRAP, 0, wrap), 0);
	assert_memory_equal(wrap, ekb_wrap, sizeof(wrap));
}

static void D6_versions_and_what_an_issuer_may_not_ask_for(void **test)
{
	static const uint32_t down[] = { 2, 1 };
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	struct category_ekb ekb = { .version = 0 };
	struct object o = OBJECT_INIT;
	uint8_t *entries = NULL, root[CASK_KEY_SIZE];
	size_t size;

	assert_int_equal(category_ekb_body(&o, &c, aes, &ekb, &entries, &size), -EINVAL);
	ekb.version = CASK_EKB_VERSIONS + 1;
	assert_int_equal(category_ekb_body(&o, &c, aes, &ekb, &entries, &size), -EINVAL);
	ekb = (struct category_ekb){ .version = 1, .revoked = down, .n_revoked = 2 };
	assert_int_equal(category_ekb_body(&o, &c, aes, &ekb, &entries, &size), -EINVAL);
	assert_null(entries);
	assert_int_equal(category_root(&c, aes, CASK_EKB_VERSIONS, root), 0);
	assert_memory_equal(root, c.seed, sizeof(root));
}

/* --- hostile ones --- */

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

/* The statement that goes out: signed, and of the entries beside it. */
static void D6_the_statement_names_its_entries(void **test)
{
	static const uint32_t revoked[] = { 1, 2, 9 };
	const struct category_ekb ekb = { 3, EKB_VECTOR_CREATED, revoked, 3 };
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	_cleanup_free_ uint8_t *statement = NULL, *entries = NULL;
	uint8_t hash[CRYPTO_SHA256_SIZE];
	struct cose_signer signer = { 0 };
	EVP_PKEY *pkey;
	size_t size, entries_size;
	struct cask_cose cose;
	struct cask_ekb e;

	assert_int_equal(cose_generate(COSE_ALG_ES256, &pkey), 0);
	assert_int_equal(cose_signer_init(&signer, pkey), 0);
	assert_int_equal(category_ekb(&c, &signer, &ekb, &statement, &size, &entries, &entries_size), 0);
	assert_int_equal(cask_cose_parse(&cose, statement, size), 0);
	assert_int_equal(cask_ekb_parse(&e, cose.payload.data, cose.payload.len), 0);
	assert_int_equal(cask_ekb_entries(&e, entries, entries_size), 0);
	assert_int_equal(crypto_sha256(entries, entries_size, hash), 0);
	assert_memory_equal(hash, e.hash.data, sizeof(hash));
	EVP_PKEY_free(pkey);
}

static void D6_key_wrap_of_RFC_3394(void **test)
{
	uint8_t kek[16], key[16], wrapped[CASK_KEYWRAP_SIZE], work[CASK_KEYWRAP_SIZE + 16];

	/* section 4.1 */
	unhex(kek, "000102030405060708090a0b0c0d0e0f");
	unhex(key, "00112233445566778899aabbccddeeff");
	assert_int_equal(cask_keywrap(aes, kek, key, wrapped), 0);
	assert_bytes(wrapped, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5");
	assert_int_equal(cask_keyunwrap(aes, kek, wrapped, work), 0);
	assert_memory_equal(work + CASK_KEYWRAP_KEY, key, sizeof(key));
	for (size_t i = 0; i < sizeof(wrapped); i++) {
		wrapped[i] ^= 1;
		assert_int_equal(cask_keyunwrap(aes, kek, wrapped, work), -EBADMSG);
		wrapped[i] ^= 1;
	}
	kek[15] ^= 1;
	assert_int_equal(cask_keyunwrap(aes, kek, wrapped, work), -EBADMSG);
}

/* --- leaves --- */

static struct cose_signer signer_of(EVP_PKEY **ret_pkey)
{
	struct cose_signer signer = { 0 };

	assert_int_equal(cose_generate(COSE_ALG_ES256, ret_pkey), 0);
	assert_int_equal(cose_signer_init(&signer, *ret_pkey), 0);
	return signer;
}

/* As a device does it, with the body and the signer as they are said to be. */
static int open_leaf(const struct cask_leaf_view *v, const uint8_t *private, const uint8_t *kid,
		     uint8_t *labels)
{
	uint8_t aad[CRYPTO_SHA256_SIZE + CASK_KID_SIZE];
	const struct iovec body[] = {
		{ (void *)v->head.data, v->head.len },
		{ (void *)v->sections.data, v->sections.len },
	};
	const struct hpke_text text = {
		.info = "cask/1 leaf", .info_size = 11, .aad = aad, .aad_size = sizeof(aad),
	};

	assert_int_equal(crypto_sha256v(body, 2, aad), 0);
	memcpy(aad + CRYPTO_SHA256_SIZE, kid, CASK_KID_SIZE);
	return hpke_open(private, &text, v->sealed.data, v->sealed.data + CASK_HPKE_ENC_SIZE,
			 v->sealed.len - CASK_HPKE_ENC_SIZE, labels);
}

static void D6_a_leaf_is_sealed_to_its_device(void **test)
{
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE], private[32], root[CASK_KEY_SIZE];
	struct category_leaf leaf = { .created = 1, .leaf = 0xfffffffe };
	static const uint32_t revoked[] = { 7, 0xffffffff };
	struct cask_leaf_view v;
	struct cask_cose cose;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);

	assert_int_equal(crypto_x25519_keypair(private, leaf.device_key), 0);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const struct category c = category_of(schemes[i], 32);
		_cleanup_free_ uint8_t *statement = NULL;
		struct made m;
		size_t size;

		make(&c, 9, revoked, 2, &m);
		assert_int_equal(category_leaf(&c, &signer, &leaf, &statement, &size), 0);
		assert_int_equal(cask_cose_parse(&cose, statement, size), 0);
		assert_int_equal(cask_leaf_parse(&v, cose.payload.data, cose.payload.len), 0);
		assert_int_equal(v.leaf, leaf.leaf);
		assert_int_equal(open_leaf(&v, private, cose.kid, labels), 0);
		assert_int_equal(cask_ekb_open(aes, &m.e, v.leaf, labels, root), 0);
		/* by another signer, for another place, to another device */
		assert_int_equal(open_leaf(&v, private, c.issuer, labels), -EBADMSG);
		assert_int_equal(open_leaf(&v, c.issuer, cose.kid, labels), -EBADMSG);
		((uint8_t *)v.sections.data)[v.sections.len - 1] ^= 1;
		assert_int_equal(open_leaf(&v, private, cose.kid, labels), -EBADMSG);
		unmake(&m);
	}
	EVP_PKEY_free(pkey);
}

/* As a device does it, with the root key of a later version. */
static int open_slot(const struct cask_license_view *v, const uint8_t *kid, uint8_t *root,
		     unsigned int older, uint8_t *key)
{
	uint8_t aad[CRYPTO_SHA256_SIZE + CASK_KID_SIZE + sizeof(struct cask_slot)], kek[32];
	uint8_t work[CASK_KEYWRAP_SIZE + CASK_KEY_SIZE];
	const struct iovec body[] = {
		{ (void *)v->head.data, v->head.len },
		{ (void *)v->sections.data, v->sections.len },
	};
	int ret;

	assert_int_equal(crypto_sha256v(body, 2, aad), 0);
	memcpy(aad + CRYPTO_SHA256_SIZE, kid, CASK_KID_SIZE);
	memcpy(aad + CRYPTO_SHA256_SIZE + CASK_KID_SIZE, v->slots[0].head.data,
	       sizeof(struct cask_slot));
	assert_int_equal(cask_ekb_older(aes, root, older), 0);
	assert_int_equal(cask_ekb_derive(aes, root, CASK_EKB_WRAP, 0, root), 0);
	assert_int_equal(crypto_hmac_sha256(root, CASK_KEY_SIZE, aad, sizeof(aad), kek), 0);
	ret = cask_keyunwrap(aes, kek, v->slots[0].wrapped.data, work);
	memcpy(key, work + CASK_KEYWRAP_KEY, CASK_KEY_SIZE);
	return ret;
}

static void D6_a_license_for_a_category_opens_by_its_root_key(void **test)
{
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	struct license_fields fields = {
		.id = { 1 }, .content_id = { 2 }, .operations = CASK_OPERATION_FILE,
		.suite = CASK_SUITE_AES_128_GCM, .version = 1, .for_device = true,
		.device_id = { 3 },
	};
	struct license_root root = { .version = 9 };
	_cleanup_free_ uint8_t *statement = NULL;
	uint8_t later[CASK_KEY_SIZE], key[CASK_KEY_SIZE];
	struct cask_license_view v;
	struct cask_cose cose;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);
	size_t size;

	memcpy(root.category, c.id, sizeof(root.category));
	assert_int_equal(category_root(&c, aes, 9, root.wrap), 0);
	assert_int_equal(cask_ekb_derive(aes, root.wrap, CASK_EKB_WRAP, 0, root.wrap), 0);
	assert_int_equal(license_make_category(&signer, &fields, &root, c.master, &statement, &size), 0);
	assert_int_equal(cask_cose_parse(&cose, statement, size), 0);
	assert_int_equal(cask_license_parse(&v, cose.payload.data, cose.payload.len), 0);
	assert_int_equal(v.slots[0].method, CASK_METHOD_EKB);
	assert_int_equal(cask_slot_version(&v.slots[0]), 9);
	assert_int_equal(v.device_id.len, CASK_KID_SIZE);
	assert_memory_equal(v.device_id.data, fields.device_id, CASK_KID_SIZE);
	assert_int_equal(category_root(&c, aes, 12, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 3, key), 0);
	assert_memory_equal(key, c.master, sizeof(key));
	/* a root key of another version; another signer; other rights */
	assert_int_equal(category_root(&c, aes, 12, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 2, key), -EBADMSG);
	assert_int_equal(category_root(&c, aes, 9, later), 0);
	assert_int_equal(open_slot(&v, c.issuer, later, 0, key), -EBADMSG);
	((uint8_t *)v.sections.data)[v.sections.len - 1] ^= 1;
	assert_int_equal(category_root(&c, aes, 9, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 0, key), -EBADMSG);
	EVP_PKEY_free(pkey);
}

static void D6_leaves_that_are_none(void **test)
{
	struct category c = category_of(CASK_SCHEME_SUBTREES, 4);
	struct category_leaf leaf = { .created = 1, .leaf = 15 };
	uint8_t sealed[32 + 11 * 16 + 16] = { 0 }, private[32];
	uint8_t *payload = NULL;
	static const struct {
		uint32_t scheme, height, leaf, labels;
		int ret;
	} cases[] = {
		{ CASK_SCHEME_SUBTREES, 4, 15, 5, 0 },
		{ CASK_SCHEME_DIFFERENCES, 4, 15, 11, 0 },
		{ CASK_SCHEME_SUBTREES, 4, 16, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 0xffffffff, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 15, 4, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 15, 6, -EINVAL },
		{ CASK_SCHEME_DIFFERENCES, 4, 15, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 0, 0, 1, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 33, 0, 5, -EINVAL },
		{ 3, 4, 15, 5, -EOPNOTSUPP },
	};
	struct cask_leaf_view v;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct object o = OBJECT_INIT;

		c.scheme = cases[i].scheme;
		c.height = cases[i].height;
		leaf.leaf = cases[i].leaf;
		category_leaf_body(&o, &c, &leaf, c.issuer);
		object_add(&o, CASK_SEC_LEAF_LABELS, CASK_SECTION_CRITICAL, sealed,
			   32 + cases[i].labels * 16 + 16);
		assert_int_equal(object_end(&o, &payload, &size), 0);
		assert_int_equal(cask_leaf_parse(&v, payload, size), cases[i].ret);
		free(payload);
	}
	c = category_of(CASK_SCHEME_SUBTREES, 4);
	assert_int_equal(crypto_x25519_keypair(private, leaf.device_key), 0);
	leaf.leaf = 16;
	assert_int_equal(category_leaf(&c, &signer, &leaf, &payload, &size), -EINVAL);
	leaf.leaf = 15;
	memset(leaf.device_key, 0, sizeof(leaf.device_key));
	assert_int_equal(category_leaf(&c, &signer, &leaf, &payload, &size), -EINVAL);
	EVP_PKEY_free(pkey);
}

/* Payload and entries, one behind the other, as the fuzzer has them. */
static int write_corpus(const char *dir)
{
	uint32_t revoked[64];
	int ret = 0;

	for (int i = 0; i < 12 && !ret; i++) {
		const struct category c = category_of(schemes[i & 1], 4 + 14 * (i / 6));
		size_t n = draw_revoked(c.height, revoked, i * i / 3);
		char path[4096];
		struct made m;
		FILE *f;

		make(&c, 1 + i, revoked, n, &m);
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		f = fopen(path, "w");
		ret = !f || fwrite(m.payload, m.size, 1, f) != 1 ||
			fwrite(m.entries, 1, m.entries_size, f) != m.entries_size || fclose(f);
		unmake(&m);
	}
	return ret;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest ekb[] = {
		cmocka_unit_test(D6_covers_of_every_subset_of_small_trees),
		cmocka_unit_test(D6_covers_of_large_trees),
		cmocka_unit_test(D6_covers_take_ascending_leaves_of_the_tree),
		cmocka_unit_test(D6_a_revoked_leaf_opens_nothing_and_every_other_does),
		cmocka_unit_test(D6_every_leaf_of_a_large_tree_finds_its_entry),
		cmocka_unit_test(D6_trees_of_every_height),
		cmocka_unit_test(D6_a_leaf_revoked_later_opens_no_later_ekb),
		cmocka_unit_test(D6_labels_of_others_open_nothing),
		cmocka_unit_test(D6_vectors_of_another_implementation),
		cmocka_unit_test(D6_versions_and_what_an_issuer_may_not_ask_for),
		cmocka_unit_test(D6_sets_that_are_no_cover),
		cmocka_unit_test(D6_labels_that_are_none),
		cmocka_unit_test(D6_lengths_and_counts),
		cmocka_unit_test(D6_payloads_that_are_none),
		cmocka_unit_test(D6_the_statement_names_its_entries),
		cmocka_unit_test(D6_key_wrap_of_RFC_3394),
		cmocka_unit_test(D6_a_leaf_is_sealed_to_its_device),
		cmocka_unit_test(D6_a_license_for_a_category_opens_by_its_root_key),
		cmocka_unit_test(D6_leaves_that_are_none),
	};
	int ret;

	aes = aes_new();
	if (!aes)
		return 1;
	ret = argc == 3 && !strcmp(argv[1], "--corpus") ? write_corpus(argv[2]) : run_suite(ekb);
	aes_free(aes);
	return ret;
}
