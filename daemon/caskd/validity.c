// SPDX-License-Identifier: GPL-2.0
/*
 * validity.c - when what a distributor gave us begins and ends, for people: the
 * kernel judges scopes by itself.
 */
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "crypto.h"
#include "parse.h"
#include "validity.h"

static json_t *period(int64_t not_before, int64_t not_after)
{
	return json_pack("{sI sI}", "not_before", (json_int_t)not_before, "not_after",
			 (json_int_t)not_after);
}

/**
 * validity_of_scope() - the period of a scope
 * @statement: a COSE_Sign1; its signature is not checked
 * @size: of @statement
 *
 * Return: a new reference to {"not_before", "not_after"} or to null; NULL without memory.
 */
json_t *validity_of_scope(const uint8_t *statement, size_t size)
{
	struct cask_scope scope;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, statement, size) ||
	    cask_scope_parse(&scope, cose.payload.data, cose.payload.len) ||
	    scope.not_before > INT64_MAX || scope.not_after > INT64_MAX)
		return json_null();
	return period(scope.not_before, scope.not_after);
}

static int seconds(const ASN1_TIME *time, int64_t *ret)
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return -1;
	*ret = timegm(&tm);
	return 0;
}

/**
 * validity_of_certificate() - the period of a certificate
 * @pem: X.509
 *
 * Return: as validity_of_scope().
 */
json_t *validity_of_certificate(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	int64_t begin, end;
	json_t *json;

	json = x509 && !seconds(X509_get0_notBefore(x509), &begin) &&
	       !seconds(X509_get0_notAfter(x509), &end) ? period(begin, end) : json_null();
	X509_free(x509);
	BIO_free(bio);
	return json;
}
