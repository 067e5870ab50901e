/* SPDX-License-Identifier: GPL-2.0 */
/*
 * information.h - what a user says while a device registers (Fig. 6, S11 and S3).
 */
#ifndef CASK_INFORMATION_H
#define CASK_INFORMATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../call.h"
#include "../password.h"
#include "../user.h"
#include "enrolment.h"

/**
 * struct information - what a user said; to be given to information_clear()
 * @given: there is something
 * @user_id: of an account whose password was shown, else 0
 * @name: of the account that is to be made, "" when whose it is was known
 * @hash: of the password, "" without one
 * @particulars: all the rest, or NULL
 */
struct information {
	bool given;
	int64_t user_id;
	char name[USER_NAME_MAX + 1];
	char hash[PASSWORD_HASH_SIZE];
	json_t *particulars;
};

int information_wanted(struct call *call, const struct enrolment *e, json_t **ret_fields);
int information_put(struct call *call, const struct enrolment *e, const struct information *info);
int information_get(struct call *call, const struct enrolment *e, struct information *ret_info);
int information_owner(struct cask_db *db, const struct information *info, struct user *ret_user);
int information_record(struct call *call, const struct information *info, int64_t user_id);
int information_particulars(struct cask_db *db, const struct vault *vault, int64_t user_id,
			    json_t **ret_particulars);
void information_clear(struct information *info);

#define _cleanup_information_ _cleanup_(information_clear)

#endif /* CASK_INFORMATION_H */
