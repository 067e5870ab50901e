// SPDX-License-Identifier: GPL-2.0
/*
 * register.c - registration with a distributor, step by step, and
 * POST /v1/registrations.
 *
 * Distributor's statements from the server, into the module; a challenge from
 * the server, opened and answered by the module; the answer to the server; what
 * it made of us onto the disk. Broken off anywhere it can be begun again with the
 * same token: it goes on (enrolling.c), or the server gives the same device a new challenge.
 * What the user says passes through, and nothing of it stays.
 */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "api.h"
#include "enrolling.h"
#include "json.h"
#include "leaves.h"
#include "log.h"
#include "restore.h"
#include "store.h"

static int fetch_distributor(const struct request_place *place, struct distributor **ret,
			     struct problem *p)
{
	struct server_bundle bundle;

	if (server_distributor(place, &bundle, p))
		return -1;
	*ret = distributor_new(place->url, place->ca, bundle.json);
	server_bundle_clear(&bundle);
	return *ret ? 0 : api_no_memory(p);
}

/* Where it broke off, or from the beginning. */
static int begin(const struct request_place *place, const struct server_voucher *voucher,
		 const struct agent_device *device, struct server_enrolment *ret, struct problem *p)
{
	uint8_t claim[ENROLLING_CLAIM_SIZE];
	char id[SERVER_ENROLMENT_MAX + 1];

	if (enrolling_claim(place->url, voucher, device->key, claim))
		return problem_set(p, 500, "internal-error", "hashing failed");
	if (enrolling_find(claim, id) && !server_enrolment(place, id, ret, p))
		return 0;
	if (server_enrol(place, voucher, device->key, ret, p))
		return -1;
	enrolling_put(claim, ret->id);
	return 0;
}

/* Nobody needs to have been asked: who registers unattended says it beforehand. */
static int say(const struct request_place *place, const json_t *said, struct server_enrolment *e,
	       struct problem *p)
{
	struct server_enrolment after;

	if (server_say(place, e->id, said, &after, p))
		return strcmp(p->code, "information-unwanted") &&
		       strcmp(p->code, "enrolment-answered") ? -1 : 0;
	json_decref(e->wanted);
	*e = after;
	return 0;
}

static int answer(const struct request_place *place, const struct agent_device *device,
		  const struct server_enrolment *e, struct distributor *d, struct problem *p)
{
	struct server_identity identity;
	uint8_t object[NETLINK_ANSWER_MAX];
	size_t size;
	int ret;

	if (netlink_enrol(d->bundle.issuer, e->challenge, object, &size, p) ||
	    server_answer(place, e->id, object, size, &identity, p))
		return -1;
	ret = distributor_identify(d, &identity) ? api_no_memory(p) : 0;
	free(identity.certificate);
	if (!ret && memcmp(d->device_id, device->id, sizeof(device->id)))
		ret = problem_set(p, 502, "server-answer",
				  "the server registered another device than this one");
	return ret;
}

/* With @ret_wanted set it is not done: the user has to say something before. */
static int enrol(const struct request_place *place, const struct registration *wish,
		 struct distributor *d, json_t **ret_wanted, struct problem *p)
{
	struct server_enrolment e;
	struct agent_device device;
	int ret;

	if (agent_device(&device, p) || begin(place, &wish->voucher, &device, &e, p))
		return -1;
	ret = wish->said ? say(place, wish->said, &e, p) : 0;
	if (!ret && e.wanted)
		*ret_wanted = json_incref(e.wanted);
	else if (!ret)
		ret = answer(place, &device, &e, d, p);
	json_decref(e.wanted);
	return ret;
}

static int keep(struct distributor *d, struct problem *p)
{
	int err = store_put_distributor(d);

	if (err)
		return problem_store(p, -err, "keeping the registration");
	enrolling_end();
	cask_notice("registered with %s as %s", d->bundle.name, d->user);
	/* They are asked for again when a license wants them. */
	if (leaves_fetch(d, LEAVES_SECONDS, p))
		cask_notice("%s: leaves: %s", d->bundle.name, p->detail);
	restore_issuer(d->bundle.issuer);
	return 0;
}

/**
 * register_device() - register with a distributor
 * @wish: with whom, and how
 * @ret: a reference
 * @ret_wanted: in its place: what the user is to say before, as the server has it; the caller
 *	drops it
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int register_device(const struct registration *wish, struct distributor **ret,
		    json_t **ret_wanted, struct problem *p)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	struct request_place place = { .ca = wish->ca };
	char normal[REQUEST_URL_MAX];
	struct agent_device device;

	*ret_wanted = NULL;
	if (request_url(wish->url, normal, p))
		return -1;
	place.url = normal;
	/* Without the module there is no point in spending the token. */
	if (agent_device(&device, p) || fetch_distributor(&place, &d, p) ||
	    distributor_install(d, p) || enrol(&place, wish, d, ret_wanted, p))
		return -1;
	if (*ret_wanted)
		return 0;
	if (keep(d, p))
		return -1;
	*ret = steal_ptr(&d);
	return 0;
}

/* Absent and null are the same. */
static int read_optional(const json_t *body, const char *name, size_t max, const char **ret,
			 struct problem *p)
{
	const json_t *value = json_object_get(body, name);

	*ret = NULL;
	if (!value || json_is_null(value) || !cask_json_string(body, name, max, ret))
		return 0;
	return problem_set(p, 400, "bad-request", "\"%s\" is no text, or too long", name);
}

static int read_wish(const json_t *body, struct registration *ret, struct problem *p)
{
	if (cask_json_string(body, "url", REQUEST_URL_MAX - 1, &ret->url))
		return problem_set(p, 400, "bad-request", "\"url\" is missing or too long");
	ret->said = json_object_get(body, "user");
	if (ret->said && !json_is_object(ret->said))
		return problem_set(p, 400, "bad-request", "\"user\" is no object");
	return read_optional(body, "token", SERVER_TOKEN_MAX, &ret->voucher.token, p) ||
	       read_optional(body, "certificate", SERVER_CERTIFICATE_MAX,
			     &ret->voucher.certificate, p) ||
	       read_optional(body, "ca", REQUEST_CA_MAX, &ret->ca, p);
}

static int handle(struct cask_http_request *rq, struct distributor **ret, json_t **ret_wanted,
		  struct problem *p)
{
	_cleanup_json_ json_t *body = NULL;
	struct registration wish;
	uint32_t uid;

	if (api_caller(rq, &uid, p))
		return -1;
	if (uid)
		return problem_set(p, 403, "forbidden", "only root registers the device");
	if (api_body(rq, &body, p) || read_wish(body, &wish, p))
		return -1;
	return register_device(&wish, ret, ret_wanted, p);
}

/**
 * api_register() - POST /v1/registrations
 * @rq: from root
 *
 * Return: 201; 202 when the user is to say something first; or a problem of caller, module, server
 * or disk.
 */
struct cask_reply *api_register(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	struct problem p = { 0 };
	json_t *wanted = NULL;

	if (handle(rq, &d, &wanted, &p))
		return problem_reply(&p);
	if (wanted)
		return cask_reply_json(202, json_pack("{so}", "wanted", wanted));
	return cask_reply_json(201, json_pack("{so ss ss so ss ss}", "issuer",
					      cask_json_new_hex(d->bundle.issuer, CASK_KID_SIZE),
					      "name", d->bundle.name, "user", d->user, "device_id",
					      cask_json_new_hex(d->device_id, CASK_KID_SIZE),
					      "enrolment", d->enrolment, "level", d->level));
}
