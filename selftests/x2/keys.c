// SPDX-License-Identifier: GPL-2.0
/*
 * keys.c - every key of a client whose root key is known, as "NAME HEX" lines.
 *
 *	x2-keys device ROOT-KEY DISTRIBUTOR-JSON	what hangs from the root
 *	x2-keys license NAME ROOT-KEY STATEMENT		what the device unwraps a license's key with
 *	x2-keys content NAME JWK CASK-FILE		what hangs from a content key
 *	x2-keys raw NAME JWK				a key without a file
 *	x2-keys category NAME HEIGHT LEAF MASTER SEED	what a leaf has in a category of subset differences
 *							after its first EKB, and what all of it is made of
 *	x2-keys id ROOT-KEY				the device id, in hex
 *	x2-keys packet JWK				no key, but a packet under one: AES-128-GCM, nonce 0
 *
 * ROOT-KEY is the payload of the key that the module takes from the keyring, in
 * hex. All is derived from Documentation/formats.rst, not by the module's code.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "category.h"
#include "cose.h"
#include "crypto.h"
#include "file.h"
#include "json.h"
#include "jwk.h"
#include "parse.h"
#include "text.h"
#include "unpack.h"
#include "wrap.h"

#define FILE_LIMIT	(1 << 20)
/* Of several pieces of the module's, and of whole blocks of AES, for CBC. */
#define PACKET_SIZE	(40 << 10)
#define LABEL_ROOT	"cask/1 root"
#define LABEL_DEVICE	"cask/1 device key"

struct device {
	uint8_t payload[32];
	uint8_t root[32];
	uint8_t drawn[32];	/* as derived, before X25519 fixes five bits */
	uint8_t secret[32];
	uint8_t public[32];
};

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "x2-keys: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(int error, const char *what)
{
	if (!error)
		return;
	errno = -error;
	fail(what);
}

static void print(const char *owner, const char *name, const uint8_t *key, size_t size)
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(key, size, hex);
	printf("%s.%s %s\n", owner, name, hex);
}

static void expand(const uint8_t prk[32], const char *label, uint8_t key[32])
{
	must(crypto_hkdf_expand(prk, label, strlen(label), key, 32), label);
}

static struct device derive(const char *hex)
{
	struct device d;

	must(text_from_hex(hex, d.payload, sizeof(d.payload)), "ROOT-KEY");
	must(crypto_hkdf_extract(LABEL_ROOT, strlen(LABEL_ROOT), d.payload, sizeof(d.payload),
				 d.root), "root");
	expand(d.root, LABEL_DEVICE, d.drawn);
	memcpy(d.secret, d.drawn, 32);
	d.secret[0] &= 248;
	d.secret[31] = (d.secret[31] & 127) | 64;
	must(crypto_x25519_public(d.secret, d.public), "device key");
	return d;
}

static void load_server_key(const char *path, uint8_t server_key[32])
{
	struct cask_cose cose;
	struct cask_scope scope;
	uint8_t *text, *statement;
	size_t size, statement_size;
	json_t *json;

	must(cask_file_read(path, FILE_LIMIT, &text, &size), path);
	must(cask_json_parse(text, size, &json), path);
	must(cask_json_base64url(json, "scope", CASK_STATEMENT_MAX, &statement, &statement_size),
	     "scope");
	must(cask_cose_parse(&cose, statement, statement_size), "scope");
	must(cask_scope_parse(&scope, cose.payload.data, cose.payload.len), "scope");
	memcpy(server_key, scope.server_key.data, 32);
	json_decref(json);
	free(statement);
	free(text);
}

static int device_keys(const char *root_key, const char *distributor)
{
	static const char *const labels[][2] = {
		{ "challenge", CASK_INFO_CHALLENGE }, { "enrol", CASK_INFO_ENROL },
		{ "http", CASK_INFO_HTTP },
	};
	uint8_t shared[32], prk[32], s[32], key[32], both[64];
	struct device d = derive(root_key);

	print("root", "payload", d.payload, 32);
	print("root", "key", d.root, 32);
	print("device", "drawn", d.drawn, 32);
	print("device", "key", d.secret, 32);
	load_server_key(distributor, both + 32);
	memcpy(both, d.public, 32);
	must(crypto_x25519(d.secret, both + 32, shared), "X25519");
	must(crypto_hkdf_extract(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE), shared, 32, prk),
	     "HKDF");
	must(crypto_hkdf_expand(prk, both, sizeof(both), s, 32), "HKDF");
	print("pairwise", "shared", shared, 32);
	print("pairwise", "prk", prk, 32);
	print("pairwise", "key", s, 32);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		expand(s, labels[i][1], key);
		print("pairwise", labels[i][0], key, 32);
	}
	return 0;
}

/* That the key opens the slot shows that all before it is what the device derives, too. */
static void must_open(const struct cask_cose *cose, const struct cask_license_view *license,
		      const struct wrap *w)
{
	const struct cask_slot_view *slot = &license->slots[0];
	const struct iovec body[] = {
		{ (void *)license->head.data, license->head.len },
		{ (void *)license->sections.data, license->sections.len },
	};
	uint8_t aad[2 * 32 + sizeof(struct cask_slot)], kc[CASK_KEY_SIZE];
	const struct crypto_gcm gcm = { w->key, sizeof(w->key), w->nonce, aad, sizeof(aad) };

	must(crypto_sha256v(body, 2, aad), "body");
	memcpy(aad + 32, cose->kid, 32);
	memcpy(aad + 2 * 32, slot->head.data, sizeof(struct cask_slot));
	must(crypto_gcm_open(&gcm, slot->wrapped.data + CASK_HPKE_ENC_SIZE, sizeof(kc) + 16, kc),
	     "slot");
}

