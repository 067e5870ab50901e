// SPDX-License-Identifier: GPL-2.0
/* root.c - where the module takes its root secret from. Loads and unloads the module by itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "harness.h"
#include "agent.h"
#include <linux/cask_format.h>

#define KEY_SIZE	48

static long key_put_in(const void *key, size_t len)
{
	return syscall(SYS_add_key, "logon", "cask:root", key, len, KEY_SPEC_SESSION_KEYRING);
}

static long key_search(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "logon", "cask:root", 0);
}

/* What modprobe says, empty when it is content. */
static const char *load(const char *args)
{
	static char said[512];
	char command[128];
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command), "modprobe cask %s 2>&1", args);
	f = popen(command, "r");
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = 0;
	pclose(f);
	return said;
}

/* Not modprobe -r: that takes the ciphers with it, which test themselves for seconds at each load. */
static void unload(void)
{
	if (system("rmmod cask"))
		abort();
}

struct device {
	uint8_t key[CASK_X25519_SIZE];
	uint32_t root, level, boot;
};

static int device_of(struct device *d)
{
	struct agent *agent = agent_new();
	struct agent_reply *r = malloc(sizeof(*r));
	int ret = agent_hello(agent, r);

	if (!ret) {
		memcpy(d->key, nla_data(r->attrs[CASK_A_DEVICE_KEY]), sizeof(d->key));
		d->root = nla_get_u32(r->attrs[CASK_A_ROOT]);
		d->level = nla_get_u32(r->attrs[CASK_A_LEVEL]);
		d->boot = nla_get_u32(r->attrs[CASK_A_BOOT]);
	}
	free(r);
	agent_free(agent);
	return ret;
}

static void hkdf(const char *mode, OSSL_PARAM *params, const void *key, size_t len, uint8_t out[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM all[5], *p = all;

	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, (char *)mode, 0);
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, len);
	*p++ = *params;
	*p = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, out, 32, all) != 1)
		abort();
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* The device key as Documentation/formats.rst derives it. */
static void expected(const uint8_t *root_key, size_t len, uint8_t pub[32])
{
	OSSL_PARAM salt = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		(void *)CASK_SALT_ROOT, strlen(CASK_SALT_ROOT));
	OSSL_PARAM info = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		(void *)CASK_INFO_DEVICE_KEY, strlen(CASK_INFO_DEVICE_KEY));
	uint8_t root[32], secret[32];
	size_t n = 32;
	EVP_PKEY *pkey;

	hkdf("EXTRACT_ONLY", &salt, root_key, len, root);
	hkdf("EXPAND_ONLY", &info, root, sizeof(root), secret);
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, sizeof(secret));
	if (!pkey || EVP_PKEY_get_raw_public_key(pkey, pub, &n) != 1)
		abort();
	EVP_PKEY_free(pkey);
}

FIXTURE(root) {
	uint8_t key[KEY_SIZE];
};

FIXTURE_SETUP(root)
{
	ASSERT_LT(0, syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	ASSERT_EQ(1, RAND_bytes(self->key, sizeof(self->key)));
}

FIXTURE_TEARDOWN(root)
{
}

TEST_F_TIMEOUT(root, D2_ephemeral_is_another_device_at_every_load, 120)
{
	struct device a, b;

	ASSERT_STREQ("", load(""));
	EXPECT_EQ(0, device_of(&a));
	unload();
	ASSERT_STREQ("", load("root=ephemeral"));
	EXPECT_EQ(0, device_of(&b));
	unload();
	EXPECT_EQ(CASK_ROOT_EPHEMERAL, a.root);
	EXPECT_EQ(CASK_ROOT_EPHEMERAL, b.root);
	EXPECT_NE(0, memcmp(a.key, b.key, sizeof(a.key)));
}

TEST_F_TIMEOUT(root, D2_keyring_is_the_same_device_for_the_same_key, 120)
{
	uint8_t pub[32];
	struct device d;
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_LT(0, key_put_in(self->key, KEY_SIZE));
		ASSERT_STREQ("", load("root=keyring"));
		EXPECT_EQ(0, device_of(&d));
		unload();
		expected(self->key, KEY_SIZE, pub);
		EXPECT_EQ(0, memcmp(pub, d.key, sizeof(pub)));
		EXPECT_EQ(CASK_ROOT_KEYRING, d.root);
	}
	self->key[KEY_SIZE - 1] ^= 1;
	ASSERT_LT(0, key_put_in(self->key, KEY_SIZE));
	ASSERT_STREQ("", load("root=keyring"));
	EXPECT_EQ(0, device_of(&d));
	unload();
	EXPECT_NE(0, memcmp(pub, d.key, sizeof(pub)));
}

TEST_F(root, a_root_in_a_keyring_is_level_development)
{
	struct device d;

	ASSERT_LT(0, key_put_in(self->key, KEY_SIZE));
	ASSERT_STREQ("", load("root=keyring"));
	EXPECT_EQ(0, device_of(&d));
	unload();
	EXPECT_EQ(CASK_LEVEL_DEVELOPMENT, d.level);
	EXPECT_EQ(CASK_BOOT_OPEN, d.boot);
}

TEST_F(root, X2_the_key_is_taken_out_of_the_keyring)
{
	ASSERT_LT(0, key_put_in(self->key, KEY_SIZE));
	EXPECT_LT(0, key_search());
	ASSERT_STREQ("", load("root=keyring"));
	unload();
	EXPECT_EQ(-1, key_search());
	EXPECT_EQ(ENOKEY, errno);
}

TEST_F(root, without_its_key_the_module_does_not_load)
{
	EXPECT_STREQ("modprobe: ERROR: could not insert 'cask': Required key not available\n",
		     load("root=keyring"));
	EXPECT_NE(0, access("/sys/module/cask", F_OK));
}

TEST_F(root, a_key_of_31_bytes_is_refused_and_stays)
{
	ASSERT_LT(0, key_put_in(self->key, 31));
	EXPECT_STREQ("modprobe: ERROR: could not insert 'cask': Key was rejected by service\n",
		     load("root=keyring"));
	EXPECT_LT(0, key_search());
	ASSERT_LT(0, key_put_in(self->key, 32));
	EXPECT_STREQ("", load("root=keyring"));
	unload();
}

TEST_F(root, a_revoked_key_is_refused)
{
	long id = key_put_in(self->key, KEY_SIZE);

	ASSERT_EQ(0, syscall(SYS_keyctl, KEYCTL_REVOKE, id));
	EXPECT_STREQ("modprobe: ERROR: could not insert 'cask': Key has been revoked\n",
		     load("root=keyring"));
}

TEST_F(root, another_root_is_EINVAL)
{
	EXPECT_STREQ("modprobe: ERROR: could not insert 'cask': Invalid argument\n",
		     load("root=keyrings"));
	EXPECT_STREQ("modprobe: ERROR: could not insert 'cask': Invalid argument\n",
		     load("root="));
}

TEST_HARNESS_MAIN
