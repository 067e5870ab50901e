// SPDX-License-Identifier: GPL-2.0
/*
 * postgresql.c - PostgreSQL by libpq, for a server of more than one machine.
 *
 * Every transaction is serializable: what is right with SQLite's one writer is right here. One
 * that stood in another's way is begun again (db.c); a statement of its own is, too.
 */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "log.h"

#define STATEMENTS_MAX	256	/* distinct statements of the program */
#define ARGS_MAX	32	/* of a statement */
#define TRIES_MAX	100	/* of a statement of its own that others were in the way of */
#define NAME_SIZE	16

/* Types of PostgreSQL's catalogue that the schema has. */
enum {
	TYPE_INT8 = 20,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
};

struct connection {
	struct cask_db base;
	PGconn *pg;
	const char *prepared[STATEMENTS_MAX];
	size_t count;
	int64_t changes;
};

struct result {
	struct cask_db_rows base;
	PGresult *pg;
	int row;
};

static struct connection *connection(struct cask_db *db)
{
	return (struct connection *)db;
}

static struct result *result(struct cask_db_rows *rows)
{
	return (struct result *)rows;
}

static int translate(const char *state)
{
	static const struct {
		const char *state;	/* or how it begins */
		int error;
	} states[] = {
		{ "23505", -EEXIST },	/* unique_violation */
		{ "42P07", -EEXIST },	/* duplicate_table */
		{ "42701", -EEXIST },	/* duplicate_column */
		{ "42710", -EEXIST },	/* duplicate_object */
		{ "23503", -ENOENT },	/* foreign_key_violation */
		{ "23514", -EDOM },	/* check_violation */
		{ "40001", -EAGAIN },	/* serialization_failure */
		{ "40P01", -EAGAIN },	/* deadlock_detected */
		{ "55P03", -EBUSY },	/* lock_not_available */
		{ "53100", -ENOSPC },	/* disk_full */
		{ "53200", -ENOMEM },	/* out_of_memory */
		{ "53", -EBUSY },	/* insufficient resources */
		{ "57P", -EBUSY },	/* the server goes down, or is not up yet */
		{ "08", -EBUSY },	/* connection */
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strncmp(state, states[i].state, strlen(states[i].state)))
			return states[i].error;
	return -EIO;
}

static int failed(struct connection *c, const PGresult *pg)
{
	const char *state = pg ? PQresultErrorField(pg, PG_DIAG_SQLSTATE) : NULL;
	int error = PQstatus(c->pg) == CONNECTION_BAD ? -EBUSY : state ? translate(state) : -EIO;

	/* A key that exists is for the caller to judge, and who was in the way will be gone. */
	if (error != -EEXIST && error != -EAGAIN)
		cask_err("database: %s", PQerrorMessage(c->pg));
	return error;
}

static bool succeeded(const PGresult *pg)
{
	return PQresultStatus(pg) == PGRES_COMMAND_OK || PQresultStatus(pg) == PGRES_TUPLES_OK;
}

static bool in_transaction(const struct connection *c)
{
	return PQtransactionStatus(c->pg) == PQTRANS_INTRANS ||
	       PQtransactionStatus(c->pg) == PQTRANS_INERROR;
}

static int postgresql_script(struct cask_db *db, const char *sql)
{
	struct connection *c = connection(db);
	PGresult *pg = PQexec(c->pg, sql);
	int ret = succeeded(pg) ? 0 : failed(c, pg);

	PQclear(pg);
	return ret;
}

static void take_notice(void *context, const char *message)
{
	cask_debug("database: %s", message);
}

static int set_up(struct connection *c)
{
	c->count = 0;
	PQsetNoticeProcessor(c->pg, take_notice, NULL);
	/* A server that is gone without a word must not keep its locks. */
	return postgresql_script(&c->base, "SET default_transaction_isolation = 'serializable';"
				 "SET lock_timeout = '10s';"
				 "SET idle_in_transaction_session_timeout = '60s';"
				 "SET client_encoding = 'UTF8'");
}

