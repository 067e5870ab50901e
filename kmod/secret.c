// SPDX-License-Identifier: GPL-2.0
/*
 * secret.c - the one file that sees raw key bytes.
 *
 * The root secret, the device key, and what is derived and unwrapped with them.
 * Everything else holds a struct cask_key or a transform. Scratch memory that
 * holds keys comes from a cache of its own, which usercopy refuses, and is wiped
 * before it goes back.
 */
#include <linux/err.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/vmalloc.h>
#include <crypto/algapi.h>
#include <crypto/curve25519.h>
#include <crypto/hash.h>
#include <keys/user-type.h>

#include "private.h"
#include "area/area.h"
#include "compat/compat.h"

#define PRK_SIZE	SHA256_DIGEST_SIZE
#define AES128_SIZE	16
#define AES256_SIZE	32
#define TAG_SIZE	16
#define NONCE_SIZE	12

/* Least bytes of a root key that the keyring holds; what is shorter was no key. */
#define ROOT_KEY_MIN	32

/**
 * struct cask_key - a content key
 * @ref: held by the license and by each request that uses it
 * @prk: of a file's key: HMAC-SHA256 keyed with HKDF-Extract of it
 * @raw: of a key without a file: itself, from @secret_cache
 */
struct cask_key {
	struct kref ref;
	struct crypto_shash *prk;
	u8 *raw;
};

/* The device's own secrets. The root derives the device key and, with the secure area, more. */
static struct identity {
	u8 root[32];
	u8 secret[CURVE25519_KEY_SIZE];
	u8 public[CURVE25519_KEY_SIZE];
	u8 id[CASK_KID_SIZE];
	u8 storage_id[CASK_ID_SIZE];
	u64 counter;	/* of the TPM, when the root was made */
} *identity;

/* What the TPM seals. */
struct sealed_root {
	u8 root[32];
	__le64 counter;
};

/* Room for every intermediate of one derivation; see scratch_get(). */
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

/* Holds scratch memory and the identity: an object is as large as the larger. */
static struct kmem_cache *secret_cache;

static struct scratch *scratch_get(void)
{
	return kmem_cache_zalloc(secret_cache, GFP_KERNEL_ACCOUNT);
}

static void scratch_put(struct scratch *s)
{
	if (!s)
		return;
	memzero_explicit(s, sizeof(*s));
	kmem_cache_free(secret_cache, s);
}

/* --- HKDF-SHA256 (RFC 5869), at most one output block --- */

static struct crypto_shash *hmac_new(const u8 *key, size_t len)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	int ret;

	if (IS_ERR(tfm))
		return tfm;
	ret = crypto_shash_setkey(tfm, key, len);
	if (ret) {
		crypto_free_shash(tfm);
		return ERR_PTR(ret);
	}
	return tfm;
}

static int hmac(const u8 *key, size_t key_len, const void *data, size_t len, u8 *out)
{
	struct crypto_shash *tfm = hmac_new(key, key_len);
	int ret;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = crypto_shash_tfm_digest(tfm, data, len, out);
	crypto_free_shash(tfm);
	return ret;
}

/* @prk may be @out. */
static int expand_label(const u8 *prk, const char *label, u8 *out)
{
	u8 info[32];
	size_t len = strlen(label);

	if (WARN_ON_ONCE(len >= sizeof(info)))
		return -EINVAL;
	memcpy(info, label, len);
	info[len] = 1;
	return hmac(prk, PRK_SIZE, info, len + 1, out);
}

/* --- AES-GCM in place --- */

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

