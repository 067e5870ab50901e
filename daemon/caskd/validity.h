/* SPDX-License-Identifier: GPL-2.0 */
/*
 * validity.h - when what a distributor gave us begins and ends.
 */
#ifndef CASKD_VALIDITY_H
#define CASKD_VALIDITY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

json_t *validity_of_scope(const uint8_t *statement, size_t size);
json_t *validity_of_certificate(const char *pem);

#endif /* CASKD_VALIDITY_H */
