// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - the parsers that the module runs, fed with what writers make, cut
 * short, altered and stretched. ASan sees every byte read beyond the end.
 */
#include "unit.h"
#include <errno.h>
#include <endian.h>

#include "forge.h"
#include "sample.h"
#include "../../kmod/parse/parse.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define HEAD_SIZE	sizeof(struct cask_head)
#define SECTION_SIZE	sizeof(struct cask_section)

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

static void put_length(uint8_t *data, uint32_t length)
{
	uint32_t le = htole32(length);

	memcpy(data, &le, 4);
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
				put_length(b->data + 8, values[v]);
				ret = sample_read(&samples[i], b->data, b->size, &d);
				put_length(b->data + 8, b->size);
				/* A link ends where its head says; 12: empty. */
				assert_int_equal(ret, i == LINK && values[v] == 12 ? 0 : -EINVAL);
			}
			for (at = HEAD_SIZE; at < b->size; at += SECTION_SIZE + size) {
				size = cask_le32(b->data + at + 4);
				if (values[v] == size)
					continue;
				put_length(b->data + at + 4, values[v]);
				ret = sample_read(&samples[i], b->data, b->size, &d);
				put_length(b->data + at + 4, size);
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
	put_length(data + 8, b->size + sizeof(s) + 3);
	if (i == CONTENT) {
		/* LAYOUT says how long the fixed part is. */
		uint8_t *layout = data + HEAD_SIZE + SECTION_SIZE + 16 + SECTION_SIZE;

		if (at <= HEAD_SIZE + SECTION_SIZE + 16)
			layout += sizeof(s) + 3;
		put_length(layout + 16, b->size + sizeof(s) + 3);
		put_length(layout + 20, 4096 - (b->size + sizeof(s) + 3));
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

/* Each required section left out, by forge. */
static void omitted_sections(void **state)
{
	static const uint16_t scope_types[] = { CASK_SEC_PURPOSES, CASK_SEC_NAMESPACE,
		CASK_SEC_NOT_BEFORE, CASK_SEC_NOT_AFTER, CASK_SEC_SEQUENCE, CASK_SEC_SIGNER,
		CASK_SEC_SERVER_KEY, CASK_SEC_NAME };
	static const uint16_t license_types[] = { CASK_SEC_LICENSE_ID, CASK_SEC_CONTENT_ID,
		CASK_SEC_VERSION, CASK_SEC_CREATED, CASK_SEC_OPERATIONS, CASK_SEC_SUITE,
		CASK_SEC_MIN_LEVEL, CASK_SEC_ISSUER, CASK_SEC_SLOT };
	static const uint16_t reanchor_types[] = { CASK_SEC_CREATED, CASK_SEC_NONCE,
		CASK_SEC_ISSUER, CASK_SEC_DEVICE_ID };
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_scope scope = forge_scope_default(d);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct forge_reanchor reanchor = forge_reanchor_default(d, d->root.pub.kid, license.fields.id);
	struct cask_reanchor_view r;
	struct cask_license_view l;
	struct cask_cose c;
	struct cask_scope s;
	struct forge_bytes b;
	size_t i;

	for (i = 0; i < sizeof(scope_types) / sizeof(scope_types[0]); i++) {
		scope.tamper.omit_section = scope_types[i];
		forge_scope(d, &scope, &b);
		assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
		assert_int_equal(cask_scope_parse(&s, c.payload.data, c.payload.len), -EINVAL);
		forge_free(&b);
	}
	for (i = 0; i < sizeof(license_types) / sizeof(license_types[0]); i++) {
		license.tamper.omit_section = license_types[i];
		forge_license(d, &license, d->server_public, d->server_private, &b);
		assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
		assert_int_equal(cask_license_parse(&l, c.payload.data, c.payload.len), -EINVAL);
		forge_free(&b);
	}
	for (i = 0; i < sizeof(reanchor_types) / sizeof(reanchor_types[0]); i++) {
		reanchor.tamper.omit_section = reanchor_types[i];
		forge_reanchor(d, &reanchor, &b);
		assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
		assert_int_equal(cask_reanchor_parse(&r, c.payload.data, c.payload.len), -EINVAL);
		forge_free(&b);
	}
	forge_distributor_free(d);
}

static int parse_license(void (*change)(struct forge_license *l))
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct cask_license_view l;
	struct cask_cose c;
	struct forge_bytes b;
	int ret;

	change(&license);
	forge_license(d, &license, d->server_public, d->server_private, &b);
	assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
	ret = cask_license_parse(&l, c.payload.data, c.payload.len);
	forge_free(&b);
	forge_distributor_free(d);
	return ret;
}

static void nothing(struct forge_license *l) { }
static void no_id(struct forge_license *l) { memset(l->fields.id, 0, 16); }
static void no_content(struct forge_license *l) { memset(l->fields.content_id, 0, 16); }
static void no_operation(struct forge_license *l) { l->fields.operations = 0; }
static void new_operation(struct forge_license *l) { l->fields.operations |= 0x80000000; }
static void new_suite(struct forge_license *l) { l->fields.suite = 99; }
static void new_level(struct forge_license *l) { l->fields.min_level = 99; }
static void backwards(struct forge_license *l)
{
	l->fields.not_before = 2;
	l->fields.not_after = 1;
}
static void nine_slots(struct forge_license *l) { l->decoys = 8; }
/* No key of its own: a category, a version, and nothing behind. */
static const uint8_t *header_slot(uint16_t method, uint32_t version)
{
	static struct cask_slot slot;

	license_root_slot(method, &(struct license_root){ { 1 }, version, { 0 } }, &slot);
	return (const uint8_t *)&slot;
}
static void in_header(struct forge_license *l)
{
	l->slot = header_slot(CASK_METHOD_HEADER, CASK_EKB_VERSIONS);
	l->slot_size = sizeof(struct cask_slot);
}
static void in_header_longer(struct forge_license *l)
{
	static uint8_t slot[sizeof(struct cask_slot) + 1];

	memcpy(slot, header_slot(CASK_METHOD_HEADER, 1), sizeof(struct cask_slot));
	l->slot = slot;
	l->slot_size = sizeof(slot);
}
static void in_header_of_none(struct forge_license *l)
{
	in_header(l);
	l->slot = header_slot(CASK_METHOD_HEADER, 0);
}
static void in_header_of_no_ekb(struct forge_license *l)
{
	in_header(l);
	l->slot = header_slot(CASK_METHOD_HEADER, CASK_EKB_VERSIONS + 1);
}
static void in_header_and_slot(struct forge_license *l)
{
	in_header(l);
	l->decoys = 1;
}
static void in_header_of_key(struct forge_license *l)
{
	in_header(l);
	l->fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	l->fields.operations = CASK_OPERATION_DECRYPT;
}
static void in_header_copied(struct forge_license *l)
{
	in_header(l);
	l->fields.once = true;
	l->fields.max_exports = 1;
}
static void in_header_lent(struct forge_license *l)
{
	in_header(l);
	l->fields.once = true;
	l->fields.max_checkouts = 1;
	l->fields.at_once = 1;
}
static void eight_slots(struct forge_license *l) { l->decoys = 7; }
static void slot_flags(struct forge_license *l) { l->slot_flags = 1; }
static void other_type(struct forge_license *l) { l->tamper.object_type = CASK_TYPE_SCOPE; }
static void other_version(struct forge_license *l) { l->tamper.object_version = 2; }
static void trailing(struct forge_license *l) { l->tamper.trailing = 1; }
static void slack(struct forge_license *l) { l->tamper.slack = 1; }
static void unknown_critical(struct forge_license *l)
{
	l->tamper.unknown_section = 0x50;
	l->tamper.unknown_flags = CRITICAL;
}
static void unknown_plain(struct forge_license *l) { l->tamper.unknown_section = 0x50; }
static void unknown_last(struct forge_license *l)
{
	l->tamper.unknown_section = 0x7000;
	l->tamper.unknown_flags = CRITICAL;
}
static void short_slot(struct forge_license *l)
{
	static const uint8_t slot[CASK_DEVICE_SLOT_SIZE - 1] = { CASK_METHOD_DEVICE };

	l->slot = slot;
	l->slot_size = sizeof(slot);
}
static void empty_slot(struct forge_license *l)
{
	l->slot = (const uint8_t *)"";
	l->slot_size = 0;
}
/* Another slot may fit, so a method that is unknown is not the parser's matter. */
static void other_method(struct forge_license *l) { l->slot_method = 99; }

/* What copies of a license there may be: of one that installs once, of no class of media, of none with what is kept here only. */
static void D9_copies_for_media(void **state)
{
	static const struct {
		bool endless, class, log, download, offline, counted;
		uint32_t exports, checkouts, at_once;
		int ret;
	} cases[] = {
		{ .exports = 1 }, { .exports = ~0U }, { .checkouts = 1, .at_once = 1 },
		{ .checkouts = ~0U, .at_once = CASK_LENT_MAX },
		{ .exports = 2, .checkouts = CASK_LENT_MAX, .at_once = CASK_LENT_MAX },
		{ .endless = true, .exports = 1, .ret = -EINVAL },
		{ .endless = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .class = true, .exports = 1, .ret = -EINVAL },
		{ .class = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .log = true, .exports = 1, .ret = -EINVAL },
		{ .log = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .log = true }, { .download = true }, { .offline = true }, { .counted = true },
		{ .counted = true, .exports = 1, .ret = -EINVAL },
		{ .counted = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .download = true, .exports = 1, .ret = -EINVAL },
		{ .download = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .offline = true, .exports = 1, .ret = -EINVAL },
		{ .offline = true, .checkouts = 1, .at_once = 1, .ret = -EINVAL },
		{ .checkouts = 1, .ret = -EINVAL }, { .checkouts = 1, .at_once = 2, .ret = -EINVAL },
		{ .checkouts = ~0U, .at_once = CASK_LENT_MAX + 1, .ret = -EINVAL },
	};
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct cask_license_view l;
	struct forge_bytes b;
	struct cask_cose c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");

		license.fields.once = !cases[i].endless;
		license.fields.permissions = cases[i].log ? CASK_PERMISSION_LOG : 0;
		license.fields.download_until = cases[i].download;
		license.fields.max_opens = cases[i].counted ? 3 : 0;
		license.fields.max_offline_opens = cases[i].offline;
		license.fields.not_after = cases[i].offline ? 1000 : 0;
		if (cases[i].class) {
			license.fields.operations = CASK_OPERATION_MEDIUM;
			license.fields.suite = CASK_SUITE_MEDIUM_CLASS;
		}
		license.fields.max_exports = cases[i].exports;
		license.fields.max_checkouts = cases[i].checkouts;
		license.fields.at_once = cases[i].at_once;
		forge_license(d, &license, d->server_public, d->server_private, &b);
		assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
		assert_int_equal(cask_license_parse(&l, c.payload.data, c.payload.len), cases[i].ret);
		assert_int_equal(l.max_exports, cases[i].exports);
		assert_int_equal(l.max_checkouts, cases[i].checkouts);
		forge_free(&b);
	}
	forge_distributor_free(d);
}

