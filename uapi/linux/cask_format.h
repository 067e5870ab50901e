/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * cask_format.h - what Cask signs, seals, stores and sends between machines.
 *
 * Everything here is little-endian. Documentation/formats.rst is the prose;
 * the parsers that both the module and userspace compile are in kmod/parse/.
 */
#ifndef _LINUX_CASK_FORMAT_H
#define _LINUX_CASK_FORMAT_H

#include <linux/types.h>

#define CASK_MAGIC		0x4b534143	/* "CASK" read as le32 */
#define CASK_FORMAT_VERSION	1

/* Sizes of names, in bytes. */
#define CASK_ID_SIZE		16	/* content id (also the CENC KID), license id */
#define CASK_KID_SIZE		32	/* SHA-256 thumbprint of a COSE_Key, RFC 9679 */
#define CASK_KEY_SIZE		16	/* content key Kc, AES-128 */
#define CASK_X25519_SIZE	32
#define CASK_MAC_SIZE		32	/* HMAC-SHA256 */
#define CASK_NONCE_SIZE		16	/* of a request for a license that counts, a SYNCHRONISE or a REANCHOR */

/* Limits on what is accepted from outside, in bytes. */
#define CASK_STATEMENT_MAX	32768	/* a COSE_Sign1, whole */
#define CASK_COSE_KEY_MAX	600	/* RSA-4096: 512-byte n, 3-byte e, and heads */
#define CASK_CONTENT_FIXED_MAX	4096
#define CASK_LINK_MAX		65536
#define CASK_TEXT_MAX		255
#define CASK_SLOTS_MAX		8
#define CASK_BLOCK_SIZE_MIN	4096
#define CASK_BLOCK_SIZE_MAX	1048576
#define CASK_BLOCK_SIZE_DEFAULT	65536
#define CASK_PLAIN_SIZE_MAX	(1ULL << 48)
#define CASK_OPENS_ANY		0xffffffff	/* no limit on how often */
#define CASK_LENT_MAX		128	/* media that copies of a license are checked out to at once */
#define CASK_AREA_MAX		1048576	/* a slot of the secure area, sealed */
#define CASK_RECORD_MAX		4096	/* value of a record */
#define CASK_STEP_WINDOW	64	/* steps that may come late, and that may be lost at once */
#define CASK_METER_MAX		(1ULL << 48)	/* of a meter's unit */
#define CASK_LOG_USES_MAX	80	/* entries of a log, after which nothing is used before some are acknowledged */
#define CASK_LOG_ENTRIES_MAX	100	/* those behind are for what is given back */
#define CASK_LAYER_MIN		8192	/* a slot of a medium's second layer */
#define CASK_LAYER_MAX		262144

/**
 * struct cask_head - first bytes of every Cask object
 * @magic: CASK_MAGIC
 * @type: enum cask_type
 * @version: CASK_FORMAT_VERSION
 * @length: bytes of the whole object, this head included
 */
struct cask_head {
	__le32 magic;
	__le16 type;
	__le16 version;
	__le32 length;
};

/**
 * struct cask_section - head of a section
 * @type: enum cask_section_type; ascending, and only SLOT may repeat
 * @flags: CASK_SECTION_CRITICAL or zero
 * @length: bytes of the value that follows; sections are not padded
 */
struct cask_section {
	__le16 type;
	__le16 flags;
	__le32 length;
};

/* A reader that does not know a critical section refuses the object. */
#define CASK_SECTION_CRITICAL	0x0001

enum cask_type {
	CASK_TYPE_SCOPE		= 1,	/* statement by a distributor's root key */
	CASK_TYPE_GRANT		= 2,	/* statement by the provisioning key */
	CASK_TYPE_LICENSE	= 3,	/* statement by a license-signing key */
	CASK_TYPE_CONTENT	= 4,	/* fixed part of a .cask file */
	CASK_TYPE_LINK		= 5,	/* link part of a .cask file */
	CASK_TYPE_ENROLMENT	= 6,	/* device's answer to a challenge, MACed */
	CASK_TYPE_AREA		= 7,	/* a slot of a device's secure area, sealed */
	CASK_TYPE_MEDIUM	= 8,	/* first layer of a medium, MACed */
	CASK_TYPE_LAYER		= 9,	/* a slot of a medium's second layer, sealed */
	CASK_TYPE_BACKUP	= 10,	/* of a medium's second layer, sealed */
	CASK_TYPE_REANCHOR	= 11,	/* statement by a license-signing key */
	CASK_TYPE_EKB		= 12,	/* the same; its entries are beside it */
	CASK_TYPE_LEAF		= 13,	/* statement by a license-signing key */
	CASK_TYPE_SYNCHRONISE	= 16,	/* a distributor's step, MACed */
	CASK_TYPE_INFORMATION	= 17,	/* what a first key is made from; goes nowhere */
	CASK_TYPE_REPORT	= 20,	/* a device's uses, MACed */
	CASK_TYPE_ACKNOWLEDGEMENT = 21,	/* a distributor has them on record, MACed */
	CASK_TYPE_TIME		= 22,	/* statement by a license-signing key: how late it is */
};

