// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - POST /v1/sessions and POST /v1/passwords: a user shows a password, or changes it.
 *
 * What follows names the session by its token, so that a request for a license, which may be sent
 * again and again, has no password in it. A session is of one device.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "../password.h"

#define TOKEN_SIZE 32

/**
 * struct typed - what a user typed, borrowed
 * @name: user id
 * @password: as it is
 */
struct typed {
	const char *name;
	const char *password;
};

static int read_typed(struct cask_http_request *rq, const char *password, json_t **ret_json,
		      struct typed *typed)
{
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);
	int ret = cask_json_parse(body, size, ret_json);

	if (!ret)
		ret = cask_json_string(*ret_json, "user", USER_NAME_MAX, &typed->name);
	return ret ? ret : cask_json_string(*ret_json, password, PASSWORD_MAX, &typed->password);
}

/* One word for all that does not fit: which users there are is nobody's business. */
static struct cask_reply *rejected(int error)
{
	if (error != -EACCES)
		return call_password_failed(error);
	return cask_reply_problem(403, "user-rejected", "There is no such user with this password.");
}

static int hash_token(const uint8_t token[TOKEN_SIZE], uint8_t hash[32])
{
	return crypto_sha256(token, TOKEN_SIZE, hash);
}

static int insert(struct call *call, const struct user *user, const uint8_t hash[32],
		  int64_t expires)
{
	int ret = cask_db_run(call->db, "DELETE FROM sessions WHERE expires < $1",
			      DB_ARGS(DB_INT(time(NULL))));

	if (ret)
		return ret;
	return cask_db_run(call->db, "INSERT INTO sessions (hash, user_id, device_id, expires) "
			   "VALUES ($1, $2, $3, $4)",
			   DB_ARGS(DB_BLOB(hash, 32), DB_INT(user->id), DB_ID(call->device.id),
				   DB_INT(expires)));
}

static struct cask_reply *open_session(struct call *call, const struct user *user)
{
	int64_t expires = time(NULL) + SESSION_SECONDS;
	uint8_t token[TOKEN_SIZE], hash[32];
	struct cask_reply *reply = NULL;
	int ret = crypto_random(token, sizeof(token));

	if (!ret)
		ret = hash_token(token, hash);
	if (!ret)
		ret = insert(call, user, hash, expires);
	if (!ret)
		reply = cask_reply_json(201, json_pack("{s:o, s:s, s:I}",
				"session", cask_json_new_base64url(token, sizeof(token)),
				"user", user->name, "expires", (json_int_t)expires));
	crypto_wipe(token, sizeof(token));
	return ret ? call_failed(ret) : reply;
}

/**
 * session_post() - POST /v1/sessions
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *session_post(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *json = NULL;
	struct cask_reply *refusal;
	struct typed typed;
	struct user user;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	if (read_typed(rq, "password", &json, &typed))
		return cask_reply_problem(400, "bad-request", "A JSON object is wanted with \"user\" "
					  "and \"password\".");
	ret = password_check(call.db, call.device.id, typed.name, typed.password, &user);
	return ret ? rejected(ret) : open_session(&call, &user);
}

static int change(struct call *call, const struct user *user, const char *fresh)
{
	char hash[PASSWORD_HASH_SIZE];
	int ret = password_hash(fresh, hash);

	if (ret)
		return ret;
	DB_TRANSACTION(call->db, ret)
		ret = password_put(call->db, user->id, hash);
	crypto_wipe(hash, sizeof(hash));
	return ret;
}

/**
 * session_post_password() - POST /v1/passwords
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *session_post_password(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *json = NULL;
	struct cask_reply *refusal;
	struct typed typed;
	const char *fresh;
	struct user user;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	if (read_typed(rq, "old", &json, &typed) ||
	    cask_json_string(json, "new", PASSWORD_MAX, &fresh))
		return cask_reply_problem(400, "bad-request", "A JSON object is wanted with \"user\", "
					  "\"old\" and \"new\".");
	ret = password_check(call.db, call.device.id, typed.name, typed.password, &user);
	if (ret)
		return rejected(ret);
	ret = change(&call, &user, fresh);
	if (ret == -ERANGE)
		return cask_reply_problem(422, "password-weak", "A password has %d to %d bytes.",
					  PASSWORD_MIN, PASSWORD_MAX);
	return ret ? call_failed(ret) : cask_reply_empty(204);
}

static int find(struct call *call, const uint8_t hash[32], struct user *ret_user)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(call->db, "SELECT user_id FROM sessions "
				    "WHERE hash = $1 AND device_id = $2 AND expires >= $3",
				    DB_ARGS(DB_BLOB(hash, 32), DB_ID(call->device.id),
					    DB_INT(time(NULL))), &rows);

	return ret ? ret : user_get(call->db, cask_db_int(rows, 0), ret_user);
}

/**
 * session_find() - which user asks
 * @call: signed by a device
 * @rq: the request
 * @ret_user: who has shown a password on that device
 *
 * Return: 0; -ENOENT when no session is named, -ESRCH when it is none, has ended or is another
 * device's; -EPERM when the account is disabled; or another -errno.
 */
int session_find(struct call *call, const struct cask_http_request *rq, struct user *ret_user)
{
	const char *text = cask_http_header(rq, SESSION_HEADER);
	uint8_t token[TOKEN_SIZE], hash[32];
	int ret;

	if (!text)
		return -ENOENT;
	if (cask_http_header_count(rq, SESSION_HEADER) != 1 ||
	    text_from_base64url(text, token, sizeof(token)))
		return -ESRCH;
	ret = hash_token(token, hash);
	crypto_wipe(token, sizeof(token));
	if (!ret)
		ret = find(call, hash, ret_user);
	return !ret && !ret_user->enabled ? -EPERM : ret;
}
