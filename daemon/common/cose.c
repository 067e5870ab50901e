// SPDX-License-Identifier: GPL-2.0
/*
 * cose.c - public keys as COSE_Key, thumbprints, statements as COSE_Sign1.
 *
 * libcbor's encoders write the shortest form of every head, and maps are written
 * in the order of their encoded labels: deterministic CBOR (RFC 8949, 4.2.1).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cbor.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "cose.h"
#include "crypto.h"
#include "../../kmod/parse/parse.h"

#define P256_SIZE	32
#define P256_GROUP	"prime256v1"
#define RSA_BITS_MIN	2048
#define RSA_BITS_MAX	4096
#define RSA_E		65537
#define SIGNATURE_MAX	(RSA_BITS_MAX / 8)
#define PROTECTED_MAX	64
/* Heads around protected header, payload and signature, and "Signature1". */
#define OVERHEAD_MAX	64

/* Labels and values of the COSE registries. */
enum {
	HEADER_ALG = 1, HEADER_KID = 4, TAG_SIGN1 = 18,
	KEY_KTY = 1, KTY_OKP = 1, KTY_EC2 = 2, KTY_RSA = 3,
	EC2_CRV = -1, EC2_X = -2, EC2_Y = -3, CRV_P256 = 1, CRV_X25519 = 4,
	RSA_N = -1, RSA_E_LABEL = -2,
};

/* CBOR being written; ok is sticky. */
struct out {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool ok;
};

#define OUT(buffer, bytes)	{ .data = (buffer), .capacity = (bytes), .ok = true }

static void head(struct out *o, size_t (*encode)(size_t, unsigned char *, size_t), size_t value)
{
	size_t n = encode(value, o->data + o->size, o->capacity - o->size);

	o->ok = o->ok && n;
	o->size += n;
}

static size_t tag_head(size_t tag, unsigned char *buffer, size_t size)
{
	return cbor_encode_tag(tag, buffer, size);
}

static void put_int(struct out *o, int value)
{
	size_t n;

	if (value >= 0)
		n = cbor_encode_uint(value, o->data + o->size, o->capacity - o->size);
	else
		n = cbor_encode_negint(-1 - value, o->data + o->size, o->capacity - o->size);
	o->ok = o->ok && n;
	o->size += n;
}

static void put_raw(struct out *o, const void *data, size_t size)
{
	o->ok = o->ok && size <= o->capacity - o->size;
	if (!o->ok)
		return;
	memcpy(o->data + o->size, data, size);
	o->size += size;
}

static void put_bytes(struct out *o, const void *data, size_t size)
{
	head(o, cbor_encode_bytestring_start, size);
	if (size)
		put_raw(o, data, size);
}

/**
 * cose_generate() - make a signing key
 * @alg: RS256 (2048 bits) or ES256
 * @ret_pkey: the caller frees
 *
 * Return: 0, -EINVAL for another @alg, -EIO.
 */
int cose_generate(enum cose_alg alg, EVP_PKEY **ret_pkey)
{
	EVP_PKEY *pkey;

	if (alg == COSE_ALG_RS256)
		pkey = EVP_RSA_gen(RSA_BITS_MIN);
	else if (alg == COSE_ALG_ES256)
		pkey = EVP_EC_gen(P256_GROUP);
	else
		return -EINVAL;
	if (!pkey)
		return -EIO;
	*ret_pkey = pkey;
	return 0;
}

/* A number of a key, big-endian; size 0: as many bytes as it has. */
static int get_number(const EVP_PKEY *pkey, const char *name, size_t size,
		      uint8_t *ret_bytes, size_t *ret_size)
{
	BIGNUM *bn = NULL;
	int ret = -EINVAL;

	if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1)
		return -EINVAL;
	*ret_size = size ? size : (size_t)BN_num_bytes(bn);
	if (*ret_size <= SIGNATURE_MAX && BN_bn2binpad(bn, ret_bytes, *ret_size) >= 0)
		ret = 0;
	BN_free(bn);
	return ret;
}

