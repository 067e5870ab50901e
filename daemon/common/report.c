// SPDX-License-Identifier: GPL-2.0
/* report.c - reports of uses, at the server. */
#include <errno.h>

#include "crypto.h"
#include "object.h"
#include "pairwise.h"
#include "report.h"

#define CRITICAL	CASK_SECTION_CRITICAL

/**
 * report_open() - check and read a REPORT
 * @pairwise_secret: S of the device
 * @object: the bytes received
 * @size: how many
 * @ret_report: what it says; points into @object; untouched on failure
 *
 * The caller compares issuer and device id with its own. Return: 0; -EINVAL when malformed;
 * -EOPNOTSUPP for an unknown critical section, event or unit; -EBADMSG when not authentic; -EIO.
 */
int report_open(const uint8_t pairwise_secret[32], const void *object, size_t size,
		struct cask_report_view *ret_report)
{
	uint8_t key[CRYPTO_SHA256_SIZE], mac[CASK_MAC_SIZE];
	struct cask_report_view view;
	int ret = cask_report_parse(&view, object, size);

	if (ret)
		return ret;
	ret = pairwise_key(pairwise_secret, CASK_INFO_REPORT, key);
	if (!ret)
		ret = crypto_hmac_sha256(key, sizeof(key), view.maced.data, view.maced.len, mac);
	if (!ret && !crypto_equal(mac, view.mac.data, sizeof(mac)))
		ret = -EBADMSG;
	crypto_wipe(key, sizeof(key));
	crypto_wipe(mac, sizeof(mac));
	if (!ret)
		*ret_report = view;
	return ret;
}

/**
 * report_acknowledge() - make an ACKNOWLEDGEMENT
 * @pairwise_secret: S of the device
 * @word: what it says
 * @ret_object: allocated; the caller frees
 * @ret_size: bytes of it
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int report_acknowledge(const uint8_t pairwise_secret[32], const struct report_word *word,
		       uint8_t **ret_object, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	uint8_t key[CRYPTO_SHA256_SIZE];
	int ret = pairwise_key(pairwise_secret, CASK_INFO_ACKNOWLEDGE, key);

	if (ret)
		return ret;
	object_begin(&o, CASK_TYPE_ACKNOWLEDGEMENT);
	object_add(&o, CASK_SEC_ISSUER, CRITICAL, word->issuer, sizeof(word->issuer));
	object_add(&o, CASK_SEC_DEVICE_ID, CRITICAL, word->device_id, sizeof(word->device_id));
	object_add(&o, CASK_SEC_LOG_PLACE, CRITICAL, &word->last, sizeof(word->last));
	object_mac(&o, CASK_SEC_LOG_MAC, key);
	crypto_wipe(key, sizeof(key));
	return object_end(&o, ret_object, ret_size);
}
