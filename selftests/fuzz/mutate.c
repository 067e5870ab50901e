// SPDX-License-Identifier: GPL-2.0
/*
 * mutate.c - mutations that keep an object's lengths right, for targets that read
 * objects: sections are altered, dropped, doubled and moved, alone, in a
 * statement's payload, and in what follows the first object.
 *
 * Left alone, nearly every mutation would end at the head's length.
 */
#include <string.h>

#include "fuzz.h"

#define HEAD		sizeof(struct cask_head)
#define SECTION		sizeof(struct cask_section)
#define SECTIONS_MAX	32
#define PROTECTED_MAX	CASK_COSE_PROTECTED_MAX

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

/**
 * struct cut - an object cut into sections
 * @data: the object
 * @size: bytes of it, the head's length
 * @room: bytes that it may have
 * @at: where each section begins; @at[count] is the end
 * @count: of sections
 */
struct cut {
	uint8_t *data;
	size_t size;
	size_t room;
	size_t at[SECTIONS_MAX + 1];
	unsigned int count;
};

static uint32_t state;

/* xorshift: all that matters is that the seed decides. */
static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static uint32_t get32(const uint8_t *p)
{
	return cask_le32(p);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> 8 * i;
}

/* Whether it has a head; what is behind the object, or too much of it, stays out. */
static bool cut(struct cut *c, uint8_t *data, size_t size, size_t room)
{
	size_t pos = HEAD;

	if (size < HEAD || get32(data) != CASK_MAGIC)
		return false;
	*c = (struct cut){ .data = data, .size = get32(data + 8), .room = room };
	if (c->size < HEAD || c->size > size)
		c->size = size;
	while (c->count < SECTIONS_MAX && c->size - pos >= SECTION &&
	       get32(data + pos + 4) <= c->size - pos - SECTION) {
		c->at[c->count++] = pos;
		pos += SECTION + get32(data + pos + 4);
	}
	c->at[c->count] = pos;
	c->size = pos;
	return true;
}

static void drop(struct cut *c, unsigned int i)
{
	size_t length = c->at[i + 1] - c->at[i];

	memmove(c->data + c->at[i], c->data + c->at[i + 1], c->size - c->at[i + 1]);
	c->size -= length;
}

/* A copy of section @from before section @to, perhaps under another type. */
static void copy(struct cut *c, unsigned int from, unsigned int to)
{
	size_t length = c->at[from + 1] - c->at[from];
	uint8_t section[4096];

	if (length > sizeof(section) || length > c->room - c->size)
		return;
	memcpy(section, c->data + c->at[from], length);
	if (next(2))
		section[0] += next(3) - 1;
	memmove(c->data + c->at[to] + length, c->data + c->at[to], c->size - c->at[to]);
	memcpy(c->data + c->at[to], section, length);
	c->size += length;
}

static void alter(struct cut *c, unsigned int i)
{
	size_t start = c->at[i] + SECTION, length = c->at[i + 1] - start;
	uint8_t value[4096];
	size_t n;

	if (length > sizeof(value))
		return;
	memcpy(value, c->data + start, length);
	n = c->room - c->size + length;
	n = LLVMFuzzerMutate(value, length, n < sizeof(value) ? n : sizeof(value));
	memmove(c->data + start + n, c->data + start + length, c->size - start - length);
	memcpy(c->data + start, value, n);
	put32(c->data + c->at[i] + 4, n);
	c->size = c->size - length + n;
}

/* The fixed part of a content says where it ends, too. */
static void place_link(struct cut *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		uint8_t *p = c->data + c->at[i];

		if (cask_le16(p) == CASK_SEC_LAYOUT &&
		    get32(p + 4) == sizeof(struct cask_layout))
			put32(p + SECTION + offsetof(struct cask_layout, link_offset), c->size);
	}
}

/* Returns the object's new size, at most @room. */
static size_t mutate_object(uint8_t *data, size_t size, size_t room)
{
	struct cut c;
	unsigned int i;

	if (!cut(&c, data, size, room) || !c.count)
		return LLVMFuzzerMutate(data, size, room);
	i = next(c.count);
	switch (next(8)) {
	case 0:
		drop(&c, i);
		break;
	case 1:
		copy(&c, i, next(c.count + 1));
		break;
	case 2:
		data[c.at[i] + next(4)] ^= 1 << next(8);
		break;
	default:
		alter(&c, i);
	}
	put32(data + 8, c.size);
	if (cut(&c, data, c.size, room) && next(16))
		place_link(&c);
	return c.size;
}

static size_t put_bstr(uint8_t *to, size_t n)
{
	to[0] = 0x59;
	to[1] = n >> 8;
	to[2] = n;
	if (n < 24)
		to[0] = 0x40 | n;
	else if (n < 256)
		to[0] = 0x58, to[1] = n;
	return n < 24 ? 1 : n < 256 ? 2 : 3;
}

/* Puts a payload back between what stands around it in a statement. */
static size_t wrap(uint8_t *data, size_t max, const struct cask_cose *c, const uint8_t *payload,
		   size_t size)
{
	uint8_t out[CASK_STATEMENT_MAX + 16], *p = out;

	if (size + c->protected.len + c->signature.len + 16 > max)
		return 0;
	*p++ = 0xd2;
	*p++ = 0x84;
	p += put_bstr(p, c->protected.len);
	memcpy(p, c->protected.data, c->protected.len);
	p += c->protected.len;
	*p++ = 0xa0;
	p += put_bstr(p, size);
	memcpy(p, payload, size);
	p += size;
	p += put_bstr(p, c->signature.len);
	memcpy(p, c->signature.data, c->signature.len);
	p += c->signature.len;
	memcpy(data, out, p - out);
	return p - out;
}

static size_t mutate_statement(uint8_t *data, const struct cask_cose *c, size_t max)
{
	uint8_t payload[8192];
	size_t size = c->payload.len;

	if (size > sizeof(payload))
		return 0;
	memcpy(payload, c->payload.data, size);
	size = mutate_object(payload, size, sizeof(payload));
	return wrap(data, max, c, payload, size);
}

/* The bytes of the first object, if something follows it; else 0. */
static size_t first_of_two(const uint8_t *data, size_t size)
{
	size_t first;

	if (size < HEAD || get32(data) != CASK_MAGIC)
		return 0;
	first = get32(data + 8);
	return first >= HEAD && first < size ? first : 0;
}

/* Mutates one of two objects; the other stays, if there is room. */
static size_t mutate_pair(uint8_t *data, size_t first, size_t size, size_t max)
{
	size_t rest = size - first;
	uint8_t tail[4096];

	if (next(2) || rest > sizeof(tail))
		return first + mutate_object(data + first, rest, max - first);
	memcpy(tail, data + first, rest);
	first = mutate_object(data, first, max);
	if (rest > max - first)
		return first;
	memcpy(data + first, tail, rest);
	return first + rest;
}

/**
 * LLVMFuzzerCustomMutator() - libFuzzer's hook
 * @data: the input, changed in place
 * @size: of it
 * @max: most bytes it may become
 * @seed: decides
 *
 * Return: the new size.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	struct cask_cose c;
	size_t n;

	state = seed | 1;
	if (!next(8) || max > CASK_STATEMENT_MAX)
		return LLVMFuzzerMutate(data, size, max);
	if (!cask_cose_parse(&c, data, size)) {
		n = mutate_statement(data, &c, max);
		return n ? n : LLVMFuzzerMutate(data, size, max);
	}
	n = first_of_two(data, size);
	return n ? mutate_pair(data, n, size, max) : mutate_object(data, size, max);
}
