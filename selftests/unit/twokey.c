// SPDX-License-Identifier: GPL-2.0
/*
 * twokey.c - the key exchange of two keys, against the vectors that are published
 * (Documentation/vectors/twokey.json), in both directions, and what licenses with second keys and
 * steps may look like.
 */
#include "unit.h"
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "crypto.h"
#include "forge.h"
#include "json.h"
#include "pairwise.h"
#include "../../kmod/area/area.h"
#include "../../kmod/parse/parse.h"

#define VECTORS "Documentation/vectors/twokey.json"	/* from the top, where suites run */

static json_t *vectors;

static const char *text(const json_t *v, const char *name)
{
	const char *value = json_string_value(json_object_get(v, name));

	assert_non_null(value);
	return value;
}

/* A vector's bytes into a buffer of their size. */
#define get(v, name, buffer) unhex(buffer, text(v, name))

static uint32_t mode_of(const json_t *v)
{
	return strcmp(text(v, "mode"), "terminal") ? CASK_TWOKEY_SYNCHRONISED : CASK_TWOKEY_TERMINAL;
}

static const json_t *group(const char *name)
{
	const json_t *list = json_object_get(vectors, name);

	assert_true(json_array_size(list) > 1);
	return list;
}

/* --- vectors --- */

static void K1_K7_first_keys(void **state)
{
	uint8_t secret[32], id[16], issuer[32], key[16], want[16];
	const json_t *v;
	size_t i;

	json_array_foreach(group("first_key"), i, v) {
		const struct twokey_information information = {
			.content_id = id, .issuer = issuer,
			.suite = json_integer_value(json_object_get(v, "suite")),
			.media_type = text(v, "media_type"), .title = text(v, "title"),
		};

		get(v, "secret", secret);
		get(v, "content_id", id);
		get(v, "issuer", issuer);
		get(v, "first_key", want);
		assert_int_equal(twokey_first_key(secret, &information, key), 0);
		assert_memory_equal(key, want, sizeof(key));
	}
}