enum cask_section_type {
	/* SCOPE and GRANT */
	CASK_SEC_PURPOSES	= 0x0001,	/* le32, enum cask_purpose bits */
	CASK_SEC_NAMESPACE	= 0x0002,	/* 0..16 bytes: prefix of content ids */
	CASK_SEC_NOT_BEFORE	= 0x0003,	/* le64, seconds since 1970, inclusive */
	CASK_SEC_NOT_AFTER	= 0x0004,	/* le64, seconds since 1970, inclusive */
	CASK_SEC_SEQUENCE	= 0x0005,	/* le64 */
	CASK_SEC_SIGNER		= 0x0006,	/* COSE_Key: the key the statement is about */
	CASK_SEC_SERVER_KEY	= 0x0007,	/* X25519 public key of the pairwise exchange */
	CASK_SEC_NAME		= 0x0008,	/* UTF-8, 1..64 bytes */

	/* LICENSE (NOT_BEFORE and NOT_AFTER are its usage period) */
	CASK_SEC_LICENSE_ID	= 0x0010,	/* 16 bytes, not all zero */
	CASK_SEC_CONTENT_ID	= 0x0011,	/* 16 bytes, not all zero; also in CONTENT */
	CASK_SEC_VERSION	= 0x0012,	/* le32; also in EKB */
	CASK_SEC_CREATED	= 0x0013,	/* le64, seconds since 1970; also in REANCHOR, EKB, LEAF, SYNCHRONISE, TIME */
	CASK_SEC_OPERATIONS	= 0x0014,	/* le32, enum cask_operation bits */
	CASK_SEC_SUITE		= 0x0015,	/* le32, enum cask_suite */
	CASK_SEC_MIN_LEVEL	= 0x0016,	/* le32, enum cask_level */
	CASK_SEC_NONCE		= 0x0017,	/* 16 bytes: of the request; installs once; also in REANCHOR */
	CASK_SEC_MAX_OPENS	= 0x0018,	/* le32, at least 1; needs NONCE; absent: any number */
	CASK_SEC_DOWNLOAD_PERIOD = 0x0019,	/* struct cask_download_period; of a .cask file */
	CASK_SEC_PERMISSIONS	= 0x001a,	/* le32, enum cask_permission bits; absent: none */
	CASK_SEC_MAX_OFFLINE_OPENS = 0x001b,	/* le32, at least 1; needs a usage period; absent: any number */
	CASK_SEC_METER		= 0x001c,	/* struct cask_metering; needs LOG */
	CASK_SEC_MAX_EXPORTS	= 0x001d,	/* le32, at least 1: copies for media; needs NONCE; absent: none */
	CASK_SEC_CHECKOUTS	= 0x001e,	/* struct cask_checkouts; needs NONCE; absent: none */

	/* CONTENT */
	CASK_SEC_LAYOUT		= 0x0020,	/* struct cask_layout */
	CASK_SEC_ISSUER		= 0x0021,	/* 32 bytes: thumbprint of the root key; also in LICENSE, REANCHOR, EKB, LEAF, REPORT, TIME */
	CASK_SEC_MEDIA_TYPE	= 0x0022,	/* RFC 6838, with codecs= of RFC 6381 if known */
	CASK_SEC_TITLE		= 0x0023,	/* UTF-8 */
	CASK_SEC_HEADER_MAC	= 0x002f,	/* 32 bytes, last */

	/* LINK */
	CASK_SEC_LINK_LICENSE	= 0x0030,	/* 16 bytes */
	CASK_SEC_LINK_URL	= 0x0031,	/* https URL of the license server */
	CASK_SEC_LINK_KEY	= 0x0032,	/* struct cask_slot of the method EKB, then the wrapped key */

	/* ENROLMENT */
	CASK_SEC_DEVICE_ID	= 0x0040,	/* 32 bytes; also in LICENSE, REANCHOR, LEAF, REPORT */
	CASK_SEC_DEVICE_KEY	= 0x0041,	/* X25519 public key */
	CASK_SEC_LEVEL		= 0x0042,	/* le32, enum cask_level */
	CASK_SEC_ROOT		= 0x0043,	/* le32, enum cask_root */
	CASK_SEC_CHALLENGE	= 0x0044,	/* 32 bytes, opened from the server's challenge */
	CASK_SEC_ANSWER_MAC	= 0x004f,	/* 32 bytes, last */

	/* AREA, LAYER, BACKUP, MEDIUM (ISSUER: whose class) */
	CASK_SEC_STORAGE_ID	= 0x0050,	/* 16 bytes: which storage key; AREA */
	CASK_SEC_COUNTER	= 0x0051,	/* le64, from 1; bit 0 is the slot's number; not MEDIUM */
	CASK_SEC_SALT		= 0x0052,	/* 32 bytes, drawn for this image; not MEDIUM */
	CASK_SEC_ENC		= 0x0053,	/* X25519: HPKE's enc, of what is locked to an apparatus */
	CASK_SEC_MEDIUM_NUMBER	= 0x0054,	/* 16 bytes; MEDIUM, BACKUP */
	CASK_SEC_MEDIUM_CLASS	= 0x0055,	/* 16 bytes: content id of the class key; MEDIUM, BACKUP */
	CASK_SEC_MEDIUM_LAYOUT	= 0x0056,	/* struct cask_medium_layout; MEDIUM */
	CASK_SEC_APPARATUS	= 0x0057,	/* X25519 public key of the device it is locked to; MEDIUM, BACKUP */
	CASK_SEC_DERIVATION	= 0x0058,	/* le32, enum cask_derivation; BACKUP */
	CASK_SEC_LOCKS		= 0x0059,	/* le32, enum cask_locks; BACKUP */
	CASK_SEC_RECORDS	= 0x005f,	/* the records, enciphered, and the tags; last */
	CASK_SEC_MEDIUM_MAC	= 0x006f,	/* 32 bytes, last */

