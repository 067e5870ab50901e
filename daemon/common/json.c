// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - what is read out of JSON objects, each with its limit, over jansson.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "crypto.h"
#include "json.h"
#include "text.h"

static void free_wiped(void *data)
{
	if (data)
		crypto_wipe(data, malloc_usable_size(data));
	free(data);
}

/**
 * cask_json_wipe() - have jansson wipe what it frees
 *
 * It copies what it reads. Call first in a program that reads keys, tokens or passwords.
 */
void cask_json_wipe(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

/**
 * cask_json_parse() - read one JSON object
 * @text: UTF-8, need not be zero-terminated
 * @size: bytes of @text, already limited by the caller
 * @ret: the object; the caller drops it
 *
 * Return: 0, or -EINVAL for anything but one object without duplicate names.
 */
int cask_json_parse(const void *text, size_t size, json_t **ret)
{
	json_error_t error;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

	if (!json_is_object(json)) {
		json_decref(json);
		return -EINVAL;
	}
	*ret = json;
	return 0;
}

/**
 * cask_json_string() - a required string
 * @object: where
 * @key: its name
 * @max: most bytes accepted
 * @ret: borrowed from @object
 *
 * Return: 0, -ENOENT when absent or null, -EINVAL when not a string, empty or
 * too long. (jansson itself refuses U+0000.)
 */
int cask_json_string(const json_t *object, const char *key, size_t max, const char **ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return -ENOENT;
	if (!json_is_string(value) || !json_string_length(value) ||
	    json_string_length(value) > max)
		return -EINVAL;
	*ret = json_string_value(value);
	return 0;
}

/**
 * cask_json_u64() - a required number that is not negative
 * @object: where
 * @key: its name
 * @ret: the number
 *
 * Return: 0, -ENOENT when absent or null, -EINVAL when not such a number.
 */
int cask_json_u64(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return -ENOENT;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EINVAL;
	*ret = json_integer_value(value);
	return 0;
}

/**
 * cask_json_hex() - a required id
 * @object: where
 * @key: its name
 * @out: @size bytes, undefined on failure
 * @size: bytes expected
 *
 * Return: 0, -ENOENT when absent, -EINVAL when not lower-case hex of @size bytes.
 */
int cask_json_hex(const json_t *object, const char *key, void *out, size_t size)
{
	const char *text;
	int ret = cask_json_string(object, key, size * 2, &text);

	return ret ? ret : text_from_hex(text, out, size);
}

/**
 * cask_json_base64url() - a required binary value
 * @object: where
 * @key: its name
 * @max: most bytes accepted
 * @ret_data: allocated; the caller frees, and wipes if it is secret
 * @ret_size: bytes of it
 *
 * Return: 0, -ENOENT when absent, -EINVAL when malformed or too long, -ENOMEM.
 */
int cask_json_base64url(const json_t *object, const char *key, size_t max, uint8_t **ret_data,
			size_t *ret_size)
{
	const char *text;
	int ret = cask_json_string(object, key, TEXT_BASE64URL_SIZE(max), &text);

	return ret ? ret : text_from_base64url_alloc(text, max, ret_data, ret_size);
}

/**
 * cask_json_new_hex() - a JSON string of lower-case hex
 * @data: what to write
 * @size: its bytes
 *
 * Return: a new reference, or NULL without memory.
 */
json_t *cask_json_new_hex(const void *data, size_t size)
{
	_cleanup_free_ char *text = malloc(TEXT_HEX_SIZE(size));

	if (!text)
		return NULL;
	text_hex(data, size, text);
	return json_string(text);
}

/**
 * cask_json_new_base64url() - a JSON string of base64url
 * @data: what to write
 * @size: its bytes
 *
 * Return: a new reference, or NULL without memory.
 */
json_t *cask_json_new_base64url(const void *data, size_t size)
{
	_cleanup_free_ char *text = malloc(TEXT_BASE64URL_SIZE(size));

	if (!text)
		return NULL;
	text_base64url(data, size, text);
	return json_string(text);
}
