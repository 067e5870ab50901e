// SPDX-License-Identifier: GPL-2.0
/* crypto.c - the primitives of Cask's formats, on OpenSSL's EVP. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto.h"

#define HKDF_INFO_MAX	256
#define HKDF_BLOCKS_MAX	255
#define SHA256_BLOCK	64

/**
 * crypto_random() - draw random bytes
 * @out: where
 * @size: how many
 *
 * Return: 0, -EINVAL or -EIO.
 */
int crypto_random(void *out, size_t size)
{
	if (size > INT_MAX)
		return -EINVAL;
	return RAND_bytes(out, size) == 1 ? 0 : -EIO;
}

/**
 * crypto_equal() - compare in constant time
 * @a: @size bytes
 * @b: @size bytes
 * @size: how many
 *
 * Return: whether they are the same.
 */
bool crypto_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

/**
 * crypto_wipe() - overwrite a secret
 * @data: may be NULL
 * @size: bytes
 */
void crypto_wipe(void *data, size_t size)
{
	if (data)
		OPENSSL_cleanse(data, size);
}

/**
 * crypto_no_passphrase() - the callback of whoever reads PEM here
 * @buffer: not used
 * @size: likewise
 * @writing: likewise
 * @context: likewise
 *
 * Without one, OpenSSL asks the terminal, or standard input, for the pass phrase of
 * whatever calls itself encrypted, and waits.
 *
 * Return: -1: there is none.
 */
