// SPDX-License-Identifier: GPL-2.0
/*
 * content.c - what the distributor offers: records of contents and their keys.
 *
 * Both roles read them: contents for the catalogue and the files, license for
 * the key. A content that was removed keeps its record, since licenses and
 * downloads name it, and loses its key.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "content.h"
#include "crypto.h"
#include "device.h"
#include "json.h"
#include "suite.h"
#include "text.h"

#define COLUMNS "id, title, media_type, suite, plain_size, file_size, sha256, period, " \
		"min_level, max_opens, twokey, use_log, meter_unit, meter_quantum, meter_unreported, " \
		"authentication, max_exports, max_checkouts, at_once, permissions, max_offline_opens, download_period, " \
		"category_id, key_in_header"
#define COLUMN_COUNT 24		/* what follows is in this column */
#define PRICE "(SELECT p.price FROM products p WHERE p.content_id = contents.id AND p.event = 1 " \
	      "AND COALESCE(p.term_id, 0) = 0 AND p.removed IS NULL)"
#define USE(column) "(SELECT p." column " FROM products p WHERE p.content_id = contents.id AND p.event = 3 " \
		    "AND COALESCE(p.term_id, 0) = 0 AND p.removed IS NULL)"
#define PRICES PRICE ", " USE("price") ", " USE("units")
#define OFFERS_OWN "(SELECT COUNT(*) FROM terms t WHERE t.content_id = contents.id AND t.removed IS NULL " \
		   "AND t.period IS NULL AND t.max_opens IS NULL)"
#define LABEL_MAX (8 + TEXT_HEX_SIZE(CASK_ID_SIZE))

static void key_label(const uint8_t id[CASK_ID_SIZE], char label[LABEL_MAX])
{
	char hex[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(id, CASK_ID_SIZE, hex);
	snprintf(label, LABEL_MAX, "content %s", hex);
}

static int read_row(struct cask_db_rows *rows, struct content *c)
{
	const char *title = cask_db_text(rows, 1), *media_type = cask_db_text(rows, 2);
	int ret = cask_db_id(rows, 0, c->id, sizeof(c->id));

	if (ret)
		return ret;
	snprintf(c->title, sizeof(c->title), "%s", title ? title : "");
	snprintf(c->media_type, sizeof(c->media_type), "%s", media_type ? media_type : "");
	c->suite = cask_db_int(rows, 3);
	c->plain_size = cask_db_int(rows, 4);
	c->file_size = cask_db_int(rows, 5);
	c->period = cask_db_int(rows, 7);
	c->min_level = cask_db_int(rows, 8);
	c->max_opens = cask_db_int(rows, 9);
	c->twokey = cask_db_int(rows, 10);
	c->use_log = cask_db_int(rows, 11);
	c->meter.unit = cask_db_int(rows, 12);
	c->meter.quantum = cask_db_int(rows, 13);
	c->meter.max_unreported = cask_db_int(rows, 14);
	c->authentication = cask_db_int(rows, 15);
	c->max_exports = cask_db_int(rows, 16);
	c->max_checkouts = cask_db_int(rows, 17);
	c->at_once = cask_db_int(rows, 18);
	c->permissions = cask_db_int(rows, 19);
	c->max_offline_opens = cask_db_int(rows, 20);
	c->download_period = cask_db_int(rows, 21);
	c->in_category = !cask_db_is_null(rows, 22);
	c->key_in_header = cask_db_int(rows, 23);
	ret = c->in_category ? cask_db_id(rows, 22, c->category_id, sizeof(c->category_id)) : 0;
	if (ret)
		return ret;
	return c->file_size ? cask_db_id(rows, 6, c->sha256, sizeof(c->sha256)) : 0;
}

/**
 * content_find() - look a content up
 * @db: connection
 * @id: content id
 * @ret_content: the record
 *
 * Return: 0, -ESRCH when there is none or it was removed, or another -errno.
 */
int content_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], struct content *ret_content)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT " COLUMNS " FROM contents "
				    "WHERE id = $1 AND removed IS NULL",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	return ret ? ret : read_row(rows, ret_content);
}

