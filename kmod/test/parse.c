// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - KUnit: the readers of formats, as compiled for the kernel.
 * Tables with one bad field a case.
 *
 * Each object lies in memory of just its size, so that KASAN sees a byte too many.
 */
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <kunit/test.h>

#include "ekb.h"
#include "../private.h"

#define BYTES16		"0123456789abcdef"
#define BYTES32		BYTES16 BYTES16
#define BYTES64		BYTES32 BYTES32
#define ONE32		"\x01\0\0\0"
#define ONE64		"\x01\0\0\0\0\0\0\0"
#define TWO64		"\x02\0\0\0\0\0\0\0"
#define SLOT_HEAD	"\x01\0\0\0" BYTES32
#define SLOT		SLOT_HEAD BYTES64

/* A category, a version, zeros; then a wrapped key. */
#define EKB_SLOT(_version) \
	"\x04\0\0\0" BYTES16 _version "\0\0\0\0\0\0\0\0\0\0\0\0\0\0" BYTES16 "12345678"

#define SECTIONS_MAX	16
#define CASES_MAX	40

/* A section of the right object. */
struct section {
	u16 type;
	u16 len;
	const char *data;
	bool optional;
};

#define SECTION(_type, _data)	{ CASK_SEC_##_type, sizeof(_data) - 1, _data }
#define OPTION(_type, _data)	{ CASK_SEC_##_type, sizeof(_data) - 1, _data, true }

/* What its section @type holds instead, and what reading it then gives. */
struct bad_field {
	int want;
	u16 type;
	u16 len;
	const char *data;
};

#define BAD(_want, _type, _data)	{ _want, CASK_SEC_##_type, sizeof(_data) - 1, _data }

struct format {
	const char *name;
	u16 type;
	int (*parse)(const void *data, size_t len);
	struct section sections[SECTIONS_MAX];
	struct bad_field bad[CASES_MAX];
};

static int parse_grant(const void *data, size_t len)
{
	struct cask_grant g;

	return cask_grant_parse(&g, data, len);
}

static int parse_scope(const void *data, size_t len)
{
	struct cask_scope s;

	return cask_scope_parse(&s, data, len);
}

static int parse_license(const void *data, size_t len)
{
	struct cask_license_view l;

	return cask_license_parse(&l, data, len);
}

static int parse_reanchor(const void *data, size_t len)
{
	struct cask_reanchor_view r;

	return cask_reanchor_parse(&r, data, len);
}

static int parse_time(const void *data, size_t len)
{
	struct cask_time_view t;

	return cask_time_parse(&t, data, len);
}

static int parse_content(const void *data, size_t len)
{
	struct cask_content c;

	return cask_content_parse(&c, data, len);
}

static int parse_link(const void *data, size_t len)
{
	struct cask_link l;

	return cask_link_parse(&l, data, len);
}

static int parse_ekb(const void *data, size_t len)
{
	struct cask_ekb e;

	return cask_ekb_parse(&e, data, len);
}

