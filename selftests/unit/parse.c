// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - the parsers that the module runs, fed with what writers make, cut
 * short, altered and stretched. ASan sees every byte read beyond the end.
 */
#include "unit.h"
#include <errno.h>
#include <stdio.h>
#include <endian.h>
#include <unistd.h>

#include "crypto.h"
#include "forge.h"
#include "object.h"
#include "../../kmod/parse/parse.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define HEAD_SIZE	sizeof(struct cask_head)
#define SECTION_SIZE	sizeof(struct cask_section)

/* Every number and byte that a parse gives, in one order, to compare parses by. */
struct digest {
	uint8_t bytes[16384];
	size_t size;
};

static void note(struct digest *d, const void *data, size_t size)
{
	uint32_t length = size;

	assert_true(size + 4 <= sizeof(d->bytes) - d->size);
	memcpy(d->bytes + d->size, &length, 4);
	if (size)
		memcpy(d->bytes + d->size + 4, data, size);
	d->size += size + 4;
}

static void note_bytes(struct digest *d, const struct cask_bytes *b)
{
	note(d, b->data, b->len);
}

static void note_u64(struct digest *d, uint64_t v)
{
	note(d, &v, sizeof(v));
}

static int read_grant(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_grant g;
	int ret = cask_grant_parse(&g, data, size);

	if (ret)
		return ret;
	note_u64(d, g.sequence);
	note_bytes(d, &g.signer);
	return 0;
}

static int read_scope(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_scope s;
	int ret = cask_scope_parse(&s, data, size);

	if (ret)
		return ret;
	note_u64(d, s.purposes);
	note_u64(d, s.not_before);
	note_u64(d, s.not_after);
	note_u64(d, s.sequence);
	note_bytes(d, &s.namespace_);
	note_bytes(d, &s.signer);
	note_bytes(d, &s.server_key);
	note_bytes(d, &s.name);
	return 0;
}

static int read_license(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_license_view l;
	int ret = cask_license_parse(&l, data, size);
	unsigned int i;

	if (ret)
		return ret;
	note_u64(d, l.not_before);
	note_u64(d, l.not_after);
	note_u64(d, l.version);
	note_u64(d, l.created);
	note_u64(d, l.operations);
	note_u64(d, l.suite);
	note_u64(d, l.min_level);
	note_bytes(d, &l.license_id);
	note_bytes(d, &l.content_id);
	note_bytes(d, &l.issuer);
	note_bytes(d, &l.head);
	note_bytes(d, &l.sections);
	for (i = 0; i < l.slot_count; i++) {
		note_u64(d, l.slots[i].method);
		note_bytes(d, &l.slots[i].head);
		note(d, l.slots[i].key_id, CASK_KID_SIZE);
		note_bytes(d, &l.slots[i].wrapped);
	}
	return 0;
}

static int read_content(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_content c;
	int ret = cask_content_parse(&c, data, size);

	if (ret)
		return ret;
	note_u64(d, c.suite);
	note_u64(d, c.block_size);
	note_u64(d, c.plain_size);
	note_u64(d, c.link_offset);
	note_u64(d, c.link_capacity);
	note_u64(d, c.data_offset);
	note_bytes(d, &c.content_id);
	note_bytes(d, &c.issuer);
	note_bytes(d, &c.media_type);
	note_bytes(d, &c.title);
	note_bytes(d, &c.mac);
	note_bytes(d, &c.maced);
	return 0;
}

static int read_link(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_link l;
	int ret = cask_link_parse(&l, data, size);

	if (ret)
		return ret;
	note_bytes(d, &l.license_id);
	note_bytes(d, &l.url);
	return 0;
}

static int read_enrolment(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_enrolment e;
	int ret = cask_enrolment_parse(&e, data, size);

	if (ret)
		return ret;
	note_u64(d, e.level);
	note_u64(d, e.root);
	note_bytes(d, &e.issuer);
	note_bytes(d, &e.device_id);
	note_bytes(d, &e.device_key);
	note_bytes(d, &e.challenge);
	note_bytes(d, &e.mac);
	note_bytes(d, &e.maced);
	return 0;
}

