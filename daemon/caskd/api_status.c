// SPDX-License-Identifier: GPL-2.0
/*
 * api_status.c - GET /v1/status: how module, device and distributors are.
 */
#include <errno.h>
#include <string.h>
#include <linux/cask_netlink.h>

#include "agent.h"
#include "api.h"
#include "delivery.h"
#include "json.h"
#include "reanchor.h"
#include "store.h"
#include "validity.h"

static json_t *signatures(uint32_t bits)
{
	json_t *list = json_array();

	if (bits & 1)
		json_array_append_new(list, json_string("RS256"));
	if (bits & 2)
		json_array_append_new(list, json_string("ES256"));
	return list;
}

static json_t *area(const struct agent_area *a)
{
	static const char *const states[] = {
		[CASK_AREA_STATE_CLOSED] = "closed", [CASK_AREA_STATE_OPEN] = "open",
		[CASK_AREA_STATE_UNSURE] = "unsure", [CASK_AREA_STATE_REFUSED] = "refused",
	};
	const char *state = a->state < ARRAY_SIZE(states) ? states[a->state] : "unknown";

	return json_pack("{ss sI si si}", "state", state, "counter", (json_int_t)a->counter,
			 "records", (int)a->records, "size", (int)a->size);
}

static json_t *device_json(const struct agent_device *device)
{
	/* An unknown number comes from a newer module; it is not less true for that. */
	const char *level = device->level == CASK_LEVEL_DEVELOPMENT ? "development" :
			    device->level == CASK_LEVEL_PRODUCTION ? "production" : "unknown";
	const char *root = device->root == CASK_ROOT_EPHEMERAL ? "ephemeral" :
			   device->root == CASK_ROOT_KEYRING ? "keyring" :
			   device->root == CASK_ROOT_TPM ? "tpm" : "unknown";
	/* The root that a TPM keeps comes with a counter of the TPM's; the others have none. */
	const char *anchor = device->root == CASK_ROOT_TPM ? "tpm" :
			     !strcmp(root, "unknown") ? "unknown" : "none";
	const char *boot = device->boot == CASK_BOOT_OPEN ? "open" :
			   device->boot == CASK_BOOT_LOCKDOWN ? "lockdown" : "unknown";

	return json_pack("{so so ss ss ss ss so so}", "id", cask_json_new_hex(device->id, sizeof(device->id)),
			 "key", cask_json_new_base64url(device->key, sizeof(device->key)),
			 "level", level, "root", root, "anchor", anchor, "boot", boot,
			 "signatures", signatures(device->signatures), "area", area(&device->area));
}

static json_t *module_json(const struct agent_device *device, const struct problem *p)
{
	json_t *json;

	if (device)
		return json_pack("{sb ss si}", "loaded", 1, "version", device->module_version,
				 "protocol", (int)device->protocol);
	/* Why not, in the words and codes of a problem. */
	json = json_pack("{sb sn sn ss ss}", "loaded", 0, "version", "protocol",
			 "code", p->code, "detail", p->detail);
	if (p->error)
		json_object_set_new(json, "errno", json_string(strerrorname_np(p->error)));
	return json;
}

/* Registered: with the key that this device has now. */
/* What waits for being reported, since when, and why if a try failed. */
static json_t *use_log_json(const struct distributor *d)
{
	struct delivery delivery;
	json_t *json;

	delivery_of(d, &delivery);
	json = json_pack("{si so sI}", "unreported", (int)delivery.entries, "since",
			 delivery.entries ? json_integer(delivery.since) : json_null(),
			 "reported", (json_int_t)delivery.reported);
	if (json && *delivery.code)
		json_object_set_new(json, "code", json_string(delivery.code));
	return json;
}

static json_t *distributor_json(const struct distributor *d, const struct agent_device *device)
{
	bool registered = device && !memcmp(device->id, d->device_id, sizeof(d->device_id));

	return json_pack("{so ss ss ss ss ss sb sb so sI so so}", "issuer",
			 cask_json_new_hex(d->bundle.issuer, CASK_KID_SIZE),
			 "name", d->bundle.name, "url", d->url, "user", d->user,
			 "enrolment", d->enrolment, "level", d->level, "registered", registered,
			 "lost", device && reanchor_is_wanted(d), "use_log", use_log_json(d),
			 "skew", (json_int_t)atomic_load(&d->skew),
			 "scope", validity_of_scope(d->bundle.scope, d->bundle.scope_size),
			 "certificate", validity_of_certificate(d->certificate));
}

static json_t *store_json(void)
{
	struct store_health health;
	json_t *json;

	store_check(&health);
	json = json_pack("{ss sb sI}", "path", health.path, "writable", !health.error,
			 "free", (json_int_t)health.free);
	if (health.error)
		json_object_set_new(json, "errno", json_string(strerrorname_np(health.error)));
	return json;
}

static json_t *distributors_json(const struct agent_device *device)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	json_t *array = json_array();
	size_t count = 0;

	store_list_distributors(list, &count);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(array, distributor_json(list[i], device));
		distributor_unref(list[i]);
	}
	return array;
}

/**
 * api_status() - GET /v1/status
 * @rq: from anyone
 *
 * Return: 200, whatever the state.
 */
struct cask_reply *api_status(struct cask_http_request *rq)
{
	struct agent_device device, *known = NULL;
	struct problem p = { 0 };

	if (!agent_device(&device, &p))
		known = &device;
	return cask_reply_json(200, json_pack("{ss so so so so}", "version", CASK_VERSION,
					      "store", store_json(), "module", module_json(known, &p),
					      "device", known ? device_json(known) : json_null(),
					      "distributors", distributors_json(known)));
}
