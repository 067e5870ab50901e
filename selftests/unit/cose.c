// SPDX-License-Identifier: GPL-2.0
/* cose.c - keys, thumbprints, statements and licenses as formats.rst has them. */
#include "unit.h"
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "cose.h"
#include "crypto.h"
#include "forge.h"
#include "hpke.h"
#include "license.h"
#include "statement.h"
#include "../../kmod/parse/parse.h"

/* RFC 9679, section 6: the example key and its thumbprint */
static const char *rfc9679_key = "a40102200121582065eda5a12577c2bae829437fe338701a10aaa375e1bb5b5d"
	"e108de439c08551d2258201e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c";

static void thumbprint_rfc9679(void **state)
{
	uint8_t bytes[75];
	struct cose_key key;
	EVP_PKEY *pkey;

	unhex(bytes, rfc9679_key);
	assert_int_equal(cose_key_to_pkey(bytes, sizeof(bytes), &pkey), 0);
	assert_int_equal(cose_key_from_pkey(pkey, &key), 0);
	assert_int_equal(key.size, sizeof(bytes));
	assert_memory_equal(key.bytes, bytes, sizeof(bytes));
	assert_bytes(key.kid, "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec");
	EVP_PKEY_free(pkey);
}

static void point_off_the_curve(void **state)
{
	uint8_t bytes[75];
	EVP_PKEY *pkey;

	unhex(bytes, rfc9679_key);
	bytes[74] ^= 1;
	assert_int_equal(cose_key_to_pkey(bytes, sizeof(bytes), &pkey), -EINVAL);
}

static void device_id(void **state)
{
	uint8_t x[32], id[32], expected[32], key[40];

	memset(x, 0x42, sizeof(x));
	unhex(key, "a301012004215820"
	      "4242424242424242424242424242424242424242424242424242424242424242");
	assert_int_equal(cose_device_id(x, id), 0);
	assert_int_equal(crypto_sha256(key, sizeof(key), expected), 0);
	assert_memory_equal(id, expected, 32);
	assert_memory_equal(key, CASK_COSE_X25519_PREFIX, CASK_COSE_X25519_PREFIX_SIZE);
}

static void rsa_key(void **state)
{
	struct cose_key key, again;
	EVP_PKEY *pkey, *back;

	assert_int_equal(cose_generate(COSE_ALG_RS256, &pkey), 0);
	assert_int_equal(cose_key_from_pkey(pkey, &key), 0);
	/* {1: 3, -1: h'256 bytes', -2: h'010001'} */
	assert_int_equal(key.size, 1 + 2 + 1 + 3 + 256 + 1 + 4);
	assert_memory_equal(key.bytes, "\xa3\x01\x03\x20\x59\x01\x00", 7);
	assert_true(key.bytes[7] & 0x80);
	assert_memory_equal(key.bytes + key.size - 5, "\x21\x43\x01\x00\x01", 5);
	assert_int_equal(cose_key_to_pkey(key.bytes, key.size, &back), 0);
	assert_int_equal(cose_key_from_pkey(back, &again), 0);
	assert_memory_equal(&key, &again, sizeof(key));
	EVP_PKEY_free(back);
	EVP_PKEY_free(pkey);
}

static void rsa_4096_fits(void **state)
{
	EVP_PKEY *pkey = EVP_RSA_gen(4096);
	struct cose_key key;

	assert_int_equal(cose_key_from_pkey(pkey, &key), 0);
	assert_true(key.size <= CASK_COSE_KEY_MAX);
	EVP_PKEY_free(pkey);
}

