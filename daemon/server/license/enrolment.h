/* SPDX-License-Identifier: GPL-2.0 */
/*
 * enrolment.h - take a device in: voucher, sealed challenge, answer, certificate.
 */
#ifndef CASK_ENROLMENT_H
#define CASK_ENROLMENT_H

#include <stdint.h>
#include <linux/cask_format.h>

#include "../billing/charge.h"
#include "../call.h"
#include "voucher.h"

#define ENROLMENT_ANSWER_MAX 1024	/* an ENROLMENT object of this version has 288 bytes */

struct information;

/**
 * struct enrolment - a challenge that was given out
 * @id: for the answer's path
 * @claim: what it stands on
 * @kind: who vouched for the device
 * @has_token: there was a token
 * @token_hash: of it
 * @device_id: who asked
 * @device_key: likewise
 * @challenge: as the device gets it
 * @challenge_hash: of what the device must open
 * @expires: last second
 * @answered: an answer was taken
 * @answer_hash: of it
 * @serial: of the certificate it brought
 * @info: what the user said, while an answer is judged
 */
struct enrolment {
	uint8_t id[CASK_ID_SIZE];
	uint8_t claim[VOUCHER_CLAIM_SIZE];
	enum device_enrolment kind;
	bool has_token;
	uint8_t token_hash[TOKEN_HASH_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
	uint8_t device_key[CASK_X25519_SIZE];
	uint8_t challenge[CASK_SEALED_CHALLENGE_SIZE];
	uint8_t challenge_hash[32];
	int64_t expires;
	bool answered;
	uint8_t answer_hash[32];
	uint8_t serial[PKI_SERIAL_SIZE];
	const struct information *info;
};

int enrolment_begin(struct call *call, const struct voucher *voucher,
		    struct enrolment *ret_enrolment);
int enrolment_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		   struct enrolment *ret_enrolment);
int enrolment_owner(struct cask_db *db, const struct enrolment *e, int64_t *ret_user_id);
int enrolment_answer(struct call *call, const struct enrolment *enrolment,
		     const uint8_t *answer, size_t size, struct bill *ret_bill);

struct cask_reply *enrolment_unknown(void);
struct cask_reply *enrolment_expired(void);
struct cask_reply *enrolment_post(struct cask_http_request *rq);
struct cask_reply *enrolment_post_answer(struct cask_http_request *rq);

#endif /* CASK_ENROLMENT_H */
