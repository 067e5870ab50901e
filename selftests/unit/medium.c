// SPDX-License-Identifier: GPL-2.0
/*
 * medium.c - media as the licensing side makes them, against what selftests/lib/medium.py
 * makes of the same inputs.
 */
#include <errno.h>

#include "crypto.h"
#include "hpke.h"
#include "license.h"
#include "medium.h"
#include "medium_vectors.h"
#include "unit.h"

#define assert_vector(data, vector) assert_memory_equal(data, vector, sizeof(vector))

static struct medium_keys keys_of(void)
{
	struct medium_keys keys;

	assert_int_equal(medium_derive(vector_class_key, vector_number, &keys), 0);
	return keys;
}

static struct medium medium_of(bool locked)
{
	struct medium m = { .slot_size = 8192, .third_offset = 32768, .third_size = 1 << 20,
			    .locked = locked };

	memcpy(m.number, vector_number, sizeof(m.number));
	memcpy(m.class_id, vector_class_id, sizeof(m.class_id));
	memcpy(m.issuer, vector_issuer, sizeof(m.issuer));
	memcpy(m.apparatus, vector_apparatus, sizeof(m.apparatus));
	return m;
}

static struct medium_image image_of(uint64_t counter, const unsigned char *records, size_t size)
{
	struct medium_image image = { .counter = counter };

	memcpy(image.salt, vector_salt, sizeof(image.salt));
	memcpy(image.ephemeral, vector_ephemeral, sizeof(image.ephemeral));
	image.records = (struct cask_records){ .data = (uint8_t *)records, .len = size };
	return image;
}

static void S2_keys_of_a_medium(void **state)
{
	struct medium_keys keys = keys_of();

	assert_vector(keys.first, vector_first_key);
	assert_vector(keys.second, vector_second_key);
	assert_vector(keys.individual, vector_individual_key);
	assert_vector(keys.backup, vector_backup_key);
	assert_vector(keys.wrap, vector_wrap_key);
}

/* Another number, another class: none of the keys is the same but that of all first layers. */
static void S2_each_number_and_class_has_its_own_keys(void **state)
{
	struct medium_keys keys = keys_of(), other;
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];

	memcpy(number, vector_number, sizeof(number));
	number[15] ^= 1;
	assert_int_equal(medium_derive(vector_class_key, number, &other), 0);
	assert_memory_equal(keys.first, other.first, 32);
	assert_memory_not_equal(keys.second, other.second, 32);
	assert_memory_not_equal(keys.individual, other.individual, 32);
	assert_memory_not_equal(keys.backup, other.backup, 32);
	assert_memory_not_equal(keys.wrap, other.wrap, 32);
	assert_int_equal(medium_derive(number, vector_number, &other), 0);
	assert_memory_not_equal(keys.first, other.first, 32);
	assert_memory_not_equal(keys.individual, other.individual, 32);
}

static void first_is(bool locked, const unsigned char *vector, size_t vector_size)
{
	struct medium_keys keys = keys_of();
	struct medium m = medium_of(locked);
	uint8_t *data;
	size_t size;

	assert_int_equal(medium_first(&m, &keys, &data, &size), 0);
	assert_int_equal(size, vector_size);
	assert_memory_equal(data, vector, size);
	free(data);
	m.slot_size += 1;
	assert_int_equal(medium_first(&m, &keys, &data, &size), -EINVAL);
}

static void S2_first_layer(void **state)
{
	first_is(false, vector_first_layer, sizeof(vector_first_layer));
	first_is(true, vector_first_layer_locked, sizeof(vector_first_layer_locked));
}

static void layer_is(bool locked, const struct medium_image *image, const unsigned char *vector,
		     size_t vector_size)
{
	struct medium_keys keys = keys_of();
	struct medium m = medium_of(locked);
	uint8_t *data;
	size_t size;

	assert_int_equal(medium_layer(&m, &keys, image, &data, &size), 0);
	assert_int_equal(size, vector_size);
	assert_memory_equal(data, vector, size);
	free(data);
}

