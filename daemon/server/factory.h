/* SPDX-License-Identifier: GPL-2.0 */
/*
 * factory.h - the provisioning authority, which certifies devices where they are
 * made, and its certificates and revocation lists at a distributor.
 */
#ifndef CASK_FACTORY_H
#define CASK_FACTORY_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "pki.h"
#include "server.h"

#define FACTORY_PEM_MAX		16384	/* of one certificate */
/*
 * Of a list, and of the file with all of a distributor's: some 340,000 certificates. What
 * the one may write, the other must read, or nobody enrols any more.
 */
#define FACTORY_LISTS_MAX	16777216
#define FACTORY_HASH_SIZE	32

/* --- the authority: a directory with its CA and its list --- */

int factory_init(const char *dir, const char *name);
int factory_certify(const char *dir, const struct pki_device *device, const char *output);
int factory_revoke(const char *dir, char **paths, uint64_t next_update);

/* --- the distributor --- */

/* What may be said of a certificate that a device brought. */
enum factory_verdict {
	FACTORY_GOOD,
	FACTORY_MALFORMED,	/* no X.509 in PEM */
	FACTORY_PURPOSE,	/* made for something else */
	FACTORY_KEY,		/* no X25519 key */
	FACTORY_DEVICE,		/* another device's */
	FACTORY_UNKNOWN,	/* made by nobody that counts here */
	FACTORY_EXPIRED,
	FACTORY_REVOKED,
	FACTORY_NO_LIST,	/* whether it is revoked cannot be told */
	FACTORY_FAILED,		/* the server's own trouble, logged */
};

enum factory_verdict factory_check(const struct server_config *config, const char *pem,
				   const uint8_t device_key[CASK_X25519_SIZE],
				   uint8_t ret_hash[FACTORY_HASH_SIZE]);

#endif /* CASK_FACTORY_H */
