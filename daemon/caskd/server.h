/* SPDX-License-Identifier: GPL-2.0 */
/*
 * server.h - a distributor's requests, one function each
 * (Documentation/protocol.rst, "HTTP between client and server").
 *
 * All return 0, or -1 with the problem filled in; outputs are written on
 * success only.
 */
#ifndef CASKD_SERVER_H
#define CASKD_SERVER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "pending.h"
#include "problem.h"
#include "request.h"

#define SERVER_NAME_MAX		64
#define SERVER_USER_MAX		64
#define SERVER_TOKEN_MAX	255
#define SERVER_PASSWORD_MAX	256
#define SERVER_SESSION_MAX	64
#define SERVER_ENROLMENT_MAX	64
#define SERVER_CERTIFICATE_MAX	16384
#define SERVER_WORD_MAX		31

/**
 * struct server_bundle - what installs a distributor
 * @json: as the server sent it
 * @issuer: thumbprint of the root key, as the server says
 * @name: UTF-8
 * @provisioning_key: COSE_Key
 * @provisioning_key_size: bytes of it
 * @grant: GRANT statement
 * @grant_size: bytes of it
 * @scope: SCOPE statement
 * @scope_size: bytes of it
 */
struct server_bundle {
	json_t *json;
	uint8_t issuer[CASK_KID_SIZE];
	char name[SERVER_NAME_MAX + 1];
	uint8_t *provisioning_key;
	size_t provisioning_key_size;
	uint8_t *grant;
	size_t grant_size;
	uint8_t *scope;
	size_t scope_size;
};

/**
 * struct server_enrolment - a challenge
 * @id: of the enrolment, fit for a path
 * @challenge: sealed
 * @wanted: what the user is to say, as the server sent it, or NULL; the caller drops it
 */
struct server_enrolment {
	char id[SERVER_ENROLMENT_MAX + 1];
	uint8_t challenge[CASK_SEALED_CHALLENGE_SIZE];
	json_t *wanted;
};

/**
 * struct server_voucher - what speaks for a device that wants to enrol
 * @token: one-time code from the operator, or NULL
 * @certificate: of the factory, PEM, or NULL
 */
struct server_voucher {
	const char *token;
	const char *certificate;
};

/**
 * struct server_identity - who we are to the server
 * @device_id: as the server has it
 * @user: name of the user
 * @enrolment: what it took: "open", "token", "factory"; a server's word
 * @level: what the device is worth to it; a server's word
 * @certificate: PEM; the caller frees it
 */
struct server_identity {
	uint8_t device_id[CASK_KID_SIZE];
	char user[SERVER_USER_MAX + 1];
	char enrolment[SERVER_WORD_MAX + 1];
	char level[SERVER_WORD_MAX + 1];
	char *certificate;
};

bool server_is_segment(const char *text);
int server_bundle_read(json_t *json, struct server_bundle *ret_bundle);
void server_bundle_clear(struct server_bundle *bundle);

int server_distributor(const struct request_place *place, struct server_bundle *ret_bundle,
		       struct problem *p);
int server_enrol(const struct request_place *place, const struct server_voucher *voucher,
		 const uint8_t device_key[CASK_X25519_SIZE],
		 struct server_enrolment *ret_enrolment, struct problem *p);
int server_enrolment(const struct request_place *place, const char *id,
		     struct server_enrolment *ret_enrolment, struct problem *p);
int server_say(const struct request_place *place, const char *id, const json_t *said,
	       struct server_enrolment *ret_enrolment, struct problem *p);
int server_answer(const struct request_place *place, const char *enrolment,
		  const uint8_t *answer, size_t size,
		  struct server_identity *ret_identity, struct problem *p);
int server_catalogue(const struct request_place *place, uint8_t **ret_text, size_t *ret_size,
		     struct problem *p);
int server_session(const struct request_place *place, const char *user, const char *password,
		   char ret_session[SERVER_SESSION_MAX + 1], struct problem *p);
int server_password(const struct request_place *place, const char *user, const char *old,
		    const char *fresh, struct problem *p);
int server_license_new(const struct request_place *place, const struct pending *request,
		       uint8_t **ret_statement, size_t *ret_size, struct problem *p);
int server_terms(const struct request_place *place, const char *what, const uint8_t id[CASK_ID_SIZE],
		 uint8_t **ret_text, size_t *ret_size, struct problem *p);
int server_license_renew(const struct request_place *place, const struct pending *request,
			 uint8_t **ret_statement, size_t *ret_size, struct problem *p);
int server_reanchor(const struct request_place *place, const uint8_t nonce[CASK_NONCE_SIZE],
		    uint8_t **ret_statement, size_t *ret_size, struct problem *p);
int server_report(const struct request_place *place, const void *report, size_t size,
		  uint8_t **ret_object, size_t *ret_size, struct problem *p);

/**
 * struct server_leaf - a place in a category
 * @category: which
 * @version: of its EKB
 * @statement: LEAF; the caller frees it
 * @size: of @statement
 */
struct server_leaf {
	uint8_t category[CASK_ID_SIZE];
	uint32_t version;
	uint8_t *statement;
	size_t size;
};

int server_leaves(const struct request_place *place, struct server_leaf *ret_leaves, size_t max,
		  size_t *ret_count, struct problem *p);
int server_synchronise(const struct request_place *place, const uint8_t nonce[CASK_NONCE_SIZE],
		       uint8_t **ret_object, size_t *ret_size, struct problem *p);
int server_time(const struct request_place *place, uint8_t **ret_statement, size_t *ret_size,
		struct problem *p);

#endif /* CASKD_SERVER_H */
