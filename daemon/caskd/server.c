// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - a distributor's requests, one function each.
 *
 * Statements are passed on unread: the module judges them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "crypto.h"
#include "json.h"
#include "server.h"
#include "text.h"

#define JSON_TYPE	"application/json"
#define ANSWER_TYPE	"application/vnd.cask.enrolment"
#define STATEMENT_TYPE	"application/cose"

#define BUNDLE_MAX	(4 * CASK_STATEMENT_MAX)
#define SMALL_MAX	(2 * SERVER_CERTIFICATE_MAX)
#define ENROLMENT_MAX	(128U << 10)	/* with what a user is asked for */
#define CATALOGUE_MAX	(4U << 20)	/* some 12,000 contents */
#define TERMS_MAX	(256U << 10)
#define LEAVES_ANSWER_MAX	(16 * (size_t)CASK_STATEMENT_MAX)

static int malformed(struct problem *p, const char *what)
{
	return problem_set(p, 502, "server-answer", "the server's answer is malformed: %s", what);
}

/* A JSON object in, a JSON object out; @body may be NULL. Consumes nothing. */
static int ask_json(const struct request_place *place, struct request *rq, const json_t *body,
		    json_t **ret_json, struct problem *p)
{
	struct request_answer answer;
	char *text = NULL;
	int ret;

	if (body) {
		text = json_dumps(body, JSON_COMPACT);
		if (!text)
			return problem_set(p, 500, "internal-error", "out of memory");
		rq->type = JSON_TYPE;
		rq->body = text;
		rq->body_size = strlen(text);
	}
	rq->expect = JSON_TYPE;
	ret = request_run(place, rq, &answer, p);
	/* A token may stand in it. */
	if (text)
		crypto_wipe(text, strlen(text));
	free(text);
	if (ret)
		return ret;
	if (cask_json_parse(answer.data ? answer.data : (uint8_t *)"", answer.size, ret_json))
		ret = malformed(p, "not JSON");
	/* Or a session. */
	if (answer.data)
		crypto_wipe(answer.data, answer.size);
	free(answer.data);
	return ret;
}

/**
 * server_bundle_read() - read what installs a distributor
 * @json: as the server sent it; a reference is taken
 * @ret_bundle: freed with server_bundle_clear(), in any case
 *
 * Return: 0, -ENOENT, -EINVAL or -ENOMEM.
 */
int server_bundle_read(json_t *json, struct server_bundle *ret_bundle)
{
	struct server_bundle *b = ret_bundle;
	const char *name;
	int ret;

	memset(b, 0, sizeof(*b));
	b->json = json_incref(json);
	ret = cask_json_hex(json, "issuer", b->issuer, sizeof(b->issuer)) ?:
	      cask_json_string(json, "name", SERVER_NAME_MAX, &name) ?:
	      cask_json_base64url(json, "provisioning_key", CASK_COSE_KEY_MAX,
				  &b->provisioning_key, &b->provisioning_key_size) ?:
	      cask_json_base64url(json, "grant", CASK_STATEMENT_MAX,
				  &b->grant, &b->grant_size) ?:
	      cask_json_base64url(json, "scope", CASK_STATEMENT_MAX,
				  &b->scope, &b->scope_size);
	if (!ret)
		snprintf(b->name, sizeof(b->name), "%s", name);
	return ret;
}

/**
 * server_bundle_clear() - free what a bundle holds
 * @bundle: zero or filled in by server_bundle_read()
 */
void server_bundle_clear(struct server_bundle *bundle)
{
	json_decref(bundle->json);
	free(bundle->provisioning_key);
	free(bundle->grant);
	free(bundle->scope);
	memset(bundle, 0, sizeof(*bundle));
}

/**
 * server_distributor() - GET /v1/distributor
 * @place: unsigned
 * @ret_bundle: freed with server_bundle_clear()
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_distributor(const struct request_place *place, struct server_bundle *ret_bundle,
		       struct problem *p)
{
	struct request rq = {
		.method = "GET", .path = "/v1/distributor", .answer_max = BUNDLE_MAX,
	};
	_cleanup_json_ json_t *json = NULL;

	if (ask_json(place, &rq, NULL, &json, p))
		return -1;
	if (!server_bundle_read(json, ret_bundle))
		return 0;
	server_bundle_clear(ret_bundle);
	return malformed(p, "distributor");
}

/**
 * server_is_segment() - whether something can stand in a path, and not change its meaning
 * @text: of a server's, or of a file
 *
 * Return: whether.
 */