static int put_rsa(struct out *o, const EVP_PKEY *pkey)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	uint8_t n[SIGNATURE_MAX], e[SIGNATURE_MAX];
	size_t n_size, e_size;
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8)
		return -EINVAL;
	if (get_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, n, &n_size) ||
	    get_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0, e, &e_size))
		return -EINVAL;
	if (e_size != sizeof(exponent) || memcmp(e, exponent, e_size))
		return -EINVAL;
	head(o, cbor_encode_map_start, 3);
	put_int(o, KEY_KTY);
	put_int(o, KTY_RSA);
	put_int(o, RSA_N);
	put_bytes(o, n, n_size);
	put_int(o, RSA_E_LABEL);
	put_bytes(o, e, e_size);
	return 0;
}

static int put_p256(struct out *o, const EVP_PKEY *pkey)
{
	uint8_t x[P256_SIZE], y[P256_SIZE];
	char group[32];
	size_t size;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &size) != 1 ||
	    strcmp(group, P256_GROUP))
		return -EINVAL;
	if (get_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, sizeof(x), x, &size) ||
	    get_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, sizeof(y), y, &size))
		return -EINVAL;
	head(o, cbor_encode_map_start, 4);
	put_int(o, KEY_KTY);
	put_int(o, KTY_EC2);
	put_int(o, EC2_CRV);
	put_int(o, CRV_P256);
	put_int(o, EC2_X);
	put_bytes(o, x, sizeof(x));
	put_int(o, EC2_Y);
	put_bytes(o, y, sizeof(y));
	return 0;
}

/**
 * cose_key_from_pkey() - a public key as it travels, and its name
 * @pkey: RSA of 2048 to 4096 bits with exponent 65537, or P-256
 * @ret_key: COSE_Key and thumbprint (RFC 9679)
 *
 * Return: 0, -EINVAL for another kind of key, -EIO.
 */
int cose_key_from_pkey(const EVP_PKEY *pkey, struct cose_key *ret_key)
{
	struct cose_key key = { .size = 0 };
	struct out o = OUT(key.bytes, sizeof(key.bytes));
	int ret = -EINVAL;

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		ret = put_rsa(&o, pkey);
	else if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		ret = put_p256(&o, pkey);
	if (!ret && !o.ok)
		ret = -EINVAL;
	key.size = o.size;
	if (!ret)
		ret = crypto_sha256(key.bytes, key.size, key.kid);
	if (!ret)
		*ret_key = key;
	return ret;
}

static OSSL_PARAM *rsa_params(const struct cask_cose_key *k, OSSL_PARAM_BLD *build, BIGNUM *n)
{
	if (!BN_bin2bn(k->n.data, k->n.len, n) ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, RSA_E) != 1)
		return NULL;
	return OSSL_PARAM_BLD_to_param(build);
}

static OSSL_PARAM *p256_params(const struct cask_cose_key *k, OSSL_PARAM_BLD *build)
{
	uint8_t point[1 + 2 * P256_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };

	memcpy(point + 1, k->x.data, P256_SIZE);
	memcpy(point + 1 + P256_SIZE, k->y.data, P256_SIZE);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    P256_GROUP, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point, sizeof(point)) != 1)
		return NULL;
	/* The point is copied here. */
	return OSSL_PARAM_BLD_to_param(build);
}

/**
 * cose_key_to_pkey() - a public key that travelled
 * @bytes: COSE_Key
 * @size: bytes of it
 * @ret_pkey: the caller frees
 *
 * Return: 0, -EINVAL when it is not in the profile or not on the curve, -ENOMEM.
 */
int cose_key_to_pkey(const uint8_t *bytes, size_t size, EVP_PKEY **ret_pkey)
{
	struct cask_cose_key k;
	OSSL_PARAM *params = NULL;
	OSSL_PARAM_BLD *build;
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx;
	BIGNUM *n;

	if (cask_cose_key_parse(&k, bytes, size))
		return -EINVAL;
	build = OSSL_PARAM_BLD_new();
	n = BN_new();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, k.alg == CASK_ALG_RS256 ? "RSA" : "EC", NULL);
	if (build && n)
		params = k.alg == CASK_ALG_RS256 ? rsa_params(&k, build, n) :
			p256_params(&k, build);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	if (!pkey)
		return params ? -EINVAL : -ENOMEM;
	*ret_pkey = pkey;
	return 0;
}

