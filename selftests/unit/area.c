// SPDX-License-Identifier: GPL-2.0
/*
 * area.c - the secure area's own code on a disk and an anchor of the test's, with the power cut a
 * million times (CASK_CUTS=N: so often).
 *
 * A cut leaves of a write what disks leave: nothing, all, a part, any of its sectors. With it the
 * anchor has advanced, or not. Whatever is found afterwards is compared with the only two images
 * that may be. In between the disk is lost, or put back, and a new beginning made of that, with the
 * power cut as well.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "area.h"
#include "unit.h"

#define SECTOR		512
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

static uint32_t draw(struct power *p)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return p->random >> 33;
}

/* A step that the power may go at. */
static bool goes_off(struct power *p)
{
	return p->cut_in && !--p->cut_in;
}

static void off(struct power *p)
{
	p->cuts++;
	longjmp(p->off, 1);
}

static uint64_t sum(const uint8_t *data, size_t len)
{
	uint64_t h = 14695981039346656037ULL;

	while (len--)
		h = (h ^ *data++) * 1099511628211ULL;
	return h;
}

static int load(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len)
{
	struct power *p = context;
	size_t len = p->sizes[slot];

	if (len)
		len = cask_area_length(p->disk[slot], len);
	if (len > p->sizes[slot])
		len = p->sizes[slot];
	memcpy(data, p->disk[slot], len);
	*ret_len = len;
	return 0;
}

/* What is on disk of a write that was cut short. */
static void tear(struct power *p, unsigned int slot, const uint8_t *data, size_t len)
{
	unsigned int kind = draw(p) % 3;
	size_t part = draw(p) % (len + 1), at;

	p->kinds[p->anchored][kind]++;
	if (kind == 0)
		return;
	if (kind == 1) {
		memcpy(p->disk[slot], data, part);
		if (p->sizes[slot] < part)
			p->sizes[slot] = part;
		return;
	}
	for (at = 0; at < len; at += SECTOR) {
		size_t n = len - at < SECTOR ? len - at : SECTOR;

		if (draw(p) & 1)
			memcpy(p->disk[slot] + at, data + at, n);
	}
	if (p->sizes[slot] < len)
		p->sizes[slot] = len;
}

static int store(void *context, unsigned int slot, const void *data, size_t len)
{
	struct power *p = context;
	int error = p->store_error;

	assert_true(len <= ROOM);
	p->store_error = 0;
	if (error) {
		tear(p, slot, data, len);
		return error;
	}
	if (goes_off(p)) {
		tear(p, slot, data, len);
		off(p);
	}
	memcpy(p->disk[slot], data, len);
	if (p->sizes[slot] < len)
		p->sizes[slot] = len;
	if (goes_off(p))
		off(p);
	return 0;
}

/* As a cipher does: of another salt every byte is another. */
static void cover(uint8_t *data, size_t len, const uint8_t *salt)
{
	uint64_t x = sum(salt, CASK_AREA_SALT_SIZE);

	while (len--) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		*data++ ^= x >> 56;
	}
}

static int seal(void *context, __u64 counter, const struct cask_records *records, void *data,
		size_t *ret_len)
{
	static const uint8_t none[CASK_ID_SIZE];
	size_t head = CASK_AREA_HEAD_SIZE;
	uint8_t salt[CASK_AREA_SALT_SIZE];
	uint64_t tag;

	/* If two were alike, parts of two attempts at an image could make one of them whole. */
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = draw(context);
	cask_area_head(data, none, counter, salt, records->len);
	memcpy((uint8_t *)data + head, records->data, records->len);
	cover((uint8_t *)data + head, records->len, salt);
	memset((uint8_t *)data + head + records->len, 0, CASK_GCM_TAG_SIZE);
	tag = sum(data, head + records->len);
	memcpy((uint8_t *)data + head + records->len, &tag, sizeof(tag));
	*ret_len = CASK_AREA_OVERHEAD + records->len;
	return 0;
}