int crypto_no_passphrase(char *buffer, int size, int writing, void *context)
{
	return -1;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *found;

static void find_sha256(void)
{
	found = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* EVP_sha256() is a name only: each hash looks it up anew, at the price of hashing a few kilobytes. */
static const EVP_MD *sha256(void)
{
	pthread_once(&once, find_sha256);
	return found ? found : EVP_sha256();
}

/**
 * crypto_sha256() - hash bytes
 * @data: the bytes
 * @size: how many
 * @ret_hash: 32 bytes
 *
 * Return: 0 or -EIO.
 */
int crypto_sha256(const void *data, size_t size, uint8_t ret_hash[32])
{
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };

	return crypto_sha256v(&part, 1, ret_hash);
}

/**
 * crypto_sha256v() - hash pieces, one after the other
 * @parts: the pieces
 * @n_parts: how many
 * @ret_hash: 32 bytes
 *
 * Return: 0 or -EIO.
 */
int crypto_sha256v(const struct iovec *parts, size_t n_parts, uint8_t ret_hash[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, sha256(), NULL) == 1;
	size_t i;

	for (i = 0; ok && i < n_parts; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].iov_base, parts[i].iov_len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, ret_hash, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/* H(key XOR pad || data) */
static int hash_keyed(const uint8_t key[SHA256_BLOCK], uint8_t pad, const void *data, size_t size,
		      uint8_t ret_hash[32])
{
	uint8_t block[SHA256_BLOCK];
	struct iovec parts[] = { { block, sizeof(block) }, { (void *)data, size } };
	int ret;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	ret = crypto_sha256v(parts, 2, ret_hash);
	crypto_wipe(block, sizeof(block));
	return ret;
}

/**
 * crypto_hmac_sha256() - HMAC of RFC 2104 with SHA-256
 * @key: of any size
 * @key_size: bytes of @key
 * @data: what is authenticated
 * @size: bytes of @data
 * @ret_mac: 32 bytes
 *
 * libcrypto's own looks up mac and hash for each call, which takes longer than what a request is
 * authenticated by.
 *
 * Return: 0 or -EIO.
 */
int crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		       uint8_t ret_mac[32])
{
	uint8_t block[SHA256_BLOCK] = { 0 }, inner[CRYPTO_SHA256_SIZE];
	int ret = 0;

	if (key_size > sizeof(block))
		ret = crypto_sha256(key, key_size, block);
	else if (key_size)
		memcpy(block, key, key_size);
	if (!ret)
		ret = hash_keyed(block, 0x36, data, size, inner);
	if (!ret)
		ret = hash_keyed(block, 0x5c, inner, sizeof(inner), ret_mac);
	crypto_wipe(block, sizeof(block));
	crypto_wipe(inner, sizeof(inner));
	return ret;
}

/**
 * crypto_hkdf_extract() - first step of RFC 5869 with SHA-256
 * @salt: may be empty
 * @salt_size: bytes of @salt
 * @ikm: the secret
 * @ikm_size: bytes of @ikm
 * @ret_prk: 32 bytes, a secret
 *
 * Return: 0 or -EIO.
 */
int crypto_hkdf_extract(const void *salt, size_t salt_size, const void *ikm, size_t ikm_size,
			uint8_t ret_prk[32])
{
	return crypto_hmac_sha256(salt, salt_size, ikm, ikm_size, ret_prk);
}

/* T(i) = HMAC(PRK, T(i - 1) || info || i), in place in t; t holds T(i - 1) unless i is 1. */
static int expand_block(const uint8_t prk[32], const void *info, size_t info_size,
			uint8_t i, uint8_t t[32])
{
	uint8_t input[CRYPTO_SHA256_SIZE + HKDF_INFO_MAX + 1];
	size_t size = 0;
	int ret;

	if (i > 1) {
		memcpy(input, t, CRYPTO_SHA256_SIZE);
		size = CRYPTO_SHA256_SIZE;
	}
	if (info_size)
		memcpy(input + size, info, info_size);
	size += info_size;
	input[size++] = i;
	ret = crypto_hmac_sha256(prk, CRYPTO_SHA256_SIZE, input, size, t);
	crypto_wipe(input, sizeof(input));
	return ret;
}

/**
 * crypto_hkdf_expand() - second step of RFC 5869 with SHA-256
 * @prk: from crypto_hkdf_extract()
 * @info: what the key is for; at most 256 bytes
 * @info_size: bytes of @info
 * @ret_key: a secret; wiped on failure
 * @key_size: bytes of it, at most 255 * 32
 *
 * Return: 0, -EINVAL or -EIO.
 */
int crypto_hkdf_expand(const uint8_t prk[32], const void *info, size_t info_size,
		       void *ret_key, size_t key_size)
{
	uint8_t t[CRYPTO_SHA256_SIZE];
	uint8_t *out = ret_key;
	size_t done = 0, part;
	unsigned int i;
	int ret = 0;

	if (info_size > HKDF_INFO_MAX || key_size > HKDF_BLOCKS_MAX * CRYPTO_SHA256_SIZE)
		return -EINVAL;
	for (i = 1; done < key_size && !ret; i++, done += part) {
		part = key_size - done < sizeof(t) ? key_size - done : sizeof(t);
		ret = expand_block(prk, info, info_size, i, t);
		if (!ret)
			memcpy(out + done, t, part);
	}
	if (ret)
		crypto_wipe(ret_key, key_size);
	crypto_wipe(t, sizeof(t));
	return ret;
}

static const EVP_CIPHER *gcm_cipher(const struct crypto_gcm *gcm)
{
	switch (gcm->key_size) {
	case 16:
		return EVP_aes_128_gcm();
	case 32:
		return EVP_aes_256_gcm();
	default:
		return NULL;
	}
}

static EVP_CIPHER_CTX *gcm_start(const struct crypto_gcm *gcm, int encrypt)
{
	const EVP_CIPHER *cipher = gcm_cipher(gcm);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (ctx && EVP_CipherInit_ex(ctx, cipher, NULL, gcm->key, gcm->iv, encrypt) == 1 &&
	    (!gcm->aad_size || EVP_CipherUpdate(ctx, NULL, &n, gcm->aad, gcm->aad_size) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool gcm_fits(const struct crypto_gcm *gcm, size_t size)
{
	return gcm_cipher(gcm) && size <= INT_MAX && gcm->aad_size <= INT_MAX;
}

/**
 * crypto_gcm_seal() - encrypt and authenticate
 * @gcm: key, IV and additional data
 * @plain: may be empty
 * @plain_size: bytes of @plain
 * @ret_sealed: @plain_size + CRYPTO_GCM_TAG_SIZE bytes, apart from @plain
 *
 * Return: 0, -EINVAL or -EIO.
 */
int crypto_gcm_seal(const struct crypto_gcm *gcm, const void *plain, size_t plain_size,
		    uint8_t *ret_sealed)
{
	EVP_CIPHER_CTX *ctx;
	int n = 0;
	bool ok;

	if (!gcm_fits(gcm, plain_size))
		return -EINVAL;
	ctx = gcm_start(gcm, 1);
	ok = ctx;
	/* Empty input means "additional data" to libcrypto if the output is NULL. */
	if (ok && plain_size)
		ok = EVP_EncryptUpdate(ctx, ret_sealed, &n, plain, plain_size) == 1;
	ok = ok && EVP_EncryptFinal_ex(ctx, ret_sealed + n, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, CRYPTO_GCM_TAG_SIZE,
				    ret_sealed + plain_size) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/**
 * crypto_gcm_open() - check and decrypt
 * @gcm: key, IV and additional data
 * @sealed: ciphertext and tag
 * @sealed_size: bytes of @sealed
 * @ret_plain: @sealed_size - CRYPTO_GCM_TAG_SIZE bytes; wiped on failure
 *
 * Return: 0, -EBADMSG when not authentic (or too short to be), -EINVAL, -EIO.
 */
int crypto_gcm_open(const struct crypto_gcm *gcm, const uint8_t *sealed, size_t sealed_size,
		    void *ret_plain)
{
	size_t plain_size;
	EVP_CIPHER_CTX *ctx;
	int n = 0, ret = -EIO;

	if (!gcm_fits(gcm, sealed_size))
		return -EINVAL;
	if (sealed_size < CRYPTO_GCM_TAG_SIZE)
		return -EBADMSG;
	plain_size = sealed_size - CRYPTO_GCM_TAG_SIZE;
	ctx = gcm_start(gcm, 0);
	if (!ctx)
		return -EIO;
	if ((!plain_size || EVP_DecryptUpdate(ctx, ret_plain, &n, sealed, plain_size) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, CRYPTO_GCM_TAG_SIZE,
				(void *)(sealed + plain_size)) == 1)
		ret = EVP_DecryptFinal_ex(ctx, (uint8_t *)ret_plain + n, &n) == 1 ? 0 : -EBADMSG;
	if (ret)
		crypto_wipe(ret_plain, plain_size);
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

/**
 * crypto_cbc_encrypt() - encrypt by AES-128-CBC, without padding
 * @key: 16 bytes
 * @iv: 16 bytes
 * @plain: whole blocks of 16 bytes
 * @size: bytes of @plain, at most INT_MAX
 * @ret_cipher: @size bytes, apart from @plain
 *
 * Return: 0, -EINVAL for another size, or -EIO.
 */
int crypto_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], const void *plain,
		       size_t size, uint8_t *ret_cipher)
{
	EVP_CIPHER_CTX *ctx;
	int n = 0, rest = 0;
	bool ok;

	if (size % 16 || size > INT_MAX)
		return -EINVAL;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, iv) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		EVP_EncryptUpdate(ctx, ret_cipher, &n, plain, size) == 1 &&
		EVP_EncryptFinal_ex(ctx, ret_cipher + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok && (size_t)n + rest == size ? 0 : -EIO;
}

/**
 * crypto_x25519_keypair() - make a key pair
 * @ret_private: 32 bytes, a secret
 * @ret_public: 32 bytes
 *
 * Return: 0 or -EIO.
 */
int crypto_x25519_keypair(uint8_t ret_private[32], uint8_t ret_public[32])
{
	int ret = crypto_random(ret_private, CRYPTO_X25519_SIZE);

	if (!ret)
		ret = crypto_x25519_public(ret_private, ret_public);
	if (ret)
		crypto_wipe(ret_private, CRYPTO_X25519_SIZE);
	return ret;
}

/**
 * crypto_x25519_public() - the public half of a key
 * @private_key: any 32 bytes; clamped in use (RFC 7748)
 * @ret_public: 32 bytes
 *
 * Return: 0 or -EIO.
 */
int crypto_x25519_public(const uint8_t private_key[32], uint8_t ret_public[32])
{
	size_t size = CRYPTO_X25519_SIZE;
	EVP_PKEY *pkey;
	bool ok;

	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, size);
	ok = pkey && EVP_PKEY_get_raw_public_key(pkey, ret_public, &size) == 1;
	EVP_PKEY_free(pkey);
	return ok ? 0 : -EIO;
}

/**
 * crypto_x25519_both() - the secret that two key pairs share, and the public half of the own one
 * @private_key: own, 32 bytes
 * @peer_public: the other's, 32 bytes
 * @ret_public: own, 32 bytes: libcrypto makes it anyway, at the price of a secret; or NULL
 * @ret_shared: 32 bytes, a secret
 *
 * Return: 0, or -EINVAL when @peer_public is of low order, so that the secret
 * would be all zero (RFC 7748, section 6.1).
 */
int crypto_x25519_both(const uint8_t private_key[32], const uint8_t peer_public[32],
		       uint8_t ret_public[32], uint8_t ret_shared[32])
{
	size_t size = CRYPTO_X25519_SIZE, public_size = CRYPTO_X25519_SIZE;
	EVP_PKEY *own, *peer;
	EVP_PKEY_CTX *ctx;
	bool ok;

	own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, size);
	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer_public, size);
	ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	ok = ctx && peer && EVP_PKEY_derive_init(ctx) == 1 &&
		EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		EVP_PKEY_derive(ctx, ret_shared, &size) == 1 && size == CRYPTO_X25519_SIZE &&
		(!ret_public || EVP_PKEY_get_raw_public_key(own, ret_public, &public_size) == 1);
	if (!ok)
		crypto_wipe(ret_shared, CRYPTO_X25519_SIZE);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return ok ? 0 : -EINVAL;
}

/**
 * crypto_x25519() - the secret that two key pairs share
 * @private_key: own, 32 bytes
 * @peer_public: the other's, 32 bytes
 * @ret_shared: 32 bytes, a secret
 *
 * Return: as crypto_x25519_both().
 */
int crypto_x25519(const uint8_t private_key[32], const uint8_t peer_public[32],
		  uint8_t ret_shared[32])
{
	return crypto_x25519_both(private_key, peer_public, NULL, ret_shared);
}
