// SPDX-License-Identifier: GPL-2.0
/*
 * area.c - the power cut a million times in the code of the secure area (CASK_CUTS=N: so often).
 *
 * Whatever is found afterwards is compared with the only two images that may be. In between the
 * disk is lost, or put back, and a new beginning made of that, with the power cut as well.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "power.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(D9_power_cuts_without_an_anchor),
		cmocka_unit_test(D9_power_cuts_with_an_anchor),
	};
	int ret = run_suite(tests);

	area_off();
	return ret;
}