static int open_image(void *context, void *data, size_t len, struct cask_records *ret_records,
		      __u64 *ret_counter)
{
	struct cask_area_view v;
	uint64_t tag;
	size_t size;
	int ret = cask_area_parse(&v, data, len);

	if (ret)
		return ret;
	size = v.sealed.len - CASK_GCM_TAG_SIZE;
	tag = sum(data, CASK_AREA_HEAD_SIZE + size);
	if (size > ret_records->capacity || memcmp(v.sealed.data + size, &tag, sizeof(tag)))
		return -EBADMSG;
	memcpy(ret_records->data, v.sealed.data, size);
	cover(ret_records->data, size, v.salt.data);
	ret_records->len = size;
	*ret_counter = v.counter;
	return 0;
}

static int anchor(void *context, __u64 *ret_counter)
{
	struct power *p = context;
	int error = p->anchor_error;

	p->anchor_error = 0;
	*ret_counter = p->anchor;
	return error;
}

static int advance(void *context)
{
	struct power *p = context;

	if (goes_off(p))
		off(p);
	p->anchor++;
	if (goes_off(p))
		off(p);
	return 0;
}

static const struct cask_area_io plain = {
	.load = load, .store = store, .seal = seal, .open = open_image,
};

static const struct cask_area_io anchored = {
	.load = load, .store = store, .seal = seal, .open = open_image,
	.anchor = anchor, .advance = advance,
};

/* --- an area in memory: one at a time --- */

static struct memory {
	uint8_t live[ROOM - CASK_AREA_OVERHEAD], work[ROOM - CASK_AREA_OVERHEAD];
	uint8_t sealed[CASK_AREA_MAX];
} *memory;

static void area_on(struct cask_area *a, struct power *p)
{
	memory = memory ? memory : calloc(1, sizeof(*memory));
	memset(memory, 0xa5, offsetof(struct memory, sealed));
	memset(a, 0, sizeof(*a));
	a->io = p->anchored ? &anchored : &plain;
	a->context = p;
	a->first = 100;
	a->live = (struct cask_records){ .data = memory->live, .capacity = sizeof(memory->live) };
	a->work = (struct cask_records){ .data = memory->work, .capacity = sizeof(memory->work) };
	a->size = sizeof(memory->sealed);
	a->sealed = memory->sealed;
}

static struct cask_record_key right(uint8_t n, uint8_t name[CASK_ID_SIZE])
{
	static const uint8_t issuer[CASK_KID_SIZE];

	memset(name, n + 1, CASK_ID_SIZE);
	return (struct cask_record_key){ .kind = CASK_RECORD_RIGHT, .issuer = issuer, .name = name };
}

/* Rights and their counts: 0 where there is none. */
struct rights {
	uint32_t opens[RIGHTS];
};

static struct rights read_rights(const struct cask_area *a)
{
	struct rights r = { 0 };
	uint8_t name[CASK_ID_SIZE];
	struct cask_bytes value;

	assert_int_equal(0, cask_records_check(&a->live));
	for (unsigned int i = 0; i < RIGHTS; i++) {
		struct cask_record_key key = right(i, name);

		if (cask_records_find(&a->live, &key, &value))
			memcpy(&r.opens[i], value.data, sizeof(r.opens[i]));
	}
	return r;
}

static void write_rights(struct cask_area *a, const struct rights *old, const struct rights *new)
{
	uint8_t name[CASK_ID_SIZE], value[300] = { 0 };

	for (unsigned int i = 0; i < RIGHTS; i++) {
		struct cask_record_key key = right(i, name);

		memcpy(value, &new->opens[i], sizeof(new->opens[i]));
		/* Of several lengths, so that what is behind an image is of others. */
		if (new->opens[i])
			assert_int_equal(0, cask_records_put(&a->work, &key, value,
							     4 + new->opens[i] % 296));
		else if (old->opens[i])
			assert_int_equal(0, cask_records_del(&a->work, &key));
	}
}

/* What a right may become: a use, an installation, an end; of several at once. */
static struct rights change(struct power *p, struct rights r)
{
	unsigned int i, n = 1 + draw(p) % 3;

	while (n--) {
		i = draw(p) % RIGHTS;
		r.opens[i] = r.opens[i] ? r.opens[i] - 1 : 1 + draw(p) % 500;
		if (draw(p) % 50 == 0)
			r.opens[i] = 0;
	}
	return r;
}

