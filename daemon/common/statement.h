/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statement.h - make the two statements that install a distributor: GRANT by
 * the provisioning key, SCOPE by the distributor's root key; and REANCHOR by its
 * license-signing key.
 */
#ifndef CASK_COMMON_STATEMENT_H
#define CASK_COMMON_STATEMENT_H

#include "cose.h"
#include "object.h"

/**
 * struct statement_grant - fields of a GRANT
 * @sequence: higher than any before
 * @root: the distributor's root key
 */
struct statement_grant {
	uint64_t sequence;
	const struct cose_key *root;
};

/**
 * struct statement_scope - fields of a SCOPE
 * @purposes: enum cask_purpose bits
 * @prefix: what content ids begin with (the NAMESPACE)
 * @prefix_size: 0 to CASK_ID_SIZE
 * @not_before: first second, since 1970
 * @not_after: last second
 * @sequence: higher than any before
 * @signer: the license-signing key
 * @server_key: X25519 public key of the pairwise exchange
 * @name: UTF-8, 1 to 64 bytes
 */
struct statement_scope {
	uint32_t purposes;
	uint8_t prefix[CASK_ID_SIZE];
	size_t prefix_size;
	uint64_t not_before;
	uint64_t not_after;
	uint64_t sequence;
	const struct cose_key *signer;
	uint8_t server_key[CASK_X25519_SIZE];
	const char *name;
};

/**
 * struct statement_reanchor - fields of a REANCHOR
 * @created: seconds since 1970
 * @nonce: of the device's kernel
 * @issuer: thumbprint of the root key whose scope names the signer
 * @device_id: thumbprint of the device's key
 */
struct statement_reanchor {
	uint64_t created;
	uint8_t nonce[CASK_NONCE_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
};

/**
 * struct statement_time - fields of a TIME
 * @created: seconds since 1970
 * @issuer: thumbprint of the root key whose scope names the signer
 */
struct statement_time {
	uint64_t created;
	uint8_t issuer[CASK_KID_SIZE];
};

/* Statements are allocated; the caller frees. */
int statement_grant(const struct cose_signer *provisioning, const struct statement_grant *grant,
		    uint8_t **ret_statement, size_t *ret_size);
int statement_scope(const struct cose_signer *root, const struct statement_scope *scope,
		    uint8_t **ret_statement, size_t *ret_size);
int statement_reanchor(const struct cose_signer *signer, const struct statement_reanchor *reanchor,
		       uint8_t **ret_statement, size_t *ret_size);
int statement_time(const struct cose_signer *signer, const struct statement_time *fields,
		   uint8_t **ret_statement, size_t *ret_size);

/* Their steps. */
void statement_grant_body(struct object *o, const struct statement_grant *grant);
void statement_scope_body(struct object *o, const struct statement_scope *scope);
void statement_reanchor_body(struct object *o, const struct statement_reanchor *reanchor);
void statement_time_body(struct object *o, const struct statement_time *fields);
int statement_sign(struct object *o, const struct cose_signer *signer,
		   uint8_t **ret_statement, size_t *ret_size);

#endif /* CASK_COMMON_STATEMENT_H */