/* Whatever describes the content is in its key, and so is who describes it. */
static void K1_another_description_is_another_key(void **state)
{
	uint8_t secret[32] = { 1 }, id[16] = { 2 }, issuer[32] = { 3 }, key[7][16];
	const struct twokey_information right = {
		.content_id = id, .suite = 1, .issuer = issuer, .media_type = "video/mp4", .title = "a",
	};
	struct twokey_information other = right;
	size_t i, j;

	assert_int_equal(twokey_first_key(secret, &right, key[0]), 0);
	other.suite = 2;
	assert_int_equal(twokey_first_key(secret, &other, key[1]), 0);
	other = right;
	other.media_type = "video/mp4a";
	other.title = "";
	assert_int_equal(twokey_first_key(secret, &other, key[2]), 0);
	other = right;
	other.title = "b";
	assert_int_equal(twokey_first_key(secret, &other, key[3]), 0);
	secret[31] ^= 1;
	assert_int_equal(twokey_first_key(secret, &right, key[4]), 0);
	secret[31] ^= 1;
	id[15] ^= 1;
	assert_int_equal(twokey_first_key(secret, &right, key[5]), 0);
	id[15] ^= 1;
	issuer[0] ^= 1;
	assert_int_equal(twokey_first_key(secret, &right, key[6]), 0);
	for (i = 0; i < 7; i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(key[i], key[j], 16);
}

/* The secret behind the hardware-key id, as the server has it. */
static void hardware(uint8_t secret[32], uint8_t pairwise[32], uint8_t device[32])
{
	const json_t *v = json_object_get(vectors, "hardware_key");
	uint8_t server[32], want[32], id[32];

	unhex(want, text(v, "device_public"));
	memcpy(device, want, 32);
	get(v, "server_private", server);
	assert_int_equal(pairwise_derive(server, device, pairwise), 0);
	get(v, "pairwise_secret", want);
	assert_memory_equal(pairwise, want, 32);
	assert_int_equal(pairwise_key(pairwise, CASK_INFO_TWOKEY, secret), 0);
	get(v, "hardware_secret", want);
	assert_memory_equal(secret, want, 32);
	assert_int_equal(cose_device_id(device, id), 0);
	get(v, "hardware_key_id", want);
	assert_memory_equal(id, want, 32);
}

/* A second key of the vectors, taken apart. */
struct second {
	uint8_t aad[32 + 32 + sizeof(struct cask_slot)];
	uint8_t slot[CASK_TWOKEY_SLOT_SIZE];
	uint8_t content_id[16];
	uint8_t first_key[16];
	uint8_t wrap_key[32];
	struct cask_twokey_view view;
};

static void take_apart(const json_t *v, struct second *s)
{
	uint8_t part[32];
	const struct cask_bytes wrapped = {
		s->slot + sizeof(struct cask_slot), sizeof(s->slot) - sizeof(struct cask_slot),
	};

	get(v, "slot", s->slot);
	get(v, "content_id", s->content_id);
	get(v, "first_key", s->first_key);
	get(v, "wrap_key", s->wrap_key);
	get(v, "body_hash", part);
	memcpy(s->aad, part, 32);
	get(v, "signer_kid", part);
	memcpy(s->aad + 32, part, 32);
	memcpy(s->aad + 64, s->slot, sizeof(struct cask_slot));
	assert_int_equal(cask_twokey_parse(&s->view, &wrapped), 0);
	assert_int_equal(s->view.mode, mode_of(v));
}

static struct crypto_gcm gcm_of(const struct second *s, const uint8_t *key, const uint8_t *nonce)
{
	return (struct crypto_gcm){
		.key = key, .key_size = 32, .iv = nonce, .aad = s->aad, .aad_size = sizeof(s->aad),
	};
}

static void K2_K7_second_keys(void **state)
{
	uint8_t secret[32], pairwise[32], device[32], key[32], nonce[12], sealed[32];
	struct cask_twokey twokey;
	const json_t *v;
	size_t i;

	hardware(secret, pairwise, device);
	json_array_foreach(group("second_key"), i, v) {
		struct crypto_gcm gcm;
		struct second s;

		take_apart(v, &s);
		get(v, "nonce", nonce);
		twokey.mode = htole32(mode_of(v));
		get(v, "parameter", twokey.parameter);
		assert_memory_equal(s.view.head.data, &twokey, sizeof(twokey));
		assert_int_equal(twokey_wrap_key(secret, &twokey, s.content_id, key), 0);
		assert_memory_equal(key, s.wrap_key, sizeof(key));
		gcm = gcm_of(&s, key, nonce);
		assert_int_equal(crypto_gcm_seal(&gcm, s.first_key, 16, sealed), 0);
		assert_memory_equal(s.view.sealed.data, nonce, sizeof(nonce));
		assert_memory_equal(s.view.sealed.data + 12, sealed, sizeof(sealed));
	}
}

static int open_sealed(const struct second *s, const uint8_t key[32], const uint8_t *sealed,
		       uint8_t ret_key[16])
{
	const struct crypto_gcm gcm = gcm_of(s, key, sealed);

	return crypto_gcm_open(&gcm, sealed + 12, 32, ret_key);
}

static void K3_K7_second_keys_give_the_first(void **state)
{
	uint8_t key[16];
	const json_t *v;
	size_t i, byte;

	json_array_foreach(group("second_key"), i, v) {
		struct second s;

		take_apart(v, &s);
		assert_int_equal(open_sealed(&s, s.wrap_key, s.view.sealed.data, key), 0);
		assert_memory_equal(key, s.first_key, sizeof(key));
		/* Nothing of what is bound may change: rights, signer, method, hardware-key id. */
		for (byte = 0; byte < sizeof(s.aad); byte++) {
			s.aad[byte] ^= 1;
			assert_int_equal(open_sealed(&s, s.wrap_key, s.view.sealed.data, key), -EBADMSG);
			s.aad[byte] ^= 1;
		}
	}
}

/* Of mode, parameter, hardware key and content each makes another key. */
static void K2_another_parameter_is_another_key(void **state)
{
	uint8_t secret[32] = { 1 }, id[16] = { 2 }, key[5][32];
	struct cask_twokey twokey = { .mode = htole32(CASK_TWOKEY_TERMINAL), .parameter = { 3 } };
	size_t i, j;

	assert_int_equal(twokey_wrap_key(secret, &twokey, id, key[0]), 0);
	twokey.mode = htole32(CASK_TWOKEY_SYNCHRONISED);
	assert_int_equal(twokey_wrap_key(secret, &twokey, id, key[1]), 0);
	twokey.parameter[15] ^= 1;
	assert_int_equal(twokey_wrap_key(secret, &twokey, id, key[2]), 0);
	secret[31] ^= 1;
	assert_int_equal(twokey_wrap_key(secret, &twokey, id, key[3]), 0);
	id[15] ^= 1;
	assert_int_equal(twokey_wrap_key(secret, &twokey, id, key[4]), 0);
	for (i = 0; i < 5; i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(key[i], key[j], 32);
}

static void K6_K7_synchronise(void **state)
{
	uint8_t secret[32], pairwise[32], device[32], want[196], *data;
	struct twokey_synchronise fields;
	struct cask_synchronise_view view;
	const json_t *v;
	uint64_t number;
	size_t i, size;

	hardware(secret, pairwise, device);
	assert_int_equal(cose_device_id(device, fields.device_id), 0);
	json_array_foreach(group("synchronise"), i, v) {
		fields.created = json_integer_value(json_object_get(v, "created"));
		get(v, "nonce", fields.nonce);
		get(v, "issuer", fields.issuer);
		get(v, "series", fields.step.series);
		number = json_integer_value(json_object_get(v, "number"));
		fields.step.number = htole64(number);
		get(v, "object", want);
		assert_int_equal(twokey_synchronise(pairwise, &fields, &data, &size), 0);
		assert_int_equal(size, sizeof(want));
		assert_memory_equal(data, want, size);
		assert_int_equal(cask_synchronise_parse(&view, data, size), 0);
		assert_int_equal(view.created, fields.created);
		assert_memory_equal(view.step.data, &fields.step, sizeof(fields.step));
		free(data);
	}
}

/* --- the window --- */

static int outcome(const char *name)
{
	static const struct {
		const char *name;
		int ret;
	} outcomes[] = {
		{ "taken", 0 }, { "repeated", -EKEYREVOKED }, { "late", -ESTALE }, { "lost", -EL2NSYNC },
	};
	size_t i = 0;

	while (i < 3 && strcmp(outcomes[i].name, name))
		i++;
	assert_string_equal(outcomes[i].name, name);
	return outcomes[i].ret;
}

static void K6_K7_lost_late_and_repeated_steps(void **state)
{
	const json_t *v, *step;
	uint64_t number;
	size_t i, j;
	int at;

	json_array_foreach(group("window"), i, v) {
		struct cask_window w, before;

		assert_int_equal(sscanf(text(v, "begin"), "%" SCNu64, &number), 1);
		cask_window_begin(&w, number);
		json_array_foreach(json_object_get(v, "steps"), j, step) {
			assert_int_equal(sscanf(json_string_value(step), "%" SCNu64 " %n", &number, &at), 1);
			before = w;
			if (!strcmp(json_string_value(step) + at, "agreed")) {
				cask_window_go_on(&w, number);
				continue;
			}
			assert_int_equal(cask_window_take(&w, number),
					 outcome(json_string_value(step) + at));
			if (outcome(json_string_value(step) + at))
				assert_memory_equal(&w, &before, sizeof(w));
		}
	}
}

/* Against a list of all that was used, over many steps that are drawn. */
static void K6_each_step_is_good_once(void **state)
{
	static bool used[4096];
	uint64_t last = 1000, agreed = last;
	struct cask_window w;
	unsigned int i;

	memset(used, 0, sizeof(used));
	cask_window_begin(&w, last);
	for (i = 0; i < 100000 && last < sizeof(used) - 200; i++) {
		uint64_t number = last - 70 + rand() % 140;
		int want = number > last + CASK_STEP_WINDOW ? -EL2NSYNC :
			   number + CASK_STEP_WINDOW <= last ? -ESTALE :
			   number <= agreed || used[number] ? -EKEYREVOKED : 0;

		/* Seldom far ahead: most are to come late. */
		if (number > last + 2 && rand() % 16)
			continue;
		if (!(rand() % 64)) {
			cask_window_go_on(&w, number);
			agreed = number > last ? number : agreed;
			last = number > last ? number : last;
			continue;
		}
		assert_int_equal(cask_window_take(&w, number), want);
		if (want)
			continue;
		used[number] = true;
		last = number > last ? number : last;
	}
}

/* --- licenses with second keys --- */

struct change {
	uint32_t mode;
	bool once;
	bool other_nonce;
	uint32_t max_opens;
	bool decoy;
	bool both;
};

static int parse(const struct change *c, struct cask_license_view *ret)
{
	static const uint8_t parameter[16] = "0123456789abcde";
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct license_twokey to = forge_twokey(d, d->server_public, c->mode, parameter);
	struct cask_cose cose;
	struct forge_bytes b;
	int ret_parse;

	license.twokey = &to;
	license.both = c->both;
	license.decoys = c->decoy;
	license.fields.once = c->once;
	license.fields.max_opens = c->max_opens;
	memcpy(license.fields.nonce, parameter, sizeof(parameter));
	license.fields.nonce[0] ^= c->other_nonce;
	forge_license(d, &license, d->server_public, d->server_private, &b);
	assert_int_equal(cask_cose_parse(&cose, b.data, b.size), 0);
	ret_parse = cask_license_parse(ret, cose.payload.data, cose.payload.len);
	if (!ret_parse)
		assert_memory_equal(ret->twokey.parameter, parameter, sizeof(parameter));
	forge_free(&b);
	forge_distributor_free(d);
	return ret_parse;
}

static void K5_K6_licenses(void **state)
{
	static const struct {
		struct change change;
		int ret;
	} cases[] = {
		{ { .mode = CASK_TWOKEY_TERMINAL, .once = true }, 0 },
		{ { .mode = CASK_TWOKEY_TERMINAL, .once = true, .max_opens = 2 }, 0 },
		{ { .mode = CASK_TWOKEY_TERMINAL }, -EINVAL },
		{ { .mode = CASK_TWOKEY_TERMINAL, .once = true, .other_nonce = true }, -EINVAL },
		{ { .mode = CASK_TWOKEY_TERMINAL, .once = true, .decoy = true }, -EINVAL },
		{ { .mode = CASK_TWOKEY_TERMINAL, .once = true, .both = true }, -EINVAL },
		{ { .mode = CASK_TWOKEY_SYNCHRONISED }, 0 },
		{ { .mode = CASK_TWOKEY_SYNCHRONISED, .max_opens = 2 }, 0 },
		{ { .mode = CASK_TWOKEY_SYNCHRONISED, .once = true }, -EINVAL },
		{ { .mode = CASK_TWOKEY_SYNCHRONISED, .both = true }, -EINVAL },
		{ { .mode = 0 }, -EOPNOTSUPP },
		{ { .mode = 3 }, -EOPNOTSUPP },
	};
	struct cask_license_view view;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&cases[i].change, &view), cases[i].ret);
		if (cases[i].ret)
			continue;
		assert_int_equal(view.twokey.mode, cases[i].change.mode);
		assert_true(cask_license_is_once(&view));
	}
}

