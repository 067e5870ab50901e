/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_internal.h - what store.c, store_distributor.c and store_license.c share; for no one else.
 */
#ifndef CASKD_STORE_INTERNAL_H
#define CASKD_STORE_INTERNAL_H

#include <pthread.h>

#include "store.h"

#define STORE_MODE 0600	/* of each file */

/**
 * struct store - what is kept
 * @lock: protects what follows @lock_fd
 * @dir: of all
 * @distributors_dir: in @dir
 * @licenses_dir: in @dir
 * @lock_fd: held while the directory is ours
 * @distributors: references
 * @distributor_count: of @distributors
 * @licenses: allocated
 * @license_count: of @licenses
 */
struct store {
	pthread_mutex_t lock;
	char *dir;
	char *distributors_dir;
	char *licenses_dir;
	int lock_fd;
	struct distributor *distributors[STORE_DISTRIBUTORS_MAX];
	size_t distributor_count;
	struct holding *licenses;
	size_t license_count;
};

extern struct store store;

int store_load_distributor(const char *path, const char *name);
int store_load_license(const char *path, const char *name);
int store_load_renewed(const char *path, const char *name);

#endif /* CASKD_STORE_INTERNAL_H */
