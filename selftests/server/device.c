// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - a device in software, for tests of the server only: it holds its
 * key in a file, which is what Cask exists to prevent.
 *
 *	device new DIR                       draw a key; DIR/key, DIR/public, DIR/id
 *	device answer DIR FIELD=VALUE...     write an ENROLMENT object to stdout
 *	device sign DIR FIELD=VALUE...       write header lines for curl -H @FILE
 *	device open DIR LICENSE              open a license: print what it says and Kc
 *	device scope DISTRIBUTOR             print what a scope says that its root has signed
 *
 * Fields have right defaults; a test changes the one that it is about. The
 * signature base is built here from RFC 9421, not by the server's own code.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <openssl/evp.h>

#include "cose.h"
#include "crypto.h"
#include "file.h"
#include "hpke.h"
#include "json.h"
#include "object.h"
#include "pairwise.h"
#include "parse.h"
#include "text.h"

#define FILE_LIMIT (1 << 20)

struct device {
	uint8_t private_key[32];
	uint8_t public_key[32];
	uint8_t id[32];
};

/* What the device knows of its distributor, from GET /v1/distributor. */
struct distributor {
	uint8_t issuer[32];
	uint8_t server_key[32];
	EVP_PKEY *signer;
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "device: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(int error, const char *what)
{
	if (!error)
		return;
	errno = -error;
	die(what);
}

static const char *field(char **fields, const char *name, const char *fallback)
{
	size_t length = strlen(name);

	/* The last one counts: a suite's defaults come first. */
	for (; *fields; fields++)
		if (!strncmp(*fields, name, length) && (*fields)[length] == '=')
			fallback = *fields + length + 1;
	return fallback;
}

static const char *in(const char *dir, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static uint8_t *slurp(const char *path, size_t *size)
{
	uint8_t *data;

	must(cask_file_read(path, FILE_LIMIT, &data, size), path);
	return data;
}

static struct device load(const char *dir)
{
	struct device d;
	size_t size;
	uint8_t *key = slurp(in(dir, "key"), &size);

	if (size != sizeof(d.private_key))
		die("key");
	memcpy(d.private_key, key, size);
	free(key);
	must(crypto_x25519_public(d.private_key, d.public_key), "key");
	must(cose_device_id(d.public_key, d.id), "id");
	return d;
}

static struct distributor load_distributor(const char *path)
{
	struct distributor d;
	struct cask_cose cose;
	struct cask_scope scope;
	uint8_t *text, *statement;
	size_t size, statement_size;
	json_t *json;

	text = slurp(path, &size);
	must(cask_json_parse(text, size, &json), path);
	must(cask_json_hex(json, "issuer", d.issuer, sizeof(d.issuer)), "issuer");
	must(cask_json_base64url(json, "scope", CASK_STATEMENT_MAX, &statement, &statement_size),
	     "scope");
	must(cask_cose_parse(&cose, statement, statement_size), "scope");
	must(cask_scope_parse(&scope, cose.payload.data, cose.payload.len), "scope");
	memcpy(d.server_key, scope.server_key.data, sizeof(d.server_key));
	must(cose_key_to_pkey(scope.signer.data, scope.signer.len, &d.signer), "signer");
	json_decref(json);
	free(statement);
	free(text);
	return d;
}

/* S from the device's end: formats.rst, "Pairwise key". */
static void pairwise(const struct device *d, const uint8_t server_key[32], const char *label,
		     uint8_t key[32])
{
	uint8_t shared[32], prk[32], secret[32], both[64];

	memcpy(both, d->public_key, 32);
	memcpy(both + 32, server_key, 32);
	must(crypto_x25519(d->private_key, server_key, shared), "X25519");
	must(crypto_hkdf_extract(CASK_SALT_PAIRWISE, strlen(CASK_SALT_PAIRWISE), shared, 32, prk),
	     "HKDF");
	must(crypto_hkdf_expand(prk, both, sizeof(both), secret, 32), "HKDF");
	must(crypto_hkdf_expand(secret, label, strlen(label), key, 32), "HKDF");
}

static int command_new(const char *dir)
{
	char hex[TEXT_HEX_SIZE(32)], base64[TEXT_BASE64URL_SIZE(32)];
	struct device d;

	if (mkdir(dir, 0700))
		die(dir);
	must(crypto_x25519_keypair(d.private_key, d.public_key), "key");
	must(cose_device_id(d.public_key, d.id), "id");
	must(cask_file_create(in(dir, "key"), d.private_key, 32, 0600), "key");
	text_base64url(d.public_key, 32, base64);
	must(cask_file_create(in(dir, "public"), base64, strlen(base64), 0600), "public");
	text_hex(d.public_key, 32, hex);
	must(cask_file_create(in(dir, "public.hex"), hex, strlen(hex), 0600), "public.hex");
	text_hex(d.id, 32, hex);
	must(cask_file_create(in(dir, "id"), hex, strlen(hex), 0600), "id");
	return 0;
}

static void open_challenge(const struct device *d, const struct distributor *dist,
			   const char *text, uint8_t challenge[CASK_CHALLENGE_SIZE])
{
	uint8_t sealed[CASK_SEALED_CHALLENGE_SIZE], key[32], aad[64];
	struct crypto_gcm gcm = { .key = key, .key_size = 32, .iv = sealed, .aad = aad,
				  .aad_size = sizeof(aad) };

	must(text_from_base64url(text, sealed, sizeof(sealed)), "challenge");
	pairwise(d, dist->server_key, CASK_INFO_CHALLENGE, key);
	memcpy(aad, d->id, 32);
	memcpy(aad + 32, dist->issuer, 32);
	must(crypto_gcm_open(&gcm, sealed + 12, sizeof(sealed) - 12, challenge), "challenge");
}

/*
 * distributor=FILE challenge=TEXT; to go wrong: issuer=HEX device_key=HEX
 * level=N root=N opened=HEX (what is answered) mac=HEX (its key).
 */
static int command_answer(const char *dir, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct device d = load(dir);
	uint8_t challenge[CASK_CHALLENGE_SIZE], mac_key[32], *object;
	struct object o = OBJECT_INIT;
	size_t size;

	if (field(fields, "opened", NULL))
		must(text_from_hex(field(fields, "opened", NULL), challenge, 32), "opened");
	else
		open_challenge(&d, &dist, field(fields, "challenge", ""), challenge);
	pairwise(&d, dist.server_key, CASK_INFO_ENROL, mac_key);
	if (field(fields, "mac", NULL))
		must(text_from_hex(field(fields, "mac", NULL), mac_key, 32), "mac");
	if (field(fields, "issuer", NULL))
		must(text_from_hex(field(fields, "issuer", NULL), dist.issuer, 32), "issuer");
	if (field(fields, "device_key", NULL)) {
		must(text_from_hex(field(fields, "device_key", NULL), d.public_key, 32),
		     "device_key");
		must(cose_device_id(d.public_key, d.id), "id");
	}
	object_begin(&o, CASK_TYPE_ENROLMENT);
	object_add(&o, CASK_SEC_ISSUER, CASK_SECTION_CRITICAL, dist.issuer, 32);
	object_add(&o, CASK_SEC_DEVICE_ID, CASK_SECTION_CRITICAL, d.id, 32);
	object_add(&o, CASK_SEC_DEVICE_KEY, CASK_SECTION_CRITICAL, d.public_key, 32);
	object_u32(&o, CASK_SEC_LEVEL, CASK_SECTION_CRITICAL, atoi(field(fields, "level", "0")));
	object_u32(&o, CASK_SEC_ROOT, CASK_SECTION_CRITICAL, atoi(field(fields, "root", "0")));
	object_add(&o, CASK_SEC_CHALLENGE, CASK_SECTION_CRITICAL, challenge, 32);
	object_mac(&o, CASK_SEC_ANSWER_MAC, mac_key);
	must(object_end(&o, &object, &size), "object");
	fwrite(object, 1, size, stdout);
	free(object);
	return 0;
}

static void base64(const uint8_t *data, size_t size, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, data, size);
}

static const char *digest_header(const char *body)
{
	static char header[80];
	uint8_t hash[32], *data;
	char text[48];
	size_t size;

	if (!body)
		return NULL;
	data = slurp(body, &size);
	must(crypto_sha256(data, size, hash), "digest");
	free(data);
	base64(hash, 32, text);
	snprintf(header, sizeof(header), "sha-256=:%s:", text);
	return header;
}

static const char *parameters(const struct device *d, char **fields, bool has_digest, bool has_key)
{
	static char text[1024];
	char nonce[TEXT_BASE64URL_SIZE(16)], id[TEXT_HEX_SIZE(32)], now[24];
	uint8_t random[16];

	must(crypto_random(random, sizeof(random)), "nonce");
	text_base64url(random, sizeof(random), nonce);
	text_hex(d->id, 32, id);
	snprintf(now, sizeof(now), "%lld",
		 (long long)time(NULL) + atoll(field(fields, "skew", "0")));
	snprintf(text, sizeof(text),
		 "(\"@method\" \"@authority\" \"@path\" \"@query\"%s%s);created=%s;nonce=\"%s\";"
		 "keyid=\"%s\";alg=\"%s\"", has_digest ? " \"content-digest\"" : "",
		 has_key ? " \"idempotency-key\"" : "", now,
		 field(fields, "nonce", nonce), field(fields, "keyid", id),
		 field(fields, "alg", "hmac-sha256"));
	return text;
}

/*
 * distributor=FILE authority=HOST:PORT method=GET path=/v1/... query=?...
 * body=FILE key=TEXT (Idempotency-Key); to go wrong: skew=SECONDS nonce=TEXT keyid=HEX alg=NAME
 * digest=TEXT (what is sent).
 */
static int command_sign(const char *dir, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct device d = load(dir);
	const char *digest = digest_header(field(fields, "body", NULL));
	const char *idempotency_key = field(fields, "key", NULL);
	const char *params = parameters(&d, fields, digest, idempotency_key);
	char base[8192], text[48];
	uint8_t key[32], mac[32];
	int size;

	digest = field(fields, "digest", digest);
	size = snprintf(base, sizeof(base), "\"@method\": %s\n\"@authority\": %s\n\"@path\": %s\n"
			"\"@query\": %s\n%s%s%s%s%s%s\"@signature-params\": %s",
			field(fields, "method", "GET"), field(fields, "authority", "localhost"),
			field(fields, "path", "/"), field(fields, "query", "?"),
			digest ? "\"content-digest\": " : "", digest ? digest : "",
			digest ? "\n" : "", idempotency_key ? "\"idempotency-key\": " : "",
			idempotency_key ? idempotency_key : "", idempotency_key ? "\n" : "", params);
	pairwise(&d, dist.server_key, CASK_INFO_HTTP, key);
	must(crypto_hmac_sha256(key, sizeof(key), base, size, mac), "MAC");
	base64(mac, 32, text);
	printf("Signature-Input: cask=%s\nSignature: cask=:%s:\n", params, text);
	if (digest)
		printf("Content-Digest: %s\n", digest);
	return 0;
}

static void open_slot(const struct device *d, const struct cask_cose *cose,
		      const struct cask_license_view *l, uint8_t key[CASK_KEY_SIZE])
{
	const struct cask_slot_view *slot = &l->slots[0];
	const struct iovec body[] = {
		{ (void *)l->head.data, l->head.len }, { (void *)l->sections.data, l->sections.len },
	};
	uint8_t aad[32 + 32 + sizeof(struct cask_slot)];
	struct hpke_text text = { CASK_INFO_DEVICE_SLOT, strlen(CASK_INFO_DEVICE_SLOT),
				  aad, sizeof(aad) };

	if (slot->method != CASK_METHOD_DEVICE || memcmp(slot->key_id, d->id, 32))
		must(-EXDEV, "slot");
	must(crypto_sha256v(body, 2, aad), "body");
	memcpy(aad + 32, cose->kid, 32);
	memcpy(aad + 64, slot->head.data, slot->head.len);
	must(hpke_open(d->private_key, &text, slot->wrapped.data, slot->wrapped.data + 32,
		       slot->wrapped.len - 32, key), "slot");
}

static void print_hex(const char *name, const void *data, size_t size)
{
	char hex[TEXT_HEX_SIZE(32)];

	text_hex(data, size, hex);
	printf("%s=%s\n", name, hex);
}

static int command_open(const char *dir, const char *path, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct device d = load(dir);
	struct cask_license_view l;
	const uint8_t *payload;
	struct cask_cose cose;
	uint8_t key[CASK_KEY_SIZE];
	size_t size, payload_size;
	uint8_t *statement = slurp(path, &size);

	must(cask_cose_parse(&cose, statement, size), "statement");
	must(cose_verify1(dist.signer, statement, size, &payload, &payload_size), "signature");
	must(cask_license_parse(&l, payload, payload_size), "license");
	if (memcmp(l.issuer.data, dist.issuer, 32))
		die("issuer");
	open_slot(&d, &cose, &l, key);
	print_hex("license_id", l.license_id.data, 16);
	printf("version=%u\n", l.version);
	print_hex("content_id", l.content_id.data, 16);
	printf("created=%llu\nnot_before=%llu\nnot_after=%llu\nmin_level=%u\noperations=%u\n"
	       "suite=%u\n",
	       (unsigned long long)l.created, (unsigned long long)l.not_before,
	       (unsigned long long)l.not_after, l.min_level, l.operations, l.suite);
	if (l.nonce.data)
		print_hex("nonce", l.nonce.data, CASK_NONCE_SIZE);
	else
		puts("nonce=none");
	printf("permissions=%u\nmeter=%u:%llu:%llu\n", l.permissions, l.unit,
	       (unsigned long long)l.quantum, (unsigned long long)l.max_unreported);
	if (l.max_opens != CASK_OPENS_ANY)
		printf("max_opens=%u\n", l.max_opens);
	else
		puts("max_opens=any");
	printf("max_exports=%u\nmax_checkouts=%u\nat_once=%u\n", l.max_exports, l.max_checkouts,
	       l.at_once);
	printf("download_from=%llu\ndownload_until=%llu\n",
	       (unsigned long long)l.download_from, (unsigned long long)l.download_until);
	if (l.max_offline_opens != CASK_OPENS_ANY)
		printf("max_offline_opens=%u\n", l.max_offline_opens);
	else
		puts("max_offline_opens=any");
	print_hex("key", key, sizeof(key));
	free(statement);
	return 0;
}

/* A statement about a loss, which is the distributor's, and for this device. */
static int command_reanchor(const char *dir, const char *path, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct device d = load(dir);
	struct cask_reanchor_view r;
	size_t size, payload_size;
	const uint8_t *payload;
	uint8_t *statement = slurp(path, &size);

	must(cose_verify1(dist.signer, statement, size, &payload, &payload_size), "signature");
	must(cask_reanchor_parse(&r, payload, payload_size), "reanchor");
	if (memcmp(r.issuer.data, dist.issuer, 32))
		die("issuer");
	if (memcmp(r.device_id.data, d.id, 32))
		die("device");
	printf("created=%llu\n", (unsigned long long)r.created);
	print_hex("nonce", r.nonce.data, CASK_NONCE_SIZE);
	free(statement);
	return 0;
}

/* LICENSE:EVENT:UNIT:TIME:AMOUNT, numbers but for the first; returns how many there were. */
static unsigned int read_entries(char **texts, struct cask_log_entry *entries)
{
	unsigned int n = 0, event, unit;
	unsigned long long when, amount;
	char id[33];

	for (; *texts && n < CASK_LOG_ENTRIES_MAX; texts++) {
		if (strncmp(*texts, "use=", 4))
			continue;
		if (sscanf(*texts + 4, "%32[0-9a-f]:%u:%u:%llu:%llu", id, &event, &unit, &when,
			   &amount) != 5)
			die("use");
		must(text_from_hex(id, entries[n].license_id, CASK_ID_SIZE), "use");
		entries[n].event = htole32(event);
		entries[n].unit = htole32(unit);
		entries[n].time = htole64(when);
		entries[n++].amount = htole64(amount);
	}
	return n;
}

/*
 * distributor=FILE series=HEX first=N use=LICENSE:EVENT:UNIT:TIME:AMOUNT, as often as there are uses;
 * to go wrong: issuer=HEX device_id=HEX label=TEXT (of the MAC's key).
 */
static int command_report(const char *dir, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct cask_log_entry entries[CASK_LOG_ENTRIES_MAX];
	uint8_t object[CASK_REPORT_MAX], key[32], series[8];
	struct device d = load(dir);
	struct cask_report_view view = {
		.issuer.data = dist.issuer, .device_id.data = d.id, .series = series,
		.number = strtoull(field(fields, "first", "1"), NULL, 10),
		.entries.data = (const uint8_t *)entries,
		.count = read_entries(fields, entries),
	};
	size_t size;

	must(text_from_hex(field(fields, "series", "0102030405060708"), series, 8), "series");
	pairwise(&d, dist.server_key, field(fields, "label", CASK_INFO_REPORT), key);
	if (field(fields, "issuer", NULL))
		must(text_from_hex(field(fields, "issuer", NULL), dist.issuer, 32), "issuer");
	if (field(fields, "device_id", NULL))
		must(text_from_hex(field(fields, "device_id", NULL), d.id, 32), "device_id");
	size = cask_report_build(object, &view);
	must(crypto_hmac_sha256(key, 32, object, size - CASK_MAC_SIZE, object + size - CASK_MAC_SIZE),
	     "MAC");
	fwrite(object, 1, size, stdout);
	return 0;
}

/* An acknowledgement, which is the distributor's, and for this device. */
static int command_acknowledged(const char *dir, const char *path, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct cask_report_view r;
	struct device d = load(dir);
	uint8_t key[32], mac[32];
	size_t size;
	uint8_t *object = slurp(path, &size);

	must(cask_acknowledgement_parse(&r, object, size), "acknowledgement");
	pairwise(&d, dist.server_key, CASK_INFO_ACKNOWLEDGE, key);
	must(crypto_hmac_sha256(key, 32, r.maced.data, r.maced.len, mac), "MAC");
	if (!crypto_equal(mac, r.mac.data, 32))
		die("MAC");
	if (memcmp(r.issuer.data, dist.issuer, 32) || memcmp(r.device_id.data, d.id, 32))
		die("names");
	print_hex("series", r.series, 8);
	printf("last=%llu\n", (unsigned long long)r.number);
	free(object);
	return 0;
}

/* A statement of how late it is, which is the distributor's. */
static int command_time(const char *path, char **fields)
{
	struct distributor dist = load_distributor(field(fields, "distributor", "distributor.json"));
	struct cask_time_view t;
	size_t size, payload_size;
	const uint8_t *payload;
	uint8_t *statement = slurp(path, &size);

	must(cose_verify1(dist.signer, statement, size, &payload, &payload_size), "signature");
	must(cask_time_parse(&t, payload, payload_size), "time");
	if (memcmp(t.issuer.data, dist.issuer, 32))
		die("issuer");
	printf("created=%llu\n", (unsigned long long)t.created);
	free(statement);
	return 0;
}

/* A distributor's scope, which its root has signed, which the provisioning key has signed. */
static int command_scope(const char *path)
{
	_cleanup_free_ uint8_t *text = NULL, *key = NULL, *grant = NULL, *scope = NULL;
	EVP_PKEY *provisioning, *root;
	uint8_t signer[CASK_KID_SIZE];
	struct cask_scope s;
	struct cask_grant g;
	const uint8_t *payload;
	size_t size, key_size, payload_size;
	json_t *json;

	text = slurp(path, &size);
	must(cask_json_parse(text, size, &json), path);
	must(cask_json_base64url(json, "provisioning_key", CASK_STATEMENT_MAX, &key, &key_size), "key");
	must(cose_key_to_pkey(key, key_size, &provisioning), "key");
	must(cask_json_base64url(json, "grant", CASK_STATEMENT_MAX, &grant, &size), "grant");
	must(cose_verify1(provisioning, grant, size, &payload, &payload_size), "grant");
	must(cask_grant_parse(&g, payload, payload_size), "grant");
	must(cose_key_to_pkey(g.signer.data, g.signer.len, &root), "root");
	must(cask_json_base64url(json, "scope", CASK_STATEMENT_MAX, &scope, &size), "scope");
	must(cose_verify1(root, scope, size, &payload, &payload_size), "scope");
	must(cask_scope_parse(&s, payload, payload_size), "scope");
	printf("purposes=%u\nsequence=%llu\nnot_before=%llu\nnot_after=%llu\n", s.purposes,
	       (unsigned long long)s.sequence, (unsigned long long)s.not_before,
	       (unsigned long long)s.not_after);
	must(crypto_sha256(s.signer.data, s.signer.len, signer), "signer");
	print_hex("signer", signer, sizeof(signer));
	print_hex("server_key", s.server_key.data, CASK_X25519_SIZE);
	print_hex("namespace", s.namespace_.data, s.namespace_.len);
	EVP_PKEY_free(provisioning);
	EVP_PKEY_free(root);
	json_decref(json);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";

	if (!strcmp(command, "new"))
		return command_new(argv[2]);
	if (!strcmp(command, "answer"))
		return command_answer(argv[2], argv + 3);
	if (!strcmp(command, "sign"))
		return command_sign(argv[2], argv + 3);
	if (!strcmp(command, "open") && argc > 3)
		return command_open(argv[2], argv[3], argv + 4);
	if (!strcmp(command, "reanchor") && argc > 3)
		return command_reanchor(argv[2], argv[3], argv + 4);
	if (!strcmp(command, "report"))
		return command_report(argv[2], argv + 3);
	if (!strcmp(command, "acknowledged") && argc > 3)
		return command_acknowledged(argv[2], argv[3], argv + 4);
	if (!strcmp(command, "scope"))
		return command_scope(argv[2]);
	if (!strcmp(command, "time"))
		return command_time(argv[2], argv + 3);
	fprintf(stderr, "usage: device new|answer|sign|open|reanchor|report|acknowledged DIR ...\n"
		"       device time STATEMENT\n"
		"       device scope DISTRIBUTOR\n");
	return 2;
}
