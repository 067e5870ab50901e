/* SPDX-License-Identifier: GPL-2.0 */
/*
 * link.h - make the link part of a .cask file: where to get a license, and the content key
 * for all leaves of a category (Documentation/formats.rst).
 */
#ifndef CASK_COMMON_LINK_H
#define CASK_COMMON_LINK_H

#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

struct license_root;

/* Bytes that the longest one has, so that room can be left. */
#define LINK_SIZE_MAX	(sizeof(struct cask_head) + 3 * sizeof(struct cask_section) + \
			 CASK_ID_SIZE + CASK_TEXT_MAX + CASK_EKB_SLOT_SIZE)

/**
 * struct link_fields - what it says; NULL: not that
 * @license_id: CASK_ID_SIZE bytes
 * @url: of the license server, text of @url_size bytes
 * @url_size: bytes of @url
 * @key: from link_key(), CASK_EKB_SLOT_SIZE bytes
 */
struct link_fields {
	const uint8_t *license_id;
	const char *url;
	size_t url_size;
	const uint8_t *key;
};

int link_key(const struct cask_link_aad *content, const struct license_root *root,
	     const uint8_t content_key[CASK_KEY_SIZE], uint8_t ret_slot[CASK_EKB_SLOT_SIZE]);
/* The part is allocated; the caller frees. */
int link_make(const struct link_fields *fields, uint8_t **ret_data, size_t *ret_size);

#endif /* CASK_COMMON_LINK_H */
