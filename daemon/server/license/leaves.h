/* SPDX-License-Identifier: GPL-2.0 */
/* leaves.h - GET /v1/leaves, GET /v1/ekbs/CATEGORY. */
#ifndef CASK_LEAVES_H
#define CASK_LEAVES_H

struct cask_http_request;

struct cask_reply *leaves_get(struct cask_http_request *rq);
struct cask_reply *ekbs_get(struct cask_http_request *rq);

#endif /* CASK_LEAVES_H */
