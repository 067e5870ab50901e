// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - devices in software, which enrol and sign as caskd and the kernel do.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cose.h"
#include "crypto.h"
#include "file.h"
#include "json.h"
#include "object.h"
#include "pairwise.h"
#include "parse.h"
#include "rates.h"
#include "signature.h"
#include "text.h"

#define FILE_LIMIT	(1 << 20)
#define ENROLMENT_TYPE	"application/vnd.cask.enrolment"

/**
 * rates_load_distributor() - whom the devices talk to
 * @server: gets issuer and key
 * @path: what GET /v1/distributor answers
 */
void rates_load_distributor(struct rates_server *server, const char *path)
{
	size_t size, statement_size;
	uint8_t *text, *statement;
	struct cask_scope scope;
	struct cask_cose cose;
	json_t *json;

	rates_must(cask_file_read(path, FILE_LIMIT, &text, &size), path);
	rates_must(cask_json_parse(text, size, &json), path);
	rates_must(cask_json_hex(json, "issuer", server->issuer, sizeof(server->issuer)), "issuer");
	rates_must(cask_json_base64url(json, "scope", CASK_STATEMENT_MAX, &statement,
				       &statement_size), "scope");
	rates_must(cask_cose_parse(&cose, statement, statement_size), "scope");
	rates_must(cask_scope_parse(&scope, cose.payload.data, cose.payload.len), "scope");
	memcpy(server->key, scope.server_key.data, sizeof(server->key));
	json_decref(json);
	free(statement);
	free(text);
}

/**
 * rates_pairwise() - S from the device's end
 * @server: the one that it is shared with
 * @device: whose
 * @ret_secret: 32 bytes
 */
void rates_pairwise(const struct rates_server *server, const struct rates_device *device,
		    uint8_t ret_secret[32])
{
	uint8_t shared[32], prk[32], both[64];

	memcpy(both, device->public_key, 32);
	memcpy(both + 32, server->key, 32);
	rates_must(crypto_x25519(device->private_key, server->key, shared), "X25519");
	rates_must(crypto_hkdf_extract(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE), shared,
				       32, prk), "HKDF");
	rates_must(crypto_hkdf_expand(prk, both, sizeof(both), ret_secret, 32), "HKDF");
}

/**
 * rates_plain() - a request that is not signed
 * @server: for
 * @method: of HTTP
 * @path: likewise
 * @type: of the body
 * @body: may be empty
 * @size: of @body
 * @ret_request: allocated
 */
void rates_plain(const struct rates_server *server, const char *method, const char *path,
		 const char *type, const void *body, size_t size, struct rates_request *ret_request)
{
	int head = asprintf(&ret_request->bytes, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
			    "Content-Length: %zu\r\n\r\n", method, path, server->authority, type, size);
	char *bytes = head < 0 ? NULL : realloc(ret_request->bytes, head + size);

	if (!bytes)
		rates_die("no memory");
	memcpy(bytes + head, body, size);
	*ret_request = (struct rates_request){ bytes, head + size };
}

static void mac_of(const struct rates_server *server, const struct rates_device *device,
		   const struct signature_message *message, const struct signature_params *params,
		   char ret_value[SIGNATURE_VALUE_MAX])
{
	uint8_t secret[32], mac[CASK_MAC_SIZE];
	char base[SIGNATURE_BASE_MAX];
	size_t size;

	rates_must(signature_base(message, params, base, &size), "signature");
	rates_pairwise(server, device, secret);
	rates_must(pairwise_http_mac(secret, base, size, mac), "MAC");
	signature_value(mac, ret_value);
}

/**
 * rates_sign() - a request of a device, with an Idempotency-Key of its own if it has a body
 * @server: for
 * @device: who signs
 * @method: of HTTP
 * @path: likewise
 * @body: JSON, or NULL
 * @ret_request: allocated
 */
void rates_sign(const struct rates_server *server, const struct rates_device *device,
		const char *method, const char *path, const char *body,
		struct rates_request *ret_request)
{
	char input[SIGNATURE_INPUT_MAX], value[SIGNATURE_VALUE_MAX];
	char digest[SIGNATURE_DIGEST_MAX] = "", key[TEXT_HEX_SIZE(16)], more[256] = "";
	struct signature_params params = { .created = time(NULL), .has_digest = body,
					   .has_key = body };
	const struct signature_message message = {
		.method = method, .authority = server->authority, .path = path, .query = "",
		.digest = digest, .idempotency_key = key,
	};
	size_t size = body ? strlen(body) : 0;
	int n;