static int gcm_crypt(const struct gcm *g, int (*crypt)(struct aead_request *))
{
	struct crypto_aead *tfm = crypto_alloc_aead("gcm(aes)", 0, 0);
	struct aead_request *req = NULL;
	DECLARE_CRYPTO_WAIT(wait);
	int ret;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	ret = crypto_aead_setkey(tfm, g->key, g->key_len) ?:
	      crypto_aead_setauthsize(tfm, TAG_SIZE);
	if (ret)
		goto out;
	ret = -ENOMEM;
	req = aead_request_alloc(tfm, GFP_KERNEL);
	if (!req)
		goto out;
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, g->aad_len);
	aead_request_set_crypt(req, g->sg, g->sg, g->len, g->nonce);
	ret = crypto_wait_req(crypt(req), &wait);
out:
	aead_request_free(req);
	crypto_free_aead(tfm);
	return ret;
}

/* Open a few bytes in scratch memory. */
static int gcm_open(const u8 *key, size_t key_len, u8 *nonce,
		    u8 *aad, size_t aad_len, u8 *text, size_t text_len)
{
	struct scatterlist sg[2];
	const struct gcm g = {
		.key = key, .key_len = key_len, .nonce = nonce, .sg = sg,
		.aad_len = aad_len, .len = text_len,
	};

	sg_init_table(sg, ARRAY_SIZE(sg));
	sg_set_buf(&sg[0], aad, aad_len);
	sg_set_buf(&sg[1], text, text_len);
	return gcm_crypt(&g, crypto_aead_decrypt);
}

/* --- HPKE (RFC 9180), base mode, receiver --- */

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
	return hmac(salt ?: none, PRK_SIZE, s->message, n + len, out);
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
	return hmac(prk, PRK_SIZE, s->message, n + len + 1, out);
}

/* Decap: the shared secret of @enc and the device key, into s->prk. */
static int hpke_decap(struct scratch *s, const u8 *enc)
{
	static const struct hpke_label eae = HPKE_LABEL(HPKE_KEM, "eae_prk");
	static const struct hpke_label shared = HPKE_LABEL(HPKE_KEM, "shared_secret");
	u8 context[2 * CURVE25519_KEY_SIZE];
	int ret;

	if (!curve25519(s->dh, identity->secret, enc))
		return -EBADMSG;
	memcpy(context, enc, CURVE25519_KEY_SIZE);
	memcpy(context + CURVE25519_KEY_SIZE, identity->public, CURVE25519_KEY_SIZE);
	ret = hpke_extract(s, NULL, &eae, s->dh, sizeof(s->dh), s->prk);
	return ret ?: hpke_expand(s, s->prk, &shared, context, sizeof(context),
				  PRK_SIZE, s->prk);
}

/* KeySchedule: the AEAD key into s->key, the nonce into s->nonce. */
static int hpke_schedule(struct scratch *s, const char *info)
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

/* --- content keys --- */

/* A file's key becomes one that can only derive. */
static int keep_prk(struct cask_key *key, const u8 *kc)
{
	struct crypto_shash *prk;
	u8 extracted[PRK_SIZE];
	int ret;

	ret = hmac(CASK_SALT_CONTENT, strlen(CASK_SALT_CONTENT), kc, CASK_KEY_SIZE, extracted);
	prk = ret ? ERR_PTR(ret) : hmac_new(extracted, sizeof(extracted));
	memzero_explicit(extracted, sizeof(extracted));
	if (IS_ERR(prk))
		return PTR_ERR(prk);
	key->prk = prk;
	return 0;
}

static int keep_raw(struct cask_key *key, const u8 *kc)
{
	key->raw = kmem_cache_zalloc(secret_cache, GFP_KERNEL_ACCOUNT);
	if (!key->raw)
		return -ENOMEM;
	memcpy(key->raw, kc, CASK_KEY_SIZE);
	return 0;
}

/* One purpose: the key in @kc can do what its suite needs and nothing else. */
static struct cask_key *key_new(const u8 *kc, u32 suite)
{
	struct cask_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!key)
		return ERR_PTR(-ENOMEM);
	kref_init(&key->ref);
	ret = cask_suite_is_raw(suite) ? keep_raw(key, kc) : keep_prk(key, kc);
	if (ret) {
		kfree(key);
		return ERR_PTR(ret);
	}
	return key;
}

