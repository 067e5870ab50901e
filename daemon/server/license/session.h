/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - users who have shown their password, on a device, for a while.
 */
#ifndef CASK_SESSION_H
#define CASK_SESSION_H

#include "../call.h"
#include "../user.h"

#define SESSION_HEADER	"Cask-Session"
#define SESSION_SECONDS	300

int session_find(struct call *call, const struct cask_http_request *rq, struct user *ret_user);

struct cask_reply *session_post(struct cask_http_request *rq);
struct cask_reply *session_post_password(struct cask_http_request *rq);

#endif /* CASK_SESSION_H */
