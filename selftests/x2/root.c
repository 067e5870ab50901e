// SPDX-License-Identifier: GPL-2.0
/*
 * root.c - have a root key in the session's keyring, for root=keyring.
 *
 *	x2-root SEED
 *
 * The key is SHA-256 of the seed, so that it is nowhere in the machine but here
 * and in the keyring; what is here is wiped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/keyctl.h>

#include "crypto.h"
#include "file.h"

#define SEED_LIMIT	64

int main(int argc, char **argv)
{
	uint8_t *seed, key[32];
	size_t size;
	long id;

	if (argc != 2 || cask_file_read(argv[1], SEED_LIMIT, &seed, &size) ||
	    crypto_sha256(seed, size, key)) {
		fprintf(stderr, "x2-root: no seed\n");
		return 1;
	}
	id = syscall(SYS_add_key, "logon", "cask:root", key, sizeof(key),
		     KEY_SPEC_SESSION_KEYRING);
	crypto_wipe(key, sizeof(key));
	free(seed);
	if (id < 0)
		perror("x2-root");
	return id < 0;
}