static bool equal(const struct rights *a, const struct rights *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Finds what there is after the power came back; says which of the two it is. */
static bool is_new(struct cask_area *a, const struct rights *old, const struct rights *new)
{
	struct rights now;

	assert_int_equal(0, cask_area_open(a));
	now = read_rights(a);
	assert_true(equal(&now, old) || equal(&now, new));
	return equal(&now, new);
}

/* One life of an area: commits until the power goes, and what is there then. */
static struct rights live(struct power *p, struct rights held, unsigned int cut_in)
{
	/* volatile: written between setjmp() and longjmp() */
	volatile struct rights old = held, new = held;
	volatile bool committing = false;
	struct cask_area a;
	struct rights was, became;

	area_on(&a, p);
	assert_true(is_new(&a, &held, &held));
	p->cut_in = cut_in;
	if (!setjmp(p->off)) {
		for (;;) {
			was = *(struct rights *)&old;
			became = change(p, was);
			*(struct rights *)&new = became;
			assert_int_equal(0, cask_area_begin(&a));
			write_rights(&a, &was, &became);
			committing = true;
			assert_int_equal(0, cask_area_commit(&a));
			committing = false;
			*(struct rights *)&old = became;
		}
	}
	assert_true(committing);
	p->cut_in = 0;
	was = *(struct rights *)&old;
	became = *(struct rights *)&new;
	area_on(&a, p);
	held = is_new(&a, &was, &became) ? became : was;
	return held;
}

/* --- losing it all --- */

/* A disk as it once was. */
struct copy {
	uint8_t disk[2][ROOM];
	size_t sizes[2];
	uint64_t anchor;
};

static void keep(const struct power *p, struct copy *c)
{
	memcpy(c->disk, p->disk, sizeof(c->disk));
	memcpy(c->sizes, p->sizes, sizeof(c->sizes));
	c->anchor = p->anchor;
}

static void put_back(struct power *p, const struct copy *c)
{
	memcpy(p->disk, c->disk, sizeof(p->disk));
	memcpy(p->sizes, c->sizes, sizeof(p->sizes));
}

static const uint8_t whose[CASK_KID_SIZE];

/* Nothing is left but that it was lost. */
static void assert_empty(const struct cask_records *r, bool known)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;

	assert_int_equal(0, cask_records_check(r));
	assert_true(cask_records_next(r, &pos, &key, &value));
	assert_int_equal(CASK_RECORD_LOST, key.kind);
	assert_int_equal(known, cask_records_next(r, &pos, &key, &value));
	assert_int_equal(!known, cask_loss_concerns(r, whose));
}

/* Returns whether what was on disk does not hold; without an anchor what is authentic does. */
static bool lose(struct power *p, const struct copy *old)
{
	unsigned int slot;

	/* One commit later it might hold, if it was not done when the copy was made. */
	if (p->anchored && old->anchor + 1 < p->anchor && draw(p) & 1) {
		put_back(p, old);
		return true;
	}
	if (p->anchored && draw(p) & 1) {
		p->sizes[0] = p->sizes[1] = 0;
		return p->anchor > 100;
	}
	for (slot = 0; slot < 2; slot++)
		p->disk[slot][CASK_AREA_HEAD_SIZE + draw(p) % 16] ^= 1 + draw(p) % 255;
	return p->sizes[0] || p->sizes[1];
}

/* A new beginning; the power goes after @cut_in steps, 0: it stays. Returns whether it is made. */
static bool begin_anew(struct power *p, unsigned int cut_in, bool again)
{
	struct cask_area a;

	area_on(&a, p);
	if (cask_area_open(&a) == -EUCLEAN)
		assert_int_equal(CASK_AREA_STATE_REFUSED, a.state);
	else
		assert_true(again);
	p->cut_in = cut_in;
	if (!setjmp(p->off)) {
		assert_int_equal(0, cask_area_begin(&a));
		assert_empty(&a.work, false);
		assert_int_equal(0, cask_loss_known(&a.work, whose));
		assert_int_equal(0, cask_area_commit(&a));
		assert_int_equal(CASK_AREA_STATE_OPEN, a.state);
	} else {
		p->mending++;
	}
	p->cut_in = 0;
	area_on(&a, p);
	if (cask_area_open(&a))
		return false;
	/* Its first image says that all was lost, its second that this is known. */
	if (p->anchored && cask_loss_concerns(&a.live, whose)) {
		assert_empty(&a.live, false);
		return false;
	}
	assert_empty(&a.live, true);
	return true;
}

