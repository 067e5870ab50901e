// SPDX-License-Identifier: GPL-2.0
/*
 * reanchor.c - when records of the secure area were lost: have their distributors say that
 * they know.
 *
 * Nothing is kept of it here: the module gives the same nonce as long as it waits for
 * the answer, and the server the same answer to that. caskd does it by itself, since
 * nothing counts before, and a distributor that wants to be asked first says so
 * (reanchor-waits).
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "netlink.h"
#include "reanchor.h"
#include "refresh.h"
#include "restore.h"

/**
 * reanchor_may_help() - whether the module refused because of records that were lost
 * @p: its refusal
 */
bool reanchor_may_help(const struct problem *p)
{
	return !strcmp(p->code, "kernel") && p->error == EUCLEAN;
}

/**
 * reanchor_is_wanted() - whether records of a distributor were lost, as far as is known
 * @d: which
 *
 * Return: true when the module, the last time it used the secure area, found it so.
 */
bool reanchor_is_wanted(const struct distributor *d)
{
	struct netlink_anchor anchor;
	struct problem p;

	return !netlink_anchor_get(d->bundle.issuer, &anchor, &p) && anchor.lost;
}

/* The signing key may be newer than what the module knows of the distributor. */
static int bring(struct distributor *d, const struct netlink_blob *statement, struct problem *p)
{
	uint8_t issuer[CASK_KID_SIZE];

	/* Who asked at the same time may have been faster. */
	if (!netlink_reanchor(statement, issuer, p) || p->error == EALREADY)
		return 0;
	if (!refresh_may_help(p) || refresh_distributor(d))
		return -1;
	return netlink_reanchor(statement, issuer, p);
}

/**
 * reanchor_distributor() - have a distributor's records begin anew
 * @d: registered
 * @p: on failure; of the module EALREADY when none were lost
 *
 * What could not be installed for that is tried again. Return: 0 or -1.
 */
int reanchor_distributor(struct distributor *d, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint8_t nonce[CASK_NONCE_SIZE];
	struct netlink_blob statement;
	struct request_place place;

	if (distributor_place(d, &place, p) || netlink_reanchor_nonce(d->bundle.issuer, nonce, p) ||
	    server_reanchor(&place, nonce, &data, &statement.size, p))
		return -1;
	statement.data = data;
	if (bring(d, &statement, p))
		return -1;
	cask_notice("%s: records were lost, and it goes on without", d->bundle.name);
	restore_issuer(d->bundle.issuer);
	return 0;
}

/**
 * reanchor_mends() - have them begin anew, if they have not meanwhile
 * @d: registered
 * @p: when false is returned: why not
 *
 * Return: whether nothing of the distributor's is lost now.
 */
bool reanchor_mends(struct distributor *d, struct problem *p)
{
	return !reanchor_distributor(d, p) || (!strcmp(p->code, "kernel") && p->error == EALREADY);
}
