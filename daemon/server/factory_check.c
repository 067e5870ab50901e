// SPDX-License-Identifier: GPL-2.0
/*
 * factory_check.c - whether a factory certificate vouches for a device: the
 * distributor's side of factory.h.
 *
 * What it is comes before who made it, so that a certificate for TLS is called by
 * its name even where its CA is among the factory's by mistake.
 */
#include <errno.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "cose.h"
#include "crypto.h"
#include "factory.h"
#include "file.h"
#include "log.h"
#include "text.h"

#define BUNDLE_MAX	1048576	/* PEM of all CAs, or of all lists */

static void free_store(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void free_context(X509_STORE_CTX **context)
{
	X509_STORE_CTX_free(*context);
}

/* The one purpose, critical, for an end entity of version 3. */
static bool purpose_fits(X509 *x)
{
	char oid[sizeof(PKI_PURPOSE_FACTORY_OID) + 1];
	EXTENDED_KEY_USAGE *usage;
	int critical = 0;
	bool fits;

	usage = X509_get_ext_d2i(x, NID_ext_key_usage, &critical, NULL);
	fits = usage && critical == 1 && sk_ASN1_OBJECT_num(usage) == 1 &&
	       OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, 0), 1) ==
			sizeof(PKI_PURPOSE_FACTORY_OID) - 1 &&
	       !strcmp(oid, PKI_PURPOSE_FACTORY_OID);
	EXTENDED_KEY_USAGE_free(usage);
	return fits && X509_get_version(x) == X509_VERSION_3 && !X509_check_ca(x) &&
	       X509_get_key_usage(x) == KU_KEY_AGREEMENT;
}

static bool is_named(X509 *x, const uint8_t device_key[CASK_X25519_SIZE])
{
	char wanted[TEXT_HEX_SIZE(CASK_KID_SIZE)], name[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	uint8_t id[CASK_KID_SIZE];

	if (cose_device_id(device_key, id))
		return false;
	text_hex(id, sizeof(id), wanted);
	return X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name,
					 sizeof(name)) == sizeof(wanted) - 1 &&
	       !strcmp(name, wanted);
}

static enum factory_verdict check_subject(X509 *x, const uint8_t device_key[CASK_X25519_SIZE])
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	uint8_t raw[CASK_X25519_SIZE];
	size_t size = sizeof(raw);

	if (!purpose_fits(x))
		return FACTORY_PURPOSE;
	if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_X25519 ||
	    !EVP_PKEY_get_raw_public_key(key, raw, &size) || size != sizeof(raw))
		return FACTORY_KEY;
	return memcmp(raw, device_key, sizeof(raw)) || !is_named(x, device_key) ?
		FACTORY_DEVICE : FACTORY_GOOD;
}

/* Puts what a PEM file holds into the store: its certificates, or its lists. */
static int add_bundle(X509_STORE *store, const char *path, bool lists)
{
	STACK_OF(X509_INFO) *infos;
	uint8_t *data;
	size_t size;
	BIO *bio;
	int count = 0, ret = cask_file_read(path, BUNDLE_MAX, &data, &size);

	if (ret) {
		cask_err("%s: %s", path, strerror(-ret));
		return ret;
	}
	bio = BIO_new_mem_buf(data, size);
	infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	for (int i = 0; infos && i < sk_X509_INFO_num(infos); i++) {
		X509_INFO *info = sk_X509_INFO_value(infos, i);

		count += lists ? info->crl && X509_STORE_add_crl(store, info->crl) :
				 info->x509 && X509_STORE_add_cert(store, info->x509);
	}
	sk_X509_INFO_pop_free(infos, X509_INFO_free);
	BIO_free(bio);
	free(data);
	if (!count)
		cask_err("%s: holds no %s in PEM", path, lists ? "revocation list" : "certificate");
	return count ? 0 : -EINVAL;
}

static enum factory_verdict verdict_of(int error, int depth)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return depth ? FACTORY_UNKNOWN : FACTORY_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return FACTORY_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
		cask_err("factory certificates: %s", X509_verify_cert_error_string(error));
		return FACTORY_NO_LIST;
	case X509_V_ERR_OUT_OF_MEM:
		return FACTORY_FAILED;
	}
	return FACTORY_UNKNOWN;
}

static enum factory_verdict verify(X509_STORE *store, X509 *x)
{
	_cleanup_(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();

	if (!context || !X509_STORE_CTX_init(context, store, x, NULL))
		return FACTORY_FAILED;
	if (X509_verify_cert(context) == 1)
		return FACTORY_GOOD;
	return verdict_of(X509_STORE_CTX_get_error(context),
			  X509_STORE_CTX_get_error_depth(context));
}

/* Every certificate of the file is a root of its own: a CA that another one made is too. */
static enum factory_verdict check_issuer(const struct server_config *config, X509 *x)
{
	_cleanup_(free_store) X509_STORE *store = X509_STORE_new();
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (!config->factory_ca)
		return FACTORY_UNKNOWN;
	if (!store || add_bundle(store, config->factory_ca, false))
		return FACTORY_FAILED;
	if (config->factory_crl) {
		flags |= X509_V_FLAG_CRL_CHECK;
		if (add_bundle(store, config->factory_crl, true))
			return FACTORY_NO_LIST;
	}
	return X509_STORE_set_flags(store, flags) ? verify(store, x) : FACTORY_FAILED;
}

/**
 * factory_check() - judge a certificate that a device brought
 * @config: names the CAs and lists, which are read each time
 * @pem: as sent
 * @device_key: of the device, as sent
 * @ret_hash: on FACTORY_GOOD: SHA-256 of the certificate
 *
 * A certificate is no secret: that the device holds the key is for the challenge
 * to prove.
 *
 * Return: the verdict.
 */
enum factory_verdict factory_check(const struct server_config *config, const char *pem,
				   const uint8_t device_key[CASK_X25519_SIZE],
				   uint8_t ret_hash[FACTORY_HASH_SIZE])
{
	_cleanup_x509_ X509 *x = NULL;
	enum factory_verdict verdict;

	if (pki_from_pem(pem, &x))
		return FACTORY_MALFORMED;
	verdict = check_subject(x, device_key);
	if (verdict == FACTORY_GOOD)
		verdict = check_issuer(config, x);
	if (verdict == FACTORY_GOOD && !X509_digest(x, EVP_sha256(), ret_hash, NULL))
		verdict = FACTORY_FAILED;
	return verdict;
}
