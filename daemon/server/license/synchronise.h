/* SPDX-License-Identifier: GPL-2.0 */
/* synchronise.h - steps that second keys take, and POST /v1/synchronisations. */
#ifndef CASK_SYNCHRONISE_H
#define CASK_SYNCHRONISE_H

#include "../server.h"

struct cask_http_request;

int synchronise_next(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE],
		     struct cask_step *ret_step);
int synchronise_forget(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE]);
struct cask_reply *synchronise_post(struct cask_http_request *rq);

#endif /* CASK_SYNCHRONISE_H */
