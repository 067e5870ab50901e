// SPDX-License-Identifier: GPL-2.0
/* statement.c - make GRANT, SCOPE, REANCHOR and TIME. */
#include <stdlib.h>

#include "object.h"
#include "statement.h"

#define CRITICAL	CASK_SECTION_CRITICAL

/**
 * statement_grant_body() - write the sections of a GRANT
 * @o: to begin and fill
 * @grant: the fields
 */
void statement_grant_body(struct object *o, const struct statement_grant *grant)
{
	object_begin(o, CASK_TYPE_GRANT);
	object_u64(o, CASK_SEC_SEQUENCE, CRITICAL, grant->sequence);
	object_add(o, CASK_SEC_SIGNER, CRITICAL, grant->root->bytes, grant->root->size);
}

/**
 * statement_scope_body() - write the sections of a SCOPE
 * @o: to begin and fill
 * @scope: the fields
 */
void statement_scope_body(struct object *o, const struct statement_scope *scope)
{
	object_begin(o, CASK_TYPE_SCOPE);
	object_u32(o, CASK_SEC_PURPOSES, CRITICAL, scope->purposes);
	object_add(o, CASK_SEC_NAMESPACE, CRITICAL, scope->prefix, scope->prefix_size);
	object_u64(o, CASK_SEC_NOT_BEFORE, CRITICAL, scope->not_before);
	object_u64(o, CASK_SEC_NOT_AFTER, CRITICAL, scope->not_after);
	object_u64(o, CASK_SEC_SEQUENCE, CRITICAL, scope->sequence);
	object_add(o, CASK_SEC_SIGNER, CRITICAL, scope->signer->bytes, scope->signer->size);
	object_add(o, CASK_SEC_SERVER_KEY, CRITICAL, scope->server_key,
		   sizeof(scope->server_key));
	object_text(o, CASK_SEC_NAME, 0, scope->name);
}

/**
 * statement_reanchor_body() - write the sections of a REANCHOR
 * @o: to begin and fill
 * @reanchor: the fields
 */
void statement_reanchor_body(struct object *o, const struct statement_reanchor *reanchor)
{
	object_begin(o, CASK_TYPE_REANCHOR);
	object_u64(o, CASK_SEC_CREATED, CRITICAL, reanchor->created);
	object_add(o, CASK_SEC_NONCE, CRITICAL, reanchor->nonce, sizeof(reanchor->nonce));
	object_add(o, CASK_SEC_ISSUER, CRITICAL, reanchor->issuer, sizeof(reanchor->issuer));
	object_add(o, CASK_SEC_DEVICE_ID, CRITICAL, reanchor->device_id,
		   sizeof(reanchor->device_id));
}

/**
 * statement_time_body() - write the sections of a TIME
 * @o: to begin and fill
 * @fields: the fields
 */
void statement_time_body(struct object *o, const struct statement_time *fields)
{
	object_begin(o, CASK_TYPE_TIME);
	object_u64(o, CASK_SEC_CREATED, CRITICAL, fields->created);
	object_add(o, CASK_SEC_ISSUER, CRITICAL, fields->issuer, sizeof(fields->issuer));
}

/**
 * statement_sign() - end an object and sign it
 * @o: written; empty afterwards
 * @signer: whose statement it is
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or an error of object_end() or cose_sign1().
 */
int statement_sign(struct object *o, const struct cose_signer *signer,
		   uint8_t **ret_statement, size_t *ret_size)
{
	uint8_t *payload;
	size_t size;
	int ret;

	ret = object_end(o, &payload, &size);
	if (ret)
		return ret;
	ret = cose_sign1(signer, payload, size, ret_statement, ret_size);
	free(payload);
	return ret;
}

/**
 * statement_grant() - let devices take scopes from a root key
 * @provisioning: whose grant it is
 * @grant: the fields
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or an error of object_end() or cose_sign1().
 */
int statement_grant(const struct cose_signer *provisioning, const struct statement_grant *grant,
		    uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	statement_grant_body(&o, grant);
	return statement_sign(&o, provisioning, ret_statement, ret_size);
}

/**
 * statement_scope() - let a license-signing key speak for a root key
 * @root: whose scope it is
 * @scope: the fields
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or an error of object_end() or cose_sign1().
 */
int statement_scope(const struct cose_signer *root, const struct statement_scope *scope,
		    uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	statement_scope_body(&o, scope);
	return statement_sign(&o, root, ret_statement, ret_size);
}

/**
 * statement_reanchor() - let a device's records begin anew after a loss
 * @signer: the distributor's license-signing key
 * @reanchor: the fields
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or an error of object_end() or cose_sign1().
 */
int statement_reanchor(const struct cose_signer *signer, const struct statement_reanchor *reanchor,
		       uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	statement_reanchor_body(&o, reanchor);
	return statement_sign(&o, signer, ret_statement, ret_size);
}

/**
 * statement_time() - tell devices how late it is
 * @signer: the distributor's license-signing key
 * @fields: the fields
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or an error of object_end() or cose_sign1().
 */
int statement_time(const struct cose_signer *signer, const struct statement_time *fields,
		   uint8_t **ret_statement, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	statement_time_body(&o, fields);
	return statement_sign(&o, signer, ret_statement, ret_size);
}
