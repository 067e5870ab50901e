// SPDX-License-Identifier: GPL-2.0
/*
 * pki.c - the X.509 certificates of a distributor: its development CA for TLS,
 * the TLS server, and the CA that certifies devices (RFC 5280, RFC 8410).
 *
 * None of these keys signs anything that the kernel believes; that is what
 * keeps a leaked TLS key from making licenses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto.h"
#include "pki.h"
#include "text.h"

#define CA_DAYS		3650
#define SERVER_DAYS	397	/* what browsers still take */
#define DEVICE_DAYS	1825
#define PEM_MAX		65536
#define SAN_MAX		4096

/**
 * pki_generate() - a P-256 key
 * @ret_key: to be freed with EVP_PKEY_free()
 *
 * Return: 0 or -EIO.
 */
int pki_generate(EVP_PKEY **ret_key)
{
	*ret_key = EVP_EC_gen("P-256");
	return *ret_key ? 0 : -EIO;
}

static int set_serial(X509 *x)
{
	uint8_t serial[PKI_SERIAL_SIZE];
	BIGNUM *number;
	int ret = crypto_random(serial, sizeof(serial));

	if (ret)
		return ret;
	/* Positive, and always 16 bytes. */
	serial[0] = (serial[0] & 0x7f) | 0x40;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	ret = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) ? 0 : -EIO;
	BN_free(number);
	return ret;
}

static int add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	int ret;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	if (!extension)
		return -EINVAL;
	ret = X509_add_ext(x, extension, -1) ? 0 : -EIO;
	X509_EXTENSION_free(extension);
	return ret;
}

/* A common name has a limit; cut before the character that goes beyond it. */
static void set_common_name(const char *name, char out[PKI_NAME_MAX + 1])
{
	size_t length = strnlen(name, PKI_NAME_MAX);

	while (length && ((unsigned char)name[length] & 0xc0) == 0x80)
		length--;
	memcpy(out, name, length);
	out[length] = 0;
}

/* Version, serial, times, name and key: everything but extensions and signature. */
static int prepare(X509 *x, X509 *issuer, const char *name, EVP_PKEY *key, int days)
{
	char common_name[PKI_NAME_MAX + 1];
	X509_NAME *subject = X509_get_subject_name(x);

	set_common_name(name, common_name);
	if (!X509_set_version(x, X509_VERSION_3) || set_serial(x) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), -300) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					(const unsigned char *)common_name, -1, -1, 0) ||
	    !X509_set_issuer_name(x, X509_get_subject_name(issuer)) ||
	    !X509_set_pubkey(x, key))
		return -EIO;
	return 0;
}

struct extension {
	int nid;
	const char *value;
};

static int finish(X509 *x, const struct pki_ca *ca, const struct extension *extensions,
		  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int ret = add_extension(x, ca->certificate, extensions[i].nid,
					extensions[i].value);

		if (ret)
			return ret;
	}
	return X509_sign(x, ca->key, EVP_sha256()) ? 0 : -EIO;
}

/**
 * pki_make_ca() - a new CA of its own
 * @name: common name in UTF-8, cut at PKI_NAME_MAX bytes
 * @ret_ca: to be freed with pki_free_ca()
 *
 * Return: 0 or -errno.
 */
int pki_make_ca(const char *name, struct pki_ca *ret_ca)
{
	static const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
	};
	struct pki_ca ca = { .certificate = X509_new() };
	int ret = ca.certificate ? pki_generate(&ca.key) : -ENOMEM;

	if (!ret)
		ret = prepare(ca.certificate, ca.certificate, name, ca.key, CA_DAYS);
	if (!ret)
		ret = finish(ca.certificate, &ca, extensions, ARRAY_SIZE(extensions));
	if (ret)
		pki_free_ca(&ca);
	else
		*ret_ca = ca;
	return ret;
}

/**
 * pki_free_ca() - free key and certificate
 * @ca: its members may be NULL
 */
void pki_free_ca(struct pki_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->certificate);
	*ca = (struct pki_ca){ 0 };
}

