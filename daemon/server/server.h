/* SPDX-License-Identifier: GPL-2.0 */
/*
 * server.h - configuration, database and keys that every command and role
 * starts from.
 */
#ifndef CASK_SERVER_H
#define CASK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "cose.h"
#include "db/db.h"
#include "distributor.h"
#include "form.h"
#include "pki.h"
#include "pool.h"
#include "vault.h"

#define SERVER_CONFIG		"cask-server.conf"
#define SERVER_CONFIG_DEFAULT	"/etc/cask/" SERVER_CONFIG

/**
 * struct server_config - cask-server.conf; paths are relative to it
 * @roles: names, separated by spaces
 * @host: address to listen on, "" for all
 * @port: to listen on, 0 for any
 * @names: that requests may name in Host, separated by spaces; "": the certificate's
 * @tls: no: plain HTTP, for a proxy on the same machine that ends TLS
 * @certificate: PEM chain of the TLS server
 * @key: PEM of its private key; unset, it is the vault's
 * @threads: workers
 * @connections: most at a time
 * @connections_per_host: of one address; 0: no limit, for a proxy in front
 * @request_seconds: for a request's headers and body to arrive
 * @idle_seconds: until a silent connection is closed
 * @drain_seconds: for requests in progress when told to stop
 * @log_level: "error" to "debug"
 * @database: URL
 * @kek: file of the key encryption key, when there is no systemd credential
 * @store: directory of the .cask files
 * @enrolment_seconds: for a device to answer its challenge
 * @open_enrolment: devices for which nobody vouches may enrol; development only
 * @factory_ca: PEM of the CAs whose factory certificates count; unset: none do
 * @factory_crl: PEM of their revocation lists; unset: nothing is revoked
 * @licenses_per_day: new ones of a device; 0: no limit
 * @user_form: JSON of what users are asked for when they register; unset: for nothing
 * @authentication: "device", "user" or "both": who asks for a license, where a content does not say
 * @currency: of all prices, three letters
 * @invoice_seconds: until an invoice is due
 * @provider_seconds: until the provider has to have the money
 * @self_service: who registers may choose how to pay
 * @self_service_credit: that such a user may owe, in hundredths
 */
struct server_config {
	char *roles;
	char *host;
	uint64_t port;
	char *names;
	bool tls;
	char *certificate;
	char *key;
	uint64_t threads;
	uint64_t connections;
	uint64_t connections_per_host;
	uint64_t request_seconds;
	uint64_t idle_seconds;
	uint64_t drain_seconds;
	char *log_level;
	char *database;
	char *kek;
	char *store;
	uint64_t enrolment_seconds;
	bool open_enrolment;
	char *factory_ca;
	char *factory_crl;
	uint64_t licenses_per_day;
	char *user_form;
	char *authentication;
	char *currency;
	uint64_t invoice_seconds;
	uint64_t provider_seconds;
	bool self_service;
	uint64_t self_service_credit;
};

/* For how long what was used up is remembered: tokens, challenges. */
#define SERVER_KEEP_SECONDS (30 * 86400)
/* And downloads, which are for people to look up. */
#define SERVER_DOWNLOADS_SECONDS (730ULL * 86400)

#define SERVER_PROVIDER_KEY_SIZE 32

/**
 * struct server - an opened server
 * @config: as read
 * @vault: open
 * @db: connection of the command line; a serving server's threads use @pool
 * @pool: connections of the worker threads, or NULL
 * @distributor: public side
 * @signer: of licenses, once loaded
 * @client_ca: once loaded
 * @pairwise: X25519 private key, once loaded
 * @pairs: secrets derived from it, while serving, or NULL
 * @provider: key of the payment provider's messages, once loaded
 * @has_provider: there is one
 * @authentication: enum content_authentication, once the license role has started
 * @form: what users are asked for, likewise; or empty
 * @certificate: of TLS while serving, or NULL
 */
struct server {
	struct server_config config;
	struct vault vault;
	struct cask_db *db;
	struct pool *pool;
	struct distributor distributor;
	struct cose_signer signer;
	struct pki_ca client_ca;
	uint8_t pairwise[CASK_X25519_SIZE];
	struct pairs *pairs;
	uint8_t provider[SERVER_PROVIDER_KEY_SIZE];
	bool has_provider;
	uint32_t authentication;
	struct form form;
	X509 *certificate;
};

int server_open(const char *config_path, struct server *ret_server);
void server_close(struct server *server);

int server_load_signer(struct server *server);
int server_load_client_ca(struct server *server);
int server_load_pairwise(struct server *server);
int server_load_provider(struct server *server);
int server_set_currency(struct server *server);

#define _cleanup_server_ _cleanup_(server_close)

#endif /* CASK_SERVER_H */
