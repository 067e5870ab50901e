// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - the .cask files that are offered: STORE/<content id>.cask.
 *
 * A file there never changes. It has no name until it is whole, and gets its
 * name inside the transaction that records it. One whose record is missing, after
 * a crash in between, is not offered; it is replaced when the content is added
 * again, and deleted when it is removed. Names are given and taken only while the
 * database is locked for writing, so that adding and removing do not meet.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "copy.h"
#include "crypto.h"
#include "file.h"
#include "link.h"
#include "log.h"
#include "parse.h"
#include "../first_key.h"
#include "store.h"
#include "suite.h"
#include "text.h"

static char *path_of(const struct server *server, const uint8_t id[CASK_ID_SIZE],
		     const char *suffix)
{
	char hex[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char *path;

	text_hex(id, CASK_ID_SIZE, hex);
	if (asprintf(&path, "%s/%s.cask%s", server->config.store, hex, suffix) < 0)
		return NULL;
	return path;
}

/* Room for what is put into the link part when the file is downloaded: header_make(). */
static int check_room(const struct cask_content *header, const struct content *content)
{
	return content->key_in_header && header->link_capacity < LINK_SIZE_MAX ? -ENOBUFS : 0;
}

/* HEADER_MAC proves that the key belongs to the file. */
static int check_mac(const struct cask_content *header, const uint8_t key[CASK_KEY_SIZE])
{
	uint8_t prk[32], header_key[32], mac[CASK_MAC_SIZE];
	int ret = crypto_hkdf_extract(CASK_SALT_CONTENT, strlen(CASK_SALT_CONTENT), key,
				      CASK_KEY_SIZE, prk);

	if (!ret)
		ret = crypto_hkdf_expand(prk, CASK_INFO_HEADER, strlen(CASK_INFO_HEADER),
					 header_key, sizeof(header_key));
	if (!ret)
		ret = crypto_hmac_sha256(header_key, sizeof(header_key), header->maced.data,
					 header->maced.len, mac);
	crypto_wipe(prk, sizeof(prk));
	crypto_wipe(header_key, sizeof(header_key));
	if (!ret && !crypto_equal(mac, header->mac.data, sizeof(mac)))
		ret = -EKEYREJECTED;
	return ret;
}

static uint64_t whole_size(const struct cask_content *header, const struct suite *suite)
{
	uint64_t full = header->plain_size / header->block_size;
	size_t rest = header->plain_size % header->block_size;

	return header->data_offset + full * suite_block_bytes(suite, header->block_size) +
	       (rest ? suite_block_bytes(suite, rest) : 0);
}

static void take_text(const struct cask_bytes *text, char *out)
{
	if (text->len)
		memcpy(out, text->data, text->len);
	out[text->len] = 0;
}

/* Of a content whose first key was made here: from what the header says of it. */
static int check_first_key(const struct server *server, const struct cask_content *header,
			   uint8_t ret_key[CASK_KEY_SIZE])
{
	char media_type[CASK_TEXT_MAX + 1], title[CASK_TEXT_MAX + 1];
	const struct twokey_information information = {
		.content_id = header->content_id.data, .suite = header->suite,
		.issuer = header->issuer.data, .media_type = media_type, .title = title,
	};
	int ret;

	take_text(&header->media_type, media_type);
	take_text(&header->title, title);
	ret = first_key(server, &information, ret_key);
	return ret ? ret : check_mac(header, ret_key);
}

/* @jwk: NULL: its key is the first key */
static int check_header(const struct server *server, const struct cask_content *header,
			const struct jwk *jwk, uint64_t file_size, uint8_t ret_key[CASK_KEY_SIZE])
{
	const struct suite *suite = suite_find(header->suite);
	const struct distributor *d = &server->distributor;

	if (header->plain_size > CASK_PLAIN_SIZE_MAX || whole_size(header, suite) != file_size)
		return -EFBIG;
	if (memcmp(header->issuer.data, d->issuer, CASK_KID_SIZE))
		return -EXDEV;
	if (memcmp(header->content_id.data, d->prefix, d->prefix_size))
		return -EDOM;
	if (!jwk)
		return check_first_key(server, header, ret_key);
	if (strcmp(jwk->alg, suite->alg))
		return -EKEYREJECTED;
	memcpy(ret_key, jwk->key, CASK_KEY_SIZE);
	return check_mac(header, jwk->key);
}

/* @ret_key: also when it fails; the caller wipes it */
static int read_header(const struct server *server, int fd, const struct jwk *jwk,
		       struct content *content, struct copy_layout *layout,
		       uint8_t ret_key[CASK_KEY_SIZE])
{
	uint8_t data[CASK_CONTENT_FIXED_MAX];
	struct cask_content header;
	struct stat st;
	ssize_t size;
	int length, ret;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	size = cask_file_fill(fd, data, sizeof(data));
	if (size < 0)
		return size;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	length = cask_content_length(data, size);
	if (length < 0)
		return length;
	if (length > size)
		return -EINVAL;
	ret = cask_content_parse(&header, data, length);
	if (!ret)
		ret = check_header(server, &header, jwk, st.st_size, ret_key);
	if (!ret)
		ret = check_room(&header, content);
	if (ret)
		return ret;
	memcpy(content->id, header.content_id.data, sizeof(content->id));
	take_text(&header.media_type, content->media_type);
	take_text(&header.title, content->title);
	content->suite = header.suite;
	content->plain_size = header.plain_size;
	content->file_size = st.st_size;
	memcpy(layout->content_id, content->id, sizeof(layout->content_id));
	layout->suite = suite_find(header.suite);
	layout->block_size = header.block_size;
	layout->plain_size = header.plain_size;
	layout->data_offset = header.data_offset;
	return 0;
}

/* Nobody offers it meanwhile: that is a transaction, too. */
static int unlink_unoffered(struct server *server, const uint8_t id[CASK_ID_SIZE],
			    const char *path)
{
	struct content content;
	int ret = content_find(server->db, id, &content);

	if (ret != -ESRCH)
		return ret ? ret : -EEXIST;
	return !unlink(path) ? 0 : errno == ENOENT ? -ESRCH : -errno;
}

/* Deletes the file of a content that is not on offer, if there is one: -ESRCH if not. */
static int sweep(struct server *server, const uint8_t id[CASK_ID_SIZE], const char *path)
{
	int ret;

	DB_TRANSACTION(server->db, ret)
		ret = unlink_unoffered(server, id, path);
	return ret;
}

/* Where files without a name are not possible it has a temporary one until then. */
static int open_temporary(const struct server *server, char *name)
{
	int fd = open(server->config.store, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return mkostemp(name, O_CLOEXEC);
	*name = 0;
	return fd;
}

/* A transaction that is begun again finds its own file there. */
static bool has_name(int fd, const char *path)
{
	struct stat file, there;

	return !fstat(fd, &file) && !lstat(path, &there) && file.st_dev == there.st_dev &&
	       file.st_ino == there.st_ino;
}

static int give_name(int fd, const char *temporary, const char *path)
{
	char proc[32];

	if (has_name(fd, path))
		return 0;
	if (*temporary)
		return rename(temporary, path) ? -errno : 0;
	/* What is there has no record: its content would be on offer. */
	if (unlink(path) && errno != ENOENT)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

static int insert_and_name(struct server *server, const struct content *content,
			   const uint8_t key[CASK_KEY_SIZE], int fd, const char *temporary)
{
	_cleanup_free_ char *path = path_of(server, content->id, "");
	int ret = path ? content_insert(server->db, &server->vault, content, key) : -ENOMEM;

	if (!ret)
		ret = give_name(fd, temporary, path);
	return ret ? ret : cask_file_sync_parent(path);
}

static int record(struct server *server, const struct content *content,
		  const uint8_t key[CASK_KEY_SIZE], int fd, const char *temporary)
{
	_cleanup_free_ char *path = path_of(server, content->id, "");
	int ret;

	if (!path)
		return -ENOMEM;
	DB_TRANSACTION(server->db, ret)
		ret = insert_and_name(server, content, key, fd, temporary);
	if (ret)
		sweep(server, content->id, path);
	return ret;
}

/* @from is checked and copied through one descriptor, so it cannot be swapped. */
static int import(struct server *server, int from, const struct copy_layout *layout,
		  const uint8_t key[CASK_KEY_SIZE], struct content *content)
{
	_cleanup_free_ char *temporary = path_of(server, content->id, ".XXXXXX");
	_cleanup_close_ int to = temporary ? open_temporary(server, temporary) : -1;
	int ret;

	if (to < 0)
		return temporary ? -errno : -ENOMEM;
	ret = copy_content(from, to, layout, key, content->sha256);
	if (!ret)
		ret = record(server, content, key, to, temporary);
	if (ret && *temporary)
		unlink(temporary);
	return ret;
}

/**
 * store_add() - take a file in and offer it
 * @server: open
 * @path: the .cask file; it is copied
 * @jwk: the content key; NULL: the first key, made here from what the header says
 * @content: the terms of its licenses are the caller's; the rest is set
 *
 * Return: 0; -EEXIST when it is on offer; -EINVAL or -EOPNOTSUPP when it is no
 * .cask file of this version; -EFBIG when its size does not fit its header;
 * -EXDEV when it is another issuer's; -EDOM when its id is outside the scope's
 * namespace; -EKEYREJECTED when the key does not fit; -ENOBUFS when it shall be in the header and
 * there is no room; -EILSEQ when a block is not authentic; or another -errno.
 */
int store_add(struct server *server, const char *path, const struct jwk *jwk,
	      struct content *content)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t key[CASK_KEY_SIZE];
	struct copy_layout layout;
	struct content existing;
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_header(server, fd, jwk, content, &layout, key);
	if (!ret) {
		/* Asked again in the transaction; here it saves the copying. */
		ret = content_find(server->db, content->id, &existing);
		ret = ret == -ESRCH ? import(server, fd, &layout, key, content) : ret ? ret : -EEXIST;
	}
	crypto_wipe(key, sizeof(key));
	return ret;
}

/**
 * store_open() - open a file for reading
 * @server: open
 * @id: content id
 *
 * Return: a descriptor or -errno.
 */
int store_open(const struct server *server, const uint8_t id[CASK_ID_SIZE])
{
	_cleanup_free_ char *path = path_of(server, id, "");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0) {
		cask_err("%s: %m", path ? path : server->config.store);
		return path ? -errno : -ENOMEM;
	}
	return fd;
}

/**
 * store_copy() - copy a content's file, and see that it is the content's and authentic
 * @server: open
 * @content: on offer, with a file
 * @key: Kc
 * @path: the .cask file, whose link part may differ; NULL: the store's
 * @to: an empty file
 *
 * Return: 0; -EKEYREJECTED when it is another content's; -EINVAL, -EOPNOTSUPP, -EFBIG, -EXDEV
 * and -EILSEQ as store_add(); or another -errno.
 */
int store_copy(const struct server *server, const struct content *content,
	       const uint8_t key[CASK_KEY_SIZE], const char *path, int to)
{
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) :
				 store_open(server, content->id);
	struct jwk jwk = { .alg = suite_find(content->suite)->alg };
	struct content found = { 0 };
	struct copy_layout layout;
	uint8_t hash[32], its_key[CASK_KEY_SIZE];
	int ret;

	if (fd < 0)
		return path ? -errno : fd;
	memcpy(jwk.key, key, sizeof(jwk.key));
	ret = read_header(server, fd, &jwk, &found, &layout, its_key);
	crypto_wipe(&jwk, sizeof(jwk));
	crypto_wipe(its_key, sizeof(its_key));
	if (!ret && memcmp(found.id, content->id, sizeof(found.id)))
		ret = -EKEYREJECTED;
	return ret ? ret : copy_content(fd, to, &layout, key, hash);
}

/**
 * store_remove() - offer a content no more, delete its file
 * @server: open
 * @id: content id
 *
 * Downloads in progress end well; licenses stay what they are. A file without
 * record, of a content that was removed before, is deleted too.
 *
 * Return: 0, -ESRCH when there was neither record nor file, or another -errno.
 */
int store_remove(struct server *server, const uint8_t id[CASK_ID_SIZE])
{
	_cleanup_free_ char *path = path_of(server, id, "");
	int retired = path ? content_retire(server->db, id) : -ENOMEM;
	int ret;

	if (retired && retired != -ESRCH)
		return retired;
	ret = sweep(server, id, path);
	/* It is offered no more, and if it was added again meanwhile, the file is that one's. */
	if (!retired && (ret == -ESRCH || ret == -EEXIST))
		return 0;
	return ret;
}
