// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * agent.c - ask the agent over its UNIX socket, one function for each thing it
 * can do (Documentation/protocol.rst, "HTTP between tools and caskd").
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Registering may make the agent wait for a slow server several times. */
#define ANSWER_SECONDS	300L
#define CONNECT_SECONDS	10L
#define ANSWER_MAX	(32U << 20)

/**
 * struct cask_agent - a connection to the agent
 * @easy: reused, so that the socket is
 * @socket: path
 * @error: words of curl
 */
struct cask_agent {
	CURL *easy;
	char *socket;
	char error[CURL_ERROR_SIZE];
};

/**
 * cask_agent_new() - prepare to ask the agent
 * @socket_path: NULL for $CASK_SOCKET, or else CASK_SOCKET_DEFAULT
 *
 * Nothing is sent yet. Return: the agent, or NULL without memory.
 */
struct cask_agent *cask_agent_new(const char *socket_path)
{
	struct cask_agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return NULL;
	if (!socket_path)
		socket_path = getenv("CASK_SOCKET");
	if (!socket_path || !*socket_path)
		socket_path = CASK_SOCKET_DEFAULT;
	agent->socket = strdup(socket_path);
	agent->easy = curl_easy_init();
	if (agent->socket && agent->easy)
		return agent;
	cask_agent_free(agent);
	return NULL;
}

/**
 * cask_agent_free() - end the connection
 * @agent: may be NULL
 */
void cask_agent_free(struct cask_agent *agent)
{
	if (!agent)
		return;
	curl_easy_cleanup(agent->easy);
	free(agent->socket);
	free(agent);
}

/**
 * cask_agent_handle() - the transfer as it is
 * @agent: whose
 *
 * Return: what cask_agent_easy() set up last.
 */
CURL *cask_agent_handle(struct cask_agent *agent)
{
	return agent->easy;
}

/**
 * cask_agent_easy() - a transfer to the agent, without timeout
 * @agent: its transfer is reset
 * @path: absolute, with its query
 *
 * Return: the transfer, which stays the agent's, or NULL.
 */
CURL *cask_agent_easy(struct cask_agent *agent, const char *path)
{
	char url[AGENT_PATH_MAX + 32];
	CURL *easy = agent->easy;

	curl_easy_reset(easy);
	agent->error[0] = 0;
	snprintf(url, sizeof(url), "http://localhost%s", path);
	if (curl_easy_setopt(easy, CURLOPT_URL, url) ||
	    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, agent->socket) ||
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") ||
	    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") ||
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, agent->error) ||
	    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L))
		return NULL;
	return easy;
}

/**
 * cask_agent_transport() - why there is no answer
 * @agent: whose transfer failed
 * @code: of curl
 * @error: overwritten
 *
 * Return: -1.
 */
int cask_agent_transport(struct cask_agent *agent, CURLcode code, struct cask_error *error)
{
	const char *text = agent->error[0] ? agent->error : curl_easy_strerror(code);

	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return cask_error_set(error, ERROR_CODE_UNREACHABLE,
				      "caskd does not listen at %s", agent->socket);
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return cask_error_set(error, ERROR_CODE_INTERRUPTED, "the transfer broke off: %s",
				      text);
	default:
		return cask_error_set(error, ERROR_CODE_ANSWER, "asking caskd failed: %s", text);
	}
}

/**
 * struct body - an answer being received
 * @data: so far
 * @size: of it
 */
struct body {
	char *data;
	size_t size;
};

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct body *body = context;
	char *grown;

	if (size > ANSWER_MAX - body->size)
		return 0;
	grown = realloc(body->data, body->size + size);
	if (!grown)
		return 0;
	memcpy(grown + body->size, data, size);
	body->data = grown;
	body->size += size;
	return size;
}

/**
 * cask_agent_run() - do a transfer that was set up
 * @agent: whose
 * @easy: from cask_agent_easy()
 * @ret_data: the body of the answer, a zero behind it; the caller frees it
 * @ret_size: bytes of it
 * @error: on failure: no answer, or one that is a problem
 *
 * Return: 0 or -1.
 */
int cask_agent_run(struct cask_agent *agent, CURL *easy, char **ret_data, size_t *ret_size,
		   struct cask_error *error)
{
	struct body body = { .data = calloc(1, 1) };
	CURLcode code;
	long status = 0;
	int result = 0;

