// SPDX-License-Identifier: GPL-2.0
/*
 * vault.c - secrets at rest, wrapped under the key encryption key (KEK).
 *
 * Wrapped is nonce (12) || AES-256-GCM || tag (16), the label as additional
 * data, so that one row's secret does not open in another's place. Private keys
 * are rows of the table "secrets", content keys stand with their contents. The
 * KEK comes from $CREDENTIALS_DIRECTORY/cask-kek (LoadCredentialEncrypted= of
 * systemd) or, for development, from a file: kept beside the database it
 * protects a copied database only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/x509.h>

#include "crypto.h"
#include "file.h"
#include "log.h"
#include "text.h"
#include "vault.h"

#define NONCE_SIZE 12
#define TAG_SIZE 16

/**
 * vault_create() - draw a KEK
 * @path: where it is written, 0600, in hex; must not exist
 * @ret_vault: to be closed with vault_close()
 *
 * Return: 0, -EEXIST, or another -errno.
 */
int vault_create(const char *path, struct vault *ret_vault)
{
	char text[TEXT_HEX_SIZE(VAULT_KEK_SIZE) + 1];
	int ret = crypto_random(ret_vault->kek, sizeof(ret_vault->kek));

	if (ret)
		return ret;
	text_hex(ret_vault->kek, sizeof(ret_vault->kek), text);
	text[TEXT_HEX_SIZE(VAULT_KEK_SIZE) - 1] = '\n';
	ret = cask_file_create(path, text, TEXT_HEX_SIZE(VAULT_KEK_SIZE), 0600);
	crypto_wipe(text, sizeof(text));
	if (ret)
		vault_close(ret_vault);
	return ret;
}

static int read_kek(const char *path, struct vault *vault)
{
	uint8_t *text;
	size_t size;
	int ret = cask_file_read(path, TEXT_HEX_SIZE(VAULT_KEK_SIZE), &text, &size);

	if (ret)
		return ret;
	if (size && text[size - 1] == '\n')
		text[size - 1] = 0;
	ret = text_from_hex((char *)text, vault->kek, sizeof(vault->kek));
	cask_file_wipe(text, size);
	return ret;
}

/**
 * vault_open() - get the KEK
 * @path: of the file, when there is no systemd credential
 * @ret_vault: to be closed with vault_close()
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int vault_open(const char *path, struct vault *ret_vault)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_free_ char *credential = dir ? cask_file_path(dir, VAULT_CREDENTIAL) : NULL;
	int ret = credential ? read_kek(credential, ret_vault) : -ENOENT;

	if (!ret)
		return 0;
	/* A credential that is there and unreadable is not to be passed over. */
	if (ret != -ENOENT) {
		cask_err("%s: %s", credential, strerror(-ret));
		return ret;
	}
	ret = read_kek(path, ret_vault);
	if (ret)
		cask_err("%s: %s: a key of %d bytes in hex is wanted", path, strerror(-ret),
			 VAULT_KEK_SIZE);
	return ret;
}

/**
 * vault_close() - wipe the KEK
 * @vault: may never have been opened
 */
void vault_close(struct vault *vault)
{
	crypto_wipe(vault->kek, sizeof(vault->kek));
}

/**
 * vault_wrap() - encrypt a secret
 * @vault: open
 * @label: what it is; needed again to unwrap
 * @plain: the secret
 * @size: bytes of it
 * @ret_wrapped: @size + VAULT_OVERHEAD bytes
 *
 * Return: 0 or -errno.
 */
int vault_wrap(const struct vault *vault, const char *label, const void *plain, size_t size,
	       uint8_t *ret_wrapped)
{
	struct crypto_gcm gcm = { .key = vault->kek, .key_size = sizeof(vault->kek),
				  .iv = ret_wrapped, .aad = label, .aad_size = strlen(label) };
	int ret = crypto_random(ret_wrapped, NONCE_SIZE);

	return ret ? ret : crypto_gcm_seal(&gcm, plain, size, ret_wrapped + NONCE_SIZE);
}

/**
 * vault_unwrap() - decrypt a secret
 * @vault: open
 * @label: as given to vault_wrap()
 * @wrapped: what vault_wrap() made
 * @size: bytes of @wrapped
 * @ret_plain: @size - VAULT_OVERHEAD bytes; the caller wipes it
 *
 * Return: 0, or -EBADMSG under another KEK or label, or when altered.
 */
