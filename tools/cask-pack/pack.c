// SPDX-License-Identifier: GPL-2.0
/*
 * pack.c - encrypt a stream into a .cask file.
 *
 * Blocks go out as they are read, at their final place; the fixed part, which
 * holds the size of all, is written last. So the input may be a pipe, and a file
 * that was given up has no magic.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto.h"
#include "link.h"
#include "object.h"
#include "pack.h"
#include "suite.h"
#include "../../kmod/parse/parse.h"

#define CRITICAL	CASK_SECTION_CRITICAL
#define DATA_ALIGN	4096u
/* Room for the link part at the least; it gets what is left up to the first block. */
#define LINK_ROOM	1024u

/**
 * struct run - state of pack_run()
 * @p: what was asked for
 * @in: the input
 * @out: the output
 * @head: what is left of p->head
 * @head_size: bytes of it
 * @prk: content's HKDF key; a secret
 * @suite: of the file
 * @plain: a block of plaintext and one byte more, which tells the last from the rest
 * @have: bytes in @plain
 * @block: as it goes out: IV, seed, ciphertext and what the suite adds
 * @offset: where the next block goes
 * @index: of the next block
 * @layout: of the file
 * @result: so far
 */
struct run {
	const struct pack *p;
	int in;
	int out;
	const uint8_t *head;
	size_t head_size;
	uint8_t prk[CRYPTO_SHA256_SIZE];
	const struct suite *suite;
	uint8_t *plain;
	size_t have;
	uint8_t *block;
	uint64_t offset;
	uint64_t index;
	struct cask_layout layout;
	struct pack_result *result;
};

static bool cancelled(const struct run *r)
{
	return r->p->cancel && *r->p->cancel;
}

static int write_at(const struct run *r, const uint8_t *data, size_t size, uint64_t offset)
{
	ssize_t n;

	while (size) {
		n = pwrite(r->out, data, size, offset);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (cancelled(r))
			return -EINTR;
		if (n < 0)
			continue;
		if (!n)
			return -EIO;
		data += n;
		size -= n;
		offset += n;
	}
	return 0;
}

static ssize_t read_some(struct run *r, uint8_t *data, size_t size)
{
	size_t n = size < r->head_size ? size : r->head_size;

	if (!n)
		return read(r->in, data, size);
	memcpy(data, r->head, n);
	r->head += n;
	r->head_size -= n;
	return n;
}

/* Reads until there is a block and one byte, or the input ends. */
static int fill(struct run *r)
{
	size_t want = r->p->block_size + 1;
	ssize_t n;

	while (r->have < want) {
		n = read_some(r, r->plain + r->have, want - r->have);
		if (cancelled(r))
			return -EINTR;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		r->have += n;
	}
	return 0;
}

/* K'c = HKDF-Expand(PRK, "block" || seed, 16) */
static int block_key(const struct run *r, const uint8_t *seed, uint8_t ret_key[CASK_KEY_SIZE])
{
	uint8_t info[sizeof(CASK_INFO_BLOCK) - 1 + CASK_SEED_SIZE];

	memcpy(info, CASK_INFO_BLOCK, sizeof(CASK_INFO_BLOCK) - 1);
	memcpy(info + sizeof(CASK_INFO_BLOCK) - 1, seed, CASK_SEED_SIZE);
	return crypto_hkdf_expand(r->prk, info, sizeof(info), ret_key, CASK_KEY_SIZE);
}

static int seal_gcm(struct run *r, const uint8_t key[CASK_KEY_SIZE], size_t size, bool last)
{
	struct cask_block_aad aad = { .index = htole64(r->index), .last = htole32(last) };
	struct crypto_gcm gcm = {
		.key = key, .key_size = CASK_KEY_SIZE, .iv = r->block,
		.aad = &aad, .aad_size = sizeof(aad),
	};

	memcpy(aad.content_id, r->p->content_id, CASK_ID_SIZE);
	return crypto_gcm_seal(&gcm, r->plain, size, r->block + r->suite->head);
}

/* The last block is filled up with zeros; its own bytes behind @size are not needed any more. */
static int seal_cbc(struct run *r, const uint8_t key[CASK_KEY_SIZE], size_t size, bool last)
{
	size_t padded = (size + r->suite->unit - 1) / r->suite->unit * r->suite->unit;

	if (last)
		memset(r->plain + size, 0, padded - size);
	return crypto_cbc_encrypt(key, r->block, r->plain, padded, r->block + r->suite->head);
}

