// SPDX-License-Identifier: GPL-2.0
/*
 * ekbs.c - GET /v1/ekbs/CATEGORY: the EKB that a category has now, with ranges.
 *
 * Every device wants the same bytes, and they may be 22 MB: they are read from the database once a
 * version, into a file without a name that all replies share.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../call.h"
#include "file.h"
#include "leaves.h"
#include "../tree.h"

#define EKB_TYPE	"application/vnd.cask.ekb"

/**
 * struct copy - an EKB in a file
 * @id: of the category
 * @version: of the EKB; 0: there is none
 * @fd: the file
 * @size: bytes of it
 */
struct copy {
	uint8_t id[CASK_ID_SIZE];
	uint32_t version;
	int fd;
	uint64_t size;
};

/* Protects the copies. Who sends one has a descriptor of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct copy copies[TREES_MAX];

static int read_version(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], uint32_t *ret_version)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT version FROM categories WHERE id = $1",
				    DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (!ret)
		*ret_version = cask_db_int(rows, 0);
	return ret;
}

/* How long the statement is, the statement, the entries. */
static int write_all(int fd, struct cask_db_rows *rows, uint64_t *ret_size)
{
	size_t size, entries_size;
	const uint8_t *statement = cask_db_blob(rows, 1, &size);
	const uint8_t *entries = cask_db_blob(rows, 2, &entries_size);
	const uint32_t length = htole32(size);
	int ret = cask_file_put(fd, &length, sizeof(length));

	if (!ret)
		ret = cask_file_put(fd, statement, size);
	if (!ret)
		ret = cask_file_put(fd, entries, entries_size);
	*ret_size = sizeof(length) + size + entries_size;
	return ret;
}

static int read_copy(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], struct copy *ret_copy)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	_cleanup_close_ int fd = memfd_create("ekb", MFD_CLOEXEC);
	struct copy copy;
	int ret = fd < 0 ? -errno :
		  cask_db_query_one(db, "SELECT version, statement, entries FROM categories "
				    "WHERE id = $1", DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (!ret)
		ret = write_all(fd, rows, &copy.size);
	if (ret)
		return ret;
	memcpy(copy.id, id, sizeof(copy.id));
	copy.version = cask_db_int(rows, 0);
	copy.fd = steal_fd(&fd);
	*ret_copy = copy;
	return 0;
}

/* Where a category's copy is, or is to be; there is room for all categories. */
static struct copy *place_of(const uint8_t id[CASK_ID_SIZE])
{
	struct copy *place = copies;

	while (place->version && memcmp(place->id, id, sizeof(place->id)))
		place++;
	return place;
}

/* The copy of @version, or of a later one; its descriptor is the caller's to close. */
static int take_copy(struct cask_db *db, const uint8_t id[CASK_ID_SIZE], uint32_t version,
		     struct copy *ret_copy)
{
	struct copy *place, copy;
	int ret = 0;

	pthread_mutex_lock(&lock);
	place = place_of(id);
	if (place->version < version && !(ret = read_copy(db, id, &copy))) {
		if (place->version)
			close(place->fd);
		*place = copy;
	}
	if (!ret) {
		*ret_copy = *place;
		ret_copy->fd = fcntl(place->fd, F_DUPFD_CLOEXEC, 0);
		ret = ret_copy->fd < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

/**
 * ekbs_get() - GET /v1/ekbs/CATEGORY
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *ekbs_get(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	uint8_t id[CASK_ID_SIZE];
	struct copy copy;
	char etag[16];
	uint32_t version;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = call_id_param(rq, 0, id);
	if (!ret)
		ret = read_version(call.db, id, &version);
	if (ret == -EINVAL || ret == -ESRCH)
		return cask_reply_problem(404, "category-unknown", "There is no such category.");
	if (!ret)
		ret = take_copy(call.db, id, version, &copy);
	if (ret)
		return call_failed(ret);
	snprintf(etag, sizeof(etag), "\"%u\"", copy.version);
	return cask_reply_file(rq, &(struct cask_reply_file){ .fd = copy.fd, .size = copy.size,
							      .type = EKB_TYPE, .etag = etag });
}