/**
 * content_find_key() - a content and its key, as they are at one moment
 * @db: connection
 * @vault: unwraps the key
 * @id: content id
 * @ret_content: the record
 * @ret_key: Kc; the caller wipes it
 *
 * Return: 0, -ESRCH when there is none or it was removed, -EBADMSG under
 * another key encryption key, or another -errno.
 */
int content_find_key(struct cask_db *db, const struct vault *vault,
		     const uint8_t id[CASK_ID_SIZE], struct content *ret_content,
		     uint8_t ret_key[CASK_KEY_SIZE])
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t wrapped[CASK_KEY_SIZE + VAULT_OVERHEAD];
	char label[LABEL_MAX];
	int ret = cask_db_query_one(db, "SELECT " COLUMNS ", wrapped_key, " OFFERS_OWN " FROM contents "
				    "WHERE id = $1 AND removed IS NULL",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (!ret)
		ret = read_row(rows, ret_content);
	if (!ret)
		ret = cask_db_id(rows, COLUMN_COUNT, wrapped, sizeof(wrapped));
	if (ret)
		return ret;
	ret_content->offers_own = cask_db_int(rows, COLUMN_COUNT + 1);
	key_label(id, label);
	return vault_unwrap(vault, label, wrapped, sizeof(wrapped), ret_key);
}

/**
 * content_insert() - offer a content
 * @db: connection
 * @vault: wraps the key
 * @content: the record; one that was removed is replaced
 * @key: Kc
 *
 * Return: 0, -EEXIST when it is already on offer, or another -errno.
 */
int content_insert(struct cask_db *db, const struct vault *vault, const struct content *content,
		   const uint8_t key[CASK_KEY_SIZE])
{
	uint8_t wrapped[CASK_KEY_SIZE + VAULT_OVERHEAD];
	char label[LABEL_MAX];
	int ret;

	key_label(content->id, label);
	ret = vault_wrap(vault, label, key, CASK_KEY_SIZE, wrapped);
	if (ret)
		return ret;
	ret = cask_db_run(db, "INSERT INTO contents (" COLUMNS ", wrapped_key, added) "
			  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
			  "$18, $19, $20, $21, $22, $23, $24, $25, $26) "
			  "ON CONFLICT (id) DO UPDATE SET title = $2, media_type = $3, suite = $4, "
			  "plain_size = $5, file_size = $6, sha256 = $7, period = $8, "
			  "min_level = $9, max_opens = $10, twokey = $11, use_log = $12, "
			  "meter_unit = $13, meter_quantum = $14, meter_unreported = $15, "
			  "authentication = $16, max_exports = $17, max_checkouts = $18, at_once = $19, "
			  "permissions = $20, max_offline_opens = $21, download_period = $22, "
			  "category_id = $23, key_in_header = $24, wrapped_key = $25, added = $26, "
			  "removed = NULL "
			  "WHERE contents.removed IS NOT NULL",
			  DB_ARGS(DB_ID(content->id),
				  DB_TEXT(content->title[0] ? content->title : NULL),
				  DB_TEXT(content->media_type), DB_INT(content->suite),
				  DB_INT(content->plain_size), DB_INT(content->file_size),
				  DB_BLOB(content->sha256,
					  content->file_size ? sizeof(content->sha256) : 0), DB_INT_OR_NULL(content->period),
				  DB_INT(content->min_level), DB_INT_OR_NULL(content->max_opens),
				  DB_INT_OR_NULL(content->twokey), DB_INT(content->use_log),
				  DB_INT_OR_NULL(content->meter.unit),
				  DB_INT_OR_NULL(content->meter.quantum),
				  DB_INT_OR_NULL(content->meter.max_unreported),
				  DB_INT_OR_NULL(content->authentication),
				  DB_INT_OR_NULL(content->max_exports),
				  DB_INT_OR_NULL(content->max_checkouts),
				  DB_INT_OR_NULL(content->at_once),
				  DB_INT_OR_NULL(content->permissions),
				  DB_INT_OR_NULL(content->max_offline_opens),
				  DB_INT_OR_NULL(content->download_period),
				  content->in_category ? DB_ID(content->category_id) : DB_NULL,
				  DB_INT(content->key_in_header),
				  DB_ID(wrapped),
				  DB_INT(time(NULL))));
	return !ret && !cask_db_changes(db) ? -EEXIST : ret;
}

