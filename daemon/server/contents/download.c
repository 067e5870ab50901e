// SPDX-License-Identifier: GPL-2.0
/*
 * download.c - GET /v1/catalogue and GET /v1/contents/CID, and the record of
 * who fetched what.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "../content.h"
#include "crypto.h"
#include "download.h"
#include "header.h"
#include "log.h"
#include "store.h"
#include "text.h"

#define CONTENT_TYPE	"application/vnd.cask.content"
#define ETAG_BYTES	16	/* of the file's SHA-256 */
#define DAY		86400
#define KEYS_PER_DAY	1000	/* of a device: far beyond what anybody watches */
#define ETAG_SIZE	(TEXT_HEX_SIZE(ETAG_BYTES) + 2)

/**
 * struct download - a download in progress
 * @server: that sends it
 * @id: of its record
 * @recorded: there is a record
 */
struct download {
	struct server *server;
	uint8_t id[CASK_ID_SIZE];
	bool recorded;
};

/* Of the file, and of what stands in its header instead. */
static int make_etag(const struct content *content, const struct header *header,
		     char etag[ETAG_SIZE])
{
	uint8_t hashes[2][CRYPTO_SHA256_SIZE], hash[CRYPTO_SHA256_SIZE];
	char hex[TEXT_HEX_SIZE(ETAG_BYTES)];
	int ret = 0;

	memcpy(hash, content->sha256, sizeof(hash));
	if (header->data) {
		memcpy(hashes[0], hash, sizeof(hash));
		ret = crypto_sha256(header->data, header->size, hashes[1]) ?:
		      crypto_sha256(hashes, sizeof(hashes), hash);
	}
	text_hex(hash, ETAG_BYTES, hex);
	snprintf(etag, ETAG_SIZE, "\"%s\"", hex);
	return ret;
}

static int forget_old(struct cask_db *db)
{
	return cask_db_run(db, "DELETE FROM downloads WHERE started < $1",
			   DB_ARGS(DB_INT(time(NULL) - SERVER_DOWNLOADS_SECONDS)));
}

/* The record that the key has: it is this download's, or -EEXIST. */
static int find_keyed(struct call *call, const struct content *content, const char *key,
		      struct download *download)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	uint8_t content_id[CASK_ID_SIZE];
	int ret = cask_db_query_one(call->db, "SELECT id, content_id FROM downloads "
				    "WHERE device_id = $1 AND idempotency_key = $2",
				    DB_ARGS(DB_ID(call->device.id), DB_TEXT(key)), &rows);

	if (!ret)
		ret = cask_db_id(rows, 0, download->id, sizeof(download->id));
	if (!ret)
		ret = cask_db_id(rows, 1, content_id, sizeof(content_id));
	if (ret)
		return ret;
	return memcmp(content_id, content->id, sizeof(content_id)) ? -EEXIST : 0;
}

/* The record of what the device fetched of the content today. */
static int find_todays(struct call *call, const struct content *content, int64_t day,
		       struct download *download)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(call->db, "SELECT id FROM downloads WHERE device_id = $1 "
				    "AND user_id = $2 AND content_id = $3 AND day = $4",
				    DB_ARGS(DB_ID(call->device.id), DB_INT(call->device.user_id),
					    DB_ID(content->id), DB_INT(day)), &rows);

	return ret ? ret : cask_db_id(rows, 0, download->id, sizeof(download->id));
}

/* A key is good for a record of its own, of which a device has so many a day. */
static int check_keys(struct call *call, const char **key)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret;

	if (!*key)
		return 0;
	ret = cask_db_query_one(call->db, "SELECT COUNT(*) FROM downloads WHERE device_id = $1 "
				"AND started > $2 AND idempotency_key <> $3",
				DB_ARGS(DB_ID(call->device.id), DB_INT(time(NULL) - DAY),
					DB_TEXT(*key)), &rows);
	if (!ret && cask_db_int(rows, 0) >= KEYS_PER_DAY)
		*key = NULL;
	return ret;
}

static int insert(struct call *call, const struct content *content, const char *key, int64_t day,
		  struct download *download)
{
	int ret = crypto_random(download->id, sizeof(download->id));

	if (ret)
		return ret;
	return cask_db_run(call->db, "INSERT INTO downloads (id, content_id, device_id, user_id, "
			   "started, bytes, idempotency_key, day) "
			   "VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
			   DB_ARGS(DB_ID(download->id), DB_ID(content->id), DB_ID(call->device.id),
				   DB_INT(call->device.user_id), DB_INT(time(NULL)), DB_TEXT(key),
				   key ? DB_NULL : DB_INT(day)));
}

/* Before the first byte, so that no download goes unrecorded. */
static int record(struct call *call, const struct content *content, const char *key,
		  struct download *download)
{
	int64_t day = time(NULL) / DAY;
	int ret = forget_old(call->db);

