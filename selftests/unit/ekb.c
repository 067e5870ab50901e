// SPDX-License-Identifier: GPL-2.0
/*
 * ekb.c - EKBs opened by every leaf of small trees and many of large ones.
 *
 * `unit-ekb --corpus DIR` writes right ones for the fuzzer.
 */
#include <errno.h>
#include <stdio.h>
#include <openssl/evp.h>

#include "trees.h"
#include "crypto.h"
#include "ekb_vectors.h"

static int open_as(const struct category *c, const struct made *m, uint32_t leaf, uint8_t *root)
{
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE];

	assert_int_equal(category_labels(c, aes, leaf, labels), 0);
	return cask_ekb_open(aes, &m->e, leaf, labels, root);
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

/* The statement that goes out: signed, and of the entries beside it. */
static void D6_the_statement_names_its_entries(void **test)
{
	static const uint32_t revoked[] = { 1, 2, 9 };
	const struct category_ekb ekb = { 3, EKB_VECTOR_CREATED, revoked, 3 };
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	_cleanup_free_ uint8_t *statement = NULL, *entries = NULL;
	uint8_t hash[CRYPTO_SHA256_SIZE];
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);
	size_t size, entries_size;
	struct cask_cose cose;
	struct cask_ekb e;

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
		cmocka_unit_test(D6_a_revoked_leaf_opens_nothing_and_every_other_does),
		cmocka_unit_test(D6_every_leaf_of_a_large_tree_finds_its_entry),
		cmocka_unit_test(D6_trees_of_every_height),
		cmocka_unit_test(D6_a_leaf_revoked_later_opens_no_later_ekb),
		cmocka_unit_test(D6_labels_of_others_open_nothing),
		cmocka_unit_test(D6_vectors_of_another_implementation),
		cmocka_unit_test(D6_versions_and_what_an_issuer_may_not_ask_for),
		cmocka_unit_test(D6_the_statement_names_its_entries),
		cmocka_unit_test(D6_key_wrap_of_RFC_3394),
	};
	int ret;

	aes = aes_new();
	if (!aes)
		return 1;
	ret = argc == 3 && !strcmp(argv[1], "--corpus") ? write_corpus(argv[2]) : run_suite(ekb);
	aes_free(aes);
	return ret;
}