bool server_is_segment(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isascii(*text) || (!isalnum(*text) && *text != '-' && *text != '_'))
			return false;
	return true;
}

/* What people are asked is the server's words; that there is a list of objects is all that counts here. */
static int read_wanted(const json_t *json, json_t **ret_wanted)
{
	json_t *fields = json_object_get(json, "user"), *field;
	size_t i;

	*ret_wanted = NULL;
	if (!fields)
		return 0;
	if (!json_is_array(fields) || !json_array_size(fields))
		return -EINVAL;
	json_array_foreach(fields, i, field)
		if (!json_is_object(field))
			return -EINVAL;
	*ret_wanted = json_incref(fields);
	return 0;
}

static int read_enrolment(const json_t *json, struct server_enrolment *ret_enrolment,
			  struct problem *p)
{
	struct server_enrolment enrolment;
	const char *id, *challenge;

	if (cask_json_string(json, "id", SERVER_ENROLMENT_MAX, &id) || !server_is_segment(id) ||
	    cask_json_string(json, "challenge",
			     TEXT_BASE64URL_SIZE(sizeof(enrolment.challenge)), &challenge) ||
	    text_from_base64url(challenge, enrolment.challenge, sizeof(enrolment.challenge)) ||
	    read_wanted(json, &enrolment.wanted))
		return malformed(p, "enrolment");
	snprintf(enrolment.id, sizeof(enrolment.id), "%s", id);
	*ret_enrolment = enrolment;
	return 0;
}

static int ask_enrolment(const struct request_place *place, struct request *rq, const json_t *body,
			 struct server_enrolment *ret_enrolment, struct problem *p)
{
	_cleanup_json_ json_t *json = NULL;

	rq->answer_max = ENROLMENT_MAX;
	return ask_json(place, rq, body, &json, p) ?: read_enrolment(json, ret_enrolment, p);
}

/**
 * server_enrol() - POST /v1/enrolments
 * @place: unsigned
 * @voucher: what speaks for the device
 * @device_key: of the device
 * @ret_enrolment: the challenge
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_enrol(const struct request_place *place, const struct server_voucher *voucher,
		 const uint8_t device_key[CASK_X25519_SIZE],
		 struct server_enrolment *ret_enrolment, struct problem *p)
{
	struct request rq = { .method = "POST", .path = "/v1/enrolments" };
	_cleanup_json_ json_t *body = json_pack("{ss* ss* so}", "token", voucher->token,
						"certificate", voucher->certificate, "device_key",
						cask_json_new_base64url(device_key,
									CASK_X25519_SIZE));

	if (!body)
		return problem_set(p, 400, "bad-request", "token or certificate is not UTF-8");
	return ask_enrolment(place, &rq, body, ret_enrolment, p);
}

/**
 * server_enrolment() - GET /v1/enrolments/ID
 * @place: unsigned
 * @id: of the enrolment
 * @ret_enrolment: the challenge again
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_enrolment(const struct request_place *place, const char *id,
		     struct server_enrolment *ret_enrolment, struct problem *p)
{
	char path[REQUEST_PATH_MAX];
	struct request rq = { .method = "GET", .path = path };

	snprintf(path, sizeof(path), "/v1/enrolments/%s", id);
	return ask_enrolment(place, &rq, NULL, ret_enrolment, p);
}

/**
 * server_say() - POST /v1/enrolments/ID/user
 * @place: unsigned
 * @id: of the enrolment
 * @said: a text for each field
 * @ret_enrolment: the challenge again
 * @p: on failure; its field says which one will not do
 *
 * Return: 0 or -1.
 */
int server_say(const struct request_place *place, const char *id, const json_t *said,
	       struct server_enrolment *ret_enrolment, struct problem *p)
{
	char path[REQUEST_PATH_MAX];
	struct request rq = { .method = "POST", .path = path };

	snprintf(path, sizeof(path), "/v1/enrolments/%s/user", id);
	return ask_enrolment(place, &rq, said, ret_enrolment, p);
}

static int read_identity(const json_t *json, struct server_identity *ret_identity)
{
	struct server_identity identity;
	const char *user, *certificate, *enrolment, *level;

	if (cask_json_hex(json, "device_id", identity.device_id, sizeof(identity.device_id)) ||
	    cask_json_string(json, "user", SERVER_USER_MAX, &user) ||
	    cask_json_string(json, "certificate", SERVER_CERTIFICATE_MAX, &certificate) ||
	    cask_json_string(json, "enrolment", SERVER_WORD_MAX, &enrolment) ||
	    cask_json_string(json, "level", SERVER_WORD_MAX, &level))
		return -EINVAL;
	snprintf(identity.user, sizeof(identity.user), "%s", user);
	snprintf(identity.enrolment, sizeof(identity.enrolment), "%s", enrolment);
	snprintf(identity.level, sizeof(identity.level), "%s", level);
	identity.certificate = strdup(certificate);
	if (!identity.certificate)
		return -ENOMEM;
	*ret_identity = identity;
	return 0;
}