static void postgresql_close(struct cask_db *db)
{
	PQfinish(connection(db)->pg);
	free(db);
}

static int postgresql_open(const char *where, struct cask_db **ret_db)
{
	struct connection *c = calloc(1, sizeof(*c));
	_cleanup_free_ char *uri = NULL;
	int ret;

	if (!c || asprintf(&uri, "postgresql:%s", where) < 0) {
		free(c);
		return -ENOMEM;
	}
	c->base.engine = &cask_db_postgresql;
	c->pg = PQconnectdb(uri);
	if (PQstatus(c->pg) == CONNECTION_OK) {
		ret = set_up(c);
	} else {
		cask_err("database: %s", c->pg ? PQerrorMessage(c->pg) : strerror(ENOMEM));
		ret = -ENOTCONN;
	}
	if (ret)
		postgresql_close(&c->base);
	else
		*ret_db = &c->base;
	return ret;
}

/* Connects anew where the database was restarted: no transaction is open, so none is lost. */
static int revive(struct connection *c)
{
	if (PQstatus(c->pg) != CONNECTION_BAD)
		return 0;
	PQreset(c->pg);
	return PQstatus(c->pg) == CONNECTION_OK ? set_up(c) : failed(c, NULL);
}

static int postgresql_begin(struct cask_db *db)
{
	struct connection *c = connection(db);
	int ret = revive(c);

	if (!ret)
		ret = postgresql_script(db, "BEGIN");
	if (ret != -EBUSY || PQstatus(c->pg) != CONNECTION_BAD)
		return ret;
	/* The connection was found broken by this: nothing has begun. */
	ret = revive(c);
	return ret ? ret : postgresql_script(db, "BEGIN");
}

static void postgresql_rollback(struct cask_db *db)
{
	if (in_transaction(connection(db)))
		postgresql_script(db, "ROLLBACK");
}

static int postgresql_commit(struct cask_db *db)
{
	struct connection *c = connection(db);
	PGresult *pg = PQexec(c->pg, "COMMIT");
	int ret = succeeded(pg) ? 0 : failed(c, pg);

	/* PostgreSQL answers so when a statement had failed. */
	if (!ret && !strcmp(PQcmdStatus(pg), "ROLLBACK"))
		ret = -EIO;
	PQclear(pg);
	if (ret)
		postgresql_rollback(db);
	return ret;
}

static int prepare(struct connection *c, const char *sql, char name[NAME_SIZE])
{
	PGresult *pg;
	size_t i;
	int ret;

	for (i = 0; i < c->count && c->prepared[i] != sql; i++)
		;
	if (i == STATEMENTS_MAX)
		return -ENOSPC;
	snprintf(name, NAME_SIZE, "s%zu", i);
	if (i < c->count)
		return 0;
	pg = PQprepare(c->pg, name, sql, 0, NULL);
	ret = succeeded(pg) ? 0 : failed(c, pg);
	PQclear(pg);
	if (!ret)
		c->prepared[c->count++] = sql;
	return ret;
}

/**
 * struct bound - arguments as libpq wants them
 * @values: NULL for NULL
 * @lengths: of blobs
 * @formats: 1 for blobs, which go as they are
 * @numbers: as text, so that each may be of the type that PostgreSQL inferred
 */
struct bound {
	const char *values[ARGS_MAX];
	int lengths[ARGS_MAX];
	int formats[ARGS_MAX];
	char numbers[ARGS_MAX][24];
};

static int bind_all(struct cask_db_args args, struct bound *b)
{
	if (args.count > ARGS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < args.count; i++) {
		const struct cask_db_value *value = &args.values[i];

		b->formats[i] = value->type == CASK_DB_BLOB;
		b->lengths[i] = 0;
		b->values[i] = value->type == CASK_DB_NULL ? NULL : value->data;
		if (value->type == CASK_DB_INT) {
			snprintf(b->numbers[i], sizeof(b->numbers[i]), "%lld",
				 (long long)value->number);
			b->values[i] = b->numbers[i];
		}
		if (value->type != CASK_DB_BLOB)
			continue;
		if (value->size > INT32_MAX)
			return -E2BIG;
		b->lengths[i] = value->size;
		/* No bytes are not NULL. */
		if (!value->data)
			b->values[i] = "";
	}
	return 0;
}

