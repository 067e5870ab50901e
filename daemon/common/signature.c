// SPDX-License-Identifier: GPL-2.0
/*
 * signature.c - HTTP message signatures (RFC 9421) in the one form of
 * Documentation/protocol.rst.
 *
 * The profile fixes the order of components and parameters, so a reader need
 * not parse structured fields in general: it reads the values that vary, writes
 * the field anew from them and demands the same bytes.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "signature.h"
#include "text.h"

#define LABEL		"cask="
#define AUTHORITY_MAX	260	/* a DNS name, a colon and a port */
#define FIELD_MAX	512	/* a line of the base for a header, whole */
#define BASE64_SHA256	44	/* characters of 32 bytes */

static void components(const struct signature_params *p, char *out, size_t size)
{
	char nonce[TEXT_BASE64URL_SIZE(SIGNATURE_NONCE_SIZE)];
	char keyid[TEXT_HEX_SIZE(CASK_KID_SIZE)];

	text_base64url(p->nonce, sizeof(p->nonce), nonce);
	text_hex(p->keyid, sizeof(p->keyid), keyid);
	snprintf(out, size, "(\"@method\" \"@authority\" \"@path\" \"@query\"%s%s)"
		 ";created=%" PRIu64 ";nonce=\"%s\";keyid=\"%s\";alg=\"hmac-sha256\"",
		 p->has_digest ? " \"content-digest\"" : "",
		 p->has_key ? " \"idempotency-key\"" : "", p->created, nonce, keyid);
}

/* RFC 9421, 2.2.3: lower case, without the scheme's default port. */
static int normalize_authority(const char *authority, char *out, size_t size)
{
	size_t length = strlen(authority);

	if (length > 4 && !strcmp(authority + length - 4, ":443"))
		length -= 4;
	if (!length || length >= size)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		out[i] = tolower((unsigned char)authority[i]);
	out[length] = 0;
	return 0;
}

/* A line of the base for a header that is covered; nothing for one that is not. */
static int field_line(const char *name, const char *value, char *out, size_t size)
{
	int length = value ? snprintf(out, size, "\"%s\": %s\n", name, value) : 0;

	if (!value)
		*out = 0;
	return length < 0 || (size_t)length >= size ? -E2BIG : 0;
}

/**
 * signature_base() - what is MACed
 * @message: the request; @message->digest counts if @params->has_digest, and
 *	@message->idempotency_key if @params->has_key
 * @params: of the signature
 * @ret_base: not zero-terminated
 * @ret_size: bytes of it
 *
 * Return: 0, -EINVAL for an impossible authority or a missing header, -E2BIG when it would be
 * longer than SIGNATURE_BASE_MAX or a header longer than FIELD_MAX.
 */
int signature_base(const struct signature_message *message,
		   const struct signature_params *params,
		   char ret_base[SIGNATURE_BASE_MAX], size_t *ret_size)
{
	char authority[AUTHORITY_MAX], list[SIGNATURE_INPUT_MAX];
	char digest[FIELD_MAX], key[FIELD_MAX];
	int length;

	if (normalize_authority(message->authority, authority, sizeof(authority)) ||
	    (params->has_digest && !message->digest) ||
	    (params->has_key && !message->idempotency_key))
		return -EINVAL;
	if (field_line("content-digest", params->has_digest ? message->digest : NULL, digest,
		       sizeof(digest)) ||
	    field_line("idempotency-key", params->has_key ? message->idempotency_key : NULL, key,
		       sizeof(key)))
		return -E2BIG;
	components(params, list, sizeof(list));
	length = snprintf(ret_base, SIGNATURE_BASE_MAX,
			  "\"@method\": %s\n\"@authority\": %s\n\"@path\": %s\n\"@query\": %s\n"
			  "%s%s\"@signature-params\": %s",
			  message->method, authority, message->path,
			  message->query[0] ? message->query : "?", digest, key, list);
	if (length < 0 || length >= SIGNATURE_BASE_MAX)
		return -E2BIG;
	*ret_size = length;
	return 0;
}

/**
 * signature_input() - the Signature-Input header
 * @params: of the signature
 * @ret_input: zero-terminated
 */