static void make_anew(struct power *p)
{
	bool made = begin_anew(p, draw(p) % 10, false);

	while (!made)
		made = begin_anew(p, draw(p) % 10, true);
}

static void lose_and_mend(struct power *p, const struct copy *old)
{
	struct copy before;

	keep(p, &before);
	if (!lose(p, old))
		return put_back(p, &before);
	p->losses++;
	make_anew(p);
	/* Not even what was on disk at last comes back, be it an image that was not committed. */
	if (p->anchored && draw(p) & 1) {
		put_back(p, &before);
		make_anew(p);
	}
}

static void cut_often(bool with_anchor)
{
	struct power *p = calloc(1, sizeof(*p));
	unsigned long cuts = strtoul(getenv("CASK_CUTS") ?: "1000000", NULL, 10) / 2;
	static const struct rights none;
	struct copy *old = calloc(1, sizeof(*old));
	struct rights held = { 0 };

	p->anchored = with_anchor;
	p->anchor = 100;
	p->random = 1;
	while (p->cuts < cuts) {
		unsigned long losses = p->losses;

		held = live(p, held, 1 + draw(p) % 12);
		if (draw(p) % 8 == 0)
			lose_and_mend(p, old);
		if (p->losses != losses)
			held = none;
		else if (draw(p) % 8 == 0)
			keep(p, old);
	}
	printf("# counted: %lu power cuts %s an anchor: of writes cut short %lu had nothing on disk, %lu a part, "
	       "%lu any sectors\n", p->cuts, with_anchor ? "with" : "without",
	       p->kinds[with_anchor][0], p->kinds[with_anchor][1], p->kinds[with_anchor][2]);
	printf("# lost %lu times; %lu of the cuts were while a new beginning was made\n", p->losses,
	       p->mending);
	free(old);
	free(p);
}

static void D9_power_cuts_without_an_anchor(void **state)
{
	cut_often(false);
}

static void D9_power_cuts_with_an_anchor(void **state)
{
	cut_often(true);
}

/* --- one at a time --- */

struct setup {
	struct power *p;
	struct cask_area a;
	struct rights rights;
};

static int commit(struct setup *s, uint32_t opens)
{
	struct rights next = s->rights;
	int ret;

	next.opens[0] = opens;
	ret = cask_area_begin(&s->a);
	if (ret)
		return ret;
	write_rights(&s->a, &s->rights, &next);
	ret = cask_area_commit(&s->a);
	s->rights = read_rights(&s->a);
	return ret;
}

static void begin(struct setup *s, bool with_anchor)
{
	memset(s, 0, sizeof(*s));
	s->p = calloc(1, sizeof(*s->p));
	s->p->anchored = with_anchor;
	s->p->anchor = 100;
	area_on(&s->a, s->p);
	assert_int_equal(-ENOTCONN, cask_area_begin(&s->a));
	assert_int_equal(0, cask_area_open(&s->a));
}

static int reopen(struct setup *s)
{
	int ret;

	area_on(&s->a, s->p);
	ret = cask_area_open(&s->a);
	if (!ret)
		s->rights = read_rights(&s->a);
	return ret;
}

static void end(struct setup *s)
{
	free(s->p);
}

static void assert_refused(struct setup *s)
{
	assert_int_equal(CASK_AREA_STATE_REFUSED, s->a.state);
	assert_int_equal(0, cask_area_begin(&s->a));
	assert_empty(&s->a.work, false);
}

static void D9_a_write_that_fails_changes_nothing(void **state)
{
	for (int with_anchor = 0; with_anchor < 2; with_anchor++) {
		struct setup s;

		begin(&s, with_anchor);
		assert_int_equal(0, commit(&s, 5));
		s.p->store_error = -ENOSPC;
		assert_int_equal(-ENOSPC, commit(&s, 4));
		assert_int_equal(5, s.rights.opens[0]);
		assert_int_equal(0, commit(&s, 3));
		assert_int_equal(3, s.rights.opens[0]);
		assert_int_equal(0, reopen(&s));
		assert_int_equal(3, s.rights.opens[0]);
		end(&s);
	}
}

