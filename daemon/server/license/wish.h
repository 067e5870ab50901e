/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wish.h - what a license and a renewal are both asked for with: who, which term and how often, at what price.
 */
#ifndef CASK_WISH_H
#define CASK_WISH_H

#include <jansson.h>

#include "../call.h"
#include "issue.h"

/**
 * struct wish - a request for a license or a renewal, as it came
 * @order: what for
 * @request: to be known again
 * @term: name of the term, empty for the content's own conditions
 * @price: that it agrees to
 */
struct wish {
	struct issue_order order;
	struct issue_request request;
	char term[TERM_NAME_MAX + 1];
	uint64_t price;
};

int wish_begin(struct wish *wish, const struct cask_http_request *rq, const struct device *device);
int wish_read(struct wish *wish, const json_t *json);
bool wish_choose_term(struct wish *wish, struct cask_db *db, struct cask_reply **ret_refusal);
struct bill wish_bill(const struct wish *wish, const struct server_config *config,
		      const void *subject, size_t subject_size);

#endif /* CASK_WISH_H */