/**
 * cask_key_unwrap_device() - open a DEVICE slot
 * @slot: of the license; its key id is this device's
 * @body_hash: SHA-256 of the license's body
 * @kid: thumbprint of the key that signed the license
 * @suite: what the key is for, enum cask_suite
 * @ret_key: the content key, with one reference
 *
 * Return: 0; -EBADMSG when the slot does not open with this body and signer;
 * -ENOMEM or another error of the crypto API.
 */
int cask_key_unwrap_device(const struct cask_slot_view *slot, const u8 *body_hash,
			   const u8 *kid, u32 suite, struct cask_key **ret_key)
{
	struct scratch *s = scratch_get();
	struct cask_key *key;
	size_t aad = 0;
	int ret;

	BUILD_BUG_ON(CASK_KEY_SIZE + TAG_SIZE > sizeof_field(struct scratch, text));
	if (!s)
		return -ENOMEM;
	ret = hpke_decap(s, slot->wrapped.data) ?: hpke_schedule(s, CASK_INFO_DEVICE_SLOT);
	if (ret)
		goto out;

	memcpy(s->aad, body_hash, SHA256_DIGEST_SIZE);
	aad += SHA256_DIGEST_SIZE;
	memcpy(s->aad + aad, kid, CASK_KID_SIZE);
	aad += CASK_KID_SIZE;
	memcpy(s->aad + aad, slot->head.data, sizeof(struct cask_slot));
	aad += sizeof(struct cask_slot);
	memcpy(s->text, slot->wrapped.data + CASK_HPKE_ENC_SIZE, CASK_KEY_SIZE + TAG_SIZE);
	ret = gcm_open(s->key, AES128_SIZE, s->nonce, s->aad, aad,
		       s->text, CASK_KEY_SIZE + TAG_SIZE);
	if (ret)
		goto out;

	key = key_new(s->text, suite);
	ret = PTR_ERR_OR_ZERO(key);
	if (!ret)
		*ret_key = key;
out:
	scratch_put(s);
	return ret;
}

/**
 * cask_key_get() - take a reference
 * @key: on which the caller has one or holds its license's lock
 *
 * Return: @key.
 */
struct cask_key *cask_key_get(struct cask_key *key)
{
	kref_get(&key->ref);
	return key;
}

static void key_release(struct kref *ref)
{
	struct cask_key *key = container_of(ref, struct cask_key, ref);

	/* Wipes the transform's pads (crypto_destroy_tfm() is kfree_sensitive()). */
	crypto_free_shash(key->prk);
	if (key->raw) {
		memzero_explicit(key->raw, CASK_KEY_SIZE);
		kmem_cache_free(secret_cache, key->raw);
	}
	kfree(key);
}

/**
 * cask_key_put() - drop a reference; the last one wipes the key
 * @key: NULL does nothing
 */
void cask_key_put(struct cask_key *key)
{
	if (key)
		kref_put(&key->ref, key_release);
}

/* HKDF-Expand to one block: HMAC(PRK, info || 1). */
static int key_expand(struct cask_key *key, const char *label,
		      const u8 *more, size_t len, u8 *out)
{
	u8 info[8 + CASK_SEED_SIZE + 1];
	size_t n = strlen(label);

	if (WARN_ON_ONCE(n + len + 1 > sizeof(info)))
		return -EINVAL;
	memcpy(info, label, n);
	if (len)
		memcpy(info + n, more, len);
	info[n + len] = 1;
	return crypto_shash_tfm_digest(key->prk, info, n + len + 1, out);
}

/**
 * cask_key_check_header() - whether the head of a file is authentic
 * @key: the content's
 * @content: the parsed head
 *
 * Return: 0, -EBADMSG when it is not, another error of the crypto API.
 */
