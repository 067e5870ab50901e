// SPDX-License-Identifier: GPL-2.0
/*
 * media.c - records of media: which were made here or asked for, and what for them.
 *
 * A number is on record under the class it was named with: a device may say any number, and
 * must not stand in the way of the medium that has it.
 */
#include <errno.h>
#include <time.h>

#include "json.h"
#include "media.h"

/**
 * media_made() - record a medium that is being made here
 * @db: connection
 * @medium: what its first layer says
 *
 * Return: 0, -EEXIST when it is on record, or another -errno.
 */
int media_made(struct cask_db *db, const struct medium *medium)
{
	return cask_db_run(db, "INSERT INTO media (class_id, number, created, mastered, apparatus) "
			   "VALUES ($1, $2, $3, 1, $4)",
			   DB_ARGS(DB_ID(medium->class_id), DB_ID(medium->number),
				   DB_INT(time(NULL)),
				   medium->locked ? DB_ID(medium->apparatus) : DB_NULL));
}

/**
 * media_heard_of() - record a medium that a license is made for, unless it is on record
 * @db: connection
 * @class_id: of the medium
 * @number: of the medium
 *
 * Return: 0 or -errno.
 */
int media_heard_of(struct cask_db *db, const uint8_t class_id[CASK_ID_SIZE],
		   const uint8_t number[CASK_MEDIUM_NUMBER_SIZE])
{
	return cask_db_run(db, "INSERT INTO media (class_id, number, created, mastered) "
			   "VALUES ($1, $2, $3, 0) ON CONFLICT (class_id, number) DO NOTHING",
			   DB_ARGS(DB_BLOB(class_id, CASK_ID_SIZE),
				   DB_BLOB(number, CASK_MEDIUM_NUMBER_SIZE), DB_INT(time(NULL))));
}

static int add_hex(json_t *json, const char *name, struct cask_db_rows *rows, int column)
{
	size_t size;
	const uint8_t *data = cask_db_blob(rows, column, &size);
	json_t *value = data ? cask_json_new_hex(data, size) : json_null();

	return json_object_set_new(json, name, value) ? -ENOMEM : 0;
}

/* Columns: class_id, number, created, mastered, apparatus. */
static int read_medium(struct cask_db_rows *rows, json_t **ret_json)
{
	_cleanup_json_ json_t *json = json_pack("{s:I, s:b}", "created",
						(json_int_t)cask_db_int(rows, 2), "mastered",
						(int)cask_db_int(rows, 3));
	int ret = json ? add_hex(json, "class_id", rows, 0) : -ENOMEM;

	if (!ret)
		ret = add_hex(json, "number", rows, 1);
	if (!ret)
		ret = add_hex(json, "apparatus", rows, 4);
	if (!ret)
		*ret_json = steal_ptr(&json);
	return ret;
}

static int read_license(struct cask_db_rows *rows, json_t **ret_json)
{
	_cleanup_json_ json_t *json = json_pack("{s:I, s:s*}", "created",
						(json_int_t)cask_db_int(rows, 3), "title",
						cask_db_text(rows, 4));
	int ret = json ? add_hex(json, "license_id", rows, 0) : -ENOMEM;

	if (!ret)
		ret = add_hex(json, "content_id", rows, 1);
	if (!ret)
		ret = add_hex(json, "device_id", rows, 2);
	if (!ret)
		*ret_json = steal_ptr(&json);
	return ret;
}

static int collect(struct cask_db_rows *rows, int (*read)(struct cask_db_rows *rows, json_t **ret),
		   json_t **ret_list)
{
	_cleanup_json_ json_t *list = json_array();
	json_t *json;
	int ret = list ? 0 : -ENOMEM;

	while (!ret && (ret = cask_db_next(rows)) > 0) {
		ret = read(rows, &json);
		if (!ret && json_array_append_new(list, json))
			ret = -ENOMEM;
	}
	if (!ret)
		*ret_list = steal_ptr(&list);
	return ret;
}

static int read_counted(struct cask_db_rows *rows, json_t **ret_json)
{
	int ret = read_medium(rows, ret_json);

	if (ret)
		return ret;
	return json_object_set_new(*ret_json, "licenses",
				   json_integer(cask_db_int(rows, 5))) ? -ENOMEM : 0;
}

/**
 * media_list() - all media on record, the latest first
 * @db: connection
 * @ret_list: of {"number", "class_id", "created", "mastered", "apparatus" (or null), "licenses"
 *	(how many were made for it)}
 *
 * Return: 0 or -errno.
 */
int media_list(struct cask_db *db, json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query(db, "SELECT m.class_id, m.number, m.created, m.mastered, m.apparatus, "
				"(SELECT COUNT(*) FROM licenses l WHERE l.medium_class = m.class_id "
				"AND l.medium_number = m.number) FROM media m "
				"ORDER BY m.created DESC, m.number, m.class_id", DB_NO_ARGS, &rows);

	return ret ? ret : collect(rows, read_counted, ret_list);
}

static int list_licenses(struct cask_db *db, struct cask_db_rows *medium, json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t class_id[CASK_ID_SIZE], number[CASK_MEDIUM_NUMBER_SIZE];
	int ret = cask_db_id(medium, 0, class_id, sizeof(class_id));

	if (!ret)
		ret = cask_db_id(medium, 1, number, sizeof(number));
	if (!ret)
		ret = cask_db_query(db, "SELECT l.id, l.content_id, l.device_id, l.created, c.title "
				    "FROM licenses l JOIN contents c ON c.id = l.content_id "
				    "WHERE l.medium_class = $1 AND l.medium_number = $2 "
				    "ORDER BY l.created, l.id",
				    DB_ARGS(DB_ID(class_id), DB_ID(number)), &rows);
	return ret ? ret : collect(rows, read_license, ret_list);
}

/**
 * media_show() - all that is on record of a number
 * @db: connection
 * @number: of a medium
 * @ret_list: for each class it was named with, as media_list(), but "licenses" is a list of
 *	{"license_id", "content_id", "title" (if there is one), "device_id" (null: made with the
 *	medium), "created"}; empty when it was never heard of
 *
 * Return: 0 or -errno.
 */
int media_show(struct cask_db *db, const uint8_t number[CASK_MEDIUM_NUMBER_SIZE],
	       json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *list = json_array();
	json_t *json, *licenses;
	int ret = cask_db_query(db, "SELECT class_id, number, created, mastered, apparatus FROM media "
				"WHERE number = $1 ORDER BY created, class_id",
				DB_ARGS(DB_BLOB(number, CASK_MEDIUM_NUMBER_SIZE)), &rows);

	while (!ret && (ret = cask_db_next(rows)) > 0) {
		ret = read_medium(rows, &json);
		if (ret || json_array_append_new(list, json))
			return ret ? ret : -ENOMEM;
		ret = list_licenses(db, rows, &licenses);
		if (!ret && json_object_set_new(json, "licenses", licenses))
			ret = -ENOMEM;
	}
	if (!ret)
		*ret_list = steal_ptr(&list);
	return ret;
}
