// SPDX-License-Identifier: GPL-2.0
/* jwk.c - content keys, and keys that wrap them, between packager and server, as JWK files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <jansson.h>

#include "cleanup.h"
#include "crypto.h"
#include "file.h"
#include "json.h"
#include "jwk.h"
#include "license.h"
#include "text.h"

#define JWK_MAX		4096
#define JWK_FORMAT	"{\"kty\":\"oct\",\"alg\":\"%s\",\"kid\":\"%s\",\"k\":\"%s\"}\n"
#define ALG_MAX		16
#define JWK_SIZE	(sizeof(JWK_FORMAT) + ALG_MAX + TEXT_HEX_SIZE(CASK_ID_SIZE) + \
			 TEXT_BASE64URL_SIZE(CASK_KEY_SIZE))
#define ROOT_ALG	"A128KW"
#define ROOT_FORMAT	"{\"kty\":\"oct\",\"alg\":\"" ROOT_ALG "\",\"kid\":\"%s\",\"version\":%u,\"k\":\"%s\"}\n"
#define ROOT_SIZE	(sizeof(ROOT_FORMAT) + TEXT_HEX_SIZE(CASK_ID_SIZE) + 10 + \
			 TEXT_BASE64URL_SIZE(CASK_KEY_SIZE))

static bool all_zero(const uint8_t *data, size_t size)
{
	uint8_t any = 0;

	while (size--)
		any |= *data++;
	return !any;
}

static const char *known_alg(const char *alg)
{
	static const char *const known[] = { "A128GCM", "A128CBC", "A128CTR" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i], alg))
			return known[i];
	return NULL;
}

/* A key and whose it is, good for what @ret_alg says, which lives as long as @object. */
static int decode_key(const json_t *object, uint8_t ret_id[CASK_ID_SIZE],
		      uint8_t ret_key[CASK_KEY_SIZE], const char **ret_alg)
{
	const char *kty, *kid, *k;

	if (cask_json_string(object, "kty", 16, &kty) || strcmp(kty, "oct") ||
	    cask_json_string(object, "alg", ALG_MAX, ret_alg) ||
	    cask_json_string(object, "kid", 2 * CASK_ID_SIZE, &kid) ||
	    cask_json_string(object, "k", 2 * CASK_KEY_SIZE, &k))
		return -EINVAL;
	if (text_from_hex(kid, ret_id, CASK_ID_SIZE) ||
	    text_from_base64url(k, ret_key, CASK_KEY_SIZE) || all_zero(ret_id, CASK_ID_SIZE))
		return -EINVAL;
	return 0;
}

static int decode(const json_t *object, struct jwk *ret_jwk)
{
	const char *alg;

	if (decode_key(object, ret_jwk->content_id, ret_jwk->key, &alg))
		return -EINVAL;
	ret_jwk->alg = known_alg(alg);
	return ret_jwk->alg ? 0 : -EINVAL;
}

static int decode_root(const json_t *object, struct license_root *ret_root)
{
	json_int_t version = json_integer_value(json_object_get(object, "version"));
	const char *alg;

	if (decode_key(object, ret_root->category, ret_root->wrap, &alg) ||
	    strcmp(alg, ROOT_ALG) || version < 1 || version > CASK_EKB_VERSIONS)
		return -EINVAL;
	ret_root->version = version;
	return 0;
}

/**
 * jwk_parse() - read a content key
 * @text: JSON, need not be zero-terminated
 * @size: bytes of @text
 * @ret_jwk: the key; the caller wipes it; wiped on failure
 *
 * Return: 0, or -EINVAL for what is no JWK as formats.rst has it.
 */
int jwk_parse(const char *text, size_t size, struct jwk *ret_jwk)
{
	json_t *json;
	int ret;

	if (size > JWK_MAX)
		return -EINVAL;
	ret = cask_json_parse(text, size, &json);
	if (ret)
		return ret;
	ret = decode(json, ret_jwk);
	json_decref(json);
	if (ret)
		crypto_wipe(ret_jwk, sizeof(*ret_jwk));
	return ret;
}

/**
 * jwk_read() - read a content key from a file
 * @path: the file
 * @ret_jwk: the key; the caller wipes it
 *
 * Return: 0, -EINVAL when it is no JWK, -EFBIG, or -errno of open and read.
 */
int jwk_read(const char *path, struct jwk *ret_jwk)
{
	uint8_t *data;
	size_t size;
	int ret = cask_file_read(path, JWK_MAX, &data, &size);

	if (ret)
		return ret;
	ret = jwk_parse((char *)data, size, ret_jwk);
	cask_file_wipe(data, size);
	return ret;
}

/**
 * jwk_write() - write a content key to a file of mode 0600, durably and at once
 * @path: the file
 * @jwk: the key
 * @replace: whether an existing file may be replaced
 *
 * Return: 0, -EEXIST, or -errno of the steps.
 */
int jwk_write(const char *path, const struct jwk *jwk, bool replace)
{
	char kid[TEXT_HEX_SIZE(CASK_ID_SIZE)], k[TEXT_BASE64URL_SIZE(CASK_KEY_SIZE)];
	char text[JWK_SIZE];
	int n, ret;

	text_hex(jwk->content_id, CASK_ID_SIZE, kid);
	text_base64url(jwk->key, CASK_KEY_SIZE, k);
	n = snprintf(text, sizeof(text), JWK_FORMAT, jwk->alg, kid, k);
	ret = replace ? cask_file_write(path, text, n, 0600) :
		cask_file_create(path, text, n, 0600);
	crypto_wipe(k, sizeof(k));
	crypto_wipe(text, sizeof(text));
	return ret;
}

/**
 * jwk_root_read() - read the key that wraps content keys for a category from a file
 * @path: the file
 * @ret_root: the key; the caller wipes it; wiped on failure
 *
 * Return: 0, -EINVAL when it is none as formats.rst has it, -EFBIG, or -errno of open and read.
 */
int jwk_root_read(const char *path, struct license_root *ret_root)
{
	json_t *json = NULL;
	uint8_t *data;
	size_t size;
	int ret = cask_file_read(path, JWK_MAX, &data, &size);

	if (ret)
		return ret;
	ret = cask_json_parse((char *)data, size, &json);
	cask_file_wipe(data, size);
	if (!ret)
		ret = decode_root(json, ret_root);
	json_decref(json);
	if (ret)
		crypto_wipe(ret_root, sizeof(*ret_root));
	return ret;
}

/**
 * jwk_root_write() - write such a key to a file of mode 0600, durably and at once
 * @path: the file, which is not there yet
 * @root: the key
 *
 * Return: 0, -EEXIST, or -errno of the steps.
 */
int jwk_root_write(const char *path, const struct license_root *root)
{
	char kid[TEXT_HEX_SIZE(CASK_ID_SIZE)], k[TEXT_BASE64URL_SIZE(CASK_KEY_SIZE)];
	char text[ROOT_SIZE];
	int n, ret;

	text_hex(root->category, CASK_ID_SIZE, kid);
	text_base64url(root->wrap, CASK_KEY_SIZE, k);
	n = snprintf(text, sizeof(text), ROOT_FORMAT, kid, root->version, k);
	ret = cask_file_create(path, text, n, 0600);
	crypto_wipe(k, sizeof(k));
	crypto_wipe(text, sizeof(text));
	return ret;
}
