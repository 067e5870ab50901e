// SPDX-License-Identifier: GPL-2.0
/* unpack.c - read .cask files from formats.rst alone, on libcrypto's own HKDF. */
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "unpack.h"

#define OVERHEAD	(12 + 16 + 16)
#define CBC_OVERHEAD	(16 + 16)
#define FIXED_MAX	4096

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

static bool hkdf(int mode, const void *salt, size_t salt_size, const void *key, size_t key_size,
		 const void *info, size_t info_size, uint8_t *out, size_t size)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[6], *p = params;
	bool ok;

	*p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_size);
	if (salt)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
							 salt_size);
	if (info)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info,
							 info_size);
	*p = OSSL_PARAM_construct_end();
	ok = EVP_KDF_derive(ctx, out, size, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static const char *take_text(char *to, const uint8_t *value, uint32_t size)
{
	if (size > 255)
		return "text too long";
	memcpy(to, value, size);
	to[size] = 0;
	return NULL;
}

static const char *take_layout(struct unpack *u, const uint8_t *v, uint32_t size)
{
	if (size != 32 || (get32(v) != 1 && get32(v) != 2))
		return "layout or suite";
	u->cbc = get32(v) == 2;
	u->block_size = get32(v + 4);
	u->plain_size = get64(v + 8);
	u->link_offset = get32(v + 16);
	u->data_offset = get64(v + 24);
	if (u->link_offset + get32(v + 20) > u->data_offset || u->data_offset % 4096)
		return "offsets";
	return NULL;
}

static const char *check_mac(const struct unpack *u, const uint8_t *object, size_t covered,
			     const uint8_t *mac)
{
	uint8_t key[32], expected[32];

	if (!hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, NULL, 0, u->prk, 32, "header", 6, key, 32))
		return "hkdf";
	HMAC(EVP_sha256(), key, 32, object, covered, expected, NULL);
	return memcmp(expected, mac, 32) ? "header MAC" : NULL;
}

static const char *take(struct unpack *u, const uint8_t *object, const uint8_t *section,
			size_t object_size)
{
	uint32_t size = get32(section + 4);
	const uint8_t *v = section + 8;

	switch (get32(section)) {
	case 0x00010011:
		memcpy(u->content_id, v, 16);
		return size == 16 ? NULL : "content id";
	case 0x00010020:
		return take_layout(u, v, size);
	case 0x00010021:
		memcpy(u->issuer, v, 32);
		return size == 32 ? NULL : "issuer";
	case 0x00010022:
		return take_text(u->media_type, v, size);
	case 0x00000023:
		return take_text(u->title, v, size);
	case 0x0001002f:
		if (size != 32 || v + 32 != object + object_size)
			return "MAC is not last";
		return check_mac(u, object, v - object, v);
	}
	return "unexpected section or flags";
}

static const char *read_fixed(struct unpack *u)
{
	uint8_t object[FIXED_MAX];
	ssize_t n = pread(u->fd, object, sizeof(object), 0);
	const char *wrong = NULL;
	uint32_t size, at, last = 0;

	if (n < 12 || memcmp(object, "CASK\x04\x00\x01\x00", 8))
		return "no .cask file";
	size = get32(object + 8);
	if (size > (size_t)n)
		return "fixed part too long";
	for (at = 12; at < size && !wrong; at += 8 + get32(object + at + 4)) {
		if (size - at < 8 || size - at - 8 < get32(object + at + 4))
			return "section too long";
		if ((get32(object + at) & 0xffff) <= last)
			return "order of sections";
		last = get32(object + at) & 0xffff;
		wrong = take(u, object, object + at, size);
	}
	if (!wrong && (last != 0x2f || u->link_offset != size))
		wrong = "no MAC, or link part elsewhere";
	return wrong;
}

static const char *read_link(struct unpack *u)
{
	uint8_t link[512] = { 0 };
	uint32_t at, size;

	if (pread(u->fd, link, sizeof(link), u->link_offset) < 12 || !get32(link))
		return NULL;
	size = get32(link + 8);
	if (memcmp(link, "CASK\x05\x00\x01\x00", 8) || size > sizeof(link))
		return "link part";
	for (at = 12; at < size; at += 8 + get32(link + at + 4))
		if (get32(link + at) == 0x31)
			return take_text(u->link_url, link + at + 8, get32(link + at + 4));
	return NULL;
}

