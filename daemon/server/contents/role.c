// SPDX-License-Identifier: GPL-2.0
/*
 * role.c - the contents server: catalogue and files.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../role.h"
#include "download.h"
#include "log.h"

static const struct cask_http_route routes[] = {
	{ "GET", "/v1/catalogue", download_catalogue, 0 },
	{ "GET", "/v1/contents/{id}", download_content, 0 },
};

static int start(struct server *server)
{
	if (!access(server->config.store, R_OK | X_OK))
		return 0;
	cask_err("%s: %m", server->config.store);
	return -errno;
}

const struct role role_contents = {
	.name = "contents",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.start = start,
};
