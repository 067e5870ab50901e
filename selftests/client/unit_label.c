// SPDX-License-Identifier: GPL-2.0
/* unit_label.c - the numbers of media and apparatuses as they are printed, and read by people. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "cask.h"

static void S8_label_is_read_as_it_is_written(void **state)
{
	static const size_t sizes[] = { CASK_MEDIUM_NUMBER_SIZE, CASK_X25519_SIZE };
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX];

	for (unsigned int seed = 0; seed < 256; seed++) {
		for (size_t i = 0; i < sizeof(number); i++)
			number[i] = seed * 31 + i * (seed | 1);
		for (size_t s = 0; s < 2; s++) {
			memset(again, 0xa5, sizeof(again));
			cask_label_text(number, sizes[s], text);
			assert_int_equal(strlen(text), s ? 77 : 41);
			assert_int_equal(cask_label_parse(text, sizes[s], again, NULL), 0);
			assert_memory_equal(number, again, sizes[s]);
		}
	}
}

static void S8_label_is_what_it_was(void **state)
{
	static const uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	};
	char text[CASK_LABEL_MAX];

	/* Printed on things: it never changes. */
	assert_string_equal(cask_label_text(number, sizeof(number), text),
			    "000GD-40R4S-0M308-E209Z-185GK-R38ES-1W003");
}

static void S8_label_is_read_as_people_write(void **state)
{
	static const uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = { 0x08, 0x42, 0x10, 0x84, 0x21 };
	char text[CASK_LABEL_MAX], written[CASK_LABEL_MAX * 2];
	uint8_t again[CASK_MEDIUM_NUMBER_SIZE];
	size_t n = 0;

	cask_label_text(number, sizeof(number), text);
	for (const char *c = text; *c; c++) {
		if (*c == '-') {
			written[n++] = ' ';
			continue;
		}
		written[n++] = *c == '1' ? 'l' : *c == '0' ? 'o' :
			       *c >= 'A' ? *c - 'A' + 'a' : *c;
	}
	written[n] = 0;
	assert_int_equal(cask_label_parse(written, sizeof(again), again, NULL), 0);
	assert_memory_equal(again, number, sizeof(number));
}

/* Every one of them: that is the point of the check characters. */
static void S8_each_wrong_character_is_found(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX];
	unsigned int group;

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = i * 77 + 5;
	cask_label_text(number, sizeof(number), text);
	for (size_t i = 0; text[i]; i++) {
		char right = text[i];

		if (right == '-')
			continue;
		for (const char *d = digits; *d; d++) {
			text[i] = *d;
			group = 0;
			if (*d == right)
				continue;
			assert_int_equal(cask_label_parse(text, sizeof(again), again, &group),
					 -EBADMSG);
			assert_int_equal(group, i / 6 + 1);
		}
		text[i] = right;
	}
}

static void S8_each_swap_is_found(void **state)
{
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX], swapped[CASK_LABEL_MAX];

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = i * 77 + 5;
	cask_label_text(number, sizeof(number), text);
	for (size_t i = 0; text[i]; i++) {
		for (size_t j = i - i % 6; j < i; j++) {
			strcpy(swapped, text);
			swapped[i] = text[j];
			swapped[j] = text[i];
			if (text[i] != text[j] && text[i] != '-')
				assert_int_equal(cask_label_parse(swapped, sizeof(again), again,
								  NULL), -EBADMSG);
		}
	}
	for (size_t g = 0; g + 1 < 13; g++) {
		strcpy(swapped, text);
		memcpy(swapped + g * 6, text + (g + 1) * 6, 5);
		memcpy(swapped + (g + 1) * 6, text + g * 6, 5);
		assert_int_equal(cask_label_parse(swapped, sizeof(again), again, NULL), -EBADMSG);
	}
}

static void S8_other_texts_are_no_labels(void **state)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = { 0 }, again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX + 8];

	cask_label_text(number, sizeof(number), text);
	assert_int_equal(cask_label_parse("", sizeof(number), again, NULL), -EBADMSG);
	assert_int_equal(cask_label_parse("U", sizeof(number), again, NULL), -EBADMSG);
	/* A medium's is no apparatus's, and the other way round. */
	assert_int_equal(cask_label_parse(text, CASK_X25519_SIZE, again, NULL), -EBADMSG);
	strcat(text, "0");
	assert_int_equal(cask_label_parse(text, sizeof(number), again, NULL), -EINVAL);
	assert_int_equal(cask_label_parse(text, 33, again, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S8_label_is_read_as_it_is_written),
		cmocka_unit_test(S8_label_is_what_it_was),
		cmocka_unit_test(S8_label_is_read_as_people_write),
		cmocka_unit_test(S8_each_wrong_character_is_found),
		cmocka_unit_test(S8_each_swap_is_found),
		cmocka_unit_test(S8_other_texts_are_no_labels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
