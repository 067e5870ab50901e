// SPDX-License-Identifier: GPL-2.0
/*
 * secrets.c - print what must not be found in the server's files: with the key
 * encryption key it opens every secret of a database and writes the private
 * numbers, in hex, one a line. For tests that then search for them.
 *
 *	server-secrets KEK-FILE DATABASE-URL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "../../daemon/server/content.h"
#include "../../daemon/server/tree.h"
#include "../../daemon/server/vault.h"
#include "file.h"
#include "text.h"

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "server-secrets: %s\n", what);
	exit(1);
}

static void print(const uint8_t *data, size_t size)
{
	char *hex = malloc(TEXT_HEX_SIZE(size));

	text_hex(data, size, hex);
	puts(hex);
	free(hex);
}

static void print_number(const EVP_PKEY *key, const char *name)
{
	uint8_t bytes[512];
	BIGNUM *number = NULL;

	if (!EVP_PKEY_get_bn_param(key, name, &number))
		return;
	print(bytes, BN_bn2bin(number, bytes));
	BN_free(number);
}

static void print_secret(const uint8_t *data, size_t size)
{
	static const char *const numbers[] = {
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_PRIV_KEY,
	};
	const unsigned char *p = data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, size);

	if (!key)
		print(data, size);
	for (size_t i = 0; key && i < ARRAY_SIZE(numbers); i++)
		print_number(key, numbers[i]);
	EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL, *contents = NULL, *trees = NULL;
	struct server server = { 0 };
	struct vault vault;
	struct cask_db *db;

	if (argc != 3 || vault_open(argv[1], &vault) || cask_db_open(argv[2], &db))
		die("KEK-FILE and DATABASE-URL are wanted");
	if (cask_db_query(db, "SELECT name FROM secrets", DB_NO_ARGS, &rows) ||
	    cask_db_query(db, "SELECT id FROM contents", DB_NO_ARGS, &contents) ||
	    cask_db_query(db, "SELECT id FROM categories", DB_NO_ARGS, &trees))
		die("query");
	while (cask_db_next(rows) > 0) {
		uint8_t *secret;
		size_t size;

		if (vault_get(&vault, db, cask_db_text(rows, 0), &secret, &size))
			die("secret");
		print_secret(secret, size);
		cask_file_wipe(secret, size);
	}
	while (cask_db_next(contents) > 0) {
		uint8_t id[CASK_ID_SIZE], key[CASK_KEY_SIZE];
		struct content content;

		if (cask_db_id(contents, 0, id, sizeof(id)) ||
		    content_find_key(db, &vault, id, &content, key))
			die("content");
		print(key, sizeof(key));
	}
	server.vault = vault;
	while (cask_db_next(trees) > 0) {
		uint8_t id[CASK_ID_SIZE];
		struct tree tree;

		if (cask_db_id(trees, 0, id, sizeof(id)) || tree_find(&server, db, id, &tree))
			die("category");
		print(tree.category.master, CASK_KEY_SIZE);
		print(tree.category.seed, CASK_KEY_SIZE);
	}
	return 0;
}
