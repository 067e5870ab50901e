// SPDX-License-Identifier: GPL-2.0
/*
 * api_license.c - POST, GET and DELETE of /v1/licenses.
 *
 * A caller sees its own licenses and the machine's, root sees all; what one
 * does not see does not exist.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "crypto.h"
#include "json.h"
#include "refresh.h"
#include "store.h"
#include "text.h"

static json_t *seconds(uint64_t time)
{
	return time ? json_integer(time) : json_null();
}

static json_t *operations(uint32_t bits)
{
	json_t *list = json_array();

	if (bits & CASK_OPERATION_FILE)
		json_array_append_new(list, json_string("file"));
	if (bits & CASK_OPERATION_DECRYPT)
		json_array_append_new(list, json_string("decrypt"));
	if (bits & CASK_OPERATION_MEDIUM)
		json_array_append_new(list, json_string("medium"));
	return list;
}

static json_t *permissions(uint32_t bits)
{
	json_t *list = json_array();

	if (bits & CASK_PERMISSION_RECORD)
		json_array_append_new(list, json_string("record"));
	return list;
}

/* A count of the module's, if it has the license. */
static json_t *counted(const struct netlink_license *in_module, uint64_t count)
{
	return in_module ? json_integer(count) : json_null();
}

/* What of it media may have, or have. */
static void add_copies(json_t *json, const struct netlink_license *l)
{
	if (l->exports_max) {
		json_object_set_new(json, "max_exports", json_integer(l->exports_max));
		json_object_set_new(json, "exports_left", json_integer(l->exports_left));
	}
	if (l->checkouts_max) {
		json_object_set_new(json, "max_checkouts", json_integer(l->checkouts_max));
		json_object_set_new(json, "checkouts_left", json_integer(l->checkouts_left));
		json_object_set_new(json, "at_once", json_integer(l->at_once));
		json_object_set_new(json, "lent", json_integer(l->lent));
	}
}

/* What there is not is left out. */
static void add_conditions(json_t *json, const struct holding *h)
{
	if (h->download_from || h->download_until)
		json_object_set_new(json, "download",
				    json_pack("{so so}", "not_before", seconds(h->download_from),
					      "not_after", seconds(h->download_until)));
	if (h->max_offline_opens)
		json_object_set_new(json, "max_offline_opens", json_integer(h->max_offline_opens));
}

/* @in_module: what the module knows of it, or NULL when it does not have it. */
static json_t *to_json(const struct holding *h, const struct netlink_license *in_module)
{
	static const struct netlink_license none;
	const struct netlink_license *l = in_module ? in_module : &none;
	json_t *json = json_pack(
		"{so so so so so so so so so so so so so sb}",
		"license_id", cask_json_new_hex(h->license_id, sizeof(h->license_id)),
		"content_id", cask_json_new_hex(h->content_id, sizeof(h->content_id)),
		"issuer", cask_json_new_hex(h->issuer, sizeof(h->issuer)),
		"owner", h->machine ? json_null() : json_integer(h->owner),
		"created", json_integer(h->created),
		"not_before", seconds(h->not_before), "not_after", seconds(h->not_after),
		"operations", operations(h->operations), "permissions", permissions(h->permissions),
		"opens", counted(in_module, l->opens), "bytes", counted(in_module, l->bytes),
		"packets", counted(in_module, l->packets),
		"seconds", counted(in_module, l->seconds),
		"installed", in_module != NULL);

	if (json)
		add_conditions(json, h);
	if (json && l->counts) {
		json_object_set_new(json, "max_opens", json_integer(l->opens_max));
		json_object_set_new(json, "opens_left", json_integer(l->opens_left));
	}
	if (json)
		add_copies(json, l);
	if (json && !in_module && h->error)
		json_object_set_new(json, "errno", json_string(strerrorname_np(h->error)));
	return json;
}

static bool sees(uint32_t uid, const struct holding *h)
{
	return !uid || h->machine || h->owner == uid;
}

/**
 * struct owner - whose a new license shall be
 * @machine: the machine's
 * @uid: else this user's
 */
#define QUANTITY_MAX	1000	/* Documentation/protocol.rst */

struct owner {
	bool machine;
	uint32_t uid;
};

static int read_owner(struct cask_http_request *rq, const json_t *body, struct owner *ret,
		      struct problem *p)
{
	const char *text = "me";
	int err = cask_json_string(body, "owner", 16, &text);

