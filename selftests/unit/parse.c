// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - the parsers that the module runs, fed with what writers make, cut
 * short, altered and stretched. ASan sees every byte read beyond the end.
 *
 * `unit-parse --corpus DIR` writes right ones for the fuzzers.
 */
#include "unit.h"
#include <errno.h>
#include <endian.h>

#include "forge.h"
#include "sample.h"
#include "../../kmod/parse/parse.h"

#define CRITICAL	CASK_SECTION_CRITICAL

static bool refused(int ret)
{
	return ret == -EINVAL || ret == -EOPNOTSUPP;
}

static void right_samples(void **state)
{
	static struct digest d;
	int i;

	for (i = 0; i < SAMPLES; i++)
		assert_int_equal(sample_read(&samples[i], samples[i].bytes.data,
					   samples[i].bytes.size, &d), 0);
}

static void every_truncation(void **state)
{
	static struct digest d;
	size_t size, total = 0;
	int i, ret;

	for (i = 0; i < SAMPLES; i++) {
		for (size = 0; size < samples[i].bytes.size; size++) {
			ret = sample_read(&samples[i], samples[i].bytes.data, size, &d);
			/* A link part cut below its head is an empty one. */
			if (i == LINK && size < HEAD_SIZE)
				assert_int_equal(ret, 0);
			else
				assert_int_equal(ret, -EINVAL);
		}
		total += size;
	}
	printf("# counted: %zu bad inputs\n", total);
}

/*
 * Whether a section that is known is marked critical means nothing to its reader
 * (and stands under the signature or MAC all the same).
 */
static bool is_critical_bit(int i, size_t at, int delta)
{
	const struct forge_bytes *b = &samples[i].bytes;
	size_t section = HEAD_SIZE;

	if (!samples[i].is_object || delta != CRITICAL)
		return false;
	while (section + offsetof(struct cask_section, flags) < at)
		section += SECTION_SIZE + cask_le32(b->data + section + 4);
	return section + offsetof(struct cask_section, flags) == at;
}

/* Whatever byte becomes whatever value: refused, or another meaning. */
static void every_alteration(void **state)
{
	static struct digest right, d;
	size_t at, total = 0;
	uint8_t *data;
	int i, delta, ret;

	for (i = 0; i < SAMPLES; i++) {
		data = samples[i].bytes.data;
		assert_int_equal(sample_read(&samples[i], data, samples[i].bytes.size, &right), 0);
		for (at = 0; at < samples[i].bytes.size; at++) {
			for (delta = 1; delta < 256; delta++) {
				data[at] ^= delta;
				ret = sample_read(&samples[i], data, samples[i].bytes.size, &d);
				data[at] ^= delta;
				if (ret)
					assert_true(refused(ret));
				else if (d.size == right.size && !is_critical_bit(i, at, delta))
					assert_memory_not_equal(d.bytes, right.bytes, d.size);
			}
		}
		total += at * 255;
	}
	printf("# counted: %zu bad inputs\n", total);
}

static void trailing_bytes(void **state)
{
	static struct digest d;
	struct forge_bytes *b;
	uint8_t *longer;
	size_t extra;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		/* These lie where there is more room than they take. */
		if (i == LINK || i == MEDIUM)
			continue;
		b = &samples[i].bytes;
		longer = calloc(1, b->size + 16);
		memcpy(longer, b->data, b->size);
		for (extra = 1; extra <= 16; extra++)
			assert_int_equal(sample_read(&samples[i], longer, b->size + extra, &d),
					 -EINVAL);
		free(longer);
	}
}

/* Boundary lengths in the head and in every section. */
static void lengths(void **state)
{
	static const uint32_t values[] = { 0, 1, 11, 12, 13, 4095, 4096, 4097, 0x7fffffff,
		0x80000000, 0x80000001, 0xfffffff0, 0xfffffff7, 0xfffffff8, 0xfffffffe,
		0xffffffff };
	static struct digest d;
	size_t at, v;
	int i, ret;

	for (i = 0; i < SAMPLES; i++) {
		struct forge_bytes *b = &samples[i].bytes;

		if (!samples[i].is_object)
			continue;
		for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			uint32_t size;

			if (values[v] != b->size) {
				cask_put_le32(b->data + 8, values[v]);
				ret = sample_read(&samples[i], b->data, b->size, &d);
				cask_put_le32(b->data + 8, b->size);
				/* A link ends where its head says; 12: empty. */
				assert_int_equal(ret, i == LINK && values[v] == 12 ? 0 : -EINVAL);
			}
			for (at = HEAD_SIZE; at < b->size; at += SECTION_SIZE + size) {
				size = cask_le32(b->data + at + 4);
				if (values[v] == size)
					continue;
				cask_put_le32(b->data + at + 4, values[v]);
				ret = sample_read(&samples[i], b->data, b->size, &d);
				cask_put_le32(b->data + at + 4, size);
				assert_true(refused(ret));
			}
		}
	}
}

