// SPDX-License-Identifier: GPL-2.0
/*
 * measure.c - how large EKBs are, and what making and opening them takes, against the goals.
 * Prints TAP.
 *
 * Times are of this thread's processor time, the least of several, so that others on the machine
 * matter little. Opening is all that a device does but for the signature, the hash and the one
 * look at each entry that go with taking an EKB: those grow with it, and are shown beside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "category.h"
#include "crypto.h"

#define HEIGHT		20
#define ENTRY_GOAL	22	/* bytes */
#define OPEN_GOAL	20.0	/* microseconds */
#define TIMES		5
#define OPEN_TIMES	50
#define LEAVES		200

/**
 * struct line - so many leaves of 2^HEIGHT revoked
 * @revoked: how many
 * @goal_ms: to make it in, 0: none
 * @goal_bytes: it may have, 0: any
 */
struct line {
	size_t revoked;
	double goal_ms;
	size_t goal_bytes;
};

static const struct line lines[] = {
	{ 16, 0, 0 }, { 1024, 10, 28000 }, { 16384, 100, 0 },
};

static struct cask_aes *aes;
static int count, failed;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void must(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "ekb-measure: %s: %s\n", what, strerror(-ret));
	exit(1);
}

static void test(int good, const char *scheme, size_t revoked, const char *what)
{
	failed += !good;
	printf("%sok %d - D6: %s, %zu revoked: %s\n", good ? "" : "not ", ++count, scheme, revoked, what);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Exactly so many, of leaves that look random. */
static uint32_t *draw(size_t n)
{
	static uint8_t taken[1 << HEIGHT];
	uint32_t *revoked = calloc(n, sizeof(*revoked)), state = 1;
	size_t i = 0;

	memset(taken, 0, sizeof(taken));
	while (i < n) {
		state = state * 1664525 + 1013904223;
		if (taken[state >> (32 - HEIGHT)]++)
			continue;
		revoked[i++] = state >> (32 - HEIGHT);
	}
	qsort(revoked, n, sizeof(*revoked), by_number);
	return revoked;
}

/* An EKB, its statement taken apart. */
struct made {
	uint8_t *statement, *entries;
	size_t size, entries_size;
	struct cask_ekb e;
	double make_ms, look_us;
};

static void make(const struct category *c, const struct cose_signer *signer,
		 const struct category_ekb *ekb, struct made *m)
{
	struct cask_cose cose;
	double begun;

	*m = (struct made){ .make_ms = 1e9 };
	for (int i = 0; i < TIMES; i++) {
		free(m->statement);
		free(m->entries);
		begun = now();
		must(category_ekb(c, signer, ekb, &m->statement, &m->size, &m->entries,
				  &m->entries_size), "make");
		if ((now() - begun) / 1000 < m->make_ms)
			m->make_ms = (now() - begun) / 1000;
	}
	must(cask_cose_parse(&cose, m->statement, m->size), "statement");
	must(cask_ekb_parse(&m->e, cose.payload.data, cose.payload.len), "payload");
	begun = now();
	must(cask_ekb_entries(&m->e, m->entries, m->entries_size), "entries");
	m->look_us = now() - begun;
}

static double open_once(const struct made *m, uint32_t leaf, const uint8_t *labels)
{
	uint8_t root[CASK_KEY_SIZE];
	double begun = now();

	must(cask_ekb_open(aes, &m->e, leaf, labels, root), "open");
	return now() - begun;
}

/*
 * Microseconds that leaves take, each least of several; the longest of them. A leaf's times lie
 * apart, so that what holds up one of them does not hold up all.
 */
static double open_as_many(const struct category *c, const struct made *m,
			   const struct category_ekb *ekb)
{
	static uint8_t labels[LEAVES + 1][CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE];
	uint32_t leaves[LEAVES + 1], step = (1 << HEIGHT) / LEAVES;
	double least[LEAVES + 1], longest = 0;
	size_t n = 0;

	for (uint32_t leaf = 0; leaf < 1 << HEIGHT; leaf += step) {
		if (bsearch(&leaf, ekb->revoked, ekb->n_revoked, sizeof(leaf), by_number))
			continue;
		must(category_labels(c, aes, leaf, labels[n]), "labels");
		least[n] = 1e9;
		leaves[n++] = leaf;
	}
	for (size_t i = 0; i < OPEN_TIMES * n; i++) {
		double took = open_once(m, leaves[i % n], labels[i % n]);

		least[i % n] = took < least[i % n] ? took : least[i % n];
	}
	for (size_t i = 0; i < n; i++)
		longest = least[i] > longest ? least[i] : longest;
	return longest;
}

static void measure(const struct category *c, const struct cose_signer *signer, const struct line *l)
{
	const char *scheme = c->scheme == CASK_SCHEME_SUBTREES ? "subtrees" : "differences";
	uint32_t *revoked = draw(l->revoked);
	const struct category_ekb ekb = { CASK_EKB_VERSIONS / 2, 1, revoked, l->revoked };
	double open_us;
	struct made m;
	size_t bytes;

	make(c, signer, &ekb, &m);
	open_us = open_as_many(c, &m, &ekb);
	bytes = m.size + m.entries_size;
	printf("# %s, %zu of 2^%d revoked: %u entries, %zu bytes, made in %.1f ms, each looked at in %.0f us,"
	       " opened in %.1f us\n", scheme, l->revoked, HEIGHT, m.e.count, bytes, m.make_ms,
	       m.look_us, open_us);
	test(m.entries_size <= (size_t)m.e.count * ENTRY_GOAL, scheme, l->revoked, "bytes of an entry");
	test(open_us <= OPEN_GOAL, scheme, l->revoked, "time to open");
	if (l->goal_ms && c->scheme == CASK_SCHEME_DIFFERENCES)
		test(m.make_ms <= l->goal_ms, scheme, l->revoked, "time to make");
	if (l->goal_bytes && c->scheme == CASK_SCHEME_DIFFERENCES)
		test(bytes <= l->goal_bytes, scheme, l->revoked, "bytes of all");
	free(m.statement);
	free(m.entries);
	free(revoked);
}

int main(void)
{
	struct category c = { .height = HEIGHT, .id = { 1 } };
	struct cose_signer signer;
	EVP_PKEY *pkey;

	aes = aes_new();
	if (!aes)
		return 1;
	must(crypto_random(c.master, sizeof(c.master)), "random");
	must(crypto_random(c.seed, sizeof(c.seed)), "random");
	must(cose_generate(COSE_ALG_ES256, &pkey), "key");
	must(cose_signer_init(&signer, pkey), "signer");
	for (c.scheme = CASK_SCHEME_SUBTREES; c.scheme <= CASK_SCHEME_DIFFERENCES; c.scheme++)
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			measure(&c, &signer, &lines[i]);
	printf("1..%d\n", count);
	EVP_PKEY_free(pkey);
	aes_free(aes);
	return failed ? 1 : 0;
}
