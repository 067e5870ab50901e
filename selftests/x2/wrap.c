// SPDX-License-Identifier: GPL-2.0
/*
 * wrap.c - HPKE (RFC 9180) in base mode, receiver, with every step kept: DHKEM(X25519,
 * HKDF-SHA256), HKDF-SHA256, AES-128-GCM. It shares HKDF alone with what it is to find.
 */
#include <errno.h>
#include <string.h>
#include <linux/cask_format.h>

#include "crypto.h"
#include "wrap.h"

#define KEM	"KEM\x00\x20"
#define SUITE	"HPKE\x00\x20\x00\x01\x00\x01"

/* A string constant that may have zeros in it, with its size. */
#define BYTES(text)	text, sizeof(text) - 1

struct text {
	uint8_t bytes[192];
	size_t size;
};

static void put(struct text *t, const void *bytes, size_t size)
{
	memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

/* "HPKE-v1" || suite_id || label, behind what is there. */
static void put_label(struct text *t, const char *suite, size_t suite_size, const char *label)
{
	put(t, BYTES("HPKE-v1"));
	put(t, suite, suite_size);
	put(t, label, strlen(label));
}

/* LabeledExtract; no salt is none. */
static int extract(const uint8_t *salt, const char *suite, size_t suite_size, const char *label,
		   const void *ikm, size_t size, uint8_t prk[32])
{
	struct text t = { .size = 0 };

	put_label(&t, suite, suite_size, label);
	put(&t, ikm, size);
	return crypto_hkdf_extract(salt, salt ? 32 : 0, t.bytes, t.size, prk);
}

/* LabeledExpand of a whole context. */
static int expand(const uint8_t prk[32], const char *suite, size_t suite_size, const char *label,
		  const struct text *context, void *key, size_t size)
{
	const uint8_t length[2] = { 0, size };
	struct text t = { .size = 0 };

	put(&t, length, sizeof(length));
	put_label(&t, suite, suite_size, label);
	put(&t, context->bytes, context->size);
	return crypto_hkdf_expand(prk, t.bytes, t.size, key, size);
}

static int decap(struct wrap *w, const uint8_t public[32], const uint8_t enc[32])
{
	struct text context = { .size = 0 };

	put(&context, enc, 32);
	put(&context, public, 32);
	return extract(NULL, BYTES(KEM), "eae_prk", w->dh, 32, w->eae_prk) ?:
	       expand(w->eae_prk, BYTES(KEM), "shared_secret", &context, w->shared_secret, 32);
}

static int schedule(struct wrap *w)
{
	struct text context = { .bytes = { 0 /* mode_base */ }, .size = 1 + 2 * 32 };

	return extract(NULL, BYTES(SUITE), "psk_id_hash", "", 0, context.bytes + 1) ?:
	       extract(NULL, BYTES(SUITE), "info_hash", BYTES(CASK_INFO_DEVICE_SLOT),
		       context.bytes + 33) ?:
	       extract(w->shared_secret, BYTES(SUITE), "secret", "", 0, w->secret) ?:
	       expand(w->secret, BYTES(SUITE), "key", &context, w->key, sizeof(w->key)) ?:
	       expand(w->secret, BYTES(SUITE), "base_nonce", &context, w->nonce, sizeof(w->nonce));
}

/**
 * wrap_derive() - what the device derives to open a slot
 * @wrap: filled in
 * @device_secret: X25519, clamped
 * @device_public: of it
 * @enc: of the slot
 *
 * Return: 0 or a negative errno of crypto.h.
 */
int wrap_derive(struct wrap *wrap, const uint8_t device_secret[32],
		const uint8_t device_public[32], const uint8_t enc[32])
{
	return crypto_x25519(device_secret, enc, wrap->dh) ?:
	       decap(wrap, device_public, enc) ?: schedule(wrap);
}
