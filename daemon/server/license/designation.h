/* SPDX-License-Identifier: GPL-2.0 */
/*
 * designation.h - what a license is asked for by: content, license or product.
 */
#ifndef CASK_DESIGNATION_H
#define CASK_DESIGNATION_H

#include <jansson.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "../billing/product.h"
#include "../db/db.h"
#include "term.h"

enum designation_kind {
	DESIGNATES_CONTENT,	/* by its id */
	DESIGNATES_LICENSE,	/* by the id of one that was issued, which a file's head may name */
	DESIGNATES_PRODUCT,	/* by its name */
};

/**
 * struct designation - what a license is asked for by
 * @kind: which member counts
 * @id: of content or license
 * @product: name
 */
struct designation {
	enum designation_kind kind;
	uint8_t id[CASK_ID_SIZE];
	char product[PRODUCT_NAME_MAX + 1];
};

int designation_read(const json_t *json, struct designation *ret_designation);
int designation_content(struct cask_db *db, const struct designation *designation,
			uint8_t ret_content_id[CASK_ID_SIZE], char ret_term[TERM_NAME_MAX + 1]);

#endif /* CASK_DESIGNATION_H */