int cask_key_check_header(struct cask_key *key, const struct cask_content *content)
{
	u8 mac[SHA256_DIGEST_SIZE];
	u8 k[SHA256_DIGEST_SIZE];
	int ret;

	ret = key_expand(key, CASK_INFO_HEADER, NULL, 0, k);
	ret = ret ?: hmac(k, sizeof(k), content->maced.data, content->maced.len, mac);
	if (!ret && crypto_memneq(mac, content->mac.data, CASK_MAC_SIZE))
		ret = -EBADMSG;
	memzero_explicit(k, sizeof(k));
	/* Of a forged head it is the MAC that the forger wants. */
	memzero_explicit(mac, sizeof(mac));
	return ret;
}

/**
 * cask_key_set_block() - key a transform for one block
 * @key: the content's
 * @cipher: of the content's suite
 * @seed: the block's, CASK_SEED_SIZE bytes
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_key_set_block(struct cask_key *key, struct cask_cipher *cipher, const u8 *seed)
{
	u8 k[SHA256_DIGEST_SIZE];
	int ret;

	ret = key_expand(key, CASK_INFO_BLOCK, seed, CASK_SEED_SIZE, k);
	ret = ret ?: cask_cipher_set_key(cipher, k);
	memzero_explicit(k, sizeof(k));
	return ret;
}

/**
 * cask_key_set_raw() - key a transform with a key that has no file
 * @key: of a raw suite
 * @cipher: of that suite
 *
 * Return: 0 or an error of the crypto API.
 */
int cask_key_set_raw(struct cask_key *key, struct cask_cipher *cipher)
{
	return cask_cipher_set_key(cipher, key->raw);
}

/* --- the pairwise key, derived whenever it is needed --- */

/* S of device and server into s->prk, then the key for @label into s->key. */
static int pairwise(struct scratch *s, const u8 *server_key, const char *label)
{
	size_t n = CURVE25519_KEY_SIZE;
	int ret;

	if (!curve25519(s->dh, identity->secret, server_key))
		return -EKEYREJECTED;
	ret = hmac(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE), s->dh, sizeof(s->dh), s->prk);
	if (ret)
		return ret;
	memcpy(s->message, identity->public, n);
	memcpy(s->message + n, server_key, n);
	s->message[2 * n] = 1;
	ret = hmac(s->prk, PRK_SIZE, s->message, 2 * n + 1, s->prk);
	return ret ?: expand_label(s->prk, label, s->key);
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
	struct scratch *s = scratch_get();
	int ret;

	BUILD_BUG_ON(CASK_CHALLENGE_SIZE + TAG_SIZE > sizeof_field(struct scratch, text));
	if (!s)
		return -ENOMEM;
	ret = pairwise(s, server_key, CASK_INFO_CHALLENGE);
	if (ret)
		goto out;
	memcpy(s->nonce, sealed, NONCE_SIZE);
	memcpy(s->text, sealed + NONCE_SIZE, CASK_CHALLENGE_SIZE + TAG_SIZE);
	memcpy(s->aad, identity->id, CASK_KID_SIZE);
	memcpy(s->aad + CASK_KID_SIZE, issuer, CASK_KID_SIZE);
	ret = gcm_open(s->key, AES256_SIZE, s->nonce, s->aad, 2 * CASK_KID_SIZE,
		       s->text, CASK_CHALLENGE_SIZE + TAG_SIZE);
	if (!ret)
		memcpy(challenge, s->text, CASK_CHALLENGE_SIZE);
out:
	scratch_put(s);
	return ret;
}

/**
 * cask_pairwise_mac() - authenticate something to a distributor
 * @server_key: of its scope
 * @label: CASK_INFO_ENROL or CASK_INFO_HTTP: a MAC for one is none for another
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
	struct scratch *s = scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = pairwise(s, server_key, label) ?: hmac(s->key, PRK_SIZE, data, len, mac);
	scratch_put(s);
	return ret;
}

/* --- the secure area's images --- */

