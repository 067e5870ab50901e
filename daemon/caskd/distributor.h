/* SPDX-License-Identifier: GPL-2.0 */
/*
 * distributor.h - a distributor that this device registered with.
 *
 * Immutable but for its clock, and counted: a request keeps its own reference
 * while another registers anew.
 */
#ifndef CASKD_DISTRIBUTOR_H
#define CASKD_DISTRIBUTOR_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "cleanup.h"
#include "problem.h"
#include "request.h"
#include "server.h"

/**
 * struct distributor - what is stored of it
 * @refs: references
 * @url: from request_url()
 * @ca: PEM, or NULL for the system's
 * @user: our name there
 * @enrolment: what its server took at registration; "" if it did not say
 * @level: what this device is worth to it; likewise
 * @certificate: PEM, of this device
 * @device_id: that registered
 * @bundle: what installs it in the module; its issuer is the name of it all
 * @skew: seconds that its clock is ahead of ours
 */
struct distributor {
	atomic_uint refs;
	char url[REQUEST_URL_MAX];
	char *ca;
	char user[SERVER_USER_MAX + 1];
	char enrolment[SERVER_WORD_MAX + 1];
	char level[SERVER_WORD_MAX + 1];
	char *certificate;
	uint8_t device_id[CASK_KID_SIZE];
	struct server_bundle bundle;
	_Atomic int64_t skew;
};

struct distributor *distributor_new(const char *url, const char *ca, json_t *bundle);
struct distributor *distributor_ref(struct distributor *d);
void distributor_unref(struct distributor *d);
int distributor_identify(struct distributor *d, const struct server_identity *identity);

json_t *distributor_to_json(const struct distributor *d);
int distributor_from_json(const json_t *json, struct distributor **ret);

int distributor_install(const struct distributor *d, struct problem *p);
int distributor_place(struct distributor *d, struct request_place *ret_place,
		      struct problem *p);
int distributor_refresh(struct distributor *d, struct distributor **ret, struct problem *p);

static inline void cleanup_distributor(struct distributor **d)
{
	distributor_unref(*d);
}
#define _cleanup_distributor_ _cleanup_(cleanup_distributor)

#endif /* CASKD_DISTRIBUTOR_H */
