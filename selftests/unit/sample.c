// SPDX-License-Identifier: GPL-2.0
/* sample.c - one right sample of each format, and readers of them. */
#include "unit.h"
#include <endian.h>
#include <stdio.h>

#include "category.h"
#include "crypto.h"
#include "ekb_vectors.h"
#include "license.h"
#include "medium_vectors.h"
#include "object.h"
#include "sample.h"
#include "../../kmod/parse/parse.h"

#define CRITICAL	CASK_SECTION_CRITICAL

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
	note_u64(d, l.max_exports);
	note_u64(d, l.max_checkouts);
	note_u64(d, l.at_once);
	note_u64(d, l.download_from);
	note_u64(d, l.download_until);
	note_u64(d, l.permissions);
	note_u64(d, l.max_offline_opens);
	note_bytes(d, &l.license_id);
	note_bytes(d, &l.content_id);
	note_bytes(d, &l.issuer);
	note_bytes(d, &l.device_id);
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

static int read_twokey(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_license_view l;
	int ret = read_license(data, size, d);

	if (ret)
		return ret;
	assert_int_equal(cask_license_parse(&l, data, size), 0);
	note_u64(d, l.twokey.mode);
	note_u64(d, l.max_opens);
	note_bytes(d, &l.twokey.head);
	note_bytes(d, &l.twokey.sealed);
	return 0;
}

static int read_synchronise(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_synchronise_view s;
	int ret = cask_synchronise_parse(&s, data, size);

	if (ret)
		return ret;
	note_bytes(d, &s.nonce);
	note_bytes(d, &s.issuer);
	note_bytes(d, &s.device_id);
	note_bytes(d, &s.step);
	note_bytes(d, &s.mac);
	note_bytes(d, &s.maced);
	return 0;
}

static int read_metered(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_license_view l;
	int ret = read_license(data, size, d);

	if (ret)
		return ret;
	assert_int_equal(cask_license_parse(&l, data, size), 0);
	note_u64(d, l.permissions);
	note_u64(d, l.unit);
	note_u64(d, l.quantum);
	note_u64(d, l.max_unreported);
	return 0;
}

static int read_log(const struct cask_report_view *r, struct digest *d)
{
	note_u64(d, r->number);
	note_u64(d, r->count);
	note(d, r->series, sizeof(((struct cask_log_place *)0)->series));
	note_bytes(d, &r->issuer);
	note_bytes(d, &r->device_id);
	note_bytes(d, &r->entries);
	note_bytes(d, &r->mac);
	note_bytes(d, &r->maced);
	return 0;
}

static int read_report(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_report_view r;
	int ret = cask_report_parse(&r, data, size);

	return ret ? ret : read_log(&r, d);
}

static int read_acknowledgement(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_report_view r;
	int ret = cask_acknowledgement_parse(&r, data, size);

	return ret ? ret : read_log(&r, d);
}

