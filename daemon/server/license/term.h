/* SPDX-License-Identifier: GPL-2.0 */
/*
 * term.h - terms: what licenses for a content can be had with and renewed with.
 */
#ifndef CASK_TERM_H
#define CASK_TERM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "../call.h"
#include "../db/db.h"

struct content;

#define TERM_NAME_MAX		64
#define TERM_QUANTITY_MAX	1000
#define TERM_SECONDS_MAX	(100ULL * 365 * 86400)	/* of all that is taken at once */

/**
 * struct term - a term
 * @id: never used twice
 * @name: that requests name it by, of one content
 * @title: for people, "" for none
 * @period: seconds, 0: for ever
 * @max_opens: how often a license may be opened, 0: any number
 * @max_quantity: how many times period and max_opens may be taken at once
 */
struct term {
	int64_t id;
	char name[TERM_NAME_MAX + 1];
	char title[CASK_TEXT_MAX + 1];
	uint64_t period;
	uint32_t max_opens;
	uint32_t max_quantity;
};

/* Nothing of it ends: only who has the permission may have it. */
static inline bool term_is_ownership(const struct term *term)
{
	return !term->period && !term->max_opens;
}

int term_add(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const struct term *term);
int term_remove(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const char *name);
int term_find(struct cask_db *db, const uint8_t content_id[CASK_ID_SIZE], const char *name,
	      struct term *ret_term);
int term_list(struct cask_db *db, json_t **ret_list);

struct cask_reply *term_reply(struct call *call, const struct content *content, bool may_own, bool without);
struct cask_reply *term_get_of_content(struct cask_http_request *rq);

#endif /* CASK_TERM_H */
