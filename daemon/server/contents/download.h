/* SPDX-License-Identifier: GPL-2.0 */
/*
 * download.h - what the contents server answers.
 */
#ifndef CASK_DOWNLOAD_H
#define CASK_DOWNLOAD_H

#include "http.h"

struct cask_reply *download_catalogue(struct cask_http_request *rq);
struct cask_reply *download_content(struct cask_http_request *rq);

#endif /* CASK_DOWNLOAD_H */
