// SPDX-License-Identifier: GPL-2.0
/*
 * db.c - the part of the database that every engine shares: choosing one,
 * migrations, shorthands.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "json.h"
#include "log.h"

#define TRIES_MAX	100	/* of a transaction that others were in the way of */

static const struct cask_db_engine *const engines[] = { &cask_db_sqlite, &cask_db_postgresql };

/**
 * cask_db_open() - connect
 * @url: "sqlite:PATH", the file is made if it is not there; or "postgresql://...", as libpq has it
 * @ret_db: for one thread at a time; to be closed with cask_db_close()
 *
 * Return: 0, -EPROTONOSUPPORT for another scheme, or the engine's error.
 */
int cask_db_open(const char *url, struct cask_db **ret_db)
{
	size_t scheme = strcspn(url, ":");

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (url[scheme] && strlen(engines[i]->scheme) == scheme &&
		    !memcmp(engines[i]->scheme, url, scheme))
			return engines[i]->open(url + scheme + 1, ret_db);
	cask_err("database %s: no such engine", url);
	return -EPROTONOSUPPORT;
}

/**
 * cask_db_close() - disconnect
 * @db: may be NULL; an open transaction is rolled back
 */
void cask_db_close(struct cask_db *db)
{
	if (db)
		db->engine->close(db);
}

/**
 * cask_db_defers() - whether cask_db_defer() can be
 * @db: connection
 *
 * Return: whether the engine knows how.
 */
bool cask_db_defers(const struct cask_db *db)
{
	return db->engine->defer;
}

/**
 * cask_db_defer() - let transactions of a connection be durable only after cask_db_sync()
 * @db: connection of which cask_db_defers() is true
 *
 * They are whole or not there, and in their order, all the same. Return: 0 or -errno.
 */
int cask_db_defer(struct cask_db *db)
{
	return db->engine->defer(db);
}

/**
 * cask_db_sync() - make durable what was committed before, on whatever connection
 * @db: connection of which cask_db_defers() is true; others may be in use meanwhile
 *
 * Return: 0 or -errno; after an error nothing says what is durable.
 */
int cask_db_sync(struct cask_db *db)
{
	return db->engine->sync(db);
}

/**
 * cask_db_attempt() - the turns of DB_TRANSACTION()
 * @attempt: of this transaction; its first turn begins it
 * @error: in: what the statements came to; out: what the transaction did
 *
 * Return: whether the statements are to be run, again or for the first time.
 */
bool cask_db_attempt(struct cask_db_attempt *attempt, int *error)
{
	const struct cask_db_engine *engine = attempt->db->engine;

	if (attempt->tries) {
		if (!*error)
			*error = engine->commit(attempt->db);
		else
			engine->rollback(attempt->db);
		if (*error != -EAGAIN)
			return false;
	}
	*error = attempt->tries++ < TRIES_MAX ? engine->begin(attempt->db) : -EBUSY;
	return !*error;
}

/**
 * cask_db_query() - run a statement that gives rows
 * @db: connection
 * @sql: string literal
 * @args: for $1...
 * @ret_rows: before the first row; to be closed with cask_db_rows_close().
 *	The same statement is not to be run again before.
 *
 * Return: 0 or -errno.
 */
int cask_db_query(struct cask_db *db, const char *sql, struct cask_db_args args,
		  struct cask_db_rows **ret_rows)
{
	return db->engine->query(db, sql, args, ret_rows);
}

/**
 * cask_db_query_one() - run a statement and go to its first row
 * @db: connection
 * @sql: string literal
 * @args: for $1...
 * @ret_rows: on the row; to be closed with cask_db_rows_close()
 *
 * Return: 0, -ESRCH when there is no row, or -errno.
 */
int cask_db_query_one(struct cask_db *db, const char *sql, struct cask_db_args args,
		      struct cask_db_rows **ret_rows)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query(db, sql, args, &rows);

	if (ret)
		return ret;
	ret = cask_db_next(rows);
	if (ret <= 0)
		return ret ? ret : -ESRCH;
	*ret_rows = steal_ptr(&rows);
	return 0;
}

/**
 * cask_db_list() - run a statement and list its rows
 * @db: connection
 * @sql: string literal
 * @args: for $1...
 * @read: makes of a row what is listed; NULL fails
 * @ret_list: a JSON array; the caller frees it
 *
 * Return: 0 or -errno.
 */
int cask_db_list(struct cask_db *db, const char *sql, struct cask_db_args args,
		 json_t *(*read)(struct cask_db_rows *rows), json_t **ret_list)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_json_ json_t *list = json_array();
	int ret = list ? cask_db_query(db, sql, args, &rows) : -ENOMEM;

	while (!ret && (ret = cask_db_next(rows)) > 0)
		ret = json_array_append_new(list, read(rows)) ? -ENOMEM : 0;
	if (!ret)
		*ret_list = steal_ptr(&list);
	return ret;
}

