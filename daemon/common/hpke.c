// SPDX-License-Identifier: GPL-2.0
/*
 * hpke.c - RFC 9180, base mode, single shot: DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-128-GCM.
 */
#include <errno.h>
#include <string.h>

#include "crypto.h"
#include "hpke.h"

#define LABEL_VERSION	"HPKE-v1"
#define MODE_BASE	0x00
#define INPUT_MAX	256

/* suite_id of the KEM, and of the whole: I2OSP of kem 0x0020, kdf 0x0001, aead 0x0001. */
static const struct suite {
	uint8_t id[10];
	size_t size;
} suite_kem = { "KEM\x00\x20", 5 }, suite_hpke = { "HPKE\x00\x20\x00\x01\x00\x01", 10 };

/* A growing input of HKDF: concatenations that RFC 9180 writes with commas. */
struct input {
	uint8_t bytes[INPUT_MAX];
	size_t size;
	int error;
};

static void add(struct input *in, const void *data, size_t size)
{
	if (size > sizeof(in->bytes) - in->size)
		in->error = -EINVAL;
	if (in->error || !size)
		return;
	memcpy(in->bytes + in->size, data, size);
	in->size += size;
}

static void add_label(struct input *in, const struct suite *suite, const char *label)
{
	add(in, LABEL_VERSION, strlen(LABEL_VERSION));
	add(in, suite->id, suite->size);
	add(in, label, strlen(label));
}

/* LabeledExtract(salt, label, ikm), section 4 */
static int extract(const struct suite *suite, const void *salt, size_t salt_size,
		   const char *label, const void *ikm, size_t ikm_size, uint8_t ret_prk[32])
{
	struct input in = { .size = 0 };
	int ret;

	add_label(&in, suite, label);
	add(&in, ikm, ikm_size);
	ret = in.error;
	if (!ret)
		ret = crypto_hkdf_extract(salt, salt_size, in.bytes, in.size, ret_prk);
	crypto_wipe(&in, sizeof(in));
	return ret;
}

/* LabeledExpand(prk, label, info, L), section 4 */
static int expand(const struct suite *suite, const uint8_t prk[32], const char *label,
		  const void *info, size_t info_size, void *ret_key, size_t key_size)
{
	uint8_t length[2] = { key_size >> 8, key_size };
	struct input in = { .size = 0 };

	add(&in, length, sizeof(length));
	add_label(&in, suite, label);
	add(&in, info, info_size);
	return in.error ? in.error :
		crypto_hkdf_expand(prk, in.bytes, in.size, ret_key, key_size);
}

/* ExtractAndExpand(dh, enc || pkR), section 4.1 */
static int kem_secret(const uint8_t dh[32], const uint8_t enc[32],
		      const uint8_t recipient_public[32], uint8_t ret_shared[32])
{
	uint8_t prk[CRYPTO_SHA256_SIZE], context[2 * CRYPTO_X25519_SIZE];
	int ret;

	memcpy(context, enc, CRYPTO_X25519_SIZE);
	memcpy(context + CRYPTO_X25519_SIZE, recipient_public, CRYPTO_X25519_SIZE);
	ret = extract(&suite_kem, NULL, 0, "eae_prk", dh, CRYPTO_X25519_SIZE, prk);
	if (!ret)
		ret = expand(&suite_kem, prk, "shared_secret", context, sizeof(context),
			     ret_shared, CRYPTO_SHA256_SIZE);
	crypto_wipe(prk, sizeof(prk));
	return ret;
}

/**
 * hpke_encap() - Encap() of section 4.1 with a given ephemeral key
 * @ephemeral_private: X25519, used for this message only
 * @recipient_public: X25519
 * @ret_enc: the ephemeral public key, to send
 * @ret_shared: 32 bytes; the caller wipes
 *
 * Return: 0, -EINVAL for a recipient key of low order, -EIO.
 */
int hpke_encap(const uint8_t ephemeral_private[32], const uint8_t recipient_public[32],
	       uint8_t ret_enc[HPKE_ENC_SIZE], uint8_t ret_shared[32])
{
	uint8_t dh[CRYPTO_X25519_SIZE];
	int ret;

	ret = crypto_x25519_both(ephemeral_private, recipient_public, ret_enc, dh);
	if (!ret)
		ret = kem_secret(dh, ret_enc, recipient_public, ret_shared);
	crypto_wipe(dh, sizeof(dh));
	return ret;
}

/**
 * hpke_decap() - Decap() of section 4.1
 * @enc: received
 * @recipient_private: X25519
 * @ret_shared: 32 bytes; the caller wipes
 *
 * Return: 0, -EINVAL when @enc is of low order, -EIO.
 */
int hpke_decap(const uint8_t enc[HPKE_ENC_SIZE], const uint8_t recipient_private[32],
	       uint8_t ret_shared[32])
{
	uint8_t dh[CRYPTO_X25519_SIZE], recipient_public[CRYPTO_X25519_SIZE];
	int ret;

	ret = crypto_x25519_both(recipient_private, enc, recipient_public, dh);
	if (!ret)
		ret = kem_secret(dh, enc, recipient_public, ret_shared);
	crypto_wipe(dh, sizeof(dh));
	return ret;
}

