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
#include <pthread.h>
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
		   struct holding *ret, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t waiting = find_waiting(request, ret);
	struct netlink_blob statement;
	struct holding h, old;
	int result;

	if (waiting) {
		result = try_again(d, owner, ret, p);
		/* What turns out to be gone for good is no answer. */
		if (result || !may_be_followed(ret, waiting))
			return result;
		old = *ret;
	}
	if (check_room(owner, p) || ask_license(d, request, &data, &statement.size, &h, p))
		return -1;
	statement.data = data;
	result = keep(d, &statement, owner, &h, p);
	if (!result) {
		pending_end(request);
		if (waiting && old.error == EKEYREJECTED && !h.error)
			replace(&old);
		*ret = h;
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

static bool is_other(const struct pending *request, const char *term, uint32_t quantity, uint64_t price)
{
	return request->price != price || request->quantity != quantity || strcmp(request->term, term);
}

/* Whether the refusal was of what only the call before us wanted, or of a price that only that agreed to. */
static bool refused_other(const struct pending *request, const struct acquire_wish *wish, int result,
			  const struct problem *p)
{
	return result && request->again && p->settled == SETTLED &&
	       is_other(request, wish->term, wish->quantity, wish->price);
}

static int acquire_once(struct distributor *d, const struct acquire_wish *wish,
			struct holding *ret, bool *ret_came_before, struct problem *p)
{
	_cleanup_pending_ struct pending request = {
		.machine = !wish->owner, .owner = wish->owner ? *wish->owner : 0,
		.quantity = wish->quantity, .price = wish->price,
		.user = wish->user, .session = wish->session,
	};
	int result;

	memcpy(request.issuer, d->bundle.issuer, sizeof(request.issuer));
	memcpy(request.content_id, wish->content_id, sizeof(request.content_id));
	strcpy(request.term, wish->term);
	result = acquire(d, &request, wish->owner, ret, p);
	*ret_came_before = came_before(&request, result, ret, p) ||
			   refused_other(&request, wish, result, p);
	return result;
}

/**
 * acquire_license() - get a license for a content
 * @d: whose content it is
 * @wish: for what and whom, with which term and at which price
 * @ret: the license; its error is an errno when it cannot be installed yet
 * @p: on failure; what is unsettled then is asked for again by the same call of the same user,
 *	also after a restart, with the term and at the price that was agreed to then
 *
 * One that is here already and waits for something is not asked for again, but tried again. One
 * that the module does not believe is kept until another is there that it does.
 *
 * Return: 0 or -1.
 */
int acquire_license(struct distributor *d, const struct acquire_wish *wish, struct holding *ret,
		    struct problem *p)
{
	bool came_before;
	int result = acquire_once(d, wish, ret, &came_before, p);

	/* This call wants another. Once: the request may be there again, where none can be removed. */
	return came_before ? acquire_once(d, wish, ret, &came_before, p) : result;
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

static int renew_once(struct distributor *d, const struct renewal_wish *wish, struct holding *ret,
		      bool *ret_came_before, struct problem *p)
{
	const struct holding *old = wish->license;
	_cleanup_pending_ struct pending request = {
		.machine = old->machine, .owner = old->owner, .renews = true,
		.price = wish->price, .quantity = wish->quantity,
		.user = wish->user, .session = wish->session,
	};
	bool had = false;
	int result;

	memcpy(request.issuer, old->issuer, sizeof(request.issuer));
	memcpy(request.content_id, old->content_id, sizeof(request.content_id));
	memcpy(request.license_id, old->license_id, sizeof(request.license_id));
	strcpy(request.term, wish->term);
	result = renew(d, &request, old, ret, &had, p);
	/* What the call before us brought, or was refused, is not what this one wants. */
	*ret_came_before = request.again && (result ? is_other(&request, wish->term, wish->quantity,
								 wish->price) : had);
	return result || !had ? result :
	       *ret_came_before ? 0 : problem_set(p, 502, "server-answer", "the server renewed nothing");
}

static int renew_twice(struct distributor *d, const struct renewal_wish *wish, struct holding *ret,
		       struct problem *p)
{
	bool came_before;
	int result = renew_once(d, wish, ret, &came_before, p);

	return came_before ? renew_once(d, wish, ret, &came_before, p) : result;
}

/**
 * struct renewing - a renewal that is under way
 * @wish: what it is
 * @ended: what follows is known, and it is in the list no more
 * @watchers: threads that still look at this
 * @result: of it
 * @license: if that is 0
 * @problem: if not
 * @next: of the others
 */
struct renewing {
	const struct renewal_wish *wish;
	bool ended;
	unsigned int watchers;
	int result;
	struct holding license;
	struct problem problem;
	struct renewing *next;
};

/* One at a time of a license: two would be two requests, and both charged. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct renewing *list;
} renewals = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static struct renewing *find_renewing(const struct holding *h)
{
	struct renewing *r = renewals.list;

	while (r && (memcmp(r->wish->license->issuer, h->issuer, sizeof(h->issuer)) ||
		     memcmp(r->wish->license->license_id, h->license_id, sizeof(h->license_id))))
		r = r->next;
	return r;
}

static bool is_same_user(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_wish(const struct renewal_wish *a, const struct renewal_wish *b)
{
	return a->price == b->price && a->quantity == b->quantity && !strcmp(a->term, b->term) &&
	       is_same_user(a->user, b->user);
}

/* Until no other of the license is under way; with the result, if one was just this. Under the lock. */
static bool wait_for_others(const struct renewal_wish *wish, struct renewing *ret)
{
	struct renewing *other;

	while ((other = find_renewing(wish->license))) {
		bool same = is_same_wish(other->wish, wish);

		other->watchers++;
		while (!other->ended)
			pthread_cond_wait(&renewals.changed, &renewals.lock);
		if (same)
			*ret = *other;
		if (!--other->watchers)
			pthread_cond_broadcast(&renewals.changed);
		if (same)
			return true;
	}
	return false;
}

/* Under the lock; nobody looks at it any more then. */
static void end(struct renewing *r)
{
	struct renewing **at = &renewals.list;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	r->ended = true;
	pthread_cond_broadcast(&renewals.changed);
	while (r->watchers)
		pthread_cond_wait(&renewals.changed, &renewals.lock);
}

/**
 * acquire_renewal() - have a license renewed
 * @d: whose it is
 * @wish: which license, with which term, and at which price
 * @ret: the license as it is then; its error is an errno when it cannot be installed yet
 * @p: on failure; what is unsettled then is asked for again by the same user's next renewal of the
 *	license, also after a restart, with the term and at the price that was agreed to then
 *
 * What is asked for while the same is under way is that, and not another. Return: 0 or -1.
 */
int acquire_renewal(struct distributor *d, const struct renewal_wish *wish, struct holding *ret,
		    struct problem *p)
{
	struct renewing own = { .wish = wish };

	pthread_mutex_lock(&renewals.lock);
	if (!wait_for_others(wish, &own)) {
		own.next = renewals.list;
		renewals.list = &own;
		pthread_mutex_unlock(&renewals.lock);
		own.result = renew_twice(d, wish, &own.license, &own.problem);
		pthread_mutex_lock(&renewals.lock);
		end(&own);
	}
	pthread_mutex_unlock(&renewals.lock);
	if (own.result)
		*p = own.problem;
	else
		*ret = own.license;
	return own.result;
}

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
		  struct holding *ret, struct problem *p)
{
	_cleanup_pending_ struct pending request = {
		.machine = true, .class = true, .owner = asker,
	};

	memcpy(request.issuer, d->bundle.issuer, sizeof(request.issuer));
	memcpy(request.content_id, class_id, sizeof(request.content_id));
	return find_class(&request, ret) ? 0 : acquire(d, &request, NULL, ret, p);
}