static int read_cose(const uint8_t *data, size_t size, struct digest *d)
{
	uint8_t head[CASK_COSE_TBS_HEAD_MAX];
	struct cask_cose c;
	int ret = cask_cose_parse(&c, data, size);

	if (ret)
		return ret;
	note_u64(d, c.alg);
	note(d, c.kid, CASK_KID_SIZE);
	note_bytes(d, &c.protected);
	note_bytes(d, &c.payload);
	note_bytes(d, &c.signature);
	note(d, head, cask_cose_tbs_head(&c, head));
	return 0;
}

static int read_key(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_cose_key k;
	int ret = cask_cose_key_parse(&k, data, size);

	if (ret)
		return ret;
	note_u64(d, k.alg);
	note_bytes(d, &k.n);
	note_bytes(d, &k.e);
	note_bytes(d, &k.x);
	note_bytes(d, &k.y);
	return 0;
}

/* --- what is read: one right sample of each format --- */

enum { GRANT, SCOPE, LICENSE, CONTENT, LINK, ENROLMENT, RSA_STATEMENT, P256_STATEMENT, RSA_KEY,
	P256_KEY, SAMPLES };

static struct sample {
	const char *name;
	int (*read)(const uint8_t *data, size_t size, struct digest *d);
	bool is_object;
	struct forge_bytes bytes;
} samples[SAMPLES] = {
	[GRANT] = { "GRANT", read_grant, true },
	[SCOPE] = { "SCOPE", read_scope, true },
	[LICENSE] = { "LICENSE", read_license, true },
	[CONTENT] = { "CONTENT", read_content, true },
	[LINK] = { "LINK", read_link, true },
	[ENROLMENT] = { "ENROLMENT", read_enrolment, true },
	[RSA_STATEMENT] = { "statement, RS256", read_cose, false },
	[P256_STATEMENT] = { "statement, ES256", read_cose, false },
	[RSA_KEY] = { "COSE_Key, RSA", read_key, false },
	[P256_KEY] = { "COSE_Key, P-256", read_key, false },
};

static void sample_bytes(struct sample *s, const void *data, size_t size)
{
	s->bytes.data = malloc(size);
	s->bytes.size = size;
	memcpy(s->bytes.data, data, size);
}

static void sample_payload(struct sample *s, const struct forge_bytes *statement)
{
	struct cask_cose c;

	assert_int_equal(cask_cose_parse(&c, statement->data, statement->size), 0);
	sample_bytes(s, c.payload.data, c.payload.len);
}

static void sample_statements(void)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_grant grant = forge_grant_default(d);
	struct forge_scope scope = forge_scope_default(d);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	uint8_t device[32], device_private[32];
	struct forge_bytes s;

	crypto_x25519_keypair(device_private, device);
	scope.fields.prefix_size = 1;
	license.fields.not_before = 1000;
	license.fields.not_after = 2000;
	license.decoys = 2;
	forge_grant(d, &grant, &s);
	sample_payload(&samples[GRANT], &s);
	sample_bytes(&samples[P256_STATEMENT], s.data, s.size);
	forge_free(&s);
	forge_scope(d, &scope, &s);
	sample_payload(&samples[SCOPE], &s);
	forge_free(&s);
	forge_license(d, &license, device, device_private, &s);
	sample_payload(&samples[LICENSE], &s);
	forge_free(&s);
	sample_bytes(&samples[P256_KEY], d->root.pub.bytes, d->root.pub.size);
	forge_distributor_free(d);
}

static void sample_rsa(void)
{
	struct forge_key key = forge_key_new(COSE_ALG_RS256);
	struct forge_tamper none = { 0 };
	struct forge_bytes s;

	forge_sign(&key, &none, "payload", 7, &s);
	sample_bytes(&samples[RSA_STATEMENT], s.data, s.size);
	sample_bytes(&samples[RSA_KEY], key.pub.bytes, key.pub.size);
	forge_free(&s);
	forge_key_free(&key);
}

