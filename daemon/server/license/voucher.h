/* SPDX-License-Identifier: GPL-2.0 */
/*
 * voucher.h - who vouches for a device that wants to enrol: a one-time code, a
 * factory certificate, or nobody.
 */
#ifndef CASK_VOUCHER_H
#define CASK_VOUCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "../call.h"
#include "../device.h"
#include "token.h"

#define VOUCHER_CLAIM_SIZE 32

/**
 * struct voucher_papers - what a device brings
 * @token: a one-time code, or NULL
 * @certificate: a factory certificate as PEM, or NULL
 * @device_key: X25519 public key
 */
struct voucher_papers {
	const char *token;
	const char *certificate;
	uint8_t device_key[CASK_X25519_SIZE];
};

/**
 * struct voucher - papers that were found good
 * @kind: what they are worth
 * @claim: what an enrolment stands on: hash of the token, else of the factory
 *	certificate, else the device id
 * @has_token: there is a token
 * @token: it
 * @device_id: of the device
 * @device_key: likewise
 */
struct voucher {
	enum device_enrolment kind;
	uint8_t claim[VOUCHER_CLAIM_SIZE];
	bool has_token;
	struct token token;
	uint8_t device_id[CASK_KID_SIZE];
	uint8_t device_key[CASK_X25519_SIZE];
};

bool voucher_begin(struct call *call, const struct voucher_papers *papers,
		   struct voucher *ret_voucher, struct cask_reply **ret_refusal);
bool voucher_check(struct call *call, const struct voucher_papers *papers,
		   struct voucher *voucher, struct cask_reply **ret_refusal);
uint32_t voucher_level(enum device_enrolment kind);

#endif /* CASK_VOUCHER_H */