/**
 * content_retire() - offer a content no more, forget its key
 * @db: connection
 * @id: content id
 *
 * Return: 0, -ESRCH when there is none or it was removed, or another -errno.
 */
int content_retire(struct cask_db *db, const uint8_t id[CASK_ID_SIZE])
{
	int ret = cask_db_run(db, "UPDATE contents SET removed = $2, wrapped_key = NULL "
			      "WHERE id = $1 AND removed IS NULL",
			      DB_ARGS(DB_BLOB(id, CASK_ID_SIZE), DB_INT(time(NULL))));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/**
 * content_title_fits() - whether a title can be kept and shown
 * @title: from a command line
 *
 * Return: whether it is UTF-8 of at most CASK_TEXT_MAX bytes without control characters.
 */
bool content_title_fits(const char *title)
{
	_cleanup_json_ json_t *utf8 = json_string(title);

	for (const char *p = title; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return utf8 && strlen(title) <= CASK_TEXT_MAX;
}

static const char *const twokey_modes[] = {
	[0]			   = "none",
	[CASK_TWOKEY_TERMINAL]	   = "terminal",
	[CASK_TWOKEY_SYNCHRONISED] = "synchronised",
};

/**
 * content_twokey_name() - how a content's key is sent, in a word
 * @mode: enum cask_twokey_mode, or 0
 *
 * Return: a constant.
 */
const char *content_twokey_name(uint32_t mode)
{
	return mode < ARRAY_SIZE(twokey_modes) ? twokey_modes[mode] : "unknown";
}

/**
 * content_twokey_read() - that word
 * @text: from a command line
 * @ret_mode: enum cask_twokey_mode, or 0
 *
 * Return: 0 or -EINVAL.
 */
int content_twokey_read(const char *text, uint32_t *ret_mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(twokey_modes); i++)
		if (!strcmp(text, twokey_modes[i])) {
			*ret_mode = i;
			return 0;
		}
	return -EINVAL;
}

static const char *const authentications[] = {
	[AUTHENTICATE_DEVICE] = "device", [AUTHENTICATE_USER] = "user", [AUTHENTICATE_BOTH] = "both",
};

/**
 * content_authentication_read() - who has to ask for a license, from a word
 * @text: from a command line or the configuration
 * @ret_mode: enum content_authentication
 *
 * Return: 0 or -EINVAL.
 */
int content_authentication_read(const char *text, uint32_t *ret_mode)
{
	for (size_t i = AUTHENTICATE_DEVICE; i < ARRAY_SIZE(authentications); i++) {
		if (strcmp(text, authentications[i]))
			continue;
		*ret_mode = i;
		return 0;
	}
	return -EINVAL;
}

static const struct {
	const char *name;
	uint32_t bit;
} permissions[] = {
	{ "record", CASK_PERMISSION_RECORD },
};

/**
 * content_permissions() - permissions, in words
 * @bits: enum cask_permission bits
 *
 * Return: a list, a new reference, or NULL without memory.
 */
json_t *content_permissions(uint32_t bits)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(permissions); i++)
		if (bits & permissions[i].bit)
			json_array_append_new(list, json_string(permissions[i].name));
	return list;
}

static uint32_t permission_named(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(permissions); i++)
		if (strlen(permissions[i].name) == size && !memcmp(permissions[i].name, name, size))
			return permissions[i].bit;
	return 0;
}

/**
 * content_permissions_read() - those words, with commas between
 * @text: from a command line; "none" for none
 * @ret_bits: enum cask_permission bits
 *
 * Return: 0 or -EINVAL.
 */
int content_permissions_read(const char *text, uint32_t *ret_bits)
{
	uint32_t bits = 0, bit;
	size_t size;

	*ret_bits = 0;
	if (!strcmp(text, "none"))
		return 0;
	do {
		size = strcspn(text, ",");
		bit = permission_named(text, size);
		bits |= bit;
		text += size;
	} while (bit && *text++);
	*ret_bits = bits;
	return bit ? 0 : -EINVAL;
}

