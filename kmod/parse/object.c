// SPDX-License-Identifier: GPL-2.0 OR MIT
/* object.c - the head and the sections that every Cask object is made of. */
#include "parse.h"

/* What is on disks and wires. */
_Static_assert(sizeof(struct cask_head) == 12, "cask_head");
_Static_assert(sizeof(struct cask_section) == 8, "cask_section");
_Static_assert(sizeof(struct cask_slot) == 36, "cask_slot");
_Static_assert(sizeof(struct cask_layout) == 32, "cask_layout");
_Static_assert(sizeof(struct cask_block_aad) == 28, "cask_block_aad");

#define HEAD_SIZE	sizeof(struct cask_head)
#define SECTION_SIZE	sizeof(struct cask_section)

/**
 * cask_section_put() - write a critical section
 * @p: where to
 * @type: enum cask_section_type
 * @value: NULL leaves the place as it is
 * @len: bytes of @value
 *
 * Return: behind it.
 */
__u8 *cask_section_put(__u8 *p, __u16 type, const void *value, size_t len)
{
	cask_put_le16(p, type);
	cask_put_le16(p + 2, CASK_SECTION_CRITICAL);
	cask_put_le32(p + 4, len);
	p += SECTION_SIZE;
	if (value)
		memcpy(p, value, len);
	return p + len;
}

/**
 * cask_head_put() - write the head of an object
 * @p: where to
 * @type: enum cask_type
 * @len: bytes of the whole object
 */
void cask_head_put(__u8 *p, __u16 type, size_t len)
{
	cask_put_le32(p, CASK_MAGIC);
	cask_put_le16(p + 4, type);
	cask_put_le16(p + 6, CASK_FORMAT_VERSION);
	cask_put_le32(p + 8, len);
}

/**
 * cask_object_open() - begin to read an object
 * @o: set up for cask_object_next()
 * @data: the object, nothing before or after it
 * @len: bytes of @data
 * @type: enum cask_type that it must be
 *
 * Return: 0; -EINVAL when it is not an object of @type or not @len bytes long;
 * -EOPNOTSUPP when its version is another.
 */
int cask_object_open(struct cask_object *o, const void *data, size_t len, __u16 type)
{
	const __u8 *p = data;

	if (len < HEAD_SIZE || cask_le32(p) != CASK_MAGIC || cask_le16(p + 4) != type)
		return -EINVAL;
	if (cask_le16(p + 6) != CASK_FORMAT_VERSION)
		return -EOPNOTSUPP;
	if (cask_le32(p + 8) != len)
		return -EINVAL;
	o->all.data = p;
	o->all.len = len;
	o->pos = HEAD_SIZE;
	o->last = 0;
	return 0;
}

/**
 * cask_object_next() - read the next section
 * @o: from cask_object_open()
 * @s: the section, when 1 is returned
 *
 * Return: 1, or 0 at the end, or -EINVAL when the section is malformed or out
 * of order.
 */
int cask_object_next(struct cask_object *o, struct cask_sec *s)
{
	size_t left = o->all.len - o->pos;
	const __u8 *p = o->all.data + o->pos;
	__u16 type, flags;
	__u32 length;

	if (!left)
		return 0;
	if (left < SECTION_SIZE)
		return -EINVAL;
	type = cask_le16(p);
	flags = cask_le16(p + 2);
	length = cask_le32(p + 4);
	if (length > left - SECTION_SIZE || flags & ~CASK_SECTION_CRITICAL)
		return -EINVAL;
	if (type < o->last || (type == o->last && type != CASK_SEC_SLOT) || !type)
		return -EINVAL;

	s->type = type;
	s->critical = flags & CASK_SECTION_CRITICAL;
	s->offset = o->pos;
	s->value.data = p + SECTION_SIZE;
	s->value.len = length;
	o->last = type;
	o->pos += SECTION_SIZE + length;
	return 1;
}

/* One well-formed UTF-8 sequence at p (RFC 3629); returns its length or 0. */
static size_t utf8(const __u8 *p, size_t left)
{
	__u32 c = p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	size_t i;

	if (!n || n > left)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n == 3) {
		c &= 0xffff;
		if (c < 0x800 || (c >= 0xd800 && c < 0xe000))
			return 0;
	}
	if (n == 4) {
		c &= 0x1fffff;
		if (c < 0x10000 || c > 0x10ffff)
			return 0;
	}
	return n;
}

/* Text ends up on terminals and in logs: no control characters (C0, DEL, C1). */
static bool printable(const struct cask_bytes *b)
{
	size_t i, n;

	for (i = 0; i < b->len; i += n) {
		n = utf8(b->data + i, b->len - i);
		if (!n || b->data[i] < 0x20 || b->data[i] == 0x7f)
			return false;
		if (n == 2 && b->data[i] == 0xc2 && b->data[i + 1] < 0xa0)
			return false;
	}
	return true;
}

static int store(const struct cask_field *f, const struct cask_bytes *v, void *out)
{
	void *to = (char *)out + f->offset;

	switch (f->kind) {
	case CASK_KIND_LE32:
		if (v->len != 4)
			return -EINVAL;
		*(__u32 *)to = cask_le32(v->data);
		return 0;
	case CASK_KIND_LE64:
		if (v->len != 8)
			return -EINVAL;
		*(__u64 *)to = cask_le64(v->data);
		return 0;
	case CASK_KIND_TEXT:
		if (!printable(v))
			return -EINVAL;
		break;
	}
	if (v->len < f->min || v->len > f->max)
		return -EINVAL;
	*(struct cask_bytes *)to = *v;
	return 0;
}

/**
 * cask_object_decode() - read sections into a struct by a table
 * @o: from cask_object_open()
 * @fields: ascending by type
 * @count: how many
 * @out: struct that the table's offsets are of; members whose section is
 *	absent are left as they are
 * @stop: NULL, or where a SLOT goes, which then ends the decoding
 *
 * Return: 0 when all is read, 1 when @stop was filled in, -EINVAL for a
 * malformed or missing section, -EOPNOTSUPP for an unknown critical one.
 */
int cask_object_decode(struct cask_object *o, const struct cask_field *fields,
		       unsigned int count, void *out, struct cask_sec *stop)
{
	struct cask_sec s;
	unsigned int i = 0;
	int ret;

	while ((ret = cask_object_next(o, &s)) > 0) {
		for (; i < count && fields[i].type < s.type; i++)
			if (fields[i].required)
				return -EINVAL;
		if (i < count && fields[i].type == s.type) {
			ret = store(&fields[i++], &s.value, out);
			if (ret)
				return ret;
		} else if (stop && s.type == CASK_SEC_SLOT) {
			*stop = s;
			break;
		} else if (s.critical) {
			return -EOPNOTSUPP;
		}
	}
	for (; i < count; i++)
		if (fields[i].required)
			return -EINVAL;
	return ret;
}

/**
 * cask_object_maced() - what the MAC at the end of an object covers
 * @o: decoded
 * @mac: value of its MAC's section
 * @ret: all before that
 *
 * Return: 0; -EINVAL when something stands behind the MAC: it would not be under it.
 */
int cask_object_maced(const struct cask_object *o, const struct cask_bytes *mac,
		      struct cask_bytes *ret)
{
	if (mac->data + mac->len != o->all.data + o->all.len)
		return -EINVAL;
	ret->data = o->all.data;
	ret->len = o->all.len - mac->len;
	return 0;
}