static EVP_PKEY *rsa_with(unsigned int bits, unsigned int exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *pkey = NULL;

	assert_int_equal(BN_set_word(e, exponent), 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void keys_out_of_profile(void **state)
{
	EVP_PKEY *keys[] = {
		rsa_with(1024, 65537), rsa_with(2048, 3), rsa_with(2047, 65537),
		EVP_EC_gen("secp384r1"), EVP_EC_gen("secp256k1"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
	};
	struct cose_signer signer;
	struct cose_key key;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_non_null(keys[i]);
		assert_int_equal(cose_key_from_pkey(keys[i], &key), -EINVAL);
		assert_int_equal(cose_signer_init(&signer, keys[i]), -EINVAL);
		EVP_PKEY_free(keys[i]);
	}
}

/*
 * What a third party would do: take the statement apart at fixed offsets, build
 * the Sig_structure by hand, ask libcrypto.
 */
static void verify_by_hand(EVP_PKEY *pkey, const uint8_t *s, size_t size, const char *payload,
			   const uint8_t *protected, size_t protected_size,
			   const uint8_t *signature, size_t signature_size)
{
	uint8_t tbs[256] = "\x84\x6aSignature1";
	size_t n = 12, payload_size = strlen(payload);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(payload_size < 24);
	tbs[n++] = 0x58;
	tbs[n++] = protected_size;
	memcpy(tbs + n, protected, protected_size);
	n += protected_size;
	tbs[n++] = 0x40;
	tbs[n++] = 0x40 | payload_size;
	memcpy(tbs + n, payload, payload_size);
	n += payload_size;
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature, signature_size, tbs, n), 1);
	EVP_MD_CTX_free(ctx);
}

static void sign1_rs256(void **state)
{
	struct cose_signer signer;
	uint8_t *s, expected[] = "\xd2\x84\x58\x28\xa2\x01\x39\x01\x00\x04\x58\x20";
	EVP_PKEY *pkey;
	size_t size;

	assert_int_equal(cose_generate(COSE_ALG_RS256, &pkey), 0);
	assert_int_equal(cose_signer_init(&signer, pkey), 0);
	assert_int_equal(cose_sign1(&signer, (uint8_t *)"payload", 7, &s, &size), 0);
	assert_int_equal(size, 2 + 2 + 40 + 1 + 8 + 3 + 256);
	assert_memory_equal(s, expected, sizeof(expected) - 1);
	assert_memory_equal(s + 12, signer.kid, 32);
	assert_memory_equal(s + 44, "\xa0\x47payload\x59\x01\x00", 12);
	verify_by_hand(pkey, s, size, "payload", s + 4, 40, s + 56, 256);
	free(s);
	EVP_PKEY_free(pkey);
}

/* Many, for r and s with leading zeros. */
static void sign1_es256(void **state)
{
	uint8_t *s, expected[] = "\xd2\x84\x58\x26\xa2\x01\x26\x04\x58\x20";
	const uint8_t *payload;
	struct cose_signer signer;
	size_t size, payload_size;
	EVP_PKEY *pkey;
	int i;

	assert_int_equal(cose_generate(COSE_ALG_ES256, &pkey), 0);
	assert_int_equal(cose_signer_init(&signer, pkey), 0);
	for (i = 0; i < 600; i++) {
		assert_int_equal(cose_sign1(&signer, (uint8_t *)"payload", 7, &s, &size), 0);
		assert_int_equal(size, 2 + 2 + 38 + 1 + 8 + 2 + 64);
		assert_memory_equal(s, expected, sizeof(expected) - 1);
		assert_memory_equal(s + 42, "\xa0\x47payload\x58\x40", 11);
		assert_int_equal(cose_verify1(pkey, s, size, &payload, &payload_size), 0);
		free(s);
	}
	EVP_PKEY_free(pkey);
}

static void sign1_limit(void **state)
{
	static uint8_t big[CASK_STATEMENT_MAX + 1];
	struct cose_signer signer;
	size_t size, fits;
	EVP_PKEY *pkey;
	uint8_t *s;

	assert_int_equal(cose_generate(COSE_ALG_ES256, &pkey), 0);
	assert_int_equal(cose_signer_init(&signer, pkey), 0);
	fits = CASK_STATEMENT_MAX - (2 + 2 + 38 + 1 + 3 + 2 + 64);
	assert_int_equal(cose_sign1(&signer, big, fits, &s, &size), 0);
	assert_int_equal(size, CASK_STATEMENT_MAX);
	free(s);
	assert_int_equal(cose_sign1(&signer, big, fits + 1, &s, &size), -EMSGSIZE);
	assert_int_equal(cose_sign1(&signer, big, sizeof(big), &s, &size), -EMSGSIZE);
	assert_int_equal(cose_sign1(&signer, big, SIZE_MAX, &s, &size), -EMSGSIZE);
	EVP_PKEY_free(pkey);
}

