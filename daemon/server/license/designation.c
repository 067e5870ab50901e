// SPDX-License-Identifier: GPL-2.0
/*
 * designation.c - what a license is asked for by: content, license or product. All come to a
 * content in the end. The leaf that it is for nobody names: it is that of the device that signs, in
 * the content's category, and issue.c looks it up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "designation.h"
#include "json.h"

static int read_product(const json_t *json, struct designation *d)
{
	const char *name;
	int ret = cask_json_string(json, "product", PRODUCT_NAME_MAX, &name);

	if (!ret)
		snprintf(d->product, sizeof(d->product), "%s", name);
	return ret;
}

/**
 * designation_read() - from a request
 * @json: an object with one of "content_id", "license_id" and "product"
 * @ret_designation: it
 *
 * Return: 0; -ENOENT without one, -EINVAL when it is malformed or there are several.
 */
int designation_read(const json_t *json, struct designation *ret_designation)
{
	static const char *const names[] = {
		[DESIGNATES_CONTENT] = "content_id", [DESIGNATES_LICENSE] = "license_id",
		[DESIGNATES_PRODUCT] = "product",
	};
	struct designation d = { 0 };
	int found = 0, ret;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!json_object_get(json, names[i]))
			continue;
		d.kind = i;
		found++;
	}
	if (found != 1)
		return found ? -EINVAL : -ENOENT;
	ret = d.kind == DESIGNATES_PRODUCT ? read_product(json, &d) :
	      cask_json_hex(json, names[d.kind], d.id, sizeof(d.id));
	if (!ret)
		*ret_designation = d;
	return ret;
}

static int of_license(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		      uint8_t ret_content_id[CASK_ID_SIZE])
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT content_id FROM licenses WHERE id = $1",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (ret)
		return ret == -ESRCH ? -ENXIO : ret;
	return cask_db_id(rows, 0, ret_content_id, CASK_ID_SIZE);
}

static int of_product(struct cask_db *db, const char *name, uint8_t ret_content_id[CASK_ID_SIZE],
		      char ret_term[TERM_NAME_MAX + 1])
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT p.content_id, p.event, t.name FROM products p "
				    "LEFT JOIN terms t ON t.id = p.term_id "
				    "WHERE p.name = $1 AND p.removed IS NULL",
				    DB_ARGS(DB_TEXT(name)), &rows);

	if (ret)
		return ret == -ESRCH ? -ENODEV : ret;
	if (cask_db_int(rows, 1) != BILL_LICENSE)
		return -ENOTUNIQ;
	if (cask_db_text(rows, 2))
		snprintf(ret_term, TERM_NAME_MAX + 1, "%s", cask_db_text(rows, 2));
	return cask_db_id(rows, 0, ret_content_id, CASK_ID_SIZE);
}

/**
 * designation_content() - which content a license is to be for
 * @db: connection
 * @designation: what was asked for
 * @ret_content_id: the content, which need not be on offer
 * @ret_term: set to the term's name if a product is one's
 *
 * Return: 0; -ENXIO when no license of that id was issued, -ENODEV when there is no such product,
 * -ENOTUNIQ when it is no license's; or another -errno.
 */
int designation_content(struct cask_db *db, const struct designation *designation,
			uint8_t ret_content_id[CASK_ID_SIZE], char ret_term[TERM_NAME_MAX + 1])
{
	switch (designation->kind) {
	case DESIGNATES_LICENSE:
		return of_license(db, designation->id, ret_content_id);
	case DESIGNATES_PRODUCT:
		return of_product(db, designation->product, ret_content_id, ret_term);
	default:
		memcpy(ret_content_id, designation->id, CASK_ID_SIZE);
		return 0;
	}
}
