// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - ask a distributor for a license, as a request that is on disk until its
 * end is known (pending.c).
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "ask.h"
#include "log.h"
#include "netlink.h"
#include "reanchor.h"
#include "server.h"
#include "synchronise.h"
#include "text.h"

/*
 * Held while a nonce is drawn and noted: no more are drawn than requests have room, since the
 * module forgets the oldest, whosever it is, for one too many.
 */
static pthread_mutex_t drawing = PTHREAD_MUTEX_INITIALIZER;

/* Of the answer to @request: it must be what was asked for. */
static int check(const struct pending *request, const struct holding *h, struct problem *p)
{
	if (memcmp(h->issuer, request->issuer, sizeof(h->issuer)) ||
	    memcmp(h->content_id, request->content_id, sizeof(h->content_id)) ||
	    (request->renews && memcmp(h->license_id, request->license_id, sizeof(h->license_id))))
		return problem_set(p, 502, "server-answer",
				   "the server sent another license than was asked for");
	if (!request->class || h->operations == CASK_OPERATION_MEDIUM)
		return 0;
	problem_set(p, 502, "server-answer", "this is no class of media");
	/* Nobody wants that license. */
	p->settled = SETTLED;
	return -1;
}

/* From the server. */
static int fetch(const struct request_place *place, const struct pending *request,
		 uint8_t **ret_statement, size_t *ret_size, struct holding *ret, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct holding h;
	size_t size;

	if (request->renews ? server_license_renew(place, request, &data, &size, p) :
			      server_license_new(place, request, &data, &size, p))
		return -1;
	if (holding_read(data, size, &h))
		return problem_set(p, 502, "server-answer", "the server sent no license");
	if (check(request, &h, p))
		return -1;
	h.machine = request->machine;
	h.owner = request->owner;
	*ret_statement = steal_ptr(&data);
	*ret_size = size;
	*ret = h;
	return 0;
}

