// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_init.c - cask-server init: a new server in a directory of its own.
 *
 * Everything is made in a directory beside it, which gets its name at the
 * end: a server is there whole or not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "cose.h"
#include "file.h"
#include "text.h"

/* Removing a half-made server: what there may be, directories last. */
static const char *const made[] = {
	"cask-server.db", "cask-server.db-wal", "cask-server.db-shm", "kek", "ca.crt", "tls.crt",
	"client-ca.crt", SERVER_CONFIG,
};

struct init {
	const char *dir;
	struct options_list hosts;
	uint64_t port;
	const char *database;
	struct distributor_plan plan;
};

static void remove_half_made(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		_cleanup_free_ char *path = cask_file_path(dir, made[i]);

		if (path)
			unlink(path);
	}
	_cleanup_free_ char *store = cask_file_path(dir, "contents");

	if (store)
		rmdir(store);
	rmdir(dir);
}

static int write_text(const char *dir, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = cask_file_path(dir, name);

	return path ? cask_file_create(path, text, strlen(text), mode) : -ENOMEM;
}

static int write_config(const char *dir, const struct init *init)
{
	_cleanup_free_ char *text = NULL;
	int length;

	length = asprintf(&text,
		"; cask-server's configuration; paths are relative to this file.\n"
		"\n[server]\n"
		"; license (enrolment, licenses), contents (catalogue, files) and billing (statements,\n"
		"; payment provider)\n"
		"roles = license contents billing\n"
		"; empty: every address\n"
		"host =\n"
		"port = %llu\n"
		"; that clients use in URLs, with blanks between; empty: the TLS certificate's\n"
		"names =\n"
		"threads = 4\n"
		"connections = 512\n"
		"; of one address; 0 for no limit, behind a proxy\n"
		"connections_per_host = 64\n"
		"; for a request's headers and body to arrive\n"
		"request_seconds = 30\n"
		"idle_seconds = 30\n"
		"drain_seconds = 20\n"
		"log_level = info\n"
		"\n[tls]\n"
		"enabled = yes\n"
		"certificate = tls.crt\n"
		"; key = FILE.pem; unset, the key that init made\n"
		"\n[database]\n"
		"url = %s\n"
		"\n[secrets]\n"
		"; used when there is no systemd credential \"" VAULT_CREDENTIAL "\"\n"
		"kek = kek\n"
		"\n[contents]\n"
		"store = contents\n"
		"\n[license]\n"
		"enrolment_seconds = 300\n"
		"; devices that nobody vouches for: development only\n"
		"open_enrolment = no\n"
		"; factory_ca = FILE.pem; who certifies devices where they are made\n"
		"; factory_crl = FILE.pem; what those have revoked\n"
		"; new ones of a device; 0 for no limit\n"
		"licenses_per_day = 1000\n"
		"; user_form = FILE.json; what users are asked for when they register\n"
		"; who asks for a license, where a content does not say: device, user (whichever\n"
		"; the device) or both (a user on a device of theirs)\n"
		"authentication = device\n"
		"\n[billing]\n"
		"; of all prices\n"
		"currency = EUR\n"
		"; until an invoice is due, and until the provider has to have the money\n"
		"invoice_seconds = 1209600\n"
		"provider_seconds = 259200\n"
		"; who registers may choose how to pay, and owe so many hundredths\n"
		"self_service = no\n"
		"self_service_credit = 0\n", (unsigned long long)init->port,
		init->database ? init->database : "sqlite:cask-server.db");
	return length < 0 ? -ENOMEM : write_text(dir, SERVER_CONFIG, text, 0600);
}

static int write_certificates(const char *dir, const struct distributor_files *files)
{
	int ret = write_text(dir, "ca.crt", files->tls_ca, 0644);

	if (!ret)
		ret = write_text(dir, "tls.crt", files->tls, 0644);
	return ret ? ret : write_text(dir, "client-ca.crt", files->client_ca, 0644);
}

static int found(const char *dir, struct cask_db *db, const struct init *init)
{
	_cleanup_free_ char *kek = cask_file_path(dir, "kek");
	struct distributor_files files = { 0 };
	struct vault vault = { 0 };
	int ret = kek ? vault_create(kek, &vault) : -ENOMEM;

	if (!ret)
		ret = cask_db_migrate(db);
	if (!ret)
		ret = distributor_found(db, &vault, &init->plan, &files);
	if (!ret)
		ret = write_certificates(dir, &files);
	vault_close(&vault);
	free(files.tls_ca);
	free(files.tls);
	free(files.client_ca);
	return ret;
}

static int make(const char *dir, const struct init *init)
{
	_cleanup_free_ char *url = NULL, *store = cask_file_path(dir, "contents");
	struct cask_db *db = NULL;
	int ret;

	if (!store || asprintf(&url, "sqlite:%s/cask-server.db", dir) < 0)
		return -ENOMEM;
	if (mkdir(store, 0700))
		return -errno;
	ret = cask_db_open(init->database ? init->database : url, &db);
	if (!ret)
		ret = found(dir, db, init);
	cask_db_close(db);
	return ret;
}

/*
 * rename() replaces an empty directory and nothing else. A database elsewhere cannot get its name
 * with the directory: what can be in the way is looked for before it has a distributor.
 */
