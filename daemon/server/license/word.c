// SPDX-License-Identifier: GPL-2.0
/* word.c - GET /v1/time: tell a device how late it is, signed as a license is. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../call.h"
#include "cleanup.h"
#include "statement.h"
#include "word.h"

#define STATEMENT_TYPE "application/cose; cose-type=\"cose-sign1\""

/**
 * word_get() - GET /v1/time
 * @rq: the request
 *
 * Return: the reply.
 */
struct cask_reply *word_get(struct cask_http_request *rq)
{
	struct statement_time fields = { .created = time(NULL) };
	_cleanup_free_ uint8_t *statement = NULL;
	_cleanup_call_ struct call call = CALL_INIT;
	struct cask_reply *refusal;
	size_t size;
	int ret;

	if (!call_begin_signed(&call, rq, &refusal))
		return refusal;
	memcpy(fields.issuer, call.server->distributor.issuer, sizeof(fields.issuer));
	ret = statement_time(&call.server->signer, &fields, &statement, &size);
	if (ret)
		return call_failed(ret);
	return cask_reply_header(cask_reply_bytes(200, STATEMENT_TYPE, statement, size),
				 "Cache-Control", "no-store");
}
