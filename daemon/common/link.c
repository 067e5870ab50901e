// SPDX-License-Identifier: GPL-2.0
/* link.c - make the link part of a .cask file. */
#include <string.h>

#include "crypto.h"
#include "license.h"
#include "link.h"
#include "object.h"

/**
 * link_key() - wrap a file's content key for all leaves of a category
 * @content: the file, as its fixed part names itself
 * @root: a root key of the category
 * @content_key: Kc
 * @ret_slot: value of the LINK_KEY section
 *
 * Return: 0, -ENOMEM, -EIO.
 */
int link_key(const struct cask_link_aad *content, const struct license_root *root,
	     const uint8_t content_key[CASK_KEY_SIZE], uint8_t ret_slot[CASK_EKB_SLOT_SIZE])
{
	uint8_t aad[sizeof(*content) + sizeof(struct cask_slot)];
	struct cask_slot slot;

	license_root_slot(CASK_METHOD_EKB, root, &slot);
	memcpy(aad, content, sizeof(*content));
	memcpy(aad + sizeof(*content), &slot, sizeof(slot));
	memcpy(ret_slot, &slot, sizeof(slot));
	return license_root_wrap(root, aad, sizeof(aad), content_key, ret_slot + sizeof(slot));
}

/**
 * link_make() - make the part
 * @fields: what it says
 * @ret_data: a LINK object, allocated; the caller frees
 * @ret_size: bytes, at most LINK_SIZE_MAX
 *
 * Nothing in it is critical: a reader that does not know the key may know the rest. Return: 0,
 * -ENOMEM.
 */
int link_make(const struct link_fields *fields, uint8_t **ret_data, size_t *ret_size)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_LINK);
	if (fields->license_id)
		object_add(&o, CASK_SEC_LINK_LICENSE, 0, fields->license_id, CASK_ID_SIZE);
	if (fields->url)
		object_add(&o, CASK_SEC_LINK_URL, 0, fields->url, fields->url_size);
	if (fields->key)
		object_add(&o, CASK_SEC_LINK_KEY, 0, fields->key, CASK_EKB_SLOT_SIZE);
	return object_end(&o, ret_data, ret_size);
}
