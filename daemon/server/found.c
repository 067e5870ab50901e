// SPDX-License-Identifier: GPL-2.0
/*
 * found.c - found a distributor: draw its keys, make its statements and
 * certificates (cask-server init), and sign its scope again (cask-server distributor).
 *
 * Root and provisioning key sign the one scope and the one grant here and rest
 * in the vault afterwards; where the provisioning key is somebody else's, its
 * grant replaces this one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cose.h"
#include "crypto.h"
#include "distributor.h"
#include "parse.h"
#include "pki.h"
#include "statement.h"

#define SCOPE_SECONDS	(10ULL * 365 * 86400)
#define CLOCK_SLACK	86400	/* a client's clock may be so far behind */
#define PURPOSES	(CASK_PURPOSE_LICENSE | CASK_PURPOSE_EKB)	/* what this version signs */

/* A signing key: private, public and ready to sign. */
struct signing_key {
	EVP_PKEY *pkey;
	struct cose_key public;
	struct cose_signer signer;
};

static void free_signing_key(struct signing_key *key)
{
	EVP_PKEY_free(key->pkey);
}
#define _cleanup_signing_key_ _cleanup_(free_signing_key)

static int make_signing_key(struct cask_db *db, const struct vault *vault, const char *name,
			    enum cose_alg alg, struct signing_key *key)
{
	int ret = cose_generate(alg, &key->pkey);

	if (!ret)
		ret = cose_key_from_pkey(key->pkey, &key->public);
	if (!ret)
		ret = cose_signer_init(&key->signer, key->pkey);
	return ret ? ret : vault_put_key(vault, db, name, key->pkey);
}

static int publish(struct cask_db *db, const char *name, const void *data, size_t size)
{
	return cask_db_run(db, "INSERT INTO publications (name, value) VALUES ($1, $2)",
			   DB_ARGS(DB_TEXT(name), DB_BLOB(data, size)));
}

static int make_pairwise(struct cask_db *db, const struct vault *vault,
			 uint8_t ret_public[CASK_X25519_SIZE])
{
	uint8_t secret[CASK_X25519_SIZE];
	int ret = crypto_x25519_keypair(secret, ret_public);

	if (!ret)
		ret = vault_put(vault, db, SECRET_PAIRWISE, secret, sizeof(secret));
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

static int publish_grant(struct cask_db *db, const struct cose_signer *provisioning,
			 const struct cose_key *root)
{
	const struct statement_grant grant = { .sequence = 1, .root = root };
	_cleanup_free_ uint8_t *statement = NULL;
	size_t size;
	int ret = statement_grant(provisioning, &grant, &statement, &size);

	return ret ? ret : publish(db, "grant", statement, size);
}

/* What the parser refuses, the name most of all, no kernel and not even this server would take. */
static int check_scope(const uint8_t *statement, size_t size)
{
	struct cask_scope scope;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, statement, size) ||
	    cask_scope_parse(&scope, cose.payload.data, cose.payload.len))
		return -EILSEQ;
	return 0;
}

static int publish_scope(struct cask_db *db, const struct cose_signer *root,
			 const struct statement_scope *scope)
{
	_cleanup_free_ uint8_t *statement = NULL;
	size_t size;
	int ret = statement_scope(root, scope, &statement, &size);

	if (!ret)
		ret = check_scope(statement, size);
	return ret ? ret : publish(db, "scope", statement, size);
}

/*
 * Every key in the chain is of the plan's algorithm: a kernel without ES256
 * could not even install the distributor otherwise.
 */
static int make_statements(struct cask_db *db, const struct vault *vault,
			   const struct distributor_plan *plan)
{
	_cleanup_signing_key_ struct signing_key provisioning = { 0 }, root = { 0 },
						 license = { 0 };
	struct statement_scope scope = {
		.purposes = PURPOSES,
		.prefix_size = plan->prefix_size,
		.not_before = time(NULL) - CLOCK_SLACK,
		.not_after = time(NULL) + SCOPE_SECONDS,
		.sequence = 1,
		.name = plan->name,
		.signer = &license.public,
	};
	int ret = make_signing_key(db, vault, SECRET_PROVISIONING, plan->alg, &provisioning);

	memcpy(scope.prefix, plan->prefix, sizeof(scope.prefix));
	if (!ret)
		ret = make_signing_key(db, vault, SECRET_ROOT, plan->alg, &root);
	if (!ret)
		ret = make_signing_key(db, vault, SECRET_LICENSE, plan->alg, &license);
	if (!ret)
		ret = make_pairwise(db, vault, scope.server_key);
	if (!ret)
		ret = publish(db, "provisioning-key", provisioning.public.bytes,
			      provisioning.public.size);
	if (!ret)
		ret = publish_grant(db, &provisioning.signer, &root.public);
	return ret ? ret : publish_scope(db, &root.signer, &scope);
}

static int make_ca(struct cask_db *db, const struct vault *vault, const char *secret,
		   const char *name, struct pki_ca *ret_ca, char **ret_pem)
{
	int ret = pki_make_ca(name, ret_ca);

	if (!ret)
		ret = vault_put_key(vault, db, secret, ret_ca->key);
	return ret ? ret : pki_to_pem(ret_ca->certificate, ret_pem);
}

