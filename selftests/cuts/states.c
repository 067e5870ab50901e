// SPDX-License-Identifier: GPL-2.0
/*
 * states.c - what a disk may hold when the power goes.
 *
 * What was flushed is there. Of what was not, a disk may have kept anything: here nothing, all, all
 * but one write, all with one write half done, its sectors whole. (What remains of other choices is
 * found at cuts before or after, where fewer writes are under way.)
 */
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

/**
 * struct player - plays a recording
 * @image: what is flushed is in it
 * @entries: of the recording
 * @waiting: entries that are not flushed, in their order
 * @sure: of each whether it is durable all the same
 * @count: of them
 * @visit: what is called
 * @context: for @visit
 */
struct player {
	struct image *image;
	const struct entry *entries;
	size_t *waiting;
	bool *sure;
	size_t count;
	void (*visit)(void *context, const struct cut *cut);
	void *context;
};

enum kind { ALL, NONE, WITHOUT, TORN_FIRST, TORN_LAST };

/* One write, as far as it got. */
static void redo(struct player *p, size_t n, enum kind kind)
{
	const struct entry *e = &p->entries[p->waiting[n]];
	uint64_t half = e->sectors / 2;

	switch (kind) {
	case ALL:
		image_write(p->image, e->sector, e->sectors, e->data);
		break;
	case TORN_FIRST:
		image_write(p->image, e->sector, half, e->data);
		break;
	case TORN_LAST:
		image_write(p->image, e->sector + half, e->sectors - half, e->data + half * SECTOR);
		break;
	default:
		break;
	}
}

/* @kind is what happens to write @which, or to all that are not sure (ALL, NONE). */
static void state(struct player *p, size_t at, enum kind kind, size_t which)
{
	static const char *const words[] = { "all", "none", "without", "torn", "torn" };
	const struct cut cut = {
		.entry = at, .how = words[kind], .which = p->count ? p->waiting[which] : at,
	};
	size_t depth = image_depth(p->image), n;

	for (n = 0; n < p->count; n++) {
		bool chosen = kind == NONE ? !p->sure[n] : kind != ALL && n == which;

		redo(p, n, chosen ? kind : ALL);
	}
	p->visit(p->context, &cut);
	image_undo(p->image, depth);
}

/*
 * The block by which a journal of jbd2 says that a transaction is whole. It has a checksum over all
 * of it, and 6.1 does not mount a disk that has half of it; 6.12 looks at its head alone.
 */
static bool is_commit(const struct entry *e)
{
	static const uint8_t head[] = { 0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 2 };

	return e->sectors && !memcmp(e->data, head, sizeof(head));
}

static void visit_all(struct player *p, size_t at)
{
	const struct entry *e;
	size_t n;

	state(p, at, NONE, 0);
	for (n = 0; n < p->count; n++) {
		if (p->sure[n])
			continue;
		state(p, at, WITHOUT, n);
		e = &p->entries[p->waiting[n]];
		if (e->sectors < 2 || is_commit(e))
			continue;
		state(p, at, TORN_FIRST, n);
		state(p, at, TORN_LAST, n);
	}
	state(p, at, ALL, 0);
}

static void flush(struct player *p)
{
	size_t n;

	for (n = 0; n < p->count; n++)
		redo(p, n, ALL);
	p->count = 0;
}

/* Issue an entry; with @cuts the power goes while it is under way, and before. */
static void step(struct player *p, size_t at, bool cuts)
{
	const struct entry *e = &p->entries[at];

	if (e->flags & ENTRY_FLUSH)
		flush(p);
	if (!e->sectors)
		return;
	p->waiting[p->count] = at;
	p->sure[p->count++] = false;
	if (cuts)
		visit_all(p, at);
	p->sure[p->count - 1] = e->flags & ENTRY_FUA;
}

/**
 * states() - what a disk may hold when the power goes in a part of a recording
 * @i: as it was before the recording, and is afterwards
 * @r: recording
 * @from: first entry
 * @to: the one after the last
 * @visit: called with the image in each state
 * @context: for @visit
 */
void states(struct image *i, const struct recording *r, size_t from, size_t to,
	    void (*visit)(void *context, const struct cut *cut), void *context)
{
	struct player p = {
		.image = i, .entries = r->entries, .visit = visit, .context = context,
		.waiting = get((r->count + 1) * sizeof(*p.waiting)), .sure = get(r->count + 1),
	};
	size_t depth = image_depth(i), at;

	for (at = 0; at < from; at++)
		step(&p, at, false);
	visit_all(&p, from);
	for (; at < to; at++)
		step(&p, at, true);
	visit_all(&p, to);
	image_undo(i, depth);
	free(p.waiting);
	free(p.sure);
}
