// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * text.c - ids and errnos as text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cask.h"

/* errno has no official end; Linux's numbers stop well below. */
#define ERRNO_MAX 256

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

/**
 * cask_id_parse() - read a content or license id
 * @text: 32 lower-case hex digits
 * @ret_id: written on success
 *
 * Return: 0 or -EINVAL.
 */
int cask_id_parse(const char *text, uint8_t ret_id[CASK_ID_SIZE])
{
	uint8_t id[CASK_ID_SIZE];

	if (strlen(text) != 2 * sizeof(id))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(id); i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		id[i] = high << 4 | low;
	}
	memcpy(ret_id, id, sizeof(id));
	return 0;
}

/**
 * cask_hex() - write lower-case hex
 * @data: bytes
 * @size: how many
 * @ret_text: 2 * @size + 1 characters
 *
 * Return: @ret_text.
 */
char *cask_hex(const void *data, size_t size, char *ret_text)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		sprintf(ret_text + 2 * i, "%02x", bytes[i]);
	ret_text[2 * size] = 0;
	return ret_text;
}

/**
 * cask_errno_by_name() - the number of an errno that the agent named
 * @name: "EXDEV", for example
 *
 * Return: the number, positive; 0 when there is none of this name.
 */
int cask_errno_by_name(const char *name)
{
	for (int number = 1; number < ERRNO_MAX; number++) {
		const char *candidate = strerrorname_np(number);

		if (candidate && !strcmp(candidate, name))
			return number;
	}
	return 0;
}

/**
 * cask_amount_parse() - an amount of money
 * @text: a number, and with a point two digits more, as 4.99
 * @ret_amount: hundredths, written on success
 *
 * Return: 0 or -EINVAL.
 */
int cask_amount_parse(const char *text, uint64_t *ret_amount)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;

	if (!digits || digits > 10 || (*rest && *rest != '.'))
		return -EINVAL;
	if (*rest && (strlen(rest) != 3 || strspn(rest + 1, "0123456789") != 2))
		return -EINVAL;
	*ret_amount = strtoull(text, NULL, 10) * 100 + (*rest ? strtoul(rest + 1, NULL, 10) : 0);
	return 0;
}

/**
 * cask_quantity_parse() - how many times a term is wanted
 * @text: a number, 1 to 1000
 * @ret_quantity: written on success
 *
 * Return: 0 or -EINVAL.
 */
int cask_quantity_parse(const char *text, uint32_t *ret_quantity)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = strtoul(text, NULL, 10);

	if (!digits || digits > 4 || text[digits] || !n || n > 1000)
		return -EINVAL;
	*ret_quantity = n;
	return 0;
}
