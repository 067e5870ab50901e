// SPDX-License-Identifier: GPL-2.0
/*
 * role.c - the role "billing": statements, and the payment provider. Charging itself goes with
 * what is charged for, in the same transaction.
 */
#include "../role.h"
#include "provider.h"
#include "statement.h"

#define EVENT_BODY_MAX	4096

static const struct cask_http_route routes[] = {
	{ "GET", "/v1/statement", statement_get, 0 },
	{ "GET", "/v1/billing/charges", provider_get_charges, 0 },
	{ "POST", "/v1/billing/events", provider_post_event, EVENT_BODY_MAX },
};

const struct role role_billing = {
	.name = "billing",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.start = server_load_provider,
};
