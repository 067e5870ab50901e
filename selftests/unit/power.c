// SPDX-License-Identifier: GPL-2.0
/*
 * power.c - a disk and an anchor whose power goes.
 *
 * A cut leaves of a write what disks leave: nothing, all, a part, any of its sectors. With it the
 * anchor has advanced, or not.
 */
#include <errno.h>
#include <stdlib.h>

#include "power.h"

#define SECTOR		512

uint32_t draw(struct power *p)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return p->random >> 33;
}

/* A step that the power may go at. */
static bool goes_off(struct power *p)
{
	return p->cut_in && !--p->cut_in;
}

static void off(struct power *p)
{
	p->cuts++;
	longjmp(p->off, 1);
}

static uint64_t sum(const uint8_t *data, size_t len)
{
	uint64_t h = 14695981039346656037ULL;

	while (len--)
		h = (h ^ *data++) * 1099511628211ULL;
	return h;
}

static int load(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len)
{
	struct power *p = context;
	size_t len = p->sizes[slot];

	if (len)
		len = cask_area_length(p->disk[slot], len);
	if (len > p->sizes[slot])
		len = p->sizes[slot];
	memcpy(data, p->disk[slot], len);
	*ret_len = len;
	return 0;
}

/* What is on disk of a write that was cut short. */
static void tear(struct power *p, unsigned int slot, const uint8_t *data, size_t len)
{
	unsigned int kind = draw(p) % 3;
	size_t part = draw(p) % (len + 1), at;

	p->kinds[p->anchored][kind]++;
	if (kind == 0)
		return;
	if (kind == 1) {
		memcpy(p->disk[slot], data, part);
		if (p->sizes[slot] < part)
			p->sizes[slot] = part;
		return;
	}
	for (at = 0; at < len; at += SECTOR) {
		size_t n = len - at < SECTOR ? len - at : SECTOR;

		if (draw(p) & 1)
			memcpy(p->disk[slot] + at, data + at, n);
	}
	if (p->sizes[slot] < len)
		p->sizes[slot] = len;
}

static int store(void *context, unsigned int slot, const void *data, size_t len)
{
	struct power *p = context;
	int error = p->store_error;

	assert_true(len <= ROOM);
	p->store_error = 0;
	if (error) {
		tear(p, slot, data, len);
		return error;
	}
	if (goes_off(p)) {
		tear(p, slot, data, len);
		off(p);
	}
	memcpy(p->disk[slot], data, len);
	if (p->sizes[slot] < len)
		p->sizes[slot] = len;
	if (goes_off(p))
		off(p);
	return 0;
}

/* As a cipher does: of another salt every byte is another. */
static void cover(uint8_t *data, size_t len, const uint8_t *salt)
{
	uint64_t x = sum(salt, CASK_AREA_SALT_SIZE);

	while (len--) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		*data++ ^= x >> 56;
	}
}

static int seal(void *context, __u64 counter, const struct cask_records *records, void *data,
		size_t *ret_len)
{
	static const uint8_t none[CASK_ID_SIZE];
	size_t head = CASK_AREA_HEAD_SIZE;
	uint8_t salt[CASK_AREA_SALT_SIZE];
	uint64_t tag;

	/* If two were alike, parts of two attempts at an image could make one of them whole. */
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = draw(context);
	cask_area_head(data, none, counter, salt, records->len);
	memcpy((uint8_t *)data + head, records->data, records->len);
	cover((uint8_t *)data + head, records->len, salt);
	memset((uint8_t *)data + head + records->len, 0, CASK_GCM_TAG_SIZE);
	tag = sum(data, head + records->len);
	memcpy((uint8_t *)data + head + records->len, &tag, sizeof(tag));
	*ret_len = CASK_AREA_OVERHEAD + records->len;
	return 0;
}

static int open_image(void *context, void *data, size_t len, struct cask_records *ret_records,
		      __u64 *ret_counter)
{
	struct cask_area_view v;
	uint64_t tag;
	size_t size;
	int ret = cask_area_parse(&v, data, len);

	if (ret)
		return ret;
	size = v.sealed.len - CASK_GCM_TAG_SIZE;
	tag = sum(data, CASK_AREA_HEAD_SIZE + size);
	if (size > ret_records->capacity || memcmp(v.sealed.data + size, &tag, sizeof(tag)))
		return -EBADMSG;
	memcpy(ret_records->data, v.sealed.data, size);
	cover(ret_records->data, size, v.salt.data);
	ret_records->len = size;
	*ret_counter = v.counter;
	return 0;
}