static json_t *operations_of(const struct suite *suite)
{
	return json_pack("[s]", suite->operation == CASK_OPERATION_FILE ? "file" :
				suite->operation == CASK_OPERATION_DECRYPT ? "decrypt" : "medium");
}

static const char *const units[] = {
	[0] = "openings", [CASK_UNIT_BYTES] = "bytes", [CASK_UNIT_PACKETS] = "packets",
	[CASK_UNIT_SECONDS] = "seconds",
};

/**
 * content_unit_name() - what is counted in a use log, for people and JSON
 * @unit: enum cask_unit, or 0 where it is not metered
 *
 * Return: a word.
 */
const char *content_unit_name(uint32_t unit)
{
	return units[unit];
}

static int read_number(const char **text, uint64_t *ret_number)
{
	char *end;

	if (**text != ':' || (*text)[1] < '0' || (*text)[1] > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoull(*text + 1, &end, 10);
	*text = end;
	return errno || *ret_number > CASK_METER_MAX ? -EINVAL : 0;
}

/**
 * content_meter_read() - how a content is metered, as people write it
 * @text: UNIT:QUANTUM:MAX
 * @ret_meter: what it says
 *
 * Return: 0 or -EINVAL.
 */
int content_meter_read(const char *text, struct content_meter *ret_meter)
{
	struct content_meter m = { 0 };
	size_t size = strcspn(text, ":");

	for (uint32_t i = CASK_UNIT_BYTES; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i]) == size && !strncmp(text, units[i], size))
			m.unit = i;
	text += size;
	if (!m.unit || read_number(&text, &m.quantum) || read_number(&text, &m.max_unreported) ||
	    *text || !m.quantum || m.quantum > m.max_unreported)
		return -EINVAL;
	*ret_meter = m;
	return 0;
}

static json_t *meter_json(const struct content_meter *meter)
{
	return json_pack("{s:s, s:I, s:I}", "unit", content_unit_name(meter->unit),
			 "quantum", (json_int_t)meter->quantum,
			 "max_unreported", (json_int_t)meter->max_unreported);
}

/**
 * content_put_conditions() - the conditions of its licenses but for how long and how often they open
 * @json: gets "max_exports", "max_checkouts", "at_once", "permissions", "max_offline_opens", "download_period",
 *	"use_log", "meter": {"unit", "quantum", "max_unreported"}, without what there is not
 * @content: the record
 */
void content_put_conditions(json_t *json, const struct content *content)
{
	if (content->max_exports)
		json_object_set_new(json, "max_exports", json_integer(content->max_exports));
	if (content->max_checkouts) {
		json_object_set_new(json, "max_checkouts", json_integer(content->max_checkouts));
		json_object_set_new(json, "at_once", json_integer(content->at_once));
	}
	if (content->permissions)
		json_object_set_new(json, "permissions", content_permissions(content->permissions));
	if (content->max_offline_opens)
		json_object_set_new(json, "max_offline_opens",
				    json_integer(content->max_offline_opens));
	if (content->download_period)
		json_object_set_new(json, "download_period", json_integer(content->download_period));
	if (content->use_log)
		json_object_set_new(json, "use_log", json_true());
	if (content->meter.unit)
		json_object_set_new(json, "meter", meter_json(&content->meter));
}

/**
 * content_put_use() - what its use costs, if it is charged for: only what is logged is reported
 * @json: gets "use": {"price", "units", "unit"}
 * @content: the record
 * @price: in hundredths; 0: it is free
 * @each: of so many units
 */
void content_put_use(json_t *json, const struct content *content, int64_t price, int64_t each)
{
	if (content->use_log && price)
		json_object_set_new(json, "use", json_pack("{s:I, s:I, s:s}", "price", (json_int_t)price,
							   "units", (json_int_t)each, "unit",
							   content_unit_name(content->meter.unit)));
}

/**
 * content_json() - a content as the catalogue shows it
 * @content: the record
 *
 * Return: {"content_id", "title", "media_type", "size", "file_size", "suite", "operations", "max_opens", what
 * content_put_conditions() puts, "twokey", "authentication", "category_id", "key_in_header"} without what there
 * is not, a new reference, or NULL without memory.
 */