static void sample_content(void)
{
	uint8_t key[32] = { 1 }, id[32] = { 2 };
	struct cask_layout layout = {
		.suite = htole32(CASK_SUITE_AES_128_GCM), .block_size = htole32(65536),
		.plain_size = htole64(100000), .data_offset = htole64(4096),
	};
	struct object o = OBJECT_INIT;
	size_t fixed = 12 + (8 + 16) + (8 + 32) + (8 + 32) + (8 + 9) + (8 + 5) + (8 + 32);

	layout.link_offset = htole32(fixed);
	layout.link_capacity = htole32(4096 - fixed);
	object_begin(&o, CASK_TYPE_CONTENT);
	object_add(&o, CASK_SEC_CONTENT_ID, CRITICAL, id, 16);
	object_add(&o, CASK_SEC_LAYOUT, CRITICAL, &layout, sizeof(layout));
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, id, 32);
	object_text(&o, CASK_SEC_MEDIA_TYPE, CRITICAL, "video/mp4");
	object_text(&o, CASK_SEC_TITLE, 0, "Title");
	object_mac(&o, CASK_SEC_HEADER_MAC, key);
	assert_int_equal(object_end(&o, &samples[CONTENT].bytes.data,
				    &samples[CONTENT].bytes.size), 0);
	assert_int_equal(samples[CONTENT].bytes.size, fixed);

	object_begin(&o, CASK_TYPE_LINK);
	object_add(&o, CASK_SEC_LINK_LICENSE, 0, id, 16);
	object_text(&o, CASK_SEC_LINK_URL, 0, "https://licenses.example");
	assert_int_equal(object_end(&o, &samples[LINK].bytes.data, &samples[LINK].bytes.size), 0);
}

static void sample_enrolment(void)
{
	uint8_t bytes[32] = { 4 };
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_ENROLMENT);
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, bytes, 32);
	object_add(&o, CASK_SEC_DEVICE_ID, CRITICAL, bytes, 32);
	object_add(&o, CASK_SEC_DEVICE_KEY, CRITICAL, bytes, 32);
	object_u32(&o, CASK_SEC_LEVEL, CRITICAL, 1);
	object_u32(&o, CASK_SEC_ROOT, CRITICAL, 0);
	object_add(&o, CASK_SEC_CHALLENGE, CRITICAL, bytes, 32);
	object_mac(&o, CASK_SEC_ANSWER_MAC, bytes);
	assert_int_equal(object_end(&o, &samples[ENROLMENT].bytes.data,
				    &samples[ENROLMENT].bytes.size), 0);
}

/* Reads a copy that ends where the allocation ends. */
static int read_copy(const struct sample *s, const void *data, size_t size, struct digest *d)
{
	uint8_t *copy = malloc(size ? size : 1);
	int ret;

	if (size)
		memcpy(copy, data, size);
	d->size = 0;
	ret = s->read(copy, size, d);
	free(copy);
	return ret;
}

static bool refused(int ret)
{
	return ret == -EINVAL || ret == -EOPNOTSUPP;
}

static void right_samples(void **state)
{
	static struct digest d;
	int i;

	for (i = 0; i < SAMPLES; i++)
		assert_int_equal(read_copy(&samples[i], samples[i].bytes.data,
					   samples[i].bytes.size, &d), 0);
}

static void every_truncation(void **state)
{
	static struct digest d;
	size_t size;
	int i, ret;

	for (i = 0; i < SAMPLES; i++) {
		for (size = 0; size < samples[i].bytes.size; size++) {
			ret = read_copy(&samples[i], samples[i].bytes.data, size, &d);
			/* A link part cut below its head is an empty one. */
			if (i == LINK && size < HEAD_SIZE)
				assert_int_equal(ret, 0);
			else
				assert_int_equal(ret, -EINVAL);
		}
	}
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
	uint8_t *data;
	size_t at;
	int i, delta, ret;

	for (i = 0; i < SAMPLES; i++) {
		data = samples[i].bytes.data;
		assert_int_equal(read_copy(&samples[i], data, samples[i].bytes.size, &right), 0);
		for (at = 0; at < samples[i].bytes.size; at++) {
			for (delta = 1; delta < 256; delta++) {
				data[at] ^= delta;
				ret = read_copy(&samples[i], data, samples[i].bytes.size, &d);
				data[at] ^= delta;
				if (ret)
					assert_true(refused(ret));
				else if (d.size == right.size && !is_critical_bit(i, at, delta))
					assert_memory_not_equal(d.bytes, right.bytes, d.size);
			}
		}
	}
}

