/* SPDX-License-Identifier: GPL-2.0 */
/*
 * secret.h - what the files of this folder know of each other.
 *
 * Raw key bytes are seen in this folder only: the root secret, the device key, and
 * what is derived and unwrapped with them. Everything else holds a struct cask_key
 * or a transform. Scratch memory that holds keys comes from a cache of its own,
 * which usercopy refuses, and is wiped before it goes back.
 */
#ifndef CASK_SECRET_H
#define CASK_SECRET_H

#include <linux/scatterlist.h>
#include <crypto/aes.h>
#include <crypto/curve25519.h>
#include <crypto/hash.h>

#include "private.h"

#define PRK_SIZE	SHA256_DIGEST_SIZE
#define AES128_SIZE	16
#define AES256_SIZE	32
#define TAG_SIZE	16
#define NONCE_SIZE	12

/* --- root.c: who this device is --- */

/* The device's own secrets. The root derives the device key and, with the secure area, more. */
struct identity {
	u8 root[32];
	u8 secret[CURVE25519_KEY_SIZE];
	u8 public[CURVE25519_KEY_SIZE];
	u8 id[CASK_KID_SIZE];
	u8 storage_id[CASK_ID_SIZE];
	u64 counter;	/* of the TPM, when the root was made */
};

extern struct identity *cask_identity;

/* --- kdf.c --- */

/* Room for every intermediate of one derivation; see cask_scratch_get(). */
struct scratch {
	u8 dh[CURVE25519_KEY_SIZE];
	u8 prk[PRK_SIZE];
	u8 key[PRK_SIZE];
	u8 nonce[16];
	u8 context[1 + 2 * PRK_SIZE];
	u8 aad[2 * CASK_KID_SIZE + sizeof(struct cask_slot)];
	u8 text[64];
	u8 message[256];
};

extern struct kmem_cache *cask_secret_cache;

struct scratch *cask_scratch_get(void);
void cask_scratch_put(struct scratch *s);

struct crypto_shash *cask_hmac_new(const u8 *key, size_t len);
int cask_hmac(const u8 *key, size_t key_len, const void *data, size_t len, u8 *out);
int cask_expand_label(const u8 *prk, const char *label, u8 *out);

/* --- gcm.c --- */

/**
 * struct gcm - something to seal or to open
 * @key: AES key
 * @key_len: bytes of it
 * @nonce: NONCE_SIZE bytes, in memory that is not the stack's
 * @sg: additional data, text, tag
 * @aad_len: bytes of additional data
 * @len: bytes of text; to open, with the tag
 */
struct gcm {
	const u8 *key;
	size_t key_len;
	u8 *nonce;
	struct scatterlist *sg;
	size_t aad_len;
	size_t len;
};

int cask_gcm_crypt(const struct gcm *g, int (*crypt)(struct aead_request *));
int cask_gcm_seal(const u8 *key, size_t key_len, u8 *nonce,
		  u8 *aad, size_t aad_len, u8 *text, size_t text_len);
int cask_gcm_open(const u8 *key, size_t key_len, u8 *nonce,
		  u8 *aad, size_t aad_len, u8 *text, size_t text_len);

/* --- hpke.c --- */

int cask_hpke_encap(struct scratch *s, const u8 *recipient, u8 *enc);
int cask_hpke_decap(struct scratch *s, const u8 *enc);
int cask_hpke_schedule(struct scratch *s, const char *info);

/* --- key.c --- */

/**
 * struct cask_key - a content key
 * @ref: held by the license and by each request that uses it
 * @prk: of a file or a class of media: HMAC-SHA256 keyed with HKDF-Extract of it
 * @raw: of a key without a file, or one that copies for media are made of: itself, from
 *	cask_secret_cache
 */
struct cask_key {
	struct kref ref;
	struct crypto_shash *prk;
	u8 *raw;
};

struct cask_key *cask_key_new(const u8 *kc, u32 suite, bool copied);
int cask_key_expand(struct cask_key *key, const char *label, const u8 *more, size_t len, u8 *out);

/* --- aes.c --- */

struct cask_aes {
	struct crypto_aes_ctx ctx;
};

struct cask_aes *cask_aes_new(void);
void cask_aes_free(struct cask_aes *aes);

/* --- leaf.c --- */

int cask_root_open_slot(struct scratch *s, const struct cask_root_key *root,
			const struct cask_slot_view *slot, size_t aad);

/* --- image.c --- */

int cask_image_crypt(struct scratch *keys, size_t key_len, u8 *image, size_t head, size_t size,
		     bool seal);

/* --- pairwise.c --- */

int cask_pairwise_key(struct scratch *s, const u8 *server_key, const char *label);

/* --- twokey.c --- */

int cask_twokey_open(struct scratch *s, const struct cask_slot_use *use, size_t aad);

#endif /* CASK_SECRET_H */
