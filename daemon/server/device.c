// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - enrolled devices and whose they are.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "json.h"

/**
 * device_find() - look an enrolled device up
 * @db: connection
 * @id: its thumbprint
 * @ret_device: with its owner
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int device_find(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], struct device *ret_device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct device d = { 0 };
	int ret;

	ret = cask_db_query_one(db, "SELECT d.device_key, d.level, d.root, d.user_id, u.enabled, "
				"d.enrolment, d.enabled, d.reanchor "
				"FROM devices d JOIN users u ON u.id = d.user_id WHERE d.id = $1",
				DB_ARGS(DB_BLOB(id, CASK_KID_SIZE)), &rows);
	if (!ret)
		ret = cask_db_id(rows, 0, d.key, sizeof(d.key));
	if (ret)
		return ret;
	memcpy(d.id, id, sizeof(d.id));
	d.level = cask_db_int(rows, 1);
	d.root = cask_db_int(rows, 2);
	d.user_id = cask_db_int(rows, 3);
	d.user_enabled = cask_db_int(rows, 4);
	d.enrolment = cask_db_int(rows, 5);
	d.enabled = cask_db_int(rows, 6);
	d.reanchor = cask_db_int(rows, 7);
	*ret_device = d;
	return 0;
}

/**
 * device_enrol() - take a device in, or take it over for another owner
 * @db: connection
 * @device: what is enabled does not matter
 *
 * Whoever it belonged to and vouched for it before: what counts is the last time. One that
 * was disabled stays so.
 *
 * Return: 0 or -errno.
 */
int device_enrol(struct cask_db *db, const struct device *device)
{
	return cask_db_run(db, "INSERT INTO devices (id, device_key, user_id, level, root, enrolled, "
			   "enrolment) VALUES ($1, $2, $3, $4, $5, $6, $7) "
			   "ON CONFLICT (id) DO UPDATE SET user_id = $3, level = $4, root = $5, "
			   "enrolled = $6, enrolment = $7",
			   DB_ARGS(DB_ID(device->id), DB_ID(device->key), DB_INT(device->user_id),
				   DB_INT(device->level), DB_INT(device->root),
				   DB_INT(time(NULL)), DB_INT(device->enrolment)));
}

/**
 * device_enable() - answer a device, or no more
 * @db: connection
 * @id: of the device
 * @enabled: which
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int device_enable(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], bool enabled)
{
	int ret = cask_db_run(db, "UPDATE devices SET enabled = $2 WHERE id = $1",
			      DB_ARGS(DB_BLOB(id, CASK_KID_SIZE), DB_INT(enabled)));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/**
 * device_set_reanchor() - say what a device gets when it lost its records
 * @db: connection
 * @id: of the device
 * @policy: which
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int device_set_reanchor(struct cask_db *db, const uint8_t id[CASK_KID_SIZE],
			enum device_reanchor policy)
{
	int ret = cask_db_run(db, "UPDATE devices SET reanchor = $2 WHERE id = $1",
			      DB_ARGS(DB_BLOB(id, CASK_KID_SIZE), DB_INT(policy)));

	return !ret && !cask_db_changes(db) ? -ESRCH : ret;
}

/* Columns of what row_json() reads. */
#define DEVICE_COLUMNS "d.id, u.name, d.enabled, d.enrolment, d.level, d.enrolled, d.reanchor, " \
	"d.reanchor_asked, (SELECT COUNT(*) FROM reanchors r WHERE r.device_id = d.id)"

static json_t *row_json(struct cask_db_rows *rows)
{
	uint8_t id[CASK_KID_SIZE];
	json_t *json;

	if (cask_db_id(rows, 0, id, sizeof(id)))
		return NULL;
	json = json_pack("{s:o, s:s, s:b, s:s, s:s, s:I, s:s, s:I}", "device_id",
			 cask_json_new_hex(id, sizeof(id)), "user", cask_db_text(rows, 1),
			 "enabled", (int)cask_db_int(rows, 2),
			 "enrolment", device_enrolment_name(cask_db_int(rows, 3)),
			 "level", device_level_name(cask_db_int(rows, 4)),
			 "enrolled", (json_int_t)cask_db_int(rows, 5),
			 "reanchor", device_reanchor_name(cask_db_int(rows, 6)),
			 "reanchors", (json_int_t)cask_db_int(rows, 8));
	if (json && !cask_db_is_null(rows, 7))
		json_object_set_new(json, "reanchor_asked", json_integer(cask_db_int(rows, 7)));
	return json;
}

