/* SPDX-License-Identifier: GPL-2.0 */
/*
 * media.h - records of media: which were made here or asked for, and what for them.
 */
#ifndef CASK_MEDIA_H
#define CASK_MEDIA_H

#include <jansson.h>
#include <stdint.h>

#include "db/db.h"
#include "medium.h"

int media_made(struct cask_db *db, const struct medium *medium);
int media_heard_of(struct cask_db *db, const uint8_t class_id[CASK_ID_SIZE],
		   const uint8_t number[CASK_MEDIUM_NUMBER_SIZE]);
int media_list(struct cask_db *db, json_t **ret_list);
int media_show(struct cask_db *db, const uint8_t number[CASK_MEDIUM_NUMBER_SIZE],
	       json_t **ret_list);

#endif /* CASK_MEDIA_H */
