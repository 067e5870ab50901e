// SPDX-License-Identifier: GPL-2.0
/* hpke.c - HPKE (RFC 9180), base mode, both ends. */
#include <linux/err.h>
#include <linux/random.h>

#include "secret.h"

#define HPKE_VERSION	"HPKE-v1"
/* DHKEM(X25519, HKDF-SHA256); with it HKDF-SHA256 and AES-128-GCM. */
#define HPKE_KEM	"KEM\x00\x20"
#define HPKE_SUITE	"HPKE\x00\x20\x00\x01\x00\x01"

struct hpke_label {
	const char *suite;
	size_t suite_len;
	const char *label;
};

#define HPKE_LABEL(suite, label)	{ suite, sizeof(suite) - 1, label }

static size_t hpke_prefix(u8 *out, const struct hpke_label *l)
{
	size_t n = 0;

	memcpy(out, HPKE_VERSION, 7);
	n += 7;
	memcpy(out + n, l->suite, l->suite_len);
	n += l->suite_len;
	memcpy(out + n, l->label, strlen(l->label));
	return n + strlen(l->label);
}

/* LabeledExtract; no salt is 32 zero bytes to HMAC. */
static int hpke_extract(struct scratch *s, const u8 *salt, const struct hpke_label *l,
			const void *ikm, size_t len, u8 *out)
{
	static const u8 none[PRK_SIZE];
	size_t n = hpke_prefix(s->message, l);

	if (WARN_ON_ONCE(n + len > sizeof(s->message)))
		return -EINVAL;
	memcpy(s->message + n, ikm, len);
	return cask_hmac(salt ?: none, PRK_SIZE, s->message, n + len, out);
}

/* LabeledExpand to at most one block; @want is hashed in, 32 bytes come out. */
static int hpke_expand(struct scratch *s, const u8 *prk, const struct hpke_label *l,
		       const void *info, size_t len, u8 want, u8 *out)
{
	size_t n = 2 + hpke_prefix(s->message + 2, l);

	if (WARN_ON_ONCE(n + len + 1 > sizeof(s->message)))
		return -EINVAL;
	s->message[0] = 0;
	s->message[1] = want;
	memcpy(s->message + n, info, len);
	s->message[n + len] = 1;
	return cask_hmac(prk, PRK_SIZE, s->message, n + len + 1, out);
}

/* The shared secret from s->dh, into s->prk. */
static int shared_secret(struct scratch *s, const u8 *enc, const u8 *recipient)
{
	static const struct hpke_label eae = HPKE_LABEL(HPKE_KEM, "eae_prk");
	static const struct hpke_label shared = HPKE_LABEL(HPKE_KEM, "shared_secret");
	u8 context[2 * CURVE25519_KEY_SIZE];
	int ret;

	memcpy(context, enc, CURVE25519_KEY_SIZE);
	memcpy(context + CURVE25519_KEY_SIZE, recipient, CURVE25519_KEY_SIZE);
	ret = hpke_extract(s, NULL, &eae, s->dh, sizeof(s->dh), s->prk);
	return ret ?: hpke_expand(s, s->prk, &shared, context, sizeof(context),
				  PRK_SIZE, s->prk);
}

/**
 * cask_hpke_encap() - Encap(): a shared secret with another device, into @s->prk
 * @s: scratch memory
 * @recipient: its public key, CURVE25519_KEY_SIZE bytes
 * @enc: the ephemeral key, CURVE25519_KEY_SIZE bytes, when 0 is returned
 *
 * Return: 0; -EINVAL when @recipient is a point of small order; an error of the
 * crypto API.
 */
int cask_hpke_encap(struct scratch *s, const u8 *recipient, u8 *enc)
{
	get_random_bytes(s->key, CURVE25519_KEY_SIZE);
	curve25519_clamp_secret(s->key);
	if (!curve25519_generate_public(enc, s->key) || !curve25519(s->dh, s->key, recipient))
		return -EINVAL;
	return shared_secret(s, enc, recipient);
}

/**
 * cask_hpke_decap() - Decap(): the shared secret of the device and a sender, into @s->prk
 * @s: scratch memory
 * @enc: the sender's ephemeral key, CURVE25519_KEY_SIZE bytes
 *
 * Return: 0; -EBADMSG for a point of small order; an error of the crypto API.
 */
int cask_hpke_decap(struct scratch *s, const u8 *enc)
{
	if (!curve25519(s->dh, cask_identity->secret, enc))
		return -EBADMSG;
	return shared_secret(s, enc, cask_identity->public);
}

/**
 * cask_hpke_schedule() - KeySchedule(): the key into @s->key, the nonce into @s->nonce
 * @s: with the shared secret in @s->prk
 * @info: what the two agree on
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_hpke_schedule(struct scratch *s, const char *info)
{
	static const struct hpke_label psk = HPKE_LABEL(HPKE_SUITE, "psk_id_hash");
	static const struct hpke_label hash = HPKE_LABEL(HPKE_SUITE, "info_hash");
	static const struct hpke_label secret = HPKE_LABEL(HPKE_SUITE, "secret");
	static const struct hpke_label key = HPKE_LABEL(HPKE_SUITE, "key");
	static const struct hpke_label nonce = HPKE_LABEL(HPKE_SUITE, "base_nonce");
	size_t len = sizeof(s->context);
	int ret;

	s->context[0] = 0;	/* mode_base */
	ret = hpke_extract(s, NULL, &psk, "", 0, s->context + 1);
	ret = ret ?: hpke_extract(s, NULL, &hash, info, strlen(info), s->context + 1 + PRK_SIZE);
	ret = ret ?: hpke_extract(s, s->prk, &secret, "", 0, s->prk);
	ret = ret ?: hpke_expand(s, s->prk, &nonce, s->context, len, NONCE_SIZE, s->key);
	if (ret)
		return ret;
	memcpy(s->nonce, s->key, NONCE_SIZE);
	return hpke_expand(s, s->prk, &key, s->context, len, AES128_SIZE, s->key);
}