/**
 * device_list() - all enrolled devices
 * @db: connection
 * @ret_list: [{"device_id", "user", "enabled", "enrolment", "level", "enrolled", "reanchor",
 *	"reanchors", "reanchor_asked"}], by user; the last, if it waits, is when it began to
 *
 * Return: 0 or -errno.
 */
int device_list(struct cask_db *db, json_t **ret_list)
{
	return cask_db_list(db, "SELECT " DEVICE_COLUMNS " FROM devices d JOIN users u ON u.id = d.user_id "
			    "ORDER BY u.name, d.enrolled, d.id", DB_NO_ARGS, row_json, ret_list);
}

/* The times of what it got, the latest first. */
static int add_reanchors(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], json_t *device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	json_t *times = json_array();
	int ret = json_object_set_new(device, "reanchored", times) ? -ENOMEM : 0;

	if (!ret)
		ret = cask_db_query(db, "SELECT created FROM reanchors WHERE device_id = $1 "
				    "ORDER BY created DESC",
				    DB_ARGS(DB_BLOB(id, CASK_KID_SIZE)), &rows);
	while (!ret && (ret = cask_db_next(rows)) > 0)
		ret = json_array_append_new(times, json_integer(cask_db_int(rows, 0))) ? -ENOMEM : 0;
	return ret;
}

/**
 * device_show() - an enrolled device
 * @db: connection
 * @id: of the device
 * @ret_device: as in device_list(), and "reanchored", the times
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int device_show(struct cask_db *db, const uint8_t id[CASK_KID_SIZE], json_t **ret_device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *device = NULL;
	int ret;

	ret = cask_db_query_one(db, "SELECT " DEVICE_COLUMNS " FROM devices d "
				"JOIN users u ON u.id = d.user_id WHERE d.id = $1",
				DB_ARGS(DB_BLOB(id, CASK_KID_SIZE)), &rows);
	if (ret)
		return ret;
	device = row_json(rows);
	ret = device ? add_reanchors(db, id, device) : -ENOMEM;
	if (!ret)
		*ret_device = steal_ptr(&device);
	return ret;
}

/**
 * device_enrolment_name() - a kind of enrolment in words
 * @enrolment: the kind
 *
 * Return: a constant.
 */
const char *device_enrolment_name(enum device_enrolment enrolment)
{
	static const char *const names[] = {
		[DEVICE_OPEN] = "open", [DEVICE_TOKEN] = "token", [DEVICE_FACTORY] = "factory",
	};

	return names[enrolment];
}

/**
 * device_level_name() - a level in words
 * @level: enum cask_level
 *
 * Return: a constant.
 */
const char *device_level_name(uint32_t level)
{
	return level == CASK_LEVEL_DEVELOPMENT ? "development" : "production";
}

/**
 * device_level_read() - a level from its word
 * @text: as device_level_name() says it
 * @ret_level: enum cask_level
 *
 * Return: 0 or -EINVAL.
 */
int device_level_read(const char *text, uint32_t *ret_level)
{
	if (!strcmp(text, "development"))
		*ret_level = CASK_LEVEL_DEVELOPMENT;
	else if (!strcmp(text, "production"))
		*ret_level = CASK_LEVEL_PRODUCTION;
	else
		return -EINVAL;
	return 0;
}

static const char *const policies[] = {
	[DEVICE_REANCHOR_ALLOW] = "allow", [DEVICE_REANCHOR_ASK] = "ask",
	[DEVICE_REANCHOR_ONCE] = "once", [DEVICE_REANCHOR_REFUSE] = "refuse",
};

/**
 * device_reanchor_name() - what a device gets that lost its records, in a word
 * @policy: which
 *
 * Return: a constant.
 */
const char *device_reanchor_name(enum device_reanchor policy)
{
	return policies[policy];
}

/**
 * device_reanchor_parse() - the other way round
 * @name: a word
 * @ret_policy: what it says
 *
 * Return: 0 or -EINVAL.
 */
int device_reanchor_parse(const char *name, enum device_reanchor *ret_policy)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(name, policies[i]))
			continue;
		*ret_policy = i;
		return 0;
	}
	return -EINVAL;
}
