// SPDX-License-Identifier: GPL-2.0
/* crypto.c - primitives, HPKE, pairwise key, texts; published vectors where there are any. */
#include "unit.h"
#include <errno.h>

#include "cose.h"
#include "crypto.h"
#include "hpke.h"
#include "object.h"
#include "pairwise.h"

/* RFC 4231, test case 2 */
static void hmac_rfc4231(void **state)
{
	uint8_t mac[32];

	assert_int_equal(crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac), 0);
	assert_bytes(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* HMAC_SHA256("", ""), a value that is in wide use */
static void hmac_empty(void **state)
{
	uint8_t mac[32];

	assert_int_equal(crypto_hmac_sha256(NULL, 0, "", 0, mac), 0);
	assert_bytes(mac, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869, A.1 */
static void hkdf_rfc5869_a1(void **state)
{
	uint8_t ikm[22], salt[13], info[10], prk[32], okm[42];

	unhex(ikm, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	unhex(salt, "000102030405060708090a0b0c");
	unhex(info, "f0f1f2f3f4f5f6f7f8f9");
	assert_int_equal(crypto_hkdf_extract(salt, sizeof(salt), ikm, sizeof(ikm), prk), 0);
	assert_bytes(prk, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	assert_int_equal(crypto_hkdf_expand(prk, info, sizeof(info), okm, sizeof(okm)), 0);
	assert_bytes(okm, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		     "34007208d5b887185865");
}

/* RFC 5869, A.2: inputs of 80 bytes, output of more than two blocks */
static void hkdf_rfc5869_a2(void **state)
{
	uint8_t ikm[80], salt[80], info[80], prk[32], okm[82];
	int i;

	for (i = 0; i < 80; i++) {
		ikm[i] = i;
		salt[i] = 0x60 + i;
		info[i] = 0xb0 + i;
	}
	assert_int_equal(crypto_hkdf_extract(salt, sizeof(salt), ikm, sizeof(ikm), prk), 0);
	assert_bytes(prk, "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
	assert_int_equal(crypto_hkdf_expand(prk, info, sizeof(info), okm, sizeof(okm)), 0);
	assert_bytes(okm, "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
		     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
		     "cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

/* RFC 5869, A.3: no salt, no info */
static void hkdf_rfc5869_a3(void **state)
{
	uint8_t ikm[22], prk[32], okm[42];

	memset(ikm, 0x0b, sizeof(ikm));
	assert_int_equal(crypto_hkdf_extract(NULL, 0, ikm, sizeof(ikm), prk), 0);
	assert_bytes(prk, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
	assert_int_equal(crypto_hkdf_expand(prk, NULL, 0, okm, sizeof(okm)), 0);
	assert_bytes(okm, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		     "9d201395faa4b61a96c8");
}

static void hkdf_limits(void **state)
{
	uint8_t prk[32] = { 0 }, info[257] = { 0 };
	uint8_t *out = malloc(255 * 32 + 1);

	assert_non_null(out);
	assert_int_equal(crypto_hkdf_expand(prk, info, 257, out, 32), -EINVAL);
	assert_int_equal(crypto_hkdf_expand(prk, info, 256, out, 255 * 32), 0);
	assert_int_equal(crypto_hkdf_expand(prk, info, 1, out, 255 * 32 + 1), -EINVAL);
	free(out);
}

static void sha256_pieces(void **state)
{
	struct iovec parts[] = { { "a", 1 }, { NULL, 0 }, { "bc", 2 } };
	uint8_t whole[32], pieces[32];

	assert_int_equal(crypto_sha256("abc", 3, whole), 0);
	assert_bytes(whole, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(crypto_sha256v(parts, 3, pieces), 0);
	assert_memory_equal(whole, pieces, 32);
}

/* McGrew and Viega's GCM specification, test case 4 */
static void gcm_test_case_4(void **state)
{
	uint8_t key[16], iv[12], aad[20], plain[60], sealed[76], opened[60];
	struct crypto_gcm gcm = { key, sizeof(key), iv, aad, sizeof(aad) };

	unhex(key, "feffe9928665731c6d6a8f9467308308");
	unhex(iv, "cafebabefacedbaddecaf888");
	unhex(aad, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
	unhex(plain, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
	assert_int_equal(crypto_gcm_seal(&gcm, plain, sizeof(plain), sealed), 0);
	assert_bytes(sealed, "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
		     "5bc94fbc3221a5db94fae95ae7121a47");
	assert_int_equal(crypto_gcm_open(&gcm, sealed, sizeof(sealed), opened), 0);
	assert_memory_equal(opened, plain, sizeof(plain));
}

static void gcm_refuses_and_wipes(void **state)
{
	uint8_t key[32] = { 1 }, iv[12] = { 2 }, sealed[48], plain[32], zero[32] = { 0 };
	struct crypto_gcm gcm = { key, sizeof(key), iv, "aad", 3 };
	size_t i;

	assert_int_equal(crypto_gcm_seal(&gcm, key, 32, sealed), 0);
	for (i = 0; i < sizeof(sealed); i++) {
		memset(plain, 0xa5, sizeof(plain));
		sealed[i] ^= 1;
		assert_int_equal(crypto_gcm_open(&gcm, sealed, 48, plain), -EBADMSG);
		assert_memory_equal(plain, zero, sizeof(plain));
		sealed[i] ^= 1;
	}
	for (i = 0; i < 48; i++)
		assert_int_equal(crypto_gcm_open(&gcm, sealed, i, plain), -EBADMSG);
	gcm.aad_size = 2;
	assert_int_equal(crypto_gcm_open(&gcm, sealed, 48, plain), -EBADMSG);
	gcm.key_size = 24;
	assert_int_equal(crypto_gcm_open(&gcm, sealed, 48, plain), -EINVAL);
}

static void gcm_empty(void **state)
{
	uint8_t key[16] = { 0 }, iv[12] = { 0 }, tag[16], none[1];
	struct crypto_gcm gcm = { key, sizeof(key), iv, NULL, 0 };

	/* test case 1 of the same specification */
	assert_int_equal(crypto_gcm_seal(&gcm, NULL, 0, tag), 0);
	assert_bytes(tag, "58e2fccefa7e3061367f1d57a4e7455a");
	assert_int_equal(crypto_gcm_open(&gcm, tag, 16, none), 0);
	tag[15] ^= 0x80;
	assert_int_equal(crypto_gcm_open(&gcm, tag, 16, none), -EBADMSG);
}

/* RFC 7748, section 6.1 */
static void x25519_rfc7748(void **state)
{
	uint8_t a[32], b[32], pub_a[32], pub_b[32], shared_a[32], shared_b[32];

	unhex(a, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	unhex(b, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	assert_int_equal(crypto_x25519_public(a, pub_a), 0);
	assert_bytes(pub_a, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
	assert_int_equal(crypto_x25519_public(b, pub_b), 0);
	assert_bytes(pub_b, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
	assert_int_equal(crypto_x25519(a, pub_b, shared_a), 0);
	assert_bytes(shared_a, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	assert_int_equal(crypto_x25519(b, pub_a, shared_b), 0);
	assert_memory_equal(shared_a, shared_b, 32);
}

/* Points of low order (RFC 7748, section 6.1, last paragraph) */
static void x25519_low_order(void **state)
{
	static const char *points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	};
	uint8_t own[32], pub[32], peer[32], shared[32];
	size_t i;

	assert_int_equal(crypto_x25519_keypair(own, pub), 0);
	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		unhex(peer, points[i]);
		assert_int_equal(crypto_x25519(own, peer, shared), -EINVAL);
	}
}

/* RFC 9180, A.1.1 */
static const char *recipient_hex =
	"4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";

static void hpke_rfc9180_encap(void **state)
{
	uint8_t ephemeral[32], recipient[32], pub[32], enc[32], sent[32], got[32];
	struct hpke_context context;
	uint8_t info[20];

	unhex(info, "4f6465206f6e2061204772656369616e2055726e");
	unhex(recipient, recipient_hex);
	unhex(ephemeral, "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736");
	assert_int_equal(crypto_x25519_public(recipient, pub), 0);
	assert_bytes(pub, "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
	assert_int_equal(hpke_encap(ephemeral, pub, enc, sent), 0);
	assert_bytes(enc, "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
	assert_bytes(sent, "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc");
	assert_int_equal(hpke_decap(enc, recipient, got), 0);
	assert_memory_equal(sent, got, 32);
	assert_int_equal(hpke_schedule(sent, info, sizeof(info), &context), 0);
	assert_bytes(context.key, "4531685d41d65f03dc48f6b8302c05b0");
	assert_bytes(context.base_nonce, "56d890e5accaaf011cff4b7d");
}

static void hpke_rfc9180_open(void **state)
{
	uint8_t recipient[32], enc[32], info[20], sealed[45], plain[29];
	struct hpke_text text = { info, sizeof(info), "Count-0", 7 };

	unhex(info, "4f6465206f6e2061204772656369616e2055726e");
	unhex(recipient, recipient_hex);
	unhex(enc, "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
	unhex(sealed, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
	      "6d8770ac83d07bea87e13c512a");
	assert_int_equal(hpke_open(recipient, &text, enc, sealed, sizeof(sealed), plain), 0);
	assert_memory_equal(plain, "Beauty is truth, truth beauty", sizeof(plain));
}

static void hpke_seal_is_fresh_and_bound(void **state)
{
	uint8_t own[32], pub[32], enc[2][32], sealed[2][32], plain[16] = "sixteen bytes..";
	struct hpke_text text = { "info", 4, "aad", 3 };
	uint8_t out[16];
	int i;

	assert_int_equal(crypto_x25519_keypair(own, pub), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(hpke_seal(pub, &text, plain, 16, enc[i], sealed[i]), 0);
	assert_memory_not_equal(enc[0], enc[1], 32);
	assert_memory_not_equal(sealed[0], sealed[1], 32);
	assert_int_equal(hpke_open(own, &text, enc[0], sealed[0], 32, out), 0);
	assert_memory_equal(out, plain, 16);
	assert_int_equal(hpke_open(own, &text, enc[1], sealed[0], 32, out), -EBADMSG);
	text.aad = "aae";
	assert_int_equal(hpke_open(own, &text, enc[0], sealed[0], 32, out), -EBADMSG);
	text.aad = "aad";
	text.info = "inf0";
	assert_int_equal(hpke_open(own, &text, enc[0], sealed[0], 32, out), -EBADMSG);
}

/*
 * The device's side of the pairwise key, from the definition, so that a common
 * mistake of both sides would show.
 */
static void pairwise_both_sides(void **state)
{
	uint8_t server[32], server_pub[32], device[32], device_pub[32];
	uint8_t secret[32], shared[32], prk[32], info[64], expected[32];

	assert_int_equal(crypto_x25519_keypair(server, server_pub), 0);
	assert_int_equal(crypto_x25519_keypair(device, device_pub), 0);
	assert_int_equal(pairwise_derive(server, device_pub, secret), 0);
	assert_int_equal(crypto_x25519(device, server_pub, shared), 0);
	memcpy(info, device_pub, 32);
	memcpy(info + 32, server_pub, 32);
	assert_int_equal(crypto_hmac_sha256("cask/1 pairwise", 15, shared, 32, prk), 0);
	assert_int_equal(crypto_hkdf_expand(prk, info, 64, expected, 32), 0);
	assert_memory_equal(secret, expected, 32);
}

static void pairwise_labels(void **state)
{
	uint8_t secret[32] = { 7 }, keys[3][32], mac[32], expected[32];

	assert_int_equal(pairwise_key(secret, CASK_INFO_CHALLENGE, keys[0]), 0);
	assert_int_equal(pairwise_key(secret, CASK_INFO_ENROL, keys[1]), 0);
	assert_int_equal(pairwise_key(secret, CASK_INFO_HTTP, keys[2]), 0);
	assert_memory_not_equal(keys[0], keys[1], 32);
	assert_memory_not_equal(keys[1], keys[2], 32);
	assert_int_equal(pairwise_http_mac(secret, "base", 4, mac), 0);
	assert_int_equal(crypto_hmac_sha256(keys[2], 32, "base", 4, expected), 0);
	assert_memory_equal(mac, expected, 32);
}

static void pairwise_challenge(void **state)
{
	uint8_t secret[32] = { 7 }, id[32] = { 1 }, issuer[32] = { 2 }, challenge[32] = { 3 };
	uint8_t sealed[CASK_SEALED_CHALLENGE_SIZE], again[CASK_SEALED_CHALLENGE_SIZE];
	uint8_t key[32], aad[64], opened[32];
	struct crypto_gcm gcm = { key, 32, sealed, aad, 64 };

	assert_int_equal(pairwise_seal_challenge(secret, id, issuer, challenge, sealed), 0);
	assert_int_equal(pairwise_seal_challenge(secret, id, issuer, challenge, again), 0);
	assert_memory_not_equal(sealed, again, 12);
	memcpy(aad, id, 32);
	memcpy(aad + 32, issuer, 32);
	assert_int_equal(pairwise_key(secret, CASK_INFO_CHALLENGE, key), 0);
	assert_int_equal(crypto_gcm_open(&gcm, sealed + 12, 48, opened), 0);
	assert_memory_equal(opened, challenge, 32);
	aad[63] ^= 1;
	assert_int_equal(crypto_gcm_open(&gcm, sealed + 12, 48, opened), -EBADMSG);
}

/* An ENROLMENT object as a device writes it. */
static void enrolment(const uint8_t secret[32], const uint8_t device_pub[32], bool right_id,
		      uint8_t **ret, size_t *ret_size)
{
	struct object o = OBJECT_INIT;
	uint8_t id[32], issuer[32] = { 2 }, challenge[32] = { 3 }, key[32];

	assert_int_equal(cose_device_id(device_pub, id), 0);
	id[0] ^= !right_id;
	object_begin(&o, CASK_TYPE_ENROLMENT);
	object_add(&o, CASK_SEC_ISSUER, CASK_SECTION_CRITICAL, issuer, 32);
	object_add(&o, CASK_SEC_DEVICE_ID, CASK_SECTION_CRITICAL, id, 32);
	object_add(&o, CASK_SEC_DEVICE_KEY, CASK_SECTION_CRITICAL, device_pub, 32);
	object_u32(&o, CASK_SEC_LEVEL, CASK_SECTION_CRITICAL, CASK_LEVEL_PRODUCTION);
	object_u32(&o, CASK_SEC_ROOT, CASK_SECTION_CRITICAL, CASK_ROOT_EPHEMERAL);
	object_add(&o, CASK_SEC_CHALLENGE, CASK_SECTION_CRITICAL, challenge, 32);
	assert_int_equal(pairwise_key(secret, CASK_INFO_ENROL, key), 0);
	object_mac(&o, CASK_SEC_ANSWER_MAC, key);
	assert_int_equal(object_end(&o, ret, ret_size), 0);
}

static void pairwise_answer(void **state)
{
	uint8_t secret[32] = { 9 }, priv[32], pub[32], *object;
	struct pairwise_answer answer;
	size_t size, i;

	assert_int_equal(crypto_x25519_keypair(priv, pub), 0);
	enrolment(secret, pub, true, &object, &size);
	assert_int_equal(pairwise_open_answer(secret, object, size, &answer), 0);
	assert_memory_equal(answer.device_key, pub, 32);
	assert_int_equal(answer.issuer[0], 2);
	assert_int_equal(answer.challenge[0], 3);
	assert_int_equal(answer.level, CASK_LEVEL_PRODUCTION);
	for (i = 0; i < size; i++) {
		object[i] ^= 0x10;
		assert_int_not_equal(pairwise_open_answer(secret, object, size, &answer), 0);
		object[i] ^= 0x10;
	}
	for (i = 0; i < size; i++)
		assert_int_not_equal(pairwise_open_answer(secret, object, i, &answer), 0);
	secret[0] ^= 1;
	assert_int_equal(pairwise_open_answer(secret, object, size, &answer), -EBADMSG);
	free(object);
	enrolment(secret, pub, false, &object, &size);
	assert_int_equal(pairwise_open_answer(secret, object, size, &answer), -EINVAL);
	free(object);
}

static void text_hex_exact(void **state)
{
	uint8_t bytes[3];
	char text[TEXT_HEX_SIZE(3)];

	text_hex("\x00\xab\xff", 3, text);
	assert_string_equal(text, "00abff");
	assert_int_equal(text_from_hex("00abff", bytes, 3), 0);
	assert_memory_equal(bytes, "\x00\xab\xff", 3);
	assert_int_equal(text_from_hex("00ABff", bytes, 3), -EINVAL);
	assert_int_equal(text_from_hex("00abf", bytes, 3), -EINVAL);
	assert_int_equal(text_from_hex("00abff0", bytes, 3), -EINVAL);
	assert_int_equal(text_from_hex("00abfg", bytes, 3), -EINVAL);
	assert_int_equal(text_from_hex("", bytes, 0), 0);
}

static void text_base64url_exact(void **state)
{
	static const char *bad[] = { "_-_-=", "_-_-A", "_+_-", "_/_-", "_-_- ", "_-_-AB",
		"\n_-_-" };
	uint8_t bytes[4], *data;
	char text[TEXT_BASE64URL_SIZE(4)];
	size_t size, i;

	/* RFC 4648, section 10, and the characters of section 5 */
	text_base64url("foob", 4, text);
	assert_string_equal(text, "Zm9vYg");
	text_base64url("\xff\xef\xfe", 3, text);
	assert_string_equal(text, "_-_-");
	assert_int_equal(text_from_base64url("_-_-", bytes, 3), 0);
	assert_memory_equal(bytes, "\xff\xef\xfe", 3);
	assert_int_equal(text_from_base64url("_-_-", bytes, 4), -EINVAL);
	assert_int_equal(text_from_base64url("_-_-", bytes, 2), -EINVAL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_from_base64url_alloc(bad[i], 100, &data, &size), -EINVAL);
	assert_int_equal(text_from_base64url_alloc("Zm9vYg", 4, &data, &size), 0);
	assert_int_equal(size, 4);
	assert_string_equal((char *)data, "foob");
	free(data);
	assert_int_equal(text_from_base64url_alloc("Zm9vYg", 3, &data, &size), -EMSGSIZE);
	assert_int_equal(text_from_base64url_alloc("", 3, &data, &size), 0);
	assert_int_equal(size, 0);
	free(data);
}

int main(void)
{
	const struct CMUnitTest crypto[] = {
		cmocka_unit_test(hmac_rfc4231),
		cmocka_unit_test(hmac_empty),
		cmocka_unit_test(hkdf_rfc5869_a1),
		cmocka_unit_test(hkdf_rfc5869_a2),
		cmocka_unit_test(hkdf_rfc5869_a3),
		cmocka_unit_test(hkdf_limits),
		cmocka_unit_test(sha256_pieces),
		cmocka_unit_test(gcm_test_case_4),
		cmocka_unit_test(gcm_refuses_and_wipes),
		cmocka_unit_test(gcm_empty),
		cmocka_unit_test(x25519_rfc7748),
		cmocka_unit_test(x25519_low_order),
		cmocka_unit_test(hpke_rfc9180_encap),
		cmocka_unit_test(hpke_rfc9180_open),
		cmocka_unit_test(hpke_seal_is_fresh_and_bound),
		cmocka_unit_test(pairwise_both_sides),
		cmocka_unit_test(pairwise_labels),
		cmocka_unit_test(pairwise_challenge),
		cmocka_unit_test(pairwise_answer),
		cmocka_unit_test(text_hex_exact),
		cmocka_unit_test(text_base64url_exact),
	};

	return run_suite(crypto);
}
