/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - what devices report of the use of licenses.
 */
#ifndef CASK_SERVER_REPORT_H
#define CASK_SERVER_REPORT_H

#include <jansson.h>

#include "../db/db.h"

struct cask_http_request;

struct cask_reply *report_post(struct cask_http_request *rq);
int report_list(struct cask_db *db, json_t **ret_list);
int report_export(struct cask_db *db, json_t **ret_list);

#endif /* CASK_SERVER_REPORT_H */