/* The key of an image from its salt, into s->key; a nonce of zeros into s->nonce. */
static int image_key(struct scratch *s, const u8 *salt)
{
	int ret;

	ret = expand_label(identity->root, CASK_INFO_STORAGE, s->key);
	ret = ret ?: hmac(salt, CASK_AREA_SALT_SIZE, s->key, PRK_SIZE, s->prk);
	memset(s->nonce, 0, sizeof(s->nonce));
	return ret ?: expand_label(s->prk, CASK_INFO_AREA, s->key);
}

/* @image: vmalloc memory, @len bytes: one entry a page */
static struct scatterlist *map_image(const u8 *image, size_t len)
{
	unsigned int n = DIV_ROUND_UP(offset_in_page(image) + len, PAGE_SIZE);
	struct scatterlist *sg = kvmalloc_array(n, sizeof(*sg), GFP_KERNEL);
	unsigned int i;

	if (!sg)
		return NULL;
	sg_init_table(sg, n);
	for (i = 0; i < n; i++) {
		size_t part = min_t(size_t, len, PAGE_SIZE - offset_in_page(image));

		sg_set_page(&sg[i], vmalloc_to_page(image), part, offset_in_page(image));
		image += part;
		len -= part;
	}
	return sg;
}

/* @size: bytes of the records */
static int crypt_image(u8 *image, size_t size, const u8 *salt, bool seal)
{
	struct scratch *s = scratch_get();
	struct gcm g = {
		.key_len = AES256_SIZE, .aad_len = CASK_AREA_HEAD_SIZE,
		.len = seal ? size : size + TAG_SIZE,
		.sg = map_image(image, CASK_AREA_OVERHEAD + size),
	};
	int ret = -ENOMEM;

	if (s && g.sg) {
		g.key = s->key;
		g.nonce = s->nonce;
		ret = image_key(s, salt) ?:
		      gcm_crypt(&g, seal ? crypto_aead_encrypt : crypto_aead_decrypt);
	}
	kvfree(g.sg);
	scratch_put(s);
	return ret;
}

/**
 * cask_storage_seal() - seal an image of the secure area
 * @counter: of the image
 * @records: at most CASK_AREA_MAX - CASK_AREA_OVERHEAD bytes
 * @image: vmalloc memory of CASK_AREA_MAX bytes
 * @ret_len: bytes of @image
 *
 * Return: 0, -ENOMEM, or another error of the crypto API.
 */
int cask_storage_seal(u64 counter, const struct cask_records *records, u8 *image,
		      size_t *ret_len)
{
	u8 salt[CASK_AREA_SALT_SIZE];

	get_random_bytes(salt, sizeof(salt));
	cask_area_head(image, identity->storage_id, counter, salt, records->len);
	memcpy(image + CASK_AREA_HEAD_SIZE, records->data, records->len);
	*ret_len = CASK_AREA_OVERHEAD + records->len;
	return crypt_image(image, records->len, salt, true);
}

/**
 * cask_storage_open() - open an image of the secure area
 * @image: vmalloc memory with the slot; the image is deciphered there
 * @len: bytes of the slot
 * @ret_records: with memory for as many
 * @ret_counter: of the image
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP when it is none; -EBADMSG when it is not this device's or not
 * authentic; -ENOMEM or another error of the crypto API.
 */
int cask_storage_open(u8 *image, size_t len, struct cask_records *ret_records, u64 *ret_counter)
{
	u8 salt[CASK_AREA_SALT_SIZE];
	struct cask_area_view v;
	size_t size;
	int ret;

	ret = cask_area_parse(&v, image, len);
	if (ret)
		return ret;
	size = v.sealed.len - CASK_GCM_TAG_SIZE;
	if (memcmp(v.storage_id.data, identity->storage_id, CASK_ID_SIZE) ||
	    size > ret_records->capacity)
		return -EBADMSG;
	memcpy(salt, v.salt.data, sizeof(salt));
	ret = crypt_image(image, size, salt, false);
	if (!ret) {
		memcpy(ret_records->data, v.sealed.data, size);
		ret_records->len = size;
		*ret_counter = v.counter;
	}
	memzero_explicit(image, len);
	return ret;
}

