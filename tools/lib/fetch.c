// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * fetch.c - download a content through the agent, going on where an earlier
 * attempt stopped.
 *
 *	PATH.part	what has come so far, locked while somebody fetches
 *	PATH.part.etag	the entity tag that it is a piece of
 *	PATH		appears, whole and durable, when all is there
 *
 * The tag is on disk before the first byte is, so a piece is never continued
 * with bytes of another version: If-Range makes the server begin anew then.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define ETAG_MAX	255
#define REFUSAL_MAX	16384
/* Interrupted so often without one more byte, it is given up. */
#define BARREN_TRIES	3
#define STALL_SECONDS	60L

/**
 * struct download - a fetch on its way
 * @fetch: what the caller wants
 * @agent: through whom
 * @error: the caller's
 * @part: descriptor of PATH.part
 * @part_path: allocated
 * @etag_path: allocated
 * @done: bytes in PATH.part
 * @size: bytes there will be, 0 while unknown
 * @begun: the answer's header has been judged
 * @refusal: body of a problem
 * @refusal_size: of it
 * @failed: @error says why the transfer was broken off on our side
 */
struct download {
	const struct cask_fetch *fetch;
	struct cask_agent *agent;
	struct cask_error *error;
	int part;
	char *part_path;
	char *etag_path;
	uint64_t done;
	uint64_t size;
	bool begun;
	char refusal[REFUSAL_MAX];
	size_t refusal_size;
	bool failed;
};

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= n;
	}
	return 0;
}

static bool is_etag(const char *text)
{
	size_t length = strlen(text);

	/* A weak tag does not promise the same bytes. */
	if (length < 2 || text[0] != '"' || text[length - 1] != '"')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* The tag of what is in PATH.part, or "" when it cannot be continued. */
static void read_etag(const struct download *d, char etag[ETAG_MAX + 1])
{
	int fd = open(d->etag_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, etag, ETAG_MAX);

	if (fd >= 0)
		close(fd);
	etag[n > 0 ? n : 0] = 0;
	if (!is_etag(etag))
		etag[0] = 0;
}

static int write_etag(const struct download *d, const char *etag)
{
	int fd = open(d->etag_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, etag, strlen(etag));
	if (!ret && fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

static int file_failed(struct download *d, int error, const char *path)
{
	d->failed = true;
	return cask_error_file(d->error, -error, path);
}

static int start_over(struct download *d)
{
	struct curl_header *field;
	const char *etag = "";
	int ret;

	if (!curl_easy_header(cask_agent_handle(d->agent), "ETag", 0, CURLH_HEADER, -1, &field) &&
	    strlen(field->value) <= ETAG_MAX && is_etag(field->value))
		etag = field->value;
	d->done = 0;
	if (ftruncate(d->part, 0) || lseek(d->part, 0, SEEK_SET) < 0)
		return file_failed(d, -errno, d->part_path);
	ret = write_etag(d, etag);
	return ret ? file_failed(d, ret, d->etag_path) : 0;
}

/* "bytes FIRST-LAST/SIZE", and it must be where we stopped. */
static int check_range(struct download *d, const char *text)
{
	uint64_t first, last, size;

	if (sscanf(text, "bytes %" SCNu64 "-%" SCNu64 "/%" SCNu64, &first, &last, &size) != 3 ||
	    first != d->done || last < first || size != last + 1) {
		d->failed = true;
		return cask_error_set(d->error, ERROR_CODE_ANSWER,
				      "the server answered with another range");
	}
	d->size = size;
	return 0;
}

static int begin(struct download *d, long status)
{
	CURL *easy = cask_agent_handle(d->agent);
	struct curl_header *field;
	curl_off_t size = -1;

	d->begun = true;
	if (status == 206)
		return check_range(d, curl_easy_header(easy, "Content-Range", 0, CURLH_HEADER, -1,
						       &field) ? "" : field->value);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
	d->size = size > 0 ? size : 0;
	return start_over(d);
}

static size_t take_refusal(struct download *d, const char *data, size_t size)
{
	if (size > sizeof(d->refusal) - d->refusal_size)
		return 0;
	memcpy(d->refusal + d->refusal_size, data, size);
	d->refusal_size += size;
	return size;
}

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct download *d = context;
	long status = 0;
	int ret;

	curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206)
		return take_refusal(d, data, size);
	if (!d->begun && begin(d, status))
		return 0;
	ret = write_all(d->part, data, size);
	if (ret) {
		file_failed(d, ret, d->part_path);
		return 0;
	}
	d->done += size;
	if (d->fetch->progress)
		d->fetch->progress(d->fetch->context, d->done, d->size);
	return size;
}

static int path_of(const struct cask_fetch *fetch, char out[AGENT_PATH_MAX])
{
	char id[2 * CASK_ID_SIZE + 1];

	cask_hex(fetch->content_id, sizeof(fetch->content_id), id);
	return snprintf(out, AGENT_PATH_MAX, "/v1/contents/%s%s%s", id,
			fetch->issuer ? "?issuer=" : "", fetch->issuer ? fetch->issuer : "") <
	       AGENT_PATH_MAX ? 0 : -1;
}

/* Goes on where PATH.part ends, if it can be known what it is a piece of. */
static struct curl_slist *fields_of(struct download *d)
{
	char etag[ETAG_MAX + 1], range[64], if_range[ETAG_MAX + 16];
	struct curl_slist *one, *two;
	struct stat st;

	d->done = 0;
	read_etag(d, etag);
	if (!etag[0] || fstat(d->part, &st) || !st.st_size ||
	    lseek(d->part, st.st_size, SEEK_SET) < 0)
		return NULL;
	d->done = st.st_size;
	snprintf(range, sizeof(range), "Range: bytes=%" PRIu64 "-", d->done);
	snprintf(if_range, sizeof(if_range), "If-Range: %s", etag);
	one = curl_slist_append(NULL, range);
	two = one ? curl_slist_append(one, if_range) : NULL;
	if (!two)
		curl_slist_free_all(one);
	return two;
}

static int set_up(struct download *d, struct curl_slist *fields)
{
	char path[AGENT_PATH_MAX];
	CURL *easy;

	if (path_of(d->fetch, path))
		return -1;
	easy = cask_agent_easy(d->agent, path);
	return !easy || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields) ||
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) ||
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, d) ||
	       curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256 * 1024L) ||
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) ||
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
}

