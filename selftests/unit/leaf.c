// SPDX-License-Identifier: GPL-2.0
/* leaf.c - leaves sealed to their devices, and licenses that open by a category's root key. */
#include <errno.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "trees.h"
#include "crypto.h"
#include "hpke.h"
#include "license.h"

/* As a device does it, with the body and the signer as they are said to be. */
static int open_leaf(const struct cask_leaf_view *v, const uint8_t *private, const uint8_t *kid,
		     uint8_t *labels)
{
	uint8_t aad[CRYPTO_SHA256_SIZE + CASK_KID_SIZE];
	const struct iovec body[] = {
		{ (void *)v->head.data, v->head.len },
		{ (void *)v->sections.data, v->sections.len },
	};
	const struct hpke_text text = {
		.info = "cask/1 leaf", .info_size = 11, .aad = aad, .aad_size = sizeof(aad),
	};

	assert_int_equal(crypto_sha256v(body, 2, aad), 0);
	memcpy(aad + CRYPTO_SHA256_SIZE, kid, CASK_KID_SIZE);
	return hpke_open(private, &text, v->sealed.data, v->sealed.data + CASK_HPKE_ENC_SIZE,
			 v->sealed.len - CASK_HPKE_ENC_SIZE, labels);
}

static void D6_a_leaf_is_sealed_to_its_device(void **test)
{
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE], private[32], root[CASK_KEY_SIZE];
	struct category_leaf leaf = { .created = 1, .leaf = 0xfffffffe };
	static const uint32_t revoked[] = { 7, 0xffffffff };
	struct cask_leaf_view v;
	struct cask_cose cose;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);

	assert_int_equal(crypto_x25519_keypair(private, leaf.device_key), 0);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const struct category c = category_of(schemes[i], 32);
		_cleanup_free_ uint8_t *statement = NULL;
		struct made m;
		size_t size;

		make(&c, 9, revoked, 2, &m);
		assert_int_equal(category_leaf(&c, &signer, &leaf, &statement, &size), 0);
		assert_int_equal(cask_cose_parse(&cose, statement, size), 0);
		assert_int_equal(cask_leaf_parse(&v, cose.payload.data, cose.payload.len), 0);
		assert_int_equal(v.leaf, leaf.leaf);
		assert_int_equal(open_leaf(&v, private, cose.kid, labels), 0);
		assert_int_equal(cask_ekb_open(aes, &m.e, v.leaf, labels, root), 0);
		/* by another signer, for another place, to another device */
		assert_int_equal(open_leaf(&v, private, c.issuer, labels), -EBADMSG);
		assert_int_equal(open_leaf(&v, c.issuer, cose.kid, labels), -EBADMSG);
		((uint8_t *)v.sections.data)[v.sections.len - 1] ^= 1;
		assert_int_equal(open_leaf(&v, private, cose.kid, labels), -EBADMSG);
		unmake(&m);
	}
	EVP_PKEY_free(pkey);
}

/* As a device does it, with the root key of a later version. */
static int open_slot(const struct cask_license_view *v, const uint8_t *kid, uint8_t *root,
		     unsigned int older, uint8_t *key)
{
	uint8_t aad[CRYPTO_SHA256_SIZE + CASK_KID_SIZE + sizeof(struct cask_slot)], kek[32];
	uint8_t work[CASK_KEYWRAP_SIZE + CASK_KEY_SIZE];
	const struct iovec body[] = {
		{ (void *)v->head.data, v->head.len },
		{ (void *)v->sections.data, v->sections.len },
	};
	int ret;

	assert_int_equal(crypto_sha256v(body, 2, aad), 0);
	memcpy(aad + CRYPTO_SHA256_SIZE, kid, CASK_KID_SIZE);
	memcpy(aad + CRYPTO_SHA256_SIZE + CASK_KID_SIZE, v->slots[0].head.data,
	       sizeof(struct cask_slot));
	assert_int_equal(cask_ekb_older(aes, root, older), 0);
	assert_int_equal(cask_ekb_derive(aes, root, CASK_EKB_WRAP, 0, root), 0);
	assert_int_equal(crypto_hmac_sha256(root, CASK_KEY_SIZE, aad, sizeof(aad), kek), 0);
	ret = cask_keyunwrap(aes, kek, v->slots[0].wrapped.data, work);
	memcpy(key, work + CASK_KEYWRAP_KEY, CASK_KEY_SIZE);
	return ret;
}