/* A number of none that is said is no number, as with openings. */
static void D9_no_export_is_not_said(void **state)
{
	struct forge_bytes *b = &samples[LICENSE].bytes;
	struct cask_license_view l;
	uint8_t *at;

	assert_int_equal(cask_license_parse(&l, b->data, b->size), 0);
	at = b->data + (l.exports.data - b->data);
	put_length(at, 0);
	assert_int_equal(cask_license_parse(&l, b->data, b->size), -EINVAL);
	put_length(at, 3);
}

static int parse_exported(void (*change)(struct cask_exported_record *r))
{
	struct cask_exported_record r;
	const struct cask_bytes value = { (const uint8_t *)&r, sizeof(r) };
	struct cask_exported_view e;
	int ret;

	memcpy(&r, samples[EXPORTED].bytes.data, sizeof(r));
	change(&r);
	ret = cask_exported_parse(&e, r.signer, r.content_id, &value);
	return ret ? ret : !e.device_id.data;
}

static void as_it_is(struct cask_exported_record *r) { }
static void of_no_device(struct cask_exported_record *r) { memset(r->device_id, 0, 32); }
static void of_no_content(struct cask_exported_record *r) { memset(r->content_id, 0, 16); }
static void of_no_operation(struct cask_exported_record *r) { r->operations = 0; }
static void of_another_operation(struct cask_exported_record *r)
{
	r->operations = htole32(CASK_OPERATION_DECRYPT);
}
static void of_no_suite(struct cask_exported_record *r) { r->suite = htole32(99); }
static void of_no_level(struct cask_exported_record *r) { r->min_level = htole32(99); }
static void that_ends_before(struct cask_exported_record *r) { r->not_after = htole64(999); }
static void of_a_class(struct cask_exported_record *r)
{
	r->suite = htole32(CASK_SUITE_MEDIUM_CLASS);
	r->operations = htole32(CASK_OPERATION_MEDIUM);
}