static void S2_second_layer(void **state)
{
	struct medium_image image = image_of(7, vector_records, sizeof(vector_records));
	struct medium_image empty = image_of(1, NULL, 0);

	layer_is(false, &image, vector_layer, sizeof(vector_layer));
	layer_is(false, &empty, vector_layer_empty, sizeof(vector_layer_empty));
}

static void S6_second_layer_of_one_apparatus(void **state)
{
	struct medium_image image = image_of(7, vector_records, sizeof(vector_records));

	layer_is(true, &image, vector_layer_locked, sizeof(vector_layer_locked));
}

static int open_records(const uint8_t *data, size_t size, size_t capacity, uint64_t *ret_counter)
{
	uint8_t room[sizeof(vector_records)];
	struct cask_records records = { .data = room, .capacity = capacity };
	struct medium_keys keys = keys_of();
	int ret = medium_open(&keys, data, size, &records, ret_counter);

	if (!ret) {
		assert_int_equal(records.len, sizeof(vector_records));
		assert_memory_equal(room, vector_records, sizeof(vector_records));
	}
	return ret;
}

static void S2_an_image_opens(void **state)
{
	uint8_t data[sizeof(vector_layer) + 100] = { 0 };
	uint64_t counter = 0;
	size_t i;

	memcpy(data, vector_layer, sizeof(vector_layer));
	assert_int_equal(open_records(data, sizeof(vector_layer), sizeof(vector_records), &counter), 0);
	assert_int_equal(counter, 7);
	/* As a slot has it: what lies behind is nothing of the image's. */
	assert_int_equal(open_records(data, sizeof(data), sizeof(vector_records), &counter), 0);
	assert_int_equal(open_records(data, sizeof(data), sizeof(vector_records) - 1, &counter), -EINVAL);
	assert_int_equal(open_records(data, sizeof(vector_layer) - 1, sizeof(vector_records), &counter),
			 -EINVAL);
	assert_int_equal(open_records(vector_layer_locked, sizeof(vector_layer_locked),
				      sizeof(vector_records), &counter), -ENOKEY);
	/* Behind the head and the sections' heads each byte is authentic. */
	for (i = 20; i < sizeof(vector_layer); i++) {
		data[i] ^= 0x10;
		assert_int_not_equal(open_records(data, sizeof(data), sizeof(vector_records), &counter), 0);
		data[i] ^= 0x10;
	}
}

static void S2_a_layer_fills_its_slot_and_no_more(void **state)
{
	static unsigned char room[8192];
	struct medium_image image = image_of(1, room, 8192 - CASK_LAYER_OVERHEAD);
	struct medium_keys keys = keys_of();
	struct medium m = medium_of(true);
	uint8_t *data;
	size_t size;

	assert_int_equal(medium_layer(&m, &keys, &image, &data, &size), 0);
	assert_int_equal(size, 8192);
	free(data);
	image.records.len++;
	assert_int_equal(medium_layer(&m, &keys, &image, &data, &size), -ENOSPC);
}

static void S6_an_apparatus_of_low_order_is_refused(void **state)
{
	struct medium_image image = image_of(1, NULL, 0);
	struct medium_keys keys = keys_of();
	struct medium m = medium_of(true);
	uint8_t *data;
	size_t size;

	memset(m.apparatus, 0, sizeof(m.apparatus));
	assert_int_equal(medium_layer(&m, &keys, &image, &data, &size), -EINVAL);
}

static void S2_no_two_images_are_drawn_alike(void **state)
{
	struct medium_image a = { .counter = 1 }, b = { .counter = 1 };

	assert_int_equal(medium_draw(&a) | medium_draw(&b), 0);
	assert_memory_not_equal(a.salt, b.salt, sizeof(a.salt));
	assert_memory_not_equal(a.ephemeral, b.ephemeral, sizeof(a.ephemeral));
}

/* --- slots --- */

static const uint8_t body_hash[32] = { 1 }, signer_kid[32] = { 2 }, content_key[16] = { 3 };