static void D6_a_license_for_a_category_opens_by_its_root_key(void **test)
{
	const struct category c = category_of(CASK_SCHEME_DIFFERENCES, 4);
	struct license_fields fields = {
		.id = { 1 }, .content_id = { 2 }, .operations = CASK_OPERATION_FILE,
		.suite = CASK_SUITE_AES_128_GCM, .version = 1, .for_device = true,
		.device_id = { 3 },
	};
	struct license_root root = { .version = 9 };
	_cleanup_free_ uint8_t *statement = NULL;
	uint8_t later[CASK_KEY_SIZE], key[CASK_KEY_SIZE];
	struct cask_license_view v;
	struct cask_cose cose;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);
	size_t size;

	memcpy(root.category, c.id, sizeof(root.category));
	assert_int_equal(category_root(&c, aes, 9, root.wrap), 0);
	assert_int_equal(cask_ekb_derive(aes, root.wrap, CASK_EKB_WRAP, 0, root.wrap), 0);
	assert_int_equal(license_make_category(&signer, &fields, &root, c.master, &statement, &size), 0);
	assert_int_equal(cask_cose_parse(&cose, statement, size), 0);
	assert_int_equal(cask_license_parse(&v, cose.payload.data, cose.payload.len), 0);
	assert_int_equal(v.slots[0].method, CASK_METHOD_EKB);
	assert_int_equal(cask_slot_version(&v.slots[0]), 9);
	assert_int_equal(v.device_id.len, CASK_KID_SIZE);
	assert_memory_equal(v.device_id.data, fields.device_id, CASK_KID_SIZE);
	assert_int_equal(category_root(&c, aes, 12, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 3, key), 0);
	assert_memory_equal(key, c.master, sizeof(key));
	/* a root key of another version; another signer; other rights */
	assert_int_equal(category_root(&c, aes, 12, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 2, key), -EBADMSG);
	assert_int_equal(category_root(&c, aes, 9, later), 0);
	assert_int_equal(open_slot(&v, c.issuer, later, 0, key), -EBADMSG);
	((uint8_t *)v.sections.data)[v.sections.len - 1] ^= 1;
	assert_int_equal(category_root(&c, aes, 9, later), 0);
	assert_int_equal(open_slot(&v, cose.kid, later, 0, key), -EBADMSG);
	EVP_PKEY_free(pkey);
}

static void D6_leaves_that_are_none(void **test)
{
	struct category c = category_of(CASK_SCHEME_SUBTREES, 4);
	struct category_leaf leaf = { .created = 1, .leaf = 15 };
	uint8_t sealed[32 + 11 * 16 + 16] = { 0 }, private[32];
	uint8_t *payload = NULL;
	static const struct {
		uint32_t scheme, height, leaf, labels;
		int ret;
	} cases[] = {
		{ CASK_SCHEME_SUBTREES, 4, 15, 5, 0 },
		{ CASK_SCHEME_DIFFERENCES, 4, 15, 11, 0 },
		{ CASK_SCHEME_SUBTREES, 4, 16, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 0xffffffff, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 15, 4, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 4, 15, 6, -EINVAL },
		{ CASK_SCHEME_DIFFERENCES, 4, 15, 5, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 0, 0, 1, -EINVAL },
		{ CASK_SCHEME_SUBTREES, 33, 0, 5, -EINVAL },
		{ 3, 4, 15, 5, -EOPNOTSUPP },
	};
	struct cask_leaf_view v;
	EVP_PKEY *pkey;
	struct cose_signer signer = signer_of(&pkey);
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct object o = OBJECT_INIT;

		c.scheme = cases[i].scheme;
		c.height = cases[i].height;
		leaf.leaf = cases[i].leaf;
		category_leaf_body(&o, &c, &leaf, c.issuer);
		object_add(&o, CASK_SEC_LEAF_LABELS, CASK_SECTION_CRITICAL, sealed,
			   32 + cases[i].labels * 16 + 16);
		assert_int_equal(object_end(&o, &payload, &size), 0);
		assert_int_equal(cask_leaf_parse(&v, payload, size), cases[i].ret);
		free(payload);
	}
	c = category_of(CASK_SCHEME_SUBTREES, 4);
	assert_int_equal(crypto_x25519_keypair(private, leaf.device_key), 0);
	leaf.leaf = 16;
	assert_int_equal(category_leaf(&c, &signer, &leaf, &payload, &size), -EINVAL);
	leaf.leaf = 15;
	memset(leaf.device_key, 0, sizeof(leaf.device_key));
	assert_int_equal(category_leaf(&c, &signer, &leaf, &payload, &size), -EINVAL);
	EVP_PKEY_free(pkey);
}

int main(void)
{
	const struct CMUnitTest leaf[] = {
		cmocka_unit_test(D6_a_leaf_is_sealed_to_its_device),
		cmocka_unit_test(D6_a_license_for_a_category_opens_by_its_root_key),
		cmocka_unit_test(D6_leaves_that_are_none),
	};
	int ret;

	aes = aes_new();
	if (!aes)
		return 1;
	ret = run_suite(leaf);
	aes_free(aes);
	return ret;
}
