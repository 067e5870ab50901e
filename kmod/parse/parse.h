/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * parse.h - readers of Cask's formats, one copy for the module and userspace.
 *
 * Freestanding: no allocation, no state, no I/O. What they return points into
 * the caller's buffer and lives as long as it does. All return 0 or a negative
 * errno: -EINVAL for what is malformed, -EOPNOTSUPP for what is well formed and
 * unknown. Documentation/formats.rst is what they implement.
 */
#ifndef CASK_PARSE_H
#define CASK_PARSE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#endif
#include <linux/cask_format.h>

/**
 * struct cask_bytes - a run of bytes in the caller's buffer
 * @data: first byte, NULL when absent
 * @len: how many
 */
struct cask_bytes {
	const __u8 *data;
	size_t len;
};

static inline bool cask_bytes_are_zero(const struct cask_bytes *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->data[i])
			return false;
	return true;
}

static inline __u16 cask_le16(const __u8 *p)
{
	return p[0] | p[1] << 8;
}

static inline __u32 cask_le32(const __u8 *p)
{
	return cask_le16(p) | (__u32)cask_le16(p + 2) << 16;
}

static inline __u64 cask_le64(const __u8 *p)
{
	return cask_le32(p) | (__u64)cask_le32(p + 4) << 32;
}

