// SPDX-License-Identifier: GPL-2.0
/*
 * sign.c - HTTP message signatures (RFC 9421); the MAC comes from the module.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <linux/cask_netlink.h>

#include "crypto.h"
#include "netlink.h"
#include "sign.h"
#include "text.h"

static int digest(const struct sign_message *m, char *out, size_t max)
{
	uint8_t hash[CRYPTO_SHA256_SIZE];
	char text[EVP_ENCODE_LENGTH(sizeof(hash))];
	int ret;

	ret = crypto_sha256(m->body, m->body_size, hash);
	if (ret)
		return ret;
	EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
	snprintf(out, max, "sha-256=:%s:", text);
	return 0;
}

static void describe(const struct sign_message *m, char *out, size_t max)
{
	char nonce[TEXT_BASE64URL_SIZE(SIGN_NONCE_SIZE)], keyid[TEXT_HEX_SIZE(CASK_KID_SIZE)];

	text_base64url(m->nonce, sizeof(m->nonce), nonce);
	text_hex(m->device_id, CASK_KID_SIZE, keyid);
	snprintf(out, max, "(\"@method\" \"@authority\" \"@path\" \"@query\"%s);created=%lld;"
		 "nonce=\"%s\";keyid=\"%s\";alg=\"hmac-sha256\"",
		 m->body ? " \"content-digest\"" : "", (long long)m->created, nonce, keyid);
}

/**
 * sign_base() - the signature base of a request
 * @m: the request
 * @fields: content digest and signature input are filled in
 * @base: where it goes, zero-terminated
 * @max: bytes of @base
 *
 * Return: bytes of the base, -EMSGSIZE when @max is too small, -EIO.
 */
int sign_base(const struct sign_message *m, struct sign_fields *fields, char *base, size_t max)
{
	int n;

	fields->content_digest[0] = 0;
	if (m->body && digest(m, fields->content_digest, sizeof(fields->content_digest)))
		return -EIO;
	describe(m, fields->signature_input, sizeof(fields->signature_input));
	n = snprintf(base, max,
		     "\"@method\": %s\n\"@authority\": %s\n\"@path\": %s\n\"@query\": %s\n"
		     "%s%s%s\"@signature-params\": %s",
		     m->method, m->authority, m->path, m->query,
		     m->body ? "\"content-digest\": " : "", fields->content_digest,
		     m->body ? "\n" : "", fields->signature_input);
	return n < 0 ? -EIO : (size_t)n >= max ? -EMSGSIZE : n;
}

/**
 * sign_message() - sign a request to a distributor
 * @m: the request
 * @issuer: the distributor
 * @ret_fields: what to put into its header
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int sign_message(const struct sign_message *m, const uint8_t issuer[CASK_KID_SIZE],
		 struct sign_fields *ret_fields, struct problem *p)
{
	char base[CASK_SIGN_DATA_MAX + 1];
	uint8_t mac[CASK_MAC_SIZE];
	int n;

	n = sign_base(m, ret_fields, base, sizeof(base));
	if (n < 0)
		return problem_set(p, 500, "internal-error", "signing a request: %s",
				   strerror(-n));
	if (netlink_sign(issuer, base, n, mac, p))
		return -1;
	EVP_EncodeBlock((unsigned char *)ret_fields->signature, mac, sizeof(mac));
	return 0;
}