static int read_reanchor(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_reanchor_view r;
	int ret = cask_reanchor_parse(&r, data, size);

	if (ret)
		return ret;
	note_u64(d, r.created);
	note_bytes(d, &r.nonce);
	note_bytes(d, &r.issuer);
	note_bytes(d, &r.device_id);
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
	note_u64(d, l.has_key);
	if (!l.has_key)
		return 0;
	note_u64(d, l.key.method);
	note_bytes(d, &l.key.head);
	note(d, l.key.key_id, CASK_KID_SIZE);
	note_bytes(d, &l.key.wrapped);
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

static int read_medium(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_medium_view m;
	int ret = cask_medium_parse(&m, data, size);

	if (ret)
		return ret;
	note_u64(d, m.slot_size);
	note_u64(d, m.third_offset);
	note_u64(d, m.third_size);
	note_bytes(d, &m.issuer);
	note_bytes(d, &m.number);
	note_bytes(d, &m.class_id);
	note_bytes(d, &m.apparatus);
	note_bytes(d, &m.mac);
	note_bytes(d, &m.maced);
	return 0;
}

static int read_image(const uint8_t *data, size_t size, uint16_t type, struct digest *d)
{
	struct cask_image_view v;
	int ret = cask_image_parse(&v, data, size, type);

	if (ret)
		return ret;
	note_u64(d, v.counter);
	note_u64(d, v.derivation);
	note_u64(d, v.locks);
	note_u64(d, v.tags);
	note_bytes(d, &v.issuer);
	note_bytes(d, &v.salt);
	note_bytes(d, &v.enc);
	note_bytes(d, &v.number);
	note_bytes(d, &v.class_id);
	note_bytes(d, &v.apparatus);
	note_bytes(d, &v.sealed);
	note_bytes(d, &v.head);
	return 0;
}

static int read_layer(const uint8_t *data, size_t size, struct digest *d)
{
	return read_image(data, size, CASK_TYPE_LAYER, d);
}

static int read_backup(const uint8_t *data, size_t size, struct digest *d)
{
	return read_image(data, size, CASK_TYPE_BACKUP, d);
}

/* --- what is read: one right sample of each format --- */

static int read_ekb(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_ekb e;
	int ret = cask_ekb_parse(&e, data, size);

	if (ret)
		return ret;
	note_u64(d, e.version);
	note_u64(d, e.created);
	note_u64(d, e.scheme);
	note_u64(d, e.height);
	note_u64(d, e.count);
	note_bytes(d, &e.issuer);
	note_bytes(d, &e.category);
	note_bytes(d, &e.hash);
	note_bytes(d, &e.check);
	return 0;
}

static int read_leaf(const uint8_t *data, size_t size, struct digest *d)
{
	struct cask_leaf_view v;
	int ret = cask_leaf_parse(&v, data, size);

	if (ret)
		return ret;
	note_u64(d, v.created);
	note_u64(d, v.scheme);
	note_u64(d, v.height);
	note_u64(d, v.leaf);
	note_bytes(d, &v.issuer);
	note_bytes(d, &v.device_id);
	note_bytes(d, &v.category);
	note_bytes(d, &v.sealed);
	return 0;
}

static int read_exported(const uint8_t *data, size_t size, struct digest *d)
{
	const struct cask_bytes value = { data, size };
	struct cask_exported_view e;
	int ret = cask_exported_parse(&e, (const uint8_t *)"issuer", (const uint8_t *)"license id, 16 b",
				      &value);

	if (ret)
		return ret;
	note_u64(d, e.license.not_before);
	note_u64(d, e.license.not_after);
	note_u64(d, e.license.version);
	note_u64(d, e.license.operations);
	note_u64(d, e.license.suite);
	note_u64(d, e.license.min_level);
	note_bytes(d, &e.license.content_id);
	note_bytes(d, &e.signer);
	note_bytes(d, &e.device_id);
	note_bytes(d, &e.bound);
	note_bytes(d, &e.wrapped);
	return 0;
}

struct sample samples[SAMPLES] = {
	[GRANT] = { "GRANT", read_grant, true },
	[SCOPE] = { "SCOPE", read_scope, true },
	[LICENSE] = { "LICENSE", read_license, true },
	[REANCHOR] = { "REANCHOR", read_reanchor, true },
	[CONTENT] = { "CONTENT", read_content, true },
	[LINK] = { "LINK", read_link, true },
	[ENROLMENT] = { "ENROLMENT", read_enrolment, true },
	[RSA_STATEMENT] = { "statement, RS256", read_cose, false },
	[P256_STATEMENT] = { "statement, ES256", read_cose, false },
	[RSA_KEY] = { "COSE_Key, RSA", read_key, false },
	[P256_KEY] = { "COSE_Key, P-256", read_key, false },
	[MEDIUM] = { "MEDIUM", read_medium, true },
	[LAYER] = { "LAYER", read_layer, true },
	[BACKUP] = { "BACKUP", read_backup, true },
	[TWOKEY] = { "LICENSE with a second key", read_twokey, true },
	[SYNCHRONISE] = { "SYNCHRONISE", read_synchronise, true },
	[EKB] = { "EKB", read_ekb, true },
	[LEAF] = { "LEAF", read_leaf, true },
	[METERED] = { "LICENSE that is metered", read_metered, true },
	[REPORT] = { "REPORT", read_report, true },
	[ACKNOWLEDGEMENT] = { "ACKNOWLEDGEMENT", read_acknowledgement, true },
	[EXPORTED] = { "EXPORTED", read_exported, false },
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
	struct forge_reanchor reanchor = forge_reanchor_default(d, d->license.pub.kid,
								(uint8_t *)"fedcba9876543210");
	uint8_t device[32], device_private[32];
	struct forge_bytes s;

	crypto_x25519_keypair(device_private, device);
	scope.fields.prefix_size = 1;
	license.fields.not_before = 1000;
	license.fields.not_after = 2000;
	license.fields.once = true;
	license.fields.max_exports = 3;
	license.fields.max_checkouts = 5;
	license.fields.at_once = 2;
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
	forge_reanchor(d, &reanchor, &s);
	sample_payload(&samples[REANCHOR], &s);
	forge_free(&s);
	sample_bytes(&samples[P256_KEY], d->root.pub.bytes, d->root.pub.size);
	forge_distributor_free(d);
}

static void sample_twokey(void)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct cask_step step = { .series = "series 1", .number = htole64(7) };
	struct forge_synchronise synchronise = { .fields.step = step };
	struct license_twokey to;
	struct forge_bytes s;

	to = forge_twokey(d, d->server_public, CASK_TWOKEY_SYNCHRONISED, &step);
	license.twokey = &to;
	license.fields.max_opens = 3;
	license.fields.for_device = true;
	forge_license(d, &license, d->server_public, d->server_private, &s);
	sample_payload(&samples[TWOKEY], &s);
	forge_free(&s);
	forge_synchronise(d, d->server_public, &synchronise, &samples[SYNCHRONISE].bytes);
	forge_distributor_free(d);
}

