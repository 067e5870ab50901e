// SPDX-License-Identifier: GPL-2.0 OR MIT
/* twokey.c - second keys, and the object by which their parameters are agreed on. */
#include "parse.h"

_Static_assert(sizeof(struct cask_step) == CASK_NONCE_SIZE, "cask_step");
_Static_assert(sizeof(struct cask_twokey) == 20, "cask_twokey");

/**
 * cask_twokey_parse() - read a second key
 * @t: what it says of itself
 * @wrapped: of a slot TWOKEY, as long as one has it
 *
 * Return: 0; -EINVAL when it is too short; -EOPNOTSUPP for an unknown mode.
 */
int cask_twokey_parse(struct cask_twokey_view *t, const struct cask_bytes *wrapped)
{
	size_t head = sizeof(struct cask_twokey);

	if (wrapped->len != CASK_TWOKEY_SLOT_SIZE - sizeof(struct cask_slot))
		return -EINVAL;
	t->mode = cask_le32(wrapped->data);
	t->head = (struct cask_bytes){ wrapped->data, head };
	t->parameter = wrapped->data + offsetof(struct cask_twokey, parameter);
	t->sealed = (struct cask_bytes){ wrapped->data + head, wrapped->len - head };
	return t->mode == CASK_TWOKEY_TERMINAL || t->mode == CASK_TWOKEY_SYNCHRONISED ?
		0 : -EOPNOTSUPP;
}

/**
 * cask_synchronise_parse() - read a SYNCHRONISE
 * @s: what it says
 * @data: the object
 * @len: bytes of @data
 *
 * The caller checks the MAC: @s->mac over @s->maced. Return: 0, -EINVAL when
 * malformed, -EOPNOTSUPP for an unknown critical section.
 */
int cask_synchronise_parse(struct cask_synchronise_view *s, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(CREATED, LE64, 1, 0, 0, cask_synchronise_view, created),
		CASK_FIELD(NONCE, BYTES, 1, CASK_NONCE_SIZE, CASK_NONCE_SIZE,
			   cask_synchronise_view, nonce),
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_synchronise_view, issuer),
		CASK_FIELD(DEVICE_ID, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_synchronise_view, device_id),
		CASK_FIELD(STEP, BYTES, 1, sizeof(struct cask_step), sizeof(struct cask_step),
			   cask_synchronise_view, step),
		CASK_FIELD(STEP_MAC, BYTES, 1, CASK_MAC_SIZE, CASK_MAC_SIZE,
			   cask_synchronise_view, mac),
	};
	struct cask_object o;
	int ret;

	memset(s, 0, sizeof(*s));
	ret = cask_object_open(&o, data, len, CASK_TYPE_SYNCHRONISE);
	if (ret)
		return ret;
	ret = cask_object_decode(&o, fields, sizeof(fields) / sizeof(fields[0]), s, NULL);
	if (ret)
		return ret;
	return cask_object_maced(&o, &s->mac, &s->maced);
}