/* An object with a section put in before offset @at. */
static int read_with(int i, size_t at, uint16_t type, uint16_t flags, struct digest *d)
{
	struct forge_bytes *b = &samples[i].bytes;
	struct cask_section s = { .type = htole16(type), .flags = htole16(flags),
		.length = htole32(3) };
	uint8_t *data = malloc(b->size + sizeof(s) + 3);
	int ret;

	memcpy(data, b->data, at);
	memcpy(data + at, &s, sizeof(s));
	memcpy(data + at + sizeof(s), "abc", 3);
	memcpy(data + at + sizeof(s) + 3, b->data + at, b->size - at);
	cask_put_le32(data + 8, b->size + sizeof(s) + 3);
	if (i == CONTENT) {
		/* LAYOUT says how long the fixed part is. */
		uint8_t *layout = data + HEAD_SIZE + SECTION_SIZE + 16 + SECTION_SIZE;

		if (at <= HEAD_SIZE + SECTION_SIZE + 16)
			layout += sizeof(s) + 3;
		cask_put_le32(layout + 16, b->size + sizeof(s) + 3);
		cask_put_le32(layout + 20, 4096 - (b->size + sizeof(s) + 3));
	}
	ret = sample_read(&samples[i], data, b->size + sizeof(s) + 3, d);
	free(data);
	return ret;
}

/* A type that nobody knows, in each gap of the ascending order. */
static void unknown_sections(void **state)
{
	static struct digest d;
	uint16_t type, before, after;
	size_t at, gaps = 0;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		struct forge_bytes *b = &samples[i].bytes;

		if (!samples[i].is_object)
			continue;
		before = 0;
		for (at = HEAD_SIZE; at < b->size;
		     at += SECTION_SIZE + cask_le32(b->data + at + 4)) {
			after = cask_le16(b->data + at);
			type = before + 1;
			/* Types below 0x50 may be known to this object; 0x50 and up are to none. */
			if (type < 0x50)
				type = 0x50;
			/* Nor does a layer know what one parser knows of a backup. */
			if (i == LAYER && before >= CASK_SEC_SALT)
				type = CASK_SEC_LOCKS + 1;
			if (type < after) {
				gaps++;
				assert_int_equal(read_with(i, at, type, CRITICAL, &d), -EOPNOTSUPP);
				assert_int_equal(read_with(i, at, type, 0, &d), 0);
			}
			/* out of order, doubled, or zero */
			assert_int_equal(read_with(i, at, before, 0, &d), -EINVAL);
			assert_int_equal(read_with(i, at, after + 0x100, 0, &d), -EINVAL);
			/* flags of tomorrow */
			assert_int_equal(read_with(i, at, type, 2, &d), -EINVAL);
			assert_int_equal(read_with(i, at, type, 0x8001, &d), -EINVAL);
			before = after;
		}
		/* after the last; nothing may follow a MAC, a tag, or the slots of a license */
		if (i == CONTENT || i == ENROLMENT || i == LICENSE ||
		    (i >= MEDIUM && i != EKB)) {
			assert_true(refused(read_with(i, b->size, 0x7000, 0, &d)));
		} else {
			gaps++;
			assert_int_equal(read_with(i, b->size, 0x7000, CRITICAL, &d), -EOPNOTSUPP);
			assert_int_equal(read_with(i, b->size, 0x7000, 0, &d), 0);
		}
	}
	assert_true(gaps >= 4);
}

/* RFC 8949: any length can be said in longer ways; only the shortest is taken. */
static void longer_cbor(void **state)
{
	static struct digest d;
	struct forge_bytes *b = &samples[P256_STATEMENT].bytes;
	uint8_t *data = malloc(b->size + 8);

	/* tag 18 in two bytes */
	memcpy(data, "\xd8\x12", 2);
	memcpy(data + 2, b->data + 1, b->size - 1);
	assert_int_equal(sample_read(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* array of 4 in two bytes */
	memcpy(data, "\xd2\x98\x04", 3);
	memcpy(data + 3, b->data + 2, b->size - 2);
	assert_int_equal(sample_read(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* array of unknown length */
	memcpy(data, "\xd2\x9f", 2);
	memcpy(data + 2, b->data + 2, b->size - 2);
	data[b->size] = 0xff;
	assert_int_equal(sample_read(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* length of the protected header in three bytes */
	memcpy(data, "\xd2\x84\x59\x00\x26", 5);
	memcpy(data + 5, b->data + 4, b->size - 4);
	assert_int_equal(sample_read(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* in nine */
	memcpy(data, "\xd2\x84\x5b\0\0\0\0\0\0\0\x26", 11);
	memcpy(data + 11, b->data + 4, b->size - 4);
	assert_int_equal(sample_read(&samples[P256_STATEMENT], data, b->size + 7, &d), -EINVAL);
	/* without the tag */
	assert_int_equal(sample_read(&samples[P256_STATEMENT], b->data + 1, b->size - 1, &d),
			 -EINVAL);
	free(data);
}

static void statement_limit(void **state)
{
	uint8_t *data = calloc(1, CASK_STATEMENT_MAX + 1);
	struct cask_cose c;

	memcpy(data, samples[P256_STATEMENT].bytes.data, samples[P256_STATEMENT].bytes.size);
	assert_int_equal(cask_cose_parse(&c, data, CASK_STATEMENT_MAX), -EINVAL);
	assert_int_equal(cask_cose_parse(&c, data, CASK_STATEMENT_MAX + 1), -EINVAL);
	free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest parse[] = {
		cmocka_unit_test(right_samples),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_alteration),
		cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(lengths),
		cmocka_unit_test(unknown_sections),
		cmocka_unit_test(longer_cbor),
		cmocka_unit_test(statement_limit),
	};
	int ret;

	sample_all();
	ret = argc == 3 && !strcmp(argv[1], "--corpus") ? sample_write(argv[2]) :
		run_suite(parse);
	sample_free();
	return ret;
}
