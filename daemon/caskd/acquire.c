// SPDX-License-Identifier: GPL-2.0
/*
 * acquire.c - get a license from a distributor, keep it, have it installed.
 *
 * It is on disk before the module sees it: what was granted, and perhaps paid
 * for, must not be lost in between. What no module will ever take is removed
 * again; what it does not take now is tried again (refresh.c, and here). Until it is
 * on disk the request for it is (ask.c).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "api.h"
#include "ask.h"
#include "log.h"
#include "reanchor.h"
#include "refresh.h"
#include "restore.h"
#include "store.h"
#include "synchronise.h"
#include "turn.h"

/* Whether too many steps were lost, or the module never heard of the series. */
static bool is_out_of_step(const struct problem *p)
{
	return !strcmp(p->code, "kernel") && p->error == EL2NSYNC;
}

/* Whether what the module refused may be tried again: what it lacked has been got. */
static bool mend(struct distributor *d, const struct problem *p)
{
	struct problem why;

	if (reanchor_may_help(p))
		return reanchor_mends(d, &why);
	if (is_out_of_step(p))
		return !synchronise_distributor(d, &why);
	return refresh_may_help(p) && !refresh_distributor(d);
}

/* The signing key may be newer than what we know of the distributor. */
static int install(struct distributor *d, const struct netlink_blob *statement,
		   const uint32_t *owner, struct problem *p)
{
	struct netlink_license added;

	if (!netlink_license_add(statement, owner, &added, p))
		return 0;
	if (!mend(d, p))
		return -1;
	if (!netlink_license_add(statement, owner, &added, p))
		return 0;
	/* Of what goes on now it is none: its series was given up, with the records that were lost. */
	if (is_out_of_step(p))
		p->error = ESTALE;
	return -1;
}

/*
 * Whether no module will ever take it on this device. Only what is listed here is given
 * up: it was granted, and perhaps paid for, and memory, network, a newer module or
 * another kernel may come.
 */
static bool is_hopeless(const struct holding *h)
{
	switch (h->error) {
	case EINVAL:
	case EXDEV:
	case EBADMSG:
	case EKEYREVOKED:	/* it installs once, and did, or nobody asked for it */
	case ESTALE:		/* its step comes too late */
		return true;
	case EKEYEXPIRED:
		/* Its own time, or its distributor's? */
		return h->not_after && h->not_after <= (uint64_t)time(NULL);
	default:
		return false;
	}
}

/* Have the module take what is on disk; @h->error is what it says. */
static void try(struct distributor *d, const struct netlink_blob *statement,
		const uint32_t *owner, struct holding *h, struct problem *p)
{
	h->error = install(d, statement, owner, p) ? p->error : 0;
}

static void note(const struct holding *h)
{
	restore_note(h, h->error);
	if (h->error)
		refresh_wake();
}

static int put(const struct holding *h, const struct netlink_blob *statement, bool *ret_had,
	       struct problem *p)
{
	int ret = store_put_license(h, statement->data, statement->size);

	*ret_had = ret == STORE_HAD_IT;
	if (ret == -EEXIST)
		return problem_set(p, 502, "server-answer",
				   "the server sent a license under the id of another");
	return ret < 0 ? problem_store(p, -ret, "keeping the license") : 0;
}

static int keep(struct distributor *d, const struct netlink_blob *statement,
		const uint32_t *owner, struct holding *h, struct problem *p)
{
	bool had;
	int err;

	if (put(h, statement, &had, p))
		return -1;
	try(d, statement, owner, h, p);
	if (had || !is_hopeless(h)) {
		note(h);
		return 0;
	}
	err = store_remove_license(h);
	if (err)
		cask_warn("removing a refused license: %s", strerror(-err));
	return -1;
}

/* Whether it is what is asked for, and the module may still take it. */
static bool is_waiting(const struct holding *h, const struct pending *request)
{
	return h->error && !is_hopeless(h) && h->machine == request->machine &&
	       (h->machine || h->owner == request->owner) &&
	       !memcmp(h->issuer, request->issuer, sizeof(h->issuer)) &&
	       !memcmp(h->content_id, request->content_id, sizeof(h->content_id)) &&
	       (!request->class || h->operations == CASK_OPERATION_MEDIUM);
}

