// SPDX-License-Identifier: GPL-2.0
/*
 * signer.c - public keys that sign statements, and the check of a signature.
 *
 * A signer is one raw public key, not a certificate: who it is and what it may
 * sign is said by the scope that names it, so there is no chain to build and no
 * second signer to accept by accident.
 */
#include <linux/err.h>
#include <crypto/public_key.h>

#include "private.h"

#define DER_SEQUENCE	0x30
#define DER_INTEGER	0x02
#define P256_SIZE	32

/**
 * struct cask_signer - a public signing key
 * @kid: thumbprint
 * @alg: enum cask_alg
 * @key: as the crypto API takes it
 * @raw: bytes that @key points to: RSAPublicKey (RFC 8017) or an uncompressed point
 */
struct cask_signer {
	u8 kid[CASK_KID_SIZE];
	int alg;
	struct public_key key;
	u8 raw[1 + 3 + 1 + 3 + 1 + 512 + 1 + 1 + 3];
};

static size_t der_head(u8 *out, u8 tag, size_t len)
{
	out[0] = tag;
	if (len < 0x80) {
		out[1] = len;
		return 2;
	}
	if (len < 0x100) {
		out[1] = 0x81;
		out[2] = len;
		return 3;
	}
	out[1] = 0x82;
	out[2] = len >> 8;
	out[3] = len;
	return 4;
}

static size_t der_head_size(size_t len)
{
	return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

/* An unsigned INTEGER: no superfluous zeros in front, one if the top bit is set. */
static size_t der_integer(u8 *out, const u8 *p, size_t len)
{
	size_t n, pad;

	while (len > 1 && !*p) {
		p++;
		len--;
	}
	pad = *p & 0x80 ? 1 : 0;
	n = der_head(out, DER_INTEGER, len + pad);
	if (pad)
		out[n++] = 0;
	memcpy(out + n, p, len);
	return n + len;
}

/* The modulus has its top bit set, so its INTEGER is one byte longer than it. */
static void set_rsa(struct cask_signer *s, const struct cask_cose_key *k)
{
	size_t inner = der_head_size(k->n.len + 1) + k->n.len + 1 + 2 + k->e.len;
	size_t n = der_head(s->raw, DER_SEQUENCE, inner);

	n += der_integer(s->raw + n, k->n.data, k->n.len);
	n += der_integer(s->raw + n, k->e.data, k->e.len);
	s->key.keylen = n;
	s->key.pkey_algo = "rsa";
}

static void set_p256(struct cask_signer *s, const struct cask_cose_key *k)
{
	s->raw[0] = 4;
	memcpy(s->raw + 1, k->x.data, P256_SIZE);
	memcpy(s->raw + 1 + P256_SIZE, k->y.data, P256_SIZE);
	s->key.keylen = 1 + 2 * P256_SIZE;
	s->key.pkey_algo = "ecdsa-nist-p256";
}

/**
 * cask_signer_new() - a signer from its COSE_Key
 * @cose_key: from outside
 *
 * Return: the signer, or -EINVAL for a malformed key, or -ENOMEM.
 */
struct cask_signer *cask_signer_new(const struct cask_bytes *cose_key)
{
	struct cask_cose_key k;
	struct cask_signer *s;
	int ret;

	ret = cask_cose_key_parse(&k, cose_key->data, cose_key->len);
	if (ret)
		return ERR_PTR(ret);
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return ERR_PTR(-ENOMEM);
	sha256(cose_key->data, cose_key->len, s->kid);
	s->alg = k.alg;
	s->key.key = s->raw;
	s->key.id_type = "COSE";
	if (k.alg == CASK_ALG_RS256)
		set_rsa(s, &k);
	else
		set_p256(s, &k);
	return s;
}

/**
 * cask_signer_free() - free a signer
 * @signer: NULL does nothing
 */
void cask_signer_free(struct cask_signer *signer)
{
	kfree(signer);
}

/**
 * cask_signer_kid() - the thumbprint of a signer
 * @signer: which
 *
 * Return: CASK_KID_SIZE bytes that live as long as @signer.
 */
const u8 *cask_signer_kid(const struct cask_signer *signer)
{
	return signer->kid;
}

/* r || s (RFC 9053) as the crypto API takes it: SEQUENCE of two INTEGERs. */
static int x962(const struct cask_bytes *in, u8 *out, u32 *ret_len)
{
	u8 inner[2 * (2 + 1 + P256_SIZE)];
	size_t n, h;

	if (in->len != 2 * P256_SIZE)
		return -EKEYREJECTED;
	n = der_integer(inner, in->data, P256_SIZE);
	n += der_integer(inner + n, in->data + P256_SIZE, P256_SIZE);
	h = der_head(out, DER_SEQUENCE, n);
	memcpy(out + h, inner, n);
	*ret_len = h + n;
	return 0;
}

/* What is verified; on the heap because the crypto API maps it for DMA. */
struct verification {
	u8 digest[SHA256_DIGEST_SIZE];
	u8 s[512];
};

static void hash_tbs(const struct cask_cose *cose, u8 *digest)
{
	u8 head[CASK_COSE_TBS_HEAD_MAX];
	struct sha256_state state;

	sha256_init(&state);
	sha256_update(&state, head, cask_cose_tbs_head(cose, head));
	sha256_update(&state, cose->payload.data, cose->payload.len);
	sha256_final(&state, digest);
}

static int set_signature(const struct cask_cose *cose, struct verification *v,
			 struct public_key_signature *sig)
{
	sig->s = v->s;
	sig->digest = v->digest;
	sig->digest_size = sizeof(v->digest);
	sig->hash_algo = "sha256";
	if (cose->alg == CASK_ALG_ES256) {
		sig->pkey_algo = "ecdsa";
		sig->encoding = "x962";
		return x962(&cose->signature, v->s, &sig->s_size);
	}
	if (cose->signature.len > sizeof(v->s))
		return -EKEYREJECTED;
	sig->pkey_algo = "rsa";
	sig->encoding = "pkcs1";
	memcpy(v->s, cose->signature.data, cose->signature.len);
	sig->s_size = cose->signature.len;
	return 0;
}

/**
 * cask_signer_verify() - whether a signer signed a statement
 * @signer: the key that the caller believes it must be
 * @cose: the statement
 *
 * Return: 0; -EKEYREJECTED when it did not; -ENOPKG when this kernel cannot
 * verify the algorithm; -ENOMEM.
 */
int cask_signer_verify(const struct cask_signer *signer, const struct cask_cose *cose)
{
	struct public_key_signature sig = {};
	struct verification *v;
	int ret;

	if (signer->alg != cose->alg || memcmp(signer->kid, cose->kid, CASK_KID_SIZE))
		return -EKEYREJECTED;
	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	hash_tbs(cose, v->digest);
	ret = set_signature(cose, v, &sig) ?: public_key_verify_signature(&signer->key, &sig);
	kfree(v);
	switch (ret) {
	case 0:
	case -ENOMEM:
		return ret;
	case -ENOENT:
	case -ENOPKG:
		return -ENOPKG;
	default:
		return -EKEYREJECTED;
	}
}

/**
 * cask_signer_algorithms() - which signatures this kernel verifies
 *
 * Return: bit 0 RS256, bit 1 ES256.
 */
u32 cask_signer_algorithms(void)
{
	return (crypto_has_alg("rsa", 0, 0) ? BIT(0) : 0) |
	       (crypto_has_alg("ecdsa-nist-p256", 0, 0) ? BIT(1) : 0);
}
