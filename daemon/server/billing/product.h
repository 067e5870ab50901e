/* SPDX-License-Identifier: GPL-2.0 */
/*
 * product.h - what costs how much.
 */
#ifndef CASK_PRODUCT_H
#define CASK_PRODUCT_H

#include <jansson.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "../db/db.h"

#define PRODUCT_NAME_MAX 64

/* What is charged for. */
enum bill_event {
	BILL_LICENSE		= 1,
	BILL_REGISTRATION	= 2,
	BILL_USE		= 3,	/* of a content, as devices report it */
};

/**
 * struct product - what is charged for
 * @id: never used twice
 * @event: of what
 * @content_id: of a license or a use
 * @term_id: that the license has, 0: the content's own conditions
 * @price: hundredths
 * @units: of a use: so many cost the price; else 0
 */
struct product {
	int64_t id;
	enum bill_event event;
	uint8_t content_id[CASK_ID_SIZE];
	int64_t term_id;
	int64_t price;
	int64_t units;
};

int product_add(struct cask_db *db, const char *name, const struct product *product);
int product_set_price(struct cask_db *db, const char *name, int64_t price);
int product_remove(struct cask_db *db, const char *name);
int product_find(struct cask_db *db, enum bill_event event, const uint8_t *content_id,
		 int64_t term_id, struct product *ret_product);
int product_list(struct cask_db *db, json_t **ret_list);
const char *product_event_name(enum bill_event event);

#endif /* CASK_PRODUCT_H */
