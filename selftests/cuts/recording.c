// SPDX-License-Identifier: GPL-2.0
/*
 * recording.c - the log of dm-log-writes.
 *
 * A sector says how many entries there are. Each entry is a sector, in which a mark's text follows
 * the head, and then what was written. Writes are in the log when they have been flushed, so what
 * lies between two flushes is what the second made durable; a write with FUA is there when it is done.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

#define MAGIC	0x6a736677736872ULL
#define VERSION	1

struct head {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct raw {
	uint64_t sector, sectors, flags, length;
};

static struct entry *place(struct recording *r, size_t *at, size_t size)
{
	struct entry *e = &r->entries[r->count];
	struct raw raw;

	if (size - *at < SECTOR)
		fail("the log is cut short");
	memcpy(&raw, r->copy + *at, sizeof(raw));
	e->flags = le64toh(raw.flags);
	e->sector = le64toh(raw.sector);
	e->sectors = le64toh(raw.sectors);
	e->data = r->copy + *at + (e->flags & ENTRY_MARK ? sizeof(raw) : SECTOR);
	*at += SECTOR;
	if (e->flags & ENTRY_DISCARD)
		fail("the log has a discard, and what a disk makes of it nobody knows");
	if (e->sectors > (size - *at) / SECTOR)
		fail("the log is cut short");
	*at += e->sectors * SECTOR;
	return e;
}

/* Bytes of the log that its entries take. */
static size_t length_of(const uint8_t *log, size_t size, uint64_t entries)
{
	size_t at = SECTOR;
	struct raw raw;

	while (entries--) {
		if (size - at < SECTOR)
			fail("the log is full");
		memcpy(&raw, log + at, sizeof(raw));
		at += SECTOR + (le64toh(raw.flags) & ENTRY_DISCARD ? 0 : le64toh(raw.sectors) * SECTOR);
		if (at > size)
			fail("the log is full");
	}
	return at;
}

/**
 * recording_new() - read a log
 * @log: that nobody writes to any more
 * @size: of @log
 *
 * Return: to be freed with recording_free().
 */
struct recording *recording_new(const uint8_t *log, size_t size)
{
	struct recording *r = get(sizeof(*r));
	struct head head;
	size_t at = SECTOR;
	uint64_t entries;

	memcpy(&head, log, sizeof(head));
	entries = le64toh(head.entries);
	if (le64toh(head.magic) != MAGIC || le64toh(head.version) != VERSION ||
	    le32toh(head.sector_size) != SECTOR)
		fail("this is no log");
	size = length_of(log, size, entries);
	r->copy = get(size);
	memcpy(r->copy, log, size);
	r->entries = get((entries + 1) * sizeof(*r->entries));
	while (r->count < entries) {
		place(r, &at, size);
		r->count++;
	}
	return r;
}

/**
 * recording_free() - forget a log
 * @r: from recording_new(), or NULL
 */
void recording_free(struct recording *r)
{
	if (!r)
		return;
	free(r->entries);
	free(r->copy);
	free(r);
}

/**
 * recording_find() - find a mark
 * @r: recording
 * @mark: its text
 *
 * Return: the number of the entry after it.
 */
size_t recording_find(const struct recording *r, const char *mark)
{
	size_t n;

	/* What follows the text in its sector is zero. */
	for (n = 0; n < r->count; n++)
		if (r->entries[n].flags & ENTRY_MARK && !strcmp((const char *)r->entries[n].data, mark))
			return n + 1;
	fail("the log has no mark %s", mark);
}
