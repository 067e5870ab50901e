// SPDX-License-Identifier: GPL-2.0
/*
 * forge.c - make distributors and statements, right ones and wrong ones.
 *
 * A statement is first written by the server's own code, then taken apart and put
 * together again as the test wants it, then signed by the server's own code.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto.h"
#include "forge.h"
#include "pairwise.h"
#include "../../kmod/parse/parse.h"
#include "../../tools/cask-pack/pack.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define HEAD_SIZE	sizeof(struct cask_head)
#define SECTION_SIZE	sizeof(struct cask_section)
#define DAY		86400

/* What cannot fail in a sane test; that it did is not the test's result. */
#define must(what) do { \
	int ret_ = (what); \
	if (ret_) { \
		fprintf(stderr, "forge: %s: %s\n", #what, strerror(-ret_)); \
		abort(); \
	} \
} while (0)

static void append(struct forge_bytes *b, const void *data, size_t size)
{
	b->data = realloc(b->data, b->size + size + 1);
	if (!b->data)
		abort();
	if (data)
		memcpy(b->data + b->size, data, size);
	else
		memset(b->data + b->size, 0, size);
	b->size += size;
}

static void append_section(struct forge_bytes *b, uint16_t type, uint16_t flags,
			   const void *value, size_t size)
{
	struct cask_section s = {
		.type = htole16(type), .flags = htole16(flags), .length = htole32(size),
	};

	append(b, &s, sizeof(s));
	append(b, value, size);
}

static void set_length(struct forge_bytes *b)
{
	__le32 length = htole32(b->size);

	memcpy(b->data + offsetof(struct cask_head, length), &length, sizeof(length));
}

/**
 * forge_free() - free what forge made
 * @bytes: empty afterwards
 */
void forge_free(struct forge_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct forge_bytes){ 0 };
}

/**
 * forge_key_new() - a signing key
 * @alg: RS256 (2048 bits) or ES256
 *
 * Return: the key; forge_key_free() when done.
 */
struct forge_key forge_key_new(enum cose_alg alg)
{
	struct forge_key key;

	must(cose_generate(alg, &key.pkey));
	must(cose_key_from_pkey(key.pkey, &key.pub));
	return key;
}

/**
 * forge_key_free() - free a signing key
 * @key: of forge_key_new()
 */