static void sample_log(void)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct cask_log_entry entries[2] = {
		{ .license_id = { 1 }, .event = htole32(CASK_LOG_OPENED), .amount = htole64(1) },
		{ .license_id = { 2 }, .event = htole32(CASK_LOG_RETURNED),
		  .unit = htole32(CASK_UNIT_SECONDS) },
	};
	struct report_word word = { .last.number = htole64(7) };
	struct forge_bytes s;

	license.fields.permissions = CASK_PERMISSION_LOG;
	license.fields.unit = CASK_UNIT_BYTES;
	license.fields.quantum = 1000;
	license.fields.max_unreported = 3000;
	forge_license(d, &license, d->server_public, d->server_private, &s);
	sample_payload(&samples[METERED], &s);
	forge_free(&s);
	forge_report(d, d->server_public, &word.last, entries, 2, &samples[REPORT].bytes);
	forge_acknowledgement(d, d->server_public, &word, &samples[ACKNOWLEDGEMENT].bytes);
	forge_distributor_free(d);
}

static void sample_exported(void)
{
	const struct cask_exported_record r = {
		.content_id = "0123456789abcde", .signer = { 1 }, .device_id = { 2 },
		.not_before = htole64(1000), .not_after = htole64(2000), .version = htole32(1),
		.operations = htole32(CASK_OPERATION_FILE), .suite = htole32(CASK_SUITE_AES_128_GCM),
		.wrapped = { 3 },
	};

	sample_bytes(&samples[EXPORTED], &r, sizeof(r));
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
	const struct license_root root = { .category = { 3 }, .version = 4 };
	uint8_t slot[CASK_EKB_SLOT_SIZE] = { 0 };
	struct cask_slot head;
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
	license_root_slot(CASK_METHOD_EKB, &root, &head);
	memcpy(slot, &head, sizeof(head));
	object_add(&o, CASK_SEC_LINK_KEY, 0, slot, sizeof(slot));
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

static void sample_media(void)
{
	const struct cask_image_view backup = {
		.issuer = { vector_issuer, sizeof(vector_issuer) }, .counter = 7,
		.salt = { vector_salt, sizeof(vector_salt) },
		.enc = { vector_ephemeral, sizeof(vector_ephemeral) },
		.number = { vector_number, sizeof(vector_number) },
		.class_id = { vector_class_id, sizeof(vector_class_id) },
		.apparatus = { vector_apparatus, sizeof(vector_apparatus) },
		.derivation = CASK_DERIVATION_INDIVIDUAL, .locks = CASK_LOCKS_MEDIUM_APPARATUS,
	};
	uint8_t data[CASK_BACKUP_OVERHEAD + 64] = { 0 };
	size_t head = cask_image_build(data, &backup, CASK_TYPE_BACKUP, 64);

	sample_bytes(&samples[BACKUP], data, head + 64 + 2 * CASK_GCM_TAG_SIZE);
	sample_bytes(&samples[MEDIUM], vector_first_layer_locked, sizeof(vector_first_layer_locked));
	sample_bytes(&samples[LAYER], vector_layer, sizeof(vector_layer));
	sample_bytes(&samples[EKB], ekb_differences_payload, sizeof(ekb_differences_payload));
}

static void sample_leaf(void)
{
	const struct category c = { .id = { 1 }, .scheme = CASK_SCHEME_SUBTREES, .height = 4 };
	const struct category_leaf leaf = { .created = 7, .leaf = 5 };
	uint8_t sealed[32 + 5 * 16 + 16] = { 1 };
	struct object o = OBJECT_INIT;

	category_leaf_body(&o, &c, &leaf, ekb_issuer);
	object_add(&o, CASK_SEC_LEAF_LABELS, CRITICAL, sealed, sizeof(sealed));
	assert_int_equal(object_end(&o, &samples[LEAF].bytes.data, &samples[LEAF].bytes.size), 0);
}

/**
 * sample_all() - make them
 */
void sample_all(void)
{
	sample_statements();
	sample_rsa();
	sample_content();
	sample_enrolment();
	sample_media();
	sample_twokey();
	sample_log();
	sample_exported();
	sample_leaf();
}

/**
 * sample_free() - free them
 */
void sample_free(void)
{
	int i;

	for (i = 0; i < SAMPLES; i++)
		forge_free(&samples[i].bytes);
}

/**
 * sample_read() - read bytes as a sample's format
 * @s: which
 * @data: the bytes
 * @size: how many
 * @d: all that the parse gave
 *
 * Reads a copy that ends where its allocation ends. Return: what the parser says.
 */
int sample_read(const struct sample *s, const void *data, size_t size, struct digest *d)
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

/**
 * sample_write() - hand the samples to the fuzzers as their first corpus
 * @dir: where to
 *
 * Return: 0 or 1.
 */
int sample_write(const char *dir)
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
