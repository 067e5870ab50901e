// SPDX-License-Identifier: GPL-2.0 OR MIT
/* enrolment.c - the answer of a device to a distributor's challenge. */
#include "parse.h"

/**
 * cask_enrolment_parse() - read an ENROLMENT
 * @e: what it says
 * @data: the object
 * @len: bytes of @data
 *
 * The caller checks the MAC: @e->mac over @e->maced. Return: 0, -EINVAL when
 * malformed, -EOPNOTSUPP for an unknown critical section.
 */
int cask_enrolment_parse(struct cask_enrolment *e, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_enrolment, issuer),
		CASK_FIELD(DEVICE_ID, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_enrolment, device_id),
		CASK_FIELD(DEVICE_KEY, BYTES, 1, CASK_X25519_SIZE, CASK_X25519_SIZE,
			   cask_enrolment, device_key),
		CASK_FIELD(LEVEL, LE32, 1, 0, 0, cask_enrolment, level),
		CASK_FIELD(ROOT, LE32, 1, 0, 0, cask_enrolment, root),
		CASK_FIELD(CHALLENGE, BYTES, 1, CASK_CHALLENGE_SIZE, CASK_CHALLENGE_SIZE,
			   cask_enrolment, challenge),
		CASK_FIELD(ANSWER_MAC, BYTES, 1, CASK_MAC_SIZE, CASK_MAC_SIZE,
			   cask_enrolment, mac),
	};
	struct cask_object o;
	int ret;

	memset(e, 0, sizeof(*e));
	ret = cask_object_open(&o, data, len, CASK_TYPE_ENROLMENT);
	if (ret)
		return ret;
	ret = cask_object_decode(&o, fields, sizeof(fields) / sizeof(fields[0]), e, NULL);
	if (ret)
		return ret;
	return cask_object_maced(&o, &e->mac, &e->maced);
}