	if (!ret)
		ret = check_keys(call, &key);
	if (!ret)
		ret = insert(call, content, key, day, download);
	if (ret == -EEXIST)
		ret = key ? find_keyed(call, content, key, download) :
			    find_todays(call, content, day, download);
	download->recorded = !ret;
	return ret;
}

/* Called by the server's thread when the file is sent, or the client is gone. */
static void done(void *context, uint64_t end)
{
	_cleanup_free_ struct download *download = context;
	struct cask_db *db;

	if (!download->recorded || !end)
		return;
	db = pool_take(download->server->pool);
	if (cask_db_run(db, "UPDATE downloads SET bytes = $2 WHERE id = $1 AND bytes < $2",
			DB_ARGS(DB_ID(download->id), DB_INT(end))))
		cask_err("a download of %llu bytes is recorded without its size",
			 (unsigned long long)end);
	pool_give(download->server->pool, db);
}

static struct cask_reply *record_failed(struct cask_reply *reply, int error)
{
	cask_reply_drop(reply);
	if (error == -EEXIST)
		return cask_reply_problem(422, "key-reused", "The key was used for another request.");
	return call_failed(error);
}

static struct cask_reply *send_file(struct call *call, const struct cask_http_request *rq,
				    const struct content *content, int fd, struct header *header)
{
	struct download *download = calloc(1, sizeof(*download));
	char etag[ETAG_SIZE];
	struct cask_reply_file file = { .fd = fd, .size = content->file_size,
					.type = CONTENT_TYPE, .etag = etag, .over = header->data,
					.over_offset = header->offset, .over_size = header->size,
					.done = done, .context = download };
	struct cask_reply *reply;
	bool sends;
	int ret;

	if (!download || make_etag(content, header, etag)) {
		close(fd);
		free(header->data);
		free(download);
		return NULL;
	}
	download->server = call->server;
	/* A refused range frees the download at once: look at it only if bytes will follow. */
	reply = cask_reply_file(rq, &file);
	sends = cask_reply_status(reply) == 200 || cask_reply_status(reply) == 206;
	ret = sends && !strcmp(cask_http_method(rq), "GET") ?
		record(call, content, call_idempotency_key(rq), download) : 0;
	if (ret)
		return record_failed(reply, ret);
	if (cask_reply_status(reply) >= 400)
		return reply;
	/* A cache may keep the bytes for this device, and must ask whether it still may. */
	return cask_reply_header(reply, "Cache-Control", "private, no-cache");
}

/*
 * The file of a record. Between the two the content may be removed, and added again with
 * other bytes: once the file is open, the record must still be what it was.
 */
static int open_file(struct call *call, const struct content *content)
{
	_cleanup_close_ int fd = store_open(call->server, content->id);
	struct content now;
	int ret = content_find(call->db, content->id, &now);

	if (!ret && fd < 0)
		ret = fd;
	if (!ret && (now.file_size != content->file_size ||
		     memcmp(now.sha256, content->sha256, sizeof(now.sha256))))
		ret = -EBUSY;
	return ret ? ret : steal_fd(&fd);
}

/* Also what of the header is made for it. */
static struct cask_reply *send_content(struct call *call, const struct cask_http_request *rq,
				       const struct content *content, int fd)
{
	struct header header = { 0 };
	int ret = content->key_in_header ?
		header_make(call->server, call->db, content, fd, &header) : 0;

	if (!ret)
		return send_file(call, rq, content, fd, &header);
	close(fd);
	return ret == -ESRCH ? call_content_unknown() : call_failed(ret);
}

/**
 * download_content() - GET and HEAD /v1/contents/CID
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *download_content(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	struct content content;
	int fd;

	if (!call_begin_signed(&call, rq, &refusal) || !call_find_content(&call, &content, &refusal))
		return refusal;
	if (cask_http_header(rq, "Idempotency-Key") && !call_idempotency_key(rq))
		return cask_reply_problem(400, "bad-request", "An Idempotency-Key has 1 to %d "
					  "printable ASCII characters.", CALL_KEY_MAX);
	if (!content.file_size)
		return cask_reply_problem(404, "content-without-file",
					  "The content is only a key.");
	fd = open_file(&call, &content);
	if (fd == -ESRCH)
		return call_content_unknown();
	return fd < 0 ? call_failed(fd) : send_content(&call, rq, &content, fd);
}

/**
 * download_catalogue() - GET /v1/catalogue
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *download_catalogue(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	json_t *list;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	ret = content_list(call.db, &list);
	return ret ? call_failed(ret) : cask_reply_json(200, json_pack("{s:s, s:o}", "currency",
			call.server->config.currency, "contents", list));
}