/**
 * cose_device_id() - the name of a device
 * @x: its X25519 public key
 * @ret_id: thumbprint of it as a COSE_Key
 *
 * Return: 0 or -EIO.
 */
int cose_device_id(const uint8_t x[CASK_X25519_SIZE], uint8_t ret_id[CASK_KID_SIZE])
{
	uint8_t key[OVERHEAD_MAX];
	struct out o = OUT(key, sizeof(key));

	head(&o, cbor_encode_map_start, 3);
	put_int(&o, KEY_KTY);
	put_int(&o, KTY_OKP);
	put_int(&o, EC2_CRV);
	put_int(&o, CRV_X25519);
	put_int(&o, EC2_X);
	put_bytes(&o, x, CASK_X25519_SIZE);
	return o.ok ? crypto_sha256(key, o.size, ret_id) : -EIO;
}

/**
 * cose_signer_init() - prepare to sign
 * @signer: to fill in
 * @pkey: as cose_key_from_pkey(), with its private half; stays the caller's
 *
 * Return: 0, -EINVAL for another kind of key, -EIO.
 */
int cose_signer_init(struct cose_signer *signer, EVP_PKEY *pkey)
{
	struct cose_key key;
	int ret = cose_key_from_pkey(pkey, &key);

	if (ret)
		return ret;
	signer->pkey = pkey;
	signer->alg = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA ?
		COSE_ALG_RS256 : COSE_ALG_ES256;
	memcpy(signer->kid, key.kid, sizeof(signer->kid));
	return 0;
}

static void put_protected(struct out *o, const struct cose_signer *signer)
{
	head(o, cbor_encode_map_start, 2);
	put_int(o, HEADER_ALG);
	put_int(o, signer->alg);
	put_int(o, HEADER_KID);
	put_bytes(o, signer->kid, sizeof(signer->kid));
}

/* Sig_structure of RFC 9052, section 4.4 */
static void put_to_be_signed(struct out *o, const struct out *protected,
			     const uint8_t *payload, size_t payload_size)
{
	static const char context[] = "Signature1";

	head(o, cbor_encode_array_start, 4);
	head(o, cbor_encode_string_start, strlen(context));
	put_raw(o, context, strlen(context));
	put_bytes(o, protected->data, protected->size);
	put_bytes(o, NULL, 0);
	put_bytes(o, payload, payload_size);
}

/* DER as libcrypto has it, to r || s. */
static int unpack_ecdsa(uint8_t *signature, size_t *size)
{
	const uint8_t *der = signature;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, *size);
	bool ok;

	ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, P256_SIZE) >= 0 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + P256_SIZE, P256_SIZE) >= 0;
	ECDSA_SIG_free(sig);
	*size = 2 * P256_SIZE;
	return ok ? 0 : -EIO;
}

static int sign(const struct cose_signer *signer, const struct out *tbs,
		uint8_t ret_signature[SIGNATURE_MAX], size_t *ret_size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	*ret_size = SIGNATURE_MAX;
	/* RSA's default padding is PKCS #1 v1.5. */
	ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, signer->pkey) == 1 &&
		EVP_DigestSign(ctx, ret_signature, ret_size, tbs->data, tbs->size) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -EIO;
	return EVP_PKEY_get_base_id(signer->pkey) == EVP_PKEY_EC ?
		unpack_ecdsa(ret_signature, ret_size) : 0;
}

/**
 * cose_sign1() - make a statement
 * @signer: from cose_signer_init()
 * @payload: an object
 * @payload_size: bytes of it
 * @ret_statement: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, -EMSGSIZE above CASK_STATEMENT_MAX, -ENOMEM, -EIO.
 */
