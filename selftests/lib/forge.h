/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forge.h - make distributors and statements, right ones and wrong ones, for
 * tests that speak to the kernel. Upon the server's own code, daemon/common/.
 *
 * Defaults are right; a test changes the one field that it is about:
 *
 *	struct forge_distributor *d = forge_distributor_new(COSE_ALG_RS256);
 *	struct forge_license l = forge_license_default(d, content_id);
 *
 *	l.fields.not_after = 1;
 *	forge_license(d, &l, device_key, content_key, &bytes);
 *
 * These functions abort the test program when libcrypto or memory fails, so they
 * return nothing to check. Link forge.c, tools/cask-pack/pack.c and $(FORMATS).
 */
#ifndef CASK_SELFTESTS_FORGE_H
#define CASK_SELFTESTS_FORGE_H

#include <stdbool.h>

#include "cose.h"
#include "license.h"
#include "report.h"
#include "statement.h"
#include "twokey.h"

/* Bytes that forge allocated; forge_free() when done. */
struct forge_bytes {
	uint8_t *data;
	size_t size;
};

/* A signing key and its public half on the wire. */
struct forge_key {
	EVP_PKEY *pkey;
	struct cose_key pub;
};

/**
 * struct forge_distributor - everything a distributor owns
 * @provisioning: signs grants
 * @root: signs scopes; @root.pub.kid is the issuer
 * @license: signs licenses
 * @server_private: X25519, of the pairwise exchange
 * @server_public: X25519
 */
struct forge_distributor {
	struct forge_key provisioning;
	struct forge_key root;
	struct forge_key license;
	uint8_t server_private[CASK_X25519_SIZE];
	uint8_t server_public[CASK_X25519_SIZE];
};

/**
 * struct forge_tamper - how a statement departs from the profile
 * @signer: sign with this key instead; NULL: the right one
 * @kid: claim this kid (32 bytes) instead of the signer's; NULL: the signer's
 * @alg: claim this alg instead of the signer's; 0: the signer's
 * @object_type: of the head instead of the right one; 0: the right one
 * @object_version: likewise
 * @omit_section: leave this section out; 0: none
 * @unknown_section: add an empty section of this type, in its place in the
 *	ascending order; 0: none
 * @unknown_flags: its flags
 * @flip_payload: after signing, invert bit 0 of payload byte @flip_offset
 * @flip_offset: see @flip_payload
 * @trailing: bytes of zero after the last section, counted by the head
 * @slack: bytes of zero after the object, not counted by the head
 */
struct forge_tamper {
	const struct forge_key *signer;
	const uint8_t *kid;
	int alg;
	uint16_t object_type;
	uint16_t object_version;
	uint16_t omit_section;
	uint16_t unknown_section;
	uint16_t unknown_flags;
	bool flip_payload;
	size_t flip_offset;
	size_t trailing;
	size_t slack;
};

/**
 * struct forge_grant - a GRANT to make
 * @fields: what it says
 * @tamper: what is wrong with it
 */
struct forge_grant {
	struct statement_grant fields;
	struct forge_tamper tamper;
};

/**
 * struct forge_scope - a SCOPE to make
 * @fields: what it says
 * @tamper: what is wrong with it
 */
struct forge_scope {
	struct statement_scope fields;
	struct forge_tamper tamper;
};

/**
 * struct forge_license - a LICENSE to make
 * @fields: the rights
 * @tamper: what is wrong with it; omit_section SLOT leaves the device's slot out
 * @slot: NULL: a slot for the given device; else these bytes instead of it, whole
 *	(a wrapped key lifted from another license: forge_slot())
 * @slot_size: of @slot
 * @decoys: how many slots for other, random devices stand before it
 * @slot_flags: XORed into the slot's flags after sealing
 * @slot_method: the slot's method instead of DEVICE, if not 0, after sealing
 * @medium: the slot is for this medium instead of the device
 * @both: besides, there is one for the device
 * @twokey: the slot is a second key of this device
 */
struct forge_license {
	struct license_fields fields;
	struct forge_tamper tamper;
	const uint8_t *slot;
	size_t slot_size;
	unsigned int decoys;
	uint16_t slot_flags;
	uint16_t slot_method;
	const struct license_medium *medium;
	bool both;
	const struct license_twokey *twokey;
};

/**
 * struct forge_synchronise - a SYNCHRONISE to make
 * @fields: what it says
 * @tamper: what is wrong with it; of a signer it knows nothing
 */
