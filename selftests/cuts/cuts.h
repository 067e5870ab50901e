/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cuts.h - what a disk may hold when the power goes: parts of cut-power.
 *
 *	image.c		a disk in memory that writes are done to, and undone
 *	recording.c	the log of dm-log-writes: what was written, in which order
 *	states.c	what of that a disk keeps when it loses power
 *	device.c	loop devices and dm-log-writes over them
 *	tree.c		what a file system makes of it
 *
 * Whatever fails, but for mounting, ends the program with a message.
 */
#ifndef CASK_SELFTESTS_CUTS_H
#define CASK_SELFTESTS_CUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR	512

void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...);
void *get(size_t size);

/* --- image.c --- */

/* 128 bits by which equal contents are known; nobody makes them equal on purpose. */
struct sum {
	uint64_t a, b;
};

struct sum sum_of(uint64_t seed, const void *data, size_t size);

/**
 * struct image - a disk in memory
 * @data: its sectors
 * @sectors: of @data
 * @sum: of all of them
 * @undo: what image_undo() takes back
 */
struct image {
	uint8_t *data;
	uint32_t sectors;
	struct sum sum;
	struct undo *undo;
};

void image_init(struct image *i, const uint8_t *disk, size_t size);
void image_write(struct image *i, uint64_t sector, uint64_t sectors, const uint8_t *data);
/* Take back all writes since image_depth() was so much. */
size_t image_depth(const struct image *i);
void image_undo(struct image *i, size_t depth);
/* Make the disk what the image is, where that was written to or undone. */
void image_put(struct image *i, uint8_t *disk);

/* --- recording.c --- */

enum { ENTRY_FLUSH = 1, ENTRY_FUA = 2, ENTRY_DISCARD = 4, ENTRY_MARK = 8 };

/**
 * struct entry - of a log
 * @flags: ENTRY_*
 * @sector: where
 * @sectors: how many; 0 for a mark or a flush alone
 * @data: what, or the text of a mark
 */
struct entry {
	uint64_t flags;
	uint64_t sector;
	uint64_t sectors;
	const uint8_t *data;
};

/**
 * struct recording - a log, out of the way of the next one
 * @count: of @entries
 * @entries: in their order
 * @copy: what @entries point into
 */
struct recording {
	size_t count;
	struct entry *entries;
	uint8_t *copy;
};

struct recording *recording_new(const uint8_t *log, size_t size);
void recording_free(struct recording *r);
/* The number of the entry after a mark; fails without it. */
size_t recording_find(const struct recording *r, const char *mark);

/* --- states.c --- */

/**
 * struct cut - of the power
 * @entry: the last one that was issued
 * @how: what became of what was not synced: "all", "none", "without" or "torn"
 * @which: the entry that @how is about
 */
struct cut {
	size_t entry;
	const char *how;
	size_t which;
};

/*
 * Call visit() with the image as it may be found, for each cut in entries from..to-1 and at their
 * end; before, the entries up to from are done. The image is as it was afterwards.
 */
void states(struct image *i, const struct recording *r, size_t from, size_t to,
	    void (*visit)(void *context, const struct cut *cut), void *context);

/* --- device.c --- */

/**
 * struct device - a disk whose writes are recorded
 * @disk: its bytes
 * @size: of @disk
 * @path: while it records
 */
struct device {
	uint8_t *disk;
	size_t size;
	char path[32];
	uint8_t *log;
	size_t log_size;
	char loops[2][32];
	int control;
};

void device_open(struct device *d, const char *image, const char *log);
void device_record(struct device *d);
void device_mark(struct device *d, const char *text);
struct recording *device_stop(struct device *d);

/* --- tree.c --- */

/* What the files of a mounted file system are: their names, modes, sizes and bytes. */
struct sum tree_sum(const char *directory);

#endif /* CASK_SELFTESTS_CUTS_H */