	if (api_caller(rq, &ret->uid, p))
		return -1;
	if ((err && err != -ENOENT) || (strcmp(text, "me") && strcmp(text, "machine")))
		return problem_set(p, 400, "bad-request", "\"owner\" is \"me\" or \"machine\"");
	ret->machine = !strcmp(text, "machine");
	if (ret->machine && ret->uid)
		return problem_set(p, 403, "forbidden", "only root gets licenses for the machine");
	return 0;
}

/*
 * Who asks, if the body says. The password goes to the server, and what it gives for it is for
 * this request.
 */
static int open_session(struct distributor *d, const json_t *body,
			char ret_session[SERVER_SESSION_MAX + 1], struct problem *p)
{
	const json_t *user = json_object_get(body, "user");
	const char *id, *password;
	struct request_place place;

	if (!user)
		return 0;
	if (cask_json_string(user, "id", SERVER_USER_MAX, &id) ||
	    cask_json_string(user, "password", SERVER_PASSWORD_MAX, &password))
		return problem_set(p, 400, "bad-request", "\"user\" has \"id\" and \"password\"");
	return distributor_place(d, &place, p) || server_session(&place, id, password, ret_session, p);
}

static const char *user_id(const json_t *body)
{
	return json_string_value(json_object_get(json_object_get(body, "user"), "id"));
}

/* What a request asks for, as @user in his @session, or as nobody. */
typedef int ask_fn(struct distributor *d, void *wish, const char *user, const char *session,
		   struct acquired *ret, struct problem *p);

static int ask_as(struct distributor *d, const json_t *body, ask_fn *ask, void *wish,
		  struct acquired *ret, struct problem *p)
{
	char session[SERVER_SESSION_MAX + 1] = "";
	int result = open_session(d, body, session, p);

	if (!result)
		result = ask(d, wish, session[0] ? user_id(body) : NULL,
			     session[0] ? session : NULL, ret, p);
	crypto_wipe(session, sizeof(session));
	return result ? -1 : 0;
}

static int ask_new(struct distributor *d, void *context, const char *user, const char *session,
		   struct acquired *ret, struct problem *p)
{
	struct acquire_wish *wish = context;

	wish->user = user;
	wish->session = session;
	return acquire_license(d, wish, ret, p);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* With @term "" and no quantity where none is named. */
static int read_term(const json_t *body, char term[PENDING_TERM_MAX + 1], uint32_t *ret_quantity,
		     struct problem *p)
{
	const char *name = "";
	uint64_t quantity = 1;
	int no_term = cask_json_string(body, "term", PENDING_TERM_MAX, &name);
	int no_quantity = cask_json_u64(body, "quantity", &quantity);

	if (no_term ? no_term != -ENOENT : has_control(name))
		return problem_set(p, 400, "bad-request", "\"term\" is the name of one");
	if ((no_quantity && no_quantity != -ENOENT) || !quantity || quantity > QUANTITY_MAX)
		return problem_set(p, 400, "bad-request", "\"quantity\" is 1 to %d", QUANTITY_MAX);
	if (no_term && !no_quantity)
		return problem_set(p, 400, "bad-request", "\"quantity\" is of a \"term\"");
	strcpy(term, name);
	*ret_quantity = no_term ? 0 : quantity;
	return 0;
}

/* Whether only what is here already is wanted: then nothing is asked for, or agreed to. */
static int read_here(const json_t *body, bool *ret_here, struct problem *p)
{
	static const char *const others[] = { "term", "quantity", "price", "user" };
	const json_t *here = json_object_get(body, "here");

	*ret_here = json_is_true(here);
	if (here && !json_is_boolean(here))
		return problem_set(p, 400, "bad-request", "\"here\" is true or false");
	for (size_t i = 0; *ret_here && i < sizeof(others) / sizeof(others[0]); i++)
		if (json_object_get(body, others[i]))
			return problem_set(p, 400, "bad-request", "\"%s\" is of what is not \"here\"",
					   others[i]);
	return 0;
}

static int acquire(struct cask_http_request *rq, struct acquired *ret, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_json_ json_t *body = NULL;
	struct acquire_wish wish = { 0 };
	const char *issuer = NULL;
	struct owner owner;
	bool here;
	int err;

	if (api_body(rq, &body, p) || read_owner(rq, body, &owner, p) || read_here(body, &here, p))
		return -1;
	if (cask_json_hex(body, "content_id", wish.content_id, sizeof(wish.content_id)))
		return problem_set(p, 400, "bad-request", "\"content_id\" is 32 hex digits");
	err = cask_json_string(body, "issuer", 2 * CASK_KID_SIZE, &issuer);
	if (err && err != -ENOENT)
		return problem_set(p, 400, "bad-request", "\"issuer\" is 64 hex digits");
	if (read_term(body, wish.term, &wish.quantity, p) ||
	    api_price(rq, body, owner.uid, &wish.price, p) || api_distributor(issuer, &d, p))
		return -1;
	wish.owner = owner.machine ? NULL : &owner.uid;
	return here ? acquire_here(d, &wish, ret, p) : ask_as(d, body, ask_new, &wish, ret, p);
}

/**
 * api_license_json() - a license as the API says it
 * @h: held; what the module knows of it is added, its absence from there is no failure
 *
 * Return: the object, or NULL without memory.
 */
json_t *api_license_json(const struct holding *h)
{
	struct netlink_license in_module;
	struct problem p;
	bool installed = !netlink_license_get(h->issuer, h->license_id, &in_module, &p);

	return to_json(h, installed ? &in_module : NULL);
}

/* What came of a request; that it was another's than the caller's is said, and how it was asked for. */
static struct cask_reply *reply_acquired(const struct acquired *got)
{
	json_t *json = api_license_json(&got->license);