	if (!body.data || curl_easy_setopt(easy, CURLOPT_TIMEOUT, ANSWER_SECONDS) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body)) {
		free(body.data);
		return cask_error_set(error, ERROR_CODE_ANSWER, "out of memory");
	}
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (code)
		result = cask_agent_transport(agent, code, error);
	else if (status < 200 || status > 299)
		result = cask_agent_refused(status, body.data, body.size, error);
	if (result) {
		free(body.data);
		return result;
	}
	*ret_data = body.data;
	*ret_size = body.size;
	return 0;
}

/**
 * cask_agent_json() - read an answer as an object
 * @data: from cask_agent_run(); is freed
 * @size: bytes of it
 * @ret: the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_json(char *data, size_t size, json_t **ret, struct cask_error *error)
{
	json_t *json = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);

	free(data);
	if (json_is_object(json)) {
		*ret = json;
		return 0;
	}
	json_decref(json);
	return cask_error_set(error, ERROR_CODE_ANSWER, "caskd's answer is not understood");
}

static int get(struct cask_agent *agent, const char *path, json_t **ret,
	       struct cask_error *error)
{
	CURL *easy = cask_agent_easy(agent, path);
	size_t size;
	char *data;

	if (!easy)
		return cask_error_set(error, ERROR_CODE_ANSWER, "out of memory");
	return cask_agent_run(agent, easy, &data, &size, error) ?:
	       cask_agent_json(data, size, ret, error);
}

/**
 * cask_agent_post() - have the agent do something
 * @agent: whom to ask
 * @path: absolute
 * @body: is dropped; NULL when it could not be made
 * @ret_data: the answer; the caller frees it
 * @ret_size: bytes of it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_post(struct cask_agent *agent, const char *path, json_t *body, char **ret_data,
		    size_t *ret_size, struct cask_error *error)
{
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	CURL *easy = cask_agent_easy(agent, path);
	int result;

	if (!text || !fields || !easy || curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text) ||
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields))
		result = cask_error_set(error, ERROR_CODE_ANSWER,
					"a value is not UTF-8, or there is no memory");
	else
		result = cask_agent_run(agent, easy, ret_data, ret_size, error);
	/* A token may stand in it. */
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(body);
	curl_slist_free_all(fields);
	return result;
}

/* Consumes @body. */
static int post(struct cask_agent *agent, const char *path, json_t *body, json_t **ret,
		struct cask_error *error)
{
	size_t size;
	char *data;

	return cask_agent_post(agent, path, body, &data, &size, error) ?:
	       cask_agent_json(data, size, ret, error);
}

/**
 * cask_agent_delete() - have the agent take something away
 * @agent: whom to ask
 * @path: absolute, with its query
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_delete(struct cask_agent *agent, const char *path, struct cask_error *error)
{
	CURL *easy = cask_agent_easy(agent, path);
	size_t size;
	char *data;

	if (!easy || curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE"))
		return cask_error_set(error, ERROR_CODE_ANSWER, "out of memory");
	if (cask_agent_run(agent, easy, &data, &size, error))
		return -1;
	free(data);
	return 0;
}

/**
 * cask_agent_status() - how module, device and distributors are
 * @agent: whom to ask
 * @ret_status: the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_status(struct cask_agent *agent, json_t **ret_status, struct cask_error *error)
{
	return get(agent, "/v1/status", ret_status, error);
}

/**
 * cask_agent_register() - register the device with a distributor
 * @agent: whom to ask
 * @registration: with whom
 * @ret_result: {"issuer", "name", "user", "device_id", "enrolment", "level"}; or {"wanted"}, what the
 *	user is to say before, then the same again with that goes on; the caller drops it
 * @error: on failure; its field may say what will not do
 *
 * Return: 0 or -1.
 */
int cask_agent_register(struct cask_agent *agent, const struct cask_registration *registration,
			json_t **ret_result, struct cask_error *error)
{
	json_t *body = json_pack("{ss ss* ss* ss* sO*}", "url", registration->url,
				 "token", registration->token, "certificate",
				 registration->certificate, "ca", registration->ca,
				 "user", registration->said);

	return post(agent, "/v1/registrations", body, ret_result, error);
}

