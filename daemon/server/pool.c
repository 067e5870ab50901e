// SPDX-License-Identifier: GPL-2.0
/*
 * pool.c - database connections shared by the threads of a server.
 *
 * A connection is used by one thread at a time, from pool_take() to
 * pool_give(); with as many connections as threads nobody waits. Where the
 * engine can, they leave it to cask_db_sync() to make transactions last.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "pool.h"

/**
 * struct pool - connections
 * @lock: protects @free and @idle
 * @returned: signalled when a connection comes back
 * @idle: how many stand in @free
 * @size: how many there are
 * @free: a stack of those not taken
 */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t returned;
	unsigned int idle;
	unsigned int size;
	struct cask_db *free[];
};

/**
 * pool_open() - connect
 * @url: of the database
 * @size: how many connections, at least 1
 * @ret_pool: to be closed with pool_close()
 *
 * Return: 0 or -errno.
 */
int pool_open(const char *url, unsigned int size, struct pool **ret_pool)
{
	struct pool *pool = calloc(1, sizeof(*pool) + size * sizeof(pool->free[0]));
	int ret = 0;

	if (!pool)
		return -ENOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->returned, NULL);
	pool->size = size;
	while (!ret && pool->idle < size) {
		ret = cask_db_open(url, &pool->free[pool->idle]);
		if (ret)
			break;
		if (cask_db_defers(pool->free[pool->idle]))
			ret = cask_db_defer(pool->free[pool->idle]);
		pool->idle++;
	}
	if (ret)
		pool_close(pool);
	else
		*ret_pool = pool;
	return ret;
}

/**
 * pool_close() - disconnect
 * @pool: all connections given back; may be NULL
 */
void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	while (pool->idle)
		cask_db_close(pool->free[--pool->idle]);
	pthread_cond_destroy(&pool->returned);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/**
 * pool_take() - a connection for this thread
 * @pool: waits while all are taken
 *
 * Return: to be given back with pool_give().
 */
struct cask_db *pool_take(struct pool *pool)
{
	struct cask_db *db;

	pthread_mutex_lock(&pool->lock);
	while (!pool->idle)
		pthread_cond_wait(&pool->returned, &pool->lock);
	db = pool->free[--pool->idle];
	pthread_mutex_unlock(&pool->lock);
	return db;
}

/**
 * pool_give() - give a connection back
 * @pool: it was taken from
 * @db: without open transaction or rows; may be NULL
 */
void pool_give(struct pool *pool, struct cask_db *db)
{
	if (!db)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->free[pool->idle++] = db;
	pthread_cond_signal(&pool->returned);
	pthread_mutex_unlock(&pool->lock);
}