static void D9_older_slots_are_refused_by_an_anchor(void **state)
{
	uint8_t old[2][ROOM];
	struct setup s;

	begin(&s, true);
	assert_int_equal(0, commit(&s, 5));
	assert_int_equal(0, commit(&s, 4));
	memcpy(old, s.p->disk, sizeof(old));
	assert_int_equal(0, commit(&s, 3));
	/* One slot back: the other is not what was committed last. */
	memcpy(s.p->disk[0], old[0], ROOM);
	assert_int_equal(-EUCLEAN, reopen(&s));
	assert_refused(&s);
	/* Both. */
	memcpy(s.p->disk, old, sizeof(old));
	assert_int_equal(-EUCLEAN, reopen(&s));
	/* None. */
	s.p->sizes[0] = s.p->sizes[1] = 0;
	assert_int_equal(-EUCLEAN, reopen(&s));
	end(&s);
}

static void D9_without_an_anchor_older_slots_pass_and_this_is_stated(void **state)
{
	uint8_t old[2][ROOM];
	struct setup s;

	begin(&s, false);
	assert_int_equal(0, commit(&s, 5));
	assert_int_equal(0, commit(&s, 4));
	memcpy(old, s.p->disk, sizeof(old));
	assert_int_equal(0, commit(&s, 3));
	memcpy(s.p->disk, old, sizeof(old));
	assert_int_equal(0, reopen(&s));
	assert_int_equal(4, s.rights.opens[0]);
	/* What nobody wrote is another matter. */
	s.p->disk[0][120] ^= 1;
	s.p->disk[1][120] ^= 1;
	assert_int_equal(-EUCLEAN, reopen(&s));
	end(&s);
}

static void D9_a_slot_in_the_place_of_the_other_is_none(void **state)
{
	uint8_t slot[ROOM];
	struct setup s;

	begin(&s, false);
	assert_int_equal(0, commit(&s, 5));
	assert_int_equal(0, commit(&s, 4));
	memcpy(slot, s.p->disk[0], ROOM);
	memcpy(s.p->disk[0], s.p->disk[1], ROOM);
	memcpy(s.p->disk[1], slot, ROOM);
	assert_int_equal(-EUCLEAN, reopen(&s));
	end(&s);
}

static void D9_a_slot_of_a_later_version_is_not_written_over(void **state)
{
	struct setup s;

	begin(&s, false);
	assert_int_equal(0, commit(&s, 5));
	assert_int_equal(0, commit(&s, 4));
	s.p->disk[0][6] = 2;
	assert_int_equal(-EOPNOTSUPP, reopen(&s));
	assert_int_equal(-ENOTCONN, cask_area_begin(&s.a));
	end(&s);
}

static void D9_an_anchor_that_cannot_be_read_leaves_it_open_which_image_holds(void **state)
{
	struct setup s;

	begin(&s, true);
	assert_int_equal(0, commit(&s, 5));
	s.p->anchor_error = -ETIME;
	assert_int_equal(-ETIME, commit(&s, 4));
	/* Nothing goes on before it is known; then it turns out to hold. */
	s.p->anchor_error = -ETIME;
	assert_int_equal(-ETIME, cask_area_begin(&s.a));
	assert_int_equal(0, cask_area_begin(&s.a));
	s.rights = read_rights(&s.a);
	assert_int_equal(4, s.rights.opens[0]);
	end(&s);
}

static int stay(void *context)
{
	return 0;
}

static int jump(void *context)
{
	((struct power *)context)->anchor += 2;
	return 0;
}

static void D9_an_anchor_that_does_not_advance_or_goes_too_far_is_noticed(void **state)
{
	struct cask_area_io io = anchored;
	struct setup s;

	begin(&s, true);
	assert_int_equal(0, commit(&s, 5));
	s.a.io = &io;
	io.advance = stay;
	assert_int_equal(-EIO, commit(&s, 4));
	assert_int_equal(5, s.rights.opens[0]);
	io.advance = jump;
	assert_int_equal(-EUCLEAN, commit(&s, 4));
	assert_refused(&s);
	end(&s);
}

/* A new beginning that counts; @whose knows. */
static int mend(struct setup *s)
{
	int ret = cask_area_begin(&s->a);

	if (ret)
		return ret;
	assert_int_equal(0, cask_loss_known(&s->a.work, whose));
	ret = cask_area_commit(&s->a);
	memset(&s->rights, 0, sizeof(s->rights));
	return ret;
}