/**
 * cask_agent_password() - change a user's password at a distributor
 * @agent: whom to ask
 * @user: id and password as it is
 * @fresh: the password as it shall be
 * @issuer: hex, or NULL for the only distributor
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_password(struct cask_agent *agent, const struct cask_user *user, const char *fresh,
			const char *issuer, struct cask_error *error)
{
	size_t size;
	char *data;

	if (cask_agent_post(agent, "/v1/passwords",
			    json_pack("{ss ss ss ss*}", "user", user->id, "old", user->password,
				      "new", fresh, "issuer", issuer), &data, &size, error))
		return -1;
	free(data);
	return 0;
}

/**
 * cask_agent_reanchor() - have a distributor's records begin anew, which were lost
 * @agent: whom to ask
 * @issuer: hex, or NULL for the only distributor
 * @ret_result: {"issuer", "name"}; the caller drops it
 * @error: on failure; of the kernel EALREADY when none were lost
 *
 * Return: 0 or -1.
 */
int cask_agent_reanchor(struct cask_agent *agent, const char *issuer, json_t **ret_result,
			struct cask_error *error)
{
	return post(agent, "/v1/reanchors", json_pack("{ss*}", "issuer", issuer), ret_result, error);
}

/**
 * cask_agent_word() - have a distributor say how late it is
 * @agent: whom to ask
 * @issuer: hex, or NULL for the only distributor
 * @error: on failure
 *
 * What opens only so often without its word opens again then.
 *
 * Return: 0 or -1.
 */
int cask_agent_word(struct cask_agent *agent, const char *issuer, struct cask_error *error)
{
	json_t *result;
	int ret = post(agent, "/v1/words", json_pack("{ss*}", "issuer", issuer), &result, error);

	if (!ret)
		json_decref(result);
	return ret;
}

/* "?issuer=..." or nothing; an issuer is hex and needs no escaping, or is refused. */
static int with_issuer(const char *path, const char *issuer, char out[AGENT_PATH_MAX],
		       struct cask_error *error)
{
	if (issuer && (strlen(issuer) != 2 * CASK_KID_SIZE ||
		       strspn(issuer, "0123456789abcdef") != 2 * CASK_KID_SIZE))
		return cask_error_set(error, "bad-request", "an issuer is 64 hex digits");
	snprintf(out, AGENT_PATH_MAX, "%s%s%s", path, issuer ? "?issuer=" : "",
		 issuer ? issuer : "");
	return 0;
}

/**
 * cask_agent_catalogue() - what a distributor offers
 * @agent: whom to ask
 * @issuer: hex, or NULL for the only distributor
 * @ret_catalogue: {"contents": [...]}; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_catalogue(struct cask_agent *agent, const char *issuer, json_t **ret_catalogue,
			 struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	if (with_issuer("/v1/catalogue", issuer, path, error))
		return -1;
	return get(agent, path, ret_catalogue, error);
}

/* Consumes @body. Returns NULL when who asks cannot be said: then nobody does. */
static json_t *with_user(json_t *body, const struct cask_user *user)
{
	if (!body || !user ||
	    !json_object_set_new(body, "user",
				 json_pack("{ss ss}", "id", user->id, "password", user->password)))
		return body;
	json_decref(body);
	return NULL;
}

/**
 * cask_agent_license_get() - get a license from a distributor
 * @agent: whom to ask
 * @wish: for what and whom
 * @ret_license: with a member "earlier" where it is not what was asked for now: {"term", "quantity"} of what
 *	was, before, or {} where that is not known; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_get(struct cask_agent *agent, const struct cask_license_wish *wish,
			   json_t **ret_license, struct cask_error *error)
{
	json_t *quantity = wish->term ? json_integer(wish->quantity) : NULL;
	json_t *price = wish->here ? NULL : json_integer(wish->price);
	json_t *here = wish->here ? json_true() : NULL;
	char id[CASK_ID_TEXT_SIZE];

	cask_hex(wish->content_id, sizeof(wish->content_id), id);
	return post(agent, "/v1/licenses",
		    with_user(json_pack("{ss ss* ss ss* so* so* so*}", "content_id", id, "issuer", wish->issuer,
					"owner", wish->machine ? "machine" : "me", "term", wish->term,
					"quantity", quantity, "price", price, "here", here),
			      wish->user),
		    ret_license, error);
}

/* @of: "licenses" or "contents" */
static int about_path(const char *of, const uint8_t id[CASK_ID_SIZE], const char *what,
		      const char *issuer, char out[AGENT_PATH_MAX], struct cask_error *error)
{
	char hex[CASK_ID_TEXT_SIZE], path[sizeof("/v1/licenses//renewals") + CASK_ID_TEXT_SIZE];

	snprintf(path, sizeof(path), "/v1/%s/%s/%s", of, cask_hex(id, CASK_ID_SIZE, hex), what);
	return with_issuer(path, issuer, out, error);
}

