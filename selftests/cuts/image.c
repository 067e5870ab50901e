// SPDX-License-Identifier: GPL-2.0
/* image.c - a disk in memory that writes are done to, and undone; it knows by a sum what it holds. */
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

/**
 * struct undo - what was overwritten, the latest last
 * @count: of @was
 * @room: of @was
 * @was: sectors and what they held
 * @stale: sectors that the disk may have otherwise
 * @stale_count: of @stale
 * @is_stale: for each sector
 */
struct undo {
	size_t count, room;
	struct { uint32_t sector; uint8_t data[SECTOR]; } *was;
	uint32_t *stale;
	size_t stale_count;
	bool *is_stale;
};

/**
 * sum_of() - 128 bits of some bytes
 * @seed: what else they depend on
 * @data: bytes
 * @size: of @data
 *
 * Return: the sum.
 */
struct sum sum_of(uint64_t seed, const void *data, size_t size)
{
	struct sum s = { 0x9e3779b97f4a7c15ULL ^ seed, 0xc2b2ae3d27d4eb4fULL + seed };
	uint64_t word;

	for (; size; size -= size < 8 ? size : 8, data = (const uint8_t *)data + 8) {
		word = 0;
		memcpy(&word, data, size < 8 ? size : 8);
		s.a = (s.a ^ word) * 0xff51afd7ed558ccdULL;
		s.a ^= s.a >> 32;
		s.b = (s.b + word) * 0xc4ceb9fe1a85ec53ULL;
		s.b ^= s.b >> 29;
	}
	return s;
}

/* When a file system was mounted, and how often, makes it no other: s_mtime to s_mnt_count, s_kbytes_written, checksum. */
static struct sum sum_of_sector(uint32_t sector, const uint8_t *data)
{
	static const struct { uint16_t at, size; } times[] = {
		{ 0x2c, 10 }, { 0x178, 8 }, { 0x274, 8 }, { 0x3fc, 4 },
	};
	uint8_t copy[SECTOR];
	size_t n, base;

	if (sector != 2 && sector != 3)
		return sum_of(sector, data, SECTOR);
	memcpy(copy, data, SECTOR);
	base = (sector - 2) * SECTOR;
	for (n = 0; n < sizeof(times) / sizeof(times[0]); n++)
		if (times[n].at >= base && times[n].at < base + SECTOR)
			memset(copy + times[n].at - base, 0, times[n].size);
	return sum_of(sector, copy, SECTOR);
}

static void add(struct image *i, uint32_t sector)
{
	struct sum s = sum_of_sector(sector, i->data + (size_t)sector * SECTOR);

	i->sum.a ^= s.a;
	i->sum.b ^= s.b;
}

/**
 * image_init() - take over what a disk holds
 * @i: set up
 * @disk: its bytes
 * @size: of @disk
 */
void image_init(struct image *i, const uint8_t *disk, size_t size)
{
	uint32_t n;

	*i = (struct image){ .data = get(size), .sectors = size / SECTOR, .undo = get(sizeof(*i->undo)) };
	memcpy(i->data, disk, size);
	*i->undo = (struct undo){
		.stale = get(i->sectors * sizeof(uint32_t)), .is_stale = get(i->sectors),
	};
	for (n = 0; n < i->sectors; n++)
		add(i, n);
}

static void set(struct image *i, uint32_t sector, const uint8_t *data)
{
	struct undo *u = i->undo;

	add(i, sector);
	memcpy(i->data + (size_t)sector * SECTOR, data, SECTOR);
	add(i, sector);
	if (u->is_stale[sector])
		return;
	u->is_stale[sector] = true;
	u->stale[u->stale_count++] = sector;
}

/**
 * image_write() - do a write
 * @i: image
 * @sector: first
 * @sectors: how many
 * @data: for them
 */
void image_write(struct image *i, uint64_t sector, uint64_t sectors, const uint8_t *data)
{
	struct undo *u = i->undo;

	if (sector > i->sectors || sectors > i->sectors - sector)
		fail("a write beyond the disk");
	for (; sectors; sector++, sectors--, data += SECTOR) {
		if (u->count == u->room) {
			u->room = u->room ? 2 * u->room : 1024;
			u->was = realloc(u->was, u->room * sizeof(*u->was));
			if (!u->was)
				fail("memory");
		}
		u->was[u->count].sector = sector;
		memcpy(u->was[u->count++].data, i->data + sector * SECTOR, SECTOR);
		set(i, sector, data);
	}
}

/**
 * image_depth() - how much could be undone
 * @i: image
 *
 * Return: for image_undo().
 */
size_t image_depth(const struct image *i)
{
	return i->undo->count;
}

/**
 * image_undo() - take the latest writes back
 * @i: image
 * @depth: image_depth() of before
 */
void image_undo(struct image *i, size_t depth)
{
	struct undo *u = i->undo;

	while (u->count > depth) {
		u->count--;
		set(i, u->was[u->count].sector, u->was[u->count].data);
	}
}

/**
 * image_put() - make a disk what the image is
 * @i: image
 * @disk: the same before image_write() and image_undo() since the last time
 */
void image_put(struct image *i, uint8_t *disk)
{
	struct undo *u = i->undo;

	while (u->stale_count) {
		size_t sector = u->stale[--u->stale_count];

		u->is_stale[sector] = false;
		memcpy(disk + sector * SECTOR, i->data + sector * SECTOR, SECTOR);
	}
}
