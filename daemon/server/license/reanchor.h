/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reanchor.h - POST /v1/reanchors: let a device that lost its records go on.
 */
#ifndef CASK_REANCHOR_H
#define CASK_REANCHOR_H

struct cask_http_request;
struct cask_reply;

struct cask_reply *reanchor_post(struct cask_http_request *rq);

#endif /* CASK_REANCHOR_H */