static int anchor(void *context, __u64 *ret_counter)
{
	struct power *p = context;
	int error = p->anchor_error;

	p->anchor_error = 0;
	*ret_counter = p->anchor;
	return error;
}

int advance(void *context)
{
	struct power *p = context;

	if (goes_off(p))
		off(p);
	p->anchor++;
	if (goes_off(p))
		off(p);
	return 0;
}

const struct cask_area_io plain = {
	.load = load, .store = store, .seal = seal, .open = open_image,
};

const struct cask_area_io anchored = {
	.load = load, .store = store, .seal = seal, .open = open_image,
	.anchor = anchor, .advance = advance,
};

/* --- an area in memory: one at a time --- */

static struct memory {
	uint8_t live[ROOM - CASK_AREA_OVERHEAD], work[ROOM - CASK_AREA_OVERHEAD];
	uint8_t sealed[CASK_AREA_MAX];
} *memory;

void area_on(struct cask_area *a, struct power *p)
{
	memory = memory ? memory : calloc(1, sizeof(*memory));
	memset(memory, 0xa5, offsetof(struct memory, sealed));
	memset(a, 0, sizeof(*a));
	a->io = p->anchored ? &anchored : &plain;
	a->context = p;
	a->first = 100;
	a->live = (struct cask_records){ .data = memory->live, .capacity = sizeof(memory->live) };
	a->work = (struct cask_records){ .data = memory->work, .capacity = sizeof(memory->work) };
	a->size = sizeof(memory->sealed);
	a->sealed = memory->sealed;
}

void area_off(void)
{
	free(memory);
	memory = NULL;
}

static struct cask_record_key right(uint8_t n, uint8_t name[CASK_ID_SIZE])
{
	static const uint8_t issuer[CASK_KID_SIZE];

	memset(name, n + 1, CASK_ID_SIZE);
	return (struct cask_record_key){ .kind = CASK_RECORD_RIGHT, .issuer = issuer, .name = name };
}

struct rights read_rights(const struct cask_area *a)
{
	struct rights r = { 0 };
	uint8_t name[CASK_ID_SIZE];
	struct cask_bytes value;

	assert_int_equal(0, cask_records_check(&a->live));
	for (unsigned int i = 0; i < RIGHTS; i++) {
		struct cask_record_key key = right(i, name);

		if (cask_records_find(&a->live, &key, &value))
			memcpy(&r.opens[i], value.data, sizeof(r.opens[i]));
	}
	return r;
}

void write_rights(struct cask_area *a, const struct rights *old, const struct rights *new)
{
	uint8_t name[CASK_ID_SIZE], value[300] = { 0 };

	for (unsigned int i = 0; i < RIGHTS; i++) {
		struct cask_record_key key = right(i, name);

		memcpy(value, &new->opens[i], sizeof(new->opens[i]));
		/* Of several lengths, so that what is behind an image is of others. */
		if (new->opens[i])
			assert_int_equal(0, cask_records_put(&a->work, &key, value,
							     4 + new->opens[i] % 296));
		else if (old->opens[i])
			assert_int_equal(0, cask_records_del(&a->work, &key));
	}
}

/* --- losing it all --- */

void keep(const struct power *p, struct copy *c)
{
	memcpy(c->disk, p->disk, sizeof(c->disk));
	memcpy(c->sizes, p->sizes, sizeof(c->sizes));
	c->anchor = p->anchor;
}

void put_back(struct power *p, const struct copy *c)
{
	memcpy(p->disk, c->disk, sizeof(p->disk));
	memcpy(p->sizes, c->sizes, sizeof(p->sizes));
}

const uint8_t whose[CASK_KID_SIZE];

void assert_empty(const struct cask_records *r, bool known)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;

	assert_int_equal(0, cask_records_check(r));
	assert_true(cask_records_next(r, &pos, &key, &value));
	assert_int_equal(CASK_RECORD_LOST, key.kind);
	assert_int_equal(known, cask_records_next(r, &pos, &key, &value));
	assert_int_equal(!known, cask_loss_concerns(r, whose));
}
