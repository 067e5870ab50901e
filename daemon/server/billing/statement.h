/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statement.h - what the books say: of a user, of what is not paid, of themselves.
 */
#ifndef CASK_BILLING_STATEMENT_H
#define CASK_BILLING_STATEMENT_H

#include <jansson.h>

#include "../db/db.h"
#include "http.h"

int statement_of(struct cask_db *db, int64_t user_id, const char *currency, json_t **ret_statement);
int statement_overdue(struct cask_db *db, json_t **ret_list);
int statement_audit(struct cask_db *db, json_t **ret_audit);

struct cask_reply *statement_get(struct cask_http_request *rq);

#endif /* CASK_BILLING_STATEMENT_H */
