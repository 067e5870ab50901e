// SPDX-License-Identifier: GPL-2.0
/*
 * secret.c - KUnit: known answers of all derivations.
 *
 * RFC 5869 and RFC 9180 say what HKDF and HPKE give; what Cask derives with them
 * was computed from Documentation/formats.rst by another implementation.
 */
#include <linux/hex.h>
#include <kunit/test.h>

#include "../secret/secret.h"
#include "ekb.h"

/* The recipient of RFC 9180, A.1.1. */
#define TEST_SECRET	"4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
#define TEST_PUBLIC	"3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
#define TEST_ENC	"37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"

/* Bytes that a test wrote down in hex, in memory of the test's own. */
static u8 *unhex(struct kunit *test, const char *text)
{
	size_t len = strlen(text) / 2;
	u8 *out = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_EQ(test, 0, hex2bin(out, text, len));
	return out;
}

static void expect_hex(struct kunit *test, const char *want, const u8 *got)
{
	KUNIT_EXPECT_MEMEQ(test, got, unhex(test, want), strlen(want) / 2);
}

/* While a test runs the device is the recipient above; nobody uses the module yet. */
static int become_recipient(struct kunit *test)
{
	struct identity *mine = kunit_kzalloc(test, sizeof(*mine), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mine);
	memcpy(mine->secret, unhex(test, TEST_SECRET), sizeof(mine->secret));
	memcpy(mine->public, unhex(test, TEST_PUBLIC), sizeof(mine->public));
	memset(mine->id, 0xdd, sizeof(mine->id));
	test->priv = cask_identity;
	cask_identity = mine;
	return 0;
}

static void be_oneself_again(struct kunit *test)
{
	if (test->priv)
		cask_identity = test->priv;
}

static struct scratch *scratch_of(struct kunit *test)
{
	struct scratch *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	return s;
}

/* --- HKDF --- */

