// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * cose.c - COSE_Sign1 and COSE_Key (RFC 9052) in the one profile that Cask takes.
 *
 * The profile has a single encoding for each statement, so there is no choice
 * for a forger to play with and nothing here recurses.
 */
#include "parse.h"

/* RFC 8949 major types, as the top three bits of the first byte. */
enum {
	CBOR_UINT = 0 << 5,
	CBOR_NINT = 1 << 5,
	CBOR_BSTR = 2 << 5,
	CBOR_ARRAY = 4 << 5,
	CBOR_MAP = 5 << 5,
	CBOR_TAG = 6 << 5,
};

#define COSE_SIGN1_TAG	18
#define COSE_KTY_EC2	2
#define COSE_KTY_RSA	3
#define COSE_CRV_P256	1
#define RSA_N_MIN	256
#define RSA_N_MAX	512
#define P256_SIZE	32

struct cursor {
	const __u8 *p;
	const __u8 *end;
};

/* A head in its shortest form, argument up to 32 bits. */
static int head(struct cursor *c, unsigned int *major, __u32 *arg)
{
	static const __u32 least[] = { 24, 0x100, 0x10000 };
	unsigned int info, n, i;
	__u32 v = 0;

	if (c->p == c->end)
		return -EINVAL;
	*major = *c->p & 0xe0;
	info = *c->p++ & 0x1f;
	if (info < 24) {
		*arg = info;
		return 0;
	}
	if (info > 26)
		return -EINVAL;
	n = 1u << (info - 24);
	if ((size_t)(c->end - c->p) < n)
		return -EINVAL;
	for (i = 0; i < n; i++)
		v = v << 8 | *c->p++;
	if (v < least[info - 24])
		return -EINVAL;
	*arg = v;
	return 0;
}

/* A head that must be just this one. */
static int expect(struct cursor *c, unsigned int major, __u32 arg)
{
	unsigned int m;
	__u32 a;

	return head(c, &m, &a) || m != major || a != arg ? -EINVAL : 0;
}

static int bstr(struct cursor *c, struct cask_bytes *out)
{
	unsigned int m;
	__u32 len;

	if (head(c, &m, &len) || m != CBOR_BSTR || len > (size_t)(c->end - c->p))
		return -EINVAL;
	out->data = c->p;
	out->len = len;
	c->p += len;
	return 0;
}

static int parse_protected(struct cask_cose *c)
{
	struct cursor cur = { c->protected.data, c->protected.data + c->protected.len };
	struct cask_bytes kid;
	unsigned int major;
	__u32 arg;

	if (expect(&cur, CBOR_MAP, 2) || expect(&cur, CBOR_UINT, 1) ||
	    head(&cur, &major, &arg) || (major != CBOR_UINT && major != CBOR_NINT) ||
	    arg > 0x7fffffff ||
	    expect(&cur, CBOR_UINT, 4) || bstr(&cur, &kid) ||
	    kid.len != CASK_KID_SIZE || cur.p != cur.end)
		return -EINVAL;
	c->alg = major == CBOR_UINT ? (int)arg : -1 - (int)arg;
	c->kid = kid.data;
	return 0;
}

/**
 * cask_cose_parse() - take a COSE_Sign1 apart
 * @c: its parts
 * @data: the statement, nothing before or after it
 * @len: bytes of @data, at most CASK_STATEMENT_MAX
 *
 * Verifies nothing. Return: 0, -EINVAL when malformed, -EOPNOTSUPP for an
 * algorithm other than RS256 and ES256.
 */
int cask_cose_parse(struct cask_cose *c, const void *data, size_t len)
{
	struct cursor cur = { data, (const __u8 *)data + len };

	if (len > CASK_STATEMENT_MAX)
		return -EINVAL;
	if (expect(&cur, CBOR_TAG, COSE_SIGN1_TAG) || expect(&cur, CBOR_ARRAY, 4) ||
	    bstr(&cur, &c->protected) || expect(&cur, CBOR_MAP, 0) ||
	    bstr(&cur, &c->payload) || bstr(&cur, &c->signature) || cur.p != cur.end)
		return -EINVAL;
	if (c->protected.len > CASK_COSE_PROTECTED_MAX || parse_protected(c))
		return -EINVAL;
	if (c->alg != CASK_ALG_RS256 && c->alg != CASK_ALG_ES256)
		return -EOPNOTSUPP;
	return 0;
}

