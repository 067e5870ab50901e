/* SPDX-License-Identifier: GPL-2.0 */
/* word.h - GET /v1/time: tell a device how late it is. */
#ifndef CASK_WORD_H
#define CASK_WORD_H

struct cask_http_request;
struct cask_reply;

struct cask_reply *word_get(struct cask_http_request *rq);

#endif /* CASK_WORD_H */