static void every_byte_altered(enum cose_alg alg)
{
	struct forge_key key = forge_key_new(alg);
	struct forge_tamper none = { 0 };
	const uint8_t *payload;
	struct forge_bytes s;
	size_t i, size;
	int bit, ret;

	forge_sign(&key, &none, "some payload", 12, &s);
	assert_int_equal(cose_verify1(key.pkey, s.data, s.size, &payload, &size), 0);
	for (i = 0; i < s.size; i++) {
		for (bit = 0; bit < 8; bit++) {
			s.data[i] ^= 1 << bit;
			ret = cose_verify1(key.pkey, s.data, s.size, &payload, &size);
			assert_true(ret == -EINVAL || ret == -EOPNOTSUPP || ret == -ENOKEY ||
				    ret == -EKEYREJECTED);
			s.data[i] ^= 1 << bit;
		}
	}
	printf("# counted: %zu bad inputs\n", 8 * i);
	forge_free(&s);
	forge_key_free(&key);
}

static void D8_statement_every_bit_altered_rs256(void **state)
{
	every_byte_altered(COSE_ALG_RS256);
}

static void D8_statement_every_bit_altered_es256(void **state)
{
	every_byte_altered(COSE_ALG_ES256);
}

static int verify(const struct forge_key *key, const struct forge_tamper *tamper)
{
	const uint8_t *payload;
	struct forge_bytes s;
	size_t size;
	int ret;

	forge_sign(key, tamper, "payload", 7, &s);
	ret = cose_verify1(key->pkey, s.data, s.size, &payload, &size);
	forge_free(&s);
	return ret;
}

static void D8_statement_by_another(void **state)
{
	struct forge_key key = forge_key_new(COSE_ALG_ES256), other = forge_key_new(COSE_ALG_ES256);
	struct forge_key rsa = forge_key_new(COSE_ALG_RS256);

	assert_int_equal(verify(&key, &(struct forge_tamper){ 0 }), 0);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .signer = &other }), -ENOKEY);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .signer = &other,
							       .kid = key.pub.kid }),
			 -EKEYREJECTED);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .signer = &rsa,
							       .kid = key.pub.kid }),
			 -EKEYREJECTED);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .alg = COSE_ALG_RS256 }),
			 -EKEYREJECTED);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .alg = -37 }), -EOPNOTSUPP);
	assert_int_equal(verify(&key, &(struct forge_tamper){ .flip_payload = true }),
			 -EKEYREJECTED);
	forge_key_free(&key);
	forge_key_free(&other);
	forge_key_free(&rsa);
}

static void payload_of(const struct forge_key *signer, const struct forge_bytes *s,
		       struct cask_bytes *ret)
{
	assert_int_equal(cose_verify1(signer->pkey, s->data, s->size, &ret->data, &ret->len), 0);
}

static void grant_round_trip(void **state)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_grant grant = forge_grant_default(d);
	struct cask_bytes payload;
	struct forge_bytes s;
	struct cask_grant g;

	grant.fields.sequence = 0x1122334455667788;
	forge_grant(d, &grant, &s);
	payload_of(&d->provisioning, &s, &payload);
	assert_int_equal(cask_grant_parse(&g, payload.data, payload.len), 0);
	assert_true(g.sequence == 0x1122334455667788);
	assert_int_equal(g.signer.len, d->root.pub.size);
	assert_memory_equal(g.signer.data, d->root.pub.bytes, g.signer.len);
	forge_free(&s);
	forge_distributor_free(d);
}

static void scope_round_trip(void **state)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_RS256);
	struct forge_scope scope = forge_scope_default(d);
	struct cask_bytes payload;
	struct forge_bytes s;
	struct cask_scope p;

	memcpy(scope.fields.prefix, "\xca\xfe", 2);
	scope.fields.prefix_size = 2;
	scope.fields.name = "K\xc3\xa4se";
	forge_scope(d, &scope, &s);
	payload_of(&d->root, &s, &payload);
	assert_int_equal(cask_scope_parse(&p, payload.data, payload.len), 0);
	assert_int_equal(p.purposes, CASK_PURPOSE_ALL);
	assert_int_equal(p.namespace_.len, 2);
	assert_memory_equal(p.namespace_.data, "\xca\xfe", 2);
	assert_true(p.not_before == scope.fields.not_before);
	assert_true(p.not_after == scope.fields.not_after);
	assert_int_equal(p.sequence, 1);
	assert_memory_equal(p.signer.data, d->license.pub.bytes, d->license.pub.size);
	assert_memory_equal(p.server_key.data, d->server_public, 32);
	assert_int_equal(p.name.len, 5);
	assert_memory_equal(p.name.data, "K\xc3\xa4se", 5);
	forge_free(&s);
	forge_distributor_free(d);
}