/* --- the device's own --- */

/**
 * cask_device_key() - the device's X25519 public key
 *
 * Return: CASK_X25519_SIZE bytes that live as long as the module.
 */
const u8 *cask_device_key(void)
{
	return identity->public;
}

/**
 * cask_device_id() - the thumbprint of the device key (RFC 9679)
 *
 * Return: CASK_KID_SIZE bytes that live as long as the module.
 */
const u8 *cask_device_id(void)
{
	return identity->id;
}

/* Root "ephemeral". */
static int draw_root(void)
{
	int ret = wait_for_random_bytes();

	if (!ret)
		get_random_bytes(identity->root, sizeof(identity->root));
	return ret;
}

static int extract_root(const struct user_key_payload *p)
{
	if (!p)
		return -EKEYREVOKED;
	if (p->datalen < ROOT_KEY_MIN)
		return -EKEYREJECTED;
	return hmac(CASK_SALT_ROOT, strlen(CASK_SALT_ROOT), p->data, p->datalen, identity->root);
}

/*
 * Root "keyring": the key that whoever loads the module has in a keyring. It is
 * taken out, for it would lie there for as long as the machine runs.
 */
static int take_root(void)
{
	struct key *key = request_key(&key_type_logon, "cask:root", NULL);
	int ret;

	if (IS_ERR(key))
		return PTR_ERR(key);
	down_read(&key->sem);
	ret = extract_root(user_key_payload_locked(key));
	up_read(&key->sem);
	if (!ret)
		key_invalidate(key);
	key_put(key);
	return ret;
}

/*
 * Root "tpm", the first time. The counter comes first: a root without one would be
 * taken for one whose counter was removed.
 */
static int make_sealed_root(struct scratch *s, struct sealed_root *r)
{
	u64 counter;
	int ret = wait_for_random_bytes();

	if (ret)
		return ret;
	get_random_bytes(r->root, sizeof(r->root));
	ret = expand_label(r->root, CASK_INFO_COUNTER, s->key) ?:
	      cask_tpm_define(s->key, &counter);
	if (ret)
		return ret;
	r->counter = cpu_to_le64(counter);
	return cask_tpm_seal(cask_root_pcrs(), r, sizeof(*r));
}

/* Root "tpm". Whatever comes of it, nobody else gets it from the TPM before the next boot. */
static int unseal_root(void)
{
	struct scratch *s = scratch_get();
	struct sealed_root *r;
	int ret, cap;

	BUILD_BUG_ON(sizeof(*r) > sizeof(s->message));
	if (!s)
		return -ENOMEM;
	r = (struct sealed_root *)s->message;
	ret = cask_tpm_unseal(cask_root_pcrs(), r, sizeof(*r));
	if (ret == -ENOENT)
		ret = make_sealed_root(s, r);
	if (!ret) {
		memcpy(identity->root, r->root, sizeof(identity->root));
		identity->counter = le64_to_cpu(r->counter);
	}
	scratch_put(s);
	cap = cask_tpm_cap(cask_root_cap());
	return ret ?: cap;
}

static int find_root(enum cask_root root)
{
	int ret;

	switch (root) {
	case CASK_ROOT_KEYRING:
		return take_root();
	case CASK_ROOT_TPM:
		ret = cask_tpm_init();
		return ret ?: unseal_root();
	default:
		return draw_root();
	}
}

/* The counter's password, into s->key. */
static int with_counter(int (*fn)(const u8 *auth, void *arg), void *arg)
{
	struct scratch *s = scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = expand_label(identity->root, CASK_INFO_COUNTER, s->key) ?: fn(s->key, arg);
	scratch_put(s);
	return ret;
}