int vault_unwrap(const struct vault *vault, const char *label, const uint8_t *wrapped,
		 size_t size, void *ret_plain)
{
	struct crypto_gcm gcm = { .key = vault->kek, .key_size = sizeof(vault->kek),
				  .iv = wrapped, .aad = label, .aad_size = strlen(label) };

	if (size < VAULT_OVERHEAD)
		return -EBADMSG;
	return crypto_gcm_open(&gcm, wrapped + NONCE_SIZE, size - NONCE_SIZE, ret_plain);
}

/**
 * vault_put() - keep a secret in the database
 * @vault: open
 * @db: connection
 * @name: not yet used
 * @secret: wiped by the caller
 * @size: of @secret, at most VAULT_SECRET_MAX
 *
 * Return: 0, -EEXIST, -E2BIG, or another -errno.
 */
int vault_put(const struct vault *vault, struct cask_db *db, const char *name,
	      const void *secret, size_t size)
{
	_cleanup_free_ uint8_t *wrapped = NULL;
	char label[64];
	int ret;

	if (size > VAULT_SECRET_MAX)
		return -E2BIG;
	wrapped = malloc(size + VAULT_OVERHEAD);
	if (!wrapped)
		return -ENOMEM;
	snprintf(label, sizeof(label), "secret %s", name);
	ret = vault_wrap(vault, label, secret, size, wrapped);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO secrets (name, wrapped) VALUES ($1, $2)",
			   DB_ARGS(DB_TEXT(name), DB_BLOB(wrapped, size + VAULT_OVERHEAD)));
}

/**
 * vault_get() - read a secret from the database
 * @vault: open
 * @db: connection
 * @name: of the secret
 * @ret_secret: to be given to cask_file_wipe()
 * @ret_size: bytes of it
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int vault_get(const struct vault *vault, struct cask_db *db, const char *name,
	      uint8_t **ret_secret, size_t *ret_size)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	const uint8_t *wrapped;
	uint8_t *secret;
	char label[64];
	size_t size = 0;
	int ret;

	ret = cask_db_query_one(db, "SELECT wrapped FROM secrets WHERE name = $1",
				DB_ARGS(DB_TEXT(name)), &rows);
	if (ret) {
		cask_err("secret %s: %s", name, ret == -ESRCH ? "not there" : strerror(-ret));
		return ret;
	}
	wrapped = cask_db_blob(rows, 0, &size);
	if (size < VAULT_OVERHEAD || size > VAULT_SECRET_MAX + VAULT_OVERHEAD)
		return -EBADMSG;
	secret = malloc(size - VAULT_OVERHEAD);
	if (!secret)
		return -ENOMEM;
	snprintf(label, sizeof(label), "secret %s", name);
	ret = vault_unwrap(vault, label, wrapped, size, secret);
	if (ret) {
		cask_err("secret %s: does not open under this key encryption key", name);
		cask_file_wipe(secret, size - VAULT_OVERHEAD);
		return ret;
	}
	*ret_secret = secret;
	*ret_size = size - VAULT_OVERHEAD;
	return 0;
}

/**
 * vault_put_key() - keep a private key as PKCS#8
 * @vault: open
 * @db: connection
 * @name: not yet used
 * @pkey: of any kind
 *
 * Return: 0 or -errno.
 */
int vault_put_key(const struct vault *vault, struct cask_db *db, const char *name,
		  EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	unsigned char *der = NULL;
	int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	int ret = size > 0 ? vault_put(vault, db, name, der, size) : -EIO;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (size > 0)
		OPENSSL_clear_free(der, size);
	return ret;
}

/**
 * vault_get_key() - read a private key
 * @vault: open
 * @db: connection
 * @name: of the secret
 * @ret_pkey: to be freed with EVP_PKEY_free()
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int vault_get_key(const struct vault *vault, struct cask_db *db, const char *name,
		  EVP_PKEY **ret_pkey)
{
	const unsigned char *p;
	uint8_t *der;
	size_t size;
	int ret = vault_get(vault, db, name, &der, &size);

	if (ret)
		return ret;
	p = der;
	*ret_pkey = d2i_AutoPrivateKey(NULL, &p, size);
	cask_file_wipe(der, size);
	return *ret_pkey ? 0 : -EBADMSG;
}