/* What the maker of licenses refuses is what no kernel takes. */
static void K5_K6_a_maker_that_is_told_wrong(void **state)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct forge_license license = forge_license_default(d, (uint8_t *)"0123456789abcdef");
	struct license_twokey to = forge_twokey(d, d->server_public, CASK_TWOKEY_TERMINAL,
						license.fields.nonce);
	struct cose_signer signer;
	uint8_t *statement, key[16] = { 1 };
	size_t size;

	assert_int_equal(cose_signer_init(&signer, d->license.pkey), 0);
	assert_int_equal(license_make_twokey(&signer, &license.fields, &to, key, &statement, &size),
			 -EINVAL);
	license.fields.once = true;
	assert_int_equal(license_make_twokey(&signer, &license.fields, &to, key, &statement, &size), 0);
	free(statement);
	to.twokey.parameter[0] ^= 1;
	assert_int_equal(license_make_twokey(&signer, &license.fields, &to, key, &statement, &size),
			 -EINVAL);
	to.twokey.mode = htole32(CASK_TWOKEY_SYNCHRONISED);
	assert_int_equal(license_make_twokey(&signer, &license.fields, &to, key, &statement, &size),
			 -EINVAL);
	license.fields.once = false;
	assert_int_equal(license_make_twokey(&signer, &license.fields, &to, key, &statement, &size), 0);
	free(statement);
	forge_distributor_free(d);
}

int main(void)
{
	const struct CMUnitTest twokey[] = {
		cmocka_unit_test(K1_K7_first_keys),
		cmocka_unit_test(K1_another_description_is_another_key),
		cmocka_unit_test(K2_K7_second_keys),
		cmocka_unit_test(K3_K7_second_keys_give_the_first),
		cmocka_unit_test(K2_another_parameter_is_another_key),
		cmocka_unit_test(K6_K7_synchronise),
		cmocka_unit_test(K6_K7_lost_late_and_repeated_steps),
		cmocka_unit_test(K6_each_step_is_good_once),
		cmocka_unit_test(K5_K6_licenses),
		cmocka_unit_test(K5_K6_a_maker_that_is_told_wrong),
	};
	int ret;

	vectors = json_load_file(VECTORS, 0, NULL);
	if (!vectors)
		return 1;
	ret = run_suite(twokey);
	json_decref(vectors);
	return ret;
}
