// SPDX-License-Identifier: GPL-2.0
/* trees.c - trees with revoked leaves, drawn, and EKBs of them. */
#include <stdlib.h>
#include <openssl/evp.h>

#include "trees.h"
#include "ekb_vectors.h"

#define SEED	0x9e3779b97f4a7c15ULL

const uint32_t schemes[2] = { CASK_SCHEME_SUBTREES, CASK_SCHEME_DIFFERENCES };

struct cask_aes *aes;
static uint64_t state = SEED;

uint32_t draw(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 32;
}

size_t subset_of(uint32_t bits, uint32_t *revoked)
{
	size_t n = 0;

	for (uint32_t leaf = 0; leaf < 32; leaf++)
		if (bits >> leaf & 1)
			revoked[n++] = leaf;
	return n;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

size_t draw_revoked(unsigned int height, uint32_t *revoked, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		revoked[i] = draw() >> (32 - height);
	qsort(revoked, n, sizeof(*revoked), by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || revoked[i] != revoked[kept - 1])
			revoked[kept++] = revoked[i];
	return kept;
}

bool is_in(uint32_t leaf, const uint32_t *revoked, size_t n)
{
	return n && bsearch(&leaf, revoked, n, sizeof(leaf), by_number);
}

struct category category_of(uint32_t scheme, uint32_t height)
{
	struct category c = { .scheme = scheme, .height = height };

	memcpy(c.id, ekb_category, sizeof(c.id));
	memcpy(c.issuer, ekb_issuer, sizeof(c.issuer));
	memcpy(c.master, ekb_master, sizeof(c.master));
	memcpy(c.seed, ekb_seed, sizeof(c.seed));
	return c;
}

void make(const struct category *c, uint32_t version, const uint32_t *revoked, size_t n,
	  struct made *m)
{
	const struct category_ekb ekb = { version, EKB_VECTOR_CREATED, revoked, n };
	struct object o = OBJECT_INIT;

	assert_int_equal(category_ekb_body(&o, c, aes, &ekb, &m->entries, &m->entries_size), 0);
	assert_int_equal(object_end(&o, &m->payload, &m->size), 0);
	assert_int_equal(cask_ekb_parse(&m->e, m->payload, m->size), 0);
	assert_int_equal(cask_ekb_entries(&m->e, m->entries, m->entries_size), 0);
}

void unmake(struct made *m)
{
	free(m->payload);
	free(m->entries);
}

struct cose_signer signer_of(EVP_PKEY **ret_pkey)
{
	struct cose_signer signer = { 0 };

	assert_int_equal(cose_generate(COSE_ALG_ES256, ret_pkey), 0);
	assert_int_equal(cose_signer_init(&signer, *ret_pkey), 0);
	return signer;
}