/**
 * hpke_schedule() - KeySchedule() of section 5.1, mode base, no PSK
 * @shared_secret: of hpke_encap() or hpke_decap()
 * @info: application's label
 * @info_size: bytes of it, at most HPKE_INFO_MAX
 * @ret_context: a secret; the caller wipes
 *
 * Return: 0, -EINVAL or -EIO.
 */
int hpke_schedule(const uint8_t shared_secret[32], const void *info, size_t info_size,
		  struct hpke_context *ret_context)
{
	uint8_t context[1 + 2 * CRYPTO_SHA256_SIZE] = { MODE_BASE }, secret[CRYPTO_SHA256_SIZE];
	int ret;

	if (info_size > HPKE_INFO_MAX)
		return -EINVAL;
	ret = extract(&suite_hpke, NULL, 0, "psk_id_hash", NULL, 0, context + 1);
	if (!ret)
		ret = extract(&suite_hpke, NULL, 0, "info_hash", info, info_size,
			      context + 1 + CRYPTO_SHA256_SIZE);
	if (!ret)
		ret = extract(&suite_hpke, shared_secret, CRYPTO_SHA256_SIZE, "secret",
			      NULL, 0, secret);
	if (!ret)
		ret = expand(&suite_hpke, secret, "key", context, sizeof(context),
			     ret_context->key, sizeof(ret_context->key));
	if (!ret)
		ret = expand(&suite_hpke, secret, "base_nonce", context, sizeof(context),
			     ret_context->base_nonce, sizeof(ret_context->base_nonce));
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

/* Of a single-shot message the sequence number is 0, so the nonce is the base nonce. */
static struct crypto_gcm gcm(const struct hpke_context *context, const struct hpke_text *text)
{
	return (struct crypto_gcm) {
		.key = context->key, .key_size = sizeof(context->key),
		.iv = context->base_nonce,
		.aad = text->aad, .aad_size = text->aad_size,
	};
}

/**
 * hpke_context_seal() - the one message of a context
 * @context: of hpke_schedule(), used for nothing else
 * @text: aad; its info is in @context already
 * @plain: the message
 * @plain_size: bytes of it
 * @ret_sealed: @plain_size + HPKE_TAG_SIZE bytes, to send
 *
 * For an aad that has enc in it; else hpke_seal() is all of it. Return: 0, -EINVAL or -EIO.
 */
int hpke_context_seal(const struct hpke_context *context, const struct hpke_text *text,
		      const void *plain, size_t plain_size, uint8_t *ret_sealed)
{
	struct crypto_gcm aead = gcm(context, text);

	return crypto_gcm_seal(&aead, plain, plain_size, ret_sealed);
}

/**
 * hpke_seal() - SealBase() of section 6.1
 * @recipient_public: X25519
 * @text: info and aad
 * @plain: the message
 * @plain_size: bytes of it
 * @ret_enc: to send
 * @ret_sealed: @plain_size + HPKE_TAG_SIZE bytes, to send
 *
 * Return: 0, -EINVAL or -EIO.
 */
int hpke_seal(const uint8_t recipient_public[32], const struct hpke_text *text,
	      const void *plain, size_t plain_size,
	      uint8_t ret_enc[HPKE_ENC_SIZE], uint8_t *ret_sealed)
{
	uint8_t ephemeral[CRYPTO_X25519_SIZE], shared[CRYPTO_SHA256_SIZE];
	struct hpke_context context;
	int ret;

	ret = crypto_random(ephemeral, sizeof(ephemeral));
	if (!ret)
		ret = hpke_encap(ephemeral, recipient_public, ret_enc, shared);
	if (!ret)
		ret = hpke_schedule(shared, text->info, text->info_size, &context);
	if (!ret)
		ret = hpke_context_seal(&context, text, plain, plain_size, ret_sealed);
	crypto_wipe(ephemeral, sizeof(ephemeral));
	crypto_wipe(shared, sizeof(shared));
	crypto_wipe(&context, sizeof(context));
	return ret;
}

/**
 * hpke_open() - OpenBase() of section 6.1
 * @recipient_private: X25519
 * @text: info and aad
 * @enc: received
 * @sealed: received
 * @sealed_size: bytes of it
 * @ret_plain: @sealed_size - HPKE_TAG_SIZE bytes; wiped on failure
 *
 * Return: 0, -EBADMSG when not authentic, -EINVAL, -EIO.
 */
int hpke_open(const uint8_t recipient_private[32], const struct hpke_text *text,
	      const uint8_t enc[HPKE_ENC_SIZE], const uint8_t *sealed, size_t sealed_size,
	      void *ret_plain)
{
	uint8_t shared[CRYPTO_SHA256_SIZE];
	struct hpke_context context;
	struct crypto_gcm aead;
	int ret;

	ret = hpke_decap(enc, recipient_private, shared);
	if (!ret)
		ret = hpke_schedule(shared, text->info, text->info_size, &context);
	if (!ret) {
		aead = gcm(&context, text);
		ret = crypto_gcm_open(&aead, sealed, sealed_size, ret_plain);
	}
	crypto_wipe(shared, sizeof(shared));
	crypto_wipe(&context, sizeof(context));
	return ret;
}
