/* SPDX-License-Identifier: GPL-2.0 */
/*
 * content.h - what the distributor offers: records of contents and their keys.
 */
#ifndef CASK_CONTENT_H
#define CASK_CONTENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "db/db.h"
#include "server.h"

/* Who asks for a license; kept in the database, where NULL is what the configuration says. */
enum content_authentication {
	AUTHENTICATE_DEVICE	= 1,	/* by a device: the license is its owner's */
	AUTHENTICATE_USER	= 2,	/* by a user, on whichever device */
	AUTHENTICATE_BOTH	= 3,	/* by a user on a device of the user's own */
};

/**
 * struct content_meter - how the use of a content is metered
 * @unit: enum cask_unit
 * @quantum: of its unit, that a device logs at a time
 * @max_unreported: of its unit, that may wait for being reported
 */
struct content_meter {
	uint32_t unit;
	uint64_t quantum;
	uint64_t max_unreported;
};

/**
 * struct content - a content on offer
 * @id: content id
 * @title: from the file's header, "" for none
 * @media_type: likewise, "" for none
 * @suite: enum cask_suite
 * @plain_size: bytes of the plaintext
 * @file_size: bytes of the .cask file; 0: the content is only a key
 * @sha256: of the file, if there is one
 * @period: seconds that a license lasts from its issue, 0: for ever
 * @min_level: enum cask_level that a device needs
 * @max_opens: how often a license may be opened, 0: any number
 * @permissions: enum cask_permission bits of its licenses
 * @max_offline_opens: how often a license may be opened without word from here, 0: any number
 * @download_period: seconds from a license's issue in which the file may be accepted, 0: for ever
 * @twokey: enum cask_twokey_mode of its licenses; 0: the key is sealed to the device
 * @use_log: each use is logged and reported
 * @meter: how it is metered; its unit 0: it is not
 * @authentication: enum content_authentication, of who asks for one; 0: as the server is configured
 * @max_exports: how many media may get a copy of a license, 0: none
 * @max_checkouts: how often one may be checked out to media, 0: never
 * @at_once: to how many media at once
 * @in_category: the key is wrapped for the leaves of a category instead
 * @category_id: that category
 * @key_in_header: and is in the file's header, not in licenses
 * @offers_own: one of its terms is ownership; known of what content_find_key() found
 */
struct content {
	uint8_t id[CASK_ID_SIZE];
	char title[CASK_TEXT_MAX + 1];
	char media_type[CASK_TEXT_MAX + 1];
	uint32_t suite;
	uint64_t plain_size;
	uint64_t file_size;
	uint8_t sha256[32];
	uint64_t period;
	uint32_t min_level;
	uint32_t max_opens;
	uint32_t permissions;
	uint32_t max_offline_opens;
	uint64_t download_period;
	uint32_t twokey;
	bool use_log;
	struct content_meter meter;
	uint32_t authentication;
	uint32_t max_exports;
	uint32_t max_checkouts;
	uint32_t at_once;
	bool in_category;
	uint8_t category_id[CASK_ID_SIZE];
	bool key_in_header;
	bool offers_own;
};

/* Whether its licenses count something, and so install once. */
static inline bool content_counts(const struct content *content)
{
	return content->max_opens || content->max_exports || content->max_checkouts;
}

int content_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], struct content *ret_content);
int content_find_key(struct cask_db *db, const struct vault *vault,
		     const uint8_t id[CASK_ID_SIZE], struct content *ret_content,
		     uint8_t ret_key[CASK_KEY_SIZE]);
int content_find_class(struct cask_db *db, const struct vault *vault,
		       const uint8_t id[CASK_ID_SIZE], struct content *ret_class,
		       uint8_t ret_key[CASK_KEY_SIZE]);
int content_insert(struct cask_db *db, const struct vault *vault, const struct content *content,
		   const uint8_t key[CASK_KEY_SIZE]);
int content_retire(struct cask_db *db, const uint8_t id[CASK_ID_SIZE]);
int content_list(struct cask_db *db, json_t **ret_list);
int content_list_classes(struct cask_db *db, json_t **ret_list);
bool content_title_fits(const char *title);
const char *content_twokey_name(uint32_t mode);
int content_twokey_read(const char *text, uint32_t *ret_mode);
const char *content_unit_name(uint32_t unit);
int content_meter_read(const char *text, struct content_meter *ret_meter);
int content_authentication_read(const char *text, uint32_t *ret_mode);
json_t *content_permissions(uint32_t bits);
int content_permissions_read(const char *text, uint32_t *ret_bits);
void content_put_conditions(json_t *json, const struct content *content);
void content_put_use(json_t *json, const struct content *content, int64_t price, int64_t each);
json_t *content_json(const struct content *content);

#endif /* CASK_CONTENT_H */