static int read_counter(const u8 *auth, void *arg)
{
	return cask_tpm_read(auth, arg);
}

static int advance_counter(const u8 *auth, void *unused)
{
	return cask_tpm_advance(auth);
}

/**
 * cask_counter_read() - where the counter is that cannot be wound back
 * @ret_counter: that
 *
 * Root "tpm" only. Return: 0 or cask_tpm_read(); -ENOMEM.
 */
int cask_counter_read(u64 *ret_counter)
{
	return with_counter(read_counter, ret_counter);
}

/**
 * cask_counter_advance() - count one
 *
 * Root "tpm" only. Return: 0 or cask_tpm_advance(); -ENOMEM.
 */
int cask_counter_advance(void)
{
	return with_counter(advance_counter, NULL);
}

/**
 * cask_counter_first() - where the counter was when the root was made
 *
 * Return: that; 0 of other roots than "tpm".
 */
u64 cask_counter_first(void)
{
	return identity->counter;
}

static int make_storage_id(void)
{
	u8 key[PRK_SIZE];
	int ret;

	ret = expand_label(identity->root, CASK_INFO_STORAGE, key);
	ret = ret ?: expand_label(key, CASK_INFO_STORAGE_ID, key);
	memcpy(identity->storage_id, key, CASK_ID_SIZE);
	memzero_explicit(key, sizeof(key));
	return ret;
}

static int make_identity(enum cask_root root)
{
	u8 cose[CASK_COSE_X25519_PREFIX_SIZE + CURVE25519_KEY_SIZE];
	int ret = find_root(root);

	ret = ret ?: expand_label(identity->root, CASK_INFO_DEVICE_KEY, identity->secret);
	ret = ret ?: make_storage_id();
	if (ret)
		return ret;
	curve25519_clamp_secret(identity->secret);
	if (!curve25519_generate_public(identity->public, identity->secret))
		return -EIO;
	memcpy(cose, CASK_COSE_X25519_PREFIX, CASK_COSE_X25519_PREFIX_SIZE);
	memcpy(cose + CASK_COSE_X25519_PREFIX_SIZE, identity->public, CURVE25519_KEY_SIZE);
	sha256(cose, sizeof(cose), identity->id);
	return 0;
}

/**
 * cask_secret_init() - have a root secret and make the device key
 * @root: where from
 *
 * Return: 0; -ENOMEM; -ERESTARTSYS when killed while the kernel gathers
 * randomness; -ENOENT when HMAC-SHA256 is missing; of root "keyring" -ENOKEY when
 * no keyring of the caller has the key, -EKEYREJECTED when it is too short, and
 * what request_key() returns for one that expired or was revoked; of root "tpm"
 * cask_tpm_init(), cask_tpm_unseal(), and what making one comes to.
 */
int cask_secret_init(enum cask_root root)
{
	int ret;

	secret_cache = kmem_cache_create("cask_secret",
					 max(sizeof(struct scratch), sizeof(struct identity)),
					 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	if (!secret_cache)
		return -ENOMEM;
	identity = kmem_cache_zalloc(secret_cache, GFP_KERNEL);
	ret = identity ? make_identity(root) : -ENOMEM;
	if (ret)
		cask_secret_exit();
	return ret;
}

/** cask_secret_wipe() - wipe the device's own secrets; it can prove nothing any more */
void cask_secret_wipe(void)
{
	memzero_explicit(identity->root, sizeof(identity->root));
	memzero_explicit(identity->secret, sizeof(identity->secret));
}

/** cask_secret_exit() - wipe and forget who the device is */
void cask_secret_exit(void)
{
	if (identity) {
		memzero_explicit(identity, sizeof(*identity));
		kmem_cache_free(secret_cache, identity);
		identity = NULL;
	}
	kmem_cache_destroy(secret_cache);
	secret_cache = NULL;
	cask_tpm_exit();
}

#ifdef CONFIG_KUNIT
#include "test/secret.c"
#endif
