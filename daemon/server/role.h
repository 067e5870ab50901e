/* SPDX-License-Identifier: GPL-2.0 */
/*
 * role.h - what cask-server can be: one folder for each role, any of them in
 * one process.
 */
#ifndef CASK_ROLE_H
#define CASK_ROLE_H

#include "http.h"
#include "server.h"

#define ROLE_ROUTES_MAX 64	/* of all roles together */

/**
 * struct role - a part of the server
 * @name: as in the configuration
 * @routes: what it answers
 * @route_count: of @routes
 * @needs_vault: unwraps secrets while it serves, not only when it starts
 * @start: loads the keys it needs, checks what it needs; 0 or -errno, logged
 */
struct role {
	const char *name;
	const struct cask_http_route *routes;
	size_t route_count;
	bool needs_vault;
	int (*start)(struct server *server);
};

extern const struct role role_license;
extern const struct role role_contents;
extern const struct role role_billing;

#endif /* CASK_ROLE_H */