/* "DNS:a.example,IP:192.0.2.1"; names only of what stands in one. */
static int subject_names(const char *const *hosts, size_t count, char *out, size_t size)
{
	uint8_t address[16];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		bool ip = inet_pton(AF_INET, hosts[i], address) == 1 ||
			  inet_pton(AF_INET6, hosts[i], address) == 1;
		int n;

		if (!ip && (!hosts[i][0] || strlen(hosts[i]) > 253 ||
			    hosts[i][strspn(hosts[i], "abcdefghijklmnopqrstuvwxyz"
					    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*")]))
			return -EINVAL;
		n = snprintf(out + used, size - used, "%s%s:%s", i ? "," : "",
			     ip ? "IP" : "DNS", hosts[i]);
		if (n < 0 || (size_t)n >= size - used)
			return -E2BIG;
		used += n;
	}
	return used ? 0 : -EINVAL;
}

/**
 * pki_make_server() - certify a TLS server
 * @ca: who signs
 * @key: the server's
 * @hosts: DNS names and IP addresses, the first also as common name
 * @host_count: at least 1
 * @ret_certificate: to be freed with X509_free()
 *
 * Return: 0, -EINVAL for something that is no host, or another -errno.
 */
int pki_make_server(const struct pki_ca *ca, EVP_PKEY *key, const char *const *hosts,
		    size_t host_count, X509 **ret_certificate)
{
	_cleanup_x509_ X509 *x = X509_new();
	char names[SAN_MAX];
	const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_alt_name, names },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" },
	};
	int ret = x ? subject_names(hosts, host_count, names, sizeof(names)) : -ENOMEM;

	if (ret)
		return ret;
	ret = prepare(x, ca->certificate, hosts[0], key, SERVER_DAYS);
	if (!ret)
		ret = finish(x, ca, extensions, ARRAY_SIZE(extensions));
	if (!ret)
		*ret_certificate = steal_ptr(&x);
	return ret;
}

/**
 * pki_make_device() - certify a device's key
 * @ca: who signs
 * @device: whom and what for
 * @ret_certificate: to be freed with X509_free()
 *
 * Return: 0 or -errno.
 */
int pki_make_device(const struct pki_ca *ca, const struct pki_device *device,
		    X509 **ret_certificate)
{
	const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,keyAgreement" },
		{ NID_ext_key_usage, device->purpose },
		{ NID_authority_key_identifier, "keyid" },
	};
	_cleanup_pkey_ EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL,
								   device->key, CASK_X25519_SIZE);
	_cleanup_x509_ X509 *x = X509_new();
	char name[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	int ret;

	if (!key || !x)
		return -ENOMEM;
	text_hex(device->id, CASK_KID_SIZE, name);
	ret = prepare(x, ca->certificate, name, key, DEVICE_DAYS);
	if (!ret && device->not_after && !X509_time_adj_ex(X509_getm_notAfter(x), 0, 0,
							   &(time_t){ device->not_after }))
		ret = -EINVAL;
	if (!ret)
		ret = finish(x, ca, extensions, ARRAY_SIZE(extensions));
	if (!ret)
		*ret_certificate = steal_ptr(&x);
	return ret;
}

/**
 * pki_serial() - the serial number of one of our certificates
 * @certificate: made here
 * @ret_serial: big-endian
 *
 * Return: 0, or -EINVAL for a serial of another size.
 */
int pki_serial(const X509 *certificate, uint8_t ret_serial[PKI_SERIAL_SIZE])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);

	if (ASN1_STRING_length(serial) != PKI_SERIAL_SIZE)
		return -EINVAL;
	memcpy(ret_serial, ASN1_STRING_get0_data(serial), PKI_SERIAL_SIZE);
	return 0;
}

/**
 * pki_expires() - the end of a certificate
 * @certificate: any
 * @ret_time: seconds since 1970
 *
 * Return: 0 or -EINVAL.
 */
int pki_expires(const X509 *certificate, int64_t *ret_time)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
		return -EINVAL;
	*ret_time = timegm(&tm);
	return 0;
}

static int take_text(BIO *bio, char **ret_text)
{
	char *data;
	long size = BIO_get_mem_data(bio, &data);

	*ret_text = size > 0 ? strndup(data, size) : NULL;
	return *ret_text ? 0 : -ENOMEM;
}

/**
 * pki_to_pem() - write a certificate
 * @certificate: any
 * @ret_pem: zero-terminated; the caller frees it
 *
 * Return: 0 or -errno.
 */
int pki_to_pem(const X509 *certificate, char **ret_pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ret = bio && PEM_write_bio_X509(bio, (X509 *)certificate) ? take_text(bio, ret_pem) :
									 -EIO;

	BIO_free(bio);
	return ret;
}

/**
 * pki_key_to_pem() - write a private key
 * @key: any
 * @ret_pem: zero-terminated; the caller wipes and frees it
 *
 * Return: 0 or -errno.
 */
int pki_key_to_pem(EVP_PKEY *key, char **ret_pem)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int ret = bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) ?
		take_text(bio, ret_pem) : -EIO;

	BIO_free(bio);
	return ret;
}

/**
 * pki_from_pem() - read a certificate
 * @pem: zero-terminated
 * @ret_certificate: to be freed with X509_free()
 *
 * Return: 0 or -EINVAL.
 */
int pki_from_pem(const char *pem, X509 **ret_certificate)
{
	BIO *bio = BIO_new_mem_buf(pem, strnlen(pem, PEM_MAX));

	*ret_certificate = bio ? PEM_read_bio_X509(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return *ret_certificate ? 0 : -EINVAL;
}
