/* SPDX-License-Identifier: GPL-2.0 */
/*
 * holding.h - a license as it is held on disk: a statement, and whose it is.
 */
#ifndef CASKD_HOLDING_H
#define CASKD_HOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

/* "<issuer>.<license id>.<uid or machine>.cose" */
#define HOLDING_NAME_MAX	(64 + 1 + 32 + 1 + 10 + 5 + 1)
#define HOLDING_UID_MAX		0xfffffffeU	/* the last is no uid */

/**
 * struct holding - what is known of a license without the module
 * @issuer: whose it is
 * @license_id: unique for an issuer
 * @content_id: what it opens
 * @machine: it is the machine's, and @owner says nothing
 * @owner: uid
 * @version: of the license: a higher one takes the place of a lower
 * @created: seconds since 1970
 * @not_before: seconds since 1970, 0 when open
 * @not_after: seconds since 1970, 0 when open
 * @operations: enum cask_operation bits
 * @download_from: of the download period, seconds since 1970, 0 when open
 * @download_until: of it, 0 when open
 * @permissions: enum cask_permission bits
 * @max_offline_opens: how often without word from its distributor, 0: any number
 * @in_header: the key is in the header of the content, for the leaves of @category
 * @category: which, if so
 * @beside: it was renewed, and lies beside what it was until the module has taken it
 * @error: errno with which the module last refused it, or its file could not be read, else 0
 */
struct holding {
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
	uint64_t download_from;
	uint64_t download_until;
	uint32_t permissions;
	uint32_t max_offline_opens;
	bool in_header;
	uint8_t category[CASK_ID_SIZE];
	bool beside;
	int error;
};

int holding_read(const void *statement, size_t size, struct holding *ret);
void holding_name(const struct holding *h, char ret_name[HOLDING_NAME_MAX]);
int holding_from_name(const char *name, struct holding *ret);
bool holding_is(const struct holding *h, const uint8_t issuer[CASK_KID_SIZE],
		const uint8_t license_id[CASK_ID_SIZE]);

#endif /* CASKD_HOLDING_H */
