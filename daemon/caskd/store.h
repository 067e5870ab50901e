/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store.h - what survives a restart: distributors and licenses.
 *
 * Thread-safe: one mutex, never held while the module is asked. All functions
 * return 0 or a negative errno, one also STORE_HAD_IT; after -errno of a change
 * the old state stands, on disk and in memory.
 */
#ifndef CASKD_STORE_H
#define CASKD_STORE_H

#include <time.h>

#include "distributor.h"
#include "holding.h"

#define STORE_LICENSES_MAX	4096	/* as many as the module takes */
/* What one user may take of them, and all users but root together. */
#define STORE_LICENSES_OF_USER	512
#define STORE_LICENSES_OF_USERS	(STORE_LICENSES_MAX - 512)
/* At most so many are being got at once: caskd's connections. */
#define STORE_UNDER_WAY		128
#define STORE_DISTRIBUTORS_MAX	64

int store_open(const char *dir);
void store_close(void);
bool store_responds(const struct timespec *until);

/**
 * struct store_health - whether the store can go on
 * @path: of the directory; valid until store_close()
 * @error: errno for which nothing can be written there, 0 if it can
 * @free: bytes that its file system has left for caskd
 */
struct store_health {
	const char *path;
	int error;
	uint64_t free;
};

void store_check(struct store_health *ret);

int store_put_distributor(struct distributor *d);
int store_replace_distributor(const struct distributor *old, struct distributor *fresh);
int store_get_distributor(const uint8_t issuer[CASK_KID_SIZE], struct distributor **ret);
int store_list_distributors(struct distributor *ret[STORE_DISTRIBUTORS_MAX], size_t *ret_count);

#define STORE_HAD_IT	1

int store_room(const uint32_t *owner);
int store_put_license(const struct holding *h, const void *statement, size_t size);
int store_settle_license(const struct holding *h);
int store_put_back(const struct holding *h);
int store_read_license(const struct holding *h, uint8_t **ret_statement, size_t *ret_size);
int store_remove_license(const struct holding *h);
int store_list_licenses(struct holding **ret, size_t *ret_count);
int store_note_license(const struct holding *h, int error);

#endif /* CASKD_STORE_H */