static size_t put_bstr_head(__u8 *out, size_t len)
{
	if (len < 24) {
		out[0] = CBOR_BSTR | len;
		return 1;
	}
	if (len < 0x100) {
		out[0] = CBOR_BSTR | 24;
		out[1] = len;
		return 2;
	}
	out[0] = CBOR_BSTR | 25;
	out[1] = len >> 8;
	out[2] = len;
	return 3;
}

/**
 * cask_cose_tbs_head() - what is hashed before the payload
 * @c: from cask_cose_parse()
 * @out: start of the Sig_structure (RFC 9052, section 4.4)
 *
 * The signature is over @out followed by the payload. Return: bytes written.
 */
size_t cask_cose_tbs_head(const struct cask_cose *c, __u8 out[CASK_COSE_TBS_HEAD_MAX])
{
	static const __u8 start[] = "\x84\x6aSignature1";
	size_t n = sizeof(start) - 1;

	memcpy(out, start, n);
	n += put_bstr_head(out + n, c->protected.len);
	memcpy(out + n, c->protected.data, c->protected.len);
	n += c->protected.len;
	n += put_bstr_head(out + n, 0);
	n += put_bstr_head(out + n, c->payload.len);
	return n;
}

/* Labels -1, -2, -3 of a COSE_Key are encoded as 0x20, 0x21, 0x22. */
#define PARAM(n)	CBOR_NINT, ((n) - 1)

static int parse_rsa(struct cursor *cur, struct cask_cose_key *k)
{
	if (expect(cur, PARAM(1)) || bstr(cur, &k->n) ||
	    expect(cur, PARAM(2)) || bstr(cur, &k->e))
		return -EINVAL;
	if (k->n.len < RSA_N_MIN || k->n.len > RSA_N_MAX || !(k->n.data[0] & 0x80))
		return -EINVAL;
	if (k->e.len != 3 || memcmp(k->e.data, "\x01\x00\x01", 3))
		return -EINVAL;
	k->alg = CASK_ALG_RS256;
	return 0;
}

static int parse_p256(struct cursor *cur, struct cask_cose_key *k)
{
	if (expect(cur, PARAM(1)) || expect(cur, CBOR_UINT, COSE_CRV_P256) ||
	    expect(cur, PARAM(2)) || bstr(cur, &k->x) ||
	    expect(cur, PARAM(3)) || bstr(cur, &k->y))
		return -EINVAL;
	if (k->x.len != P256_SIZE || k->y.len != P256_SIZE)
		return -EINVAL;
	k->alg = CASK_ALG_ES256;
	return 0;
}

/**
 * cask_cose_key_parse() - take a public signing key apart
 * @k: its parts
 * @data: the COSE_Key, nothing before or after it
 * @len: bytes of @data
 *
 * Return: 0, -EINVAL when malformed, of another size or another kind.
 */
int cask_cose_key_parse(struct cask_cose_key *k, const void *data, size_t len)
{
	struct cursor cur = { data, (const __u8 *)data + len };
	unsigned int major;
	__u32 params, kty;
	int ret = -EINVAL;

	if (len > CASK_COSE_KEY_MAX)
		return -EINVAL;
	memset(k, 0, sizeof(*k));
	if (head(&cur, &major, &params) || major != CBOR_MAP ||
	    expect(&cur, CBOR_UINT, 1) || head(&cur, &major, &kty) || major != CBOR_UINT)
		return -EINVAL;
	if (kty == COSE_KTY_RSA && params == 3)
		ret = parse_rsa(&cur, k);
	else if (kty == COSE_KTY_EC2 && params == 4)
		ret = parse_p256(&cur, k);
	return ret || cur.p != cur.end ? -EINVAL : 0;
}