static void D9_copies_on_media(void **state)
{
	assert_int_equal(parse_exported(as_it_is), 0);
	assert_int_equal(parse_exported(of_no_device), 1);
	assert_int_equal(parse_exported(of_no_content), -EINVAL);
	assert_int_equal(parse_exported(of_no_operation), -EINVAL);
	assert_int_equal(parse_exported(of_another_operation), -EOPNOTSUPP);
	assert_int_equal(parse_exported(of_no_suite), -EOPNOTSUPP);
	assert_int_equal(parse_exported(of_no_level), -EOPNOTSUPP);
	assert_int_equal(parse_exported(that_ends_before), -EINVAL);
	assert_int_equal(parse_exported(of_a_class), -EINVAL);
}

static void with_conditions(struct forge_license *l)
{
	l->fields.download_until = 2;
	l->fields.permissions = CASK_PERMISSION_RECORD;
	l->fields.max_offline_opens = 1;
	l->fields.not_after = 2;
}
static void download_backwards(struct forge_license *l)
{
	l->fields.download_from = 2;
	l->fields.download_until = 1;
}
static void download_open_end(struct forge_license *l) { l->fields.download_from = 2; }
static void new_permission(struct forge_license *l) { l->fields.permissions = 0x80000000; }
static void offline_for_ever(struct forge_license *l) { l->fields.max_offline_opens = 1; }
static void without_file(struct forge_license *l)
{
	l->fields.suite = CASK_SUITE_RAW_AES_128_CTR;
	l->fields.operations = CASK_OPERATION_DECRYPT;
}
static void download_of_key(struct forge_license *l)
{
	without_file(l);
	l->fields.download_until = 1;
}
static void recording_of_key(struct forge_license *l)
{
	without_file(l);
	l->fields.permissions = CASK_PERMISSION_RECORD;
}
static void offline_of_class(struct forge_license *l)
{
	l->fields.suite = CASK_SUITE_MEDIUM_CLASS;
	l->fields.operations = CASK_OPERATION_MEDIUM;
	l->fields.not_after = 2;
	l->fields.max_offline_opens = 1;
}

