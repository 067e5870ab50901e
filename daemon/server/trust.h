/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trust.h - the CAs whose factory certificates count, and their revocation lists.
 */
#ifndef CASK_TRUST_H
#define CASK_TRUST_H

#include <openssl/x509.h>

int trust_cas(const char *path, STACK_OF(X509) **ret_cas);
int trust_lists(const char *path, STACK_OF(X509_CRL) **ret_lists);
void trust_free_cas(STACK_OF(X509) *cas);
void trust_free_lists(STACK_OF(X509_CRL) *lists);

#endif /* CASK_TRUST_H */