static int seal(struct run *r, size_t size, bool last)
{
	const uint8_t *seed = r->block + r->suite->head - CASK_SEED_SIZE;
	uint8_t key[CASK_KEY_SIZE];
	int ret = crypto_random(r->block, r->suite->head);

	if (!ret)
		ret = block_key(r, seed, key);
	if (!ret)
		ret = r->suite->id == CASK_SUITE_AES_128_CBC ? seal_cbc(r, key, size, last) :
							       seal_gcm(r, key, size, last);
	crypto_wipe(key, sizeof(key));
	return ret;
}

static int put_block(struct run *r)
{
	size_t size = r->have < r->p->block_size ? r->have : r->p->block_size;
	size_t bytes = suite_block_bytes(r->suite, size);
	uint8_t next = r->plain[size];
	int ret;

	ret = seal(r, size, size == r->have);
	if (!ret)
		ret = write_at(r, r->block, bytes, r->offset);
	if (ret)
		return ret;
	r->offset += bytes;
	r->index++;
	r->result->plain_size += size;
	r->have -= size;
	r->plain[0] = next;
	if (r->p->progress)
		r->p->progress(r->p->progress_arg, r->result->plain_size);
	return 0;
}

static int put_blocks(struct run *r)
{
	int ret;

	for (;;) {
		ret = fill(r);
		if (!ret && r->result->plain_size + r->have > CASK_PLAIN_SIZE_MAX)
			ret = -EFBIG;
		r->result->input_failed = ret;
		if (ret || !r->have)
			return ret;
		ret = put_block(r);
		if (ret)
			return ret;
	}
}

/* The fixed part, in bytes; a layout of zeros serves to learn its length. */
static int make_content(const struct pack *p, const struct cask_layout *layout,
			const uint8_t header_key[CASK_MAC_SIZE],
			uint8_t **ret_data, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_CONTENT);
	object_add(&o, CASK_SEC_CONTENT_ID, CRITICAL, p->content_id, sizeof(p->content_id));
	object_add(&o, CASK_SEC_LAYOUT, CRITICAL, layout, sizeof(*layout));
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, p->issuer, sizeof(p->issuer));
	object_text(&o, CASK_SEC_MEDIA_TYPE, CRITICAL, p->media_type);
	if (p->title)
		object_text(&o, CASK_SEC_TITLE, 0, p->title);
	object_mac(&o, CASK_SEC_HEADER_MAC, header_key);
	return object_end(&o, ret_data, ret_size);
}

static int make_link(const struct pack *p, uint8_t **ret_data, size_t *ret_size)
{
	struct link_fields fields = {
		.license_id = p->license_id, .url = p->license_url,
		.url_size = p->license_url ? strlen(p->license_url) : 0,
	};
	struct cask_link_aad content = { .suite = htole32(p->suite) };
	uint8_t key[CASK_EKB_SLOT_SIZE];
	int ret = 0;

	memcpy(content.content_id, p->content_id, sizeof(content.content_id));
	memcpy(content.issuer, p->issuer, sizeof(content.issuer));
	if (p->root) {
		ret = link_key(&content, p->root, p->content_key, key);
		fields.key = key;
	}
	return ret ? ret : link_make(&fields, ret_data, ret_size);
}

static int make_layout(const struct pack *p, struct cask_layout *ret_layout)
{
	static const uint8_t no_key[CASK_MAC_SIZE];
	struct cask_layout layout = {
		.suite = htole32(p->suite),
		.block_size = htole32(p->block_size),
	};
	uint64_t data_offset;
	uint8_t *data;
	size_t size;
	int ret;

	ret = make_content(p, &layout, no_key, &data, &size);
	if (ret)
		return ret;
	free(data);
	if (size > CASK_CONTENT_FIXED_MAX)
		return -EINVAL;
	data_offset = (size + LINK_ROOM + DATA_ALIGN - 1) & ~(uint64_t)(DATA_ALIGN - 1);
	layout.link_offset = htole32(size);
	layout.link_capacity = htole32(data_offset - size);
	layout.data_offset = htole64(data_offset);
	*ret_layout = layout;
	return 0;
}