static void conditions(void **state)
{
	assert_int_equal(parse_license(with_conditions), 0);
	assert_int_equal(parse_license(download_open_end), 0);
	assert_int_equal(parse_license(download_backwards), -EINVAL);
	assert_int_equal(parse_license(new_permission), -EOPNOTSUPP);
	assert_int_equal(parse_license(offline_for_ever), -EINVAL);
	assert_int_equal(parse_license(without_file), 0);
	assert_int_equal(parse_license(download_of_key), -EINVAL);
	assert_int_equal(parse_license(recording_of_key), -EINVAL);
	assert_int_equal(parse_license(offline_of_class), -EINVAL);
}

static void licenses(void **state)
{
	assert_int_equal(parse_license(nothing), 0);
	assert_int_equal(parse_license(no_id), -EINVAL);
	assert_int_equal(parse_license(no_content), -EINVAL);
	assert_int_equal(parse_license(no_operation), -EINVAL);
	assert_int_equal(parse_license(new_operation), -EOPNOTSUPP);
	assert_int_equal(parse_license(new_suite), -EOPNOTSUPP);
	assert_int_equal(parse_license(new_level), -EOPNOTSUPP);
	assert_int_equal(parse_license(backwards), -EINVAL);
	assert_int_equal(parse_license(eight_slots), 0);
	assert_int_equal(parse_license(nine_slots), -EINVAL);
	assert_int_equal(parse_license(slot_flags), -EINVAL);
	assert_int_equal(parse_license(other_type), -EINVAL);
	assert_int_equal(parse_license(trailing), -EINVAL);
	assert_int_equal(parse_license(slack), -EINVAL);
	assert_int_equal(parse_license(unknown_critical), -EOPNOTSUPP);
	assert_int_equal(parse_license(unknown_plain), 0);
	assert_int_equal(parse_license(unknown_last), -EINVAL);
	assert_int_equal(parse_license(short_slot), -EINVAL);
	assert_int_equal(parse_license(empty_slot), -EINVAL);
	assert_int_equal(parse_license(other_method), 0);
	assert_true(refused(parse_license(other_version)));
}