	/* EKB; the first three also in LEAF */
	CASK_SEC_CATEGORY	= 0x0070,	/* 16 bytes, not all zero */
	CASK_SEC_SCHEME		= 0x0071,	/* le32, enum cask_scheme */
	CASK_SEC_HEIGHT		= 0x0072,	/* le32: 2^height leaves, 1..CASK_HEIGHT_MAX */
	CASK_SEC_ENTRIES	= 0x0073,	/* le32: how many are beside it */
	CASK_SEC_ENTRIES_HASH	= 0x0074,	/* 32 bytes: SHA-256 of them */
	CASK_SEC_ROOT_CHECK	= 0x0075,	/* 16 bytes, made from the root key */

	/* LEAF */
	CASK_SEC_LEAF		= 0x0076,	/* le32 */
	CASK_SEC_LEAF_LABELS	= 0x007f,	/* the leaf's labels, sealed; last */

	/* SYNCHRONISE (NONCE: of the device's request; CREATED: tells the time, as in LICENSE) */
	CASK_SEC_STEP		= 0x0080,	/* struct cask_step */
	CASK_SEC_STEP_MAC	= 0x008f,	/* 32 bytes, last */

	/* REPORT and ACKNOWLEDGEMENT */
	CASK_SEC_LOG_PLACE	= 0x00a0,	/* struct cask_log_place: of the first entry, the last that is on record */
	CASK_SEC_LOG_ENTRIES	= 0x00a1,	/* struct cask_log_entry, 1..CASK_LOG_ENTRIES_MAX; REPORT */
	CASK_SEC_LOG_MAC	= 0x00af,	/* 32 bytes, last */

	/* LICENSE, last and repeated */
	CASK_SEC_SLOT		= 0x0f00,	/* struct cask_slot, then the wrapped key */
};

/* What a signing key may sign: SCOPE's PURPOSES. */
enum cask_purpose {
	CASK_PURPOSE_LICENSE	= 1 << 0,
	CASK_PURPOSE_COPY	= 1 << 1,
	CASK_PURPOSE_EKB	= 1 << 2,
	CASK_PURPOSE_TIME	= 1 << 3,
	CASK_PURPOSE_GROUP	= 1 << 4,
};
#define CASK_PURPOSE_ALL	0x1f

/* What may be done with a key: LICENSE's OPERATIONS. */
enum cask_operation {
	CASK_OPERATION_FILE	= 1 << 0,	/* open as a player's file */
	CASK_OPERATION_DECRYPT	= 1 << 1,	/* decrypt packets and samples */
	CASK_OPERATION_MEDIUM	= 1 << 2,	/* read and write media of the class */
};
#define CASK_OPERATION_ALL	0x7

/* What a license allows or asks for besides: its PERMISSIONS. */
enum cask_permission {
	CASK_PERMISSION_RECORD	= 1 << 0,	/* record it to a disc: of a .cask file */
	CASK_PERMISSION_OWN	= 1 << 1,	/* may be renewed to one without period and count */
	CASK_PERMISSION_LOG	= 1 << 2,	/* each use is logged, and reported */
};
#define CASK_PERMISSION_ALL	(CASK_PERMISSION_RECORD | CASK_PERMISSION_OWN | CASK_PERMISSION_LOG)

/**
 * struct cask_download_period - both ends are in it; not both are 0
 * @not_before: seconds since 1970, 0 when open
 * @not_after: seconds since 1970, 0 when open
 */
struct cask_download_period {
	__le64 not_before;
	__le64 not_after;
};

/* What is metered. */
enum cask_unit {
	CASK_UNIT_BYTES		= 1,	/* of plaintext that was handed out, those read again included */
	CASK_UNIT_PACKETS	= 2,	/* that were decrypted; where the operation is DECRYPT */
	CASK_UNIT_SECONDS	= 3,	/* in which anything was */
};

/**
 * struct cask_metering - how the use of a license is metered
 * @unit: enum cask_unit
 * @reserved: zero
 * @quantum: so much is logged as used before any of it is; 1..CASK_METER_MAX
 * @max_unreported: so much may be in the log; @quantum..CASK_METER_MAX
 */
struct cask_metering {
	__le32 unit;
	__le32 reserved;
	__le64 quantum;
	__le64 max_unreported;
};

/**
 * struct cask_log_place - names an entry of a log, and no other ever
 * @series: drawn when the log begins; again when its record was lost
 * @number: of the series, from 1
 */
struct cask_log_place {
	__u8 series[8];
	__le64 number;
};

/* What an entry of a log says. */
enum cask_log_event {
	CASK_LOG_OPENED		= 1,	/* a license was opened; metered: and so much is prepaid */
	CASK_LOG_METERED	= 2,	/* so much more is prepaid */
	CASK_LOG_RETURNED	= 3,	/* so much of that was not used */
};

/**
 * struct cask_log_entry - an entry of a log
 * @license_id: of which license
 * @event: enum cask_log_event
 * @unit: enum cask_unit of @amount, 0: openings
 * @time: seconds since 1970, not before what the distributor has signed
 * @amount: at most CASK_METER_MAX
 */
