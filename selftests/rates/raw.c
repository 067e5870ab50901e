// SPDX-License-Identifier: GPL-2.0
/*
 * raw.c - what the operations of libcrypto cost that a license cannot do without: the least processor
 * time of several rounds, keys and contexts made beforehand.
 */
#include <stdio.h>
#include <time.h>
#include <openssl/evp.h>

#include "cose.h"
#include "crypto.h"
#include "rates.h"

#define ROUNDS		5
#define ROUND_NS	40000000ULL	/* at least so long is one of them */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* What the operations work on. */
struct keys {
	EVP_PKEY *signer;
	EVP_MD_CTX *md;
	EVP_PKEY_CTX *keygen;
	EVP_PKEY_CTX *derive;
};

static void sign(struct keys *k)
{
	static const uint8_t data[400];		/* as large as a license */
	uint8_t signature[512];
	size_t size = sizeof(signature);

	if (EVP_DigestSignInit(k->md, NULL, EVP_sha256(), NULL, k->signer) != 1 ||
	    EVP_DigestSign(k->md, signature, &size, data, sizeof(data)) != 1)
		rates_die("signing");
}

static void keygen(struct keys *k)
{
	EVP_PKEY *key = NULL;

	if (EVP_PKEY_keygen(k->keygen, &key) != 1)
		rates_die("X25519 keygen");
	EVP_PKEY_free(key);
}

static void derive(struct keys *k)
{
	uint8_t shared[32];
	size_t size = sizeof(shared);

	if (EVP_PKEY_derive(k->derive, shared, &size) != 1)
		rates_die("X25519");
}

static double measure(void (*op)(struct keys *), struct keys *k)
{
	double least = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now(), spent = 0, n = 0;

		for (; spent < ROUND_NS; n++, spent = now() - start)
			op(k);
		if (!round || (double)spent / n < least)
			least = (double)spent / n;
	}
	return least;
}

static void prepare(struct keys *k)
{
	EVP_PKEY *own = NULL, *peer = NULL;

	k->md = EVP_MD_CTX_new();
	k->keygen = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, NULL);
	if (!k->md || !k->keygen || EVP_PKEY_keygen_init(k->keygen) != 1 ||
	    EVP_PKEY_keygen(k->keygen, &own) != 1 || EVP_PKEY_keygen(k->keygen, &peer) != 1)
		rates_die("keys");
	k->derive = EVP_PKEY_CTX_new(own, NULL);
	if (!k->derive || EVP_PKEY_derive_init(k->derive) != 1 ||
	    EVP_PKEY_derive_set_peer(k->derive, peer) != 1)
		rates_die("X25519");
}

/**
 * rates_raw() - print nanoseconds of each operation as JSON
 *
 * Return: 0.
 */
int rates_raw(void)
{
	struct keys k = { 0 };
	double es256, rs256;

	prepare(&k);
	rates_must(cose_generate(COSE_ALG_ES256, &k.signer), "P-256");
	es256 = measure(sign, &k);
	EVP_PKEY_free(k.signer);
	rates_must(cose_generate(COSE_ALG_RS256, &k.signer), "RSA");
	EVP_MD_CTX_reset(k.md);
	rs256 = measure(sign, &k);
	printf("{\"es256\": %.0f, \"rs256\": %.0f, \"keygen\": %.0f, \"derive\": %.0f}\n",
	       es256, rs256, measure(keygen, &k), measure(derive, &k));
	return 0;
}
