// SPDX-License-Identifier: GPL-2.0
/*
 * api_word.c - POST /v1/words: hear from a distributor, when a license was opened as often as it
 * may be without its word, or the key in a header wants a later EKB.
 */
#include "api.h"
#include "word.h"

/**
 * api_word() - POST /v1/words
 * @rq: from anyone
 *
 * Return: 200, or a problem of module or server.
 */
struct cask_reply *api_word(struct cask_http_request *rq)
{
	_cleanup_distributor_ struct distributor *d = NULL;
	struct problem p = { 0 };

	if (api_body_distributor(rq, &d, &p) || word_hear(d, &p))
		return problem_reply(&p);
	return api_distributor_reply(d);
}
