/* SPDX-License-Identifier: GPL-2.0 */
/*
 * authentication.h - by whom a license has to be asked for.
 */
#ifndef CASK_AUTHENTICATION_H
#define CASK_AUTHENTICATION_H

#include "../call.h"
#include "../content.h"

bool authenticate(struct call *call, const struct cask_http_request *rq,
		  const struct content *content, int64_t *ret_user_id,
		  struct cask_reply **ret_refusal);

#endif /* CASK_AUTHENTICATION_H */
