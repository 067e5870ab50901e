/* SPDX-License-Identifier: GPL-2.0 */
/*
 * enrolling.h - the registration that is under way, if one is.
 */
#ifndef CASKD_ENROLLING_H
#define CASKD_ENROLLING_H

#include <stdint.h>

#include "server.h"

#define ENROLLING_CLAIM_SIZE 32

int enrolling_open(const char *state);
void enrolling_close(void);
int enrolling_claim(const char *url, const struct server_voucher *voucher,
		    const uint8_t device_key[CASK_X25519_SIZE],
		    uint8_t ret_claim[ENROLLING_CLAIM_SIZE]);
bool enrolling_find(const uint8_t claim[ENROLLING_CLAIM_SIZE], char ret_id[SERVER_ENROLMENT_MAX + 1]);
void enrolling_put(const uint8_t claim[ENROLLING_CLAIM_SIZE], const char *id);
void enrolling_end(void);

#endif /* CASKD_ENROLLING_H */
