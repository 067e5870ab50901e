// SPDX-License-Identifier: GPL-2.0
/*
 * word.c - hear from a distributor how late it is, for licenses that open only so often without
 * word from it, and which EKBs it has now, for contents with their key in the header.
 */
#include <stdlib.h>

#include "leaves.h"
#include "log.h"
#include "netlink.h"
#include "refresh.h"
#include "server.h"
#include "word.h"

/* The signing key may be newer than what the module knows of the distributor. */
static int bring(struct distributor *d, const struct netlink_blob *statement, struct problem *p)
{
	if (!netlink_time(statement, p))
		return 0;
	if (!refresh_may_help(p) || refresh_distributor(d))
		return -1;
	return netlink_time(statement, p);
}

/**
 * word_hear() - ask a distributor how late it is, and bring its answer to the module, and EKBs
 * @d: registered
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int word_hear(struct distributor *d, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob statement;
	struct request_place place;
	struct problem other;
	int more;

	if (distributor_place(d, &place, p) || server_time(&place, &data, &statement.size, p))
		return -1;
	statement.data = data;
	if (bring(d, &statement, p))
		return -1;
	/* It is another matter whether that word came. */
	more = leaves_fetch(d, LEAVES_SECONDS, &other);
	if (more)
		cask_notice("%s: %s", d->bundle.name, other.detail);
	if (more > 0)
		refresh_look();
	return 0;
}
