/* SPDX-License-Identifier: GPL-2.0 */
/*
 * call.h - a request being handled: its server, its database connection and,
 * when it is signed, the device it comes from.
 *
 *	_cleanup_call_ struct call call = CALL_INIT;
 *	struct cask_reply *refusal;
 *
 *	if (!call_begin_signed(&call, rq, &refusal))
 *		return refusal;
 */
#ifndef CASK_CALL_H
#define CASK_CALL_H

#include "content.h"
#include "device.h"
#include "http.h"
#include "server.h"

#define CALL_KEY_MAX 64		/* bytes of an Idempotency-Key */
#define CALL_CLOCK_WINDOW 300	/* seconds that a signature's time may be off */

/**
 * struct call - a request being handled
 * @server: that serves it
 * @rq: the request
 * @db: taken from the server's pool
 * @device: who signed it
 */
struct call {
	struct server *server;
	struct cask_http_request *rq;
	struct cask_db *db;
	struct device device;
};
#define CALL_INIT { 0 }

void call_begin(struct call *call, struct cask_http_request *rq);
bool call_begin_signed(struct call *call, struct cask_http_request *rq,
		       struct cask_reply **ret_refusal);
void call_end(struct call *call);
struct cask_reply *call_failed(int error);
struct cask_reply *call_user_disabled(void);
struct cask_reply *call_device_disabled(void);
struct cask_reply *call_password_failed(int error);
struct cask_reply *call_content_unknown(void);
const char *call_idempotency_key(const struct cask_http_request *rq);
int call_id_param(const struct cask_http_request *rq, unsigned int index,
		  uint8_t ret_id[CASK_ID_SIZE]);
bool call_find_content(struct call *call, struct content *ret_content,
		       struct cask_reply **ret_refusal);

#define _cleanup_call_ _cleanup_(call_end)

#endif /* CASK_CALL_H */
