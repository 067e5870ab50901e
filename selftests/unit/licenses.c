// SPDX-License-Identifier: GPL-2.0
/* licenses.c - what licenses, scopes, words on losses and copies of licenses may say, and what not. */
#include "unit.h"
#include <errno.h>
#include <endian.h>

#include "forge.h"
#include "sample.h"
#include "../../kmod/parse/parse.h"

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

/* What is said of a license; @l keeps the numbers. */
static int read_made(struct forge_distributor *d, const struct forge_license *license,
		     struct cask_license_view *l)
{
	struct forge_bytes b;
	struct cask_cose c;
	int ret;

	forge_license(d, license, d->server_public, d->server_private, &b);
	assert_int_equal(cask_cose_parse(&c, b.data, b.size), 0);
	ret = cask_license_parse(l, c.payload.data, c.payload.len);
	forge_free(&b);
	return ret;
}

static int parse_license(void (*change)(struct forge_license *l))
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct cask_license_view l;
	int ret;

	change(&license);
	ret = read_made(d, &license, &l);
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
	l->tamper.unknown_flags = CASK_SECTION_CRITICAL;
}
static void unknown_plain(struct forge_license *l) { l->tamper.unknown_section = 0x50; }
static void unknown_last(struct forge_license *l)
{
	l->tamper.unknown_section = 0x7000;
	l->tamper.unknown_flags = CASK_SECTION_CRITICAL;
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
		assert_int_equal(read_made(d, &license, &l), cases[i].ret);
		assert_int_equal(l.max_exports, cases[i].exports);
		assert_int_equal(l.max_checkouts, cases[i].checkouts);
	}
	forge_distributor_free(d);
}

/* What is metered is logged, in quanta that fit, and has something to count. */
static void X4_D9_metered_licenses(void **state)
{
	static const struct {
		uint32_t permissions, unit;
		uint64_t quantum, max;
		uint32_t suite;
		int ret;
	} cases[] = {
		{ CASK_PERMISSION_LOG, 0, 0, 0, 0, 0 },
		{ CASK_PERMISSION_LOG, CASK_UNIT_BYTES, 1, 1, 0, 0 },
		{ CASK_PERMISSION_LOG, CASK_UNIT_SECONDS, 1, CASK_METER_MAX, 0, 0 },
		{ CASK_PERMISSION_LOG, CASK_UNIT_PACKETS, 5, 9, CASK_SUITE_RAW_AES_128_GCM, 0 },
		{ CASK_PERMISSION_LOG, CASK_UNIT_PACKETS, 5, 9, 0, -EINVAL },
		{ CASK_PERMISSION_LOG, CASK_UNIT_BYTES, 0, 1, 0, -EINVAL },
		{ CASK_PERMISSION_LOG, CASK_UNIT_BYTES, 2, 1, 0, -EINVAL },
		{ CASK_PERMISSION_LOG, CASK_UNIT_BYTES, 2, CASK_METER_MAX + 1, 0, -EINVAL },
		{ CASK_PERMISSION_LOG, 4, 1, 1, 0, -EOPNOTSUPP },
		{ 0, CASK_UNIT_BYTES, 1, 1, 0, -EINVAL },
		{ CASK_PERMISSION_LOG, 0, 0, 0, CASK_SUITE_MEDIUM_CLASS, -EINVAL },
		{ 1U << 31, 0, 0, 0, 0, -EOPNOTSUPP },
	};
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct cask_license_view view;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forge_license l = forge_license_default(d, (uint8_t *)"0123456789abcdef");

		l.fields.permissions = cases[i].permissions;
		l.fields.unit = cases[i].unit;
		l.fields.quantum = cases[i].quantum;
		l.fields.max_unreported = cases[i].max;
		if (cases[i].suite) {
			l.fields.suite = cases[i].suite;
			l.fields.operations = cask_suite_is_raw(cases[i].suite) ?
				CASK_OPERATION_DECRYPT : CASK_OPERATION_MEDIUM;
		}
		assert_int_equal(read_made(d, &l, &view), cases[i].ret);
		if (!cases[i].ret) {
			assert_int_equal(view.unit, cases[i].unit);
			assert_int_equal(view.quantum, cases[i].quantum);
			assert_int_equal(view.max_unreported, cases[i].max);
		}
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
	cask_put_le32(at, 0);
	assert_int_equal(cask_license_parse(&l, b->data, b->size), -EINVAL);
	cask_put_le32(at, 3);
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
	assert_int_equal(parse_license(other_version), -EOPNOTSUPP);
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

int main(void)
{
	const struct CMUnitTest licenses_[] = {
		cmocka_unit_test(omitted_sections),
		cmocka_unit_test(conditions),
		cmocka_unit_test(licenses),
		cmocka_unit_test(D5_licenses_without_a_key),
		cmocka_unit_test(D9_copies_for_media),
		cmocka_unit_test(X4_D9_metered_licenses),
		cmocka_unit_test(D9_no_export_is_not_said),
		cmocka_unit_test(D9_copies_on_media),
	};
	int ret;

	sample_all();
	ret = run_suite(licenses_);
	sample_free();
	return ret;
}
