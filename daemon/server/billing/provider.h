/* SPDX-License-Identifier: GPL-2.0 */
/*
 * provider.h - the payment provider: what it is to collect, and what it says came of it.
 */
#ifndef CASK_PROVIDER_H
#define CASK_PROVIDER_H

#include "http.h"

struct cask_reply *provider_get_charges(struct cask_http_request *rq);
struct cask_reply *provider_post_event(struct cask_http_request *rq);

#endif /* CASK_PROVIDER_H */