void signature_input(const struct signature_params *params, char ret_input[SIGNATURE_INPUT_MAX])
{
	memcpy(ret_input, LABEL, strlen(LABEL));
	components(params, ret_input + strlen(LABEL), SIGNATURE_INPUT_MAX - strlen(LABEL));
}

/**
 * signature_value() - the Signature header
 * @mac: of the base
 * @ret_value: zero-terminated
 */
void signature_value(const uint8_t mac[CASK_MAC_SIZE], char ret_value[SIGNATURE_VALUE_MAX])
{
	char text[BASE64_SHA256 + 1];

	EVP_EncodeBlock((unsigned char *)text, mac, CASK_MAC_SIZE);
	snprintf(ret_value, SIGNATURE_VALUE_MAX, LABEL ":%s:", text);
}

/**
 * signature_digest() - the Content-Digest header (RFC 9530)
 * @body: of the request
 * @size: its bytes
 * @ret_digest: zero-terminated
 *
 * Return: 0, or -EIO when libcrypto fails.
 */
int signature_digest(const void *body, size_t size, char ret_digest[SIGNATURE_DIGEST_MAX])
{
	char text[BASE64_SHA256 + 1];
	uint8_t hash[CRYPTO_SHA256_SIZE];
	int ret = crypto_sha256(body, size, hash);

	if (ret)
		return ret;
	EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
	snprintf(ret_digest, SIGNATURE_DIGEST_MAX, "sha-256=:%s:", text);
	return 0;
}

/* What stands between the next @name="..." from *@at on; *@at moves behind it. */
static int quoted(const char **at, const char *name, char *out, size_t size)
{
	const char *start = strstr(*at, name), *end;

	if (!start)
		return -EINVAL;
	start += strlen(name);
	end = strchr(start, '"');
	if (!end || (size_t)(end - start) >= size)
		return -EINVAL;
	memcpy(out, start, end - start);
	out[end - start] = 0;
	*at = end;
	return 0;
}

static int parse_fields(const char *input, struct signature_params *p)
{
	char nonce[TEXT_BASE64URL_SIZE(SIGNATURE_NONCE_SIZE)];
	char keyid[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	const char *at = strstr(input, ";created=");

	if (!at)
		return -EINVAL;
	p->created = strtoull(at + strlen(";created="), NULL, 10);
	p->has_digest = strstr(input, "\"content-digest\"");
	p->has_key = strstr(input, "\"idempotency-key\"");
	if (quoted(&at, ";nonce=\"", nonce, sizeof(nonce)) ||
	    quoted(&at, ";keyid=\"", keyid, sizeof(keyid)) ||
	    text_from_base64url(nonce, p->nonce, sizeof(p->nonce)) ||
	    text_from_hex(keyid, p->keyid, sizeof(p->keyid)))
		return -EINVAL;
	return 0;
}

/**
 * signature_parse_input() - read a Signature-Input header
 * @input: its value
 * @ret_params: what it says
 *
 * Return: 0, or -EINVAL for anything but the profile's form.
 */
int signature_parse_input(const char *input, struct signature_params *ret_params)
{
	struct signature_params params = { 0 };
	char again[SIGNATURE_INPUT_MAX];

	if (strlen(input) >= SIGNATURE_INPUT_MAX || parse_fields(input, &params))
		return -EINVAL;
	signature_input(&params, again);
	if (strcmp(again, input))
		return -EINVAL;
	*ret_params = params;
	return 0;
}

/**
 * signature_parse_value() - read a Signature header
 * @value: its value
 * @ret_mac: the MAC
 *
 * Return: 0, or -EINVAL for anything but the profile's form.
 */
int signature_parse_value(const char *value, uint8_t ret_mac[CASK_MAC_SIZE])
{
	unsigned char mac[BASE64_SHA256 / 4 * 3];
	char again[SIGNATURE_VALUE_MAX];
	const char *text = value + strlen(LABEL) + 1;

	if (strlen(value) != strlen(LABEL) + 2 + BASE64_SHA256)
		return -EINVAL;
	if (EVP_DecodeBlock(mac, (const unsigned char *)text, BASE64_SHA256) != sizeof(mac))
		return -EINVAL;
	signature_value(mac, again);
	if (strcmp(again, value))
		return -EINVAL;
	memcpy(ret_mac, mac, CASK_MAC_SIZE);
	return 0;
}
