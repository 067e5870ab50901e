/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dialogue.h - what stands between a challenge and its answer.
 */
#ifndef CASK_DIALOGUE_H
#define CASK_DIALOGUE_H

#include "enrolment.h"

struct cask_reply *dialogue_reply(struct call *call, unsigned int status, const struct enrolment *e);
struct cask_reply *dialogue_get(struct cask_http_request *rq);
struct cask_reply *dialogue_post_user(struct cask_http_request *rq);

#endif /* CASK_DIALOGUE_H */