static int make_tls(struct cask_db *db, const struct vault *vault, const struct pki_ca *ca,
		    const struct distributor_plan *plan, char **ret_pem)
{
	_cleanup_x509_ X509 *certificate = NULL;
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	int ret = pki_generate(&key);

	if (!ret)
		ret = vault_put_key(vault, db, SECRET_TLS, key);
	if (!ret)
		ret = pki_make_server(ca, key, plan->hosts, plan->host_count, &certificate);
	return ret ? ret : pki_to_pem(certificate, ret_pem);
}

static int make_certificates(struct cask_db *db, const struct vault *vault,
			     const struct distributor_plan *plan,
			     struct distributor_files *files)
{
	_cleanup_(pki_free_ca) struct pki_ca tls_ca = { 0 }, client_ca = { 0 };
	char name[DISTRIBUTOR_NAME_MAX + 32];
	int ret;

	snprintf(name, sizeof(name), "Cask development CA %s", plan->name);
	ret = make_ca(db, vault, SECRET_TLS_CA, name, &tls_ca, &files->tls_ca);
	if (!ret)
		ret = make_tls(db, vault, &tls_ca, plan, &files->tls);
	snprintf(name, sizeof(name), "Cask device CA %s", plan->name);
	if (!ret)
		ret = make_ca(db, vault, SECRET_CLIENT_CA, name, &client_ca, &files->client_ca);
	if (!ret)
		ret = publish(db, "client-ca", files->client_ca, strlen(files->client_ca));
	return ret;
}

static void free_files(struct distributor_files *files)
{
	free(files->tls_ca);
	free(files->tls);
	free(files->client_ca);
	*files = (struct distributor_files){ 0 };
}

static int found(struct cask_db *db, const struct vault *vault,
		 const struct distributor_plan *plan, struct distributor_files *files)
{
	int ret = make_statements(db, vault, plan);

	free_files(files);
	return ret ? ret : make_certificates(db, vault, plan, files);
}

/**
 * distributor_found() - make a distributor in an empty database
 * @db: migrated, without an open transaction
 * @vault: wraps the private keys
 * @plan: what it is to be
 * @ret_files: certificates for files, freed by the caller; set also on failure
 *
 * Return: 0, -EEXIST when there already is one, -EILSEQ for a name that is not UTF-8
 * without control characters, -EINVAL for another impossible plan, or another -errno.
 */
int distributor_found(struct cask_db *db, const struct vault *vault,
		      const struct distributor_plan *plan, struct distributor_files *ret_files)
{
	int ret;

	*ret_files = (struct distributor_files){ 0 };
	DB_TRANSACTION(db, ret)
		ret = found(db, vault, plan, ret_files);
	return ret;
}

static int load_signing_key(struct cask_db *db, const struct vault *vault, const char *name,
			    struct signing_key *key)
{
	int ret = vault_get_key(vault, db, name, &key->pkey);

	if (!ret)
		ret = cose_key_from_pkey(key->pkey, &key->public);
	return ret ? ret : cose_signer_init(&key->signer, key->pkey);
}

static int replace_scope(struct cask_db *db, const struct cose_signer *root,
			 const struct statement_scope *scope)
{
	int ret = cask_db_run(db, "DELETE FROM publications WHERE name = 'scope'", DB_NO_ARGS);

	return ret ? ret : publish_scope(db, root, scope);
}

/*
 * From when on the next scope is: an earlier version began each later one on the day that it was signed, after
 * licenses and categories that are there.
 */
static int find_begin(struct cask_db *db, const struct distributor *distributor, uint64_t *ret_begin)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint64_t first;
	int ret = cask_db_query_one(db, "SELECT MIN(created) FROM (SELECT MIN(created) AS created FROM licenses "
				    "UNION ALL SELECT MIN(created) FROM categories) AS firsts", DB_NO_ARGS, &rows);

	if (ret)
		return ret;
	first = cask_db_is_null(rows, 0) ? UINT64_MAX : (uint64_t)cask_db_int(rows, 0);
	*ret_begin = first < distributor->not_before ? first : distributor->not_before;
	return 0;
}

/**
 * distributor_sign_scope() - publish a later scope: for all that this version signs, for longer
 * @db: connection without an open transaction
 * @vault: has the private keys
 * @distributor: as loaded; it stays what it is until it is loaded again
 *
 * Return: 0, -ESRCH when the root key is not here, or another -errno.
 */
int distributor_sign_scope(struct cask_db *db, const struct vault *vault,
			   const struct distributor *distributor)
{
	_cleanup_signing_key_ struct signing_key root = { 0 }, license = { 0 };
	struct statement_scope scope = {
		.purposes = PURPOSES,
		.prefix_size = distributor->prefix_size,
		.not_after = time(NULL) + SCOPE_SECONDS,
		.sequence = distributor->sequence + 1,
		.name = distributor->name,
		.signer = &license.public,
	};
	/* What was signed by now is still to be believed. */
	int ret = find_begin(db, distributor, &scope.not_before);

	if (!ret)
		ret = load_signing_key(db, vault, SECRET_ROOT, &root);
	memcpy(scope.prefix, distributor->prefix, sizeof(scope.prefix));
	memcpy(scope.server_key, distributor->server_key, sizeof(scope.server_key));
	if (!ret)
		ret = load_signing_key(db, vault, SECRET_LICENSE, &license);
	if (ret)
		return ret;
	DB_TRANSACTION(db, ret)
		ret = replace_scope(db, &root.signer, &scope);
	return ret;
}