static void D5_licenses_without_a_key(void **state)
{
	assert_int_equal(parse_license(in_header), 0);
	assert_int_equal(parse_license(in_header_longer), -EINVAL);
	assert_int_equal(parse_license(in_header_of_none), -EINVAL);
	assert_int_equal(parse_license(in_header_of_no_ekb), -EINVAL);
	assert_int_equal(parse_license(in_header_and_slot), -EINVAL);
	assert_int_equal(parse_license(in_header_of_key), -EINVAL);
	assert_int_equal(parse_license(in_header_copied), -EINVAL);
	assert_int_equal(parse_license(in_header_lent), -EINVAL);
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

/* Layouts that the writer would not make. */
static int layout_with(size_t offset, uint64_t value, size_t size)
{
	static struct digest d;
	struct forge_bytes *b = &samples[CONTENT].bytes;
	size_t at = HEAD_SIZE + SECTION_SIZE + 16 + SECTION_SIZE + offset;
	uint64_t le = htole64(value);
	uint8_t kept[8];
	int ret;

	memcpy(kept, b->data + at, size);
	memcpy(b->data + at, &le, size);
	ret = sample_read(&samples[CONTENT], b->data, b->size, &d);
	memcpy(b->data + at, kept, size);
	return ret;
}

static void layouts(void **state)
{
	static const uint32_t bad_block_sizes[] = { 0, 1, 2048, 4095, 4097, 12288, 2097152,
		0x7fffffff, 0x80000000, 0xffffffff };
	static const uint64_t bad_data_offsets[] = { 0, 1, 4095, 4097, 8192, 1ULL << 31,
		1ULL << 32, (1ULL << 32) + 4096, 1ULL << 63, UINT64_MAX, UINT64_MAX - 4095 };
	size_t i;

#define AT(member) offsetof(struct cask_layout, member)
	assert_int_equal(layout_with(AT(suite), 0, 4), -EOPNOTSUPP);
	assert_int_equal(layout_with(AT(suite), 3, 4), -EOPNOTSUPP);
	for (i = 0; i < sizeof(bad_block_sizes) / sizeof(bad_block_sizes[0]); i++)
		assert_int_equal(layout_with(AT(block_size), bad_block_sizes[i], 4), -EINVAL);
	assert_int_equal(layout_with(AT(block_size), 4096, 4), 0);
	assert_int_equal(layout_with(AT(block_size), 1048576, 4), 0);
	assert_int_equal(layout_with(AT(plain_size), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(layout_with(AT(plain_size), CASK_PLAIN_SIZE_MAX + 1, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), 1ULL << 63, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), UINT64_MAX, 8), -EINVAL);
	assert_int_equal(layout_with(AT(plain_size), 0, 8), 0);
	assert_int_equal(layout_with(AT(link_offset), samples[CONTENT].bytes.size - 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_offset), samples[CONTENT].bytes.size + 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_offset), 0xffffffff, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), 0xffffffff, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), CASK_LINK_MAX + 1, 4), -EINVAL);
	assert_int_equal(layout_with(AT(link_capacity), 0, 4), 0);
	for (i = 0; i < sizeof(bad_data_offsets) / sizeof(bad_data_offsets[0]); i++)
		assert_int_equal(layout_with(AT(data_offset), bad_data_offsets[i], 8), -EINVAL);
