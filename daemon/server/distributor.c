// SPDX-License-Identifier: GPL-2.0
/*
 * distributor.c - who the server is: GET /v1/distributor, and what the server
 * itself takes from its own grant and scope.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "distributor.h"
#include "json.h"
#include "log.h"
#include "parse.h"

static int load_blob(struct cask_db *db, const char *name, struct distributor_blob *blob)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *data;
	size_t size;
	int ret;

	ret = cask_db_query_one(db, "SELECT value FROM publications WHERE name = $1",
				DB_ARGS(DB_TEXT(name)), &rows);
	if (ret) {
		cask_err("publication %s: %s", name, ret == -ESRCH ? "not there" : strerror(-ret));
		return ret;
	}
	data = cask_db_blob(rows, 0, &size);
	blob->data = malloc(size + 1);
	if (!blob->data)
		return -ENOMEM;
	memcpy(blob->data, data, size);
	blob->data[size] = 0;
	blob->size = size;
	return 0;
}

/* The grant names the root key, and the root key's thumbprint is the issuer. */
static int read_grant(struct distributor *d)
{
	struct cask_grant grant;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, d->grant.data, d->grant.size) ||
	    cask_grant_parse(&grant, cose.payload.data, cose.payload.len))
		return -EBADMSG;
	return crypto_sha256(grant.signer.data, grant.signer.len, d->issuer);
}

static int read_scope(struct distributor *d)
{
	struct cask_scope scope;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, d->scope.data, d->scope.size) ||
	    cask_scope_parse(&scope, cose.payload.data, cose.payload.len) ||
	    scope.name.len > DISTRIBUTOR_NAME_MAX || scope.namespace_.len > CASK_ID_SIZE)
		return -EBADMSG;
	memcpy(d->name, scope.name.data, scope.name.len);
	if (scope.namespace_.len)
		memcpy(d->prefix, scope.namespace_.data, scope.namespace_.len);
	d->prefix_size = scope.namespace_.len;
	d->purposes = scope.purposes;
	d->sequence = scope.sequence;
	d->not_before = scope.not_before;
	d->not_after = scope.not_after;
	memcpy(d->server_key, scope.server_key.data, CASK_X25519_SIZE);
	return 0;
}

/**
 * distributor_load() - read what the server publishes
 * @db: connection
 * @ret: to be freed with distributor_free()
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int distributor_load(struct cask_db *db, struct distributor *ret)
{
	struct distributor d = { 0 };
	int error = load_blob(db, "provisioning-key", &d.provisioning_key);

	if (!error)
		error = load_blob(db, "grant", &d.grant);
	if (!error)
		error = load_blob(db, "scope", &d.scope);
	if (!error)
		error = load_blob(db, "client-ca", &d.client_ca);
	if (!error)
		error = read_grant(&d);
	if (!error)
		error = read_scope(&d);
	if (error == -EBADMSG)
		cask_err("the distributor's own grant or scope is not readable");
	if (error)
		distributor_free(&d);
	else
		*ret = d;
	return error;
}

/**
 * distributor_free() - free what distributor_load() read
 * @distributor: its members may be NULL
 */
void distributor_free(struct distributor *distributor)
{
	free(distributor->provisioning_key.data);
	free(distributor->grant.data);
	free(distributor->scope.data);
	free(distributor->client_ca.data);
	*distributor = (struct distributor){ 0 };
}

static json_t *text_of(const struct distributor_blob *blob)
{
	return cask_json_new_base64url(blob->data, blob->size);
}

/**
 * distributor_json() - the answer of GET /v1/distributor
 * @distributor: loaded
 *
 * Return: a new reference, or NULL without memory.
 */
json_t *distributor_json(const struct distributor *distributor)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I}", "name", distributor->name,
			 "issuer", cask_json_new_hex(distributor->issuer, CASK_KID_SIZE),
			 "provisioning_key", text_of(&distributor->provisioning_key),
			 "grant", text_of(&distributor->grant),
			 "scope", text_of(&distributor->scope),
			 "time", (json_int_t)time(NULL));
}