static int judge(struct download *d, CURLcode code)
{
	long status = 0;

	if (d->failed)
		return -1;
	if (code)
		return cask_agent_transport(d->agent, code, d->error);
	curl_easy_getinfo(cask_agent_handle(d->agent), CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206)
		return cask_agent_refused(status, d->refusal, d->refusal_size, d->error);
	if (!d->done || (d->size && d->done != d->size))
		return cask_error_set(d->error, ERROR_CODE_INTERRUPTED,
				      "the content ended too early");
	return 0;
}

static int attempt(struct download *d)
{
	struct curl_slist *fields;
	CURLcode code;
	int ret;

	d->begun = d->failed = false;
	d->refusal_size = 0;
	d->size = 0;
	fields = fields_of(d);
	if (set_up(d, fields)) {
		ret = cask_error_set(d->error, ERROR_CODE_ANSWER, "out of memory");
	} else {
		code = curl_easy_perform(cask_agent_handle(d->agent));
		ret = judge(d, code);
	}
	curl_slist_free_all(fields);
	return ret;
}

/* What we have is not a piece of what there is: as if we had nothing. */
static bool forget_piece(struct download *d)
{
	return !strcmp(d->error->code, "range-unsatisfiable") && d->done &&
	       !ftruncate(d->part, 0) && lseek(d->part, 0, SEEK_SET) == 0;
}

static int transfer(struct download *d)
{
	uint64_t before = 0;
	int barren = 0;

	while (attempt(d)) {
		if (forget_piece(d))
			continue;
		if (strcmp(d->error->code, ERROR_CODE_INTERRUPTED))
			return -1;
		barren = d->done > before ? 0 : barren + 1;
		before = d->done;
		if (barren == BARREN_TRIES)
			return -1;
		if (barren)
			sleep(1);
	}
	return 0;
}

static int sync_parent(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return ret;
}

static int publish(struct download *d)
{
	const char *path = d->fetch->path;
	int ret;

	if (fsync(d->part))
		return file_failed(d, -errno, d->part_path);
	if (rename(d->part_path, path))
		return file_failed(d, -errno, path);
	unlink(d->etag_path);
	ret = sync_parent(path);
	return ret ? file_failed(d, ret, path) : 0;
}

static int open_part(struct download *d)
{
	if (asprintf(&d->part_path, "%s.part", d->fetch->path) < 0)
		d->part_path = NULL;
	if (asprintf(&d->etag_path, "%s.part.etag", d->fetch->path) < 0)
		d->etag_path = NULL;
	if (!d->part_path || !d->etag_path)
		return cask_error_set(d->error, ERROR_CODE_FILE, "out of memory");
	d->part = open(d->part_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (d->part < 0)
		return file_failed(d, -errno, d->part_path);
	if (flock(d->part, LOCK_EX | LOCK_NB))
		return cask_error_set(d->error, ERROR_CODE_FILE,
				      "%s: another download writes it", d->part_path);
	return 0;
}

/* An empty piece is of no use to anyone. */
static void drop_empty(struct download *d)
{
	struct stat st;

	if (fstat(d->part, &st) || st.st_size)
		return;
	unlink(d->part_path);
	unlink(d->etag_path);
}

/**
 * cask_agent_fetch() - download a content
 * @agent: through whom
 * @fetch: what and where to
 * @error: on failure; after transfer-interrupted the same call goes on
 *
 * Return: 0 or -1.
 */
int cask_agent_fetch(struct cask_agent *agent, const struct cask_fetch *fetch,
		     struct cask_error *error)
{
	struct download *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return cask_error_set(error, ERROR_CODE_FILE, "out of memory");
	d->fetch = fetch;
	d->agent = agent;
	d->error = error;
	d->part = -1;
	ret = open_part(d);
	if (!ret) {
		ret = transfer(d);
		if (!ret)
			ret = publish(d);
		else
			drop_empty(d);
	}
	if (d->part >= 0)
		close(d->part);
	free(d->part_path);
	free(d->etag_path);
	free(d);
	return ret;
}