/* Returns how many are here; the one to try again is one that the module did not disbelieve, if any. */
static size_t find_waiting(const struct pending *request, struct holding *ret)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0, found = 0;

	if (store_list_licenses(&list, &count))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (is_waiting(&list[i], request) && (!found++ || ret->error == EKEYREJECTED))
			*ret = list[i];
	return found;
}

/*
 * Whether another license may do what this one does not. What was not believed is followed by
 * one other: where that is not believed either, the fault is not theirs.
 */
static bool may_be_followed(const struct holding *h, size_t waiting)
{
	return is_hopeless(h) || (h->error == EKEYREJECTED && waiting == 1);
}

static int try_again(struct distributor *d, const uint32_t *owner, struct holding *h,
		     struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob statement;
	int err = store_read_license(h, &data, &statement.size);

	if (err)
		return problem_store(p, -err, "reading the license that is here");
	statement.data = data;
	try(d, &statement, owner, h, p);
	note(h);
	return 0;
}

static int check_room(const uint32_t *owner, struct problem *p)
{
	switch (store_room(owner)) {
	case 0:
		return 0;
	case -EDQUOT:
		return problem_set(p, 507, "too-many-licenses",
				   "you have %d licenses, and may not have more: remove some",
				   STORE_LICENSES_OF_USER);
	default:
		return problem_set(p, 507, "too-many-licenses",
				   "this machine holds as many licenses as it can");
	}
}

/* What it takes the place of was never believed; it opened nothing. */
static void replace(const struct holding *old)
{
	int err = store_remove_license(old);

	if (err)
		cask_warn("removing a license that was not believed: %s", strerror(-err));
}

static int acquire(struct distributor *d, struct pending *request, const uint32_t *owner,
		   struct acquired *ret, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t waiting = find_waiting(request, &ret->license);
	struct netlink_blob statement;
	struct holding h, old;
	int result;

	if (waiting) {
		result = try_again(d, owner, &ret->license, p);
		/* What turns out to be gone for good is no answer. */
		ret->waited = !may_be_followed(&ret->license, waiting);
		if (result || ret->waited)
			return result;
		old = ret->license;
	}
	if (check_room(owner, p) || ask_license(d, request, &data, &statement.size, &h, p))
		return -1;
	statement.data = data;
	result = keep(d, &statement, owner, &h, p);
	if (!result) {
		pending_end(request);
		if (waiting && old.error == EKEYREJECTED && !h.error)
			replace(&old);
		ret->license = h;
	} else if (strcmp(p->code, "store")) {
		/* A license that is on no disk is to be had by the same request only. */
		ask_give_up(request);
	}
	return result;
}

/* Whether the answer was to a call before us, and what it granted has been used up or removed. */
static bool came_before(const struct pending *request, int result, const struct holding *h,
			const struct problem *p)
{
	int error = result ? p->error : h->error;

	return request->again && error == EKEYREVOKED && (!result || !strcmp(p->code, "kernel"));
}

/* Say so where it is not what this call wanted. At which price is no matter: it is paid. */
static void tell_other(const struct pending *request, const struct pending *wanted, struct acquired *ret)
{
	ret->other = request->again && (request->quantity != wanted->quantity ||
					strcmp(request->term, wanted->term));
	ret->quantity = request->quantity;
	strcpy(ret->term, request->term);
}

static struct pending request_of(const struct distributor *d, const struct acquire_wish *wish)
{
	struct pending request = {
		.machine = !wish->owner, .owner = wish->owner ? *wish->owner : 0,
		.quantity = wish->quantity, .price = wish->price,
		.user = wish->user, .session = wish->session,
	};

	memcpy(request.issuer, d->bundle.issuer, sizeof(request.issuer));
	memcpy(request.content_id, wish->content_id, sizeof(request.content_id));
	strcpy(request.term, wish->term);
	return request;
}

