// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - the .cask files that are offered: STORE/<content id>.cask.
 *
 * A file there never changes. It gets its name inside the transaction that
 * records it; one left by a crash in between has no record, is not offered,
 * and is replaced when the content is added again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/evp.h>

#include "crypto.h"
#include "file.h"
#include "log.h"
#include "parse.h"
#include "store.h"
#include "text.h"

#define COPY_SIZE 1048576

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

static uint64_t whole_size(const struct cask_content *header)
{
	uint64_t blocks = (header->plain_size + header->block_size - 1) / header->block_size;

	return header->data_offset + header->plain_size + blocks * CASK_GCM_OVERHEAD;
}

static int check_header(const struct server *server, const struct cask_content *header,
			const uint8_t key[CASK_KEY_SIZE], uint64_t file_size)
{
	const struct distributor *d = &server->distributor;

	if (header->plain_size > CASK_PLAIN_SIZE_MAX || whole_size(header) != file_size)
		return -EFBIG;
	if (memcmp(header->issuer.data, d->issuer, CASK_KID_SIZE))
		return -EXDEV;
	if (memcmp(header->content_id.data, d->prefix, d->prefix_size))
		return -EDOM;
	return check_mac(header, key);
}

static void take_text(const struct cask_bytes *text, char *out)
{
	if (text->len)
		memcpy(out, text->data, text->len);
	out[text->len] = 0;
}

static int read_header(const struct server *server, int fd, const uint8_t key[CASK_KEY_SIZE],
		       struct content *content)
{
	uint8_t data[CASK_CONTENT_FIXED_MAX];
	ssize_t size = pread(fd, data, sizeof(data), 0);
	struct cask_content header;
	struct stat st;
	int length, ret;

	if (size < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	length = cask_content_length(data, size);
	if (length < 0)
		return length;
	if (length > size)
		return -EINVAL;
	ret = cask_content_parse(&header, data, length);
	if (!ret)
		ret = check_header(server, &header, key, st.st_size);
	if (ret)
		return ret;
	memcpy(content->id, header.content_id.data, sizeof(content->id));
	take_text(&header.media_type, content->media_type);
	take_text(&header.title, content->title);
	content->suite = header.suite;
	content->plain_size = header.plain_size;
	content->file_size = st.st_size;
	return 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
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

static int copy_blocks(int from, int to, uint64_t size, uint8_t *buffer, EVP_MD_CTX *hash)
{
	while (size) {
		ssize_t n = read(from, buffer, size < COPY_SIZE ? size : COPY_SIZE);
		int ret;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		if (!EVP_DigestUpdate(hash, buffer, n))
			return -EIO;
		ret = write_all(to, buffer, n);
		if (ret)
			return ret;
		size -= n;
	}
	return 0;
}

static int copy(int from, int to, uint64_t size, uint8_t ret_hash[32])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	uint8_t *buffer = malloc(COPY_SIZE);
	int ret = hash && buffer && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) ? 0 : -ENOMEM;

	if (!ret)
		ret = copy_blocks(from, to, size, buffer, hash);
	if (!ret && !EVP_DigestFinal_ex(hash, ret_hash, NULL))
		ret = -EIO;
	if (!ret && fsync(to))
		ret = -errno;
	EVP_MD_CTX_free(hash);
	free(buffer);
	return ret;
}

static int record(struct server *server, const struct content *content,
		  const uint8_t key[CASK_KEY_SIZE], const char *temporary, const char *path)
{
	int ret = cask_db_begin(server->db);

	if (ret)
		return ret;
	ret = content_insert(server->db, &server->vault, content, key);
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (!ret)
		ret = cask_file_sync_parent(path);
	return cask_db_end(server->db, ret);
}

/* @from is checked and copied through one descriptor, so it cannot be swapped. */
static int import(struct server *server, int from, const uint8_t key[CASK_KEY_SIZE],
		  struct content *content)
{
	_cleanup_free_ char *path = path_of(server, content->id, "");
	_cleanup_free_ char *temporary = path_of(server, content->id, ".XXXXXX");
	_cleanup_close_ int to = -1;
	int ret;

	if (!path || !temporary)
		return -ENOMEM;
	to = mkostemp(temporary, O_CLOEXEC);
	if (to < 0)
		return -errno;
	ret = copy(from, to, content->file_size, content->sha256);
	if (!ret)
		ret = record(server, content, key, temporary, path);
	if (ret)
		unlink(temporary);
	return ret;
}

/**
 * store_add() - take a file in and offer it
 * @server: open
 * @path: the .cask file; it is copied
 * @key: Kc
 * @content: period and min_level are the caller's; the rest is set
 *
 * Return: 0; -EEXIST when it is on offer; -EINVAL or -EOPNOTSUPP when it is no
 * .cask file of this version; -EFBIG when its size does not fit its header;
 * -EXDEV when it is another issuer's; -EDOM when its id is outside the scope's
 * namespace; -EKEYREJECTED when the key does not fit; or another -errno.
 */
int store_add(struct server *server, const char *path, const uint8_t key[CASK_KEY_SIZE],
	      struct content *content)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct content existing;
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_header(server, fd, key, content);
	if (ret)
		return ret;
	/* Asked again in the transaction; here it saves the copying. */
	ret = content_find(server->db, content->id, &existing);
	if (ret != -ESRCH)
		return ret ? ret : -EEXIST;
	return import(server, fd, key, content);
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
 * store_remove() - offer a content no more, delete its file
 * @server: open
 * @id: content id
 *
 * Downloads in progress end well; licenses stay what they are.
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int store_remove(struct server *server, const uint8_t id[CASK_ID_SIZE])
{
	_cleanup_free_ char *path = path_of(server, id, "");
	int ret = path ? content_retire(server->db, id) : -ENOMEM;

	if (ret)
		return ret;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