	if (json && got->waited)
		json_object_set_new(json, "earlier", json_object());
	else if (json && got->other)
		json_object_set_new(json, "earlier",
				    json_pack("{ss? sI}", "term", got->term[0] ? got->term : NULL,
					      "quantity", (json_int_t)(got->quantity ? got->quantity : 1)));
	return cask_reply_json(201, json);
}

/**
 * api_license_new() - POST /v1/licenses
 * @rq: from anyone; for the machine from root
 *
 * Return: 201, or a problem of caller, server, module or disk.
 */
struct cask_reply *api_license_new(struct cask_http_request *rq)
{
	struct acquired got = { 0 };
	struct problem p = { 0 };

	return acquire(rq, &got, &p) ? problem_reply(&p) : reply_acquired(&got);
}

static int compare(const void *a, const void *b)
{
	const struct netlink_license *x = a, *y = b;

	return memcmp(x->issuer, y->issuer, sizeof(x->issuer)) ?:
	       memcmp(x->license_id, y->license_id, sizeof(x->license_id));
}

static const struct netlink_license *find(const struct netlink_license *sorted, size_t count,
					  const struct holding *h)
{
	struct netlink_license key;

	if (!count)
		return NULL;
	memcpy(key.issuer, h->issuer, sizeof(key.issuer));
	memcpy(key.license_id, h->license_id, sizeof(key.license_id));
	return bsearch(&key, sorted, count, sizeof(key), compare);
}

static json_t *list_to_json(uint32_t uid)
{
	_cleanup_free_ struct netlink_license *in_module = NULL;
	_cleanup_free_ struct holding *held = NULL;
	size_t held_count, module_count = 0;
	json_t *array = json_array();
	struct problem p;

	if (store_list_licenses(&held, &held_count))
		return array;
	/* Without the module nothing is installed, and the list says so. */
	if (!netlink_licenses(&in_module, &module_count, &p) && module_count)
		qsort(in_module, module_count, sizeof(*in_module), compare);
	for (size_t i = 0; i < held_count; i++)
		if (sees(uid, &held[i]))
			json_array_append_new(array, to_json(&held[i], find(in_module, module_count,
									    &held[i])));
	return array;
}

/**
 * api_license_list() - GET /v1/licenses
 * @rq: from anyone
 *
 * Return: 200.
 */
struct cask_reply *api_license_list(struct cask_http_request *rq)
{
	struct problem p = { 0 };
	uint32_t uid;

	if (api_caller(rq, &uid, &p))
		return problem_reply(&p);
	return cask_reply_json(200, json_pack("{so}", "licenses", list_to_json(uid)));
}

/* Ids are unique for an issuer only. */
static int pick(const struct holding *held, size_t count, uint32_t uid, const uint8_t *issuer,
		const uint8_t *id, struct holding *ret, struct problem *p)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!sees(uid, &held[i]) || !holding_is(&held[i], issuer, id))
			continue;
		*ret = held[i];
		found++;
	}
	if (found > 1)
		return problem_set(p, 409, "issuer-ambiguous",
				   "%zu distributors have a license with this id: say which", found);
	return found ? 0 : problem_set(p, 404, "license-unknown", "there is no such license");
}

static int find_held(struct cask_http_request *rq, uint32_t *ret_uid, struct holding *ret,
		     struct problem *p)
{
	_cleanup_free_ struct holding *held = NULL;
	const char *text = cask_http_query(rq, "issuer");
	uint8_t id[CASK_ID_SIZE], issuer[CASK_KID_SIZE];
	size_t count;