#undef AT
}

/* Layers that lie over one another, or beyond all media. */
static int medium_with(size_t offset, uint64_t value, size_t size)
{
	static struct digest d;
	struct forge_bytes *b = &samples[MEDIUM].bytes;
	size_t at = HEAD_SIZE + SECTION_SIZE + 32 + 2 * (SECTION_SIZE + 16) + SECTION_SIZE + offset;
	uint64_t le = htole64(value);
	uint8_t kept[8];
	int ret;

	memcpy(kept, b->data + at, size);
	memcpy(b->data + at, &le, size);
	ret = sample_read(&samples[MEDIUM], b->data, b->size, &d);
	memcpy(b->data + at, kept, size);
	return ret;
}

static void S1_layouts_of_media(void **state)
{
	static const uint32_t bad_slots[] = { 0, 1, 4096, 8191, 8193, 12287, CASK_LAYER_MAX + 4096,
		0x7ffff000, 0x80000000, 0xfffff000, 0xffffffff };
	static const uint64_t bad_offsets[] = { 0, 1, 4096, 16384, 20479, 20481, 32769,
		CASK_PLAIN_SIZE_MAX + 4096, 1ULL << 63, UINT64_MAX - 4095, UINT64_MAX };
	static const uint64_t bad_sizes[] = { 1, 4095, 4097, CASK_PLAIN_SIZE_MAX + 4096, 1ULL << 63,
		UINT64_MAX - 4095, UINT64_MAX };
	size_t i;

#define AT(member) offsetof(struct cask_medium_layout, member)
	for (i = 0; i < sizeof(bad_slots) / sizeof(bad_slots[0]); i++)
		assert_int_equal(medium_with(AT(slot_size), bad_slots[i], 4), -EINVAL);
	for (i = 0; i < sizeof(bad_offsets) / sizeof(bad_offsets[0]); i++)
		assert_int_equal(medium_with(AT(third_offset), bad_offsets[i], 8), -EINVAL);
	for (i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++)
		assert_int_equal(medium_with(AT(third_size), bad_sizes[i], 8), -EINVAL);
	assert_int_equal(medium_with(AT(reserved), 1, 4), -EINVAL);
	/* The slots end where the third layer begins. */
	assert_int_equal(medium_with(AT(third_offset), 20480, 8), 0);
	assert_int_equal(medium_with(AT(slot_size), 12288, 4), 0);
	assert_int_equal(medium_with(AT(slot_size), 16384, 4), -EINVAL);
	assert_int_equal(medium_with(AT(third_offset), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(medium_with(AT(third_size), CASK_PLAIN_SIZE_MAX, 8), 0);
	assert_int_equal(medium_with(AT(third_size), 0, 8), 0);
#undef AT
}

/* A first layer in its page, and cut at the limit of its object. */
static void S1_first_layer_in_its_page(void **state)
{
	const struct forge_bytes *b = &samples[MEDIUM].bytes;
	uint8_t *page = calloc(1, CASK_MEDIUM_SECOND);
	struct cask_medium_view m;

	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	memcpy(page, b->data, b->size);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), 0);
	assert_int_equal(m.maced.len + m.mac.len, b->size);
	put_length(page + 8, CASK_MEDIUM_HEAD_MAX + 1);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	put_length(page + 8, b->size + 1);
	assert_int_equal(cask_medium_parse(&m, page, CASK_MEDIUM_SECOND), -EINVAL);
	free(page);
}

/* Each has sections of its own, and the locks say which. */
static void S4_layers_are_no_backups(void **state)
{
	static struct digest d;
	struct forge_bytes *b = &samples[BACKUP].bytes;

	b->data[4] = CASK_TYPE_LAYER;
	assert_int_equal(sample_read(&samples[LAYER], b->data, b->size, &d), -EINVAL);
	b->data[4] = CASK_TYPE_BACKUP;
	b = &samples[LAYER].bytes;
	b->data[4] = CASK_TYPE_BACKUP;
	assert_int_equal(sample_read(&samples[BACKUP], b->data, b->size, &d), -EINVAL);
	b->data[4] = CASK_TYPE_LAYER;
}