static void hkdf_rfc5869_case_1(struct kunit *test)
{
	const u8 *ikm = unhex(test, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	const u8 *salt = unhex(test, "000102030405060708090a0b0c");
	u8 out[PRK_SIZE];

	KUNIT_ASSERT_EQ(test, 0, cask_hmac(salt, 13, ikm, 22, out));
	expect_hex(test, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", out);
	KUNIT_ASSERT_EQ(test, 0, cask_expand_label(out, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out));
	expect_hex(test, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf", out);
}

static void hkdf_rfc5869_case_3(struct kunit *test)
{
	static const u8 none[PRK_SIZE];
	const u8 *ikm = unhex(test, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	u8 out[PRK_SIZE];

	KUNIT_ASSERT_EQ(test, 0, cask_hmac(none, sizeof(none), ikm, 22, out));
	expect_hex(test, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04", out);
	KUNIT_ASSERT_EQ(test, 0, cask_expand_label(out, "", out));
	expect_hex(test, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d", out);
}

/* --- HPKE --- */

static void hpke_rfc9180_a_1_1(struct kunit *test)
{
	struct scratch *s = scratch_of(test);

	KUNIT_ASSERT_EQ(test, 0, cask_hpke_decap(s, unhex(test, TEST_ENC)));
	expect_hex(test, "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc", s->prk);
	KUNIT_ASSERT_EQ(test, 0, cask_hpke_schedule(s, "Ode on a Grecian Urn"));
	expect_hex(test, "4531685d41d65f03dc48f6b8302c05b0", s->key);
	expect_hex(test, "56d890e5accaaf011cff4b7d", s->nonce);

	memcpy(s->aad, "Count-0", 7);
	memcpy(s->text, unhex(test, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
				    "6d8770ac83d07bea87e13c512a"), 45);
	KUNIT_ASSERT_EQ(test, 0, cask_gcm_open(s->key, AES128_SIZE, s->nonce, s->aad, 7, s->text, 45));
	KUNIT_EXPECT_MEMEQ(test, s->text, "Beauty is truth, truth beauty", 29);
}

static void hpke_refuses_points_of_small_order(struct kunit *test)
{
	struct scratch *s = scratch_of(test);
	u8 enc[CURVE25519_KEY_SIZE] = {};

	KUNIT_EXPECT_EQ(test, -EBADMSG, cask_hpke_decap(s, enc));
	enc[0] = 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, cask_hpke_decap(s, enc));
}

/* --- slots and content keys --- */

/* Sealed to the recipient: the content key 00 01 .. 0f, for these two hashes. */
struct slot_case {
	struct cask_slot_view view;
	u8 body_hash[SHA256_DIGEST_SIZE];
	u8 kid[CASK_KID_SIZE];
	u8 *bytes;
};

static void make_slot(struct kunit *test, struct slot_case *c)
{
	c->bytes = unhex(test, "01000000"
		"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
		"e92916259e87d856a8a28b7f188356d46981b013338059e2dd468a101930b3d1");
	c->view.method = CASK_METHOD_DEVICE;
	c->view.head = (struct cask_bytes){ c->bytes, sizeof(struct cask_slot) };
	c->view.key_id = c->bytes + offsetof(struct cask_slot, key_id);
	c->view.wrapped.data = c->bytes + sizeof(struct cask_slot);
	c->view.wrapped.len = CASK_DEVICE_SLOT_SIZE - sizeof(struct cask_slot);
	memset(c->body_hash, 0xaa, sizeof(c->body_hash));
	memset(c->kid, 0xbb, sizeof(c->kid));
}

static int unwrap(const struct slot_case *c, struct cask_key **key)
{
	const struct cask_slot_use use = {
		.body_hash = c->body_hash, .kid = c->kid, .suite = CASK_SUITE_AES_128_GCM,
	};

	return cask_key_unwrap(&c->view, &use, key);
}

static void slot_gives_the_keys_of_blocks_and_header(struct kunit *test)
{
	u8 seed[CASK_SEED_SIZE], k[PRK_SIZE], i;
	struct cask_content content = {};
	struct cask_key *key;
	struct slot_case c;

	make_slot(test, &c);
	KUNIT_ASSERT_EQ(test, 0, unwrap(&c, &key));
	for (i = 0; i < sizeof(seed); i++)
		seed[i] = 16 + i;
	KUNIT_EXPECT_EQ(test, 0, cask_key_expand(key, CASK_INFO_BLOCK, seed, sizeof(seed), k));
	expect_hex(test, "a2904884fe1b320e1f1273bd5d39c92b", k);

	content.maced = (struct cask_bytes){ "head", 4 };
	content.mac.data = unhex(test, "88087a5c51d313e1129fbdc25cc127bfc049e88ff307961b46254857dcae579f");
	content.mac.len = CASK_MAC_SIZE;
	KUNIT_EXPECT_EQ(test, 0, cask_key_check_header(key, &content));
	content.maced.len = 3;
	KUNIT_EXPECT_EQ(test, -EBADMSG, cask_key_check_header(key, &content));
	cask_key_put(key);
}

/* One bit of anything that the slot is bound to. */
static void slot_is_bound_to_body_signer_and_itself(struct kunit *test)
{
	struct cask_key *key;
	struct slot_case c;
	unsigned int i;

	make_slot(test, &c);
	for (i = 0; i < sizeof(c.body_hash); i += 31) {
		c.body_hash[i] ^= 1;
		KUNIT_EXPECT_EQ(test, -EBADMSG, unwrap(&c, &key));
		c.body_hash[i] ^= 1;
		c.kid[i] ^= 0x80;
		KUNIT_EXPECT_EQ(test, -EBADMSG, unwrap(&c, &key));
		c.kid[i] ^= 0x80;
	}
	for (i = 0; i < CASK_DEVICE_SLOT_SIZE; i += i == 67 ? 1 : 3) {
		/* X25519 ignores the highest bit of a point, HPKE does not. */
		c.bytes[i] ^= 0x80;
		KUNIT_EXPECT_EQ_MSG(test, -EBADMSG, unwrap(&c, &key), "byte %u", i);
		c.bytes[i] ^= 0x80;
	}
	KUNIT_ASSERT_EQ(test, 0, unwrap(&c, &key));
	cask_key_put(key);
}

/* --- the pairwise key --- */

static void key_wrap_rfc3394_4_1(struct kunit *test)
{
	u8 *kek = unhex(test, "000102030405060708090a0b0c0d0e0f");
	u8 *key = unhex(test, "00112233445566778899aabbccddeeff");
	u8 *work = kunit_kzalloc(test, CASK_KEYWRAP_SIZE + CASK_KEY_SIZE, GFP_KERNEL);
	u8 *out = kunit_kzalloc(test, CASK_KEYWRAP_SIZE, GFP_KERNEL);
	struct cask_aes *aes = cask_aes_new();

	KUNIT_ASSERT_NOT_NULL(test, work);
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, aes);
	KUNIT_EXPECT_EQ(test, 0, cask_keywrap(aes, kek, key, out));
	expect_hex(test, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5", out);
	KUNIT_EXPECT_EQ(test, 0, cask_keyunwrap(aes, kek, out, work));
	expect_hex(test, "00112233445566778899aabbccddeeff", work + CASK_KEYWRAP_KEY);
	out[0] ^= 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, cask_keyunwrap(aes, kek, out, work));
	cask_aes_free(aes);
}

static void pairwise_keys_differ_by_label(struct kunit *test)
{
	const u8 *server = unhex(test, TEST_ENC);
	struct scratch *s = scratch_of(test);
	u8 mac[CASK_MAC_SIZE];

	KUNIT_ASSERT_EQ(test, 0, cask_pairwise_key(s, server, CASK_INFO_CHALLENGE));
	expect_hex(test, "e1b416880b3744ed1380ed9650af27772571c6b6ad6762477357681df1965480", s->key);
	KUNIT_ASSERT_EQ(test, 0, cask_pairwise_key(s, server, CASK_INFO_ENROL));
	expect_hex(test, "3ba1b768b69b4273166a6825ad9ac486c651140e7552dd0e95b61601ea346919", s->key);
	KUNIT_ASSERT_EQ(test, 0, cask_pairwise_mac(server, CASK_INFO_HTTP, "data", 4, mac));
	expect_hex(test, "0311a34032dda98d3d66471fb6789a8a7f43a423b45992b79e842603058d9741", mac);
}

static void pairwise_refuses_points_of_small_order(struct kunit *test)
{
	static const u8 zero[CURVE25519_KEY_SIZE];
	u8 mac[CASK_MAC_SIZE];

	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, cask_pairwise_mac(zero, CASK_INFO_HTTP, "", 0, mac));
}

/* --- second keys: Documentation/vectors/twokey.json --- */

#define TWOKEY_SECRET	"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define TWOKEY_PUBLIC	"605a725d2a4adfeeb1a29e17edd621c1b7593ee8cdbc44ac6c4ab6e2f805d23c"
#define TWOKEY_SERVER	"dc2cca31e8e43bbd91dff7e475cca3347eb478107d5bd765aba4ae4a30c35d44"
#define TWOKEY_ID	"2cc442a3588b0e0bd39d202e3139cca3c2d7d16ac81f15ed904f7b9cf585d5fa"
#define TWOKEY_CONTENT	"303132333435363738393a3b3c3d3e3f"
#define TWOKEY_BODY	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define TWOKEY_KID	"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
#define TWOKEY_FIRST	"b8887556b16437ae88851ab84c294ced"

/* The slots in the two modes. */
static const char *const twokey_slots[] = {
	/* terminal */
	"050000002cc442a3588b0e0bd39d202e3139cca3c2d7d16ac81f15ed904f7b9c"
	"f585d5fa01000000f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7"
	"e8e9eaebd02be7f4843293cecdd0e831d9a9374b0371c2341ace0885c21fcc56"
	"de9c52ff",
	/* synchronised */
	"050000002cc442a3588b0e0bd39d202e3139cca3c2d7d16ac81f15ed904f7b9c"
	"f585d5fa0200000001020304050607080807060504030201e0e1e2e3e4e5e6e7"
	"e8e9eaebca954860754a078dd8b0f0f55912670ac9756818880280dd23a41617"
	"9bba0334",
};

/* Of a suite without a file, so that the key itself is kept. */
static int open_twokey(struct kunit *test, u8 *slot, u8 *body_hash, struct cask_key **key)
{
	struct cask_twokey_view twokey;
	const struct cask_slot_view view = {
		.method = CASK_METHOD_TWOKEY, .head = { slot, sizeof(struct cask_slot) },
		.key_id = slot + offsetof(struct cask_slot, key_id),
		.wrapped = { slot + sizeof(struct cask_slot),
			     CASK_TWOKEY_SLOT_SIZE - sizeof(struct cask_slot) },
	};
	const struct cask_slot_use use = {
		.body_hash = body_hash, .kid = unhex(test, TWOKEY_KID),
		.content_id = unhex(test, TWOKEY_CONTENT), .suite = CASK_SUITE_RAW_AES_128_CTR,
		.twokey = &twokey, .server_key = unhex(test, TWOKEY_SERVER),
	};

	KUNIT_ASSERT_EQ(test, 0, cask_twokey_parse(&twokey, &view.wrapped));
	return cask_key_unwrap(&view, &use, key);
}

static void become_twokey_device(struct kunit *test)
{
	memcpy(cask_identity->secret, unhex(test, TWOKEY_SECRET), CURVE25519_KEY_SIZE);
	curve25519_clamp_secret(cask_identity->secret);
	memcpy(cask_identity->public, unhex(test, TWOKEY_PUBLIC), CURVE25519_KEY_SIZE);
	memcpy(cask_identity->id, unhex(test, TWOKEY_ID), CASK_KID_SIZE);
}

static void K3_K7_second_keys_give_the_first(struct kunit *test)
{
	struct cask_key *key;
	unsigned int i;
	u8 *slot;

	become_twokey_device(test);
	for (i = 0; i < ARRAY_SIZE(twokey_slots); i++) {
		slot = unhex(test, twokey_slots[i]);
		KUNIT_ASSERT_EQ(test, 0, open_twokey(test, slot, unhex(test, TWOKEY_BODY), &key));
		expect_hex(test, TWOKEY_FIRST, key->raw);
		cask_key_put(key);
	}
}

/* One bit of the rights, of the hardware-key id, the parameter, the nonce, the key and the tag. */
static void K3_altered_second_keys_give_nothing(struct kunit *test)
{
	u8 *slot = unhex(test, twokey_slots[0]), *body = unhex(test, TWOKEY_BODY);
	struct cask_key *key;
	unsigned int i;

	become_twokey_device(test);
	body[31] ^= 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, open_twokey(test, slot, body, &key));
	body[31] ^= 1;
	for (i = 0; i < CASK_TWOKEY_SLOT_SIZE; i++) {
		/* The mode is the parser's. */
		if (i >= sizeof(struct cask_slot) &&
		    i < sizeof(struct cask_slot) + offsetof(struct cask_twokey, parameter))
			continue;
		slot[i] ^= 1;
		KUNIT_EXPECT_EQ_MSG(test, -EBADMSG, open_twokey(test, slot, body, &key), "byte %u", i);
		slot[i] ^= 1;
	}
	cask_identity->secret[5] ^= 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, open_twokey(test, slot, body, &key));
}

static void K6_a_step_is_authentic_or_none(struct kunit *test)
{
	const u8 *server = unhex(test, TWOKEY_SERVER);
	const struct cask_bytes data = { "step", 4 };
	u8 mac[CASK_MAC_SIZE];

	become_twokey_device(test);
	KUNIT_ASSERT_EQ(test, 0, cask_pairwise_mac(server, CASK_INFO_SYNCHRONISE, "step", 4, mac));
	KUNIT_EXPECT_EQ(test, 0, cask_pairwise_check(server, CASK_INFO_SYNCHRONISE, &data, mac));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, cask_pairwise_check(server, CASK_INFO_HTTP, &data, mac));
	mac[31] ^= 1;
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			cask_pairwise_check(server, CASK_INFO_SYNCHRONISE, &data, mac));
}

static struct kunit_case secret_cases[] = {
	KUNIT_CASE(hkdf_rfc5869_case_1),
	KUNIT_CASE(hkdf_rfc5869_case_3),
	KUNIT_CASE(hpke_rfc9180_a_1_1),
	KUNIT_CASE(hpke_refuses_points_of_small_order),
	KUNIT_CASE(slot_gives_the_keys_of_blocks_and_header),
	KUNIT_CASE(slot_is_bound_to_body_signer_and_itself),
	KUNIT_CASE(pairwise_keys_differ_by_label),
	KUNIT_CASE(pairwise_refuses_points_of_small_order),
	KUNIT_CASE(K3_K7_second_keys_give_the_first),
	KUNIT_CASE(K3_altered_second_keys_give_nothing),
	KUNIT_CASE(K6_a_step_is_authentic_or_none),
	KUNIT_CASE(key_wrap_rfc3394_4_1),
	{}
};

static struct kunit_suite secret_suite = {
	.name = "cask-secret",
	.init = become_recipient,
	.exit = be_oneself_again,
	.test_cases = secret_cases,
};
kunit_test_suite(secret_suite);
