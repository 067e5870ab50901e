// SPDX-License-Identifier: GPL-2.0
/* keys.c - make the pool of RSA keys that the tests of the module draw from. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/pem.h>

#include "cose.h"

static int write_key(const char *dir, int n)
{
	char path[PATH_MAX];
	EVP_PKEY *pkey;
	FILE *f;
	int ok;

	if (cose_generate(COSE_ALG_RS256, &pkey))
		return -1;
	snprintf(path, sizeof(path), "%s/%d.pem", dir, n);
	f = fopen(path, "w");
	ok = f && PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL);
	ok &= f && !fclose(f);
	EVP_PKEY_free(pkey);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	int n;

	if (argc != 3) {
		fprintf(stderr, "usage: %s DIRECTORY COUNT\n", argv[0]);
		return 2;
	}
	for (n = 0; n < atoi(argv[2]); n++) {
		if (write_key(argv[1], n)) {
			perror(argv[1]);
			return 1;
		}
	}
	return 0;
}