static void lose_all(struct setup *s)
{
	s->p->disk[0][120] ^= 1;
	s->p->disk[1][120] ^= 1;
	assert_int_equal(-EUCLEAN, reopen(s));
	assert_refused(s);
}

static void S10_a_new_beginning_holds_once_it_is_committed(void **state)
{
	for (int with_anchor = 0; with_anchor < 2; with_anchor++) {
		struct setup s;

		begin(&s, with_anchor);
		assert_int_equal(0, commit(&s, 5));
		lose_all(&s);
		assert_int_equal(0, mend(&s));
		assert_int_equal(CASK_AREA_STATE_OPEN, s.a.state);
		assert_int_equal(0, reopen(&s));
		assert_empty(&s.a.live, true);
		assert_int_equal(0, commit(&s, 3));
		assert_int_equal(0, reopen(&s));
		assert_int_equal(3, s.rights.opens[0]);
		/* Lost again, nobody knows of it. */
		lose_all(&s);
		end(&s);
	}
}

static void S10_a_new_beginning_that_is_not_committed_is_none(void **state)
{
	struct cask_area_io io = anchored;
	struct setup s;

	begin(&s, true);
	assert_int_equal(0, commit(&s, 5));
	lose_all(&s);
	s.p->store_error = -ENOSPC;
	assert_int_equal(-ENOSPC, mend(&s));
	assert_refused(&s);
	s.a.io = &io;
	io.advance = stay;
	assert_int_equal(-EIO, mend(&s));
	assert_refused(&s);
	io.advance = advance;
	assert_int_equal(0, mend(&s));
	assert_int_equal(0, reopen(&s));
	assert_empty(&s.a.live, true);
	end(&s);
}

/* A step of a new beginning that is not known to have been: it is found out later. */
static unsigned int seen;

static int advance_unseen(void *context)
{
	struct power *p = context;

	p->anchor++;
	if (!seen--)
		p->anchor_error = -ETIME;
	return 0;
}

static void S10_a_new_beginning_may_turn_out_to_hold(void **state)
{
	struct cask_area_io io = anchored;

	io.advance = advance_unseen;
	for (unsigned int step = 0; step < 2; step++) {
		struct setup s;

		begin(&s, true);
		assert_int_equal(0, commit(&s, 5));
		lose_all(&s);
		s.a.io = &io;
		seen = step;
		assert_int_equal(-ETIME, mend(&s));
		assert_int_equal(CASK_AREA_STATE_UNSURE, s.a.state);
		assert_int_equal(0, cask_area_begin(&s.a));
		assert_int_equal(CASK_AREA_STATE_OPEN, s.a.state);
		assert_empty(&s.a.live, step == 1);
		assert_int_equal(0, mend(&s));
		assert_int_equal(0, reopen(&s));
		assert_empty(&s.a.live, true);
		end(&s);
	}
}

/* Written, and not committed: whoever kept that must not gain by it. */
static void S10_an_image_that_was_never_committed_gives_nothing_back(void **state)
{
	struct cask_area_io io = anchored;
	struct copy *kept = calloc(1, sizeof(*kept));

	io.advance = stay;
	for (int cut = 0; cut < 2; cut++) {
		struct setup s;

		begin(&s, true);
		assert_int_equal(0, commit(&s, 5));
		s.a.io = &io;
		/* As it was, and something beside. */
		assert_int_equal(-EIO, commit(&s, 5));
		keep(s.p, kept);
		s.a.io = &anchored;
		if (cut)
			assert_int_equal(0, reopen(&s));
		assert_int_equal(0, commit(&s, 4));
		put_back(s.p, kept);
		assert_int_equal(-EUCLEAN, reopen(&s));
		end(&s);
	}
	free(kept);
}

static void S10_an_image_that_was_never_committed_does_not_end_a_new_beginning(void **state)
{
	struct cask_area_io io = anchored;
	struct copy *kept = calloc(1, sizeof(*kept));
	struct setup s;

	begin(&s, true);
	assert_int_equal(0, commit(&s, 5));
	/* Written, and the anchor does not advance: somebody may keep that. */
	s.a.io = &io;
	io.advance = stay;
	assert_int_equal(-EIO, commit(&s, 4));
	keep(s.p, kept);
	s.a.io = &anchored;
	lose_all(&s);
	assert_int_equal(0, mend(&s));
	put_back(s.p, kept);
	assert_int_equal(-EUCLEAN, reopen(&s));
	free(kept);
	end(&s);
}

