// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - bytes as lower-case hex and as base64url without padding: one text
 * for each value, everything else is refused.
 *
 * libsodium works in constant time, since some of what passes here is a key.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "text.h"

#define BASE64URL	sodium_base64_VARIANT_URLSAFE_NO_PADDING

/**
 * text_hex() - write lower-case hex
 * @data: the bytes
 * @size: how many
 * @ret_text: TEXT_HEX_SIZE(size) bytes, zero-terminated
 */
void text_hex(const void *data, size_t size, char *ret_text)
{
	sodium_bin2hex(ret_text, TEXT_HEX_SIZE(size), data, size);
}

/**
 * text_from_hex() - read lower-case hex
 * @text: zero-terminated
 * @ret_data: @size bytes, undefined on failure
 * @size: bytes expected
 *
 * Return: 0, or -EINVAL for upper case, another length, other characters.
 */
int text_from_hex(const char *text, void *ret_data, size_t size)
{
	size_t got;

	if (strlen(text) != 2 * size || strspn(text, "0123456789abcdef") != 2 * size)
		return -EINVAL;
	return sodium_hex2bin(ret_data, size, text, 2 * size, NULL, &got, NULL) || got != size ?
		-EINVAL : 0;
}

/**
 * text_base64url() - write base64url without padding
 * @data: the bytes
 * @size: how many
 * @ret_text: TEXT_BASE64URL_SIZE(size) bytes, zero-terminated
 */
void text_base64url(const void *data, size_t size, char *ret_text)
{
	sodium_bin2base64(ret_text, TEXT_BASE64URL_SIZE(size), data, size, BASE64URL);
}

static int decode(const char *text, size_t length, void *ret_data, size_t max, size_t *ret_size)
{
	const char *end;

	return sodium_base642bin(ret_data, max, text, length, NULL, ret_size, &end, BASE64URL) ||
		end != text + length ? -EINVAL : 0;
}

/**
 * text_from_base64url() - read base64url of an exact size
 * @text: zero-terminated
 * @ret_data: @size bytes, undefined on failure
 * @size: bytes expected
 *
 * Return: 0, or -EINVAL for padding, another length, other characters, or
 * stray bits in the last one.
 */
int text_from_base64url(const char *text, void *ret_data, size_t size)
{
	size_t got;

	return decode(text, strlen(text), ret_data, size, &got) || got != size ? -EINVAL : 0;
}

/**
 * text_from_base64url_alloc() - read base64url of any size
 * @text: zero-terminated
 * @max: most bytes accepted
 * @ret_data: allocated and zero-terminated; the caller frees (and wipes) it
 * @ret_size: bytes without the zero
 *
 * Return: 0, -EINVAL as text_from_base64url(), -EMSGSIZE above @max, -ENOMEM.
 */
int text_from_base64url_alloc(const char *text, size_t max, uint8_t **ret_data, size_t *ret_size)
{
	size_t length = strlen(text), size = length / 4 * 3 + length % 4;
	uint8_t *data;

	if (length > TEXT_BASE64URL_SIZE(max) - 1)
		return -EMSGSIZE;
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	if (decode(text, length, data, size, &size) || size > max) {
		free(data);
		return -EINVAL;
	}
	data[size] = 0;
	*ret_data = data;
	*ret_size = size;
	return 0;
}
