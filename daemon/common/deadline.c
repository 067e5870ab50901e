// SPDX-License-Identifier: GPL-2.0
/*
 * deadline.c - sockets that must have said what they want by a time.
 *
 * libmicrohttpd's timeout counts from the last byte, so a client that sends one
 * now and then would hold its connection for ever. One thread looks at the
 * sockets every second and shuts down those that are late; their owner sees
 * the end of the connection and closes it. A socket is removed here before it
 * is closed, so the number is never another's.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "deadline.h"

/**
 * struct cask_deadlines - all of them, and the thread that looks
 * @seconds: that a socket has
 * @lock: protects the rest, and the members of the sockets
 * @changed: signalled when there is a first socket, or the end
 * @first: of the sockets
 * @ends: the thread is to end
 * @thread: which looks
 */
struct cask_deadlines {
	unsigned int seconds;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct cask_deadline *first;
	bool ends;
	pthread_t thread;
};

/**
 * struct cask_deadline - a socket
 * @all: it is one of
 * @previous: of the list
 * @next: of the list
 * @fd: the socket; not owned
 * @at: CLOCK_MONOTONIC, or 0 for never
 */
struct cask_deadline {
	struct cask_deadlines *all;
	struct cask_deadline *previous;
	struct cask_deadline *next;
	int fd;
	time_t at;
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* With the lock. */
static void shut_down_late(struct cask_deadlines *all)
{
	time_t time = now();

	for (struct cask_deadline *d = all->first; d; d = d->next) {
		if (!d->at || d->at > time)
			continue;
		shutdown(d->fd, SHUT_RDWR);
		d->at = 0;
	}
}

static void *look(void *arg)
{
	struct cask_deadlines *all = arg;
	struct timespec until;

	pthread_mutex_lock(&all->lock);
	while (!all->ends) {
		if (!all->first) {
			pthread_cond_wait(&all->changed, &all->lock);
			continue;
		}
		shut_down_late(all);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&all->changed, &all->lock, &until);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

static void free_all(struct cask_deadlines *all)
{
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/**
 * cask_deadlines_start() - begin to look at sockets
 * @seconds: that each has
 * @ret_deadlines: to be given to cask_deadlines_stop()
 *
 * Return: 0 or -errno.
 */
int cask_deadlines_start(unsigned int seconds, struct cask_deadlines **ret_deadlines)
{
	struct cask_deadlines *all = calloc(1, sizeof(*all));
	pthread_condattr_t attributes;
	int error;

	if (!all)
		return -ENOMEM;
	all->seconds = seconds;
	pthread_mutex_init(&all->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&all->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	error = pthread_create(&all->thread, NULL, look, all);
	if (error)
		free_all(all);
	else
		*ret_deadlines = all;
	return -error;
}

/**
 * cask_deadlines_stop() - look no more
 * @deadlines: without sockets; freed; may be NULL
 */
void cask_deadlines_stop(struct cask_deadlines *deadlines)
{
	if (!deadlines)
		return;
	pthread_mutex_lock(&deadlines->lock);
	deadlines->ends = true;
	pthread_cond_signal(&deadlines->changed);
	pthread_mutex_unlock(&deadlines->lock);
	pthread_join(deadlines->thread, NULL);
	free_all(deadlines);
}

/**
 * cask_deadline_add() - a socket, whose time runs from now
 * @deadlines: it becomes one of
 * @fd: not owned; cask_deadline_remove() comes before its close()
 *
 * Return: the deadline, or NULL without memory.
 */
struct cask_deadline *cask_deadline_add(struct cask_deadlines *deadlines, int fd)
{
	struct cask_deadline *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->all = deadlines;
	d->fd = fd;
	d->at = now() + deadlines->seconds;
	pthread_mutex_lock(&deadlines->lock);
	d->next = deadlines->first;
	if (d->next)
		d->next->previous = d;
	else
		pthread_cond_signal(&deadlines->changed);
	deadlines->first = d;
	pthread_mutex_unlock(&deadlines->lock);
	return d;
}

/**
 * cask_deadline_remove() - the socket is about to be closed
 * @deadline: freed; may be NULL
 */
void cask_deadline_remove(struct cask_deadline *deadline)
{
	struct cask_deadlines *all = deadline ? deadline->all : NULL;

	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	if (deadline->next)
		deadline->next->previous = deadline->previous;
	if (deadline->previous)
		deadline->previous->next = deadline->next;
	else
		all->first = deadline->next;
	pthread_mutex_unlock(&all->lock);
	free(deadline);
}

static void set(struct cask_deadline *deadline, time_t at)
{
	if (!deadline)
		return;
	pthread_mutex_lock(&deadline->all->lock);
	deadline->at = at;
	pthread_mutex_unlock(&deadline->all->lock);
}

/**
 * cask_deadline_arm() - the time runs anew
 * @deadline: may be NULL
 * @more_seconds: that it has this time
 */
void cask_deadline_arm(struct cask_deadline *deadline, unsigned int more_seconds)
{
	if (deadline)
		set(deadline, now() + deadline->all->seconds + more_seconds);
}

/**
 * cask_deadline_disarm() - the socket has said what it wants; now it may take its time
 * @deadline: may be NULL
 */
void cask_deadline_disarm(struct cask_deadline *deadline)
{
	set(deadline, 0);
}