struct cask_log_entry {
	__u8 license_id[CASK_ID_SIZE];
	__le32 event;
	__le32 unit;
	__le64 time;
	__le64 amount;
};

#define CASK_LOG_SIZE_MAX	(CASK_LOG_ENTRIES_MAX * sizeof(struct cask_log_entry))
#define CASK_REPORT_MAX		(sizeof(struct cask_head) + 5 * sizeof(struct cask_section) + \
				 2 * CASK_KID_SIZE + sizeof(struct cask_log_place) + \
				 CASK_LOG_SIZE_MAX + CASK_MAC_SIZE)

/*
 * What a key is for: one suite, and so one operation. Of a .cask file, the license
 * has FILE; of a key without a file, DECRYPT, and the key is AES's own; of a class of
 * media, MEDIUM.
 */
enum cask_suite {
	CASK_SUITE_AES_128_GCM		= 1,	/* blocks of a .cask file */
	CASK_SUITE_AES_128_CBC		= 2,	/* the same, unauthenticated */
	CASK_SUITE_RAW_AES_128_CTR	= 16,
	CASK_SUITE_RAW_AES_128_CBC	= 17,
	CASK_SUITE_RAW_AES_128_GCM	= 18,
	CASK_SUITE_MEDIUM_CLASS		= 32,
};

enum cask_level {
	CASK_LEVEL_DEVELOPMENT	= 0,
	CASK_LEVEL_PRODUCTION	= 1,
};

enum cask_root {
	CASK_ROOT_EPHEMERAL	= 0,	/* drawn at load, gone at unload */
	CASK_ROOT_KEYRING	= 1,	/* from a key that root put into a keyring */
	CASK_ROOT_TPM		= 2,	/* sealed by a TPM for kernels that are booted so */
};

/* How the kernel was when the device had its key, as far as the module can tell. */
enum cask_boot {
	CASK_BOOT_OPEN		= 0,
	CASK_BOOT_LOCKDOWN	= 1,	/* lockdown=confidentiality */
};

enum cask_method {
	CASK_METHOD_DEVICE	= 1,	/* HPKE (RFC 9180, base) to the device key */
	CASK_METHOD_MEDIUM	= 2,	/* the individual key of a medium */
	CASK_METHOD_MEDIUM_DEVICE = 3,	/* the same, and HPKE to the device key around it */
	CASK_METHOD_EKB		= 4,	/* AES key wrap under the root key of an EKB */
	CASK_METHOD_TWOKEY	= 5,	/* a second key, of a parameter and the hardware key */
	CASK_METHOD_HEADER	= 6,	/* none: the content's own header has it, in LINK_KEY */
};

/**
 * struct cask_slot - one way to bring the content key
 * @method: enum cask_method
 * @flags: zero
 * @key_id: the key that unwraps it; DEVICE: the device id; MEDIUM, MEDIUM_DEVICE: the
 *	medium's class, then its number; EKB, HEADER: a category, the version (le32), zeros; TWOKEY:
 *	the hardware-key id, which is the device id
 *
 * DEVICE: followed by enc (32 bytes) and ct (CASK_KEY_SIZE + 16 bytes).
 * aad = SHA-256(body) || signer's kid || this struct, where body is the
 * object's first 8 bytes (magic, type, version) and all its sections before
 * the first SLOT. info = CASK_INFO_DEVICE_SLOT.
 * MEDIUM: followed by a nonce (12 bytes) and AES-256-GCM(K_wrap, the key) with the
 * same aad, its tag appended.
 * MEDIUM_DEVICE: followed by enc, and ct of all that follows in MEDIUM. A license
 * that installs once has no MEDIUM: it would install once in each device.
 * EKB: followed by the key in AES key wrap (RFC 3394) under the first CASK_KEY_SIZE bytes of
 * HMAC-SHA256(K_EKB of that version, the same aad).
 * TWOKEY: followed by struct cask_twokey, a nonce (12 bytes) and AES-256-GCM(K_2, the key)
 * with the same aad, its tag appended. All of it is the second key. The license has no
 * other slot, for it installs once.
 * HEADER: followed by nothing. The license is of a .cask file, which has the key in LINK_KEY,
 * of that category; it has no other slot, and no copies are made of it.
 *
 * In LINK_KEY the aad of EKB is struct cask_link_aad || this struct.
 */
struct cask_slot {
	__le16 method;
	__le16 flags;
	__u8 key_id[CASK_KID_SIZE];
};
#define CASK_HPKE_ENC_SIZE	32
#define CASK_DEVICE_SLOT_SIZE	(sizeof(struct cask_slot) + CASK_HPKE_ENC_SIZE + CASK_KEY_SIZE + 16)
#define CASK_KEYWRAP_SIZE	(CASK_KEY_SIZE + 8)
#define CASK_EKB_SLOT_SIZE	(sizeof(struct cask_slot) + CASK_KEYWRAP_SIZE)

/**
 * struct cask_link_aad - what the key in a file's LINK_KEY is bound to, beside its slot
 * @content_id: of the file
 * @issuer: of the file
 * @suite: enum cask_suite, of the file
 */
struct cask_link_aad {
	__u8 content_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__le32 suite;
} __attribute__((packed));

