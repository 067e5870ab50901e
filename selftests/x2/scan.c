// SPDX-License-Identifier: GPL-2.0
/*
 * scan.c - find forms in bytes by fingerprints alone.
 *
 * At each offset the hash of the next FORM_MIN bytes is looked up, first in a
 * bitmap that fits the first cache, then in a table; what hits is compared by
 * SHA-256. Each form found is printed once for each place:
 *
 *	PLACE: NAME FORM at OFFSET, N times
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>

#include "forms.h"
#include "search.h"
#include "text.h"
#include "window.h"

#define BITMAP_BITS	18
#define TABLE_BITS	16
/* Open addressing: more forms would make long chains. */
#define FORMS_LIMIT	(1U << (TABLE_BITS - 1))

struct print {
	uint64_t window;
	size_t size;
	uint8_t hash[SHA256_DIGEST_LENGTH];
	char name[64];
	char form[16];
	unsigned long count;	/* since the last report */
	uint64_t first;		/* offset of one */
};

static struct print *prints;
static size_t n_prints;
static uint64_t bitmap[(1 << BITMAP_BITS) / 64];
static uint32_t table[1 << TABLE_BITS];	/* index + 1 into prints */

static uint8_t buffer[(1 << 20) + FORM_MAX];
static unsigned long hits;
static uint64_t total;

static uint64_t bit_of(uint64_t hash)
{
	return hash >> (64 - BITMAP_BITS);
}

static uint32_t *slot_of(uint64_t hash)
{
	return &table[hash >> 20 & ((1 << TABLE_BITS) - 1)];
}

static uint32_t *next_slot(uint32_t *slot)
{
	return ++slot == table + (1 << TABLE_BITS) ? table : slot;
}

static void add(struct print *p, size_t index)
{
	uint32_t *slot = slot_of(p->window);

	bitmap[bit_of(p->window) / 64] |= 1ULL << bit_of(p->window) % 64;
	while (*slot)
		slot = next_slot(slot);
	*slot = index + 1;
}

/**
 * scan_load() - take the forms to look for
 * @path: what x2-fingerprint wrote
 */
void scan_load(const char *path)
{
	char hex[TEXT_HEX_SIZE(SHA256_DIGEST_LENGTH)];
	FILE *file = fopen(path, "r");
	struct print p = { 0 };

	if (!file)
		die("%s: %m", path);
	prints = calloc(FORMS_LIMIT, sizeof(*prints));
	while (prints && fscanf(file, "%" SCNx64 " %zu %64s %63s %15s", &p.window, &p.size, hex,
				p.name, p.form) == 5) {
		if (n_prints == FORMS_LIMIT || p.size < FORM_MIN || p.size > FORM_MAX ||
		    text_from_hex(hex, p.hash, sizeof(p.hash)))
			die("%s: line %zu", path, n_prints + 1);
		prints[n_prints] = p;
		add(&prints[n_prints], n_prints);
		n_prints++;
	}
	if (!n_prints || !feof(file))
		die("%s: no fingerprints, or not all", path);
	fclose(file);
}

static void check(const uint8_t *p, size_t left, uint64_t window, uint64_t offset)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	for (uint32_t *slot = slot_of(window); *slot; slot = next_slot(slot)) {
		struct print *print = &prints[*slot - 1];

		if (print->window != window || print->size > left)
			continue;
		SHA256(p, print->size, hash);
		if (memcmp(hash, print->hash, sizeof(hash)))
			continue;
		if (!print->count++)
			print->first = offset;
	}
}

/* Forms that begin within the first @starts of @size bytes. */
static void scan(const uint8_t *p, size_t size, size_t starts, uint64_t offset)
{
	for (size_t i = 0; i < starts && i + FORM_MIN <= size; i++) {
		uint64_t window = window_hash(p + i);

		if (bitmap[bit_of(window) / 64] >> bit_of(window) % 64 & 1)
			check(p + i, size - i, window, offset + i);
	}
}

/**
 * scan_run() - look through consecutive bytes
 * @fill: gives the next bytes: how many, 0 at the end, negative when it fails
 * @arg: for @fill
 * @offset: of the first byte in its place
 *
 * Return: 0, or what @fill failed with; what came before was looked through.
 */
int scan_run(fill_fn fill, void *arg, uint64_t offset)
{
	/* What begins in the last bytes may end in the next. */
	const size_t overlap = FORM_MAX - 1;
	size_t kept = 0, starts;
	ssize_t n;

	while ((n = fill(arg, buffer + kept, sizeof(buffer) - FORM_MAX)) > 0) {
		total += n;
		kept += n;
		starts = kept > overlap ? kept - overlap : 0;
		scan(buffer, kept, starts, offset);
		memmove(buffer, buffer + starts, kept - starts);
		kept -= starts;
		offset += starts;
	}
	scan(buffer, kept, kept, offset);
	return n;
}

/**
 * scan_report() - print what was found since the last report
 * @place: where
 */
void scan_report(const char *place)
{
	for (size_t i = 0; i < n_prints; i++) {
		struct print *p = &prints[i];

		if (!p->count)
			continue;
		printf("%s: %s %s at 0x%" PRIx64 ", %lu times\n", place, p->name, p->form, p->first,
		       p->count);
		p->count = 0;
		hits++;
	}
}

/** scan_hits() - how many lines scan_report() has printed */
unsigned long scan_hits(void)
{
	return hits;
}

/** scan_total() - bytes that were looked through */
uint64_t scan_total(void)
{
	return total;
}