/**
 * server_answer() - POST /v1/enrolments/ID/answer
 * @place: unsigned: the answer is authentic by itself
 * @enrolment: its id
 * @answer: ENROLMENT object
 * @size: bytes of @answer
 * @ret_identity: who we are now
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_answer(const struct request_place *place, const char *enrolment,
		  const uint8_t *answer, size_t size,
		  struct server_identity *ret_identity, struct problem *p)
{
	char path[REQUEST_PATH_MAX];
	struct request rq = {
		.method = "POST", .path = path, .type = ANSWER_TYPE, .body = answer,
		.body_size = size, .answer_max = SMALL_MAX,
	};
	_cleanup_json_ json_t *json = NULL;

	snprintf(path, sizeof(path), "/v1/enrolments/%s/answer", enrolment);
	if (ask_json(place, &rq, NULL, &json, p))
		return -1;
	return read_identity(json, ret_identity) ? malformed(p, "identity") : 0;
}

#define ABOUT_PATH_MAX	(sizeof("/v1/licenses//renewals") + 2 * CASK_ID_SIZE)

static int ask_text(const struct request_place *place, const char *path, size_t max,
		    uint8_t **ret_text, size_t *ret_size, struct problem *p)
{
	struct request rq = {
		.method = "GET", .path = path, .expect = JSON_TYPE, .answer_max = max,
	};
	struct request_answer answer;

	if (request_run(place, &rq, &answer, p))
		return -1;
	if (!answer.size) {
		free(answer.data);
		return malformed(p, "nothing");
	}
	*ret_text = answer.data;
	*ret_size = answer.size;
	return 0;
}

/**
 * server_catalogue() - GET /v1/catalogue
 * @place: signed
 * @ret_text: what the server sent as JSON; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * It is for the tools and not looked at here: read into objects, a hostile
 * catalogue takes eighty times its size.
 *
 * Return: 0 or -1.
 */
int server_catalogue(const struct request_place *place, uint8_t **ret_text, size_t *ret_size,
		     struct problem *p)
{
	return ask_text(place, "/v1/catalogue", CATALOGUE_MAX, ret_text, ret_size, p);
}

/**
 * server_terms() - GET /v1/licenses/LID/terms or /v1/contents/CID/terms
 * @place: signed
 * @what: "licenses" or "contents"
 * @id: of the license or the content
 * @ret_text: what the server sent as JSON, for the tools as in a catalogue; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_terms(const struct request_place *place, const char *what, const uint8_t id[CASK_ID_SIZE],
		 uint8_t **ret_text, size_t *ret_size, struct problem *p)
{
	char hex[TEXT_HEX_SIZE(CASK_ID_SIZE)], path[ABOUT_PATH_MAX];

	text_hex(id, CASK_ID_SIZE, hex);
	snprintf(path, sizeof(path), "/v1/%s/%s/terms", what, hex);
	return ask_text(place, path, TERMS_MAX, ret_text, ret_size, p);
}

static int ask_bytes(const struct request_place *place, struct request *rq,
		     uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	struct request_answer answer;

	if (!rq->answer_max)
		rq->answer_max = CASK_STATEMENT_MAX;
	if (request_run(place, rq, &answer, p))
		return -1;
	if (!answer.size) {
		free(answer.data);
		return malformed(p, "empty statement");
	}
	*ret_statement = answer.data;
	*ret_size = answer.size;
	return 0;
}

static int ask_statement(const struct request_place *place, struct request *rq,
			 uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	rq->expect = STATEMENT_TYPE;
	return ask_bytes(place, rq, ret_statement, ret_size, p);
}

/**
 * server_session() - POST /v1/sessions
 * @place: signed
 * @user: id
 * @password: of that user
 * @ret_session: for server_license_new(); the caller wipes it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_session(const struct request_place *place, const char *user, const char *password,
		   char ret_session[SERVER_SESSION_MAX + 1], struct problem *p)
{
	struct request rq = {
		.method = "POST", .path = "/v1/sessions", .answer_max = SMALL_MAX,
	};
	_cleanup_json_ json_t *body = json_pack("{ss ss}", "user", user, "password", password);
	_cleanup_json_ json_t *json = NULL;
	const char *session;

	if (!body)
		return problem_set(p, 500, "internal-error", "out of memory");
	if (ask_json(place, &rq, body, &json, p))
		return -1;
	/* It becomes a header field. */
	if (cask_json_string(json, "session", SERVER_SESSION_MAX, &session) ||
	    !server_is_segment(session))
		return malformed(p, "session");
	strcpy(ret_session, session);
	return 0;
}

