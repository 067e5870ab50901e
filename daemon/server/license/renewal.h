/* SPDX-License-Identifier: GPL-2.0 */
/*
 * renewal.h - licenses that are renewed (Figs. 14, 15).
 */
#ifndef CASK_RENEWAL_H
#define CASK_RENEWAL_H

#include "http.h"

struct cask_reply *renewal_get_terms(struct cask_http_request *rq);
struct cask_reply *renewal_post(struct cask_http_request *rq);

#endif /* CASK_RENEWAL_H */