static int acquire_once(struct turn *turn, struct distributor *d, const uint32_t *owner,
			bool *ret_came_before)
{
	_cleanup_pending_ struct pending request = turn->wanted;
	int result = acquire(d, &request, owner, &turn->got, &turn->problem);

	*ret_came_before = came_before(&request, result, &turn->got.license, &turn->problem) ||
			   (result && ask_refused_other(&request, &turn->wanted, &turn->problem));
	if (!result)
		tell_other(&request, &turn->wanted, &turn->got);
	return result;
}

static int acquire_twice(struct turn *turn, struct distributor *d, const uint32_t *owner)
{
	bool came_before;
	int result = acquire_once(turn, d, owner, &came_before);

	/* This call wants another. Once: the request may be there again, where none can be removed. */
	return came_before ? acquire_once(turn, d, owner, &came_before) : result;
}

/**
 * acquire_license() - get a license for a content
 * @d: whose content it is
 * @wish: for what and whom, with which term and at which price
 * @ret: the license, and whether another call asked for it
 * @p: on failure; what is unsettled then is asked for again by the same call of the same user,
 *	also after a restart, with the term and at the price that was agreed to then
 *
 * One that is here already and waits for something is not asked for again, but tried again. One
 * that the module does not believe is kept until another is there that it does. What is asked for
 * while the same is under way is that, and not another.
 *
 * Return: 0 or -1.
 */
int acquire_license(struct distributor *d, const struct acquire_wish *wish, struct acquired *ret,
		    struct problem *p)
{
	struct turn turn = { .wanted = request_of(d, wish) };

	if (turn_begin(&turn)) {
		turn.result = acquire_twice(&turn, d, wish->owner);
		turn_end(&turn);
	}
	return turn_result(&turn, ret, p);
}

/**
 * acquire_here() - have the module take a license for a content that is here, and waits for something
 * @d: whose content it is
 * @wish: for what and whom; the rest says nothing
 * @ret: the license; its error is an errno when it cannot be installed yet
 * @p: on failure
 *
 * Nothing is asked for, and nothing is agreed to. Return: 0, or -1, also when there is none, or only
 * what another has to take the place of.
 */
int acquire_here(struct distributor *d, const struct acquire_wish *wish, struct acquired *ret,
		 struct problem *p)
{
	const struct pending request = request_of(d, wish);
	size_t waiting = find_waiting(&request, &ret->license);

	if (waiting && try_again(d, wish->owner, &ret->license, p))
		return -1;
	/* What is not believed is none, however many of it there are. */
	ret->waited = waiting && !may_be_followed(&ret->license, 1);
	return ret->waited ? 0 : problem_set(p, 404, "license-unknown",
					     "no license for it waits here to be installed");
}

/* --- renewal --- */

/* On disk, beside what was there, and in the module; what that will never take gives way to what was there. */
static int keep_renewed(struct distributor *d, const struct netlink_blob *statement,
			const struct holding *old, struct holding *h, bool *ret_had,
			struct problem *p)
{
	int err;

	if (put(h, statement, ret_had, p))
		return -1;
	try(d, statement, h->machine ? NULL : &h->owner, h, p);
	if (*ret_had || !is_hopeless(h)) {
		note(h);
		return 0;
	}
	err = store_put_back(old);
	if (err)
		cask_warn("putting a license back: %s", strerror(-err));
	return -1;
}

static int renew(struct distributor *d, struct pending *request, const struct holding *old,
		 struct holding *ret, bool *ret_had, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob statement;
	struct holding h;
	int result;

	if (ask_license(d, request, &data, &statement.size, &h, p))
		return -1;
	statement.data = data;
	result = keep_renewed(d, &statement, old, &h, ret_had, p);
	if (!result) {
		pending_end(request);
		*ret = h;
	} else if (strcmp(p->code, "store")) {
		ask_give_up(request);
	}
	return result;
}