	rates_must(crypto_random(params.nonce, sizeof(params.nonce)), "nonce");
	memcpy(params.keyid, device->id, sizeof(params.keyid));
	text_hex(params.nonce, sizeof(params.nonce), key);
	if (body)
		rates_must(signature_digest(body, size, digest), "digest");
	if (body)
		snprintf(more, sizeof(more), "Content-Type: application/json\r\n"
			 "Content-Digest: %s\r\nIdempotency-Key: %s\r\nContent-Length: %zu\r\n",
			 digest, key, size);
	mac_of(server, device, &message, &params, value);
	signature_input(&params, input);
	n = asprintf(&ret_request->bytes, "%s %s HTTP/1.1\r\nHost: %s\r\n%sSignature-Input: %s\r\n"
		     "Signature: %s\r\n\r\n%s", method, path, server->authority, more, input, value,
		     body ? body : "");
	if (n < 0)
		rates_die("no memory");
	ret_request->size = n;
}

static void open_challenge(const struct rates_server *server, const struct rates_device *device,
			   const uint8_t secret[32], const json_t *json,
			   uint8_t challenge[CASK_CHALLENGE_SIZE])
{
	uint8_t key[32], aad[2 * CASK_KID_SIZE], *sealed;
	struct crypto_gcm gcm = { .key = key, .key_size = 32, .aad = aad, .aad_size = sizeof(aad) };
	size_t size;

	rates_must(cask_json_base64url(json, "challenge", CASK_SEALED_CHALLENGE_SIZE, &sealed,
				       &size), "challenge");
	rates_must(pairwise_key(secret, CASK_INFO_CHALLENGE, key), "key");
	memcpy(aad, device->id, CASK_KID_SIZE);
	memcpy(aad + CASK_KID_SIZE, server->issuer, CASK_KID_SIZE);
	gcm.iv = sealed;
	rates_must(crypto_gcm_open(&gcm, sealed + CRYPTO_GCM_IV_SIZE, size - CRYPTO_GCM_IV_SIZE,
				   challenge), "challenge");
	free(sealed);
}

static void answer_challenge(const struct rates_server *server, struct rates_connection *c,
			     const struct rates_device *device, const json_t *json)
{
	uint8_t secret[32], key[32], challenge[CASK_CHALLENGE_SIZE], *object;
	struct rates_request request;
	struct object o = OBJECT_INIT;
	struct rates_answer *answer = malloc(sizeof(*answer));
	char path[128];
	size_t size;

	rates_pairwise(server, device, secret);
	open_challenge(server, device, secret, json, challenge);
	rates_must(pairwise_key(secret, CASK_INFO_ENROL, key), "key");
	object_begin(&o, CASK_TYPE_ENROLMENT);
	object_add(&o, CASK_SEC_ISSUER, CASK_SECTION_CRITICAL, server->issuer, CASK_KID_SIZE);
	object_add(&o, CASK_SEC_DEVICE_ID, CASK_SECTION_CRITICAL, device->id, CASK_KID_SIZE);
	object_add(&o, CASK_SEC_DEVICE_KEY, CASK_SECTION_CRITICAL, device->public_key, CASK_X25519_SIZE);
	object_u32(&o, CASK_SEC_LEVEL, CASK_SECTION_CRITICAL, CASK_LEVEL_DEVELOPMENT);
	object_u32(&o, CASK_SEC_ROOT, CASK_SECTION_CRITICAL, 0);
	object_add(&o, CASK_SEC_CHALLENGE, CASK_SECTION_CRITICAL, challenge, sizeof(challenge));
	object_mac(&o, CASK_SEC_ANSWER_MAC, key);
	rates_must(object_end(&o, &object, &size), "object");
	snprintf(path, sizeof(path), "/v1/enrolments/%s/answer",
		 json_string_value(json_object_get(json, "id")));
	rates_plain(server, "POST", path, ENROLMENT_TYPE, object, size, &request);
	rates_talk(c, &request, answer);
	if (answer->status != 200)
		rates_die("enrolment: %u %s", answer->status, answer->body);
	free(request.bytes);
	free(object);
	free(answer);
}

/**
 * rates_enrol() - draw a key and register, without a token
 * @server: that allows it
 * @c: connection to it
 * @device: gets its key
 */
void rates_enrol(const struct rates_server *server, struct rates_connection *c,
		 struct rates_device *device)
{
	struct rates_answer *answer = malloc(sizeof(*answer));
	char key[TEXT_BASE64URL_SIZE(CASK_X25519_SIZE)], body[128];
	struct rates_request request;
	json_t *json;

	rates_must(crypto_x25519_keypair(device->private_key, device->public_key), "key");
	rates_must(cose_device_id(device->public_key, device->id), "id");
	text_base64url(device->public_key, CASK_X25519_SIZE, key);
	snprintf(body, sizeof(body), "{\"device_key\": \"%s\"}", key);
	rates_plain(server, "POST", "/v1/enrolments", "application/json", body, strlen(body), &request);
	rates_talk(c, &request, answer);
	if (answer->status != 201)
		rates_die("enrolment: %u %s", answer->status, answer->body);
	rates_must(cask_json_parse((uint8_t *)answer->body, answer->size, &json), "enrolment");
	answer_challenge(server, c, device, json);
	json_decref(json);
	free(request.bytes);
	free(answer);
}