/**
 * unpack_open() - read the head of a file
 * @u: to fill in
 * @fd: the file; stays the caller's
 * @key: Kc
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_open(struct unpack *u, int fd, const uint8_t key[16])
{
	const char *wrong;

	memset(u, 0, sizeof(*u));
	u->fd = fd;
	memcpy(u->key, key, 16);
	if (!hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "cask/1 content", 14, key, 16, NULL, 0,
		  u->prk, 32))
		return "hkdf";
	wrong = read_fixed(u);
	return wrong ? wrong : read_link(u);
}

/**
 * unpack_blocks() - how many blocks there are
 * @u: from unpack_open()
 *
 * Return: the number.
 */
uint64_t unpack_blocks(const struct unpack *u)
{
	return (u->plain_size + u->block_size - 1) / u->block_size;
}

/**
 * unpack_raw() - a block as it stands
 * @u: from unpack_open()
 * @index: from 0
 * @ret_raw: block_size + 44 bytes, which is enough for either suite
 * @ret_size: bytes
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_raw(const struct unpack *u, uint64_t index, uint8_t *ret_raw,
		       size_t *ret_size)
{
	uint64_t stride = (uint64_t)u->block_size + (u->cbc ? CBC_OVERHEAD : OVERHEAD);
	uint64_t left = u->plain_size - index * u->block_size;
	uint64_t plain = left < u->block_size ? left : u->block_size;

	*ret_size = u->cbc ? (plain + 15) / 16 * 16 + CBC_OVERHEAD : plain + OVERHEAD;
	if (pread(u->fd, ret_raw, *ret_size, u->data_offset + index * stride) !=
	    (ssize_t)*ret_size)
		return "file ends early";
	return NULL;
}

static bool open_gcm(const uint8_t *key, const uint8_t *raw, size_t size, const uint8_t aad[28],
		     uint8_t *ret_plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, plain = size - OVERHEAD;
	bool ok;

	ok = EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, raw) == 1 &&
		EVP_DecryptUpdate(ctx, NULL, &n, aad, 28) == 1 &&
		EVP_DecryptUpdate(ctx, ret_plain, &n, raw + 28, plain) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16,
				    (void *)(raw + 28 + plain)) == 1 &&
		EVP_DecryptFinal_ex(ctx, ret_plain + plain, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* Without padding; what fills up the last block must be zeros. */
static bool open_cbc(const uint8_t *key, const uint8_t *raw, size_t size, size_t wanted,
		     uint8_t *ret_plain)
{
	static uint8_t padded[1048576];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, rest, cipher = size - CBC_OVERHEAD;
	bool ok;

	ok = EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, raw) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		EVP_DecryptUpdate(ctx, padded, &n, raw + CBC_OVERHEAD, cipher) == 1 &&
		EVP_DecryptFinal_ex(ctx, padded + n, &rest) == 1 && n + rest == cipher;
	EVP_CIPHER_CTX_free(ctx);
	for (int i = wanted; ok && i < cipher; i++)
		ok = !padded[i];
	if (ok)
		memcpy(ret_plain, padded, wanted);
	return ok;
}

static size_t plain_of(const struct unpack *u, uint64_t index)
{
	uint64_t left = u->plain_size - index * u->block_size;

	return left < u->block_size ? left : u->block_size;
}

/**
 * unpack_block() - plaintext of a block
 * @u: from unpack_open()
 * @index: from 0
 * @ret_plain: block_size bytes
 * @ret_size: bytes
 *
 * Return: NULL, or what is wrong.
 */
const char *unpack_block(const struct unpack *u, uint64_t index, uint8_t *ret_plain,
			 size_t *ret_size)
{
	static uint8_t raw[1048576 + OVERHEAD];
	uint8_t info[5 + 16] = "block", key[16], aad[28] = { 0 };
	uint64_t le_index = htole64(index);
	const char *wrong;
	size_t size;

	wrong = unpack_raw(u, index, raw, &size);
	if (wrong)
		return wrong;
	memcpy(info + 5, raw + (u->cbc ? 16 : 12), 16);
	memcpy(aad, u->content_id, 16);
	memcpy(aad + 16, &le_index, 8);
	aad[24] = index + 1 == unpack_blocks(u);
	if (!hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, NULL, 0, u->prk, 32, info, 21, key, 16))
		return "hkdf";
	*ret_size = plain_of(u, index);
	if (u->cbc)
		return open_cbc(key, raw, size, *ret_size, ret_plain) ? NULL : "padding";
	return open_gcm(key, raw, size, aad, ret_plain) ? NULL : "block is not authentic";
}