void forge_key_free(struct forge_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

/**
 * forge_distributor_new() - keys of a distributor and of a provisioning authority
 * @alg: of all signing keys
 *
 * Two distributors of one authority: free and copy @provisioning's key by hand, or
 * sign the second grant with tamper.signer. Return: forge_distributor_free() it.
 */
struct forge_distributor *forge_distributor_new(enum cose_alg alg)
{
	struct forge_distributor *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->provisioning = forge_key_new(alg);
	d->root = forge_key_new(alg);
	d->license = forge_key_new(alg);
	must(crypto_x25519_keypair(d->server_private, d->server_public));
	return d;
}

/**
 * forge_distributor_free() - free a distributor
 * @d: of forge_distributor_new()
 */
void forge_distributor_free(struct forge_distributor *d)
{
	forge_key_free(&d->provisioning);
	forge_key_free(&d->root);
	forge_key_free(&d->license);
	crypto_wipe(d, sizeof(*d));
	free(d);
}

/**
 * forge_grant_default() - a right GRANT
 * @d: whose
 *
 * Return: fields that point into @d.
 */
struct forge_grant forge_grant_default(const struct forge_distributor *d)
{
	return (struct forge_grant) { .fields = { .sequence = 1, .root = &d->root.pub } };
}

/**
 * forge_scope_default() - a right SCOPE: every purpose, no prefix, a day either way
 * @d: whose
 *
 * Return: fields that point into @d.
 */
struct forge_scope forge_scope_default(const struct forge_distributor *d)
{
	time_t now = time(NULL);
	struct forge_scope s = {
		.fields = {
			.purposes = CASK_PURPOSE_ALL,
			.not_before = now - DAY, .not_after = now + DAY,
			.sequence = 1, .signer = &d->license.pub, .name = "Forge",
		},
	};

	memcpy(s.fields.server_key, d->server_public, sizeof(d->server_public));
	return s;
}

/**
 * forge_license_default() - a right LICENSE
 * @d: whose
 * @content_id: of the content
 *
 * Return: id random, no usage period, operation FILE, level development.
 */
struct forge_license forge_license_default(const struct forge_distributor *d,
					   const uint8_t content_id[CASK_ID_SIZE])
{
	struct forge_license l = {
		.fields = {
			.version = 1, .created = time(NULL),
			.operations = CASK_OPERATION_FILE,
			.suite = CASK_SUITE_AES_128_GCM,
			.min_level = CASK_LEVEL_DEVELOPMENT,
		},
	};

	must(crypto_random(l.fields.id, sizeof(l.fields.id)));
	memcpy(l.fields.content_id, content_id, CASK_ID_SIZE);
	memcpy(l.fields.issuer, d->root.pub.kid, CASK_KID_SIZE);
	return l;
}

/**
 * forge_reanchor_default() - a right REANCHOR
 * @d: whose
 * @device_id: of the device it is for
 * @nonce: of that device's kernel
 *
 * Return: of now.
 */
struct forge_reanchor forge_reanchor_default(const struct forge_distributor *d,
					     const uint8_t device_id[CASK_KID_SIZE],
					     const uint8_t nonce[CASK_NONCE_SIZE])
{
	struct forge_reanchor r = { .fields.created = time(NULL) };

	memcpy(r.fields.issuer, d->root.pub.kid, CASK_KID_SIZE);
	memcpy(r.fields.device_id, device_id, CASK_KID_SIZE);
	memcpy(r.fields.nonce, nonce, CASK_NONCE_SIZE);
	return r;
}

static const struct forge_key *signer_of(const struct forge_key *right,
					 const struct forge_tamper *t)
{
	return t->signer ? t->signer : right;
}

static const uint8_t *kid_of(const struct forge_key *right, const struct forge_tamper *t)
{
	return t->kid ? t->kid : signer_of(right, t)->pub.kid;
}

/* Inverts a bit of the payload; it stands somewhere in the middle of the statement. */
static void flip(struct forge_bytes *statement, size_t offset)
{
	struct cask_cose c;

	must(cask_cose_parse(&c, statement->data, statement->size));
	if (offset >= c.payload.len)
		abort();
	statement->data[c.payload.data - statement->data + offset] ^= 1;
}

/**
 * forge_sign() - sign any bytes
 * @signer: unless @tamper names another
 * @tamper: its signer, kid, alg and flip_payload are applied
 * @payload: the bytes
 * @size: how many
 * @ret: the statement
 */
void forge_sign(const struct forge_key *signer, const struct forge_tamper *tamper,
		const void *payload, size_t size, struct forge_bytes *ret)
{
	struct cose_signer s;

	must(cose_signer_init(&s, signer_of(signer, tamper)->pkey));
	memcpy(s.kid, kid_of(signer, tamper), sizeof(s.kid));
	if (tamper->alg)
		s.alg = tamper->alg;
	must(cose_sign1(&s, payload, size, &ret->data, &ret->size));
	if (tamper->flip_payload)
		flip(ret, tamper->flip_offset);
}

static void tamper_head(struct forge_bytes *b, const struct forge_tamper *t)
{
	__le16 type = htole16(t->object_type), version = htole16(t->object_version);

	if (t->object_type)
		memcpy(b->data + offsetof(struct cask_head, type), &type, sizeof(type));
	if (t->object_version)
		memcpy(b->data + offsetof(struct cask_head, version), &version, sizeof(version));
}

static void put_unknown(struct forge_bytes *b, const struct forge_tamper *t, bool *done)
{
	if (!*done && t->unknown_section)
		append_section(b, t->unknown_section, t->unknown_flags, NULL, 0);
	*done = true;
}

/* The sections of an object, but for the omitted, and the unknown in its place. */
static void copy_sections(const struct forge_bytes *from, const struct forge_tamper *t,
			  bool *done, struct forge_bytes *to)
{
	size_t offset = HEAD_SIZE, size;

	while (offset < from->size) {
		const uint8_t *s = from->data + offset;
		uint16_t type = cask_le16(s);

		size = SECTION_SIZE + cask_le32(s + offsetof(struct cask_section, length));
		if (type > t->unknown_section)
			put_unknown(to, t, done);
		if (type != t->omit_section)
			append(to, s, size);
		offset += size;
	}
}

static void finish(struct forge_bytes *b, const struct forge_tamper *t)
{
	append(b, NULL, t->trailing);
	set_length(b);
	append(b, NULL, t->slack);
}

/* Takes the writer's bytes, tampers with them, and signs. */
static void forge(struct object *o, const struct forge_key *signer,
		  const struct forge_tamper *t, struct forge_bytes *ret)
{
	struct forge_bytes right, payload = { 0 };
	bool done = false;

	must(object_end(o, &right.data, &right.size));
	append(&payload, right.data, HEAD_SIZE);
	tamper_head(&payload, t);
	copy_sections(&right, t, &done, &payload);
	put_unknown(&payload, t, &done);
	finish(&payload, t);
	forge_sign(signer, t, payload.data, payload.size, ret);
	forge_free(&payload);
	forge_free(&right);
}

/**
 * forge_grant() - make a GRANT
 * @d: the provisioning key is its
 * @grant: what it says and what is wrong with it
 * @ret: the statement
 */
void forge_grant(const struct forge_distributor *d, const struct forge_grant *grant,
		 struct forge_bytes *ret)
{
	struct object o = OBJECT_INIT;

	statement_grant_body(&o, &grant->fields);
	forge(&o, &d->provisioning, &grant->tamper, ret);
}

/**
 * forge_scope() - make a SCOPE
 * @d: the root key is its
 * @scope: what it says and what is wrong with it
 * @ret: the statement
 */
void forge_scope(const struct forge_distributor *d, const struct forge_scope *scope,
		 struct forge_bytes *ret)
{
	struct object o = OBJECT_INIT;

	statement_scope_body(&o, &scope->fields);
	forge(&o, &d->root, &scope->tamper, ret);
}

/**
 * forge_reanchor() - make a REANCHOR
 * @d: the license-signing key is its
 * @reanchor: what it says and what is wrong with it
 * @ret: the statement
 */
void forge_reanchor(const struct forge_distributor *d, const struct forge_reanchor *reanchor,
		    struct forge_bytes *ret)
{
	struct object o = OBJECT_INIT;

	statement_reanchor_body(&o, &reanchor->fields);
	forge(&o, &d->license, &reanchor->tamper, ret);
}

void forge_time(const struct forge_distributor *d, const struct forge_key *signer, uint64_t when,
		struct forge_bytes *ret)
{
	struct statement_time fields = { .created = when };
	const struct forge_tamper none = { 0 };
	struct object o = OBJECT_INIT;

	memcpy(fields.issuer, d->root.pub.kid, sizeof(fields.issuer));
	statement_time_body(&o, &fields);
	forge(&o, signer, &none, ret);
}

static void body_hash(const struct forge_bytes *body, uint8_t ret_hash[32])
{
	size_t bound = offsetof(struct cask_head, length);
	struct iovec parts[] = {
		{ body->data, bound },
		{ body->data + HEAD_SIZE, body->size - HEAD_SIZE },
	};

	must(crypto_sha256v(parts, 2, ret_hash));
}

static void put_device_slot(struct forge_bytes *b, const uint8_t hash[32], const uint8_t *kid,
			    const struct license_device *device, const uint8_t *content_key,
			    const struct forge_license *l)
{
	uint8_t slot[CASK_DEVICE_SLOT_SIZE];
	struct cask_slot head;

	must(license_device_slot(hash, kid, device, content_key, slot));
	memcpy(&head, slot, sizeof(head));
	head.flags ^= htole16(l->slot_flags);
	if (l->slot_method)
		head.method = htole16(l->slot_method);
	memcpy(slot, &head, sizeof(head));
	append_section(b, CASK_SEC_SLOT, CRITICAL, slot, sizeof(slot));
}

static void put_medium_slot(struct forge_bytes *b, const uint8_t hash[32], const uint8_t *kid,
			    const uint8_t *content_key, const struct license_medium *medium)
{
	uint8_t slot[CASK_MEDIUM_DEVICE_SLOT_SIZE];
	size_t size;

	must(license_medium_slot(hash, kid, medium, content_key, slot, &size));
	append_section(b, CASK_SEC_SLOT, CRITICAL, slot, size);
}

static void put_twokey_slot(struct forge_bytes *b, const uint8_t hash[32], const uint8_t *kid,
			    const uint8_t *content_key, const struct forge_license *l)
{
	uint8_t slot[CASK_TWOKEY_SLOT_SIZE];

	must(license_twokey_slot(hash, kid, l->twokey, l->fields.content_id, content_key, slot));
	append_section(b, CASK_SEC_SLOT, CRITICAL, slot, sizeof(slot));
}

static void put_decoy(struct forge_bytes *b, const uint8_t hash[32], const uint8_t *kid)
{
	static const struct forge_license plain;
	uint8_t private_key[CASK_X25519_SIZE], content_key[CASK_KEY_SIZE];
	struct license_device device;

	must(crypto_x25519_keypair(private_key, device.key));
	must(crypto_random(content_key, sizeof(content_key)));
	put_device_slot(b, hash, kid, &device, content_key, &plain);
}

/**
 * forge_license() - make a LICENSE
 * @d: the license-signing key is its
 * @license: what it says and what is wrong with it
 * @device_key: X25519 public key of the device it is for
 * @content_key: Kc
 * @ret: the statement
 *
 * Slots are bound to the body as it was tampered with, and to the kid that is
 * claimed: only what @license says is wrong.
 */
void forge_license(const struct forge_distributor *d, const struct forge_license *license,
		   const uint8_t device_key[CASK_X25519_SIZE],
		   const uint8_t content_key[CASK_KEY_SIZE], struct forge_bytes *ret)
{
	const struct forge_tamper *t = &license->tamper;
	const uint8_t *kid = kid_of(&d->license, t);
	struct forge_bytes right, payload = { 0 };
	bool done = t->unknown_section > CASK_SEC_SLOT;
	struct object o = OBJECT_INIT;
	struct license_device device;
	uint8_t hash[32];
	unsigned int i;

	license_body(&o, &license->fields);
	must(object_end(&o, &right.data, &right.size));
	append(&payload, right.data, HEAD_SIZE);
	tamper_head(&payload, t);
	copy_sections(&right, t, &done, &payload);
	put_unknown(&payload, t, &done);
	body_hash(&payload, hash);

	memcpy(device.key, device_key, sizeof(device.key));
	for (i = 0; i < license->decoys; i++)
		put_decoy(&payload, hash, kid);
	if (license->slot)
		append_section(&payload, CASK_SEC_SLOT, CRITICAL, license->slot,
			       license->slot_size);
	else if (license->medium)
		put_medium_slot(&payload, hash, kid, content_key, license->medium);
	else if (license->twokey)
		put_twokey_slot(&payload, hash, kid, content_key, license);
	if (!license->slot && ((!license->medium && !license->twokey) || license->both) &&
	    t->omit_section != CASK_SEC_SLOT)
		put_device_slot(&payload, hash, kid, &device, content_key, license);
	if (t->unknown_section > CASK_SEC_SLOT)
		append_section(&payload, t->unknown_section, t->unknown_flags, NULL, 0);
	finish(&payload, t);
	forge_sign(&d->license, t, payload.data, payload.size, ret);
	forge_free(&payload);
	forge_free(&right);
}

/**
 * forge_slot() - lift the first slot out of a license
 * @license: a right one
 * @ret: value of its first SLOT section, for forge_license.slot
 */
void forge_slot(const struct forge_bytes *license, struct forge_bytes *ret)
{
	struct cask_license_view view;
	struct cask_cose c;

	must(cask_cose_parse(&c, license->data, license->size));
	must(cask_license_parse(&view, c.payload.data, c.payload.len));
	*ret = (struct forge_bytes){ 0 };
	append(ret, view.slots[0].head.data, view.slots[0].head.len);
	append(ret, view.slots[0].wrapped.data, view.slots[0].wrapped.len);
}

/**
 * forge_twokey() - what a second key of a device is made with
 * @d: whose
 * @device_key: X25519 public key of the device
 * @mode: where the parameter is from
 * @parameter: CASK_NONCE_SIZE bytes
 *
 * Return: for forge_license.twokey.
 */
struct license_twokey forge_twokey(const struct forge_distributor *d,
				   const uint8_t device_key[CASK_X25519_SIZE],
				   enum cask_twokey_mode mode, const void *parameter)
{
	struct license_twokey to = { .twokey.mode = htole32(mode) };
	uint8_t secret[32];

	memcpy(to.device.key, device_key, sizeof(to.device.key));
	memcpy(to.twokey.parameter, parameter, sizeof(to.twokey.parameter));
	must(pairwise_derive(d->server_private, device_key, secret));
	must(pairwise_key(secret, CASK_INFO_TWOKEY, to.secret));
	crypto_wipe(secret, sizeof(secret));
	return to;
}

/**
 * forge_synchronise() - make a SYNCHRONISE
 * @d: whose
 * @device_key: X25519 public key of the device that it is MACed for
 * @synchronise: what it says and what is wrong with it
 * @ret: the object
 */
void forge_synchronise(const struct forge_distributor *d,
		       const uint8_t device_key[CASK_X25519_SIZE],
		       const struct forge_synchronise *synchronise, struct forge_bytes *ret)
{
	const struct forge_tamper *t = &synchronise->tamper;
	uint8_t secret[32], key[32], mac[CASK_MAC_SIZE];
	struct forge_bytes right;
	bool done = false;

	must(pairwise_derive(d->server_private, device_key, secret));
	must(twokey_synchronise(secret, &synchronise->fields, &right.data, &right.size));
	must(pairwise_key(secret, CASK_INFO_SYNCHRONISE, key));
	*ret = (struct forge_bytes){ 0 };
	append(ret, right.data, HEAD_SIZE);
	tamper_head(ret, t);
	copy_sections(&right, t, &done, ret);
	put_unknown(ret, t, &done);
	finish(ret, t);
	must(crypto_hmac_sha256(key, sizeof(key), ret->data, ret->size - sizeof(mac), mac));
	memcpy(ret->data + ret->size - sizeof(mac), mac, sizeof(mac));
	if (t->flip_payload)
		ret->data[t->flip_offset] ^= 1;
	crypto_wipe(secret, sizeof(secret));
	crypto_wipe(key, sizeof(key));
	forge_free(&right);
}

/**
 * forge_report() - make a REPORT
 * @d: whose
 * @device_key: X25519 public key of the device
 * @place: of the first entry
 * @entries: the uses
 * @count: how many
 * @ret: the object
 */
void forge_report(const struct forge_distributor *d, const uint8_t device_key[CASK_X25519_SIZE],
		  const struct cask_log_place *place, const struct cask_log_entry *entries,
		  size_t count, struct forge_bytes *ret)
{
	uint8_t id[CASK_KID_SIZE], secret[32], key[32], *data = malloc(CASK_REPORT_MAX);
	const struct cask_report_view view = {
		.issuer.data = d->root.pub.kid, .device_id.data = id, .series = place->series,
		.number = le64toh(place->number), .count = count,
		.entries.data = (const uint8_t *)entries,
	};
	size_t size;

	must(data ? cose_device_id(device_key, id) : -ENOMEM);
	must(pairwise_derive(d->server_private, device_key, secret));
	must(pairwise_key(secret, CASK_INFO_REPORT, key));
	size = cask_report_build(data, &view);
	must(crypto_hmac_sha256(key, sizeof(key), data, size - CASK_MAC_SIZE,
				data + size - CASK_MAC_SIZE));
	*ret = (struct forge_bytes){ data, size };
	crypto_wipe(secret, sizeof(secret));
	crypto_wipe(key, sizeof(key));
}

/**
 * forge_acknowledgement() - make an ACKNOWLEDGEMENT
 * @d: whose
 * @device_key: X25519 public key of the device that it is MACed for
 * @word: its last entry; issuer and device are the right ones
 * @ret: the object
 */
void forge_acknowledgement(const struct forge_distributor *d,
			   const uint8_t device_key[CASK_X25519_SIZE],
			   const struct report_word *word, struct forge_bytes *ret)
{
	struct report_word w = { .last = word->last };
	uint8_t secret[32];

	memcpy(w.issuer, d->root.pub.kid, sizeof(w.issuer));
	must(cose_device_id(device_key, w.device_id));
	must(pairwise_derive(d->server_private, device_key, secret));
	must(report_acknowledge(secret, &w, &ret->data, &ret->size));
	crypto_wipe(secret, sizeof(secret));
}

/**
 * forge_challenge() - a sealed challenge for a device
 * @d: whose
 * @device_key: X25519 public key of the device
 * @ret_challenge: what the device must find in it
 * @ret_sealed: to send
 */
void forge_challenge(const struct forge_distributor *d, const uint8_t device_key[32],
		     uint8_t ret_challenge[CASK_CHALLENGE_SIZE],
		     uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE])
{
	uint8_t secret[32], id[CASK_KID_SIZE];

	must(pairwise_derive(d->server_private, device_key, secret));
	must(cose_device_id(device_key, id));
	must(crypto_random(ret_challenge, CASK_CHALLENGE_SIZE));
	must(pairwise_seal_challenge(secret, id, d->root.pub.kid, ret_challenge, ret_sealed));
	crypto_wipe(secret, sizeof(secret));
}

/**
 * forge_content() - write a .cask file
 * @content: its ids and key
 * @plain: the plaintext
 * @size: bytes of it
 * @path: replaced if it exists
 */
void forge_content(const struct forge_content *content, const void *plain, size_t size,
		   const char *path)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct pack p = {
		.suite = content->suite ?: CASK_SUITE_AES_128_GCM,
		.block_size = content->block_size, .media_type = "application/octet-stream",
		.license_id = content->license_id, .root = content->root, .head = plain, .head_size = size,
	};
	struct pack_result result;

	if (in < 0 || out < 0) {
		perror(path);
		abort();
	}
	memcpy(p.content_id, content->content_id, sizeof(p.content_id));
	memcpy(p.content_key, content->content_key, sizeof(p.content_key));
	memcpy(p.issuer, content->issuer, sizeof(p.issuer));
	must(pack_check(&p));
	must(pack_run(&p, in, out, &result));
	close(in);
	if (close(out))
		abort();
	crypto_wipe(&p.content_key, sizeof(p.content_key));
}
