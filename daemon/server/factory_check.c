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
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "cose.h"
#include "factory.h"
#include "log.h"
#include "text.h"
#include "trust.h"

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

/* Every CA is a root of its own: one that another made is too. */
static enum factory_verdict verify(X509 *x, STACK_OF(X509) *cas, STACK_OF(X509_CRL) *lists)
{
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | (lists ? X509_V_FLAG_CRL_CHECK : 0);
	_cleanup_(free_store) X509_STORE *empty = X509_STORE_new();
	_cleanup_(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();

	if (!empty || !context || !X509_STORE_CTX_init(context, empty, x, NULL))
		return FACTORY_FAILED;
	X509_STORE_CTX_set0_trusted_stack(context, cas);
	X509_STORE_CTX_set0_crls(context, lists);
	X509_STORE_CTX_set_flags(context, flags);
	if (X509_verify_cert(context) == 1)
		return FACTORY_GOOD;
	return verdict_of(X509_STORE_CTX_get_error(context),
			  X509_STORE_CTX_get_error_depth(context));
}

static enum factory_verdict check_lists(const char *path, X509 *x, STACK_OF(X509) *cas)
{
	STACK_OF(X509_CRL) *lists;
	enum factory_verdict verdict;

	if (trust_lists(path, &lists))
		return FACTORY_NO_LIST;
	verdict = verify(x, cas, lists);
	trust_free_lists(lists);
	return verdict;
}

/* The lists only for what a CA has signed: OpenSSL would go through them first. */
static enum factory_verdict check_issuer(const struct server_config *config, X509 *x)
{
	enum factory_verdict verdict;
	STACK_OF(X509) *cas;

	if (!config->factory_ca)
		return FACTORY_UNKNOWN;
	if (trust_cas(config->factory_ca, &cas))
		return FACTORY_FAILED;
	verdict = verify(x, cas, NULL);
	if (verdict == FACTORY_GOOD && config->factory_crl)
		verdict = check_lists(config->factory_crl, x, cas);
	trust_free_cas(cas);
	return verdict;
}

/**
 * factory_check() - judge a certificate that a device brought
 * @config: names the CAs and lists
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