static void first_bytes(void **state)
{
	uint8_t head[HEAD_SIZE];

	memcpy(head, samples[CONTENT].bytes.data, sizeof(head));
	assert_int_equal(cask_content_length(head, sizeof(head)), samples[CONTENT].bytes.size);
	assert_int_equal(cask_content_length(head, sizeof(head) - 1), -EINVAL);
	put_length(head + 8, CASK_CONTENT_FIXED_MAX);
	assert_int_equal(cask_content_length(head, sizeof(head)), CASK_CONTENT_FIXED_MAX);
	put_length(head + 8, CASK_CONTENT_FIXED_MAX + 1);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	put_length(head + 8, HEAD_SIZE - 1);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	put_length(head + 8, 0x80000000);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	put_length(head + 8, 0xffffffff);
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
	memcpy(head, samples[LINK].bytes.data, sizeof(head));
	assert_int_equal(cask_content_length(head, sizeof(head)), -EINVAL);
}

static void empty_link(void **state)
{
	uint8_t *room = calloc(1, CASK_LINK_MAX);
	struct cask_link l;

	assert_int_equal(cask_link_parse(&l, room, CASK_LINK_MAX), 0);
	assert_null(l.license_id.data);
	assert_null(l.url.data);
	/* a link, then the zeros of the reserved room */
	memcpy(room, samples[LINK].bytes.data, samples[LINK].bytes.size);
	assert_int_equal(cask_link_parse(&l, room, CASK_LINK_MAX), 0);
	assert_int_equal(l.url.len, strlen("https://licenses.example"));
	free(room);
}

static int parse_link_key(const struct license_root *root, uint16_t method, size_t size)
{
	uint8_t slot[CASK_EKB_SLOT_SIZE + 1] = { 0 }, *data;
	struct cask_slot head;
	struct object o = OBJECT_INIT;
	struct cask_link l;
	size_t length;
	int ret;

	license_root_slot(method, root, &head);
	memcpy(slot, &head, sizeof(head));
	object_begin(&o, CASK_TYPE_LINK);
	object_add(&o, CASK_SEC_LINK_KEY, 0, slot, size);
	assert_int_equal(object_end(&o, &data, &length), 0);
	ret = cask_link_parse(&l, data, length);
	if (!ret)
		assert_int_equal(cask_slot_version(&l.key), root->version);
	free(data);
	return ret;
}

static void D5_keys_in_link_parts(void **state)
{
	struct license_root root = { .category = { 3 }, .version = 7 };

	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), 0);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE - 1), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE + 1), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_DEVICE, CASK_EKB_SLOT_SIZE), -EINVAL);
	assert_int_equal(parse_link_key(&root, CASK_METHOD_HEADER, CASK_EKB_SLOT_SIZE), -EINVAL);
	/* a way to the key that is yet to be */
	assert_int_equal(parse_link_key(&root, 99, CASK_EKB_SLOT_SIZE), -EOPNOTSUPP);
	root.version = 0;
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), -EINVAL);
	root.version = CASK_EKB_VERSIONS + 1;
	assert_int_equal(parse_link_key(&root, CASK_METHOD_EKB, CASK_EKB_SLOT_SIZE), -EINVAL);
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
		cmocka_unit_test(omitted_sections),
		cmocka_unit_test(conditions),
		cmocka_unit_test(licenses),
		cmocka_unit_test(D5_licenses_without_a_key),
		cmocka_unit_test(D9_copies_for_media),
		cmocka_unit_test(D9_no_export_is_not_said),
		cmocka_unit_test(D9_copies_on_media),
		cmocka_unit_test(longer_cbor),
		cmocka_unit_test(statement_limit),
		cmocka_unit_test(layouts),
		cmocka_unit_test(S1_layouts_of_media),
		cmocka_unit_test(S1_first_layer_in_its_page),
		cmocka_unit_test(S4_layers_are_no_backups),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(empty_link),
		cmocka_unit_test(D5_keys_in_link_parts),
	};
	int ret;

	sample_all();
	ret = argc == 3 && !strcmp(argv[1], "--corpus") ? sample_write(argv[2]) :
		run_suite(parse);
	sample_free();
	return ret;
}
