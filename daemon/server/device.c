// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - enrolled devices and whose they are.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "device.h"

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
				"d.enrolment "
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
	*ret_device = d;
	return 0;
}

/**
 * device_enrol() - take a device in, or take it over for another owner
 * @db: connection
 * @device: @device->user_enabled does not matter
 *
 * Whoever it belonged to and vouched for it before: what counts is the last time.
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