static const struct format formats[] = { {
	.name = "grant", .type = CASK_TYPE_GRANT, .parse = parse_grant,
	.sections = { SECTION(SEQUENCE, ONE64), SECTION(SIGNER, "key") },
	.bad = {
		BAD(-EINVAL, SEQUENCE, "1234567"), BAD(-EINVAL, SEQUENCE, "123456789"),
		BAD(-EINVAL, SIGNER, ""),
	},
}, {
	.name = "scope", .type = CASK_TYPE_SCOPE, .parse = parse_scope,
	.sections = {
		SECTION(PURPOSES, ONE32), SECTION(NAMESPACE, "films"),
		SECTION(NOT_BEFORE, ONE64), SECTION(NOT_AFTER, TWO64), SECTION(SEQUENCE, ONE64),
		SECTION(SIGNER, "key"), SECTION(SERVER_KEY, BYTES32), SECTION(NAME, "Name"),
	},
	.bad = {
		BAD(-EOPNOTSUPP, PURPOSES, "\0\0\0\x80"), BAD(-EINVAL, PURPOSES, "123"),
		BAD(0, NAMESPACE, ""), BAD(0, NAMESPACE, BYTES16),
		BAD(-EINVAL, NAMESPACE, BYTES16 "0"),
		BAD(-EINVAL, NOT_BEFORE, "\x03\0\0\0\0\0\0\0"),
		BAD(0, NOT_BEFORE, TWO64), BAD(-EINVAL, NOT_AFTER, "\0\0\0\0\0\0\0\0"),
		BAD(-EINVAL, SERVER_KEY, BYTES16), BAD(-EINVAL, SERVER_KEY, BYTES32 "0"),
		BAD(-EINVAL, NAME, ""), BAD(0, NAME, BYTES64), BAD(-EINVAL, NAME, BYTES64 "0"),
		BAD(-EINVAL, NAME, "new\nline"), BAD(-EINVAL, NAME, "cut \xc3"),
		BAD(-EINVAL, NAME, "overlong \xc0\x80"), BAD(-EINVAL, NAME, "\xed\xa0\x80"),
	},
}, {
	.name = "license", .type = CASK_TYPE_LICENSE, .parse = parse_license,
	.sections = {
		OPTION(NOT_BEFORE, ONE64), OPTION(NOT_AFTER, TWO64),
		SECTION(LICENSE_ID, BYTES16), SECTION(CONTENT_ID, BYTES16),
		SECTION(VERSION, ONE32), SECTION(CREATED, ONE64), SECTION(OPERATIONS, ONE32),
		SECTION(SUITE, ONE32), SECTION(MIN_LEVEL, "\0\0\0\0"),
		OPTION(DOWNLOAD_PERIOD, ONE64 TWO64), OPTION(PERMISSIONS, ONE32),
		OPTION(MAX_OFFLINE_OPENS, ONE32),
		SECTION(ISSUER, BYTES32), OPTION(DEVICE_ID, BYTES32), SECTION(SLOT, SLOT),
	},
	.bad = {
		BAD(-EINVAL, NOT_BEFORE, "\x03\0\0\0\0\0\0\0"), BAD(0, NOT_AFTER, ONE64),
		BAD(-EINVAL, LICENSE_ID, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		BAD(-EINVAL, CONTENT_ID, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		BAD(-EINVAL, LICENSE_ID, BYTES32), BAD(-EINVAL, VERSION, ""),
		BAD(-EINVAL, OPERATIONS, "\0\0\0\0"), BAD(-EOPNOTSUPP, OPERATIONS, "\x01\0\0\x80"),
		/* A key without a file opens none. */
		BAD(0, SUITE, "\x02\0\0\0"), BAD(-EOPNOTSUPP, SUITE, "\x10\0\0\0"),
		BAD(-EOPNOTSUPP, OPERATIONS, "\x02\0\0\0"), BAD(-EOPNOTSUPP, SUITE, "\0\0\0\0"),
		BAD(-EOPNOTSUPP, SUITE, "\xff\xff\xff\xff"),
		BAD(-EOPNOTSUPP, MIN_LEVEL, "\xff\0\0\0"), BAD(-EINVAL, ISSUER, BYTES16),
		BAD(-EINVAL, DEVICE_ID, BYTES16), BAD(-EINVAL, DEVICE_ID, BYTES32 "0"),
		BAD(-EINVAL, SLOT, SLOT "0"), BAD(-EINVAL, SLOT, SLOT_HEAD),
		BAD(-EINVAL, SLOT, "\x01\0\0\0"), BAD(-EINVAL, SLOT, "\x01\0\x01\0" BYTES32 BYTES64),
		BAD(-EINVAL, DOWNLOAD_PERIOD, TWO64 ONE64), BAD(0, DOWNLOAD_PERIOD, TWO64 TWO64),
		BAD(-EINVAL, DOWNLOAD_PERIOD, BYTES16 "0"), BAD(-EINVAL, DOWNLOAD_PERIOD, ONE64),
		BAD(-EINVAL, DOWNLOAD_PERIOD, "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"),
		BAD(-EOPNOTSUPP, PERMISSIONS, "\x01\0\0\x80"), BAD(-EINVAL, MAX_OFFLINE_OPENS, "\0\0\0\0"),
		BAD(0, SLOT, "\xff\xff\0\0" BYTES32),
		BAD(0, SLOT, EKB_SLOT("\x01\0")), BAD(0, SLOT, EKB_SLOT("\0\x10")),
		BAD(-EINVAL, SLOT, EKB_SLOT("\0\0")), BAD(-EINVAL, SLOT, EKB_SLOT("\x01\x10")),
		BAD(-EINVAL, SLOT, EKB_SLOT("\x01\0") "0"),
		BAD(-EINVAL, SLOT, "\x04\0\0\0" BYTES32 BYTES16 "12345678"),
	},
}, {
	.name = "reanchor", .type = CASK_TYPE_REANCHOR, .parse = parse_reanchor,
	.sections = {
		SECTION(CREATED, ONE64), SECTION(NONCE, BYTES16), SECTION(ISSUER, BYTES32),
		SECTION(DEVICE_ID, BYTES32),
	},
	.bad = {
		BAD(-EINVAL, CREATED, ONE32), BAD(-EINVAL, NONCE, BYTES32), BAD(-EINVAL, NONCE, ""),
		BAD(-EINVAL, ISSUER, BYTES16), BAD(-EINVAL, DEVICE_ID, BYTES16),
		BAD(-EINVAL, DEVICE_ID, BYTES32 "0"),
	},
}, {
	.name = "time", .type = CASK_TYPE_TIME, .parse = parse_time,
	.sections = { SECTION(CREATED, ONE64), SECTION(ISSUER, BYTES32) },
	.bad = {
		BAD(-EINVAL, CREATED, ONE32), BAD(-EINVAL, ISSUER, BYTES16),
		BAD(-EINVAL, ISSUER, BYTES32 "0"),
	},
}, {
	.name = "ekb", .type = CASK_TYPE_EKB, .parse = parse_ekb,
	.sections = {
		SECTION(VERSION, ONE32), SECTION(CREATED, ONE64), SECTION(ISSUER, BYTES32),
		SECTION(CATEGORY, BYTES16), SECTION(SCHEME, ONE32), SECTION(HEIGHT, ONE32),
		SECTION(ENTRIES, ONE32), SECTION(ENTRIES_HASH, BYTES32),
		SECTION(ROOT_CHECK, BYTES16),
	},
	.bad = {
		BAD(-EINVAL, VERSION, "\0\0\0\0"), BAD(0, VERSION, "\0\x10\0\0"),
		BAD(-EINVAL, VERSION, "\x01\x10\0\0"), BAD(-EINVAL, ISSUER, BYTES16),
		BAD(-EINVAL, CATEGORY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		BAD(-EINVAL, CATEGORY, BYTES32), BAD(-EOPNOTSUPP, SCHEME, "\0\0\0\0"),
		BAD(0, SCHEME, "\x02\0\0\0"), BAD(-EOPNOTSUPP, SCHEME, "\x03\0\0\0"),
		BAD(-EINVAL, HEIGHT, "\0\0\0\0"), BAD(0, HEIGHT, "\x20\0\0\0"),
		BAD(-EINVAL, HEIGHT, "\x21\0\0\0"), BAD(0, ENTRIES, "\0\0\x10\0"),
		BAD(-EINVAL, ENTRIES, "\x01\0\x10\0"), BAD(-EINVAL, ENTRIES, "\xff\xff\xff\xff"),
		BAD(-EINVAL, ENTRIES_HASH, BYTES16), BAD(-EINVAL, ROOT_CHECK, BYTES32),
	},
}, {
	.name = "link", .type = CASK_TYPE_LINK, .parse = parse_link,
	.sections = { OPTION(LINK_LICENSE, BYTES16), OPTION(LINK_URL, "https://example.org") },
	.bad = {
		BAD(-EINVAL, LINK_LICENSE, BYTES32), BAD(-EINVAL, LINK_URL, ""),
		BAD(-EINVAL, LINK_URL, "https://\x7f"),
	},
} };

KUNIT_ARRAY_PARAM_DESC(format, formats, name);

/* --- objects in the making --- */

struct object {
	struct kunit *test;
	u8 *data;
	size_t len;
};

static void begin(struct object *o, struct kunit *test, u16 type)
{
	o->test = test;
	o->len = sizeof(struct cask_head);
	o->data = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, o->data);
	put_unaligned_le32(CASK_MAGIC, o->data);
	put_unaligned_le16(type, o->data + 4);
	put_unaligned_le16(CASK_FORMAT_VERSION, o->data + 6);
}

static void add(struct object *o, u16 type, u16 flags, const void *data, size_t len)
{
	u8 *p = o->data + o->len;

	KUNIT_ASSERT_LE(o->test, o->len + sizeof(struct cask_section) + len, SZ_4K);
	put_unaligned_le16(type, p);
	put_unaligned_le16(flags, p + 2);
	put_unaligned_le32(len, p + 4);
	memcpy(p + sizeof(struct cask_section), data, len);
	o->len += sizeof(struct cask_section) + len;
}

/* Read the first @len bytes of it, in memory that ends where they end. */
static int read_part(const struct format *f, struct object *o, size_t len)
{
	u8 *exact = kmemdup(o->data, len, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(o->test, exact);
	ret = f->parse(exact, len);
	kfree(exact);
	return ret;
}

static int read_all(const struct format *f, struct object *o)
{
	put_unaligned_le32(o->len, o->data + 8);
	return read_part(f, o, o->len);
}

static bool ends(const struct section *s, const struct format *f)
{
	return s == f->sections + SECTIONS_MAX || !s->data;
}

#define for_each_section(s, f)	for (s = (f)->sections; !ends(s, f); s++)

/* The right object with one section that is not; @bad NULL: none. */
static void make(struct object *o, struct kunit *test, const struct format *f,
		 const struct bad_field *bad)
{
	const struct section *s;

	begin(o, test, f->type);
	for_each_section(s, f)
		if (bad && bad->type == s->type)
			add(o, s->type, 0, bad->data, bad->len);
		else
			add(o, s->type, 0, s->data, s->len);
}

/* --- tests of every format --- */

static void one_bad_field(struct kunit *test)
{
	const struct format *f = test->param_value;
	const struct bad_field *bad;
	struct object o;

	make(&o, test, f, NULL);
	KUNIT_EXPECT_EQ(test, 0, read_all(f, &o));
	for (bad = f->bad; bad < f->bad + CASES_MAX && bad->data; bad++) {
		make(&o, test, f, bad);
		KUNIT_EXPECT_EQ_MSG(test, bad->want, read_all(f, &o), "case %td", bad - f->bad);
	}
}

static void a_section_missing_or_twice(struct kunit *test)
{
	const struct format *f = test->param_value;
	const struct section *s, *odd;
	struct object o;

	for_each_section(odd, f) {
		begin(&o, test, f->type);
		for_each_section(s, f)
			if (s != odd)
				add(&o, s->type, 0, s->data, s->len);
		KUNIT_EXPECT_EQ_MSG(test, odd->optional ? 0 : -EINVAL, read_all(f, &o),
				    "without section %x", odd->type);
		begin(&o, test, f->type);
		for_each_section(s, f) {
			add(&o, s->type, 0, s->data, s->len);
			if (s == odd)
				add(&o, s->type, 0, s->data, s->len);
		}
		KUNIT_EXPECT_EQ_MSG(test, odd->type == CASK_SEC_SLOT ? 0 : -EINVAL,
				    read_all(f, &o), "twice section %x", odd->type);
	}
}

/* Of a type above all others but SLOT, behind which nothing may stand. */
static void unknown_sections(struct kunit *test)
{
	const struct format *f = test->param_value;
	static const u16 flags[] = { 0, CASK_SECTION_CRITICAL };
	static const int want[] = { 0, -EOPNOTSUPP };
	const struct section *s;
	struct object o;
	bool added;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		added = false;
		begin(&o, test, f->type);
		for_each_section(s, f) {
			if (s->type == CASK_SEC_SLOT) {
				add(&o, CASK_SEC_SLOT - 1, flags[i], "", 0);
				added = true;
			}
			add(&o, s->type, 0, s->data, s->len);
		}
		if (!added)
			add(&o, CASK_SEC_SLOT - 1, flags[i], "", 0);
		KUNIT_EXPECT_EQ_MSG(test, want[i], read_all(f, &o), "flags %x", flags[i]);
	}
}

static void every_truncation(struct kunit *test)
{
	const struct format *f = test->param_value;
	struct object o;
	size_t len;

	make(&o, test, f, NULL);
	KUNIT_EXPECT_EQ(test, 0, read_all(f, &o));
	for (len = 0; len < o.len; len++) {
		/* A link part too short for a head is an empty one. */
		bool empty = f->type == CASK_TYPE_LINK && len < sizeof(struct cask_head);

		KUNIT_EXPECT_EQ_MSG(test, empty ? 0 : -EINVAL, read_part(f, &o, len), "%zu bytes", len);
	}
}

static void head_of_another_object(struct kunit *test)
{
	const struct format *f = test->param_value;
	struct object o;

	make(&o, test, f, NULL);
	o.data[0] ^= 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, read_all(f, &o));
	o.data[0] ^= 1;
	put_unaligned_le16(0xffff, o.data + 4);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_all(f, &o));
	put_unaligned_le16(f->type, o.data + 4);
	put_unaligned_le16(CASK_FORMAT_VERSION + 1, o.data + 6);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, read_all(f, &o));
}

