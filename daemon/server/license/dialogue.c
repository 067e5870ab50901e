// SPDX-License-Identifier: GPL-2.0
/*
 * dialogue.c - GET /v1/enrolments/ID and POST /v1/enrolments/ID/user: how far a registration came,
 * and what its user says.
 *
 * Who knows an enrolment's id goes on with it, until it expires; only the device can end it. What
 * was said is not told again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../form.h"
#include "crypto.h"
#include "dialogue.h"
#include "information.h"
#include "json.h"

static struct cask_reply *refuse_field(unsigned int status, const char *code, const char *field,
				       const char *what)
{
	return cask_reply_problem_with(status, code, json_pack("{s:s}", "field", field),
				       "\"%s\": %s", field, what);
}

/* The enrolment of the path, if it can go on; else the reply in @ret_refusal, NULL for 500. */
static bool find(struct call *call, struct cask_http_request *rq, struct enrolment *e,
		 struct cask_reply **ret_refusal)
{
	uint8_t id[CASK_ID_SIZE];
	int ret = call_id_param(rq, 0, id);

	*ret_refusal = NULL;
	call_begin(call, rq);
	if (!ret)
		ret = enrolment_find(call->db, id, e);
	if (!ret && (e->answered || e->expires >= time(NULL)))
		return true;
	if (!ret)
		*ret_refusal = enrolment_expired();
	else if (ret == -ESRCH || ret == -EINVAL)
		*ret_refusal = enrolment_unknown();
	else
		*ret_refusal = call_failed(ret);
	return false;
}

/* NULL when the user has said all that is wanted. */
static int still_wanted(struct call *call, const struct enrolment *e, json_t **ret_fields)
{
	_cleanup_information_ struct information info = { 0 };
	int ret = information_get(call, e, &info);

	*ret_fields = NULL;
	if (ret || info.given || e->answered)
		return ret;
	return information_wanted(call, e, ret_fields);
}

/**
 * dialogue_reply() - how far an enrolment came
 * @call: that it is asked in
 * @status: HTTP status
 * @e: the enrolment, with its challenge
 *
 * Return: the reply.
 */
struct cask_reply *dialogue_reply(struct call *call, unsigned int status, const struct enrolment *e)
{
	json_t *fields;
	int ret = still_wanted(call, e, &fields);

	if (ret)
		return call_failed(ret);
	return cask_reply_json(status, json_pack("{s:o, s:o, s:I, s:s, s:o*}",
			"id", cask_json_new_hex(e->id, sizeof(e->id)),
			"challenge", cask_json_new_base64url(e->challenge, sizeof(e->challenge)),
			"expires", (json_int_t)e->expires,
			"state", e->answered ? "enrolled" : fields ? "user" : "challenge",
			"user", fields));
}

/**
 * dialogue_get() - GET /v1/enrolments/ID
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *dialogue_get(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	struct enrolment e;

	return find(&call, rq, &e, &refusal) ? dialogue_reply(&call, 200, &e) : refusal;
}

static struct cask_reply *user_taken(void)
{
	return refuse_field(409, "user-taken", FORM_USER,
			    "there is such a user, with another password.");
}

/* Who has an account shows its password, and nothing of it changes. */
static struct cask_reply *sign_in(struct call *call, const struct enrolment *e, const json_t *said,
				  struct information *info)
{
	const char *name, *password;
	struct user user;
	int ret;

	if (cask_json_string(said, FORM_USER, USER_NAME_MAX, &name) ||
	    cask_json_string(said, FORM_PASSWORD, PASSWORD_MAX, &password))
		return user_taken();
	ret = password_check(call->db, e->device_id, name, password, &user);
	if (ret)
		return ret == -EACCES ? user_taken() : call_password_failed(ret);
	info->user_id = user.id;
	info->particulars = json_object();
	return NULL;
}

static struct cask_reply *hash_password(const json_t *said, struct information *info)
{
	const char *text = json_string_value(json_object_get(said, FORM_PASSWORD));
	int ret = text ? password_hash(text, info->hash) : 0;

	if (ret == -ERANGE)
		return refuse_field(422, "password-weak", FORM_PASSWORD,
				    "a password has 8 to 256 bytes.");
	return ret ? call_failed(ret) : NULL;
}
_Static_assert(PASSWORD_MIN == 8 && PASSWORD_MAX == 256, "what the refusal says");

/* Name and password have places of their own. */
static struct cask_reply *take(struct call *call, const json_t *fields, const json_t *said,
			       struct information *info)
{
	const char *name = json_string_value(json_object_get(said, FORM_USER));
	struct form_refusal wrong;

	if (!form_check(&call->server->form, fields, said, &wrong))
		return refuse_field(422, wrong.code, wrong.field,
				    "it is not as the form wants it.");
	snprintf(info->name, sizeof(info->name), "%s", name ? name : "");
	info->particulars = json_copy((json_t *)said);
	json_object_del(info->particulars, FORM_USER);
	json_object_del(info->particulars, FORM_PASSWORD);
	return hash_password(said, info);
}

static bool has_account(struct call *call, const json_t *fields, const json_t *said)
{
	const char *name;
	struct user user;

	return form_has(fields, FORM_USER) && !cask_json_string(said, FORM_USER, USER_NAME_MAX, &name) &&
	       !user_find(call->db, name, &user);
}

static struct cask_reply *hear(struct call *call, const struct enrolment *e, const json_t *said)
{
	_cleanup_information_ struct information info = { 0 };
	_cleanup_json_ json_t *fields = NULL;
	struct cask_reply *refusal;
	int ret = information_wanted(call, e, &fields);

	if (ret)
		return call_failed(ret);
	if (!fields)
		return cask_reply_problem(409, "information-unwanted",
					  "There is nothing that the user is asked for.");
	refusal = has_account(call, fields, said) ? sign_in(call, e, said, &info) :
						    take(call, fields, said, &info);
	/* A refusal without memory for it is one, too: then neither account nor name is there. */
	if (refusal || !info.particulars)
		return refusal;
	ret = information_put(call, e, &info);
	if (ret == -ESRCH)
		return enrolment_unknown();
	return ret ? call_failed(ret) : dialogue_reply(call, 200, e);
}

/**
 * dialogue_post_user() - POST /v1/enrolments/ID/user
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *dialogue_post_user(struct cask_http_request *rq)
{
	_cleanup_call_ struct call call = CALL_INIT;
	_cleanup_json_ json_t *said = NULL;
	struct cask_reply *refusal;
	struct enrolment e;
	size_t size;
	const uint8_t *body = cask_http_body(rq, &size);

	if (cask_json_parse(body, size, &said))
		return cask_reply_problem(400, "bad-request", "A JSON object is wanted with a text "
					  "for each field.");
	if (!find(&call, rq, &e, &refusal))
		return refusal;
	if (e.answered)
		return cask_reply_problem(409, "enrolment-answered",
					  "The device is registered already.");
	return hear(&call, &e, said);
}