static inline void cask_put_le16(__u8 *p, __u16 v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static inline void cask_put_le32(__u8 *p, __u32 v)
{
	cask_put_le16(p, v);
	cask_put_le16(p + 2, v >> 16);
}

static inline void cask_put_le64(__u8 *p, __u64 v)
{
	cask_put_le32(p, v);
	cask_put_le32(p + 4, v >> 32);
}

/* Whether a suite is one of .cask files, or of keys without a file. */
static inline bool cask_suite_is_file(__u32 suite)
{
	return suite == CASK_SUITE_AES_128_GCM || suite == CASK_SUITE_AES_128_CBC;
}

static inline bool cask_suite_is_raw(__u32 suite)
{
	return suite >= CASK_SUITE_RAW_AES_128_CTR && suite <= CASK_SUITE_RAW_AES_128_GCM;
}

/* --- object.c: head and sections --- */

enum cask_kind {
	CASK_KIND_BYTES,	/* struct cask_bytes, min..max bytes */
	CASK_KIND_TEXT,		/* struct cask_bytes, UTF-8 without control characters */
	CASK_KIND_LE32,		/* __u32 */
	CASK_KIND_LE64,		/* __u64 */
};

/**
 * struct cask_field - where a section goes
 * @type: enum cask_section_type
 * @kind: enum cask_kind
 * @required: whether the object is malformed without it
 * @min: least bytes (BYTES, TEXT)
 * @max: most bytes (BYTES, TEXT)
 * @offset: of the member in the decoded struct
 */
struct cask_field {
	__u16 type;
	__u8 kind;
	__u8 required;
	__u32 min;
	__u32 max;
	size_t offset;
};

#define CASK_FIELD(_type, _kind, _required, _min, _max, _struct, _member) \
	{ CASK_SEC_##_type, CASK_KIND_##_kind, _required, _min, _max, \
	  offsetof(struct _struct, _member) }

/**
 * struct cask_object - an object being read
 * @all: the object, head included
 * @pos: offset of the next section
 * @last: type of the section before, 0 at the start
 */
struct cask_object {
	struct cask_bytes all;
	size_t pos;
	__u16 last;
};

/**
 * struct cask_sec - a section
 * @type: enum cask_section_type, or one that this version does not know
 * @critical: whether a reader that does not know it must refuse
 * @offset: of the section's head in the object
 * @value: its bytes
 */
struct cask_sec {
	__u16 type;
	bool critical;
	size_t offset;
	struct cask_bytes value;
};

__u8 *cask_section_put(__u8 *p, __u16 type, const void *value, size_t len);
void cask_head_put(__u8 *p, __u16 type, size_t len);
int cask_object_open(struct cask_object *o, const void *data, size_t len, __u16 type);
int cask_object_next(struct cask_object *o, struct cask_sec *s);
int cask_object_decode(struct cask_object *o, const struct cask_field *fields,
		       unsigned int count, void *out, struct cask_sec *stop);
int cask_object_maced(const struct cask_object *o, const struct cask_bytes *mac,
		      struct cask_bytes *ret);

/* --- cose.c: statements and public keys --- */

enum cask_alg {
	CASK_ALG_RS256 = -257,
	CASK_ALG_ES256 = -7,
};

#define CASK_COSE_PROTECTED_MAX	40

/**
 * struct cask_cose - a COSE_Sign1 in Cask's profile
 * @alg: enum cask_alg
 * @kid: thumbprint of the signer's key, CASK_KID_SIZE bytes
 * @protected: the protected header, encoded
 * @payload: an object
 * @signature: as its algorithm says
 */
struct cask_cose {
	int alg;
	const __u8 *kid;
	struct cask_bytes protected;
	struct cask_bytes payload;
	struct cask_bytes signature;
};

/**
 * struct cask_cose_key - a public signing key
 * @alg: enum cask_alg it signs with
 * @n: RSA modulus, big-endian
 * @e: RSA exponent, big-endian
 * @x: P-256 coordinate
 * @y: P-256 coordinate
 */
struct cask_cose_key {
	int alg;
	struct cask_bytes n, e, x, y;
};

/* Sig_structure up to and including the head of the payload's byte string. */
#define CASK_COSE_TBS_HEAD_MAX	(1 + 11 + 2 + CASK_COSE_PROTECTED_MAX + 1 + 5)

int cask_cose_parse(struct cask_cose *c, const void *data, size_t len);
size_t cask_cose_tbs_head(const struct cask_cose *c, __u8 out[CASK_COSE_TBS_HEAD_MAX]);
int cask_cose_key_parse(struct cask_cose_key *k, const void *data, size_t len);

/* The COSE_Key of an X25519 key is this prefix and the 32 bytes of x. */
#define CASK_COSE_X25519_PREFIX	"\xa3\x01\x01\x20\x04\x21\x58\x20"
#define CASK_COSE_X25519_PREFIX_SIZE	8

/* --- slot.c: ways to bring a content key --- */

/**
 * struct cask_slot_view - a slot, of a license or of a link part
 * @method: enum cask_method, or one that this version does not know
 * @head: struct cask_slot as it stands, for the aad
 * @key_id: CASK_KID_SIZE bytes
 * @wrapped: what the method says
 */
struct cask_slot_view {
	__u16 method;
	struct cask_bytes head;
	const __u8 *key_id;
	struct cask_bytes wrapped;
};

int cask_slot_parse(struct cask_slot_view *v, const struct cask_bytes *value);

/* The least version of an EKB that a slot EKB or HEADER wants; its key id begins with the category. */
static inline __u32 cask_slot_version(const struct cask_slot_view *slot)
{
	return cask_le32(slot->key_id + CASK_ID_SIZE);
}

/* --- statement.c: what statements say --- */

/**
 * struct cask_grant - payload of a GRANT
 * @sequence: of grants for this root
 * @signer: COSE_Key of the root
 */
struct cask_grant {
	__u64 sequence;
	struct cask_bytes signer;
};

/**
 * struct cask_scope - payload of a SCOPE
 * @purposes: enum cask_purpose bits
 * @namespace_: prefix of the content ids
 * @not_before: seconds since 1970, inclusive
 * @not_after: seconds since 1970, inclusive
 * @sequence: of scopes of this root
 * @signer: COSE_Key of the license-signing key
 * @server_key: X25519 public key of the pairwise exchange
 * @name: of the distributor
 */
struct cask_scope {
	__u32 purposes;
	struct cask_bytes namespace_;
	__u64 not_before;
	__u64 not_after;
	__u64 sequence;
	struct cask_bytes signer;
	struct cask_bytes server_key;
	struct cask_bytes name;
};

/**
 * struct cask_twokey_view - the second key of a license
 * @mode: enum cask_twokey_mode, 0 when there is none
 * @head: struct cask_twokey as it stands
 * @parameter: CASK_NONCE_SIZE bytes
 * @sealed: nonce, the enciphered key, tag
 */
struct cask_twokey_view {
	__u32 mode;
	struct cask_bytes head;
	const __u8 *parameter;
	struct cask_bytes sealed;
};

/**
 * struct cask_license_view - payload of a LICENSE
 * @not_before: seconds since 1970, 0 when open
 * @not_after: seconds since 1970, 0 when open
 * @license_id: CASK_ID_SIZE bytes
 * @content_id: CASK_ID_SIZE bytes
 * @version: of the license
 * @created: seconds since 1970
 * @operations: enum cask_operation bits
 * @suite: enum cask_suite
 * @min_level: enum cask_level
 * @nonce: CASK_NONCE_SIZE bytes, or absent
 * @max_opens: how often it may be opened, or CASK_OPENS_ANY
 * @permissions: enum cask_permission bits
 * @unit: enum cask_unit, 0 when it is not metered
 * @quantum: of struct cask_metering
 * @max_unreported: likewise
 * @max_exports: how many media may get a copy
 * @max_checkouts: how often it may be checked out
 * @at_once: and not yet be checked in
 * @download: its download period, or absent
 * @download_from: seconds since 1970, 0 when open
 * @download_until: seconds since 1970, 0 when open
 * @max_offline_opens: how often without word from the distributor, or CASK_OPENS_ANY
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes, or absent
 * @sections: the sections before the first slot, as they stand
 * @head: the object's first 8 bytes; with @sections, the body that slots bind to
 * @slot_count: how many of @slots there are, at least 1
 * @slots: the slots
 * @twokey: of the only one, if it is TWOKEY
 */
struct cask_license_view {
	__u64 not_before;
	__u64 not_after;
	struct cask_bytes license_id;
	struct cask_bytes content_id;
	__u32 version;
	__u64 created;
	__u32 operations;
	__u32 suite;
	__u32 min_level;
	struct cask_bytes nonce;
	__u32 max_opens;
	__u32 permissions;
	__u32 unit;
	__u64 quantum;
	__u64 max_unreported;
	__u32 max_exports;
	__u32 max_checkouts;
	__u32 at_once;
	struct cask_bytes download;
	__u64 download_from;
	__u64 download_until;
	__u32 max_offline_opens;
	struct cask_bytes issuer;
	struct cask_bytes device_id;
	struct cask_bytes head;
	struct cask_bytes sections;
	unsigned int slot_count;
	struct cask_slot_view slots[CASK_SLOTS_MAX];
	struct cask_twokey_view twokey;
	/* private: */
	struct cask_bytes metering, exports, checkouts;
};

/* Whether it installs once: it answers a nonce, or takes a step. */
static inline bool cask_license_is_once(const struct cask_license_view *l)
{
	return l->nonce.data || l->twokey.mode;
}

/* Whether the content's own header has the key. */
static inline bool cask_license_is_in_header(const struct cask_license_view *l)
{
	return l->slot_count && l->slots[0].method == CASK_METHOD_HEADER;
}

/**
 * struct cask_reanchor_view - payload of a REANCHOR
 * @created: seconds since 1970
 * @nonce: CASK_NONCE_SIZE bytes, of the device's kernel
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes
 */
struct cask_reanchor_view {
	__u64 created;
	struct cask_bytes nonce;
	struct cask_bytes issuer;
	struct cask_bytes device_id;
};

/**
 * struct cask_time_view - payload of a TIME
 * @created: seconds since 1970
 * @issuer: CASK_KID_SIZE bytes
 */
struct cask_time_view {
	__u64 created;
	struct cask_bytes issuer;
};

int cask_grant_parse(struct cask_grant *g, const void *data, size_t len);
int cask_scope_parse(struct cask_scope *s, const void *data, size_t len);
int cask_license_parse(struct cask_license_view *l, const void *data, size_t len);
int cask_license_check_rights(const struct cask_license_view *l);
int cask_reanchor_parse(struct cask_reanchor_view *r, const void *data, size_t len);
int cask_time_parse(struct cask_time_view *t, const void *data, size_t len);

/* --- twokey.c: second keys, and what their parameters are agreed on by --- */

/**
 * struct cask_synchronise_view - a SYNCHRONISE
 * @created: seconds since 1970
 * @nonce: CASK_NONCE_SIZE bytes, of the device's kernel
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes
 * @step: struct cask_step, the one before the first
 * @mac: STEP_MAC
 * @maced: what it covers
 */
struct cask_synchronise_view {
	__u64 created;
	struct cask_bytes nonce;
	struct cask_bytes issuer;
	struct cask_bytes device_id;
	struct cask_bytes step;
	struct cask_bytes mac;
	struct cask_bytes maced;
};

int cask_twokey_parse(struct cask_twokey_view *t, const struct cask_bytes *wrapped);
int cask_synchronise_parse(struct cask_synchronise_view *s, const void *data, size_t len);

/* --- report.c: uses, and the word that they are on record --- */

/**
 * struct cask_report_view - a REPORT or an ACKNOWLEDGEMENT
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes
 * @series: of the log, sizeof(struct cask_log_place.series) bytes
 * @number: of the first entry, at least 1; of the last that is on record
 * @count: how many entries there are; 0 in an ACKNOWLEDGEMENT
 * @entries: struct cask_log_entry each
 * @mac: LOG_MAC
 * @maced: what it covers
 */
struct cask_report_view {
	struct cask_bytes issuer;
	struct cask_bytes device_id;
	const __u8 *series;
	__u64 number;
	__u32 count;
	struct cask_bytes entries;
	struct cask_bytes mac;
	struct cask_bytes maced;
	/* private: */
	struct cask_bytes place;
};

int cask_report_parse(struct cask_report_view *r, const void *data, size_t len);
int cask_acknowledgement_parse(struct cask_report_view *r, const void *data, size_t len);
size_t cask_report_build(__u8 out[CASK_REPORT_MAX], const struct cask_report_view *r);

/* --- exported.c: copies of licenses, on media --- */

/**
 * struct cask_exported_view - an EXPORTED
 * @license: what it says of the license; without slots
 * @signer: thumbprint of the key that signed the license, CASK_KID_SIZE bytes
 * @device_id: that it was checked out of, CASK_KID_SIZE bytes; absent: it was exported
 * @bound: what the key is bound to, beside the record's head
 * @wrapped: the key
 */
struct cask_exported_view {
	struct cask_license_view license;
	struct cask_bytes signer;
	struct cask_bytes device_id;
	struct cask_bytes bound;
	struct cask_bytes wrapped;
};

int cask_exported_parse(struct cask_exported_view *e, const __u8 *issuer, const __u8 *license_id,
			const struct cask_bytes *value);

/* --- content.c: the head of a .cask file --- */

/**
 * struct cask_content - fixed part of a .cask file
 * @content_id: CASK_ID_SIZE bytes
 * @issuer: CASK_KID_SIZE bytes
 * @media_type: RFC 6838
 * @title: UTF-8, or absent
 * @mac: HEADER_MAC
 * @maced: what it covers
 * @suite: enum cask_suite
 * @block_size: plaintext bytes of a block
 * @plain_size: bytes of the plaintext
 * @link_offset: bytes from the start of the file
 * @link_capacity: bytes
 * @data_offset: bytes from the start of the file
 */
struct cask_content {
	struct cask_bytes content_id;
	struct cask_bytes issuer;
	struct cask_bytes media_type;
	struct cask_bytes title;
	struct cask_bytes mac;
	struct cask_bytes maced;
	__u32 suite;
	__u32 block_size;
	__u64 plain_size;
	__u32 link_offset;
	__u32 link_capacity;
	__u64 data_offset;
	/* private: */
	struct cask_bytes layout;
};

/**
 * struct cask_link - link part of a .cask file
 * @license_id: CASK_ID_SIZE bytes, or absent
 * @url: of the license server, or absent
 * @has_key: whether there is @key
 * @key: of the method EKB: the content key, for all leaves of a category
 * @slot: @key as it stands, CASK_EKB_SLOT_SIZE bytes, or absent
 */
struct cask_link {
	struct cask_bytes license_id;
	struct cask_bytes url;
	bool has_key;
	struct cask_slot_view key;
	struct cask_bytes slot;
};

int cask_content_length(const void *data, size_t len);
int cask_content_parse(struct cask_content *c, const void *data, size_t len);
int cask_link_parse(struct cask_link *l, const void *data, size_t len);

/* --- enrolment.c: the device's answer --- */

/**
 * struct cask_enrolment - an ENROLMENT object
 * @issuer: CASK_KID_SIZE bytes
 * @device_id: CASK_KID_SIZE bytes
 * @device_key: X25519 public key
 * @level: enum cask_level
 * @root: enum cask_root
 * @challenge: CASK_CHALLENGE_SIZE bytes
 * @mac: ANSWER_MAC
 * @maced: what it covers
 */
struct cask_enrolment {
	struct cask_bytes issuer;
	struct cask_bytes device_id;
	struct cask_bytes device_key;
	__u32 level;
	__u32 root;
	struct cask_bytes challenge;
	struct cask_bytes mac;
	struct cask_bytes maced;
};

int cask_enrolment_parse(struct cask_enrolment *e, const void *data, size_t len);

/* --- medium.c: media --- */

/**
 * struct cask_medium_view - a first layer
 * @issuer: CASK_KID_SIZE bytes: whose class
 * @number: CASK_MEDIUM_NUMBER_SIZE bytes
 * @class_id: CASK_ID_SIZE bytes
 * @apparatus: the device key that the second layer is locked to, or absent
 * @slot_size: bytes of a slot of the second layer
 * @third_offset: bytes from the start of the medium
 * @third_size: bytes
 * @mac: MEDIUM_MAC
 * @maced: what it covers
 */
struct cask_medium_view {
	struct cask_bytes issuer;
	struct cask_bytes number;
	struct cask_bytes class_id;
	struct cask_bytes apparatus;
	__u32 slot_size;
	__u64 third_offset;
	__u64 third_size;
	struct cask_bytes mac;
	struct cask_bytes maced;
	/* private: */
	struct cask_bytes layout;
};

/**
 * struct cask_image_view - a LAYER or a BACKUP
 * @issuer: CASK_KID_SIZE bytes; BACKUP
 * @counter: of the image
 * @salt: CASK_AREA_SALT_SIZE bytes
 * @enc: of the apparatus's lock, or absent
 * @number: CASK_MEDIUM_NUMBER_SIZE bytes; BACKUP
 * @class_id: CASK_ID_SIZE bytes; BACKUP
 * @apparatus: whose lock it is, or absent; BACKUP
 * @derivation: enum cask_derivation; BACKUP
 * @locks: enum cask_locks; BACKUP
 * @sealed: the enciphered records and the tags
 * @tags: bytes of the tags
 * @head: all before @sealed, which is additional data
 */
struct cask_image_view {
	struct cask_bytes issuer;
	__u64 counter;
	struct cask_bytes salt;
	struct cask_bytes enc;
	struct cask_bytes number;
	struct cask_bytes class_id;
	struct cask_bytes apparatus;
	__u32 derivation;
	__u32 locks;
	struct cask_bytes sealed;
	size_t tags;
	struct cask_bytes head;
};

int cask_medium_check_layout(const struct cask_medium_view *m);
int cask_medium_parse(struct cask_medium_view *m, const void *data, size_t len);
__u8 *cask_medium_build(__u8 *out, const struct cask_medium_view *m);
int cask_image_parse(struct cask_image_view *i, const void *data, size_t len, __u16 type);
size_t cask_image_build(__u8 *out, const struct cask_image_view *i, __u16 type, size_t records);

#endif /* CASK_PARSE_H */