/**
 * cask_agent_content_terms() - what a license for a content can be had with
 * @agent: whom to ask
 * @content_id: of the content
 * @issuer: hex, or NULL for the only distributor
 * @ret_terms: as cask_agent_license_terms(), with "without": what is to be had without a term; the
 *	caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_content_terms(struct cask_agent *agent, const uint8_t content_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	if (about_path("contents", content_id, "terms", issuer, path, error))
		return -1;
	return get(agent, path, ret_terms, error);
}

/**
 * cask_agent_license_terms() - what a license can be renewed with
 * @agent: whom to ask
 * @license_id: of the license
 * @issuer: hex, or NULL when no other distributor has one of that id
 * @ret_terms: {"currency", "content_id", "terms": [...]}; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_terms(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	if (about_path("licenses", license_id, "terms", issuer, path, error))
		return -1;
	return get(agent, path, ret_terms, error);
}

/**
 * cask_agent_license_renew() - have a license renewed
 * @agent: whom to ask
 * @renewal: which, and with what
 * @ret_license: as it is then, with "earlier" as above; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_renew(struct cask_agent *agent, const struct cask_renewal *renewal,
			     json_t **ret_license, struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	if (about_path("licenses", renewal->license_id, "renewals", renewal->issuer, path, error))
		return -1;
	return post(agent, path,
		    with_user(json_pack("{ss sI sI}", "term", renewal->term,
					"quantity", (json_int_t)renewal->quantity,
					"price", (json_int_t)renewal->price), renewal->user),
		    ret_license, error);
}

/**
 * cask_agent_class_get() - get the license of a class of media, for the machine
 * @agent: whom to ask
 * @class_id: content id of the class key
 * @issuer: whose class, hex, or NULL for the only distributor
 * @ret_license: the caller drops it
 * @error: on failure
 *
 * Anybody may ask: it opens no content. One that is there is not asked for again.
 *
 * Return: 0 or -1.
 */
int cask_agent_class_get(struct cask_agent *agent, const uint8_t class_id[CASK_ID_SIZE],
			 const char *issuer, json_t **ret_license, struct cask_error *error)
{
	char id[CASK_ID_TEXT_SIZE];

	return post(agent, "/v1/classes",
		    json_pack("{ss ss*}", "class_id", cask_hex(class_id, CASK_ID_SIZE, id), "issuer",
			      issuer), ret_license, error);
}

/**
 * cask_agent_license_list() - the caller's licenses and the machine's
 * @agent: whom to ask
 * @ret_licenses: {"licenses": [...]}; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_list(struct cask_agent *agent, json_t **ret_licenses,
			    struct cask_error *error)
{
	return get(agent, "/v1/licenses", ret_licenses, error);
}

static void license_path(const uint8_t license_id[CASK_ID_SIZE], char out[AGENT_PATH_MAX])
{
	char id[CASK_ID_TEXT_SIZE];

	cask_hex(license_id, CASK_ID_SIZE, id);
	snprintf(out, AGENT_PATH_MAX, "/v1/licenses/%s", id);
}

/**
 * cask_agent_license_show() - one license
 * @agent: whom to ask
 * @license_id: which
 * @ret_license: the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_show(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			    json_t **ret_license, struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	license_path(license_id, path);
	return get(agent, path, ret_license, error);
}

/**
 * cask_agent_license_remove() - give a license up; what plays with it stops
 * @agent: whom to ask
 * @license_id: which
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int cask_agent_license_remove(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			      struct cask_error *error)
{
	char path[AGENT_PATH_MAX];

	license_path(license_id, path);
	return cask_agent_delete(agent, path, error);
}