static int run(struct connection *c, const char *sql, size_t count, const struct bound *b,
	       PGresult **ret_pg)
{
	char name[NAME_SIZE];
	PGresult *pg;
	int ret = prepare(c, sql, name);

	if (ret)
		return ret;
	pg = PQexecPrepared(c->pg, name, count, b->values, b->lengths, b->formats, 1);
	if (succeeded(pg)) {
		*ret_pg = pg;
		return 0;
	}
	ret = failed(c, pg);
	PQclear(pg);
	return ret;
}

static int postgresql_query(struct cask_db *db, const char *sql, struct cask_db_args args,
			    struct cask_db_rows **ret_rows)
{
	struct connection *c = connection(db);
	struct result *r = calloc(1, sizeof(*r));
	bool alone = !in_transaction(c);
	struct bound b;
	int ret = r ? bind_all(args, &b) : -ENOMEM;

	if (!ret && alone)
		ret = revive(c);
	if (!ret)
		ret = run(c, sql, args.count, &b, &r->pg);
	for (int tries = 1; ret == -EAGAIN && alone; tries++)
		ret = tries < TRIES_MAX ? run(c, sql, args.count, &b, &r->pg) : -EBUSY;
	if (ret) {
		free(r);
		return ret;
	}
	c->changes = strtoll(PQcmdTuples(r->pg), NULL, 10);
	r->base.db = db;
	r->row = -1;
	*ret_rows = &r->base;
	return 0;
}

static int postgresql_next(struct cask_db_rows *rows)
{
	struct result *r = result(rows);

	return ++r->row < PQntuples(r->pg);
}

static void postgresql_done(struct cask_db_rows *rows)
{
	PQclear(result(rows)->pg);
	free(rows);
}

static int64_t postgresql_changes(struct cask_db *db)
{
	return connection(db)->changes;
}

static enum cask_db_type postgresql_type(struct cask_db_rows *rows, int column)
{
	const struct result *r = result(rows);

	if (PQgetisnull(r->pg, r->row, column))
		return CASK_DB_NULL;
	switch (PQftype(r->pg, column)) {
	case TYPE_INT4:
	case TYPE_INT8:
		return CASK_DB_INT;
	case TYPE_TEXT:
		return CASK_DB_TEXT;
	}
	return CASK_DB_BLOB;
}

static int64_t postgresql_number(struct cask_db_rows *rows, int column)
{
	const struct result *r = result(rows);
	const uint8_t *bytes = (const uint8_t *)PQgetvalue(r->pg, r->row, column);
	uint64_t number = 0;

	if (postgresql_type(rows, column) != CASK_DB_INT)
		return 0;
	for (int i = 0; i < PQgetlength(r->pg, r->row, column); i++)
		number = number << 8 | bytes[i];
	/* Four bytes have their sign at another place. */
	return PQftype(r->pg, column) == TYPE_INT4 ? (int32_t)number : (int64_t)number;
}

static const void *postgresql_blob(struct cask_db_rows *rows, int column, size_t *ret_size)
{
	const struct result *r = result(rows);

	*ret_size = PQgetlength(r->pg, r->row, column);
	if (PQgetisnull(r->pg, r->row, column))
		return NULL;
	return PQgetvalue(r->pg, r->row, column);
}

const struct cask_db_engine cask_db_postgresql = {
	.scheme = "postgresql",
	.open = postgresql_open,
	.close = postgresql_close,
	.script = postgresql_script,
	.begin = postgresql_begin,
	.commit = postgresql_commit,
	.rollback = postgresql_rollback,
	.query = postgresql_query,
	.next = postgresql_next,
	.done = postgresql_done,
	.changes = postgresql_changes,
	.type = postgresql_type,
	.number = postgresql_number,
	.blob = postgresql_blob,
};