static int make_and_name(const struct init *init)
{
	_cleanup_free_ char *temporary = NULL;
	int ret;

	if (init->database && !access(init->dir, F_OK))
		return -EEXIST;
	if (asprintf(&temporary, "%s.XXXXXX", init->dir) < 0)
		return -ENOMEM;
	if (!mkdtemp(temporary))
		return -errno;
	ret = write_config(temporary, init);
	if (!ret)
		ret = make(temporary, init);
	if (!ret && rename(temporary, init->dir))
		ret = -errno;
	if (ret)
		remove_half_made(temporary);
	else
		ret = cask_file_sync_parent(init->dir);
	return ret;
}

static int read_port(const char *text, uint64_t *ret_port)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (!*text || strspn(text, "0123456789") != strlen(text) || *end || port > 65535)
		return -EINVAL;
	*ret_port = port;
	return 0;
}

static int read_prefix(const char *text, struct distributor_plan *plan)
{
	plan->prefix_size = strlen(text) / 2;
	if (plan->prefix_size > CASK_ID_SIZE)
		return -EINVAL;
	return text_from_hex(text, plan->prefix, plan->prefix_size);
}

static int read_alg(const char *text, struct distributor_plan *plan)
{
	if (!strcmp(text, "rs256"))
		plan->alg = COSE_ALG_RS256;
	else if (!strcmp(text, "es256"))
		plan->alg = COSE_ALG_ES256;
	else
		return -EINVAL;
	return 0;
}

static int report(const struct init *init, int ret)
{
	if (ret == -EEXIST && init->database && access(init->dir, F_OK))
		return command_fail("the database has a distributor already");
	if (ret == -EEXIST || ret == -ENOTEMPTY || ret == -ENOTDIR)
		return command_fail("%s: is there already; init makes a new directory", init->dir);
	if (ret == -EPROTONOSUPPORT || ret == -ENOTCONN)
		return EXIT_FAILED;
	if (ret == -EILSEQ)
		return command_usage("--name is not UTF-8 without control characters");
	if (ret == -EINVAL)
		return command_fail("name or hosts are not possible: %s", init->plan.name);
	if (ret)
		return command_fail("%s: %s", init->dir, strerror(-ret));
	printf("Made %s.\n"
	       "  %s/ca.crt           give it to clients: they trust the server by it\n"
	       "  %s/kek              the key encryption key: keep it elsewhere in production\n"
	       "Next: cask-server serve --config %s/" SERVER_CONFIG "\n",
	       init->dir, init->dir, init->dir, init->dir);
	return EXIT_DONE;
}

/**
 * cmd_init() - cask-server init
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_init(int argc, char **argv)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "::1" };
	const char *alg = "rs256", *port = "8443", *prefix = "";
	struct init init = { 0 };
	const struct option_spec specs[] = {
		{ "name", "NAME", "the distributor's name, for people (1 to 64 bytes)",
		  .value = &init.plan.name },
		{ "host", "HOST", "DNS name or address that clients use; may be repeated\n"
		  "                                (default: localhost, 127.0.0.1, ::1)",
		  .list = &init.hosts },
		{ "port", "PORT", "to listen on (default 8443; 0: any)", .value = &port },
		{ "alg", "ALG", "of signatures: rs256 (default) or es256, which Linux\n"
		  "                                6.1 does not verify", .value = &alg },
		{ "database", "URL", "postgresql://..., empty (default: a file in DIR)",
		  .value = &init.database },
		{ "namespace", "HEX", "what its content ids begin with (default: nothing)",
		  .value = &prefix },
	};
	const struct options options = {
		.usage = "cask-server init DIR --name NAME [--host HOST]... [--port PORT] "
			 "[--alg ALG] [--database URL]",
		.about = "Makes DIR: a development CA and certificate for TLS, provisioning, root,\n"
			 "license-signing and pairwise keys wrapped under a new key encryption key,\n"
			 "the grant and scope that clients install, the database and\n"
			 "DIR/" SERVER_CONFIG ". An existing server is never touched.",
		.specs = specs, .count = ARRAY_SIZE(specs),
		.min_operands = 1, .max_operands = 1,
	};
	char **operands;
	int ret = options_parse(&options, argc, argv, &operands);

	if (ret)
		return ret > 0 ? EXIT_DONE : EXIT_USAGE;
	command_trim(operands[0]);
	init.dir = operands[0];
	if (!init.plan.name || !*init.plan.name || strlen(init.plan.name) > DISTRIBUTOR_NAME_MAX)
		return command_usage("--name of 1 to %d bytes is wanted", DISTRIBUTOR_NAME_MAX);
	if (read_alg(alg, &init.plan))
		return command_usage("--alg is rs256 or es256, not \"%s\"", alg);
	if (read_port(port, &init.port))
		return command_usage("--port is 0 to 65535, not \"%s\"", port);
	if (read_prefix(prefix, &init.plan))
		return command_usage("--namespace is up to %d bytes in lower-case hex", CASK_ID_SIZE);
	init.plan.hosts = init.hosts.count ? init.hosts.values : local;
	init.plan.host_count = init.hosts.count ? init.hosts.count : ARRAY_SIZE(local);
	return report(&init, make_and_name(&init));
}
