/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pki.h - the X.509 certificates of a distributor: its development CA for TLS,
 * the TLS server, and the CA that certifies devices.
 */
#ifndef CASK_PKI_H
#define CASK_PKI_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <linux/cask_format.h>

#include "cleanup.h"

#define PKI_SERIAL_SIZE	16
#define PKI_NAME_MAX	64	/* ub-common-name */

/**
 * struct pki_ca - who signs certificates
 * @key: private
 * @certificate: its own
 */
struct pki_ca {
	EVP_PKEY *key;
	X509 *certificate;
};

int pki_generate(EVP_PKEY **ret_key);
int pki_make_ca(const char *name, struct pki_ca *ret_ca);
void pki_free_ca(struct pki_ca *ca);
int pki_make_server(const struct pki_ca *ca, EVP_PKEY *key, const char *const *hosts,
		    size_t host_count, X509 **ret_certificate);

/* extendedKeyUsage of what a distributor gives its devices, and of what a factory does. */
#define PKI_PURPOSE_CLIENT	"clientAuth"
#define PKI_PURPOSE_FACTORY_OID	"2.25.37221013799663410408923105105438096625"
#define PKI_PURPOSE_FACTORY	"critical," PKI_PURPOSE_FACTORY_OID

/**
 * struct pki_device - a device to be certified
 * @id: the common name, in hex
 * @key: X25519 public key
 * @purpose: PKI_PURPOSE_*
 * @not_after: last second, since 1970; 0: five years from now
 */
struct pki_device {
	uint8_t id[CASK_KID_SIZE];
	uint8_t key[CASK_X25519_SIZE];
	const char *purpose;
	uint64_t not_after;
};

int pki_make_device(const struct pki_ca *ca, const struct pki_device *device,
		    X509 **ret_certificate);

int pki_serial(const X509 *certificate, uint8_t ret_serial[PKI_SERIAL_SIZE]);
int pki_expires(const X509 *certificate, int64_t *ret_time);
int pki_to_pem(const X509 *certificate, char **ret_pem);
int pki_key_to_pem(EVP_PKEY *key, char **ret_pem);
int pki_from_pem(const char *pem, X509 **ret_certificate);

static inline void cask_cleanup_x509(X509 **certificate)
{
	X509_free(*certificate);
}
#define _cleanup_x509_ _cleanup_(cask_cleanup_x509)

static inline void cask_cleanup_pkey(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
#define _cleanup_pkey_ _cleanup_(cask_cleanup_pkey)

#endif /* CASK_PKI_H */
