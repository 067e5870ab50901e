// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * commit.c - how an image takes the place of the one before, whenever the power
 * goes.
 *
 * Image n lies in slot n & 1, so the one before stays while it is written. With
 * an anchor the image is the one whose counter the anchor has: writing n + 1
 * changes nothing before the anchor advances, and what was n is worth nothing
 * after. Without one it is the later of the two, and the commit is when the
 * slot is on disk: whoever can write the slots can put older ones there.
 *
 * An image that was cut short may be tried again under its counter. No two are sealed
 * alike (their salts differ), so what a disk keeps of both makes neither whole. But
 * whoever kept the first puts it in the place of the second, and what the second
 * changed was not: so where one may have been tried, what is live goes there first,
 * as it is, and the change under the counter behind.
 *
 * Where no image holds, a new beginning is made, and says so (loss.c). It does not hold
 * before it is committed, and what may be done to it until then is for area.c to say.
 */
#include "area.h"

static void swap_images(struct cask_area *a)
{
	struct cask_records live = a->live;

	a->live = a->work;
	a->work = live;
}

/* What was written is the one. */
static void hold(struct cask_area *a)
{
	if (!a->again)
		swap_images(a);
	a->counter++;
	a->untried = true;
	a->lost = false;
	a->state = CASK_AREA_STATE_OPEN;
}

/* @counter: what the anchor says beyond @first */
static int refuse(struct cask_area *a, __u64 counter)
{
	int ret;

	a->state = CASK_AREA_STATE_CLOSED;
	/* What was there may have been a secret. */
	memset(a->live.data, 0, a->live.capacity);
	a->live.len = 0;
	ret = cask_loss_mark(&a->live);
	if (ret)
		return ret;
	a->state = CASK_AREA_STATE_REFUSED;
	a->lost = true;
	a->untried = false;
	a->counter = counter;
	return -EUCLEAN;
}

/* A slot into @r: 1 when it is an image, 0 when it is blank, -EBADMSG when it is neither. */
static int read_slot(struct cask_area *a, unsigned int slot, struct cask_records *r,
		     __u64 *ret_counter)
{
	size_t len = 0;
	int ret;

	ret = a->io->load(a->context, slot, a->sealed, a->size, &len);
	if (ret || !len)
		return ret;
	ret = a->io->open(a->context, a->sealed, len, r, ret_counter);
	/* A slot of a later version must not be taken for a lost one, and written over. */
	if (ret == -EINVAL || (!ret && ((*ret_counter & 1) != slot || cask_records_check(r))))
		ret = -EBADMSG;
	return ret ? ret : 1;
}

/* Which of the images holds: counters are 0 where there is none. */
static int choose(struct cask_area *a, const __u64 counters[2], bool blank)
{
	__u64 wanted = counters[0] > counters[1] ? counters[0] : counters[1];
	int ret;

	if (a->io->anchor) {
		ret = a->io->anchor(a->context, &wanted);
		if (ret)
			return ret;
		if (wanted < a->first)
			return refuse(a, 0);
		wanted -= a->first;
	}
	if (wanted && wanted == counters[1]) {
		swap_images(a);
	} else if (!wanted || wanted != counters[0]) {
		/* Nothing was ever committed, which is for the anchor to say, or for blank slots. */
		if (wanted || !(a->io->anchor || blank))
			return refuse(a, wanted);
		a->live.len = 0;
	}
	a->counter = wanted;
	a->state = CASK_AREA_STATE_OPEN;
	return 0;
}

/**
 * cask_area_open() - find the image that holds
 * @a: not open yet; with memory, @io and @first
 *
 * Return: 0, also for an area that nothing was ever committed to; -EUCLEAN when
 * what is there is not what was committed last: it stays refused, until a new
 * beginning is committed; an errno of @io's load, open and anchor, and it may be
 * tried again.
 */
int cask_area_open(struct cask_area *a)
{
	__u64 counters[2] = { 0, 0 };
	bool blank = true;
	unsigned int slot;
	int ret;

	for (slot = 0; slot < 2; slot++) {
		ret = read_slot(a, slot, slot ? &a->work : &a->live, &counters[slot]);
		if (ret < 0 && ret != -EBADMSG)
			return ret;
		if (ret < 1)
			counters[slot] = 0;
		if (ret)
			blank = false;
	}
	return choose(a, counters, blank);
}

/* Whether what was written has become the one: only the anchor knows. */
static int settle(struct cask_area *a)
{
	__u64 now;
	int ret = a->io->anchor(a->context, &now);

	if (ret) {
		a->state = CASK_AREA_STATE_UNSURE;
		return ret;
	}
	if (now == a->first + a->counter) {
		a->state = a->lost ? CASK_AREA_STATE_REFUSED : CASK_AREA_STATE_OPEN;
		return -EIO;
	}
	if (now != a->first + a->counter + 1)
		return refuse(a, now < a->first ? 0 : now - a->first);
	hold(a);
	return 0;
}

/**
 * cask_area_begin() - make @work a copy of the records, to be changed
 * @a: open, or refused: then a copy of the new beginning
 *
 * Return: 0; -ENOTCONN when it is neither; -EUCLEAN when it is refused from now on; an
 * errno of the anchor, and nothing can be known before it answers.
 */
int cask_area_begin(struct cask_area *a)
{
	int ret;

	if (a->state == CASK_AREA_STATE_UNSURE) {
		ret = settle(a);
		if (ret && ret != -EIO)
			return ret;
	}
	if (a->state == CASK_AREA_STATE_CLOSED)
		return -ENOTCONN;
	memcpy(a->work.data, a->live.data, a->live.len);
	/* What was there before may have been a secret. */
	if (a->work.len > a->live.len)
		memset(a->work.data + a->live.len, 0, a->work.len - a->live.len);
	a->work.len = a->live.len;
	return 0;
}

/* @again: of @live, as it is, instead of @work */
static int put_image(struct cask_area *a, bool again)
{
	__u64 next = a->counter + 1;
	int ret, advanced;
	size_t len;

	a->again = again;
	a->untried = false;
	ret = a->io->seal(a->context, next, again ? &a->live : &a->work, a->sealed, &len);
	ret = ret ? ret : a->io->store(a->context, next & 1, a->sealed, len);
	if (ret)
		return ret;
	if (!a->io->anchor) {
		hold(a);
		return 0;
	}
	advanced = a->io->advance(a->context);
	ret = settle(a);
	return ret == -EIO && advanced ? advanced : ret;
}

/**
 * cask_area_commit() - make @work the records that hold
 * @a: open, after cask_area_begin() and changes
 *
 * Return: 0 when it will be so after any power cut. Otherwise an errno of @io, or
 * -EIO when the anchor did not advance: it is not so now, and a power cut before the
 * next commit may show that it is so after all. -EUCLEAN when the anchor is
 * elsewhere: then the area is refused. A refused area is open after a commit, and
 * still refused without.
 */
int cask_area_commit(struct cask_area *a)
{
	int ret = a->io->anchor && !a->untried ? put_image(a, true) : 0;

	return ret ? ret : put_image(a, false);
}
