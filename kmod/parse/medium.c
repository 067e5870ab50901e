// SPDX-License-Identifier: GPL-2.0 OR MIT
/* medium.c - a medium's first layer, the images of its second, and backups of them. */
#include "parse.h"

_Static_assert(sizeof(struct cask_medium_layout) == 24, "cask_medium_layout");

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define MEDIUM_FIELD(type, kind, required, size, member) \
	CASK_FIELD(type, kind, required, size, size, cask_medium_view, member)
#define IMAGE_FIELD(type, kind, required, min, max, member) \
	CASK_FIELD(type, kind, required, min, max, cask_image_view, member)

#define LAYOUT_AT(member)	offsetof(struct cask_medium_layout, member)

/* Nothing lies over anything else, and no sum of offset and size overflows. */
static int take_layout(struct cask_medium_view *m)
{
	const __u8 *p = m->layout.data;

	m->slot_size = cask_le32(p + LAYOUT_AT(slot_size));
	m->third_offset = cask_le64(p + LAYOUT_AT(third_offset));
	m->third_size = cask_le64(p + LAYOUT_AT(third_size));
	if (cask_le32(p + LAYOUT_AT(reserved)))
		return -EINVAL;
	return cask_medium_check_layout(m);
}

/**
 * cask_medium_check_layout() - whether the layers of a medium have room
 * @m: its layout, from outside
 *
 * Return: 0 or -EINVAL.
 */
int cask_medium_check_layout(const struct cask_medium_view *m)
{
	if (m->slot_size < CASK_LAYER_MIN || m->slot_size > CASK_LAYER_MAX || m->slot_size % 4096 ||
	    m->third_offset % 4096 || m->third_size % 4096)
		return -EINVAL;
	if (m->third_offset < CASK_MEDIUM_SECOND + 2 * (__u64)m->slot_size ||
	    m->third_offset > CASK_PLAIN_SIZE_MAX || m->third_size > CASK_PLAIN_SIZE_MAX)
		return -EINVAL;
	return 0;
}

/**
 * cask_medium_parse() - read a first layer
 * @m: what it says; to be believed when its MAC is authentic
 * @data: the first layer, zeros or anything else behind the object
 * @len: bytes of @data
 *
 * Return: 0; -EINVAL when it is none; -EOPNOTSUPP when it is of a later version.
 */
int cask_medium_parse(struct cask_medium_view *m, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		MEDIUM_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, issuer),
		MEDIUM_FIELD(MEDIUM_NUMBER, BYTES, 1, CASK_MEDIUM_NUMBER_SIZE, number),
		MEDIUM_FIELD(MEDIUM_CLASS, BYTES, 1, CASK_ID_SIZE, class_id),
		MEDIUM_FIELD(MEDIUM_LAYOUT, BYTES, 1, sizeof(struct cask_medium_layout), layout),
		MEDIUM_FIELD(APPARATUS, BYTES, 0, CASK_X25519_SIZE, apparatus),
		MEDIUM_FIELD(MEDIUM_MAC, BYTES, 1, CASK_MAC_SIZE, mac),
	};
	const __u8 *p = data;
	struct cask_object o;
	__u32 length;
	int ret;

	memset(m, 0, sizeof(*m));
	if (len < sizeof(struct cask_head))
		return -EINVAL;
	length = cask_le32(p + offsetof(struct cask_head, length));
	if (length > len || length > CASK_MEDIUM_HEAD_MAX)
		return -EINVAL;
	ret = cask_object_open(&o, data, length, CASK_TYPE_MEDIUM);
	ret = ret ? ret : cask_object_decode(&o, fields, COUNT(fields), m, NULL);
	if (ret)
		return ret;
	ret = cask_object_maced(&o, &m->mac, &m->maced);
	return ret ? ret : take_layout(m);
}

/**
 * cask_medium_build() - write a first layer
 * @out: CASK_MEDIUM_HEAD_MAX bytes
 * @m: issuer, number, class_id, apparatus or nothing, and the layout's numbers
 *
 * Return: where the MAC's CASK_MAC_SIZE bytes go, of all bytes before them; they are the last.
 */
__u8 *cask_medium_build(__u8 *out, const struct cask_medium_view *m)
{
	__u8 layout[sizeof(struct cask_medium_layout)] = { 0 };
	__u8 *p = out + sizeof(struct cask_head);

	cask_put_le32(layout + LAYOUT_AT(slot_size), m->slot_size);
	cask_put_le64(layout + LAYOUT_AT(third_offset), m->third_offset);
	cask_put_le64(layout + LAYOUT_AT(third_size), m->third_size);
	p = cask_section_put(p, CASK_SEC_ISSUER, m->issuer.data, CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_MEDIUM_NUMBER, m->number.data, CASK_MEDIUM_NUMBER_SIZE);
	p = cask_section_put(p, CASK_SEC_MEDIUM_CLASS, m->class_id.data, CASK_ID_SIZE);
	p = cask_section_put(p, CASK_SEC_MEDIUM_LAYOUT, layout, sizeof(layout));
	if (m->apparatus.data)
		p = cask_section_put(p, CASK_SEC_APPARATUS, m->apparatus.data, CASK_X25519_SIZE);
	p = cask_section_put(p, CASK_SEC_MEDIUM_MAC, NULL, CASK_MAC_SIZE);
	cask_head_put(out, CASK_TYPE_MEDIUM, p - out);
	return p - CASK_MAC_SIZE;
}

