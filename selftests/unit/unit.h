/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unit.h - what every unit test includes: cmocka, and hex for vectors.
 *
 * Each program is a suite of TAP. A test that proves a row of
 * Documentation/requirements.rst begins its name with the row's id.
 */
#ifndef CASK_SELFTESTS_UNIT_H
#define CASK_SELFTESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "text.h"

/* Bytes of a vector; fails the test when the hex is not as long as the buffer. */
#define unhex(buffer, hex) assert_int_equal(text_from_hex(hex, buffer, sizeof(buffer)), 0)

#define assert_bytes(buffer, hex) do { \
	uint8_t expected_[sizeof(buffer)]; \
	unhex(expected_, hex); \
	assert_memory_equal(buffer, expected_, sizeof(expected_)); \
} while (0)

#define run_suite(tests) ({ \
	cmocka_set_message_output(CM_OUTPUT_TAP); \
	cmocka_run_group_tests_name(#tests, tests, NULL, NULL) ? 1 : 0; \
})

#endif /* CASK_SELFTESTS_UNIT_H */