#define CASK_MEDIUM_WRAP_SIZE	(12 + CASK_KEY_SIZE + 16)
#define CASK_MEDIUM_SLOT_SIZE	(sizeof(struct cask_slot) + CASK_MEDIUM_WRAP_SIZE)
#define CASK_MEDIUM_DEVICE_SLOT_SIZE \
	(sizeof(struct cask_slot) + CASK_HPKE_ENC_SIZE + CASK_MEDIUM_WRAP_SIZE + 16)

/**
 * struct cask_checkouts - how often copies of a license may be checked out to media
 * @total: ever, at least as often as @at_once
 * @at_once: and not yet checked in, 1..CASK_LENT_MAX
 */
struct cask_checkouts {
	__le32 total;
	__le32 at_once;
};

/* Where the parameter of a second key comes from. */
enum cask_twokey_mode {
	CASK_TWOKEY_TERMINAL	 = 1,	/* drawn by the device's kernel: the license's NONCE */
	CASK_TWOKEY_SYNCHRONISED = 2,	/* a step of what was agreed on: struct cask_step */
};

/**
 * struct cask_step - a parameter that device and distributor agreed on before
 * @series: named by the distributor, each later than the one before, as bytes compare
 * @number: counts second keys of the series; in SYNCHRONISE, of the one before the first that is good
 */
struct cask_step {
	__u8 series[8];
	__le64 number;
};

/**
 * struct cask_twokey - what a second key says of itself
 * @mode: enum cask_twokey_mode
 * @parameter: the license's NONCE, or struct cask_step
 */
struct cask_twokey {
	__le32 mode;
	__u8 parameter[CASK_NONCE_SIZE];
};
#define CASK_TWOKEY_SLOT_SIZE	(sizeof(struct cask_slot) + sizeof(struct cask_twokey) + \
				 12 + CASK_KEY_SIZE + 16)

/**
 * struct cask_layout - where things are in a .cask file
 * @suite: enum cask_suite
 * @block_size: plaintext bytes of a block, a power of two
 * @plain_size: bytes of the whole plaintext
 * @link_offset: bytes from the start of the file; equals the fixed part's length
 * @link_capacity: bytes reserved for the link part
 * @data_offset: first block: the first multiple of 4096 behind the link part
 */
struct cask_layout {
	__le32 suite;
	__le32 block_size;
	__le64 plain_size;
	__le32 link_offset;
	__le32 link_capacity;
	__le64 data_offset;
};

/*
 * A block of AES-128-GCM: IV, seed, ciphertext as long as the plaintext, tag.
 * A block of AES-128-CBC: IV, seed, ciphertext as long as the plaintext with zeros
 * added up to a multiple of 16.
 * Block i begins at data_offset + i * (block_size + the suite's overhead).
 */
#define CASK_GCM_IV_SIZE	12
#define CASK_SEED_SIZE		16
#define CASK_GCM_TAG_SIZE	16
#define CASK_GCM_OVERHEAD	(CASK_GCM_IV_SIZE + CASK_SEED_SIZE + CASK_GCM_TAG_SIZE)
#define CASK_CBC_IV_SIZE	16
#define CASK_CBC_OVERHEAD	(CASK_CBC_IV_SIZE + CASK_SEED_SIZE)

/**
 * struct cask_block_aad - additional data of a GCM block
 * @content_id: of the file
 * @index: of the block, from 0
 * @last: 1 for the last block, else 0
 */
struct cask_block_aad {
	__u8 content_id[CASK_ID_SIZE];
	__le64 index;
	__le32 last;
} __attribute__((packed));

/* What a record of the secure area is. */
enum cask_record_kind {
	CASK_RECORD_NONCE	= 1,	/* drawn, and not installed yet: struct cask_nonce_record */
	CASK_RECORD_RIGHT	= 2,	/* named by a license id: struct cask_right_record */
	CASK_RECORD_LICENSE	= 3,	/* on a medium, named by its id: the statement */
	CASK_RECORD_MARK	= 4,	/* named by a medium's number: struct cask_mark_record */
	CASK_RECORD_LOST	= 5,	/* the device's own, without name or value: see below */
	CASK_RECORD_REANCHORED	= 6,	/* a distributor's, without name or value */
	CASK_RECORD_TIME	= 7,	/* a distributor's, without name: struct cask_time_record */
	CASK_RECORD_STEP	= 8,	/* a distributor's, without name: struct cask_step_record */
	CASK_RECORD_FLOOR	= 9,	/* named by a category: struct cask_floor_record */
	CASK_RECORD_LOG		= 10,	/* a distributor's, without name: see below */
	CASK_RECORD_ACCEPTED	= 11,	/* named by a file, see below: struct cask_accepted_record */
	CASK_RECORD_LENT	= 12,	/* named by a license id: an array of struct cask_lent */
	CASK_RECORD_EXPORTED	= 13,	/* on a medium, named by a license id: struct cask_exported_record */
	CASK_RECORD_OFFLINE	= 14,	/* named by a license id: struct cask_offline_record */
};

/**
 * struct cask_nonce_record - value of a NONCE, which is the record's name
 * @counter: of the image it came with: the least is the oldest
 */
struct cask_nonce_record {
	__le64 counter;
};

/**
 * struct cask_right_record - value of a RIGHT: what is left of a license
 * @hash: SHA-256 of its statement
 * @opens: how often it may still be opened, or CASK_OPENS_ANY
 * @version: of the statement: what replaces it has a higher one
 * @permissions: of the statement, OWN also where it has neither period nor count
 * @exports: how many media may still get a copy
 * @checkouts: how often it may still be checked out
 */
