// SPDX-License-Identifier: GPL-2.0
/* object.c - what the writer of objects makes, and what it refuses. */
#include "unit.h"
#include <errno.h>
#include <linux/cask_format.h>

#include "crypto.h"
#include "object.h"

#define CRITICAL	CASK_SECTION_CRITICAL

static int end(struct object *o)
{
	uint8_t *data = (uint8_t *)1;
	size_t size = 1;
	int ret = object_end(o, &data, &size);

	if (ret) {
		/* written on success only */
		assert_ptr_equal(data, (uint8_t *)1);
		assert_int_equal(size, 1);
	} else {
		free(data);
	}
	assert_null(o->data);
	return ret;
}

static void exact_bytes(void **state)
{
	struct object o = OBJECT_INIT;
	uint8_t *data, expected[12 + 8 + 4 + 8 + 8 + 8 + 2 + 8];
	size_t size;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 1, CRITICAL, 0x01020304);
	object_u64(&o, 3, CRITICAL, 0x0102030405060708);
	object_text(&o, 8, 0, "AB");
	object_add(&o, 0x1234, CRITICAL, NULL, 0);
	assert_int_equal(object_end(&o, &data, &size), 0);
	unhex(expected, "4341534b010001003a000000"
	      "010001000400000004030201"
	      "0300010008000000" "0807060504030201"
	      "0800000002000000" "4142"
	      "3412010000000000");
	assert_int_equal(size, sizeof(expected));
	assert_memory_equal(data, expected, size);
	free(data);
}

static void descending_type(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 2, CRITICAL, 0);
	object_u32(&o, 1, CRITICAL, 0);
	assert_int_equal(end(&o), -EINVAL);
}

static void same_type_twice(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 2, CRITICAL, 0);
	object_u32(&o, 2, CRITICAL, 0);
	assert_int_equal(end(&o), -EINVAL);
}

static void type_zero(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 0, CRITICAL, 0);
	assert_int_equal(end(&o), -EINVAL);
}

static void slots_repeat(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_LICENSE);
	object_add(&o, CASK_SEC_SLOT, CRITICAL, "a", 1);
	object_add(&o, CASK_SEC_SLOT, CRITICAL, "b", 1);
	assert_int_equal(end(&o), 0);
}

static void unknown_flags(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 1, 2, 0);
	assert_int_equal(end(&o), -EINVAL);
}

static void no_head(void **state)
{
	struct object o = OBJECT_INIT;

	assert_int_equal(end(&o), -EINVAL);
	object_u32(&o, 1, 0, 0);
	assert_int_equal(end(&o), -EINVAL);
}

static void two_heads(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_begin(&o, CASK_TYPE_SCOPE);
	assert_int_equal(end(&o), -EINVAL);
}

static void too_big(void **state)
{
	static uint8_t big[OBJECT_MAX + 1];
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_add(&o, 1, 0, big, OBJECT_MAX - 20);
	assert_int_equal(end(&o), 0);
	object_begin(&o, CASK_TYPE_SCOPE);
	object_add(&o, 1, 0, big, OBJECT_MAX - 19);
	assert_int_equal(end(&o), -EMSGSIZE);
	object_begin(&o, CASK_TYPE_SCOPE);
	object_add(&o, 1, 0, big, SIZE_MAX);
	assert_int_equal(end(&o), -EMSGSIZE);
}

static void error_is_sticky(void **state)
{
	struct object o = OBJECT_INIT;

	object_begin(&o, CASK_TYPE_SCOPE);
	object_u32(&o, 1, 2, 0);
	object_u32(&o, 2, CRITICAL, 0);
	object_add(&o, 3, CRITICAL, NULL, SIZE_MAX);
	object_mac(&o, 4, (const uint8_t [32]){ 0 });
	assert_int_equal(end(&o), -EINVAL);
	/* and is gone with the next object */
	object_begin(&o, CASK_TYPE_SCOPE);
	assert_int_equal(end(&o), 0);
}

static void mac_covers_all_before_it(void **state)
{
	uint8_t key[32] = { 5 }, mac[32], *data;
	struct object o = OBJECT_INIT;
	size_t size;

	object_begin(&o, CASK_TYPE_CONTENT);
	object_u32(&o, 1, CRITICAL, 7);
	object_mac(&o, CASK_SEC_HEADER_MAC, key);
	assert_int_equal(object_end(&o, &data, &size), 0);
	assert_int_equal(size, 12 + 12 + 8 + 32);
	/* the final length stands in the head */
	assert_int_equal(data[8], size);
	assert_int_equal(crypto_hmac_sha256(key, 32, data, size - 32, mac), 0);
	assert_memory_equal(data + size - 32, mac, 32);
	free(data);
}

int main(void)
{
	const struct CMUnitTest object[] = {
		cmocka_unit_test(exact_bytes),
		cmocka_unit_test(descending_type),
		cmocka_unit_test(same_type_twice),
		cmocka_unit_test(type_zero),
		cmocka_unit_test(slots_repeat),
		cmocka_unit_test(unknown_flags),
		cmocka_unit_test(no_head),
		cmocka_unit_test(two_heads),
		cmocka_unit_test(too_big),
		cmocka_unit_test(error_is_sticky),
		cmocka_unit_test(mac_covers_all_before_it),
	};

	return run_suite(object);
}
