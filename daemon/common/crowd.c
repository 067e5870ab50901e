// SPDX-License-Identifier: GPL-2.0
/*
 * crowd.c - how many connections each local user has, so that nobody takes all.
 */
#include <pthread.h>
#include <stdlib.h>

#include "crowd.h"

/**
 * struct seat - a user who is here
 * @uid: who
 * @count: connections of this user; 0: the seat is free
 */
struct seat {
	uid_t uid;
	unsigned int count;
};

/**
 * struct cask_crowd - who is here
 * @limits: a copy
 * @lock: protects the rest
 * @users: connections of all but root
 * @seats: limits.all of them
 */
struct cask_crowd {
	struct cask_crowd_limits limits;
	pthread_mutex_t lock;
	unsigned int users;
	struct seat seats[];
};

/**
 * cask_crowd_new() - nobody is here
 * @limits: copied; users' part is @limits->all less @limits->for_root
 *
 * Return: to be freed with cask_crowd_free(), or NULL without memory.
 */
struct cask_crowd *cask_crowd_new(const struct cask_crowd_limits *limits)
{
	struct cask_crowd *c = calloc(1, sizeof(*c) + limits->all * sizeof(c->seats[0]));

	if (!c)
		return NULL;
	c->limits = *limits;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

/**
 * cask_crowd_free() - when nobody enters or leaves any more
 * @crowd: may be NULL
 */
void cask_crowd_free(struct cask_crowd *crowd)
{
	if (!crowd)
		return;
	pthread_mutex_destroy(&crowd->lock);
	free(crowd);
}

/* The user's seat, else a free one; there is one for each connection. */
static struct seat *find(struct cask_crowd *c, uid_t uid)
{
	struct seat *empty = NULL;

	for (unsigned int i = 0; i < c->limits.all; i++) {
		if (c->seats[i].count && c->seats[i].uid == uid)
			return &c->seats[i];
		if (!c->seats[i].count && !empty)
			empty = &c->seats[i];
	}
	return empty;
}

static bool enter(struct cask_crowd *c, uid_t uid)
{
	struct seat *seat = find(c, uid);

	if (!seat || c->users >= c->limits.all - c->limits.for_root ||
	    seat->count >= c->limits.of_user)
		return false;
	seat->uid = uid;
	seat->count++;
	c->users++;
	return true;
}

/**
 * cask_crowd_enter() - one more connection of a user
 * @crowd: of all
 * @uid: the user
 *
 * Return: whether the user may have it; then cask_crowd_leave() is owed. Root
 * always may, as far as there are connections.
 */
bool cask_crowd_enter(struct cask_crowd *crowd, uid_t uid)
{
	bool may;

	if (!uid)
		return true;
	pthread_mutex_lock(&crowd->lock);
	may = enter(crowd, uid);
	pthread_mutex_unlock(&crowd->lock);
	return may;
}

/**
 * cask_crowd_leave() - one less
 * @crowd: of all
 * @uid: who entered
 */
void cask_crowd_leave(struct cask_crowd *crowd, uid_t uid)
{
	struct seat *seat;

	if (!uid)
		return;
	pthread_mutex_lock(&crowd->lock);
	seat = find(crowd, uid);
	if (seat && seat->count) {
		seat->count--;
		crowd->users--;
	}
	pthread_mutex_unlock(&crowd->lock);
}