struct cask_right_record {
	__u8 hash[32];
	__le32 opens;
	__le32 version;
	__le32 permissions;
	__le32 exports;
	__le32 checkouts;
};

/* Why a medium is in a LENT. */
enum cask_lent_use {
	CASK_LENT_CHECKOUT	= 1,	/* a copy of the license is on it, or on its way there or back */
	CASK_LENT_EXPORT	= 2,	/* one that is counted is on its way */
};

/**
 * struct cask_lent - value of a LENT: one for each medium
 * @number: the medium's
 * @use: enum cask_lent_use
 */
struct cask_lent {
	__u8 number[16];
	__le32 use;
};

/**
 * struct cask_mark_record - value of a MARK: how far a medium has come, of its class's issuer
 * @counter: of the image of its second layer
 * @salt: of that image: two copies of a medium may both have come so far
 */
struct cask_mark_record {
	__le64 counter;
	__u8 salt[32];
};

/**
 * struct cask_time_record - value of a TIME: how late it has been
 * @seconds: since 1970, by what the distributor signed and the boot clock since
 */
struct cask_time_record {
	__le64 seconds;
};

/**
 * struct cask_step_record - value of a STEP: which parameters of a series were used
 * @last: the latest that was
 * @used: bit n: of CASK_STEP_WINDOW steps, the one n before @last was
 */
struct cask_step_record {
	struct cask_step last;
	__le64 used;
};

/**
 * struct cask_floor_record - value of a FLOOR: of an older version no EKB is taken
 * @version: of the last one that was opened
 */
struct cask_floor_record {
	__le32 version;
};

/**
 * struct cask_exported_record - value of an EXPORTED: a copy of a license, without counts
 * @content_id: what it is for
 * @signer: thumbprint of the key that signed the license
 * @device_id: that it was checked out of; all zero: it was exported, and stays
 * @not_before: usage period, 0: open
 * @not_after: usage period, 0: open
 * @version: of the license
 * @operations: enum cask_operation bits
 * @suite: enum cask_suite
 * @min_level: enum cask_level
 * @wrapped: nonce (12 bytes), and AES-256-GCM(K_exported, the key), its tag appended; aad =
 *	SHA-256(struct cask_record || what stands before this)
 */
struct cask_exported_record {
	__u8 content_id[CASK_ID_SIZE];
	__u8 signer[CASK_KID_SIZE];
	__u8 device_id[CASK_KID_SIZE];
	__le64 not_before;
	__le64 not_after;
	__le32 version;
	__le32 operations;
	__le32 suite;
	__le32 min_level;
	__u8 wrapped[CASK_MEDIUM_WRAP_SIZE];
} __attribute__((packed));

/**
 * struct cask_accepted_record - value of an ACCEPTED: a file that was accepted in its download period
 * @counter: of the image it came with: the least is the oldest
 *
 * The name is the first CASK_ID_SIZE bytes of SHA-256 over the file's fixed part.
 */
struct cask_accepted_record {
	__le64 counter;
};

/**
 * struct cask_offline_record - value of an OFFLINE: openings without word from the distributor
 * @since: the latest time that it had signed, seconds since 1970
 * @opens: how many since
 */
struct cask_offline_record {
	__le64 since;
	__le64 opens;
};

/**
 * struct cask_record - a record of the secure area, or of a medium's second layer
 * @kind: enum cask_record_kind
 * @length: bytes of the value that follows, at most CASK_RECORD_MAX
 * @issuer: whose: thumbprint of a distributor's root key; all zero: the device's own
 * @name: of what, by @kind
 *
 * An image is all its records, without anything between them, ascending by this
 * struct's kind, issuer and name, each once.
 *
 * LOG: struct cask_log_place of the first entry, or of the next if there is none, and the
 * entries that are not acknowledged, struct cask_log_entry each.
 *
 * LOST: an image before this one was lost, and this began without its records. Those of
 * a distributor are none before it has said so: REANCHORED.
 */
struct cask_record {
	__le16 kind;
	__le16 length;
	__u8 issuer[CASK_KID_SIZE];
	__u8 name[CASK_ID_SIZE];
};

/*
 * An image is sealed with K = HKDF(salt = SALT, storage key, info = CASK_INFO_AREA, 32):
 * AES-256-GCM, a nonce of zeros, since no two images have a key in common, and as
 * additional data all that comes before the value of RECORDS.
 */
#define CASK_AREA_SALT_SIZE	32
#define CASK_AREA_HEAD_SIZE	(sizeof(struct cask_head) + 4 * sizeof(struct cask_section) + \
				 CASK_ID_SIZE + sizeof(__le64) + CASK_AREA_SALT_SIZE)
#define CASK_AREA_OVERHEAD	(CASK_AREA_HEAD_SIZE + CASK_GCM_TAG_SIZE)

/*
 * A medium: the first layer at 0, a MEDIUM; the second from CASK_MEDIUM_SECOND, two slots
 * of slot_size bytes, image n in slot n & 1; the third as its layout says, a file system.
 */
#define CASK_MEDIUM_SECOND	4096

/**
 * struct cask_medium_layout - where things are on a medium
 * @slot_size: bytes of a slot of the second layer: a multiple of 4096,
 *	CASK_LAYER_MIN..CASK_LAYER_MAX
 * @reserved: zero
 * @third_offset: bytes from the start of the medium: a multiple of 4096 behind the second layer
 * @third_size: bytes, a multiple of 4096
 */
