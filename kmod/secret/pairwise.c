// SPDX-License-Identifier: GPL-2.0
/* pairwise.c - the key of device and distributor, derived whenever it is needed. */
#include <linux/err.h>
#include <crypto/algapi.h>

#include "secret.h"

/**
 * cask_pairwise_key() - S of device and server into @s->prk, the key for a label into @s->key
 * @s: scratch memory
 * @server_key: CURVE25519_KEY_SIZE bytes
 * @label: what the key is for
 *
 * Return: 0; -EKEYREJECTED for a point of small order; an error of the crypto API.
 */
int cask_pairwise_key(struct scratch *s, const u8 *server_key, const char *label)
{
	size_t n = CURVE25519_KEY_SIZE;
	int ret;

	if (!curve25519(s->dh, cask_identity->secret, server_key))
		return -EKEYREJECTED;
	ret = cask_hmac(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE), s->dh, sizeof(s->dh), s->prk);
	if (ret)
		return ret;
	memcpy(s->message, cask_identity->public, n);
	memcpy(s->message + n, server_key, n);
	s->message[2 * n] = 1;
	ret = cask_hmac(s->prk, PRK_SIZE, s->message, 2 * n + 1, s->prk);
	return ret ?: cask_expand_label(s->prk, label, s->key);
}

/**
 * cask_pairwise_open_challenge() - open a distributor's challenge
 * @server_key: of its scope
 * @issuer: the distributor
 * @sealed: CASK_SEALED_CHALLENGE_SIZE bytes
 * @challenge: CASK_CHALLENGE_SIZE bytes, when 0 is returned
 *
 * Return: 0; -EBADMSG when it was not made for this device by this
 * distributor; -EKEYREJECTED for a server key of small order; another error of
 * the crypto API.
 */
int cask_pairwise_open_challenge(const u8 *server_key, const u8 *issuer,
				 const u8 *sealed, u8 *challenge)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	BUILD_BUG_ON(CASK_CHALLENGE_SIZE + TAG_SIZE > sizeof_field(struct scratch, text));
	if (!s)
		return -ENOMEM;
	ret = cask_pairwise_key(s, server_key, CASK_INFO_CHALLENGE);
	if (ret)
		goto out;
	memcpy(s->nonce, sealed, NONCE_SIZE);
	memcpy(s->text, sealed + NONCE_SIZE, CASK_CHALLENGE_SIZE + TAG_SIZE);
	memcpy(s->aad, cask_identity->id, CASK_KID_SIZE);
	memcpy(s->aad + CASK_KID_SIZE, issuer, CASK_KID_SIZE);
	ret = cask_gcm_open(s->key, AES256_SIZE, s->nonce, s->aad, 2 * CASK_KID_SIZE,
			    s->text, CASK_CHALLENGE_SIZE + TAG_SIZE);
	if (!ret)
		memcpy(challenge, s->text, CASK_CHALLENGE_SIZE);
out:
	cask_scratch_put(s);
	return ret;
}

/**
 * cask_pairwise_mac() - authenticate something to a distributor
 * @server_key: of its scope
 * @label: CASK_INFO_ENROL, _HTTP or _SYNCHRONISE: a MAC for one is none for another
 * @data: what
 * @len: bytes of @data
 * @mac: CASK_MAC_SIZE bytes, when 0 is returned
 *
 * Return: 0, -EKEYREJECTED for a server key of small order, another error of
 * the crypto API.
 */
int cask_pairwise_mac(const u8 *server_key, const char *label,
		      const void *data, size_t len, u8 *mac)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = cask_pairwise_key(s, server_key, label) ?: cask_hmac(s->key, PRK_SIZE, data, len, mac);
	cask_scratch_put(s);
	return ret;
}

/**
 * cask_pairwise_check() - whether a distributor authenticated something to this device
 * @server_key: of its scope
 * @label: CASK_INFO_SYNCHRONISE
 * @data: what
 * @mac: CASK_MAC_SIZE bytes
 *
 * Return: 0; -EKEYREJECTED when it did not, or for a server key of small order; another error
 * of the crypto API.
 */
int cask_pairwise_check(const u8 *server_key, const char *label,
			const struct cask_bytes *data, const u8 *mac)
{
	u8 right[CASK_MAC_SIZE];
	int ret = cask_pairwise_mac(server_key, label, data->data, data->len, right);

	if (!ret && crypto_memneq(right, mac, sizeof(right)))
		ret = -EKEYREJECTED;
	/* It is what a forger wants. */
	memzero_explicit(right, sizeof(right));
	return ret;
}
