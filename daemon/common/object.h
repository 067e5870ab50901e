/* SPDX-License-Identifier: GPL-2.0 */
/*
 * object.h - write objects of sections (Documentation/formats.rst).
 *
 * The writer's error is sticky: add everything, look once at object_end().
 *
 *	struct object o = OBJECT_INIT;
 *
 *	object_begin(&o, CASK_TYPE_LINK);
 *	object_text(&o, CASK_SEC_LINK_URL, 0, url);
 *	err = object_end(&o, &bytes, &size);
 */
#ifndef CASK_COMMON_OBJECT_H
#define CASK_COMMON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any object of this version; what grows beyond it is a mistake. */
#define OBJECT_MAX	(1U << 20)

/**
 * struct object - an object being written
 * @data: bytes so far; owned by the writer until object_end()
 * @size: how many
 * @capacity: of @data
 * @error: first error, negative errno; what follows it does nothing
 * @begun: the head is written
 * @last_type: type of the last section
 */
struct object {
	uint8_t *data;
	size_t size;
	size_t capacity;
	int error;
	bool begun;
	uint16_t last_type;
};

#define OBJECT_INIT	((struct object){ 0 })

void object_begin(struct object *o, uint16_t type);
void object_add(struct object *o, uint16_t type, uint16_t flags,
		const void *value, size_t size);
void object_u32(struct object *o, uint16_t type, uint16_t flags, uint32_t value);
void object_u64(struct object *o, uint16_t type, uint16_t flags, uint64_t value);
void object_text(struct object *o, uint16_t type, uint16_t flags, const char *text);
void object_mac(struct object *o, uint16_t type, const uint8_t key[32]);
int object_end(struct object *o, uint8_t **ret_data, size_t *ret_size);
void object_free(struct object *o);

#endif /* CASK_COMMON_OBJECT_H */
