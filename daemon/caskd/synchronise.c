// SPDX-License-Identifier: GPL-2.0
/*
 * synchronise.c - agree with a distributor on the steps that second keys take.
 *
 * When it says that nothing was agreed on, or the module that too many steps were lost. Nothing
 * of it is kept here: cut short, it is done anew, and the module forgets what came of it.
 */
#include <pthread.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "netlink.h"
#include "synchronise.h"

/*
 * One at a time: of two the later would take away what the first agreed on. And the one nonce
 * has a place beside those of requests (PENDING_COUNTED_MAX).
 */
static pthread_mutex_t agreeing = PTHREAD_MUTEX_INITIALIZER;

/**
 * synchronise_may_help() - whether something was refused because no step was agreed on
 * @p: the server's refusal of a license
 */
bool synchronise_may_help(const struct problem *p)
{
	return !strcmp(p->code, "synchronisation-wanted");
}

static int bring(const struct request_place *place, const uint8_t nonce[CASK_NONCE_SIZE],
		 struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint8_t issuer[CASK_KID_SIZE];
	struct netlink_blob object;

	if (server_synchronise(place, nonce, &data, &object.size, p))
		return -1;
	object.data = data;
	return netlink_synchronise(&object, issuer, p);
}

static int agree(struct distributor *d, struct problem *p)
{
	uint8_t nonce[CASK_NONCE_SIZE];
	struct request_place place;
	struct problem dropping;

	if (distributor_place(d, &place, p) || netlink_nonce_new(d->bundle.issuer, nonce, p))
		return -1;
	if (!bring(&place, nonce, p))
		return 0;
	netlink_nonce_del(d->bundle.issuer, nonce, &dropping);
	return -1;
}

/**
 * synchronise_distributor() - agree on the steps of a distributor's second keys, anew
 * @d: registered
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int synchronise_distributor(struct distributor *d, struct problem *p)
{
	int ret;

	pthread_mutex_lock(&agreeing);
	ret = agree(d, p);
	pthread_mutex_unlock(&agreeing);
	if (!ret)
		cask_notice("%s: agreed on the steps of second keys", d->bundle.name);
	return ret;
}