json_t *content_json(const struct content *content)
{
	const struct suite *suite = suite_find(content->suite);
	json_t *json;

	if (!suite)
		return NULL;
	json = json_pack("{s:o, s:s*, s:s*, s:s, s:o}",
			 "content_id", cask_json_new_hex(content->id, CASK_ID_SIZE),
			 "title", content->title[0] ? content->title : NULL,
			 "media_type", content->media_type[0] ? content->media_type : NULL,
			 "suite", suite->name, "operations", operations_of(suite));
	if (json && content->max_opens)
		json_object_set_new(json, "max_opens", json_integer(content->max_opens));
	if (json)
		content_put_conditions(json, content);
	if (json && content->twokey)
		json_object_set_new(json, "twokey", json_string(content_twokey_name(content->twokey)));
	if (json && content->authentication)
		json_object_set_new(json, "authentication",
				    json_string(authentications[content->authentication]));
	if (json && content->in_category)
		json_object_set_new(json, "category_id",
				    cask_json_new_hex(content->category_id, CASK_ID_SIZE));
	if (json && content->key_in_header)
		json_object_set_new(json, "key_in_header", json_true());
	if (json && content->file_size) {
		json_object_set_new(json, "size", json_integer(content->plain_size));
		json_object_set_new(json, "file_size", json_integer(content->file_size));
	}
	return json;
}

static int list(struct cask_db *db, const char *sql, json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *list = json_array();
	struct content content;
	int ret;

	ret = cask_db_query(db, sql, DB_ARGS(DB_INT(CASK_SUITE_MEDIUM_CLASS)), &rows);
	while (!ret && (ret = cask_db_next(rows)) > 0) {
		json_t *json;

		ret = read_row(rows, &content);
		if (ret)
			break;
		json = content_json(&content);
		json_object_set_new(json, "period", content.period ?
				    json_integer(content.period) : json_null());
		if (!cask_db_is_null(rows, COLUMN_COUNT))
			json_object_set_new(json, "price", json_integer(cask_db_int(rows, COLUMN_COUNT)));
		content_put_use(json, &content, cask_db_int(rows, COLUMN_COUNT + 1),
				cask_db_int(rows, COLUMN_COUNT + 2));
		json_object_set_new(json, "min_level",
				    json_string(device_level_name(content.min_level)));
		ret = json_array_append_new(list, json) ? -ENOMEM : 0;
	}
	if (!ret)
		*ret_list = steal_ptr(&list);
	return ret;
}

/**
 * content_list() - all contents on offer but the classes of media, the latest first
 * @db: connection
 * @ret_list: as content_json(), with "period" (seconds or null), "min_level" and, if they cost something, "price"
 *	and "use"
 *
 * Return: 0 or -errno.
 */
int content_list(struct cask_db *db, json_t **ret_list)
{
	return list(db, "SELECT " COLUMNS ", " PRICES " FROM contents WHERE removed IS NULL AND suite <> $1 "
		    "ORDER BY added DESC, id", ret_list);
}

/**
 * content_list_classes() - the classes of media, the latest first
 * @db: connection
 * @ret_list: as content_list()
 *
 * Return: 0 or -errno.
 */
int content_list_classes(struct cask_db *db, json_t **ret_list)
{
	return list(db, "SELECT " COLUMNS ", " PRICES " FROM contents WHERE removed IS NULL AND suite = $1 "
		    "ORDER BY added DESC, id", ret_list);
}

/**
 * content_find_class() - a class of media and its class key
 * @db: connection
 * @vault: unwraps the key
 * @id: content id of the class
 * @ret_class: the record
 * @ret_key: on success, and the caller wipes it
 *
 * Return: as content_find_key(); -ESRCH also for what is no class.
 */
int content_find_class(struct cask_db *db, const struct vault *vault,
		       const uint8_t id[CASK_ID_SIZE], struct content *ret_class,
		       uint8_t ret_key[CASK_KEY_SIZE])
{
	int ret = content_find_key(db, vault, id, ret_class, ret_key);

	if (ret || ret_class->suite == CASK_SUITE_MEDIUM_CLASS)
		return ret;
	/* A content's key, which nobody asked for. */
	crypto_wipe(ret_key, CASK_KEY_SIZE);
	return -ESRCH;
}
