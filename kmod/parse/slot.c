// SPDX-License-Identifier: GPL-2.0 OR MIT
/* slot.c - ways to bring a content key: in a LICENSE, and in the link part of a .cask file. */
#include "parse.h"

_Static_assert(sizeof(struct cask_link_aad) == 52, "cask_link_aad");

/* What a slot of a method has; of an unknown one, whatever it has. */
static size_t slot_size(__u16 method, size_t unknown)
{
	switch (method) {
	case CASK_METHOD_DEVICE:
		return CASK_DEVICE_SLOT_SIZE;
	case CASK_METHOD_MEDIUM:
		return CASK_MEDIUM_SLOT_SIZE;
	case CASK_METHOD_MEDIUM_DEVICE:
		return CASK_MEDIUM_DEVICE_SLOT_SIZE;
	case CASK_METHOD_EKB:
		return CASK_EKB_SLOT_SIZE;
	case CASK_METHOD_TWOKEY:
		return CASK_TWOKEY_SLOT_SIZE;
	case CASK_METHOD_HEADER:
		return sizeof(struct cask_slot);
	}
	return unknown;
}

/* A version that there is, and nothing behind it. */
static bool is_ekb_key(const __u8 *key_id)
{
	const __u8 *p = key_id + CASK_ID_SIZE;
	const struct cask_bytes rest = { p + 4, CASK_KID_SIZE - CASK_ID_SIZE - 4 };

	return cask_le32(p) && cask_le32(p) <= CASK_EKB_VERSIONS && cask_bytes_are_zero(&rest);
}

/**
 * cask_slot_parse() - read a slot
 * @v: what it says
 * @value: of the section that it is
 *
 * Return: 0, or -EINVAL when it is not what its method says; of an unknown method it is returned
 * as it is.
 */
int cask_slot_parse(struct cask_slot_view *v, const struct cask_bytes *value)
{
	const __u8 *p = value->data;

	if (value->len < sizeof(struct cask_slot) ||
	    cask_le16(p + offsetof(struct cask_slot, flags)))
		return -EINVAL;
	v->method = cask_le16(p);
	v->head.data = p;
	v->head.len = sizeof(struct cask_slot);
	v->key_id = p + offsetof(struct cask_slot, key_id);
	v->wrapped.data = p + sizeof(struct cask_slot);
	v->wrapped.len = value->len - sizeof(struct cask_slot);
	if ((v->method == CASK_METHOD_EKB || v->method == CASK_METHOD_HEADER) &&
	    !is_ekb_key(v->key_id))
		return -EINVAL;
	return value->len == slot_size(v->method, value->len) ? 0 : -EINVAL;
}
