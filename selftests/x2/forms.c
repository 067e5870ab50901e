// SPDX-License-Identifier: GPL-2.0
/* forms.c - the forms of a key: raw, text, AES key schedule, HMAC-SHA256 pads and midstates. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/sha.h>

#include "forms.h"

/* Keys and states are looked for in pieces of so many bytes: a half of one is found, too. */
#define PIECE		16
#define AES_BLOCK	16
#define AES_KEY_MAX	(15 * AES_BLOCK)

/* Where the forms go. */
struct sink {
	form_fn fn;
	void *arg;
};

static void __attribute__((format(printf, 4, 5)))
give(const struct sink *sink, const void *bytes, size_t size, const char *name, ...)
{
	struct form form = { .size = size };
	va_list args;

	va_start(args, name);
	vsnprintf(form.name, sizeof(form.name), name, args);
	va_end(args);
	memcpy(form.bytes, bytes, size);
	sink->fn(&form, sink->arg);
}

/* 32-bit words the other way round: what SHA-256 and some ciphers load a key as. */
static void swap_words(const uint8_t *in, size_t size, uint8_t *out)
{
	for (size_t i = 0; i < size; i++)
		out[i] = in[i ^ 3];
}

/* Bytes in pieces, and each with its words swapped. */
static void give_pieces(const struct sink *sink, const uint8_t *bytes, size_t size,
			const char *name)
{
	uint8_t swapped[PIECE];

	for (size_t at = 0; at < size; at += PIECE) {
		swap_words(bytes + at, PIECE, swapped);
		give(sink, bytes + at, PIECE, "%s+%zu", name, at);
		give(sink, swapped, PIECE, "%s-w+%zu", name, at);
	}
}

/* Hex digits of a piece; separator 0 is none. */
static void give_hex(const struct sink *sink, const uint8_t *piece, size_t at,
		     const char *digits, char separator, const char *name)
{
	uint8_t text[3 * PIECE];
	size_t n = 0;

	for (size_t i = 0; i < PIECE; i++) {
		if (i && separator)
			text[n++] = separator;
		text[n++] = digits[piece[i] >> 4];
		text[n++] = digits[piece[i] & 15];
	}
	give(sink, text, n, "%s+%zu", name, at);
}

static void give_hexes(const struct sink *sink, const uint8_t *key, size_t size)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	for (size_t at = 0; at < size; at += PIECE) {
		give_hex(sink, key + at, at, lower, 0, "hex");
		give_hex(sink, key + at, at, upper, 0, "HEX");
		/* As the kernel's %*ph and its dumps write it. */
		give_hex(sink, key + at, at, lower, ' ', "hex-sp");
		give_hex(sink, key + at, at, lower, ':', "hex-col");
		give_hex(sink, key + at, at, lower, '-', "hex-dash");
	}
}

/* The characters that a key alone decides when @before bytes stand before it. */
static void give_base64(const struct sink *sink, const uint8_t *key, size_t size,
			size_t before, const char *last_two, const char *name)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t bit = (8 * before + 5) / 6 * 6 - 8 * before, n = 0;
	uint8_t text[FORM_MAX];

	for (; bit + 6 <= 8 * size; bit += 6) {
		unsigned int pair = key[bit / 8] << 8, value;

		if (bit / 8 + 1 < size)
			pair |= key[bit / 8 + 1];
		value = pair >> (10 - bit % 8) & 63;
		text[n++] = value < 62 ? first[value] : last_two[value - 62];
	}
	/* Both alphabets write it alike: it is given once. */
	if (last_two[0] == '-' && !memchr(text, '-', n) && !memchr(text, '_', n))
		return;
	give(sink, text, n, "%s-%zu", name, before);
}

/* --- AES key expansion (FIPS 197), in bytes --- */

static uint8_t xtime(uint8_t x)
{
	return x << 1 ^ (x >> 7) * 0x1b;
}

static uint8_t multiply(uint8_t x, uint8_t by)
{
	uint8_t sum = 0;

	for (; by; by >>= 1, x = xtime(x))
		if (by & 1)
			sum ^= x;
	return sum;
}

