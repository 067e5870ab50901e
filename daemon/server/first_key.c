// SPDX-License-Identifier: GPL-2.0
/*
 * first_key.c - first keys: made from what describes a content, and from a secret that
 * never leaves the vault.
 *
 * The secret is drawn when the first such key is wanted. Were it lost, the keys of contents
 * that are on offer would still be with them, and those made later would be others.
 */
#include <errno.h>

#include "crypto.h"
#include "file.h"
#include "first_key.h"

#define SECRET_FIRST_KEY "first-key"	/* TWOKEY_SECRET_SIZE bytes */

static int is_there(struct cask_db *db)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;

	return cask_db_query_one(db, "SELECT name FROM secrets WHERE name = $1",
				 DB_ARGS(DB_TEXT(SECRET_FIRST_KEY)), &rows);
}

static int draw(const struct server *server)
{
	uint8_t secret[TWOKEY_SECRET_SIZE];
	int ret = crypto_random(secret, sizeof(secret));

	if (!ret)
		ret = vault_put(&server->vault, server->db, SECRET_FIRST_KEY, secret, sizeof(secret));
	crypto_wipe(secret, sizeof(secret));
	/* Another process was faster: it is the one of all. */
	return ret == -EEXIST ? 0 : ret;
}

/**
 * first_key() - the first key of a content
 * @server: open
 * @information: what describes the content
 * @ret_key: on success; the caller wipes it
 *
 * Return: 0 or -errno.
 */
int first_key(const struct server *server, const struct twokey_information *information,
	      uint8_t ret_key[CASK_KEY_SIZE])
{
	uint8_t *secret;
	size_t size;
	int ret = is_there(server->db);

	if (ret == -ESRCH)
		ret = draw(server);
	if (!ret)
		ret = vault_get(&server->vault, server->db, SECRET_FIRST_KEY, &secret, &size);
	if (ret)
		return ret;
	ret = size == TWOKEY_SECRET_SIZE ? twokey_first_key(secret, information, ret_key) : -EBADMSG;
	cask_file_wipe(secret, size);
	return ret;
}