static struct pending renewal_of(const struct renewal_wish *wish)
{
	const struct holding *old = wish->license;
	struct pending request = {
		.machine = old->machine, .owner = old->owner, .renews = true,
		.price = wish->price, .quantity = wish->quantity,
		.user = wish->user, .session = wish->session,
	};

	memcpy(request.issuer, old->issuer, sizeof(request.issuer));
	memcpy(request.content_id, old->content_id, sizeof(request.content_id));
	memcpy(request.license_id, old->license_id, sizeof(request.license_id));
	strcpy(request.term, wish->term);
	return request;
}

static int renew_once(struct turn *turn, struct distributor *d, const struct holding *old,
		      bool *ret_came_before)
{
	_cleanup_pending_ struct pending request = turn->wanted;
	bool had = false;
	int result = renew(d, &request, old, &turn->got.license, &had, &turn->problem);

	/* What the call before us brought, or was refused, is not what this one wants. */
	*ret_came_before = request.again && (result ? ask_is_other(&request, &turn->wanted) : had);
	if (!result)
		tell_other(&request, &turn->wanted, &turn->got);
	return result || !had || *ret_came_before ? result :
	       problem_set(&turn->problem, 502, "server-answer", "the server renewed nothing");
}

static int renew_twice(struct turn *turn, struct distributor *d, const struct holding *old)
{
	bool came_before;
	int result = renew_once(turn, d, old, &came_before);

	return came_before ? renew_once(turn, d, old, &came_before) : result;
}

/**
 * acquire_renewal() - have a license renewed
 * @d: whose it is
 * @wish: which license, with which term, and at which price
 * @ret: the license as it is then, and whether another call asked for that
 * @p: on failure; what is unsettled then is asked for again by the same user's next renewal of the
 *	license, also after a restart, with the term and at the price that was agreed to then
 *
 * What is asked for while the same is under way is that, and not another. Return: 0 or -1.
 */
int acquire_renewal(struct distributor *d, const struct renewal_wish *wish, struct acquired *ret,
		    struct problem *p)
{
	struct turn turn = { .wanted = renewal_of(wish) };

	if (turn_begin(&turn)) {
		turn.result = renew_twice(&turn, d, wish->license);
		turn_end(&turn);
	}
	return turn_result(&turn, ret, p);
}

/* --- classes of media --- */

/* A license of a class that is here, and opens media now. */
static bool find_class(const struct pending *request, struct holding *ret)
{
	_cleanup_free_ struct holding *list = NULL;
	struct netlink_license in_module;
	uint64_t now = time(NULL);
	struct problem p;
	size_t count = 0;

	if (store_list_licenses(&list, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct holding *h = &list[i];

		if (!h->machine || h->operations != CASK_OPERATION_MEDIUM ||
		    memcmp(h->issuer, request->issuer, sizeof(h->issuer)) ||
		    memcmp(h->content_id, request->content_id, sizeof(h->content_id)) ||
		    (h->not_after && h->not_after <= now) ||
		    netlink_license_get(h->issuer, h->license_id, &in_module, &p))
			continue;
		*ret = *h;
		return true;
	}
	return false;
}

/**
 * acquire_class() - get the license of a class of media, for the machine
 * @d: whose class it is
 * @class_id: which
 * @asker: uid
 * @ret: the license; its error is an errno when it cannot be installed yet
 * @p: on failure
 *
 * Whoever may use media may ask: it opens no content. What turns out to be of a content
 * is not kept.
 *
 * Return: 0 or -1.
 */
int acquire_class(struct distributor *d, const uint8_t class_id[CASK_ID_SIZE], uint32_t asker,
		  struct acquired *ret, struct problem *p)
{
	_cleanup_pending_ struct pending request = {
		.machine = true, .class = true, .owner = asker,
	};

	memcpy(request.issuer, d->bundle.issuer, sizeof(request.issuer));
	memcpy(request.content_id, class_id, sizeof(request.content_id));
	return find_class(&request, &ret->license) ? 0 : acquire(d, &request, NULL, ret, p);
}