static int check_link(const struct pack *p)
{
	struct cask_link link;
	uint8_t *data;
	size_t size;
	int ret;

	ret = make_link(p, &data, &size);
	if (ret)
		return ret;
	ret = size > LINK_ROOM ? -EINVAL : cask_link_parse(&link, data, size);
	free(data);
	return ret;
}

/**
 * pack_check() - whether readers will take what this makes
 * @p: what is asked for
 *
 * Return: 0; -EINVAL for a block size or content id out of range, or a text that
 * is empty, longer than CASK_TEXT_MAX, not UTF-8, or has control characters;
 * -ENOMEM; -EIO.
 */
int pack_check(const struct pack *p)
{
	static const uint8_t no_key[CASK_MAC_SIZE], no_id[CASK_ID_SIZE];
	struct cask_content content;
	struct cask_layout layout;
	uint8_t *data;
	size_t size;
	int ret;

	if (!memcmp(p->content_id, no_id, sizeof(no_id)))
		return -EINVAL;
	ret = make_layout(p, &layout);
	if (!ret)
		ret = make_content(p, &layout, no_key, &data, &size);
	if (ret)
		return ret;
	ret = cask_content_parse(&content, data, size);
	free(data);
	return ret ? ret : check_link(p);
}

static int put_content(struct run *r)
{
	uint8_t key[CASK_MAC_SIZE], *data = NULL;
	size_t size;
	int ret;

	r->layout.plain_size = htole64(r->result->plain_size);
	ret = crypto_hkdf_expand(r->prk, CASK_INFO_HEADER, strlen(CASK_INFO_HEADER),
				 key, sizeof(key));
	if (!ret)
		ret = make_content(r->p, &r->layout, key, &data, &size);
	if (!ret)
		ret = write_at(r, data, size, 0);
	crypto_wipe(key, sizeof(key));
	free(data);
	return ret;
}

static int put_link(struct run *r)
{
	size_t capacity = le32toh(r->layout.link_capacity), size = 0;
	uint8_t *link = NULL, *room;
	int ret = 0;

	room = calloc(1, capacity);
	if (!room)
		return -ENOMEM;
	if (r->p->license_id || r->p->license_url || r->p->root)
		ret = make_link(r->p, &link, &size);
	if (!ret && size > capacity)
		ret = -EINVAL;
	if (!ret && size)
		memcpy(room, link, size);
	if (!ret)
		ret = write_at(r, room, capacity, le32toh(r->layout.link_offset));
	free(link);
	free(room);
	return ret;
}

static int run(struct run *r)
{
	int ret;

	ret = make_layout(r->p, &r->layout);
	if (!ret)
		ret = crypto_hkdf_extract(CASK_SALT_CONTENT, strlen(CASK_SALT_CONTENT),
					  r->p->content_key, CASK_KEY_SIZE, r->prk);
	if (ret)
		return ret;
	r->offset = le64toh(r->layout.data_offset);
	ret = put_blocks(r);
	if (!ret)
		ret = put_link(r);
	return ret ? ret : put_content(r);
}

/**
 * pack_run() - make the file
 * @p: what is asked for, as pack_check() passed it
 * @in: read from where it stands to its end
 * @out: an empty regular file
 * @ret_result: also filled in on failure
 *
 * Nothing is synced. Return: 0; -EINTR when cancelled; -EFBIG above
 * CASK_PLAIN_SIZE_MAX; or -errno of reading, writing, memory or libcrypto.
 */
int pack_run(const struct pack *p, int in, int out, struct pack_result *ret_result)
{
	struct run r = {
		.p = p, .in = in, .out = out, .head = p->head, .head_size = p->head_size,
		.result = ret_result,
	};
	int ret;

	*ret_result = (struct pack_result){ 0 };
	r.suite = suite_find(p->suite);
	if (!r.suite || !r.suite->head)
		return -EINVAL;
	r.plain = malloc(p->block_size + 1);
	r.block = malloc(suite_block_bytes(r.suite, p->block_size));
	ret = r.plain && r.block ? run(&r) : -ENOMEM;
	ret_result->file_size = r.offset;
	crypto_wipe(r.prk, sizeof(r.prk));
	crypto_wipe(r.plain, p->block_size + 1);
	free(r.plain);
	free(r.block);
	return ret;
}
