/* SPDX-License-Identifier: GPL-2.0 */
/*
 * db.h - the server's database: statements with typed arguments, one file per
 * engine behind a table of functions.
 *
 * SQL is what SQLite and PostgreSQL share, with arguments $1, $2, ... and is
 * always a string literal: statements are prepared once per connection and
 * found again by its address.
 *
 *	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
 *
 *	ret = cask_db_query(db, "SELECT name FROM users WHERE id = $1",
 *			    DB_ARGS(DB_INT(id)), &rows);
 *	while (!ret && (ret = cask_db_next(rows)) > 0)
 *		puts(cask_db_text(rows, 0));
 *
 * Errors: -EEXIST (a key exists), -ENOENT (a reference points nowhere), -EDOM (a
 * check of the schema does not hold), -EBUSY, -ENOSPC, -EIO; what the engine said is
 * logged. Within a transaction -EAGAIN, too: DB_TRANSACTION() knows what to do.
 */
#ifndef CASK_DB_H
#define CASK_DB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"

enum cask_db_type {
	CASK_DB_NULL,
	CASK_DB_INT,
	CASK_DB_TEXT,
	CASK_DB_BLOB,
};

/**
 * struct cask_db_value - an argument
 * @type: which member counts
 * @number: INT
 * @data: TEXT (zero-terminated) or BLOB; borrowed until the rows are closed
 * @size: of a BLOB
 */
struct cask_db_value {
	enum cask_db_type type;
	int64_t number;
	const void *data;
	size_t size;
};

/**
 * struct cask_db_args - arguments of a statement
 * @values: $1 first
 * @count: how many
 */
struct cask_db_args {
	const struct cask_db_value *values;
	size_t count;
};

#define DB_INT(n)	((struct cask_db_value){ .type = CASK_DB_INT, .number = (int64_t)(n) })
#define DB_BLOB(p, n)	((struct cask_db_value){ .type = CASK_DB_BLOB, .data = (p), .size = (n) })
#define DB_NULL		((struct cask_db_value){ .type = CASK_DB_NULL })
#define DB_ID(array)	DB_BLOB(array, sizeof(array))
/* NULL, or 0 for the second, are stored as NULL. */
#define DB_TEXT(s)	cask_db_text_value(s)
#define DB_INT_OR_NULL(n) cask_db_int_or_null(n)

#define DB_ARGS(...) ((struct cask_db_args){ \
	(const struct cask_db_value[]){ __VA_ARGS__ }, \
	sizeof((const struct cask_db_value[]){ __VA_ARGS__ }) / sizeof(struct cask_db_value) })
#define DB_NO_ARGS ((struct cask_db_args){ 0 })

struct cask_db;
struct cask_db_rows;

/* --- connections --- */

int cask_db_open(const char *url, struct cask_db **ret_db);
void cask_db_close(struct cask_db *db);
int cask_db_migrate(struct cask_db *db);
bool cask_db_defers(const struct cask_db *db);
int cask_db_defer(struct cask_db *db);
int cask_db_sync(struct cask_db *db);

/**
 * struct cask_db_attempt - a transaction that is begun again when others were in its way
 * @db: connection
 * @tries: how often it was begun
 */
struct cask_db_attempt {
	struct cask_db *db;
	unsigned int tries;
};

bool cask_db_attempt(struct cask_db_attempt *attempt, int *error);

/*
 * DB_TRANSACTION(db, ret) - the statement after it, in a transaction
 *
 * The statement leaves its outcome in @ret, and neither returns nor breaks out; 0 commits, an error
 * rolls back. It may run more than once, each time as if it never had. Afterwards @ret is its
 * error, or what beginning or committing came to.
 */
#define DB_TRANSACTION(on, ret) \
	for (struct cask_db_attempt attempt_ = { .db = (on) }; cask_db_attempt(&attempt_, &(ret)); )

/* --- statements --- */

