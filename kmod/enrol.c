// SPDX-License-Identifier: GPL-2.0
/* enrol.c - the answer to a distributor's challenge; says what device this is. */
#include <asm/byteorder.h>

#include "private.h"

static u8 *put_le32(u8 *p, u16 type, u32 value)
{
	__le32 v = cpu_to_le32(value);

	return cask_section_put(p, type, &v, sizeof(v));
}

/* All but the MAC's value; returns where that goes. */
static u8 *put_answer(u8 *p, const u8 *issuer, const u8 *challenge)
{
	static const u8 none[CASK_MAC_SIZE];

	cask_head_put(p, CASK_TYPE_ENROLMENT, CASK_ENROL_ANSWER_SIZE);
	p += sizeof(struct cask_head);
	p = cask_section_put(p, CASK_SEC_ISSUER, issuer, CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_DEVICE_ID, cask_device_id(), CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_DEVICE_KEY, cask_device_key(), CASK_X25519_SIZE);
	p = put_le32(p, CASK_SEC_LEVEL, cask_level());
	p = put_le32(p, CASK_SEC_ROOT, cask_root());
	p = cask_section_put(p, CASK_SEC_CHALLENGE, challenge, CASK_CHALLENGE_SIZE);
	p = cask_section_put(p, CASK_SEC_ANSWER_MAC, none, sizeof(none));
	return p - sizeof(none);
}

/**
 * cask_enrol_answer() - prove to a distributor that this device has its key
 * @anchor: the distributor
 * @sealed: its challenge, CASK_SEALED_CHALLENGE_SIZE bytes
 * @answer: an ENROLMENT object of CASK_ENROL_ANSWER_SIZE bytes, when 0 is returned
 *
 * Return: 0; -EBADMSG when the challenge is not this distributor's to this
 * device; -EKEYREJECTED for a server key of small order; -ENOMEM.
 */
int cask_enrol_answer(struct cask_anchor *anchor, const u8 *sealed, u8 *answer)
{
	u8 server_key[CASK_X25519_SIZE];
	u8 challenge[CASK_CHALLENGE_SIZE];
	u8 *mac;
	int ret;

	cask_anchor_server_key(anchor, server_key);
	ret = cask_pairwise_open_challenge(server_key, anchor->issuer, sealed, challenge);
	if (ret)
		return ret;
	mac = put_answer(answer, anchor->issuer, challenge);
	return cask_pairwise_mac(server_key, CASK_INFO_ENROL, answer, mac - answer, mac);
}
