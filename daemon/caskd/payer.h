/* SPDX-License-Identifier: GPL-2.0 */
/* payer.h - who may agree to a price. */
#ifndef CASKD_PAYER_H
#define CASKD_PAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"

#define PAYER_DEVICE	"/dev/cask"

void payer_open(void);
bool payer_is(const struct cask_http_request *rq, uint32_t uid);

#endif /* CASKD_PAYER_H */
