// SPDX-License-Identifier: GPL-2.0
/*
 * withdraw.c - with the key encryption key of a server, print its distributor's next
 * SCOPE, which has nothing but the contents of a namespace: no server does that yet.
 *
 *	server-withdraw KEK-FILE DATABASE-URL NAMESPACE >SCOPE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/server/distributor.h"
#include "../../daemon/server/vault.h"
#include "cose.h"
#include "parse.h"
#include "statement.h"
#include "text.h"

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "server-withdraw: %s\n", what);
	exit(1);
}

/* What the scope says now; points into @d. */
static struct cask_scope read_scope(const struct distributor *d)
{
	struct cask_scope scope;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, d->scope.data, d->scope.size) ||
	    cask_scope_parse(&scope, cose.payload.data, cose.payload.len))
		die("the scope cannot be read");
	return scope;
}

static void print_next(const struct distributor *d, const struct cose_signer *root, const char *namespace_)
{
	const struct cask_scope now = read_scope(d);
	struct cose_key signer = { .size = now.signer.len };
	struct statement_scope next = {
		.purposes = now.purposes, .prefix_size = strlen(namespace_) / 2,
		.not_before = now.not_before, .not_after = now.not_after,
		.sequence = now.sequence + 1, .name = d->name, .signer = &signer,
	};
	uint8_t *statement;
	size_t size;

	memcpy(signer.bytes, now.signer.data, now.signer.len);
	memcpy(next.server_key, now.server_key.data, sizeof(next.server_key));
	if (next.prefix_size > sizeof(next.prefix) ||
	    text_from_hex(namespace_, next.prefix, next.prefix_size))
		die("the namespace is no hex");
	if (statement_scope(root, &next, &statement, &size))
		die("it is not signed");
	fwrite(statement, size, 1, stdout);
	free(statement);
}

int main(int argc, char **argv)
{
	struct distributor distributor;
	struct cose_signer signer;
	struct vault vault;
	struct cask_db *db;
	EVP_PKEY *root;

	if (argc != 4 || vault_open(argv[1], &vault) || cask_db_open(argv[2], &db))
		die("KEK-FILE, DATABASE-URL and NAMESPACE are wanted");
	if (distributor_load(db, &distributor) || vault_get_key(&vault, db, SECRET_ROOT, &root) ||
	    cose_signer_init(&signer, root))
		die("there is no distributor");
	print_next(&distributor, &signer, argv[3]);
	return 0;
}
