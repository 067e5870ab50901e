// SPDX-License-Identifier: GPL-2.0
/*
 * sqlite.c - the embedded engine: one file, write-ahead log, foreign keys on.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "log.h"

#define BUSY_MS		10000	/* longer than any transaction here */
#define STATEMENTS_MAX	256	/* distinct statements of the program */
#define ARGS_MAX	32	/* of a statement */

/**
 * struct statement - a prepared statement and the walk over its rows
 * @base: for the caller; in use while @base.db is set
 * @sql: the literal it was made from
 * @stmt: SQLite's
 * @indexes: SQLite's of $1, $2, ...: it takes them for names, and numbers them as they appear; 0: none
 */
struct statement {
	struct cask_db_rows base;
	const char *sql;
	sqlite3_stmt *stmt;
	int indexes[ARGS_MAX];
};

/**
 * struct connection - to the file
 * @base: for the caller
 * @sqlite: SQLite's
 * @log: the write-ahead log, to sync it; -1 until then
 * @has_turn: it holds @turn
 * @statements: prepared, @count of them
 * @count: see there
 */
struct connection {
	struct cask_db base;
	sqlite3 *sqlite;
	int log;
	bool has_turn;
	struct statement statements[STATEMENTS_MAX];
	size_t count;
};

/*
 * Held by the connection of this process that has a transaction open. SQLite itself waits for one that
 * writes by asking again after a while, longer each time; threads are woken instead.
 */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static struct connection *connection(struct cask_db *db)
{
	return (struct connection *)db;
}

static sqlite3_stmt *stmt(struct cask_db_rows *rows)
{
	return ((struct statement *)rows)->stmt;
}

static int translate(int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_ROWID:
		return -EEXIST;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return -ENOENT;
	case SQLITE_CONSTRAINT_CHECK:
	case SQLITE_CONSTRAINT_TRIGGER:
		return -EDOM;
	}
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	}
	return -EIO;
}

static int failed(struct connection *c)
{
	int error = translate(sqlite3_extended_errcode(c->sqlite));

	/* A key that exists is for the caller to judge. */
	if (error != -EEXIST)
		cask_err("database: %s", sqlite3_errmsg(c->sqlite));
	return error;
}

static int sqlite_script(struct cask_db *db, const char *sql)
{
	struct connection *c = connection(db);

	return sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(c);
}

static void sqlite_close(struct cask_db *db)
{
	struct connection *c = connection(db);

	for (size_t i = 0; i < c->count; i++)
		sqlite3_finalize(c->statements[i].stmt);
	sqlite3_close(c->sqlite);
	/* SQLite locks other files: closing this one takes no lock away. */
	if (c->log >= 0)
		close(c->log);
	free(c);
}

/*
 * synchronous = FULL: an answered request survives a power cut. secure_delete:
 * a removed content's wrapped key does not stay in free pages. Nothing is -EAGAIN here: whoever
 * began first is done before the next begins.
 */
static int sqlite_open(const char *where, struct cask_db **ret_db)
{
	struct connection *c = calloc(1, sizeof(*c));
	mode_t mask;
	int ret;

	if (!c)
		return -ENOMEM;
	c->base.engine = &cask_db_sqlite;
	c->log = -1;
	mask = umask(0077);
	ret = sqlite3_open_v2(where, &c->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			      SQLITE_OPEN_NOMUTEX, NULL);
	umask(mask);
	if (ret != SQLITE_OK) {
		ret = translate(ret);
		cask_err("database %s: %s", where, sqlite3_errmsg(c->sqlite));
		sqlite_close(&c->base);
		return ret;
	}
	sqlite3_extended_result_codes(c->sqlite, 1);
	sqlite3_busy_timeout(c->sqlite, BUSY_MS);
	/* A plan does not depend on arguments: else statements are prepared anew for each. */
	sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
	ret = sqlite_script(&c->base, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
			    "PRAGMA trusted_schema = OFF");
	if (ret) {
		sqlite_close(&c->base);
		return ret;
	}
	*ret_db = &c->base;
	return 0;
}

static int take_turn(struct connection *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += BUSY_MS / 1000;
	if (pthread_mutex_clocklock(&turn, CLOCK_MONOTONIC, &until))
		return -EBUSY;
	c->has_turn = true;
	return 0;
}

static void end_turn(struct connection *c)
{
	if (!c->has_turn)
		return;
	c->has_turn = false;
	pthread_mutex_unlock(&turn);
}

static int sqlite_begin(struct cask_db *db)
{
	int ret = take_turn(connection(db));

	/* IMMEDIATE: a transaction that reads first cannot fail at its first write. */
	if (!ret)
		ret = cask_db_run(db, "BEGIN IMMEDIATE", DB_NO_ARGS);
	if (ret)
		end_turn(connection(db));
	return ret;
}

static void sqlite_rollback(struct cask_db *db)
{
	if (!sqlite3_get_autocommit(connection(db)->sqlite))
		cask_db_run(db, "ROLLBACK", DB_NO_ARGS);
	end_turn(connection(db));
}