static uint8_t sub(uint8_t x)
{
	uint8_t inverse = x, out = 0x63;

	/* x^254 by square and multiply; of 0 it is 0. */
	for (int i = 0; i < 6; i++)
		inverse = multiply(multiply(inverse, inverse), x);
	inverse = multiply(inverse, inverse);
	for (int i = 0; i < 5; i++)
		out ^= inverse << i | inverse >> (8 - i);
	return out;
}

/* All round keys one after the other, as the state lies in memory; returns how many. */
static size_t expand(const uint8_t *key, size_t size, uint8_t out[AES_KEY_MAX])
{
	size_t rounds = size / 4 + 7;
	uint8_t constant = 1, t[4];

	memcpy(out, key, size);
	for (size_t n = size; n < rounds * AES_BLOCK; n += 4) {
		memcpy(t, out + n - 4, 4);
		if (n % size == 0) {
			uint8_t first = t[0];

			t[0] = sub(t[1]) ^ constant;
			t[1] = sub(t[2]);
			t[2] = sub(t[3]);
			t[3] = sub(first);
			constant = xtime(constant);
		} else if (n % size == 16) {
			for (int i = 0; i < 4; i++)
				t[i] = sub(t[i]);
		}
		for (int i = 0; i < 4; i++)
			out[n + i] = out[n + i - size] ^ t[i];
	}
	return rounds;
}

/* InvMixColumns of a round key: what the inverse cipher of AES-NI keeps. */
static void invert(const uint8_t *in, uint8_t *out)
{
	static const uint8_t row[4] = { 14, 11, 13, 9 };

	for (int i = 0; i < AES_BLOCK; i++) {
		out[i] = 0;
		for (int j = 0; j < 4; j++)
			out[i] ^= multiply(in[(i & ~3) + j], row[(j - i) & 3]);
	}
}

/* The first round keys are the key itself: "raw". The inverse cipher leaves first and last as they are. */
static void give_aes(const struct sink *sink, const uint8_t *key, size_t size)
{
	uint8_t schedule[AES_KEY_MAX], inverse[AES_BLOCK];
	size_t n = expand(key, size, schedule);

	for (size_t i = 1; i < n; i++) {
		if (i >= size / AES_BLOCK)
			give(sink, schedule + i * AES_BLOCK, AES_BLOCK, "aes-e%zu", i);
		if (i + 1 == n)
			break;
		invert(schedule + i * AES_BLOCK, inverse);
		give(sink, inverse, AES_BLOCK, "aes-d%zu", i);
	}
}

/* --- HMAC-SHA256 (RFC 2104) --- */

/* The padded key, and the state of SHA-256 after it. */
static void give_pad(const struct sink *sink, const uint8_t *key, size_t size, uint8_t with,
		     char which)
{
	uint8_t pad[SHA256_CBLOCK];
	char name[16];
	SHA256_CTX ctx;

	memset(pad, with, sizeof(pad));
	for (size_t i = 0; i < size; i++)
		pad[i] ^= key[i];
	snprintf(name, sizeof(name), "hmac-%c", which);
	give_pieces(sink, pad, size, name);
	SHA256_Init(&ctx);
	SHA256_Transform(&ctx, pad);
	snprintf(name, sizeof(name), "hmac-%cs", which);
	give_pieces(sink, (const uint8_t *)ctx.h, sizeof(ctx.h), name);
}

/**
 * forms_each() - every form of a key
 * @key: it
 * @size: 16 or 32 bytes
 * @fn: is given each
 * @arg: for @fn
 */
void forms_each(const uint8_t *key, size_t size, form_fn fn, void *arg)
{
	const struct sink sink = { fn, arg };

	give_pieces(&sink, key, size, "raw");
	give_hexes(&sink, key, size);
	for (size_t before = 0; before < 3; before++) {
		give_base64(&sink, key, size, before, "+/", "base64");
		give_base64(&sink, key, size, before, "-_", "base64url");
	}
	give_aes(&sink, key, size);
	give_pad(&sink, key, size, 0x36, 'i');
	give_pad(&sink, key, size, 0x5c, 'o');
}
