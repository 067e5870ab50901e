// SPDX-License-Identifier: GPL-2.0
/*
 * distributor.c - a distributor that this device registered with: its JSON on
 * disk, its anchor in the module, requests to its server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "distributor.h"
#include "json.h"
#include "netlink.h"

/**
 * distributor_new() - a distributor before registration
 * @url: from request_url()
 * @ca: PEM or NULL
 * @bundle: GET /v1/distributor's answer
 *
 * Return: one reference, or NULL when the bundle is malformed or without memory.
 */
struct distributor *distributor_new(const char *url, const char *ca, json_t *bundle)
{
	struct distributor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	atomic_init(&d->refs, 1);
	snprintf(d->url, sizeof(d->url), "%s", url);
	d->ca = ca ? strdup(ca) : NULL;
	if (server_bundle_read(bundle, &d->bundle) || (ca && !d->ca)) {
		distributor_unref(d);
		return NULL;
	}
	return d;
}

/**
 * distributor_ref() - one more reference
 * @d: held
 *
 * Return: @d.
 */
struct distributor *distributor_ref(struct distributor *d)
{
	atomic_fetch_add(&d->refs, 1);
	return d;
}

/**
 * distributor_unref() - drop a reference
 * @d: may be NULL
 */
void distributor_unref(struct distributor *d)
{
	if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	server_bundle_clear(&d->bundle);
	free(d->ca);
	free(d->certificate);
	free(d);
}

/**
 * distributor_identify() - note who we are to it
 * @d: not yet shared
 * @identity: its certificate is copied
 *
 * Return: 0 or -ENOMEM.
 */
int distributor_identify(struct distributor *d, const struct server_identity *identity)
{
	char *certificate = strdup(identity->certificate);

	if (!certificate)
		return -ENOMEM;
	free(d->certificate);
	d->certificate = certificate;
	memcpy(d->device_id, identity->device_id, sizeof(d->device_id));
	memcpy(d->user, identity->user, sizeof(d->user));
	memcpy(d->enrolment, identity->enrolment, sizeof(d->enrolment));
	memcpy(d->level, identity->level, sizeof(d->level));
	return 0;
}

/**
 * distributor_to_json() - as it is stored
 * @d: registered
 *
 * Return: a new reference, or NULL without memory.
 */
json_t *distributor_to_json(const struct distributor *d)
{
	return json_pack("{ss ss? ss ss ss ss so sO}", "url", d->url, "ca", d->ca,
			 "user", d->user, "enrolment", d->enrolment, "level", d->level,
			 "certificate", d->certificate, "device_id",
			 cask_json_new_hex(d->device_id, sizeof(d->device_id)),
			 "distributor", d->bundle.json);
}

/**
 * distributor_from_json() - read what was stored
 * @json: the file
 * @ret: one reference
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int distributor_from_json(const json_t *json, struct distributor **ret)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	const char *url, *ca = NULL, *user, *certificate, *enrolment = "", *level = "";
	struct server_identity identity;
	int err = cask_json_string(json, "ca", REQUEST_CA_MAX, &ca);

	/* An older caskd did not write them. */
	cask_json_string(json, "enrolment", SERVER_WORD_MAX, &enrolment);
	cask_json_string(json, "level", SERVER_WORD_MAX, &level);
	if ((err && err != -ENOENT) ||
	    cask_json_string(json, "url", REQUEST_URL_MAX - 1, &url) ||
	    cask_json_string(json, "user", SERVER_USER_MAX, &user) ||
	    cask_json_string(json, "certificate", SERVER_CERTIFICATE_MAX, &certificate) ||
	    cask_json_hex(json, "device_id", identity.device_id, sizeof(identity.device_id)))
		return -EINVAL;
	d = distributor_new(url, ca, json_object_get(json, "distributor"));
	if (!d)
		return -EINVAL;
	snprintf(identity.user, sizeof(identity.user), "%s", user);
	snprintf(identity.enrolment, sizeof(identity.enrolment), "%s", enrolment);
	snprintf(identity.level, sizeof(identity.level), "%s", level);
	identity.certificate = (char *)certificate;
	if (distributor_identify(d, &identity))
		return -ENOMEM;
	*ret = steal_ptr(&d);
	return 0;
}

/**
 * distributor_install() - make it an anchor of the module
 * @d: any
 * @p: on failure; server-answer when the module reads another issuer out of
 *	its statements than the server named
 *
 * Return: 0 or -1.
 */
int distributor_install(const struct distributor *d, struct problem *p)
{
	const struct server_bundle *b = &d->bundle;
	struct netlink_blob key = { b->provisioning_key, b->provisioning_key_size };
	struct netlink_blob grant = { b->grant, b->grant_size };
	struct netlink_blob scope = { b->scope, b->scope_size };
	uint8_t issuer[CASK_KID_SIZE];

	if (netlink_anchor_add(&key, &grant, &scope, issuer, p))
		return -1;
	if (memcmp(issuer, b->issuer, sizeof(issuer)))
		return problem_set(p, 502, "server-answer",
				   "the server names another issuer than its statements");
	return 0;
}

/**
 * distributor_place() - where signed requests go
 * @d: registered; must outlive @ret_place
 * @ret_place: for request.h and server.h
 * @p: not-registered when the device's key is not the one that registered
 *
 * Return: 0 or -1.
 */
int distributor_place(struct distributor *d, struct request_place *ret_place,
		      struct problem *p)
{
	struct agent_device device;

	if (agent_device(&device, p))
		return -1;
	if (memcmp(device.id, d->device_id, sizeof(device.id)))
		return problem_set(p, 409, "not-registered",
				   "the device has a new key since it registered with %s: "
				   "register again", d->bundle.name);
	*ret_place = (struct request_place){
		.url = d->url, .ca = d->ca, .issuer = d->bundle.issuer,
		.device_id = d->device_id, .skew = &d->skew,
	};
	return 0;
}

/**
 * distributor_refresh() - fetch and install its statements anew
 * @d: registered
 * @ret: a copy with the new statements, one reference; to be stored
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int distributor_refresh(struct distributor *d, struct distributor **ret, struct problem *p)
{
	struct request_place place = { .url = d->url, .ca = d->ca };
	_cleanup_distributor_ struct distributor *fresh = NULL;
	struct server_identity identity = { .certificate = d->certificate };
	struct server_bundle bundle;

	if (server_distributor(&place, &bundle, p))
		return -1;
	fresh = distributor_new(d->url, d->ca, bundle.json);
	server_bundle_clear(&bundle);
	memcpy(identity.device_id, d->device_id, sizeof(identity.device_id));
	memcpy(identity.user, d->user, sizeof(identity.user));
	memcpy(identity.enrolment, d->enrolment, sizeof(identity.enrolment));
	memcpy(identity.level, d->level, sizeof(identity.level));
	if (!fresh || distributor_identify(fresh, &identity))
		return problem_set(p, 500, "internal-error", "out of memory");
	if (memcmp(fresh->bundle.issuer, d->bundle.issuer, CASK_KID_SIZE))
		return problem_set(p, 502, "server-answer",
				   "the server belongs to another distributor now");
	if (distributor_install(fresh, p))
		return -1;
	atomic_store(&fresh->skew, atomic_load(&d->skew));
	*ret = steal_ptr(&fresh);
	return 0;
}