/**
 * server_password() - POST /v1/passwords
 * @place: signed
 * @user: id
 * @old: password as it is
 * @fresh: as it shall be
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_password(const struct request_place *place, const char *user, const char *old,
		    const char *fresh, struct problem *p)
{
	_cleanup_json_ json_t *body = json_pack("{ss ss ss}", "user", user, "old", old, "new", fresh);
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct request rq = {
		.method = "POST", .path = "/v1/passwords", .type = JSON_TYPE, .body = text,
		.body_size = text ? strlen(text) : 0,
	};
	struct request_answer answer = { 0 };
	int ret;

	if (!text)
		return problem_set(p, 500, "internal-error", "out of memory");
	ret = request_run(place, &rq, &answer, p);
	crypto_wipe(text, strlen(text));
	free(text);
	free(answer.data);
	return ret;
}

static json_t *medium_json(const struct pending *request)
{
	return json_pack("{s:o, s:o, s:o}", "number",
			 cask_json_new_hex(request->number, CASK_MEDIUM_NUMBER_SIZE),
			 "class_id", cask_json_new_hex(request->class_id, CASK_ID_SIZE),
			 "issuer", cask_json_new_hex(request->class_issuer, CASK_KID_SIZE));
}

/* The order of the members is always the same: asked again it is the same request. */
static char *license_body(const struct pending *request)
{
	_cleanup_json_ json_t *json = json_object();
	int bad = 0;

	if (!request->renews)
		bad |= json_object_set_new(json, "content_id",
					   cask_json_new_hex(request->content_id, CASK_ID_SIZE));
	if (request->term[0])
		bad |= json_object_set_new(json, "term", json_string(request->term)) |
		       json_object_set_new(json, "quantity", json_integer(request->quantity));
	if (request->once)
		bad |= json_object_set_new(json, "nonce",
					   cask_json_new_hex(request->nonce, CASK_NONCE_SIZE));
	if (request->price)
		bad |= json_object_set_new(json, "price", json_integer(request->price));
	if (request->class)
		bad |= json_object_set_new(json, "class", json_true());
	if (request->medium)
		bad |= json_object_set_new(json, "medium", medium_json(request)) |
		       json_object_set_new(json, "locked", json_boolean(request->locked));
	return bad ? NULL : json_dumps(json, JSON_COMPACT);
}

static int ask_license(const struct request_place *place, const char *path,
		       const struct pending *request, uint8_t **ret_statement, size_t *ret_size,
		       struct problem *p)
{
	_cleanup_free_ char *body = license_body(request);
	struct request rq = {
		.method = "POST", .path = path, .type = JSON_TYPE, .body = body,
		.body_size = body ? strlen(body) : 0, .idempotency_key = request->key,
		.session = request->session,
	};

	/* Nothing has gone out. */
	if (!body) {
		problem_set(p, 500, "internal-error", "out of memory");
		p->settled = SETTLED_CALL;
		return -1;
	}
	return ask_statement(place, &rq, ret_statement, ret_size, p);
}

/**
 * server_license_new() - POST /v1/licenses
 * @place: signed
 * @request: for which content and medium, with which term, under which key, with which nonce: however
 *	often it is sent, it is one license
 * @ret_statement: LICENSE statement; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure, with settled
 *
 * Return: 0 or -1.
 */
int server_license_new(const struct request_place *place, const struct pending *request,
		       uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	return ask_license(place, "/v1/licenses", request, ret_statement, ret_size, p);
}

/**
 * server_license_renew() - POST /v1/licenses/LID/renewals
 * @place: signed
 * @request: which license, with which term, under which key, with which nonce: however often it is
 *	sent, it is one renewal
 * @ret_statement: LICENSE statement; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure, with settled
 *
 * Return: 0 or -1.
 */
int server_license_renew(const struct request_place *place, const struct pending *request,
			 uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)], path[ABOUT_PATH_MAX];

	text_hex(request->license_id, CASK_ID_SIZE, id);
	snprintf(path, sizeof(path), "/v1/licenses/%s/renewals", id);
	return ask_license(place, path, request, ret_statement, ret_size, p);
}

