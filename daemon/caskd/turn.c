// SPDX-License-Identifier: GPL-2.0
/*
 * turn.c - one at a time is asked for. Two at once would be two requests, both charged, or one request, and
 * then one of the callers would get what only the other wanted.
 */
#include <pthread.h>
#include <string.h>

#include "turn.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct turn *list;
} turns = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* Of the same license, or of the same content and owner. */
static bool is_beside(const struct pending *a, const struct pending *b)
{
	if (a->renews != b->renews || memcmp(a->issuer, b->issuer, sizeof(a->issuer)))
		return false;
	if (a->renews)
		return !memcmp(a->license_id, b->license_id, sizeof(a->license_id));
	return a->machine == b->machine && a->owner == b->owner &&
	       !memcmp(a->content_id, b->content_id, sizeof(a->content_id));
}

static bool is_same_user(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct pending *a, const struct pending *b)
{
	return a->price == b->price && a->quantity == b->quantity && !strcmp(a->term, b->term) &&
	       is_same_user(a->user, b->user);
}

static struct turn *find(const struct pending *wanted)
{
	struct turn *t = turns.list;

	while (t && !is_beside(&t->wanted, wanted))
		t = t->next;
	return t;
}

static void take_over(struct turn *t, const struct turn *other)
{
	t->result = other->result;
	t->got = other->got;
	t->problem = other->problem;
}

/* Until no other is under way; with the result, if one was just this. Under the lock. */
static bool wait_for_others(struct turn *t)
{
	struct turn *other;

	while ((other = find(&t->wanted))) {
		bool same = is_same(&other->wanted, &t->wanted);

		other->watchers++;
		while (!other->ended)
			pthread_cond_wait(&turns.changed, &turns.lock);
		if (same)
			take_over(t, other);
		if (!--other->watchers)
			pthread_cond_broadcast(&turns.changed);
		if (same)
			return true;
	}
	return false;
}

/**
 * turn_begin() - wait until nothing of the kind is under way
 * @t: with what is wanted
 *
 * Return: whether it is the caller's turn, who ends it; else it has the result of another, which was just this.
 */
bool turn_begin(struct turn *t)
{
	bool own;

	pthread_mutex_lock(&turns.lock);
	own = !wait_for_others(t);
	if (own) {
		t->next = turns.list;
		turns.list = t;
	}
	pthread_mutex_unlock(&turns.lock);
	return own;
}

/**
 * turn_end() - the result is known
 * @t: begun; nobody looks at it any more when this returns
 */
void turn_end(struct turn *t)
{
	struct turn **at = &turns.list;

	pthread_mutex_lock(&turns.lock);
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->ended = true;
	pthread_cond_broadcast(&turns.changed);
	while (t->watchers)
		pthread_cond_wait(&turns.changed, &turns.lock);
	pthread_mutex_unlock(&turns.lock);
}

/**
 * turn_result() - what came of it
 * @t: ended, or another's
 * @ret: on success
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int turn_result(const struct turn *t, struct acquired *ret, struct problem *p)
{
	if (t->result)
		*p = t->problem;
	else
		*ret = t->got;
	return t->result;
}
