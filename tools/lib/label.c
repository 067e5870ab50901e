// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * label.c - numbers of media and of apparatuses as people read, type and print them.
 *
 * Base 32 without I, L, O and U, four characters and a check character in a group,
 * groups joined by "-". The check is over GF(32): of characters c0..c3 in group g it
 * is a*c0 + a^2*c1 + a^3*c2 + a^4*c3 + a^5*g. So one wrong character, two that
 * changed places in a group, and two groups that did are found, and in which group.
 */
#include <errno.h>
#include <string.h>

#include "cask.h"

#define DATA_OF_GROUP	4
#define BITS		5

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Times the generator a of GF(32), modulo x^5 + x^2 + 1. */
static unsigned int times_a(unsigned int x)
{
	x <<= 1;
	return x & 32 ? x ^ 37 : x;
}

static unsigned int check_of(const unsigned int c[DATA_OF_GROUP], unsigned int group)
{
	unsigned int sum = times_a(group);

	/* Horner's rule, from the highest power down. */
	for (int i = DATA_OF_GROUP - 1; i >= 0; i--)
		sum = times_a(sum ^ c[i]);
	return sum;
}

/* Five bits of @data; zeros behind its end. */
static unsigned int bits_at(const uint8_t *data, size_t size, size_t bit)
{
	unsigned int two = 0;

	if (bit / 8 < size)
		two = data[bit / 8] << 8;
	if (bit / 8 + 1 < size)
		two |= data[bit / 8 + 1];
	return two >> (16 - BITS - bit % 8) & 31;
}

static size_t groups_of(size_t size)
{
	return (size * 8 + DATA_OF_GROUP * BITS - 1) / (DATA_OF_GROUP * BITS);
}

/**
 * cask_label_text() - a number as it stands on a label
 * @data: CASK_MEDIUM_NUMBER_SIZE or CASK_X25519_SIZE bytes
 * @size: of @data
 * @ret_text: CASK_LABEL_MAX characters
 *
 * Return: @ret_text.
 */
char *cask_label_text(const uint8_t *data, size_t size, char ret_text[CASK_LABEL_MAX])
{
	unsigned int c[DATA_OF_GROUP];
	char *to = ret_text;

	for (size_t g = 0; g < groups_of(size); g++) {
		if (g)
			*to++ = '-';
		for (size_t i = 0; i < DATA_OF_GROUP; i++) {
			c[i] = bits_at(data, size, (g * DATA_OF_GROUP + i) * BITS);
			*to++ = digits[c[i]];
		}
		*to++ = digits[check_of(c, g)];
	}
	*to = 0;
	return ret_text;
}

/* As people write: small letters; I and L for 1, O for 0. */
static int digit_of(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	if (c == 'I' || c == 'L')
		c = '1';
	if (c == 'O')
		c = '0';
	at = c ? strchr(digits, c) : NULL;
	return at ? at - digits : -1;
}

/* The next character, past blanks and dashes; 0 at the end. */
static char next(const char **text)
{
	*text += strspn(*text, "- ");
	return **text ? *(*text)++ : 0;
}

static int read_group(const char **text, unsigned int group, unsigned int c[DATA_OF_GROUP])
{
	int digit = 0;

	for (size_t i = 0; i < DATA_OF_GROUP && digit >= 0; i++) {
		digit = digit_of(next(text));
		c[i] = digit;
	}
	if (digit < 0 || digit_of(next(text)) != (int)check_of(c, group))
		return -EBADMSG;
	return 0;
}

/* Puts five bits where they belong; those behind the end must be zeros. */
static int put_bits(uint8_t *data, size_t size, size_t bit, unsigned int value)
{
	for (int i = 0; i < BITS; i++, bit++) {
		if (!(value >> (BITS - 1 - i) & 1))
			continue;
		if (bit / 8 >= size)
			return -EINVAL;
		data[bit / 8] |= 0x80 >> bit % 8;
	}
	return 0;
}

/**
 * cask_label_parse() - read a number from a label's text
 * @text: as cask_label_text() writes it, also in small letters, with blanks or without dashes
 * @size: bytes that the number has
 * @ret_data: written on success
 * @ret_group: on -EBADMSG the group that is mistyped, from 1; may be NULL
 *
 * Return: 0; -EBADMSG when a group's check character does not fit; -EINVAL when it is
 * no number of this size.
 */
int cask_label_parse(const char *text, size_t size, uint8_t *ret_data, unsigned int *ret_group)
{
	uint8_t data[CASK_X25519_SIZE] = { 0 };
	unsigned int c[DATA_OF_GROUP];

	if (size > sizeof(data))
		return -EINVAL;
	for (size_t g = 0; g < groups_of(size); g++) {
		int ret = read_group(&text, g, c);

		if (ret && ret_group)
			*ret_group = g + 1;
		for (size_t i = 0; !ret && i < DATA_OF_GROUP; i++)
			ret = put_bits(data, size, (g * DATA_OF_GROUP + i) * BITS, c[i]);
		if (ret)
			return ret;
	}
	if (next(&text))
		return -EINVAL;
	memcpy(ret_data, data, size);
	return 0;
}