struct forge_synchronise {
	struct twokey_synchronise fields;
	struct forge_tamper tamper;
};

/**
 * struct forge_reanchor - a REANCHOR to make
 * @fields: what it says
 * @tamper: what is wrong with it
 */
struct forge_reanchor {
	struct statement_reanchor fields;
	struct forge_tamper tamper;
};

struct forge_key forge_key_new(enum cose_alg alg);
void forge_key_free(struct forge_key *key);

struct forge_distributor *forge_distributor_new(enum cose_alg alg);
void forge_distributor_free(struct forge_distributor *d);

struct forge_grant forge_grant_default(const struct forge_distributor *d);
struct forge_scope forge_scope_default(const struct forge_distributor *d);
/* License id random, no usage period, operation FILE, level development. */
struct forge_license forge_license_default(const struct forge_distributor *d,
					   const uint8_t content_id[CASK_ID_SIZE]);

/* Of now. */
struct forge_reanchor forge_reanchor_default(const struct forge_distributor *d,
					     const uint8_t device_id[CASK_KID_SIZE],
					     const uint8_t nonce[CASK_NONCE_SIZE]);

void forge_grant(const struct forge_distributor *d, const struct forge_grant *grant,
		 struct forge_bytes *ret);
void forge_scope(const struct forge_distributor *d, const struct forge_scope *scope,
		 struct forge_bytes *ret);
void forge_reanchor(const struct forge_distributor *d, const struct forge_reanchor *reanchor,
		    struct forge_bytes *ret);
/* That it is so late, signed by a key that may be another's. */
void forge_time(const struct forge_distributor *d, const struct forge_key *signer, uint64_t when,
		struct forge_bytes *ret);
void forge_license(const struct forge_distributor *d, const struct forge_license *license,
		   const uint8_t device_key[CASK_X25519_SIZE],
		   const uint8_t content_key[CASK_KEY_SIZE], struct forge_bytes *ret);

/* Signs any bytes as the profile has it, tamper's signer, kid and alg applied. */
void forge_sign(const struct forge_key *signer, const struct forge_tamper *tamper,
		const void *payload, size_t size, struct forge_bytes *ret);
/* First DEVICE slot of a license that forge made: for forge_license.slot. */
void forge_slot(const struct forge_bytes *license, struct forge_bytes *ret);
/* The hardware key of a device with a distributor; mode and parameter as given. */
struct license_twokey forge_twokey(const struct forge_distributor *d,
				   const uint8_t device_key[CASK_X25519_SIZE],
				   enum cask_twokey_mode mode, const void *parameter);
/* MACed by the distributor for the device. */
void forge_synchronise(const struct forge_distributor *d,
		       const uint8_t device_key[CASK_X25519_SIZE],
		       const struct forge_synchronise *synchronise, struct forge_bytes *ret);
/* Uses of the device, MACed by it; @place is the first's. */
void forge_report(const struct forge_distributor *d, const uint8_t device_key[CASK_X25519_SIZE],
		  const struct cask_log_place *place, const struct cask_log_entry *entries,
		  size_t count, struct forge_bytes *ret);
/* MACed by the distributor for the device; of @word only @last counts. */
void forge_acknowledgement(const struct forge_distributor *d,
			   const uint8_t device_key[CASK_X25519_SIZE],
			   const struct report_word *word, struct forge_bytes *ret);
/* A sealed challenge for a device, and the 32 bytes in it. */
void forge_challenge(const struct forge_distributor *d, const uint8_t device_key[32],
		     uint8_t ret_challenge[CASK_CHALLENGE_SIZE],
		     uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE]);
void forge_free(struct forge_bytes *bytes);

/**
 * struct forge_content - a .cask file to write
 * @content_id: of the file
 * @content_key: Kc
 * @issuer: thumbprint of a root key
 * @suite: enum cask_suite of the file; 0: AES-128-GCM
 * @block_size: power of two, CASK_BLOCK_SIZE_MIN to CASK_BLOCK_SIZE_MAX
 * @license_id: for the link part; NULL: none
 * @root: who has the key from the link part; NULL: nobody
 */
struct forge_content {
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t content_key[CASK_KEY_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint32_t suite;
	uint32_t block_size;
	const uint8_t *license_id;
	const struct license_root *root;
};

/* By cask-pack's own code (tools/cask-pack/pack.c), to a path. */
void forge_content(const struct forge_content *content, const void *plain, size_t size,
		   const char *path);

#endif /* CASK_SELFTESTS_FORGE_H */
