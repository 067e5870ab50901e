// SPDX-License-Identifier: GPL-2.0
/*
 * factory.c - the provisioning authority: a directory with a CA that certifies
 * devices where they are made, and with the list of what it has revoked.
 *
 * It is another party than the distributors that trust it, and shares nothing with
 * them but factory-ca.crt and factory.crl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto.h"
#include "factory.h"
#include "file.h"
#include "log.h"

#define CA_FILE		"factory-ca.crt"
#define KEY_FILE	"factory-ca.key"
#define CRL_FILE	"factory.crl"
#define CRL_SECONDS	(30 * 86400)
#define CLOCK_SLACK	300

static void free_crl(X509_CRL **crl)
{
	X509_CRL_free(*crl);
}
#define _cleanup_crl_ _cleanup_(free_crl)

static int put_text(const char *dir, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = cask_file_path(dir, name);

	return path ? cask_file_write(path, text, strlen(text), mode) : -ENOMEM;
}

static int get_text(const char *dir, const char *name, size_t limit, char **ret_text)
{
	_cleanup_free_ char *path = cask_file_path(dir, name);
	size_t size;
	int ret = path ? cask_file_read(path, limit, (uint8_t **)ret_text, &size) : -ENOMEM;

	if (ret)
		cask_err("%s: %s", path ? path : name, strerror(-ret));
	return ret;
}

static int read_key(const char *dir, EVP_PKEY **ret_key)
{
	char *pem;
	BIO *bio;
	int ret = get_text(dir, KEY_FILE, FACTORY_PEM_MAX, &pem);

	if (ret)
		return ret;
	bio = BIO_new_mem_buf(pem, -1);
	*ret_key = bio ? PEM_read_bio_PrivateKey(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	BIO_free(bio);
	cask_file_wipe((uint8_t *)pem, strlen(pem));
	return *ret_key ? 0 : -EBADMSG;
}

static int open_ca(const char *dir, struct pki_ca *ca)
{
	_cleanup_free_ char *pem = NULL;
	int ret = read_key(dir, &ca->key);

	if (!ret)
		ret = get_text(dir, CA_FILE, FACTORY_PEM_MAX, &pem);
	return ret ? ret : pki_from_pem(pem, &ca->certificate);
}

static int write_key(const char *dir, EVP_PKEY *key)
{
	char *pem;
	int ret = pki_key_to_pem(key, &pem);

	if (ret)
		return ret;
	ret = put_text(dir, KEY_FILE, pem, 0600);
	cask_file_wipe((uint8_t *)pem, strlen(pem));
	return ret;
}

static int write_certificate(const char *path, const X509 *certificate)
{
	_cleanup_free_ char *pem = NULL;
	int ret = pki_to_pem(certificate, &pem);

	return ret ? ret : cask_file_write(path, pem, strlen(pem), 0644);
}

/* A list that nobody reads would stop all enrolment: time to say so while there is room. */
static int check_size(const char *path, long size)
{
	if (size > FACTORY_LISTS_MAX) {
		cask_err("%s: would have %ld bytes of at most %d; make another authority for "
			 "devices to come", path, size, FACTORY_LISTS_MAX);
		return -EFBIG;
	}
	if (size > FACTORY_LISTS_MAX / 4 * 3)
		cask_warn("%s: has %ld bytes of at most %d", path, size, FACTORY_LISTS_MAX);
	return 0;
}

static int write_crl(const char *dir, X509_CRL *crl)
{
	_cleanup_free_ char *path = cask_file_path(dir, CRL_FILE);
	BIO *bio = BIO_new(BIO_s_mem());
	int ret = path && bio && PEM_write_bio_X509_CRL(bio, crl) ? 0 : -ENOMEM;
	char *data;
	long size;

	if (!ret) {
		size = BIO_get_mem_data(bio, &data);
		ret = check_size(path, size);
	}
	if (!ret)
		ret = cask_file_write(path, data, size, 0644);
	BIO_free(bio);
	return ret;
}

/* A list of version 2, with the next number and the entries of the one before. */
static int new_crl(X509_CRL *before, X509_CRL **ret_crl)
{
	X509_CRL *crl = before ? X509_CRL_dup(before) : X509_CRL_new();
	ASN1_INTEGER *number = before ? X509_CRL_get_ext_d2i(before, NID_crl_number, NULL, NULL) :
					NULL;
	int64_t last = 0;
	int ret = -EIO;

	if (crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2)) {
		if (!number)
			number = ASN1_INTEGER_new();
		else
			ASN1_INTEGER_get_int64(&last, number);
		if (number && ASN1_INTEGER_set_int64(number, last + 1) &&
		    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_REPLACE) == 1)
			ret = 0;
	}
	ASN1_INTEGER_free(number);
	if (ret)
		X509_CRL_free(crl);
	else
		*ret_crl = crl;
	return ret;
}

static int add_entry(X509_CRL *crl, X509 *certificate)
{
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
	X509_REVOKED *entry, *there = NULL;
	int ret = -EIO;

	X509_CRL_get0_by_cert(crl, &there, certificate);
	if (there || !now) {
		ASN1_TIME_free(now);
		return there ? 0 : -ENOMEM;
	}
	entry = X509_REVOKED_new();
	if (entry && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)) &&
	    X509_REVOKED_set_revocationDate(entry, now) && X509_CRL_add0_revoked(crl, entry))
		ret = 0;
	else
		X509_REVOKED_free(entry);
	ASN1_TIME_free(now);
	return ret;
}