/* --- limits of single formats --- */

static void license_has_at_most_8_slots(struct kunit *test)
{
	const struct format *f = &formats[2];
	struct object o;
	int i;

	make(&o, test, f, NULL);
	for (i = 1; i < CASK_SLOTS_MAX; i++)
		add(&o, CASK_SEC_SLOT, 0, SLOT, sizeof(SLOT) - 1);
	KUNIT_EXPECT_EQ(test, 0, read_all(f, &o));
	add(&o, CASK_SEC_SLOT, 0, SLOT, sizeof(SLOT) - 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_all(f, &o));
}

/* One field of the layout of a file of 10000 bytes that begins at byte 4096. */
static const struct layout_case {
	const char *name;
	size_t offset;
	u64 value;
	int want;
} layout_cases[] = {
#define LAYOUT(_field, _value, _want) \
	{ #_field " " #_value, offsetof(struct cask_layout, _field), _value, _want }
	LAYOUT(suite, 0, -EOPNOTSUPP), LAYOUT(suite, CASK_SUITE_AES_128_CBC, 0),
	LAYOUT(suite, CASK_SUITE_RAW_AES_128_CTR, -EOPNOTSUPP),
	LAYOUT(block_size, 4096, 0), LAYOUT(block_size, 0, -EINVAL),
	LAYOUT(block_size, 2048, -EINVAL), LAYOUT(block_size, 4097, -EINVAL),
	LAYOUT(block_size, 1048576, 0), LAYOUT(block_size, 2097152, -EINVAL),
	LAYOUT(plain_size, 0, 0), LAYOUT(plain_size, 1ULL << 48, 0),
	LAYOUT(plain_size, (1ULL << 48) + 1, -EINVAL), LAYOUT(plain_size, ~0ULL, -EINVAL),
	LAYOUT(link_offset, 0, -EINVAL), LAYOUT(link_capacity, 0, 0),
	LAYOUT(link_capacity, 65537, -EINVAL), LAYOUT(link_capacity, 4096, -EINVAL),
	LAYOUT(data_offset, 0, -EINVAL), LAYOUT(data_offset, 4095, -EINVAL),
	LAYOUT(data_offset, 8192, -EINVAL), LAYOUT(data_offset, 1ULL << 63, -EINVAL),
};

KUNIT_ARRAY_PARAM_DESC(layout, layout_cases, name);

static void content_layout(struct kunit *test)
{
	static const struct format f = { .parse = parse_content };
	const struct layout_case *c = test->param_value;
	struct cask_layout layout = { .suite = cpu_to_le32(CASK_SUITE_AES_128_GCM),
				      .block_size = cpu_to_le32(4096),
				      .plain_size = cpu_to_le64(10000),
				      .link_capacity = cpu_to_le32(512),
				      .data_offset = cpu_to_le64(4096) };
	struct object o;
	size_t at;

	begin(&o, test, CASK_TYPE_CONTENT);
	add(&o, CASK_SEC_CONTENT_ID, 0, BYTES16, CASK_ID_SIZE);
	at = o.len + sizeof(struct cask_section);
	add(&o, CASK_SEC_LAYOUT, 0, &layout, sizeof(layout));
	add(&o, CASK_SEC_ISSUER, 0, BYTES32, CASK_KID_SIZE);
	add(&o, CASK_SEC_MEDIA_TYPE, 0, "video/mp4", 9);
	add(&o, CASK_SEC_HEADER_MAC, 0, BYTES32, CASK_MAC_SIZE);
	put_unaligned_le32(o.len, o.data + at + offsetof(struct cask_layout, link_offset));
	KUNIT_EXPECT_EQ(test, 0, read_all(&f, &o));
	if (c->offset == offsetof(struct cask_layout, plain_size) ||
	    c->offset == offsetof(struct cask_layout, data_offset))
		put_unaligned_le64(c->value, o.data + at + c->offset);
	else
		put_unaligned_le32(c->value, o.data + at + c->offset);
	KUNIT_EXPECT_EQ(test, c->want, read_all(&f, &o));
	/* What stands behind the MAC is not under it. */
	add(&o, 0x0fff, 0, "", 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, read_all(&f, &o));
}

/* --- COSE --- */

#define PROTECTED(_alg)		"\x58\x28\xa2\x01\x39" _alg "\x04\x58\x20" BYTES32
#define RS256			"\x01\x00"

static const struct cose_case {
	const char *name;
	int want;
	size_t len;
	const char *data;
} cose_cases[] = {
#define COSE(_name, _want, _data)	{ _name, _want, sizeof(_data) - 1, _data }
	COSE("right", 0, "\xd2\x84" PROTECTED(RS256) "\xa0\x41p\x41s"),
	COSE("empty payload", 0, "\xd2\x84" PROTECTED(RS256) "\xa0\x40\x41s"),
	COSE("nothing", -EINVAL, ""),
	COSE("no tag", -EINVAL, "\x84" PROTECTED(RS256) "\xa0\x41p\x41s"),
	COSE("another tag", -EINVAL, "\xd1\x84" PROTECTED(RS256) "\xa0\x41p\x41s"),
	COSE("three elements", -EINVAL, "\xd2\x83" PROTECTED(RS256) "\xa0\x41p"),
	COSE("endless array", -EINVAL, "\xd2\x9f" PROTECTED(RS256) "\xa0\x41p\x41s\xff"),
	COSE("unprotected header", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa1\x01\x01\x41p\x41s"),
	COSE("detached payload", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\xf6\x41s"),
	COSE("text for payload", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\x61p\x41s"),
	COSE("longer head than needed", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\x58\x01p\x41s"),
	COSE("endless bytes", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\x5f\x41p\xff\x41s"),
	COSE("payload beyond the end", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\x43p\x41s"),
	COSE("payload of 2^32-1", -EINVAL,
	     "\xd2\x84" PROTECTED(RS256) "\xa0\x5a\xff\xff\xff\xffp\x41s"),
	COSE("trailing byte", -EINVAL, "\xd2\x84" PROTECTED(RS256) "\xa0\x41p\x41s\0"),
	COSE("another algorithm", -EOPNOTSUPP, "\xd2\x84" PROTECTED("\x01\x01") "\xa0\x41p\x41s"),
	COSE("short kid", -EINVAL,
	     "\xd2\x84\x58\x18\xa2\x01\x39\x01\x00\x04\x50" BYTES16 "\xa0\x41p\x41s"),
	COSE("no kid", -EINVAL, "\xd2\x84\x45\xa1\x01\x39\x01\x00\xa0\x41p\x41s"),
};

KUNIT_ARRAY_PARAM_DESC(cose, cose_cases, name);

static void cose_sign1(struct kunit *test)
{
	const struct cose_case *c = test->param_value;
	struct cask_cose cose;
	/* kmemdup() of nothing gives a pointer that must not be read. */
	u8 *exact = kmemdup(c->data, c->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, exact);
	KUNIT_EXPECT_EQ(test, c->want, cask_cose_parse(&cose, exact, c->len));
	kfree(exact);
}

static const struct cose_case key_cases[] = {
	COSE("right", 0, "\xa4\x01\x02\x20\x01\x21\x58\x20" BYTES32 "\x22\x58\x20" BYTES32),
	COSE("another curve", -EINVAL,
	     "\xa4\x01\x02\x20\x02\x21\x58\x20" BYTES32 "\x22\x58\x20" BYTES32),
	COSE("another kind", -EINVAL,
	     "\xa4\x01\x01\x20\x01\x21\x58\x20" BYTES32 "\x22\x58\x20" BYTES32),
	COSE("a private part", -EINVAL, "\xa5\x01\x02\x20\x01\x21\x58\x20" BYTES32
	     "\x22\x58\x20" BYTES32 "\x23\x58\x20" BYTES32),
	COSE("short coordinate", -EINVAL, "\xa4\x01\x02\x20\x01\x21\x50" BYTES16 "\x22\x58\x20" BYTES32),
	COSE("parameters in another order", -EINVAL,
	     "\xa4\x01\x02\x21\x58\x20" BYTES32 "\x20\x01\x22\x58\x20" BYTES32),
	COSE("a short modulus", -EINVAL, "\xa3\x01\x03\x20\x41\xff\x21\x43\x01\x00\x01"),
	COSE("trailing byte", -EINVAL,
	     "\xa4\x01\x02\x20\x01\x21\x58\x20" BYTES32 "\x22\x58\x20" BYTES32 "\0"),
};

KUNIT_ARRAY_PARAM_DESC(key, key_cases, name);

static void cose_key(struct kunit *test)
{
	const struct cose_case *c = test->param_value;
	u8 *exact = kmemdup(c->data, c->len, GFP_KERNEL);
	struct cask_cose_key key;

	KUNIT_ASSERT_NOT_NULL(test, exact);
	KUNIT_EXPECT_EQ(test, c->want, cask_cose_key_parse(&key, exact, c->len));
	kfree(exact);
}

static struct kunit_case parse_test_cases[] = {
	KUNIT_CASE_PARAM(one_bad_field, format_gen_params),
	KUNIT_CASE_PARAM(a_section_missing_or_twice, format_gen_params),
	KUNIT_CASE_PARAM(unknown_sections, format_gen_params),
	KUNIT_CASE_PARAM(every_truncation, format_gen_params),
	KUNIT_CASE_PARAM(head_of_another_object, format_gen_params),
	KUNIT_CASE(license_has_at_most_8_slots),
	KUNIT_CASE_PARAM(content_layout, layout_gen_params),
	KUNIT_CASE_PARAM(cose_sign1, cose_gen_params),
	KUNIT_CASE_PARAM(cose_key, key_gen_params),
	{}
};

static struct kunit_suite parse_suite = {
	.name = "cask-parse",
	.test_cases = parse_test_cases,
};
kunit_test_suite(parse_suite);