/* @err: of pending_begin() or pending_room() */
static int explain(const struct pending *request, int err, struct problem *p)
{
	char content[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(request->oldest, CASK_ID_SIZE, content);
	if (err == -EDQUOT)
		return problem_set(p, 429, "too-many-requests",
				   "too many requests are without an answer: ask for the same "
				   "contents again, for %s first", content);
	return err ? problem_store(p, -err, "noting the request") : 0;
}

static int begin(struct pending *request, struct problem *p)
{
	return explain(request, pending_begin(request), p);
}

static void drop_nonce(const struct pending *request)
{
	struct problem p = { 0 };

	if (netlink_nonce_del(request->issuer, request->nonce, &p) && p.error != ENOENT)
		cask_warn("%s", p.detail);
}

/**
 * ask_give_up() - the end of a request is known, and no answer to it will be installed any more
 * @request: begun
 */
void ask_give_up(const struct pending *request)
{
	pending_end(request);
	if (request->once)
		drop_nonce(request);
}

static int draw_nonce(struct pending *request, struct problem *p)
{
	struct pending drawn;

	if (explain(request, pending_room(request), p) ||
	    netlink_nonce_new(request->issuer, request->nonce, p))
		return -1;
	drawn = *request;
	if (begin(request, p)) {
		ask_give_up(request);
		return -1;
	}
	/* The same request in another connection was faster, and has one. */
	if (memcmp(drawn.nonce, request->nonce, sizeof(drawn.nonce)))
		drop_nonce(&drawn);
	return 0;
}

static int draw(struct pending *request, struct problem *p)
{
	int ret;

	pthread_mutex_lock(&drawing);
	ret = draw_nonce(request, p);
	pthread_mutex_unlock(&drawing);
	return ret;
}

/* The license counts: the same again, as a request that the module will know the answer to. */
static int begin_counted(struct distributor *d, struct pending *request, struct problem *p)
{
	ask_give_up(request);
	request->once = true;
	if (!draw(request, p))
		return 0;
	/* Why a lost area cannot be gone on with tells more than that it was lost. */
	if (reanchor_may_help(p) && reanchor_mends(d, p) && !draw(request, p))
		return 0;
	request->once = false;
	return -1;
}

/* The license takes a step, and none was agreed on. It was not granted, whatever comes of that. */
static int agree(struct distributor *d, struct problem *p)
{
	int ret = synchronise_distributor(d, p);

	if (ret && reanchor_may_help(p) && reanchor_mends(d, p))
		ret = synchronise_distributor(d, p);
	p->settled = SETTLED;
	return ret;
}

/* Whether no attempt, of this call or before, can have brought a license that is not here. */
static bool is_over(const struct pending *request, const struct problem *p)
{
	return p->settled == SETTLED || (p->settled == SETTLED_CALL && !request->again);
}

static int exchange(struct distributor *d, const struct request_place *place,
		    struct pending *request,
		    uint8_t **ret_statement, size_t *ret_size, struct holding *ret,
		    struct problem *p)
{
	int result = fetch(place, request, ret_statement, ret_size, ret, p);

	/* It refused for that, so the request may go out as it is. */
	if (result && synchronise_may_help(p)) {
		if (agree(d, p))
			return -1;
		result = fetch(place, request, ret_statement, ret_size, ret, p);
	}
	/* What opens media does not count: no nonce is spent on it. */
	if (!result || request->once || request->class || strcmp(p->code, "nonce-wanted"))
		return result;
	/* It refused, and nothing else has gone out. */
	if (begin_counted(d, request, p)) {
		p->settled = SETTLED;
		return -1;
	}
	return fetch(place, request, ret_statement, ret_size, ret, p);
}

/* What was got before, and is not done with. */
static int repeat(struct pending *request, uint8_t **ret_statement, size_t *ret_size,
		  struct holding *ret, struct problem *p)
{
	if (holding_read(request->answer, request->answer_size, ret))
		return problem_store(p, EINVAL, "reading the license that was got");
	*ret_statement = steal_ptr(&request->answer);
	*ret_size = request->answer_size;
	return 0;
}

/**
 * ask_license() - ask a distributor for a license
 * @d: whose content it is
 * @request: for what and whom; begun by this; ended by pending_end() or ask_give_up()
 *	when it has succeeded, and cleared by the caller in any case
 * @ret_statement: LICENSE; the caller frees it
 * @ret_size: bytes of it
 * @ret: what it says, and the owner of @request
 * @p: on failure; what is unsettled then is asked for again by the same call,
 *	also after a restart
 *
 * Return: 0 or -1.
 */
int ask_license(struct distributor *d, struct pending *request, uint8_t **ret_statement,
		size_t *ret_size, struct holding *ret, struct problem *p)
{
	struct request_place place;

	if (distributor_place(d, &place, p) || begin(request, p))
		return -1;
	if (request->answer)
		return repeat(request, ret_statement, ret_size, ret, p);
	if (!exchange(d, &place, request, ret_statement, ret_size, ret, p))
		return 0;
	if (is_over(request, p))
		ask_give_up(request);
	else
		pending_keep(request);
	return -1;
}

/**
 * ask_is_other() - whether a call before asked for something else, or at another price
 * @request: as it went out
 * @wanted: by this call
 */
bool ask_is_other(const struct pending *request, const struct pending *wanted)
{
	return request->price != wanted->price || request->quantity != wanted->quantity ||
	       strcmp(request->term, wanted->term);
}

/**
 * ask_refused_other() - whether what was refused is what only a call before wanted, or agreed to
 * @request: as it went out
 * @wanted: by this call, which may ask for that now
 * @p: why ask_license() failed
 */
bool ask_refused_other(const struct pending *request, const struct pending *wanted,
		       const struct problem *p)
{
	return request->again && p->settled == SETTLED && ask_is_other(request, wanted);
}
