/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http_internal.h - what http.c and reply.c know of each other; for no one else.
 */
#ifndef CASK_HTTP_INTERNAL_H
#define CASK_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "reply.h"

/**
 * struct cask_reply - an answer on its way
 * @response: one reference is the reply's
 * @status: HTTP status
 * @size: bytes of the body, or CASK_REPLY_SIZE_UNKNOWN
 * @read: bytes a stream gave so far; points into the stream, NULL if it is none
 */
struct cask_reply {
	struct MHD_Response *response;
	unsigned int status;
	uint64_t size;
	const _Atomic uint64_t *read;
};

#endif /* CASK_HTTP_INTERNAL_H */