/**
 * cask_db_run() - run a statement for its effect
 * @db: connection
 * @sql: string literal
 * @args: for $1...
 *
 * Return: 0 or -errno; cask_db_changes() tells how many rows it touched.
 */
int cask_db_run(struct cask_db *db, const char *sql, struct cask_db_args args)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query(db, sql, args, &rows);

	while (!ret) {
		ret = cask_db_next(rows);
		if (ret > 0)
			ret = 0;
		else
			return ret;
	}
	return ret;
}

/**
 * cask_db_changes() - rows that the last statement changed
 * @db: connection
 *
 * Return: how many.
 */
int64_t cask_db_changes(struct cask_db *db)
{
	return db->engine->changes(db);
}

/**
 * cask_db_next() - go to the next row
 * @rows: of cask_db_query()
 *
 * Return: 1 on a row, 0 after the last, or -errno.
 */
int cask_db_next(struct cask_db_rows *rows)
{
	return rows->db->engine->next(rows);
}

/**
 * cask_db_rows_close() - end a query
 * @rows: may be NULL; what the columns gave is gone
 */
void cask_db_rows_close(struct cask_db_rows *rows)
{
	if (rows)
		rows->db->engine->done(rows);
}

/**
 * cask_db_is_null() - whether a column of the row is NULL
 * @rows: on a row
 * @column: from 0
 *
 * Return: whether it is.
 */
bool cask_db_is_null(struct cask_db_rows *rows, int column)
{
	return rows->db->engine->type(rows, column) == CASK_DB_NULL;
}

/**
 * cask_db_int() - a number of the row
 * @rows: on a row
 * @column: from 0
 *
 * Return: the number, 0 for NULL.
 */
int64_t cask_db_int(struct cask_db_rows *rows, int column)
{
	return rows->db->engine->number(rows, column);
}

/**
 * cask_db_text() - a text of the row
 * @rows: on a row
 * @column: from 0
 *
 * Return: borrowed until the next row, or NULL for NULL.
 */
const char *cask_db_text(struct cask_db_rows *rows, int column)
{
	size_t size;

	if (cask_db_is_null(rows, column))
		return NULL;
	return rows->db->engine->blob(rows, column, &size);
}

/**
 * cask_db_blob() - bytes of the row
 * @rows: on a row
 * @column: from 0
 * @ret_size: how many
 *
 * Return: borrowed until the next row; NULL for NULL and for none.
 */
const uint8_t *cask_db_blob(struct cask_db_rows *rows, int column, size_t *ret_size)
{
	return rows->db->engine->blob(rows, column, ret_size);
}

/**
 * cask_db_id() - bytes of the row, of a known size
 * @rows: on a row
 * @column: from 0
 * @out: @size bytes
 * @size: expected
 *
 * Return: 0, or -EBADMSG when the column has another size.
 */
int cask_db_id(struct cask_db_rows *rows, int column, void *out, size_t size)
{
	size_t got;
	const uint8_t *data = cask_db_blob(rows, column, &got);

	if (got != size)
		return -EBADMSG;
	memcpy(out, data, size);
	return 0;
}

static int current_version(struct cask_db *db, int64_t *ret_version)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT COALESCE(MAX(version), 0) FROM migrations",
				    DB_NO_ARGS, &rows);

	if (!ret)
		*ret_version = cask_db_int(rows, 0);
	return ret;
}

/* The record first: of two servers that start at once, one waits here for the other. */
static int apply(struct cask_db *db, const struct cask_schema *schema)
{
	int ret = cask_db_run(db, "INSERT INTO migrations (version, applied) VALUES ($1, $2)",
			      DB_ARGS(DB_INT(schema->version), DB_INT(time(NULL))));

	return ret ? ret : db->engine->script(db, schema->sql);
}

static int apply_missing(struct cask_db *db)
{
	int64_t version = 0;
	int ret = current_version(db, &version);

	if (ret)
		return ret;
	if (version > cask_schemas[cask_schema_count - 1].version) {
		cask_err("the database has schema %lld, of a later cask-server",
			 (long long)version);
		return -EPROTO;
	}
	for (size_t i = 0; !ret && i < cask_schema_count; i++)
		if (cask_schemas[i].version > version)
			ret = apply(db, &cask_schemas[i]);
	return ret;
}

static int migrate(struct cask_db *db)
{
	int ret = db->engine->script(db, "CREATE TABLE IF NOT EXISTS migrations "
				     "(version INTEGER PRIMARY KEY, applied BIGINT NOT NULL)");

	return ret ? ret : apply_missing(db);
}

/**
 * cask_db_migrate() - bring the schema up to this program's version
 * @db: connection without an open transaction
 *
 * All missing steps are one transaction, so two servers may start at once: what is there all of a
 * sudden is the other's.
 *
 * Return: 0, -EPROTO when the database is newer, or -errno.
 */
int cask_db_migrate(struct cask_db *db)
{
	int ret;

	DB_TRANSACTION(db, ret)
		ret = migrate(db);
	if (ret == -EEXIST)
		DB_TRANSACTION(db, ret)
			ret = migrate(db);
	return ret;
}