static void trailing_bytes(void **state)
{
	static struct digest d;
	struct forge_bytes *b;
	uint8_t *longer;
	size_t extra;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		if (i == LINK)
			continue;
		b = &samples[i].bytes;
		longer = calloc(1, b->size + 16);
		memcpy(longer, b->data, b->size);
		for (extra = 1; extra <= 16; extra++)
			assert_int_equal(read_copy(&samples[i], longer, b->size + extra, &d),
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
				ret = read_copy(&samples[i], b->data, b->size, &d);
				put_length(b->data + 8, b->size);
				/* A link ends where its head says; 12: empty. */
				assert_int_equal(ret, i == LINK && values[v] == 12 ? 0 : -EINVAL);
			}
			for (at = HEAD_SIZE; at < b->size; at += SECTION_SIZE + size) {
				size = cask_le32(b->data + at + 4);
				if (values[v] == size)
					continue;
				put_length(b->data + at + 4, values[v]);
				ret = read_copy(&samples[i], b->data, b->size, &d);
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
	ret = read_copy(&samples[i], data, b->size + sizeof(s) + 3, d);
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
		for (at = HEAD_SIZE; at < b->size; at += SECTION_SIZE + cask_le32(b->data + at + 4)) {
			after = cask_le16(b->data + at);
			type = before + 1;
			/* Types below 0x50 may be known to this object; 0x50 and up are to none. */
			if (type < 0x50)
				type = 0x50;
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
		/* after the last; nothing may follow a MAC */
		if (i == CONTENT || i == ENROLMENT) {
			assert_true(refused(read_with(i, b->size, 0x7000, 0, &d)));
		} else {
			gaps++;
			assert_int_equal(read_with(i, b->size, 0x7000, CRITICAL, &d), -EOPNOTSUPP);
			assert_int_equal(read_with(i, b->size, 0x7000, 0, &d), 0);
		}
	}
	assert_true(gaps >= 5);
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
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_scope scope = forge_scope_default(d);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
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
	assert_int_equal(parse_license(unknown_last), -EOPNOTSUPP);
	assert_int_equal(parse_license(short_slot), -EINVAL);
	assert_int_equal(parse_license(empty_slot), -EINVAL);
	assert_int_equal(parse_license(other_method), 0);
	assert_true(refused(parse_license(other_version)));
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
	assert_int_equal(read_copy(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* array of 4 in two bytes */
	memcpy(data, "\xd2\x98\x04", 3);
	memcpy(data + 3, b->data + 2, b->size - 2);
	assert_int_equal(read_copy(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* array of unknown length */
	memcpy(data, "\xd2\x9f", 2);
	memcpy(data + 2, b->data + 2, b->size - 2);
	data[b->size] = 0xff;
	assert_int_equal(read_copy(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* length of the protected header in three bytes */
	memcpy(data, "\xd2\x84\x59\x00\x26", 5);
	memcpy(data + 5, b->data + 4, b->size - 4);
	assert_int_equal(read_copy(&samples[P256_STATEMENT], data, b->size + 1, &d), -EINVAL);
	/* in nine */
	memcpy(data, "\xd2\x84\x5b\0\0\0\0\0\0\0\x26", 11);
	memcpy(data + 11, b->data + 4, b->size - 4);
	assert_int_equal(read_copy(&samples[P256_STATEMENT], data, b->size + 7, &d), -EINVAL);
	/* without the tag */
	assert_int_equal(read_copy(&samples[P256_STATEMENT], b->data + 1, b->size - 1, &d), -EINVAL);
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
	ret = read_copy(&samples[CONTENT], b->data, b->size, &d);
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
	assert_int_equal(layout_with(AT(suite), 2, 4), -EOPNOTSUPP);
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

/* Hands the right samples to the fuzzers as their first corpus. */
static int write_corpus(const char *dir)
{
	char path[4096];
	FILE *f;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		f = fopen(path, "w");
		if (!f || fwrite(samples[i].bytes.data, samples[i].bytes.size, 1, f) != 1 ||
		    fclose(f)) {
			perror(path);
			return 1;
		}
	}
	return 0;
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
		cmocka_unit_test(licenses),
		cmocka_unit_test(longer_cbor),
		cmocka_unit_test(statement_limit),
		cmocka_unit_test(layouts),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(empty_link),
	};
	int ret, i;

	sample_statements();
	sample_rsa();
	sample_content();
	sample_enrolment();
	ret = argc == 3 && !strcmp(argv[1], "--corpus") ? write_corpus(argv[2]) :
		run_suite(parse);
	for (i = 0; i < SAMPLES; i++)
		forge_free(&samples[i].bytes);
	return ret;
}