static void reanchor_round_trip(void **state)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_reanchor reanchor = forge_reanchor_default(d, d->license.pub.kid,
								(uint8_t *)"0123456789abcdef");
	struct cask_reanchor_view r;
	struct cask_bytes payload;
	struct forge_bytes s;

	forge_reanchor(d, &reanchor, &s);
	payload_of(&d->license, &s, &payload);
	assert_int_equal(cask_reanchor_parse(&r, payload.data, payload.len), 0);
	assert_true(r.created == reanchor.fields.created);
	assert_memory_equal(r.nonce.data, "0123456789abcdef", CASK_NONCE_SIZE);
	assert_memory_equal(r.issuer.data, d->root.pub.kid, CASK_KID_SIZE);
	assert_memory_equal(r.device_id.data, d->license.pub.kid, CASK_KID_SIZE);
	forge_free(&s);
	forge_distributor_free(d);
}

/* One license for all of the tests below; P-256, since only its body matters. */
struct made {
	struct forge_distributor *d;
	struct forge_bytes s;
	struct cask_license_view view;
	uint8_t device_private[32];
	uint8_t device_public[32];
	uint8_t content_key[16];
	uint8_t content_id[16];
};

static struct made make(void (*change)(struct forge_license *l))
{
	struct made m = { .content_key = "0123456789abcdef", .content_id = "content" };
	struct forge_license l;
	struct cask_bytes payload;

	m.d = forge_distributor_new(COSE_ALG_ES256);
	assert_int_equal(crypto_x25519_keypair(m.device_private, m.device_public), 0);
	l = forge_license_default(m.d, m.content_id);
	if (change)
		change(&l);
	forge_license(m.d, &l, m.device_public, m.content_key, &m.s);
	payload_of(&m.d->license, &m.s, &payload);
	assert_int_equal(cask_license_parse(&m.view, payload.data, payload.len), 0);
	return m;
}

static void drop(struct made *m)
{
	forge_free(&m->s);
	forge_distributor_free(m->d);
}

/* As the device does it, from formats.rst: the body is what the parser says it is. */
static int open_slot(const struct made *m, unsigned int slot, const uint8_t *kid,
		     const struct cask_bytes *sections, uint8_t ret_key[16])
{
	struct iovec parts[] = {
		{ (void *)m->view.head.data, m->view.head.len },
		{ (void *)sections->data, sections->len },
	};
	const struct cask_slot_view *v = &m->view.slots[slot];
	uint8_t aad[32 + 32 + sizeof(struct cask_slot)];
	struct hpke_text text = { "cask/1 slot device", 18, aad, sizeof(aad) };

	assert_int_equal(crypto_sha256v(parts, 2, aad), 0);
	memcpy(aad + 32, kid, 32);
	memcpy(aad + 64, v->head.data, sizeof(struct cask_slot));
	return hpke_open(m->device_private, &text, v->wrapped.data, v->wrapped.data + 32,
			 v->wrapped.len - 32, ret_key);
}

static void D8_license_round_trip(void **state)
{
	struct made m = make(NULL);
	uint8_t id[32], key[16];

	assert_int_equal(m.view.not_before, 0);
	assert_int_equal(m.view.not_after, 0);
	assert_memory_equal(m.view.content_id.data, m.content_id, 16);
	assert_memory_equal(m.view.issuer.data, m.d->root.pub.kid, 32);
	assert_int_equal(m.view.operations, CASK_OPERATION_FILE);
	assert_int_equal(m.view.suite, CASK_SUITE_AES_128_GCM);
	assert_int_equal(m.view.slot_count, 1);
	assert_int_equal(m.view.slots[0].method, CASK_METHOD_DEVICE);
	assert_int_equal(cose_device_id(m.device_public, id), 0);
	assert_memory_equal(m.view.slots[0].key_id, id, 32);
	assert_int_equal(open_slot(&m, 0, m.d->license.pub.kid, &m.view.sections, key), 0);
	assert_memory_equal(key, m.content_key, 16);
	drop(&m);
}

