// SPDX-License-Identifier: GPL-2.0
/* object.c - write objects of sections; kmod/parse reads them. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/cask_format.h>

#include "crypto.h"
#include "object.h"

#define CAPACITY_MIN	1024

static bool fail(struct object *o, int error)
{
	if (!o->error)
		o->error = error;
	return false;
}

/* Not realloc(): it would leave what it moved away from, and that may be a key. */
static bool grow(struct object *o, size_t need)
{
	size_t capacity = o->capacity ? o->capacity : CAPACITY_MIN;
	uint8_t *data;

	while (capacity < need)
		capacity *= 2;
	data = malloc(capacity);
	if (!data)
		return fail(o, -ENOMEM);
	if (o->size)
		memcpy(data, o->data, o->size);
	crypto_wipe(o->data, o->capacity);
	free(o->data);
	o->data = data;
	o->capacity = capacity;
	return true;
}

static void append(struct object *o, const void *data, size_t size)
{
	if (o->error)
		return;
	if (size > OBJECT_MAX - o->size) {
		fail(o, -EMSGSIZE);
		return;
	}
	if (o->size + size > o->capacity && !grow(o, o->size + size))
		return;
	if (size)
		memcpy(o->data + o->size, data, size);
	o->size += size;
}

static void set_length(struct object *o, size_t length)
{
	__le32 le = htole32(length);

	memcpy(o->data + offsetof(struct cask_head, length), &le, sizeof(le));
}

/**
 * object_begin() - write the head
 * @o: OBJECT_INIT; refused (EINVAL) if it has begun already
 * @type: enum cask_type
 */
void object_begin(struct object *o, uint16_t type)
{
	struct cask_head head = {
		.magic = htole32(CASK_MAGIC),
		.type = htole16(type),
		.version = htole16(CASK_FORMAT_VERSION),
	};

	if (o->begun)
		fail(o, -EINVAL);
	o->begun = true;
	append(o, &head, sizeof(head));
}

static bool may_follow(const struct object *o, uint16_t type)
{
	return type > o->last_type || (type == o->last_type && type == CASK_SEC_SLOT);
}

/**
 * object_add() - add a section
 * @o: begun
 * @type: enum cask_section_type, above the one before; only SLOT repeats
 * @flags: CASK_SECTION_CRITICAL or 0
 * @value: its bytes, copied
 * @size: how many
 *
 * Errors, found by object_end(): EINVAL for an order or flags that no reader
 * takes, EMSGSIZE beyond OBJECT_MAX, ENOMEM.
 */
void object_add(struct object *o, uint16_t type, uint16_t flags, const void *value, size_t size)
{
	struct cask_section section = {
		.type = htole16(type),
		.flags = htole16(flags),
	};

	if (!o->begun || !may_follow(o, type) || flags & ~CASK_SECTION_CRITICAL)
		fail(o, -EINVAL);
	if (size > OBJECT_MAX)
		fail(o, -EMSGSIZE);
	section.length = htole32(size);
	o->last_type = type;
	append(o, &section, sizeof(section));
	append(o, value, size);
}

/**
 * object_u32() - add a section that holds a le32
 * @o: begun
 * @type: as object_add()
 * @flags: as object_add()
 * @value: in host order
 */
void object_u32(struct object *o, uint16_t type, uint16_t flags, uint32_t value)
{
	__le32 le = htole32(value);

	object_add(o, type, flags, &le, sizeof(le));
}

/**
 * object_u64() - add a section that holds a le64
 * @o: begun
 * @type: as object_add()
 * @flags: as object_add()
 * @value: in host order
 */
void object_u64(struct object *o, uint16_t type, uint16_t flags, uint64_t value)
{
	__le64 le = htole64(value);

	object_add(o, type, flags, &le, sizeof(le));
}

/**
 * object_text() - add a section that holds text
 * @o: begun
 * @type: as object_add()
 * @flags: as object_add()
 * @text: without its terminating zero
 */
void object_text(struct object *o, uint16_t type, uint16_t flags, const char *text)
{
	object_add(o, type, flags, text, strlen(text));
}

/**
 * object_mac() - add the MAC that closes an object
 * @o: begun; nothing is added after this
 * @type: of the MAC's section
 * @key: HMAC-SHA256 over all bytes before the MAC's value, the head's final
 *	length and the section's head included
 */
void object_mac(struct object *o, uint16_t type, const uint8_t key[32])
{
	uint8_t mac[CASK_MAC_SIZE] = { 0 };
	size_t covered;
	int error;

	object_add(o, type, CASK_SECTION_CRITICAL, mac, sizeof(mac));
	if (o->error)
		return;
	covered = o->size - sizeof(mac);
	set_length(o, o->size);
	error = crypto_hmac_sha256(key, CASK_MAC_SIZE, o->data, covered, o->data + covered);
	if (error)
		fail(o, error);
}

/**
 * object_end() - finish, and hand the bytes over
 * @o: written; empty and reusable afterwards, whatever is returned
 * @ret_data: allocated; the caller frees
 * @ret_size: bytes
 *
 * Return: 0, or the first error of all the calls since OBJECT_INIT.
 */
int object_end(struct object *o, uint8_t **ret_data, size_t *ret_size)
{
	int error = o->error;

	if (!error && !o->begun)
		error = -EINVAL;
	if (error) {
		object_free(o);
		return error;
	}
	set_length(o, o->size);
	*ret_data = o->data;
	*ret_size = o->size;
	*o = OBJECT_INIT;
	return 0;
}

/**
 * object_free() - drop what was written
 * @o: OBJECT_INIT or written; wiped, empty and reusable afterwards
 */
void object_free(struct object *o)
{
	crypto_wipe(o->data, o->capacity);
	free(o->data);
	*o = OBJECT_INIT;
}
