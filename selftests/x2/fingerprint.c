// SPDX-License-Identifier: GPL-2.0
/*
 * fingerprint.c - all forms of some keys, for the searcher or for decoys.
 *
 *	x2-fingerprint [--plain] <KEYS
 *
 * KEYS has lines "NAME HEX" of 16 or 32 bytes. Writes a line for each form: "WINDOW SIZE SHA256 NAME
 * FORM", from which no key can be had, or with --plain "BYTES NAME FORM".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/sha.h>

#include "forms.h"
#include "text.h"
#include "window.h"

static bool plain;

static void print(const struct form *form, void *name)
{
	char hex[TEXT_HEX_SIZE(FORM_MAX)];
	uint8_t hash[SHA256_DIGEST_LENGTH];

	if (plain) {
		text_hex(form->bytes, form->size, hex);
		printf("%s %s %s\n", hex, (char *)name, form->name);
		return;
	}
	SHA256(form->bytes, form->size, hash);
	text_hex(hash, sizeof(hash), hex);
	printf("%016" PRIx64 " %zu %s %s %s\n", window_hash(form->bytes), form->size, hex,
	       (char *)name, form->name);
}

int main(int argc, char **argv)
{
	char name[64], hex[TEXT_HEX_SIZE(32)];
	uint8_t key[32];
	int n = 0;

	plain = argc == 2 && !strcmp(argv[1], "--plain");
	while (scanf("%63s %64s", name, hex) == 2) {
		size_t size = strlen(hex) / 2;

		if ((size != 16 && size != 32) || text_from_hex(hex, key, size)) {
			fprintf(stderr, "x2-fingerprint: %s is no key\n", name);
			return 1;
		}
		forms_each(key, size, print, name);
		n++;
	}
	return !n || fflush(stdout);
}