/* Which sections there are beside those that every image has. */
static int check_image(const struct cask_image_view *i, __u16 type)
{
	if (type == CASK_TYPE_LAYER)
		return i->issuer.data || i->number.data || i->class_id.data || i->apparatus.data ||
		       i->derivation || i->locks ? -EINVAL : 0;
	if (!i->issuer.data || !i->number.data || !i->class_id.data)
		return -EINVAL;
	if (i->derivation < CASK_DERIVATION_NUMBER || i->derivation > CASK_DERIVATION_ENCIPHERED ||
	    i->locks < CASK_LOCKS_MEDIUM || i->locks > CASK_LOCKS_APPARATUS_MEDIUM)
		return -EOPNOTSUPP;
	if (!i->enc.data != !i->apparatus.data || !i->enc.data != (i->locks == CASK_LOCKS_MEDIUM))
		return -EINVAL;
	return 0;
}

/**
 * cask_image_parse() - read a LAYER or a BACKUP
 * @i: what it says; to be believed when its tags are authentic
 * @data: the object, nothing before or after it
 * @len: bytes of @data
 * @type: CASK_TYPE_LAYER or CASK_TYPE_BACKUP
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP when it is of a later version, or sealed in an unknown way.
 */
int cask_image_parse(struct cask_image_view *i, const void *data, size_t len, __u16 type)
{
	static const struct cask_field fields[] = {
		IMAGE_FIELD(ISSUER, BYTES, 0, CASK_KID_SIZE, CASK_KID_SIZE, issuer),
		IMAGE_FIELD(COUNTER, LE64, 1, 0, 0, counter),
		IMAGE_FIELD(SALT, BYTES, 1, CASK_AREA_SALT_SIZE, CASK_AREA_SALT_SIZE, salt),
		IMAGE_FIELD(ENC, BYTES, 0, CASK_HPKE_ENC_SIZE, CASK_HPKE_ENC_SIZE, enc),
		IMAGE_FIELD(MEDIUM_NUMBER, BYTES, 0, CASK_MEDIUM_NUMBER_SIZE,
			    CASK_MEDIUM_NUMBER_SIZE, number),
		IMAGE_FIELD(MEDIUM_CLASS, BYTES, 0, CASK_ID_SIZE, CASK_ID_SIZE, class_id),
		IMAGE_FIELD(APPARATUS, BYTES, 0, CASK_X25519_SIZE, CASK_X25519_SIZE, apparatus),
		IMAGE_FIELD(DERIVATION, LE32, 0, 0, 0, derivation),
		IMAGE_FIELD(LOCKS, LE32, 0, 0, 0, locks),
		IMAGE_FIELD(RECORDS, BYTES, 1, CASK_GCM_TAG_SIZE, CASK_LAYER_MAX, sealed),
	};
	struct cask_object o;
	int ret;

	memset(i, 0, sizeof(*i));
	ret = len > CASK_BACKUP_MAX ? -EINVAL : cask_object_open(&o, data, len, type);
	ret = ret ? ret : cask_object_decode(&o, fields, COUNT(fields), i, NULL);
	ret = ret ? ret : check_image(i, type);
	if (ret)
		return ret;
	i->tags = i->enc.data ? 2 * CASK_GCM_TAG_SIZE : CASK_GCM_TAG_SIZE;
	if (!i->counter || i->sealed.len < i->tags ||
	    i->sealed.data + i->sealed.len != (const __u8 *)data + len)
		return -EINVAL;
	i->head.data = data;
	i->head.len = len - i->sealed.len;
	return 0;
}

static __u8 *put_le32(__u8 *p, __u16 type, __u32 value)
{
	__u8 v[4];

	cask_put_le32(v, value);
	return cask_section_put(p, type, v, sizeof(v));
}

/**
 * cask_image_build() - write what comes before the records of a LAYER or a BACKUP
 * @out: CASK_BACKUP_OVERHEAD bytes
 * @i: counter, salt, enc or nothing; of a BACKUP all but sealed and head
 * @type: CASK_TYPE_LAYER or CASK_TYPE_BACKUP
 * @records: bytes of the records, without tags
 *
 * Return: bytes written.
 */
size_t cask_image_build(__u8 *out, const struct cask_image_view *i, __u16 type, size_t records)
{
	size_t sealed = records + (i->enc.data ? 2 : 1) * CASK_GCM_TAG_SIZE;
	__u8 counter[8], *p = out + sizeof(struct cask_head);
	bool backup = type == CASK_TYPE_BACKUP;

	cask_put_le64(counter, i->counter);
	if (backup)
		p = cask_section_put(p, CASK_SEC_ISSUER, i->issuer.data, CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_COUNTER, counter, sizeof(counter));
	p = cask_section_put(p, CASK_SEC_SALT, i->salt.data, CASK_AREA_SALT_SIZE);
	if (i->enc.data)
		p = cask_section_put(p, CASK_SEC_ENC, i->enc.data, CASK_HPKE_ENC_SIZE);
	if (backup) {
		p = cask_section_put(p, CASK_SEC_MEDIUM_NUMBER, i->number.data,
				     CASK_MEDIUM_NUMBER_SIZE);
		p = cask_section_put(p, CASK_SEC_MEDIUM_CLASS, i->class_id.data, CASK_ID_SIZE);
		if (i->enc.data)
			p = cask_section_put(p, CASK_SEC_APPARATUS, i->apparatus.data,
					     CASK_X25519_SIZE);
		p = put_le32(p, CASK_SEC_DERIVATION, i->derivation);
		p = put_le32(p, CASK_SEC_LOCKS, i->locks);
	}
	/* Its length; the bytes are the caller's. */
	p = cask_section_put(p, CASK_SEC_RECORDS, NULL, 0);
	cask_put_le32(p - sizeof(struct cask_section) + offsetof(struct cask_section, length), sealed);
	cask_head_put(out, type, p - out + sealed);
	return p - out;
}
