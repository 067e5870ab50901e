// SPDX-License-Identifier: GPL-2.0
/*
 * copy.c - copy a .cask file, and see that every block of it is authentic, where
 * its suite can tell.
 *
 * What is checked is what is written: each piece is read once, into memory.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "copy.h"
#include "crypto.h"
#include "file.h"

/**
 * struct copy - a copy in progress
 * @from: read from here on
 * @to: written likewise
 * @layout: of the file
 * @prk: what block keys are made from; a secret
 * @hash: of what was copied
 * @raw: the piece at hand
 * @plain: what a block holds; a secret
 */
struct copy {
	int from;
	int to;
	const struct copy_layout *layout;
	uint8_t prk[32];
	EVP_MD_CTX *hash;
	uint8_t *raw;
	uint8_t *plain;
};

static int take(struct copy *c, size_t size)
{
	ssize_t n = cask_file_fill(c->from, c->raw, size);

	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -EIO;
}

static int put(struct copy *c, size_t size)
{
	return EVP_DigestUpdate(c->hash, c->raw, size) ? cask_file_put(c->to, c->raw, size) : -EIO;
}

/* Header, link part and what is between: the header's MAC was checked, the rest are hints. */
static int copy_head(struct copy *c)
{
	uint64_t left = c->layout->data_offset;

	while (left) {
		size_t size = left < CASK_BLOCK_SIZE_MIN ? left : CASK_BLOCK_SIZE_MIN;
		int ret = take(c, size);

		if (!ret)
			ret = put(c, size);
		if (ret)
			return ret;
		left -= size;
	}
	return 0;
}

static int block_key(const struct copy *c, uint8_t key[CASK_KEY_SIZE])
{
	static const char label[] = CASK_INFO_BLOCK;
	uint8_t info[sizeof(label) - 1 + CASK_SEED_SIZE];

	memcpy(info, label, sizeof(label) - 1);
	memcpy(info + sizeof(label) - 1, c->raw + CASK_GCM_IV_SIZE, CASK_SEED_SIZE);
	return crypto_hkdf_expand(c->prk, info, sizeof(info), key, CASK_KEY_SIZE);
}

static int check_block(struct copy *c, uint64_t index, size_t size, bool last)
{
	struct cask_block_aad aad = { .index = htole64(index), .last = htole32(last) };
	const size_t head = CASK_GCM_IV_SIZE + CASK_SEED_SIZE;
	uint8_t key[CASK_KEY_SIZE];
	const struct crypto_gcm gcm = { .key = key, .key_size = sizeof(key), .iv = c->raw,
					.aad = &aad, .aad_size = sizeof(aad) };
	int ret = block_key(c, key);

	memcpy(aad.content_id, c->layout->content_id, CASK_ID_SIZE);
	if (!ret)
		ret = crypto_gcm_open(&gcm, c->raw + head, size - head, c->plain);
	crypto_wipe(key, sizeof(key));
	return ret == -EBADMSG ? -EILSEQ : ret;
}

static int copy_blocks(struct copy *c)
{
	uint64_t left = c->layout->plain_size;

	for (uint64_t index = 0; left; index++) {
		uint64_t plain = left < c->layout->block_size ? left : c->layout->block_size;
		size_t size = suite_block_bytes(c->layout->suite, plain);
		int ret = take(c, size);

		/* CBC has nothing that could be checked. */
		if (!ret && c->layout->suite->id == CASK_SUITE_AES_128_GCM)
			ret = check_block(c, index, size, plain == left);
		if (!ret)
			ret = put(c, size);
		if (ret)
			return ret;
		left -= plain;
	}
	return 0;
}

static int copy_all(struct copy *c, const uint8_t key[CASK_KEY_SIZE], uint8_t ret_hash[32])
{
	int ret = crypto_hkdf_extract(CASK_SALT_CONTENT, strlen(CASK_SALT_CONTENT), key,
				      CASK_KEY_SIZE, c->prk);

	if (!ret && !EVP_DigestInit_ex(c->hash, EVP_sha256(), NULL))
		ret = -EIO;
	if (!ret)
		ret = copy_head(c);
	if (!ret)
		ret = copy_blocks(c);
	if (!ret && !EVP_DigestFinal_ex(c->hash, ret_hash, NULL))
		ret = -EIO;
	return !ret && fsync(c->to) ? -errno : ret;
}

/**
 * copy_content() - copy a .cask file, durably
 * @from: at its beginning
 * @to: an empty file
 * @layout: from its header, which was checked
 * @key: Kc
 * @ret_hash: SHA-256 of what was written
 *
 * Return: 0, -EILSEQ when a block is not authentic, or another -errno; then
 * @to is to be thrown away.
 */
int copy_content(int from, int to, const struct copy_layout *layout,
		 const uint8_t key[CASK_KEY_SIZE], uint8_t ret_hash[32])
{
	size_t room = layout->block_size;
	struct copy c = { .from = from, .to = to, .layout = layout, .hash = EVP_MD_CTX_new(),
			  .raw = malloc(suite_block_bytes(layout->suite, room)), .plain = malloc(room) };
	int ret = -ENOMEM;

	if (c.hash && c.raw && c.plain) {
		ret = copy_all(&c, key, ret_hash);
		crypto_wipe(c.plain, room);
	}
	crypto_wipe(c.prk, sizeof(c.prk));
	EVP_MD_CTX_free(c.hash);
	free(c.raw);
	free(c.plain);
	return ret;
}
