// SPDX-License-Identifier: GPL-2.0
/*
 * acquire.c - get a license from a distributor, keep it, have it installed.
 *
 * It is on disk before the module sees it: what was granted, and perhaps paid
 * for, must not be lost in between. What the module will never take is removed
 * again.
 */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "log.h"
#include "server.h"
#include "store.h"

static int check(const struct distributor *d, const uint8_t content_id[CASK_ID_SIZE],
		 const struct holding *h, struct problem *p)
{
	if (memcmp(h->issuer, d->bundle.issuer, sizeof(h->issuer)) ||
	    memcmp(h->content_id, content_id, sizeof(h->content_id)))
		return problem_set(p, 502, "server-answer",
				   "the server sent another license than was asked for");
	return 0;
}

/* The signing key may be newer than what we know of the distributor. */
static bool wants_refresh(const struct problem *p)
{
	return !strcmp(p->code, "kernel") &&
	       (p->error == ENOKEY || p->error == EKEYEXPIRED || p->error == EKEYREJECTED);
}

static int refresh(struct distributor *d)
{
	_cleanup_distributor_ struct distributor *fresh = NULL;
	struct problem p;

	if (distributor_refresh(d, &fresh, &p)) {
		cask_notice("%s: %s", d->bundle.name, p.detail);
		return -1;
	}
	return store_put_distributor(fresh);
}

static int install(struct distributor *d, const struct netlink_blob *statement,
		   const uint32_t *owner, struct problem *p)
{
	struct netlink_license added;

	if (!netlink_license_add(statement, owner, &added, p))
		return 0;
	if (!wants_refresh(p) || refresh(d))
		return -1;
	return netlink_license_add(statement, owner, &added, p);
}

/* Not now, but perhaps later: not begun yet, or the module has just gone. */
static bool may_pass(const struct problem *p)
{
	return strcmp(p->code, "kernel") || p->error == ETIME;
}

static int keep(struct distributor *d, const struct netlink_blob *statement,
		const uint32_t *owner, struct holding *h, struct problem *p)
{
	int err = store_put_license(h, statement->data, statement->size);

	if (err)
		return problem_store(p, -err, "keeping the license");
	if (!install(d, statement, owner, p))
		return 0;
	if (may_pass(p)) {
		h->error = p->error;
		store_note_license(h, h->error);
		return 0;
	}
	err = store_remove_license(h);
	if (err)
		cask_warn("removing a refused license: %s", strerror(-err));
	return -1;
}

/**
 * acquire_license() - get a license for a content
 * @d: whose content it is
 * @content_id: which
 * @owner: uid, or NULL for the machine
 * @ret: the license; its error is an errno when it cannot be installed yet
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int acquire_license(struct distributor *d, const uint8_t content_id[CASK_ID_SIZE],
		    const uint32_t *owner, struct holding *ret, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob statement;
	struct request_place place;
	struct holding h;

	if (distributor_place(d, &place, p) ||
	    server_license_new(&place, content_id, &data, &statement.size, p))
		return -1;
	statement.data = data;
	if (holding_read(data, statement.size, &h))
		return problem_set(p, 502, "server-answer", "the server sent no license");
	if (check(d, content_id, &h, p))
		return -1;
	h.machine = !owner;
	h.owner = owner ? *owner : 0;
	if (keep(d, &statement, owner, &h, p))
		return -1;
	*ret = h;
	return 0;
}
