// SPDX-License-Identifier: GPL-2.0
/*
 * media.c - get licenses that go onto media.
 *
 * They are not ours to install: who asked has the medium, and gives them to the kernel
 * by a descriptor of it. Until he says that this is done the answer is kept with the
 * request (pending.c), so that asking again, also after a crash on either side, brings
 * the same license and not another one.
 */
#include <errno.h>
#include <string.h>

#include "ask.h"
#include "media.h"
#include "parse.h"

static struct pending request_of(const struct media_wish *wish)
{
	struct pending request = { .owner = wish->owner, .medium = true, .locked = wish->locked,
				   .price = wish->price };

	memcpy(request.issuer, wish->issuer, sizeof(request.issuer));
	memcpy(request.content_id, wish->content_id, sizeof(request.content_id));
	memcpy(request.number, wish->number, sizeof(request.number));
	memcpy(request.class_id, wish->class_id, sizeof(request.class_id));
	memcpy(request.class_issuer, wish->class_issuer, sizeof(request.class_issuer));
	return request;
}

static bool is_for(const struct cask_slot_view *slot, const struct pending *request)
{
	return (slot->method == CASK_METHOD_MEDIUM || slot->method == CASK_METHOD_MEDIUM_DEVICE) &&
	       !memcmp(slot->key_id, request->class_id, CASK_ID_SIZE) &&
	       !memcmp(slot->key_id + CASK_ID_SIZE, request->number, CASK_MEDIUM_NUMBER_SIZE);
}

/* A server that knows no media would send a license for the device. */
static int check(const struct pending *request, const uint8_t *data, size_t size,
		 struct problem *p)
{
	struct cask_license_view license;
	struct cask_cose cose;

	if (cask_cose_parse(&cose, data, size) ||
	    cask_license_parse(&license, cose.payload.data, cose.payload.len))
		return problem_set(p, 502, "server-answer", "the server sent no license");
	for (unsigned int i = 0; i < license.slot_count; i++)
		if (is_for(&license.slots[i], request))
			return 0;
	return problem_set(p, 502, "server-answer",
			   "the server sent a license that is not for this medium");
}

/* @request: cleared by the caller */
static int get(struct distributor *d, struct pending *request, uint8_t **ret_statement, size_t *ret_size,
	       struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct holding h;
	size_t size;
	int err;

	if (ask_license(d, request, &data, &size, &h, p) || check(request, data, size, p))
		return -1;
	err = pending_answer(request, data, size);
	if (err)
		return problem_store(p, -err, "keeping the license");
	*ret_statement = steal_ptr(&data);
	*ret_size = size;
	return 0;
}

/**
 * media_license() - get a license for a medium
 * @d: whose content it is
 * @wish: for what; its issuer is that of @d
 * @ret_statement: LICENSE; the caller frees it
 * @ret_size: bytes of it
 * @p: on failure; what is unsettled then is asked for again by the same call,
 *	also after a restart, at the price that was agreed to then
 *
 * Return: 0 or -1.
 */
int media_license(struct distributor *d, const struct media_wish *wish, uint8_t **ret_statement,
		  size_t *ret_size, struct problem *p)
{
	const struct pending wanted = request_of(wish);
	_cleanup_pending_ struct pending before = wanted, own = wanted;

	if (!get(d, &before, ret_statement, ret_size, p))
		return 0;
	/* What was refused was the price of a call before; this one agrees to another. */
	return ask_refused_other(&before, &wanted, p) ? get(d, &own, ret_statement, ret_size, p) : -1;
}

/**
 * media_license_done() - what media_license() got is on the medium, or of no use
 * @wish: the same
 * @p: on failure
 *
 * Return: 0, also when nothing was kept; -1.
 */
int media_license_done(const struct media_wish *wish, struct problem *p)
{
	_cleanup_pending_ struct pending request = request_of(wish);
	int err = pending_find(&request);

	if (err == -ENOENT)
		return 0;
	if (err && err != -EINVAL)
		return problem_store(p, -err, "reading the request");
	ask_give_up(&request);
	return 0;
}