struct cask_medium_layout {
	__le32 slot_size;
	__le32 reserved;
	__le64 third_offset;
	__le64 third_size;
};

#define CASK_MEDIUM_NUMBER_SIZE	16

/* What the key of a backup is made from, beside the class key: S4. */
enum cask_derivation {
	CASK_DERIVATION_NUMBER		= 1,	/* the medium's number */
	CASK_DERIVATION_INDIVIDUAL	= 2,	/* the medium's individual key */
	CASK_DERIVATION_ENCIPHERED	= 3,	/* the number under the individual key */
};

/* What seals records, in the order in which it is put on: S6. */
enum cask_locks {
	CASK_LOCKS_MEDIUM		= 1,
	CASK_LOCKS_MEDIUM_APPARATUS	= 2,
	CASK_LOCKS_APPARATUS_MEDIUM	= 3,
};

/*
 * The records of LAYER and BACKUP are sealed by one lock or two, one around the other;
 * each adds a tag of 16 bytes, and each has as additional data all that comes before
 * the value of RECORDS.
 *   the medium's: AES-256-GCM, K = HKDF(salt = SALT, K_x, info), a nonce of zeros
 *	LAYER: K_x = K_second, info = CASK_INFO_LAYER
 *	BACKUP: K_x by DERIVATION: K_backup, K_individual, or HMAC(K_individual, number);
 *		info = CASK_INFO_BACKUP
 *   the apparatus's: HPKE (RFC 9180, base) to APPARATUS, enc = ENC, info = CASK_INFO_LOCK
 * A LAYER of a medium with APPARATUS has both locks, the medium's first.
 */
#define CASK_LAYER_OVERHEAD	(sizeof(struct cask_head) + 4 * sizeof(struct cask_section) + \
				 sizeof(__le64) + CASK_AREA_SALT_SIZE + CASK_HPKE_ENC_SIZE + \
				 2 * CASK_GCM_TAG_SIZE)
#define CASK_BACKUP_OVERHEAD	(CASK_LAYER_OVERHEAD + 6 * sizeof(struct cask_section) + \
				 CASK_KID_SIZE + CASK_MEDIUM_NUMBER_SIZE + CASK_ID_SIZE + \
				 CASK_X25519_SIZE + 2 * sizeof(__le32))
#define CASK_BACKUP_MAX		(CASK_LAYER_MAX + CASK_BACKUP_OVERHEAD - CASK_LAYER_OVERHEAD)
#define CASK_MEDIUM_HEAD_MAX	512

#define CASK_HEIGHT_MAX		32
#define CASK_EKB_VERSIONS	4096	/* of a category, from 1 */
#define CASK_EKB_ENTRIES_MAX	1048576
#define CASK_ROOT_CHECK_SIZE	16

/* How the leaves that are not revoked are covered by sets, each with a key of its own. */
enum cask_scheme {
	CASK_SCHEME_SUBTREES	= 1,	/* complete subtrees */
	CASK_SCHEME_DIFFERENCES	= 2,	/* subtrees but for a subtree in each */
};

/*
 * The entries of an EKB are the labels of all, CASK_EKB_LABEL_SIZE bytes each, then for
 * each of them, in the same order, AES-128(K_set, KR), CASK_KEY_SIZE bytes.
 *
 * Nodes are numbered from 1, the root; n has the children 2n and 2n + 1, and leaf l of a
 * tree with height h is node 2^h + l. A label is one number, little-endian: the low
 * CASK_EKB_NODE_BITS are a node, what is above is the depth of the set's subtree, at most
 * the node's. If it is the node's, the set is the node's subtree; else it is the subtree of
 * the node's ancestor in that depth but for the node's. Entries ascend by the first leaf
 * of the subtree, then by its depth, and no leaf is in two sets.
 */
#define CASK_EKB_LABEL_SIZE	5
#define CASK_EKB_NODE_BITS	33
#define CASK_EKB_ENTRY_SIZE	(CASK_EKB_LABEL_SIZE + CASK_KEY_SIZE)

/*
 * What the keys of a category are made for. D(K, use, number) is AES-128(K, le64 number
 * || "cask/1" || le16 use).
 *   label of a subtree: D(master, NODE, its node)
 *   SUBTREES: K_set = D(the subtree's label, KEY, 0)
 *   DIFFERENCES: K_set = D(label, KEY, 0), where label is the subtree's, and for each step
 *	down to the node that is left out D(label, LEFT or RIGHT, 0); where none is left out,
 *	it is D(master, NODE, 0)
 *   KR of version v: the seed for v = CASK_EKB_VERSIONS, below D(KR of v + 1, OLDER, 0)
 *   K_EKB = D(KR, WRAP, 0), which wraps content keys; ROOT_CHECK = D(KR, CHECK, 0)
 * A leaf has, of SUBTREES, the labels of all nodes on its path, from the root down; of
 * DIFFERENCES D(master, NODE, 0), and then of each ancestor, from the root down, the labels
 * of all nodes beside the path below it, from the top down.
 */
