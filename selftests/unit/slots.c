// SPDX-License-Identifier: GPL-2.0
/* slots.c - the two slots of the secure area and its anchor: what holds, and a new beginning of what does not. */
#include <errno.h>
#include <stdlib.h>

#include "power.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	int ret = run_suite(tests);

	area_off();
	return ret;
}