/**
 * server_reanchor() - POST /v1/reanchors
 * @place: signed
 * @nonce: of the module: however often it is sent, it is one loss
 * @ret_statement: REANCHOR statement; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_reanchor(const struct request_place *place, const uint8_t nonce[CASK_NONCE_SIZE],
		    uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	char hex[TEXT_HEX_SIZE(CASK_NONCE_SIZE)], body[64];
	struct request rq = {
		.method = "POST", .path = "/v1/reanchors", .type = JSON_TYPE, .body = body,
	};

	text_hex(nonce, CASK_NONCE_SIZE, hex);
	rq.body_size = snprintf(body, sizeof(body), "{\"nonce\":\"%s\"}", hex);
	return ask_statement(place, &rq, ret_statement, ret_size, p);
}

/**
 * server_synchronise() - POST /v1/synchronisations
 * @place: signed
 * @nonce: of the module: however often it is sent, it is one agreement
 * @ret_object: SYNCHRONISE object; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_synchronise(const struct request_place *place, const uint8_t nonce[CASK_NONCE_SIZE],
		       uint8_t **ret_object, size_t *ret_size, struct problem *p)
{
	char hex[TEXT_HEX_SIZE(CASK_NONCE_SIZE)], body[64];
	struct request rq = {
		.method = "POST", .path = "/v1/synchronisations", .type = JSON_TYPE, .body = body,
		.expect = "application/vnd.cask.synchronise",
	};

	text_hex(nonce, CASK_NONCE_SIZE, hex);
	rq.body_size = snprintf(body, sizeof(body), "{\"nonce\":\"%s\"}", hex);
	return ask_bytes(place, &rq, ret_object, ret_size, p);
}

/**
 * server_report() - POST /v1/reports
 * @place: signed
 * @report: REPORT object: however often it is sent, what it says is recorded once
 * @size: bytes of @report
 * @ret_object: ACKNOWLEDGEMENT object; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_report(const struct request_place *place, const void *report, size_t size,
		  uint8_t **ret_object, size_t *ret_size, struct problem *p)
{
	struct request rq = {
		.method = "POST", .path = "/v1/reports", .type = "application/vnd.cask.report",
		.body = report, .body_size = size, .expect = "application/vnd.cask.acknowledgement",
	};

	return ask_bytes(place, &rq, ret_object, ret_size, p);
}

/**
 * server_time() - GET /v1/time
 * @place: signed
 * @ret_statement: TIME statement; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_time(const struct request_place *place, uint8_t **ret_statement, size_t *ret_size,
		struct problem *p)
{
	struct request rq = { .method = "GET", .path = "/v1/time" };

	return ask_statement(place, &rq, ret_statement, ret_size, p);
}

/* Returns 0, or -EINVAL, -ENOMEM. */
static int read_leaf(const json_t *json, struct server_leaf *leaf)
{
	uint64_t version;
	int ret = cask_json_hex(json, "category_id", leaf->category, sizeof(leaf->category)) ?:
		  cask_json_u64(json, "version", &version);

	if (ret || version > CASK_EKB_VERSIONS)
		return ret ? ret : -EINVAL;
	leaf->version = version;
	return cask_json_base64url(json, "statement", CASK_STATEMENT_MAX, &leaf->statement,
				   &leaf->size);
}

/**
 * server_leaves() - GET /v1/leaves
 * @place: signed
 * @ret_leaves: the device's; the caller frees their statements
 * @max: that there is room for; more are no answer
 * @ret_count: how many there are
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int server_leaves(const struct request_place *place, struct server_leaf *ret_leaves, size_t max,
		  size_t *ret_count, struct problem *p)
{
	struct request rq = {
		.method = "GET", .path = "/v1/leaves", .answer_max = LEAVES_ANSWER_MAX,
	};
	_cleanup_json_ json_t *json = NULL;
	json_t *list, *leaf;
	size_t i, n = 0;

	if (ask_json(place, &rq, NULL, &json, p))
		return -1;
	list = json_object_get(json, "leaves");
	if (!json_is_array(list) || json_array_size(list) > max)
		return malformed(p, "leaves");
	json_array_foreach(list, i, leaf) {
		if (!read_leaf(leaf, &ret_leaves[n])) {
			n++;
			continue;
		}
		while (n)
			free(ret_leaves[--n].statement);
		return malformed(p, "leaf");
	}
	*ret_count = n;
	return 0;
}
