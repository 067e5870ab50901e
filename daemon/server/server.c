// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - configuration, database and keys that every command and role
 * starts from.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "crypto.h"
#include "file.h"
#include "log.h"
#include "pairs.h"
#include "server.h"

#define SETTING(section, name, type, member, ...) \
	{ section, name, CASK_CONFIG_##type, offsetof(struct server_config, member), __VA_ARGS__ }

static const struct cask_config_item items[] = {
	SETTING("server", "roles", STRING, roles, 0, 0),
	SETTING("server", "host", STRING, host, 0, 0),
	SETTING("server", "port", U64, port, 0, 65535),
	SETTING("server", "names", STRING, names, 0, 0),
	SETTING("server", "threads", U64, threads, 1, 64),
	SETTING("server", "connections", U64, connections, 1, 65536),
	SETTING("server", "connections_per_host", U64, connections_per_host, 0, 65536),
	SETTING("server", "request_seconds", U64, request_seconds, 1, 3600),
	SETTING("server", "idle_seconds", U64, idle_seconds, 1, 3600),
	SETTING("server", "drain_seconds", U64, drain_seconds, 0, 3600),
	SETTING("server", "log_level", STRING, log_level, 0, 0),
	SETTING("tls", "enabled", BOOL, tls, 0, 0),
	SETTING("tls", "certificate", STRING, certificate, 0, 0),
	SETTING("tls", "key", STRING, key, 0, 0),
	SETTING("database", "url", STRING, database, 0, 0),
	SETTING("secrets", "kek", STRING, kek, 0, 0),
	SETTING("contents", "store", STRING, store, 0, 0),
	SETTING("license", "enrolment_seconds", U64, enrolment_seconds, 1, 86400),
	SETTING("license", "open_enrolment", BOOL, open_enrolment, 0, 0),
	SETTING("license", "factory_ca", STRING, factory_ca, 0, 0),
	SETTING("license", "factory_crl", STRING, factory_crl, 0, 0),
	SETTING("license", "licenses_per_day", U64, licenses_per_day, 0, UINT32_MAX),
	SETTING("license", "user_form", STRING, user_form, 0, 0),
	SETTING("license", "authentication", STRING, authentication, 0, 0),
	SETTING("billing", "currency", STRING, currency, 0, 0),
	SETTING("billing", "invoice_seconds", U64, invoice_seconds, 0, UINT32_MAX),
	SETTING("billing", "provider_seconds", U64, provider_seconds, 0, UINT32_MAX),
	SETTING("billing", "self_service", BOOL, self_service, 0, 0),
	SETTING("billing", "self_service_credit", U64, self_service_credit, 0, UINT32_MAX),
};

static int set_default(char **field, const char *value)
{
	if (!*field)
		*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_defaults(struct server_config *c)
{
	int ret = set_default(&c->roles, "license contents billing");

	if (!ret)
		ret = set_default(&c->host, "");
	if (!ret)
		ret = set_default(&c->names, "");
	if (!ret)
		ret = set_default(&c->log_level, "info");
	if (!ret)
		ret = set_default(&c->certificate, "tls.crt");
	if (!ret)
		ret = set_default(&c->database, "sqlite:cask-server.db");
	if (!ret)
		ret = set_default(&c->kek, "kek");
	if (!ret)
		ret = set_default(&c->currency, "EUR");
	if (!ret)
		ret = set_default(&c->store, "contents");
	if (!ret)
		ret = set_default(&c->authentication, "device");
	return ret;
}

/* Makes a path of the configuration relative to the file it stands in. */
static int anchor(const char *dir, char **path)
{
	char *whole;

	if (!*path)
		return 0;
	whole = cask_file_path(dir, *path);
	if (!whole)
		return -ENOMEM;
	free(*path);
	*path = whole;
	return 0;
}

static int anchor_database(const char *dir, char **url)
{
	static const char scheme[] = "sqlite:";
	_cleanup_free_ char *path = NULL;
	char *whole;

	if (strncmp(*url, scheme, strlen(scheme)))
		return 0;
	path = cask_file_path(dir, *url + strlen(scheme));
	if (!path || asprintf(&whole, "%s%s", scheme, path) < 0)
		return -ENOMEM;
	free(*url);
	*url = whole;
	return 0;
}

static int anchor_all(const char *config_path, struct server_config *c)
{
	const char *slash = strrchr(config_path, '/');
	_cleanup_free_ char *dir = slash ? strndup(config_path, slash - config_path + 1) :
					   strdup(".");
	int ret = dir ? anchor(dir, &c->certificate) : -ENOMEM;

	if (!ret)
		ret = anchor(dir, &c->key);
	if (!ret)
		ret = anchor(dir, &c->kek);
	if (!ret)
		ret = anchor(dir, &c->store);
	if (!ret)
		ret = anchor(dir, &c->factory_ca);
	if (!ret)
		ret = anchor(dir, &c->factory_crl);
	if (!ret)
		ret = anchor(dir, &c->user_form);
	return ret ? ret : anchor_database(dir, &c->database);
}

static int read_config(const char *path, struct server_config *c)
{
	int ret;

	*c = (struct server_config){ .port = 8443, .tls = true, .threads = 4, .connections = 512,
				     .connections_per_host = 64, .request_seconds = 30,
				     .idle_seconds = 30, .drain_seconds = 20,
				     .enrolment_seconds = 300, .licenses_per_day = 1000,
				     .invoice_seconds = 14 * 86400, .provider_seconds = 3 * 86400 };
	ret = cask_config_read(path, items, ARRAY_SIZE(items), c);
	if (!ret)
		ret = set_defaults(c);
	if (!ret)
		ret = anchor_all(path, c);
	if (!ret && cask_log_level_parse(c->log_level) < 0) {
		cask_err("%s: no log level \"%s\"", path, c->log_level);
		ret = -EINVAL;
	}
	if (!ret && (strlen(c->currency) != 3 ||
		     strspn(c->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)) {
		cask_err("%s: \"%s\" is no currency of three letters", path, c->currency);
		ret = -EINVAL;
	}
	return ret;
}

/* Amounts are of the currency in which the first was set: in another they would be other amounts. */
static int check_currency(const struct server *s)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(s->db, "SELECT value FROM publications WHERE name = 'currency'",
				    DB_NO_ARGS, &rows);
	char currency[3];

	if (!ret)
		ret = cask_db_id(rows, 0, currency, sizeof(currency));
	if (ret)
		return ret == -ESRCH ? 0 : ret;
	if (!memcmp(currency, s->config.currency, sizeof(currency)))
		return 0;
	cask_err("the books are in %.3s, not in %s", currency, s->config.currency);
	return -EINVAL;
}

/**
 * server_set_currency() - hold on to the currency, before the first amount is set
 * @server: open
 *
 * Return: 0 or -errno.
 */
int server_set_currency(struct server *server)
{
	return cask_db_run(server->db, "INSERT INTO publications (name, value) VALUES ('currency', $1) "
			   "ON CONFLICT (name) DO NOTHING",
			   DB_ARGS(DB_BLOB(server->config.currency, 3)));
}

/**
 * server_open() - read the configuration, open database and vault
 * @config_path: of cask-server.conf
 * @ret_server: to be given to server_close(), also on failure
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int server_open(const char *config_path, struct server *ret_server)
{
	struct server *s = ret_server;
	int ret;

	*s = (struct server){ 0 };
	ret = read_config(config_path, &s->config);
	if (!ret)
		ret = vault_open(s->config.kek, &s->vault);
	if (!ret)
		ret = cask_db_open(s->config.database, &s->db);
	if (!ret)
		ret = cask_db_migrate(s->db);
	if (!ret)
		ret = check_currency(s);
	if (!ret)
		ret = distributor_load(s->db, &s->distributor);
	return ret;
}

/**
 * server_close() - free everything, wipe the keys
 * @server: however far server_open() came
 */
void server_close(struct server *server)
{
	EVP_PKEY_free(server->signer.pkey);
	form_free(&server->form);
	pki_free_ca(&server->client_ca);
	X509_free(server->certificate);
	crypto_wipe(server->pairwise, sizeof(server->pairwise));
	pairs_free(server->pairs);
	crypto_wipe(server->provider, sizeof(server->provider));
	distributor_free(&server->distributor);
	pool_close(server->pool);
	cask_db_close(server->db);
	vault_close(&server->vault);
	cask_config_free(items, ARRAY_SIZE(items), &server->config);
}

/**
 * server_load_signer() - get the license-signing key
 * @server: open
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int server_load_signer(struct server *server)
{
	EVP_PKEY *pkey;
	int ret = vault_get_key(&server->vault, server->db, SECRET_LICENSE, &pkey);

	if (ret)
		return ret;
	ret = cose_signer_init(&server->signer, pkey);
	if (ret)
		EVP_PKEY_free(pkey);
	return ret;
}

/**
 * server_load_client_ca() - get the key that certifies devices
 * @server: open
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int server_load_client_ca(struct server *server)
{
	int ret = vault_get_key(&server->vault, server->db, SECRET_CLIENT_CA,
				&server->client_ca.key);

	if (ret)
		return ret;
	return pki_from_pem((const char *)server->distributor.client_ca.data,
			    &server->client_ca.certificate);
}

static int load_bytes(struct server *server, const char *name, uint8_t *out, size_t wanted)
{
	uint8_t *secret;
	size_t size;
	int ret = vault_get(&server->vault, server->db, name, &secret, &size);

	if (ret)
		return ret;
	if (size == wanted)
		memcpy(out, secret, size);
	else
		ret = -EBADMSG;
	cask_file_wipe(secret, size);
	return ret;
}

/**
 * server_load_pairwise() - get the private key of the pairwise exchange
 * @server: open
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int server_load_pairwise(struct server *server)
{
	return load_bytes(server, SECRET_PAIRWISE, server->pairwise, sizeof(server->pairwise));
}

/**
 * server_load_provider() - get the key of the payment provider's messages, if there is a provider
 * @server: open
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int server_load_provider(struct server *server)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(server->db, "SELECT 1 FROM secrets WHERE name = $1",
				    DB_ARGS(DB_TEXT(SECRET_PROVIDER)), &rows);

	if (!ret)
		ret = load_bytes(server, SECRET_PROVIDER, server->provider,
				 sizeof(server->provider));
	server->has_provider = !ret;
	return ret == -ESRCH ? 0 : ret;
}