int cask_db_run(struct cask_db *db, const char *sql, struct cask_db_args args);
int cask_db_query(struct cask_db *db, const char *sql, struct cask_db_args args,
		  struct cask_db_rows **ret_rows);
int cask_db_query_one(struct cask_db *db, const char *sql, struct cask_db_args args,
		      struct cask_db_rows **ret_rows);
int64_t cask_db_changes(struct cask_db *db);

int cask_db_list(struct cask_db *db, const char *sql, struct cask_db_args args,
		 json_t *(*read)(struct cask_db_rows *rows), json_t **ret_list);

int cask_db_next(struct cask_db_rows *rows);
void cask_db_rows_close(struct cask_db_rows *rows);
bool cask_db_is_null(struct cask_db_rows *rows, int column);
int64_t cask_db_int(struct cask_db_rows *rows, int column);
const char *cask_db_text(struct cask_db_rows *rows, int column);
const uint8_t *cask_db_blob(struct cask_db_rows *rows, int column, size_t *ret_size);
int cask_db_id(struct cask_db_rows *rows, int column, void *out, size_t size);

static inline struct cask_db_value cask_db_text_value(const char *text)
{
	return text ? (struct cask_db_value){ .type = CASK_DB_TEXT, .data = text } : DB_NULL;
}

static inline struct cask_db_value cask_db_int_or_null(int64_t number)
{
	return number ? DB_INT(number) : DB_NULL;
}

static inline void cask_cleanup_db_rows(struct cask_db_rows **rows)
{
	cask_db_rows_close(*rows);
}
#define _cleanup_db_rows_ _cleanup_(cask_cleanup_db_rows)

/* --- engines --- */

/**
 * struct cask_db_engine - what an engine implements
 * @scheme: of its URLs
 * @open: connect to what follows "scheme:"
 * @close: roll back and disconnect
 * @script: run several statements without arguments
 * @begin: start a transaction that may write, as if there were no other
 * @commit: make it durable, unless deferred; on an error it is rolled back
 * @rollback: drop it
 * @query: prepare or reuse, and bind; -EAGAIN: another transaction was in the way
 * @next: 1 and a row, 0 at the end, or -errno
 * @done: give the statement back
 * @changes: rows that the last statement changed
 * @type: of a column of the row
 * @number: likewise
 * @blob: likewise, of text too
 * @defer: from here on @commit leaves it to @sync to make it durable; NULL: there is no such thing
 * @sync: make durable what any connection, of this process or another, has committed
 */
struct cask_db_engine {
	const char *scheme;
	int (*open)(const char *where, struct cask_db **ret_db);
	void (*close)(struct cask_db *db);
	int (*script)(struct cask_db *db, const char *sql);
	int (*begin)(struct cask_db *db);
	int (*commit)(struct cask_db *db);
	void (*rollback)(struct cask_db *db);
	int (*query)(struct cask_db *db, const char *sql, struct cask_db_args args,
		     struct cask_db_rows **ret_rows);
	int (*next)(struct cask_db_rows *rows);
	void (*done)(struct cask_db_rows *rows);
	int64_t (*changes)(struct cask_db *db);
	enum cask_db_type (*type)(struct cask_db_rows *rows, int column);
	int64_t (*number)(struct cask_db_rows *rows, int column);
	const void *(*blob)(struct cask_db_rows *rows, int column, size_t *ret_size);
	int (*defer)(struct cask_db *db);
	int (*sync)(struct cask_db *db);
};

extern const struct cask_db_engine cask_db_sqlite;
extern const struct cask_db_engine cask_db_postgresql;

/* First member of each engine's connection and rows. */
struct cask_db {
	const struct cask_db_engine *engine;
};

struct cask_db_rows {
	struct cask_db *db;
};

/**
 * struct cask_schema - one numbered step
 * @version: from 1, without gaps
 * @sql: the script
 */
struct cask_schema {
	int version;
	const char *sql;
};

extern const struct cask_schema cask_schemas[];
extern const size_t cask_schema_count;

#endif /* CASK_DB_H */