int cose_sign1(const struct cose_signer *signer, const uint8_t *payload, size_t payload_size,
	       uint8_t **ret_statement, size_t *ret_size)
{
	uint8_t header[PROTECTED_MAX], signature[SIGNATURE_MAX], *buffer;
	struct out protected = OUT(header, sizeof(header)), o;
	size_t capacity, signature_size;
	int ret;

	if (payload_size > CASK_STATEMENT_MAX)
		return -EMSGSIZE;
	capacity = payload_size + PROTECTED_MAX + SIGNATURE_MAX + OVERHEAD_MAX;
	buffer = malloc(capacity);
	if (!buffer)
		return -ENOMEM;

	/* First what is signed, then over it what is sent. */
	o = (struct out)OUT(buffer, capacity);
	put_protected(&protected, signer);
	put_to_be_signed(&o, &protected, payload, payload_size);
	ret = o.ok && protected.ok ? sign(signer, &o, signature, &signature_size) : -EIO;
	if (ret)
		goto fail;
	o = (struct out)OUT(buffer, capacity);
	head(&o, tag_head, TAG_SIGN1);
	head(&o, cbor_encode_array_start, 4);
	put_bytes(&o, protected.data, protected.size);
	head(&o, cbor_encode_map_start, 0);
	put_bytes(&o, payload, payload_size);
	put_bytes(&o, signature, signature_size);
	ret = !o.ok ? -EIO : o.size > CASK_STATEMENT_MAX ? -EMSGSIZE : 0;
	if (ret)
		goto fail;
	*ret_statement = buffer;
	*ret_size = o.size;
	return 0;
fail:
	free(buffer);
	return ret;
}

/* r || s to DER; returns its size, 0 on failure. */
static size_t pack_ecdsa(const struct cask_bytes *raw, uint8_t ret_der[SIGNATURE_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int n = 0;

	if (!sig || raw->len != 2 * P256_SIZE) {
		ECDSA_SIG_free(sig);
		return 0;
	}
	r = BN_bin2bn(raw->data, P256_SIZE, NULL);
	s = BN_bin2bn(raw->data + P256_SIZE, P256_SIZE, NULL);
	if (r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		n = i2d_ECDSA_SIG(sig, &ret_der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n > 0 ? n : 0;
}

static int verify(EVP_PKEY *pkey, const struct cask_cose *c)
{
	uint8_t tbs[CASK_COSE_TBS_HEAD_MAX], der[SIGNATURE_MAX];
	const uint8_t *signature = c->signature.data;
	size_t size = c->signature.len;
	EVP_MD_CTX *ctx;
	bool ok;

	if (c->alg == CASK_ALG_ES256) {
		size = pack_ecdsa(&c->signature, der);
		if (!size)
			return -EKEYREJECTED;
		signature = der;
	}
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		EVP_DigestVerifyUpdate(ctx, tbs, cask_cose_tbs_head(c, tbs)) == 1 &&
		EVP_DigestVerifyUpdate(ctx, c->payload.data, c->payload.len) == 1 &&
		EVP_DigestVerifyFinal(ctx, signature, size) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EKEYREJECTED;
}

/**
 * cose_verify1() - check a statement
 * @pkey: the only key that may have signed it
 * @statement: what came
 * @size: bytes of it
 * @ret_payload: points into @statement
 * @ret_payload_size: bytes of it
 *
 * Return: 0; -EINVAL when malformed; -EOPNOTSUPP for another algorithm; -ENOKEY
 * when it names another signer; -EKEYREJECTED when the signature is not @pkey's.
 */
int cose_verify1(EVP_PKEY *pkey, const uint8_t *statement, size_t size,
		 const uint8_t **ret_payload, size_t *ret_payload_size)
{
	struct cose_signer expected;
	struct cask_cose c;
	int ret;

	ret = cask_cose_parse(&c, statement, size);
	if (!ret)
		ret = cose_signer_init(&expected, pkey);
	if (ret)
		return ret;
	if (memcmp(c.kid, expected.kid, CASK_KID_SIZE))
		return -ENOKEY;
	if (c.alg != (int)expected.alg)
		return -EKEYREJECTED;
	ret = verify(pkey, &c);
	if (ret)
		return ret;
	*ret_payload = c.payload.data;
	*ret_payload_size = c.payload.len;
	return 0;
}