static void limit(struct forge_license *l)
{
	l->fields.not_before = 1000;
	l->fields.not_after = 2000;
	l->fields.min_level = CASK_LEVEL_PRODUCTION;
	l->decoys = 7;
}

static void D8_license_period_level_and_eight_slots(void **state)
{
	struct made m = make(limit);
	uint8_t key[16];

	assert_int_equal(m.view.not_before, 1000);
	assert_int_equal(m.view.not_after, 2000);
	assert_int_equal(m.view.min_level, CASK_LEVEL_PRODUCTION);
	assert_int_equal(m.view.slot_count, 8);
	assert_int_equal(open_slot(&m, 7, m.d->license.pub.kid, &m.view.sections, key), 0);
	assert_memory_equal(key, m.content_key, 16);
	assert_int_equal(open_slot(&m, 0, m.d->license.pub.kid, &m.view.sections, key), -EBADMSG);
	drop(&m);
}

/* Every bit of the rights and of the signer's name is under the slot's seal. */
static void D8_slot_is_bound_to_the_rights(void **state)
{
	struct made m = make(limit);
	uint8_t kid[32], key[16], *copy;
	struct cask_bytes sections = m.view.sections;
	size_t i;

	copy = malloc(sections.len);
	memcpy(copy, sections.data, sections.len);
	sections.data = copy;
	for (i = 0; i < sections.len; i++) {
		copy[i] ^= 1;
		assert_int_equal(open_slot(&m, 7, m.d->license.pub.kid, &sections, key), -EBADMSG);
		copy[i] ^= 1;
	}
	memcpy(kid, m.d->license.pub.kid, 32);
	for (i = 0; i < 32; i++) {
		kid[i] ^= 1;
		assert_int_equal(open_slot(&m, 7, kid, &sections, key), -EBADMSG);
		kid[i] ^= 1;
	}
	assert_int_equal(open_slot(&m, 7, kid, &sections, key), 0);
	free(copy);
	drop(&m);
}

static void license_refuses(void **state)
{
	struct forge_key key = forge_key_new(COSE_ALG_ES256);
	struct license_device devices[9] = { 0 };
	struct license_fields fields = { .version = 1 };
	uint8_t content_key[16] = { 0 }, private_key[32], *s;
	struct cose_signer signer;
	size_t size, i;

#define make_for(n) license_make(&signer, &fields, devices, n, content_key, &s, &size)
	assert_int_equal(cose_signer_init(&signer, key.pkey), 0);
	assert_int_equal(make_for(0), -EINVAL);
	/* all zero is a point of low order */
	assert_int_equal(make_for(1), -EINVAL);
	for (i = 0; i < 9; i++)
		assert_int_equal(crypto_x25519_keypair(private_key, devices[i].key), 0);
	assert_int_equal(make_for(9), -EINVAL);
	assert_int_equal(make_for(8), 0);
#undef make_for
	free(s);
	forge_key_free(&key);
}

int main(void)
{
	const struct CMUnitTest cose[] = {
		cmocka_unit_test(thumbprint_rfc9679),
		cmocka_unit_test(point_off_the_curve),
		cmocka_unit_test(device_id),
		cmocka_unit_test(rsa_key),
		cmocka_unit_test(rsa_4096_fits),
		cmocka_unit_test(keys_out_of_profile),
		cmocka_unit_test(sign1_rs256),
		cmocka_unit_test(sign1_es256),
		cmocka_unit_test(sign1_limit),
		cmocka_unit_test(D8_statement_every_bit_altered_rs256),
		cmocka_unit_test(D8_statement_every_bit_altered_es256),
		cmocka_unit_test(D8_statement_by_another),
		cmocka_unit_test(grant_round_trip),
		cmocka_unit_test(scope_round_trip),
		cmocka_unit_test(reanchor_round_trip),
		cmocka_unit_test(D8_license_round_trip),
		cmocka_unit_test(D8_license_period_level_and_eight_slots),
		cmocka_unit_test(D8_slot_is_bound_to_the_rights),
		cmocka_unit_test(license_refuses),
	};

	return run_suite(cose);
}