static int sqlite_commit(struct cask_db *db)
{
	int ret = cask_db_run(db, "COMMIT", DB_NO_ARGS);

	if (ret)
		sqlite_rollback(db);
	else
		end_turn(connection(db));
	return ret;
}

static void find_indexes(struct statement *s)
{
	for (int i = sqlite3_bind_parameter_count(s->stmt); i > 0; i--) {
		const char *name = sqlite3_bind_parameter_name(s->stmt, i);
		int number = name ? atoi(name + 1) : 0;

		if (number > 0 && number <= ARGS_MAX)
			s->indexes[number - 1] = i;
	}
}

static int find(struct connection *c, const char *sql, struct statement **ret_statement)
{
	struct statement *s;

	for (size_t i = 0; i < c->count; i++) {
		if (c->statements[i].sql != sql)
			continue;
		*ret_statement = &c->statements[i];
		return c->statements[i].base.db ? -EALREADY : 0;
	}
	if (c->count == STATEMENTS_MAX)
		return -ENOSPC;
	s = &c->statements[c->count];
	if (sqlite3_prepare_v3(c->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) !=
	    SQLITE_OK)
		return failed(c);
	s->sql = sql;
	find_indexes(s);
	c->count++;
	*ret_statement = s;
	return 0;
}

static int bind_value(sqlite3_stmt *st, int index, const struct cask_db_value *value)
{
	switch (value->type) {
	case CASK_DB_NULL:
		return sqlite3_bind_null(st, index);
	case CASK_DB_INT:
		return sqlite3_bind_int64(st, index, value->number);
	case CASK_DB_TEXT:
		return sqlite3_bind_text(st, index, value->data, -1, SQLITE_TRANSIENT);
	case CASK_DB_BLOB:
		return sqlite3_bind_blob64(st, index, value->data, value->size,
					   SQLITE_TRANSIENT);
	}
	return SQLITE_MISUSE;
}

static int bind_all(const struct statement *s, struct cask_db_args args)
{
	if (args.count > ARGS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < args.count; i++)
		if (bind_value(s->stmt, s->indexes[i], &args.values[i]) != SQLITE_OK)
			return -EINVAL;
	return 0;
}

static int sqlite_query(struct cask_db *db, const char *sql, struct cask_db_args args,
			struct cask_db_rows **ret_rows)
{
	struct statement *s = NULL;
	int ret = find(connection(db), sql, &s);

	if (!ret)
		ret = bind_all(s, args);
	if (ret) {
		cask_err("database: \"%s\": %s", sql, strerror(-ret));
		return ret;
	}
	s->base.db = db;
	*ret_rows = &s->base;
	return 0;
}

static int sqlite_next(struct cask_db_rows *rows)
{
	switch (sqlite3_step(stmt(rows))) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	}
	return failed(connection(rows->db));
}

static void sqlite_done(struct cask_db_rows *rows)
{
	sqlite3_reset(stmt(rows));
	sqlite3_clear_bindings(stmt(rows));
	rows->db = NULL;
}

static int64_t sqlite_changes(struct cask_db *db)
{
	return sqlite3_changes(connection(db)->sqlite);
}

static enum cask_db_type sqlite_type(struct cask_db_rows *rows, int column)
{
	switch (sqlite3_column_type(stmt(rows), column)) {
	case SQLITE_NULL:
		return CASK_DB_NULL;
	case SQLITE_INTEGER:
		return CASK_DB_INT;
	case SQLITE_TEXT:
		return CASK_DB_TEXT;
	}
	return CASK_DB_BLOB;
}

static int64_t sqlite_number(struct cask_db_rows *rows, int column)
{
	return sqlite3_column_int64(stmt(rows), column);
}

static const void *sqlite_blob(struct cask_db_rows *rows, int column, size_t *ret_size)
{
	/* column_text ends a text with a zero, column_blob does not promise to. */
	const void *data = sqlite_type(rows, column) == CASK_DB_TEXT ?
		(const void *)sqlite3_column_text(stmt(rows), column) :
		sqlite3_column_blob(stmt(rows), column);

	*ret_size = sqlite3_column_bytes(stmt(rows), column);
	return data;
}

/*
 * A commit then only appends to the log; SQLite still syncs log and file where the log begins
 * again, so what is in neither of them is at the log's end, and after a power cut is not there.
 */
static int sqlite_defer(struct cask_db *db)
{
	return sqlite_script(db, "PRAGMA synchronous = NORMAL");
}

/* The log is there from the first connection to the last, of which this is one. */
static int sqlite_sync(struct cask_db *db)
{
	struct connection *c = connection(db);

	if (c->log < 0)
		c->log = open(sqlite3_filename_wal(sqlite3_db_filename(c->sqlite, "main")),
			      O_RDWR | O_CLOEXEC);
	return c->log < 0 || fdatasync(c->log) ? -errno : 0;
}

const struct cask_db_engine cask_db_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.script = sqlite_script,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.query = sqlite_query,
	.next = sqlite_next,
	.done = sqlite_done,
	.changes = sqlite_changes,
	.type = sqlite_type,
	.number = sqlite_number,
	.blob = sqlite_blob,
	.defer = sqlite_defer,
	.sync = sqlite_sync,
};