	if (api_caller(rq, ret_uid, p) || (text && api_issuer(text, issuer, p)))
		return -1;
	if (text_from_hex(cask_http_param(rq, 0), id, sizeof(id)))
		return problem_set(p, 400, "bad-request", "a license id is 32 hex digits");
	if (store_list_licenses(&held, &count))
		return api_no_memory(p);
	return pick(held, count, *ret_uid, text ? issuer : NULL, id, ret, p);
}

/**
 * api_license_show() - GET /v1/licenses/LID
 * @rq: from who sees the license
 *
 * Return: 200, 404 or another problem.
 */
struct cask_reply *api_license_show(struct cask_http_request *rq)
{
	struct problem p = { 0 };
	struct holding h;
	uint32_t uid;

	if (find_held(rq, &uid, &h, &p))
		return problem_reply(&p);
	return cask_reply_json(200, api_license_json(&h));
}

static int find_place(const struct holding *h, struct distributor **ret, struct problem *p)
{
	if (store_get_distributor(h->issuer, ret))
		return problem_set(p, 404, "issuer-unknown",
				   "this device is not registered with that distributor");
	return 0;
}

/**
 * api_license_terms() - GET /v1/licenses/LID/terms
 * @rq: from who sees the license
 *
 * Return: 200, or a problem of caller, server or module.
 */
struct cask_reply *api_license_terms(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_free_ uint8_t *text = NULL;
	struct request_place place;
	struct problem p = { 0 };
	struct holding h;
	uint32_t uid;
	size_t size;

	if (find_held(rq, &uid, &h, &p) || find_place(&h, &d, &p) ||
	    distributor_place(d, &place, &p) ||
	    server_terms(&place, "licenses", h.license_id, &text, &size, &p))
		return problem_reply(&p);
	return cask_reply_header(cask_reply_bytes(200, "application/json", text, size),
				 "Cache-Control", "no-store");
}

static int ask_renewal(struct distributor *d, void *context, const char *user, const char *session,
		       struct acquired *ret, struct problem *p)
{
	struct renewal_wish *wish = context;

	wish->user = user;
	wish->session = session;
	return acquire_renewal(d, wish, ret, p);
}

static int renew(struct cask_http_request *rq, struct acquired *ret, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	_cleanup_json_ json_t *body = NULL;
	struct renewal_wish wish = { 0 };
	struct holding h;
	uint32_t uid;

	if (api_caller(rq, &uid, p) || api_body(rq, &body, p) ||
	    read_term(body, wish.term, &wish.quantity, p))
		return -1;
	if (!wish.term[0])
		return problem_set(p, 400, "bad-request", "a \"term\" is wanted");
	if (api_price(rq, body, uid, &wish.price, p) || find_held(rq, &uid, &h, p))
		return -1;
	if (h.machine && uid)
		return problem_set(p, 403, "forbidden", "only root renews the machine's licenses");
	if (find_place(&h, &d, p))
		return -1;
	wish.license = &h;
	return ask_as(d, body, ask_renewal, &wish, ret, p);
}

/**
 * api_license_renew() - POST /v1/licenses/LID/renewals
 * @rq: from the owner or root
 *
 * Return: 201, or a problem of caller, server, module or disk.
 */
struct cask_reply *api_license_renew(struct cask_http_request *rq)
{
	struct acquired got = { 0 };
	struct problem p = { 0 };

	return renew(rq, &got, &p) ? problem_reply(&p) : reply_acquired(&got);
}

/* Out of the module first: if that fails, it is still listed and can be tried again. */
static int discard(const struct holding *h, struct problem *p)
{
	struct problem after;
	int err;

	if (netlink_license_del(h->issuer, h->license_id, p) && p->error != ENOENT &&
	    p->error != ENOKEY && strcmp(p->code, "module-absent"))
		return -1;
	err = store_remove_license(h);
	/* It may have been tried again in between; now nobody does that any more. */
	if (!err)
		netlink_license_del(h->issuer, h->license_id, &after);
	refresh_wake();	/* another may wait for the room */
	return err ? problem_store(p, -err, "removing the license") : 0;
}

/**
 * api_license_remove() - DELETE /v1/licenses/LID
 * @rq: from the owner or root
 *
 * Return: 204, 403, 404 or another problem.
 */
struct cask_reply *api_license_remove(struct cask_http_request *rq)
{
	struct problem p = { 0 };
	struct holding h;
	uint32_t uid;

	if (find_held(rq, &uid, &h, &p))
		return problem_reply(&p);
	if (h.machine && uid) {
		problem_set(&p, 403, "forbidden", "only root removes the machine's licenses");
		return problem_reply(&p);
	}
	if (discard(&h, &p))
		return problem_reply(&p);
	return cask_reply_empty(204);
}