static int license_keys(const char *owner, const char *root_key, const char *path)
{
	struct device d = derive(root_key);
	struct cask_license_view license;
	struct cask_cose cose;
	uint8_t *statement;
	struct wrap w;
	size_t size;

	must(cask_file_read(path, FILE_LIMIT, &statement, &size), path);
	must(cask_cose_parse(&cose, statement, size), path);
	must(cask_license_parse(&license, cose.payload.data, cose.payload.len), path);
	must(wrap_derive(&w, d.secret, d.public, license.slots[0].wrapped.data), "HPKE");
	must_open(&cose, &license, &w);
	print(owner, "dh", w.dh, 32);
	print(owner, "eae_prk", w.eae_prk, 32);
	print(owner, "shared_secret", w.shared_secret, 32);
	print(owner, "secret", w.secret, 32);
	print(owner, "wrapping", w.key, 16);
	free(statement);
	return 0;
}

static void block_key(const struct unpack *u, const char *owner, uint64_t index)
{
	uint8_t info[5 + CASK_SEED_SIZE] = CASK_INFO_BLOCK, key[16];
	/* Room for the larger of what the two suites put around a block. */
	uint8_t *raw = malloc(u->block_size + CASK_GCM_OVERHEAD);
	char name[32];
	size_t size;

	if (!raw || unpack_raw(u, index, raw, &size))
		fail("block");
	memcpy(info + 5, raw + (u->cbc ? CASK_CBC_IV_SIZE : CASK_GCM_IV_SIZE), CASK_SEED_SIZE);
	must(crypto_hkdf_expand(u->prk, info, sizeof(info), key, 16), "block");
	snprintf(name, sizeof(name), "block.%u", (unsigned int)index);
	print(owner, name, key, 16);
	free(raw);
}

static int content_keys(const char *owner, const char *jwk_path, const char *cask_path)
{
	int fd = open(cask_path, O_RDONLY);
	struct unpack u;
	struct jwk jwk;
	uint8_t key[32];
	const char *wrong;

	must(jwk_read(jwk_path, &jwk), jwk_path);
	wrong = fd < 0 ? "open" : unpack_open(&u, fd, jwk.key);
	if (wrong)
		fail(wrong);
	print(owner, "key", jwk.key, 16);
	print(owner, "prk", u.prk, 32);
	expand(u.prk, CASK_INFO_HEADER, key);
	print(owner, "header", key, 32);
	for (uint64_t i = 0; i < unpack_blocks(&u); i++)
		block_key(&u, owner, i);
	close(fd);
	return 0;
}

static int raw_key(const char *owner, const char *jwk_path)
{
	struct jwk jwk;

	must(jwk_read(jwk_path, &jwk), jwk_path);
	print(owner, "key", jwk.key, 16);
	return 0;
}

static int category_keys(const char *owner, char **words)
{
	struct category c = { .scheme = CASK_SCHEME_DIFFERENCES, .height = atoi(words[0]) };
	uint8_t labels[CASK_LEAF_LABELS_MAX * CASK_KEY_SIZE], root[CASK_KEY_SIZE];
	struct cask_aes *aes = aes_new();
	unsigned int count = cask_ekb_leaf_labels(c.scheme, c.height);
	char name[32];

	must(text_from_hex(words[2], c.master, sizeof(c.master)), "MASTER");
	must(text_from_hex(words[3], c.seed, sizeof(c.seed)), "SEED");
	must(category_labels(&c, aes, atoi(words[1]), labels), "labels");
	must(category_root(&c, aes, 1, root), "root key");
	print(owner, "master", c.master, CASK_KEY_SIZE);
	print(owner, "seed", c.seed, CASK_KEY_SIZE);
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "label.%u", i);
		print(owner, name, labels + i * CASK_KEY_SIZE, CASK_KEY_SIZE);
	}
	print(owner, "root", root, CASK_KEY_SIZE);
	must(cask_ekb_derive(aes, root, CASK_EKB_WRAP, 0, root), "wrapping key");
	print(owner, "wrapping", root, CASK_KEY_SIZE);
	aes_free(aes);
	return 0;
}

static int packet(const char *jwk_path)
{
	static uint8_t plain[PACKET_SIZE], sealed[PACKET_SIZE + CRYPTO_GCM_TAG_SIZE];
	const uint8_t nonce[CRYPTO_GCM_IV_SIZE] = { 0 };
	struct crypto_gcm gcm = { .key_size = 16, .iv = nonce };
	struct jwk jwk;

	must(jwk_read(jwk_path, &jwk), jwk_path);
	gcm.key = jwk.key;
	must(crypto_gcm_seal(&gcm, plain, sizeof(plain), sealed), "packet");
	must(cask_file_put(STDOUT_FILENO, sealed, sizeof(sealed)), "packet");
	return 0;
}

static int device_id(const char *root_key)
{
	struct device d = derive(root_key);
	char hex[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	uint8_t id[CASK_KID_SIZE];

	must(cose_device_id(d.public, id), "id");
	text_hex(id, sizeof(id), hex);
	puts(hex);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "device"))
		return device_keys(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "license"))
		return license_keys(argv[2], argv[3], argv[4]);
	if (argc == 5 && !strcmp(argv[1], "content"))
		return content_keys(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "raw"))
		return raw_key(argv[2], argv[3]);
	if (argc == 7 && !strcmp(argv[1], "category"))
		return category_keys(argv[2], argv + 3);
	if (argc == 3 && !strcmp(argv[1], "packet"))
		return packet(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "id"))
		return device_id(argv[2]);
	fprintf(stderr, "x2-keys: see the head of its source\n");
	return 2;
}
