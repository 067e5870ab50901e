// SPDX-License-Identifier: GPL-2.0
/*
 * encode.c - hex and base64 in the exact forms that Cask sends.
 *
 * libsodium does the work in constant time, since some of what passes here is a key.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "encode.h"

/**
 * cask_hex_encode() - write lower-case hex
 * @out: CASK_HEX_SIZE(size) bytes; zero-terminated
 * @data: what to write
 * @size: its bytes
 *
 * Return: @out.
 */
char *cask_hex_encode(char *out, const void *data, size_t size)
{
	return sodium_bin2hex(out, CASK_HEX_SIZE(size), data, size);
}

/**
 * cask_hex_decode() - read lower-case hex of an exact size
 * @out: @size bytes, undefined on failure
 * @size: bytes expected
 * @text: zero-terminated
 *
 * Return: 0, or -EINVAL for another length, upper case or other characters.
 */
int cask_hex_decode(void *out, size_t size, const char *text)
{
	size_t got;

	if (strlen(text) != size * 2 || strspn(text, "0123456789abcdef") != size * 2)
		return -EINVAL;
	if (sodium_hex2bin(out, size, text, size * 2, NULL, &got, NULL) || got != size)
		return -EINVAL;
	return 0;
}

static int decode(void *out, size_t capacity, const char *text, size_t length, int variant,
		  size_t *ret_size)
{
	const char *end;
	size_t got;

	if (sodium_base642bin(out, capacity, text, length, NULL, &got, &end, variant) ||
	    end != text + length)
		return -EINVAL;
	*ret_size = got;
	return 0;
}

/**
 * cask_base64url_encode() - write base64url without padding
 * @out: CASK_BASE64_SIZE(size) bytes; zero-terminated
 * @data: what to write
 * @size: its bytes
 *
 * Return: @out.
 */
char *cask_base64url_encode(char *out, const void *data, size_t size)
{
	return sodium_bin2base64(out, CASK_BASE64_SIZE(size), data, size,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/**
 * cask_base64url_decode() - read base64url without padding
 * @out: @capacity bytes, undefined on failure
 * @capacity: most bytes that are taken
 * @text: zero-terminated
 * @ret_size: bytes written
 *
 * Return: 0, or -EINVAL when @text is malformed, not canonical or too long.
 */
int cask_base64url_decode(void *out, size_t capacity, const char *text, size_t *ret_size)
{
	return decode(out, capacity, text, strlen(text),
		      sodium_base64_VARIANT_URLSAFE_NO_PADDING, ret_size);
}

/**
 * cask_base64_encode() - write padded base64, as HTTP structured fields have it
 * @out: CASK_BASE64_SIZE(size) bytes; zero-terminated
 * @data: what to write
 * @size: its bytes
 *
 * Return: @out.
 */
char *cask_base64_encode(char *out, const void *data, size_t size)
{
	return sodium_bin2base64(out, CASK_BASE64_SIZE(size), data, size,
				 sodium_base64_VARIANT_ORIGINAL);
}

/**
 * cask_base64_decode() - read padded base64
 * @out: @capacity bytes, undefined on failure
 * @capacity: most bytes that are taken
 * @text: need not be zero-terminated
 * @length: characters of @text
 * @ret_size: bytes written
 *
 * Return: 0, or -EINVAL when @text is malformed, not canonical or too long.
 */
int cask_base64_decode(void *out, size_t capacity, const char *text, size_t length,
		       size_t *ret_size)
{
	return decode(out, capacity, text, length, sodium_base64_VARIANT_ORIGINAL, ret_size);
}
