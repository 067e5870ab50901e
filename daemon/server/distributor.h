/* SPDX-License-Identifier: GPL-2.0 */
/*
 * distributor.h - who the server is: what it publishes about itself.
 */
#ifndef CASK_DISTRIBUTOR_H
#define CASK_DISTRIBUTOR_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "db/db.h"
#include "vault.h"

#define DISTRIBUTOR_NAME_MAX	64
#define DISTRIBUTOR_HOSTS_MAX	16

/* Names of the secrets, all made by distributor_found(). */
#define SECRET_PROVISIONING	"provisioning"	/* development: grants the root */
#define SECRET_ROOT		"root"		/* signs scopes */
#define SECRET_LICENSE		"license"	/* signs licenses */
#define SECRET_PAIRWISE		"pairwise"	/* X25519, 32 bytes */
#define SECRET_CLIENT_CA	"client-ca"	/* certifies devices */
#define SECRET_TLS_CA		"tls-ca"	/* development: certifies the server */
#define SECRET_PROVIDER		"provider"	/* authenticates the payment provider */
#define SECRET_TLS		"tls"		/* the server's */

/**
 * struct distributor - public side of a distributor
 * @name: UTF-8
 * @issuer: thumbprint of the root key
 * @provisioning_key: COSE_Key
 * @grant: statement
 * @scope: statement
 * @client_ca: PEM
 * @prefix: what content ids begin with
 * @prefix_size: 0 to CASK_ID_SIZE
 * @purposes: enum cask_purpose bits of the scope
 * @sequence: of the scope
 * @not_before: first second of the scope: what was signed before is not believed
 * @not_after: last second of it
 * @server_key: X25519 public key of the pairwise exchange
 */
struct distributor {
	char name[DISTRIBUTOR_NAME_MAX + 1];
	uint8_t issuer[CASK_KID_SIZE];
	struct distributor_blob {
		uint8_t *data;
		size_t size;
	} provisioning_key, grant, scope, client_ca;
	uint8_t prefix[CASK_ID_SIZE];
	size_t prefix_size;
	uint32_t purposes;
	uint64_t sequence;
	uint64_t not_before;
	uint64_t not_after;
	uint8_t server_key[CASK_X25519_SIZE];
};

int distributor_load(struct cask_db *db, struct distributor *ret);
void distributor_free(struct distributor *distributor);
json_t *distributor_json(const struct distributor *distributor);

/**
 * struct distributor_plan - a distributor to be founded
 * @name: 1 to DISTRIBUTOR_NAME_MAX bytes of UTF-8
 * @alg: enum cose_alg of the license-signing key
 * @prefix: what content ids begin with
 * @prefix_size: 0 to CASK_ID_SIZE
 * @hosts: of the TLS server's certificate
 * @host_count: at least 1
 */
struct distributor_plan {
	const char *name;
	int alg;
	uint8_t prefix[CASK_ID_SIZE];
	size_t prefix_size;
	const char *const *hosts;
	size_t host_count;
};

/**
 * struct distributor_files - certificates that are files, as PEM
 * @tls_ca: what clients trust
 * @tls: the server's
 * @client_ca: what certifies devices
 */
struct distributor_files {
	char *tls_ca;
	char *tls;
	char *client_ca;
};

int distributor_found(struct cask_db *db, const struct vault *vault,
		      const struct distributor_plan *plan, struct distributor_files *ret_files);
int distributor_sign_scope(struct cask_db *db, const struct vault *vault,
			   const struct distributor *distributor);

#endif /* CASK_DISTRIBUTOR_H */
