/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.h - database connections shared by the threads of a server.
 */
#ifndef CASK_POOL_H
#define CASK_POOL_H

#include "db/db.h"

struct pool;

int pool_open(const char *url, unsigned int size, struct pool **ret_pool);
void pool_close(struct pool *pool);
struct cask_db *pool_take(struct pool *pool);
void pool_give(struct pool *pool, struct cask_db *db);

#endif /* CASK_POOL_H */
