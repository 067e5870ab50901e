// SPDX-License-Identifier: GPL-2.0
/*
 * held.c - answers that wait until what they say will last.
 *
 * What requests have written is made to last by a call that takes as long for many as for one: a
 * disk's. One thread makes it, for all answers that were there when it began; those that come
 * meanwhile wait for the next one. Their connections are suspended, so no thread stands still.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "held.h"

/**
 * struct cask_held - the answers, and the thread
 * @settle: makes what was written so far last
 * @context: of @settle
 * @lock: protects the rest
 * @changed: signalled when there is a first answer, or the end
 * @first: of the answers that wait for the next call
 * @ends: the thread is to end when no answer waits
 * @thread: which calls @settle
 */
struct cask_held {
	void (*settle)(void *context);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct cask_held_answer *first;
	bool ends;
	pthread_t thread;
};

/* From the moment it is resumed on, an answer is its connection's. */
static void release(struct cask_held_answer *answer)
{
	while (answer) {
		struct cask_held_answer *next = answer->next;

		answer->settled = true;
		MHD_resume_connection(answer->connection);
		answer = next;
	}
}

static void *settle_all(void *arg)
{
	struct cask_held *held = arg;
	struct cask_held_answer *answers;

	pthread_mutex_lock(&held->lock);
	while (held->first || !held->ends) {
		if (!held->first) {
			pthread_cond_wait(&held->changed, &held->lock);
			continue;
		}
		answers = held->first;
		held->first = NULL;
		pthread_mutex_unlock(&held->lock);
		held->settle(held->context);
		release(answers);
		pthread_mutex_lock(&held->lock);
	}
	pthread_mutex_unlock(&held->lock);
	return NULL;
}

/**
 * cask_held_start() - be ready to hold answers
 * @settle: makes what was written before it was called last; does not return if it cannot
 * @context: for it
 * @ret_held: to be given to cask_held_end(), then to cask_held_free()
 *
 * Return: 0 or -errno.
 */
int cask_held_start(void (*settle)(void *context), void *context, struct cask_held **ret_held)
{
	struct cask_held *held = calloc(1, sizeof(*held));
	int error;

	if (!held)
		return -ENOMEM;
	held->settle = settle;
	held->context = context;
	pthread_mutex_init(&held->lock, NULL);
	pthread_cond_init(&held->changed, NULL);
	error = pthread_create(&held->thread, NULL, settle_all, held);
	if (error)
		cask_held_free(held);
	else
		*ret_held = held;
	return -error;
}

/**
 * cask_held_end() - release those that wait, hold none from now on
 * @held: started; may be NULL
 */
void cask_held_end(struct cask_held *held)
{
	if (!held)
		return;
	pthread_mutex_lock(&held->lock);
	held->ends = true;
	pthread_cond_signal(&held->changed);
	pthread_mutex_unlock(&held->lock);
	pthread_join(held->thread, NULL);
}

/**
 * cask_held_free() - when nobody has an answer to add
 * @held: ended; may be NULL
 */
void cask_held_free(struct cask_held *held)
{
	if (!held)
		return;
	pthread_cond_destroy(&held->changed);
	pthread_mutex_destroy(&held->lock);
	free(held);
}

/**
 * cask_held_add() - have an answer wait for the next call of @settle that begins
 * @held: started
 * @answer: its connection is suspended, and resumed with @answer->settled set
 *
 * Return: whether it waits; if not, the end has come, and the call has been made for it alone.
 */
bool cask_held_add(struct cask_held *held, struct cask_held_answer *answer)
{
	bool waits;

	pthread_mutex_lock(&held->lock);
	waits = !held->ends;
	if (waits) {
		MHD_suspend_connection(answer->connection);
		answer->next = held->first;
		held->first = answer;
		pthread_cond_signal(&held->changed);
	}
	pthread_mutex_unlock(&held->lock);
	if (!waits)
		held->settle(held->context);
	return waits;
}