static void S10_each_distributor_knows_for_itself(void **state)
{
	static const uint8_t other[CASK_KID_SIZE] = { 1 };
	uint8_t room[1024];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };

	assert_false(cask_loss_concerns(&r, whose));
	assert_int_equal(0, cask_loss_mark(&r));
	assert_true(cask_loss_concerns(&r, whose));
	assert_int_equal(0, cask_loss_known(&r, whose));
	assert_false(cask_loss_concerns(&r, whose));
	assert_true(cask_loss_concerns(&r, other));
	assert_int_equal(0, cask_loss_known(&r, other));
	assert_false(cask_loss_concerns(&r, other));
	assert_int_equal(0, cask_records_check(&r));
	r.capacity = 52;
	r.len = 0;
	assert_int_equal(0, cask_loss_mark(&r));
	assert_int_equal(-ENOSPC, cask_loss_known(&r, whose));
	assert_true(cask_loss_concerns(&r, whose));
}

/* As many as there may be: the oldest of that kind and that distributor goes, and nothing else. */
static void D9_of_records_that_are_too_many_the_oldest_goes(void **state)
{
	static const uint8_t other[CASK_KID_SIZE] = { 1 };
	/* Name and age of each; the third has no age. */
	static const uint8_t ages[] = { 7, 4, 0, 9, 5 }, order[] = { 2, 1, 4, 0, 3 };
	static uint8_t room[4096];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	uint8_t name[CASK_ID_SIZE] = { 0 };
	struct cask_record_key key = { .name = name };
	struct cask_bytes value;
	uint8_t age[8] = { 0 };

	for (size_t i = 0; i < sizeof(ages); i++) {
		name[0] = i;
		age[0] = ages[i];
		key.kind = CASK_RECORD_ACCEPTED;
		key.issuer = whose;
		assert_int_equal(0, cask_records_put(&r, &key, age, i == 2 ? 0 : sizeof(age)));
		key.issuer = other;
		assert_int_equal(0, cask_records_put(&r, &key, age, sizeof(age)));
		key.issuer = whose;
		key.kind = CASK_RECORD_NONCE;
		assert_int_equal(0, cask_records_put(&r, &key, age, sizeof(age)));
	}
	key.kind = CASK_RECORD_ACCEPTED;
	for (size_t i = 0; i < sizeof(order); i++) {
		size_t len = r.len;

		cask_records_make_room(&r, CASK_RECORD_ACCEPTED, whose, sizeof(ages) + 1 - i);
		assert_int_equal(len, r.len);
		cask_records_make_room(&r, CASK_RECORD_ACCEPTED, whose, sizeof(ages) - i);
		name[0] = order[i];
		assert_false(cask_records_find(&r, &key, &value));
		assert_int_equal(len - sizeof(struct cask_record) - (order[i] == 2 ? 0 : sizeof(age)), r.len);
		assert_int_equal(0, cask_records_check(&r));
	}
}

/* An empty record each, as long as they leave room; how many. */
static unsigned int fill(struct cask_records *r, __u16 kind, const __u8 *issuer)
{
	__u8 name[CASK_ID_SIZE] = { 0 };
	const struct cask_record_key key = { .kind = kind, .issuer = issuer, .name = name };
	unsigned int n;

	for (n = 0; n < 250; n++) {
		size_t before = cask_records_charge(r, issuer);

		name[0] = n;
		if (cask_records_put(r, &key, "", 0))
			break;
		if (cask_records_charge(r, issuer) <= before || cask_records_leave_room(r, issuer))
			continue;
		assert_int_equal(0, cask_records_del(r, &key));
		break;
	}
	return n;
}

