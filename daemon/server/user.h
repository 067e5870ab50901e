/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user.h - the people who own devices.
 */
#ifndef CASK_USER_H
#define CASK_USER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"

#define USER_NAME_MAX	64	/* a device id in hex has as many */

/**
 * struct user - an account
 * @id: never used twice
 * @name: unique
 * @enabled: whether its devices are answered
 */
struct user {
	int64_t id;
	char name[USER_NAME_MAX + 1];
	bool enabled;
};

int user_check_name(const char *name);
int user_check_own_name(const char *name);
int user_add(struct cask_db *db, const char *name);
int user_find(struct cask_db *db, const char *name, struct user *ret_user);
int user_get(struct cask_db *db, int64_t id, struct user *ret_user);
int user_enable(struct cask_db *db, const char *name, bool enabled);
int user_list(struct cask_db *db, json_t **ret_list);

#endif /* CASK_USER_H */