#define CASK_EKB_DOMAIN		"cask/1"
enum cask_ekb_use {
	CASK_EKB_NODE	= 1,
	CASK_EKB_LEFT	= 2,
	CASK_EKB_RIGHT	= 3,
	CASK_EKB_KEY	= 4,
	CASK_EKB_OLDER	= 5,
	CASK_EKB_WRAP	= 6,
	CASK_EKB_CHECK	= 7,
};
/*
 * LEAF_LABELS: enc (32 bytes), and the labels in HPKE to the device key, their tag appended.
 * aad = SHA-256(body) || signer's kid, where body is the object's first 8 bytes and all its
 * sections before LEAF_LABELS. info = CASK_INFO_LEAF.
 */
#define CASK_LEAF_LABELS_MAX	(1 + CASK_HEIGHT_MAX * (CASK_HEIGHT_MAX + 1) / 2)

/*
 * Labels. Keys are derived by HKDF-SHA256 (RFC 5869).
 *   root  = Extract(salt = CASK_SALT_ROOT, the key in the keyring), or 32 random bytes
 *   device private key = Expand(root, CASK_INFO_DEVICE_KEY, 32), clamped (RFC 7748)
 *   password of the TPM's counter = Expand(root, CASK_INFO_COUNTER, 32)
 *   storage key = Expand(root, CASK_INFO_STORAGE, 32)
 *   storage id  = Expand(storage key, CASK_INFO_STORAGE_ID, 16)
 *   PRK   = Extract(salt = CASK_SALT_CONTENT, Kc)
 *   K_hdr = Expand(PRK, CASK_INFO_HEADER, 32)              HMAC of the fixed part
 *   K'c   = Expand(PRK, CASK_INFO_BLOCK || seed, 16)       key of one block
 *   PRK_m = Extract(salt = CASK_SALT_MEDIUM, a medium's class key)
 *   K_first      = Expand(PRK_m, CASK_INFO_FIRST, 32)                 HMAC of the first layer
 *   K_second     = Expand(PRK_m, CASK_INFO_SECOND || number, 32)
 *   K_individual = Expand(PRK_m, CASK_INFO_INDIVIDUAL || number, 32)
 *   K_backup     = Expand(PRK_m, CASK_INFO_NUMBER || number, 32)
 *   K_wrap       = Expand(K_individual, CASK_INFO_MEDIUM_SLOT, 32)
 *   K_exported   = Expand(K_individual, CASK_INFO_EXPORTED, 32)
 *   S     = HKDF(salt = CASK_SALT_PAIRWISE, X25519(device, server),
 *                info = device public || server public, 32)
 *   K_x   = Expand(S, CASK_INFO_<x>, 32)
 *   K1    = HKDF(salt = CASK_SALT_FIRST_KEY, a secret of the distributor's, info = INFORMATION, 16)
 *   K_2   = HKDF(salt = struct cask_twokey, K_twokey, info = CASK_INFO_SECOND_KEY || content id, 32)
 */
#define CASK_SALT_ROOT		"cask/1 root"
#define CASK_INFO_DEVICE_KEY	"cask/1 device key"
#define CASK_INFO_COUNTER	"cask/1 counter"
#define CASK_INFO_STORAGE	"cask/1 storage"
#define CASK_INFO_STORAGE_ID	"cask/1 storage id"
#define CASK_INFO_AREA		"cask/1 area"
#define CASK_SALT_CONTENT	"cask/1 content"
#define CASK_INFO_HEADER	"header"
#define CASK_INFO_BLOCK		"block"
#define CASK_INFO_DEVICE_SLOT	"cask/1 slot device"
#define CASK_INFO_LEAF		"cask/1 leaf"
#define CASK_SALT_MEDIUM	"cask/1 medium"
#define CASK_INFO_FIRST		"first"
#define CASK_INFO_SECOND	"second"
#define CASK_INFO_INDIVIDUAL	"individual"
#define CASK_INFO_NUMBER	"number"
#define CASK_INFO_MEDIUM_SLOT	"cask/1 slot medium"
#define CASK_INFO_EXPORTED	"cask/1 exported"
#define CASK_INFO_LAYER		"cask/1 layer"
#define CASK_INFO_BACKUP	"cask/1 backup"
#define CASK_INFO_LOCK		"cask/1 lock"
#define CASK_SALT_PAIRWISE	"cask/1 pairwise"
#define CASK_INFO_CHALLENGE	"cask/1 challenge"	/* AES-256-GCM, server to device */
#define CASK_INFO_ENROL		"cask/1 enrol"		/* HMAC of the ENROLMENT answer */
#define CASK_INFO_HTTP		"cask/1 http"		/* RFC 9421 hmac-sha256 */
#define CASK_INFO_SYNCHRONISE	"cask/1 synchronise"	/* HMAC of SYNCHRONISE */
#define CASK_INFO_TWOKEY	"cask/1 twokey"		/* the secret behind the hardware-key id */
#define CASK_INFO_REPORT	"cask/1 report"		/* HMAC of REPORT */
#define CASK_INFO_ACKNOWLEDGE	"cask/1 acknowledge"	/* HMAC of ACKNOWLEDGEMENT */
#define CASK_SALT_FIRST_KEY	"cask/1 first key"
#define CASK_INFO_SECOND_KEY	"cask/1 second key"

/*
 * The sealed challenge: nonce (12) || AES-256-GCM(K_challenge, 32 bytes,
 * aad = device id || issuer), tag appended.
 */
#define CASK_CHALLENGE_SIZE		32
#define CASK_SEALED_CHALLENGE_SIZE	(12 + CASK_CHALLENGE_SIZE + 16)

#endif /* _LINUX_CASK_FORMAT_H */
