// SPDX-License-Identifier: GPL-2.0
/* root.c - the root secret, and who the device is by it. */
#include <linux/err.h>
#include <linux/random.h>
#include <keys/user-type.h>

#include "secret.h"
#include "compat/compat.h"

/* Least bytes of a root key that the keyring holds; what is shorter was no key. */
#define ROOT_KEY_MIN	32

/* The device's own secrets. */
struct identity *cask_identity;

/* What the TPM seals. */
struct sealed_root {
	u8 root[32];
	__le64 counter;
};

/**
 * cask_device_key() - the device's X25519 public key
 *
 * Return: CASK_X25519_SIZE bytes that live as long as the module.
 */
const u8 *cask_device_key(void)
{
	return cask_identity->public;
}

/**
 * cask_device_id() - the thumbprint of the device key (RFC 9679)
 *
 * Return: CASK_KID_SIZE bytes that live as long as the module.
 */
const u8 *cask_device_id(void)
{
	return cask_identity->id;
}

/* Root "ephemeral". */
static int draw_root(void)
{
	int ret = wait_for_random_bytes();

	if (!ret)
		get_random_bytes(cask_identity->root, sizeof(cask_identity->root));
	return ret;
}

static int extract_root(const struct user_key_payload *p)
{
	if (!p)
		return -EKEYREVOKED;
	if (p->datalen < ROOT_KEY_MIN)
		return -EKEYREJECTED;
	return cask_hmac(CASK_SALT_ROOT, strlen(CASK_SALT_ROOT), p->data, p->datalen, cask_identity->root);
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
static int make_sealed_root(struct scratch *s)
{
	struct sealed_root *r = (struct sealed_root *)s->message;
	u64 counter;
	int ret = wait_for_random_bytes();

	if (ret)
		return ret;
	get_random_bytes(r->root, sizeof(r->root));
	ret = cask_expand_label(r->root, CASK_INFO_COUNTER, s->key) ?:
	      cask_tpm_define(s->key, &counter);
	if (ret)
		return ret;
	r->counter = cpu_to_le64(counter);
	return cask_tpm_seal(cask_root_pcrs(), r, sizeof(*r));
}

/* -ENOENT when the TPM keeps none. */
static int take_sealed_root(struct scratch *s)
{
	struct sealed_root *r = (struct sealed_root *)s->message;
	int ret = cask_tpm_unseal(cask_root_pcrs(), r, sizeof(*r));

	BUILD_BUG_ON(sizeof(*r) > sizeof(s->message));
	if (!ret) {
		memcpy(cask_identity->root, r->root, sizeof(cask_identity->root));
		cask_identity->counter = le64_to_cpu(r->counter);
	}
	return ret;
}

/*
 * What the TPM keeps is what counts: the answer to that it was to keep one can be lost.
 * @ret_none: it keeps none; written in that case only
 */
static int have_sealed_root(struct scratch *s, bool *ret_none)
{
	int made, ret = take_sealed_root(s);

	if (ret != -ENOENT)
		return ret;
	made = make_sealed_root(s);
	ret = take_sealed_root(s);
	*ret_none = ret == -ENOENT;
	return made && *ret_none ? made : ret;
}

/*
 * Root "tpm". Whatever comes of it, nobody else gets it from the TPM before the next
 * boot. Where none could be made there is none to keep from anybody: one that was
 * sealed by a PCR that is extended already would be of no boot to come.
 */
static int unseal_root(void)
{
	struct scratch *s = cask_scratch_get();
	bool none = false;
	int ret, cap;

	ret = s ? have_sealed_root(s, &none) : -ENOMEM;
	if (s)
		cask_scratch_put(s);
	cap = none ? 0 : cask_tpm_cap(cask_root_cap());
	return ret ?: cap;
}

/* In words: who loads a module sees the errno alone. */
static const char *why_not_sealed(int error)
{
	switch (error) {
	case -ENODEV:
		return "there is no TPM, or a program plays it";
	case -EOPNOTSUPP:
		return "the TPM is not a TPM 2.0";
	case -ENOPKG:
		return "the TPM keeps no PCRs of SHA-256";
	case -EPERM:
		return "the machine was not booted as when it was sealed, or had it in this boot";
	case -EKEYREJECTED:
		return "the TPM's owner has a password";
	case -EBADMSG:
		return "the TPM keeps something else in its place";
	default:
		return "the TPM fails";
	}
}

static int find_root(enum cask_root root)
{
	int ret;

	switch (root) {
	case CASK_ROOT_KEYRING:
		return take_root();
	case CASK_ROOT_TPM:
		ret = cask_tpm_init() ?: unseal_root();
		if (ret)
			pr_err("no root secret: %s (%d)\n", why_not_sealed(ret), ret);
		return ret;
	default:
		return draw_root();
	}
}

/* The counter's password, into s->key. */
static int with_counter(int (*fn)(const u8 *auth, void *arg), void *arg)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = cask_expand_label(cask_identity->root, CASK_INFO_COUNTER, s->key) ?: fn(s->key, arg);
	cask_scratch_put(s);
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
	return cask_identity->counter;
}

static int make_storage_id(void)
{
	u8 key[PRK_SIZE];
	int ret;

	ret = cask_expand_label(cask_identity->root, CASK_INFO_STORAGE, key);
	ret = ret ?: cask_expand_label(key, CASK_INFO_STORAGE_ID, key);
	memcpy(cask_identity->storage_id, key, CASK_ID_SIZE);
	memzero_explicit(key, sizeof(key));
	return ret;
}

static int make_identity(enum cask_root root)
{
	u8 cose[CASK_COSE_X25519_PREFIX_SIZE + CURVE25519_KEY_SIZE];
	int ret = find_root(root);

	ret = ret ?: cask_expand_label(cask_identity->root, CASK_INFO_DEVICE_KEY, cask_identity->secret);
	ret = ret ?: make_storage_id();
	if (ret)
		return ret;
	curve25519_clamp_secret(cask_identity->secret);
	if (!curve25519_generate_public(cask_identity->public, cask_identity->secret))
		return -EIO;
	memcpy(cose, CASK_COSE_X25519_PREFIX, CASK_COSE_X25519_PREFIX_SIZE);
	memcpy(cose + CASK_COSE_X25519_PREFIX_SIZE, cask_identity->public, CURVE25519_KEY_SIZE);
	sha256(cose, sizeof(cose), cask_identity->id);
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

	cask_secret_cache = kmem_cache_create("cask_secret",
					 max(sizeof(struct scratch), sizeof(struct identity)),
					 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	if (!cask_secret_cache)
		return -ENOMEM;
	cask_identity = kmem_cache_zalloc(cask_secret_cache, GFP_KERNEL);
	ret = cask_identity ? make_identity(root) : -ENOMEM;
	if (ret)
		cask_secret_exit();
	return ret;
}

/** cask_secret_wipe() - wipe the device's own secrets; it can prove nothing any more */
void cask_secret_wipe(void)
{
	memzero_explicit(cask_identity->root, sizeof(cask_identity->root));
	memzero_explicit(cask_identity->secret, sizeof(cask_identity->secret));
}

/** cask_secret_exit() - wipe and forget who the device is */
void cask_secret_exit(void)
{
	if (cask_identity) {
		memzero_explicit(cask_identity, sizeof(*cask_identity));
		kmem_cache_free(cask_secret_cache, cask_identity);
		cask_identity = NULL;
	}
	kmem_cache_destroy(cask_secret_cache);
	cask_secret_cache = NULL;
	cask_tpm_exit();
}
