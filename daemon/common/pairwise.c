// SPDX-License-Identifier: GPL-2.0
/*
 * pairwise.c - the server's side of the key that it shares with one device:
 * challenges, answers and request authentication.
 */
#include <errno.h>
#include <string.h>

#include "cose.h"
#include "crypto.h"
#include "pairwise.h"
#include "../../kmod/parse/parse.h"

/**
 * pairwise_derive() - S of a device
 * @server_private: X25519 private key of the server
 * @device_public: X25519 public key of the device
 * @ret_secret: 32 bytes; the caller wipes
 *
 * Return: 0, -EINVAL for a device key of low order, -EIO.
 */
int pairwise_derive(const uint8_t server_private[32], const uint8_t device_public[32],
		    uint8_t ret_secret[32])
{
	uint8_t info[2 * CASK_X25519_SIZE], shared[CASK_X25519_SIZE], prk[CRYPTO_SHA256_SIZE];
	int ret;

	memcpy(info, device_public, CASK_X25519_SIZE);
	ret = crypto_x25519_both(server_private, device_public, info + CASK_X25519_SIZE, shared);
	if (!ret)
		ret = crypto_hkdf_extract(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE),
					  shared, sizeof(shared), prk);
	if (!ret)
		ret = crypto_hkdf_expand(prk, info, sizeof(info), ret_secret, CRYPTO_SHA256_SIZE);
	crypto_wipe(shared, sizeof(shared));
	crypto_wipe(prk, sizeof(prk));
	return ret;
}

/**
 * pairwise_key() - the key for one purpose
 * @secret: S
 * @label: CASK_INFO_CHALLENGE, _ENROL, _HTTP, _SYNCHRONISE or _TWOKEY
 * @ret_key: 32 bytes; the caller wipes
 *
 * Return: 0 or -EIO.
 */
int pairwise_key(const uint8_t secret[32], const char *label, uint8_t ret_key[32])
{
	return crypto_hkdf_expand(secret, label, strlen(label), ret_key, CRYPTO_SHA256_SIZE);
}

/**
 * pairwise_seal_challenge() - what only this device can open
 * @secret: S
 * @device_id: thumbprint of the device key
 * @issuer: thumbprint of the distributor's root key
 * @challenge: 32 random bytes, kept by the caller until the answer
 * @ret_sealed: to send
 *
 * Return: 0 or -EIO.
 */
int pairwise_seal_challenge(const uint8_t secret[32], const uint8_t device_id[32],
			    const uint8_t issuer[32],
			    const uint8_t challenge[CASK_CHALLENGE_SIZE],
			    uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE])
{
	uint8_t key[CRYPTO_SHA256_SIZE], aad[2 * CASK_KID_SIZE];
	struct crypto_gcm gcm = {
		.key = key, .key_size = sizeof(key), .iv = ret_sealed,
		.aad = aad, .aad_size = sizeof(aad),
	};
	int ret;

	memcpy(aad, device_id, CASK_KID_SIZE);
	memcpy(aad + CASK_KID_SIZE, issuer, CASK_KID_SIZE);
	ret = pairwise_key(secret, CASK_INFO_CHALLENGE, key);
	if (!ret)
		ret = crypto_random(ret_sealed, CRYPTO_GCM_IV_SIZE);
	if (!ret)
		ret = crypto_gcm_seal(&gcm, challenge, CASK_CHALLENGE_SIZE,
				      ret_sealed + CRYPTO_GCM_IV_SIZE);
	crypto_wipe(key, sizeof(key));
	return ret;
}

static int check_mac(const uint8_t secret[32], const struct cask_enrolment *e)
{
	uint8_t key[CRYPTO_SHA256_SIZE], mac[CASK_MAC_SIZE];
	int ret;

	ret = pairwise_key(secret, CASK_INFO_ENROL, key);
	if (!ret)
		ret = crypto_hmac_sha256(key, sizeof(key), e->maced.data, e->maced.len, mac);
	if (!ret && !crypto_equal(mac, e->mac.data, sizeof(mac)))
		ret = -EBADMSG;
	crypto_wipe(key, sizeof(key));
	crypto_wipe(mac, sizeof(mac));
	return ret;
}

/**
 * pairwise_open_answer() - check and read a device's ENROLMENT object
 * @secret: S, derived from the device key that the challenge was sealed to
 * @object: the bytes received
 * @size: how many
 * @ret_answer: what it says; untouched on failure
 *
 * The caller compares issuer, device_key and challenge (crypto_equal()) with
 * its own. Return: 0; -EINVAL when malformed or the device id is not its key's;
 * -EOPNOTSUPP for an unknown critical section; -EBADMSG when not authentic; -EIO.
 */
int pairwise_open_answer(const uint8_t secret[32], const uint8_t *object, size_t size,
			 struct pairwise_answer *ret_answer)
{
	uint8_t id[CASK_KID_SIZE];
	struct cask_enrolment e;
	int ret;

	ret = cask_enrolment_parse(&e, object, size);
	if (!ret)
		ret = check_mac(secret, &e);
	if (!ret)
		ret = cose_device_id(e.device_key.data, id);
	if (!ret && memcmp(id, e.device_id.data, sizeof(id)))
		ret = -EINVAL;
	if (ret)
		return ret;
	memcpy(ret_answer->issuer, e.issuer.data, CASK_KID_SIZE);
	memcpy(ret_answer->device_id, id, CASK_KID_SIZE);
	memcpy(ret_answer->device_key, e.device_key.data, CASK_X25519_SIZE);
	memcpy(ret_answer->challenge, e.challenge.data, CASK_CHALLENGE_SIZE);
	ret_answer->level = e.level;
	ret_answer->root = e.root;
	return 0;
}

/**
 * pairwise_http_mac() - authenticate a request (RFC 9421, hmac-sha256)
 * @secret: S
 * @base: the signature base
 * @size: bytes of @base
 * @ret_mac: 32 bytes; compare with crypto_equal()
 *
 * Return: 0 or -EIO.
 */
int pairwise_http_mac(const uint8_t secret[32], const void *base, size_t size,
		      uint8_t ret_mac[32])
{
	uint8_t key[CRYPTO_SHA256_SIZE];
	int ret = pairwise_key(secret, CASK_INFO_HTTP, key);

	if (!ret)
		ret = crypto_hmac_sha256(key, sizeof(key), base, size, ret_mac);
	crypto_wipe(key, sizeof(key));
	return ret;
}
