/* SPDX-License-Identifier: GPL-2.0 */
/*
 * power.h - the secure area's own code on a disk and an anchor of the tests', whose power goes when
 * they say so.
 */
#ifndef CASK_SELFTESTS_POWER_H
#define CASK_SELFTESTS_POWER_H

#include "unit.h"
#include "area.h"

#define ROOM		8192
#define RIGHTS		8

struct power {
	uint8_t disk[2][ROOM];
	size_t sizes[2];
	uint64_t anchor;
	unsigned int cut_in;		/* steps until the power goes, 0: it stays */
	bool anchored;
	int anchor_error;		/* for the next reading */
	int store_error;		/* for the next write */
	jmp_buf off;
	uint64_t random;
	unsigned long cuts, kinds[2][3];
	unsigned long losses, mending;	/* how often lost; cuts while a new beginning was made */
};

/* Without an anchor, and with one. */
extern const struct cask_area_io plain, anchored;
/* What the latter does to go on. */
int advance(void *context);

uint32_t draw(struct power *p);
/* An area in memory, on that disk: one at a time. */
void area_on(struct cask_area *a, struct power *p);
void area_off(void);

/* Rights and their counts: 0 where there is none. */
struct rights {
	uint32_t opens[RIGHTS];
};

struct rights read_rights(const struct cask_area *a);
void write_rights(struct cask_area *a, const struct rights *old, const struct rights *new);

/* A disk as it once was. */
struct copy {
	uint8_t disk[2][ROOM];
	size_t sizes[2];
	uint64_t anchor;
};

void keep(const struct power *p, struct copy *c);
void put_back(struct power *p, const struct copy *c);

/* A distributor. */
extern const uint8_t whose[CASK_KID_SIZE];
/* Nothing is left but that it was lost. */
void assert_empty(const struct cask_records *r, bool known);

#endif /* CASK_SELFTESTS_POWER_H */