static struct license_medium target(bool locked)
{
	struct license_medium m = { .locked = locked };

	memcpy(m.class_id, vector_class_id, sizeof(m.class_id));
	memcpy(m.number, vector_number, sizeof(m.number));
	memcpy(m.wrap, vector_wrap_key, sizeof(m.wrap));
	memcpy(m.device.key, vector_apparatus, sizeof(m.device.key));
	return m;
}

static void aad_of(const uint8_t *slot, uint8_t aad[100])
{
	memcpy(aad, body_hash, 32);
	memcpy(aad + 32, signer_kid, 32);
	memcpy(aad + 64, slot, 36);
}

static void unwrap(const uint8_t *wrapped, const uint8_t *aad)
{
	const struct crypto_gcm gcm = { vector_wrap_key, 32, wrapped, aad, 100 };
	uint8_t key[16];

	assert_int_equal(crypto_gcm_open(&gcm, wrapped + 12, 32, key), 0);
	assert_memory_equal(key, content_key, 16);
}

static void S2_slot_of_a_medium(void **state)
{
	uint8_t slot[CASK_MEDIUM_DEVICE_SLOT_SIZE], aad[100];
	struct license_medium m = target(false);
	size_t size;

	assert_int_equal(license_medium_slot(body_hash, signer_kid, &m, content_key, slot, &size), 0);
	assert_int_equal(size, CASK_MEDIUM_SLOT_SIZE);
	assert_memory_equal(slot, "\x02\0\0\0", 4);
	assert_vector(slot + 4, vector_class_id);
	assert_vector(slot + 20, vector_number);
	aad_of(slot, aad);
	unwrap(slot + 36, aad);
}

static void S6_slot_of_a_medium_in_one_device(void **state)
{
	uint8_t slot[CASK_MEDIUM_DEVICE_SLOT_SIZE], aad[100], inner[CASK_MEDIUM_WRAP_SIZE];
	const struct hpke_text text = { CASK_INFO_DEVICE_SLOT, strlen(CASK_INFO_DEVICE_SLOT), aad, 100 };
	struct license_medium m = target(true);
	size_t size;

	assert_int_equal(license_medium_slot(body_hash, signer_kid, &m, content_key, slot, &size), 0);
	assert_int_equal(size, CASK_MEDIUM_DEVICE_SLOT_SIZE);
	assert_memory_equal(slot, "\x03\0\0\0", 4);
	aad_of(slot, aad);
	assert_int_equal(hpke_open(vector_device_private, &text, slot + 36, slot + 68,
				   sizeof(inner) + 16, inner), 0);
	unwrap(inner, aad);
	memset(m.device.key, 0, sizeof(m.device.key));
	assert_int_equal(license_medium_slot(body_hash, signer_kid, &m, content_key, slot, &size),
			 -EINVAL);
}

/* What installs once would install once in each device. */
static void S2_what_installs_once_is_for_one_device(void **state)
{
	const struct license_fields fields = { .once = true, .max_opens = 1 };
	struct license_medium m = target(false);
	struct cose_signer signer = { 0 };
	uint8_t *statement;
	size_t size;

	assert_int_equal(license_make_medium(&signer, &fields, &m, content_key, &statement, &size),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S2_keys_of_a_medium),
		cmocka_unit_test(S2_each_number_and_class_has_its_own_keys),
		cmocka_unit_test(S2_first_layer),
		cmocka_unit_test(S2_second_layer),
		cmocka_unit_test(S6_second_layer_of_one_apparatus),
		cmocka_unit_test(S2_an_image_opens),
		cmocka_unit_test(S2_a_layer_fills_its_slot_and_no_more),
		cmocka_unit_test(S6_an_apparatus_of_low_order_is_refused),
		cmocka_unit_test(S2_no_two_images_are_drawn_alike),
		cmocka_unit_test(S2_slot_of_a_medium),
		cmocka_unit_test(S6_slot_of_a_medium_in_one_device),
		cmocka_unit_test(S2_what_installs_once_is_for_one_device),
	};

	return run_suite(tests);
}
