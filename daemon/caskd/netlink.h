/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.h - the module's operations, one function each
 * (Documentation/netlink/specs/cask.yaml).
 *
 * Thread-safe. Functions return 0, or -1 with the problem filled in; outputs are
 * written on success.
 */
#ifndef CASKD_NETLINK_H
#define CASKD_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "problem.h"

#define NETLINK_NAME_MAX	64
#define NETLINK_ANSWER_MAX	4096
#define NETLINK_LICENSES_MAX	4096

/**
 * struct netlink_anchor - a distributor as the module knows it
 * @issuer: thumbprint of its root key
 * @name: UTF-8
 * @sequence: of its scope
 * @not_before: seconds since 1970
 * @not_after: seconds since 1970
 * @lost: records of it were lost, and it has not said that it knows
 */
struct netlink_anchor {
	uint8_t issuer[CASK_KID_SIZE];
	char name[NETLINK_NAME_MAX + 1];
	uint64_t sequence;
	uint64_t not_before;
	uint64_t not_after;
	bool lost;
};

/**
 * struct netlink_license - a license as the module knows it
 * @issuer: whose it is
 * @license_id: unique for an issuer
 * @content_id: what it opens
 * @machine: it is the machine's, and @owner says nothing
 * @owner: uid
 * @version: of the license
 * @created: seconds since 1970
 * @not_before: seconds since 1970, 0 when open
 * @not_after: seconds since 1970, 0 when open
 * @operations: enum cask_operation bits
 * @suite: enum cask_suite
 * @opens: since it was installed
 * @bytes: of plaintext handed out since then
 * @packets: that were decrypted since then
 * @seconds: in which plaintext was handed out since then
 * @counts: it may be opened only so often
 * @opens_max: that often, if @counts
 * @opens_left: of them
 * @exports_max: how many media may get a copy, 0: none
 * @exports_left: of them
 * @checkouts_max: how often it may be checked out, 0: never
 * @checkouts_left: of that
 * @at_once: to how many media at once
 * @lent: to how many it is
 */
struct netlink_license {
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t license_id[CASK_ID_SIZE];
	uint8_t content_id[CASK_ID_SIZE];
	bool machine;
	uint32_t owner;
	uint32_t version;
	uint64_t created;
	uint64_t not_before;
	uint64_t not_after;
	uint32_t operations;
	uint32_t suite;
	uint64_t opens;
	uint64_t bytes;
	uint64_t packets;
	uint64_t seconds;
	bool counts;
	uint32_t opens_max;
	uint32_t opens_left;
	uint32_t exports_max;
	uint32_t exports_left;
	uint32_t checkouts_max;
	uint32_t checkouts_left;
	uint32_t at_once;
	uint32_t lent;
};

/**
 * struct netlink_blob - bytes that pass through, unread
 * @data: first byte
 * @size: how many
 */
struct netlink_blob {
	const void *data;
	size_t size;
};

int netlink_anchor_add(const struct netlink_blob *provisioning_key,
		       const struct netlink_blob *grant, const struct netlink_blob *scope,
		       uint8_t ret_issuer[CASK_KID_SIZE], struct problem *p);
int netlink_anchor_get(const uint8_t issuer[CASK_KID_SIZE],
		       struct netlink_anchor *ret_anchor, struct problem *p);
int netlink_enrol(const uint8_t issuer[CASK_KID_SIZE],
		  const uint8_t challenge[CASK_SEALED_CHALLENGE_SIZE],
		  uint8_t ret_answer[NETLINK_ANSWER_MAX], size_t *ret_size, struct problem *p);
int netlink_sign(const uint8_t issuer[CASK_KID_SIZE], const void *base, size_t size,
		 uint8_t ret_mac[CASK_MAC_SIZE], struct problem *p);
int netlink_license_add(const struct netlink_blob *license, const uint32_t *owner,
			struct netlink_license *ret_license, struct problem *p);
int netlink_license_get(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct netlink_license *ret_license, struct problem *p);
int netlink_license_del(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct problem *p);
int netlink_nonce_new(const uint8_t issuer[CASK_KID_SIZE],
		      uint8_t ret_nonce[CASK_NONCE_SIZE], struct problem *p);
int netlink_nonce_del(const uint8_t issuer[CASK_KID_SIZE],
		      const uint8_t nonce[CASK_NONCE_SIZE], struct problem *p);
int netlink_reanchor_nonce(const uint8_t issuer[CASK_KID_SIZE],
			   uint8_t ret_nonce[CASK_NONCE_SIZE], struct problem *p);
int netlink_synchronise(const struct netlink_blob *object, uint8_t ret_issuer[CASK_KID_SIZE],
			struct problem *p);
int netlink_time(const struct netlink_blob *statement, struct problem *p);
int netlink_leaf_add(const struct netlink_blob *statement, struct problem *p);
int netlink_ekb_add(const struct netlink_blob *statement, struct problem *p);
int netlink_ekb_data(uint32_t offset, const struct netlink_blob *part, struct problem *p);
int netlink_report_get(const uint8_t issuer[CASK_KID_SIZE], uint8_t ret_report[CASK_REPORT_MAX],
		       size_t *ret_size, struct problem *p);
int netlink_report_ack(const struct netlink_blob *object, struct problem *p);
int netlink_reanchor(const struct netlink_blob *statement, uint8_t ret_issuer[CASK_KID_SIZE],
		     struct problem *p);
int netlink_licenses(struct netlink_license **ret_licenses, size_t *ret_count,
		     struct problem *p);

#endif /* CASKD_NETLINK_H */
