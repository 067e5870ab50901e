/* SPDX-License-Identifier: GPL-2.0 */
/*
 * issue.h - make licenses: the one way, whether asked by HTTP or by command.
 */
#ifndef CASK_ISSUE_H
#define CASK_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "../billing/charge.h"
#include "../content.h"
#include "../server.h"
#include "term.h"

#define ISSUE_ANY_LEVEL UINT32_MAX	/* the kernel alone compares levels */

/**
 * struct issue_renewed - a license that another takes the place of
 * @id: of both
 * @version: of the older one
 * @not_after: of it, 0: open
 * @once: it installs once
 * @may_own: it may become ownership
 * @use_log: each use of it is logged
 * @meter: how it is metered; its unit 0: it is not
 */
struct issue_renewed {
	uint8_t id[CASK_ID_SIZE];
	uint32_t version;
	uint64_t not_after;
	bool once;
	bool may_own;
	bool use_log;
	struct content_meter meter;
};

/**
 * struct issue_order - what is to be issued
 * @content_id: of a content on offer
 * @device_key: X25519 public key of the device
 * @device_level: enum cask_level that the device was enrolled with, or ISSUE_ANY_LEVEL
 * @user_id: who it is for, 0 when nobody is known
 * @not_before: first second of the usage period, 0: open
 * @not_after: last second, 0: by the period of term or content
 * @term: whose period and count it has; its id 0: the content's own
 * @quantity: how many times the term; 0: once
 * @renews: it takes the place of @renewed
 * @renewed: see there
 * @once: there is a nonce
 * @nonce: of the device's kernel, which a license that counts has to answer
 * @no_device: it is for no device, but for a medium that is being made
 * @of_class: it is to be of a class of media, and nothing else
 * @on_medium: it is for a medium
 * @locked: and to be of use there in this device only, as one that counts is anyway
 * @layer_locked: of that medium the second layer is this device's alone, whatever is in it
 * @class_id: the medium's class
 * @number: the medium's
 */
struct issue_order {
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t device_key[CASK_X25519_SIZE];
	uint32_t device_level;
	int64_t user_id;
	uint64_t not_before;
	uint64_t not_after;
	struct term term;
	uint32_t quantity;
	bool renews;
	struct issue_renewed renewed;
	bool once;
	uint8_t nonce[CASK_NONCE_SIZE];
	bool no_device;
	bool of_class;
	bool on_medium;
	bool locked;
	bool layer_locked;
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
};

/**
 * struct issue - a license
 * @id: license id
 * @version: of the license
 * @device_id: thumbprint of the device's key
 * @created: seconds since 1970
 * @not_after: last second of the usage period, 0: open
 * @statement: COSE_Sign1, to be freed with issue_free()
 * @size: bytes of @statement
 */
struct issue {
	uint8_t id[CASK_ID_SIZE];
	uint32_t version;
	uint8_t device_id[CASK_KID_SIZE];
	uint64_t created;
	uint64_t not_after;
	uint8_t *statement;
	size_t size;
};

/**
 * struct issue_request - a request that must not be carried out twice
 * @renews: it is for a renewal, which have keys and a quota of their own
 * @device_id: who asks
 * @key: its Idempotency-Key
 * @hash: of what it asks for
 */
struct issue_request {
	bool renews;
	uint8_t device_id[CASK_KID_SIZE];
	const char *key;
	uint8_t hash[32];
};

int issue_make(struct server *server, struct cask_db *db, const struct issue_order *order,
	       struct issue *ret_issue);
int issue_check_quota(struct cask_db *db, const struct issue_request *request, uint64_t per_day);
int issue_record(struct cask_db *db, const struct issue_order *order, const struct issue *issue);
int issue_record_once(struct cask_db *db, const struct issue_order *order,
		      const struct issue *issue, const struct issue_request *request,
		      struct bill *bill);
int issue_find_request(struct cask_db *db, const struct issue_request *request,
		       struct issue *ret_issue);
int issue_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
	       const uint8_t device_id[CASK_KID_SIZE], struct issue *ret_issue);
void issue_free(struct issue *issue);

struct cask_reply *issue_statement_reply(unsigned int status, const struct issue *issue);
struct cask_reply *issue_refused(int error);
struct cask_reply *issue_key_reused(void);
struct cask_reply *issue_unpaid(const struct bill *bill, int error);

struct cask_http_request;

struct cask_reply *issue_post(struct cask_http_request *rq);
struct cask_reply *issue_get(struct cask_http_request *rq);

#define _cleanup_issue_ _cleanup_(issue_free)

#endif /* CASK_ISSUE_H */