/* Each takes what it can, one after the other: of 100 records a share is one. */
static void D9_one_distributor_leaves_as_much_as_it_takes(void **state)
{
	static const __u8 first[CASK_KID_SIZE] = { 1 }, second[CASK_KID_SIZE] = { 2 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };

	assert_true(cask_records_leave_room(&r, first));
	assert_int_equal(41, fill(&r, CASK_RECORD_RIGHT, first));
	assert_int_equal(20, fill(&r, CASK_RECORD_RIGHT, second));
	/* What is there it may replace. */
	assert_int_equal(41, fill(&r, CASK_RECORD_RIGHT, first));
	assert_int_equal(0, cask_records_check(&r));
}

/* What using a right takes has room, whoever filled the area, and in whatever order. */
static void D9_a_distributors_share_is_its_own(void **state)
{
	static const __u8 first[CASK_KID_SIZE] = { 1 };
	__u8 other[CASK_KID_SIZE] = { 0 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	unsigned int i, rights = fill(&r, CASK_RECORD_RIGHT, first);

	assert_int_equal(41, rights);
	for (i = 2; i <= 16; i++) {
		other[0] = i;
		rights += fill(&r, CASK_RECORD_RIGHT, other);
	}
	assert_false(cask_records_leave_room(&r, first));
	assert_int_equal(1, fill(&r, CASK_RECORD_TIME, first));
	for (i = 2; i <= 16; i++) {
		other[0] = i;
		assert_true(fill(&r, CASK_RECORD_LOG, other));
	}
	assert_in_range(rights, 70, 83);
	assert_int_equal(0, cask_records_check(&r));
}

/* Those who were believed once, and whose records stay, have no share; what is theirs is not free. */
static void D9_of_more_distributors_than_there_can_be_the_records_count(void **state)
{
	__u8 issuer[CASK_KID_SIZE] = { 0 };
	uint8_t room[52 * 100];
	struct cask_records r = { .data = room, .capacity = sizeof(room) };
	__u8 name[CASK_ID_SIZE] = { 0 };
	const struct cask_record_key key = { .kind = CASK_RECORD_RIGHT, .issuer = issuer, .name = name };

	for (issuer[0] = 0; issuer[0] < CASK_AREA_ISSUERS; issuer[0]++)
		assert_int_equal(0, cask_records_put(&r, &key, "", 0));
	for (; name[0] < 62; name[0]++)
		assert_int_equal(0, cask_records_put(&r, &key, "", 0));
	/* Others' records and shares are 34, and its own share counts as taken. */
	while (name[0] > 32) {
		assert_false(cask_records_leave_room(&r, issuer));
		name[0]--;
		assert_int_equal(0, cask_records_del(&r, &key));
	}
	assert_true(cask_records_leave_room(&r, issuer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(D9_power_cuts_without_an_anchor),
		cmocka_unit_test(D9_power_cuts_with_an_anchor),
		cmocka_unit_test(D9_a_write_that_fails_changes_nothing),
		cmocka_unit_test(D9_older_slots_are_refused_by_an_anchor),
		cmocka_unit_test(D9_without_an_anchor_older_slots_pass_and_this_is_stated),
		cmocka_unit_test(D9_a_slot_in_the_place_of_the_other_is_none),
		cmocka_unit_test(D9_a_slot_of_a_later_version_is_not_written_over),
		cmocka_unit_test(D9_an_anchor_that_cannot_be_read_leaves_it_open_which_image_holds),
		cmocka_unit_test(D9_an_anchor_that_does_not_advance_or_goes_too_far_is_noticed),
		cmocka_unit_test(S10_a_new_beginning_holds_once_it_is_committed),
		cmocka_unit_test(S10_a_new_beginning_that_is_not_committed_is_none),
		cmocka_unit_test(S10_a_new_beginning_may_turn_out_to_hold),
		cmocka_unit_test(S10_an_image_that_was_never_committed_gives_nothing_back),
		cmocka_unit_test(S10_an_image_that_was_never_committed_does_not_end_a_new_beginning),
		cmocka_unit_test(S10_each_distributor_knows_for_itself),
		cmocka_unit_test(D9_of_records_that_are_too_many_the_oldest_goes),
		cmocka_unit_test(D9_one_distributor_leaves_as_much_as_it_takes),
		cmocka_unit_test(D9_a_distributors_share_is_its_own),
		cmocka_unit_test(D9_of_more_distributors_than_there_can_be_the_records_count),
	};

	int ret = run_suite(tests);

	free(memory);
	return ret;
}