static int sign_crl(X509_CRL *crl, const struct pki_ca *ca, uint64_t next_update)
{
	time_t next = next_update ? next_update : (uint64_t)time(NULL) + CRL_SECONDS;
	ASN1_TIME *from = X509_gmtime_adj(NULL, -CLOCK_SLACK), *to = ASN1_TIME_set(NULL, next);
	bool done = from && to &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->certificate)) &&
		    X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to) &&
		    X509_CRL_sort(crl) && X509_CRL_sign(crl, ca->key, EVP_sha256());

	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return done ? 0 : -EIO;
}

static int make(const char *dir, const char *name)
{
	_cleanup_(pki_free_ca) struct pki_ca ca = { 0 };
	_cleanup_free_ char *path = cask_file_path(dir, CA_FILE);
	_cleanup_crl_ X509_CRL *crl = NULL;
	int ret = path ? pki_make_ca(name, &ca) : -ENOMEM;

	if (!ret)
		ret = write_key(dir, ca.key);
	if (!ret)
		ret = write_certificate(path, ca.certificate);
	if (!ret)
		ret = new_crl(NULL, &crl);
	if (!ret)
		ret = sign_crl(crl, &ca, 0);
	return ret ? ret : write_crl(dir, crl);
}

static void remove_half_made(const char *dir)
{
	static const char *const made[] = { CA_FILE, KEY_FILE, CRL_FILE };

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		_cleanup_free_ char *path = cask_file_path(dir, made[i]);

		if (path)
			unlink(path);
	}
	rmdir(dir);
}

/**
 * factory_init() - make a new authority
 * @dir: to be made, whole or not at all; an empty directory is replaced
 * @name: its CA's common name
 *
 * Return: 0, -EEXIST or -ENOTEMPTY when there is something, or another -errno.
 */
int factory_init(const char *dir, const char *name)
{
	_cleanup_free_ char *temporary = NULL;
	int ret;

	if (asprintf(&temporary, "%s.XXXXXX", dir) < 0)
		return -ENOMEM;
	if (!mkdtemp(temporary))
		return -errno;
	ret = make(temporary, name);
	if (!ret && rename(temporary, dir))
		ret = -errno;
	if (ret)
		remove_half_made(temporary);
	else
		ret = cask_file_sync_parent(dir);
	return ret;
}

/**
 * factory_certify() - certify a device
 * @dir: the authority's
 * @device: the device; its purpose is set here
 * @output: where the certificate goes, as PEM
 *
 * Return: 0, -EINVAL for an impossible key or time, or another -errno.
 */
int factory_certify(const char *dir, const struct pki_device *device, const char *output)
{
	_cleanup_(pki_free_ca) struct pki_ca ca = { 0 };
	_cleanup_x509_ X509 *certificate = NULL;
	struct pki_device d = *device;
	int ret = open_ca(dir, &ca);

	d.purpose = PKI_PURPOSE_FACTORY;
	if (!ret)
		ret = pki_make_device(&ca, &d, &certificate);
	return ret ? ret : write_certificate(output, certificate);
}

static int read_crl(const char *dir, X509_CRL **ret_crl)
{
	_cleanup_free_ char *pem = NULL;
	int ret = get_text(dir, CRL_FILE, FACTORY_LISTS_MAX, &pem);
	BIO *bio;

	if (ret)
		return ret;
	bio = BIO_new_mem_buf(pem, -1);
	*ret_crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return *ret_crl ? 0 : -EBADMSG;
}

/* The list tells serials apart, not authors: a stranger's certificate has no place in it. */
static int revoke_one(X509_CRL *crl, const struct pki_ca *ca, const char *path)
{
	_cleanup_x509_ X509 *certificate = NULL;
	_cleanup_free_ char *pem = NULL;
	int ret = get_text(".", path, FACTORY_PEM_MAX, &pem);

	if (ret)
		return ret;
	ret = pki_from_pem(pem, &certificate);
	if (!ret && X509_verify(certificate, X509_get0_pubkey(ca->certificate)) != 1)
		ret = -EKEYREJECTED;
	if (ret)
		cask_err("%s: is no certificate of this authority", path);
	return ret ? ret : add_entry(crl, certificate);
}

static int revoke_all(const char *dir, const struct pki_ca *ca, char **paths,
		      uint64_t next_update)
{
	_cleanup_crl_ X509_CRL *before = NULL, *crl = NULL;
	int ret = read_crl(dir, &before);

	if (!ret)
		ret = new_crl(before, &crl);
	for (; !ret && *paths; paths++)
		ret = revoke_one(crl, ca, *paths);
	if (!ret)
		ret = sign_crl(crl, ca, next_update);
	return ret ? ret : write_crl(dir, crl);
}

/**
 * factory_revoke() - add certificates to the list, and sign it anew
 * @dir: the authority's
 * @paths: of certificates as PEM, ended by NULL; there may be none
 * @next_update: until when the list is good, since 1970; 0: 30 days
 *
 * Return: 0, or -errno and the list is as it was; what is wrong with a file is logged.
 */
int factory_revoke(const char *dir, char **paths, uint64_t next_update)
{
	_cleanup_close_ int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(pki_free_ca) struct pki_ca ca = { 0 };
	int ret;

	/* Two at once would each forget what the other adds. */
	if (lock < 0 || flock(lock, LOCK_EX))
		return -errno;
	ret = open_ca(dir, &ca);
	return ret ? ret : revoke_all(dir, &ca, paths, next_update);
}
