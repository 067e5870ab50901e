// SPDX-License-Identifier: GPL-2.0 OR MIT
/* content.c - the fixed part and the link part of a .cask file. */
#include "parse.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define DATA_ALIGN	4096

/**
 * cask_content_length() - how long the fixed part of a file is
 * @data: start of the file
 * @len: bytes of @data, at least sizeof(struct cask_head)
 *
 * Return: bytes, at most CASK_CONTENT_FIXED_MAX, or -EINVAL when it does not
 * begin like a .cask file.
 */
int cask_content_length(const void *data, size_t len)
{
	const __u8 *p = data;
	__u32 length;

	if (len < sizeof(struct cask_head) || cask_le32(p) != CASK_MAGIC ||
	    cask_le16(p + 4) != CASK_TYPE_CONTENT)
		return -EINVAL;
	length = cask_le32(p + 8);
	return length < sizeof(struct cask_head) || length > CASK_CONTENT_FIXED_MAX ?
		-EINVAL : (int)length;
}

static void read_layout(struct cask_content *c)
{
	const __u8 *p = c->layout.data;

	c->suite = cask_le32(p + offsetof(struct cask_layout, suite));
	c->block_size = cask_le32(p + offsetof(struct cask_layout, block_size));
	c->plain_size = cask_le64(p + offsetof(struct cask_layout, plain_size));
	c->link_offset = cask_le32(p + offsetof(struct cask_layout, link_offset));
	c->link_capacity = cask_le32(p + offsetof(struct cask_layout, link_capacity));
	c->data_offset = cask_le64(p + offsetof(struct cask_layout, data_offset));
}

/* Every later sum of these stays far below 2^63. */
static int check_layout(const struct cask_content *c, size_t len)
{
	if (!cask_suite_is_file(c->suite))
		return -EOPNOTSUPP;
	if (c->block_size < CASK_BLOCK_SIZE_MIN || c->block_size > CASK_BLOCK_SIZE_MAX ||
	    c->block_size & (c->block_size - 1))
		return -EINVAL;
	if (c->plain_size > CASK_PLAIN_SIZE_MAX)
		return -EINVAL;
	if (c->link_offset != len || c->link_capacity > CASK_LINK_MAX)
		return -EINVAL;
	if (c->data_offset % DATA_ALIGN || c->data_offset < (__u64)len + c->link_capacity ||
	    c->data_offset - len - c->link_capacity >= DATA_ALIGN)
		return -EINVAL;
	return 0;
}

/**
 * cask_content_parse() - read the fixed part
 * @c: what it says
 * @data: the CONTENT object
 * @len: bytes of @data, from cask_content_length()
 *
 * The caller checks the MAC: @c->mac over @c->maced. Return: 0, -EINVAL when
 * malformed, -EOPNOTSUPP for an unknown critical section or suite.
 */
int cask_content_parse(struct cask_content *c, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(CONTENT_ID, BYTES, 1, CASK_ID_SIZE, CASK_ID_SIZE,
			   cask_content, content_id),
		CASK_FIELD(LAYOUT, BYTES, 1, sizeof(struct cask_layout),
			   sizeof(struct cask_layout), cask_content, layout),
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE, cask_content, issuer),
		CASK_FIELD(MEDIA_TYPE, TEXT, 1, 1, CASK_TEXT_MAX, cask_content, media_type),
		CASK_FIELD(TITLE, TEXT, 0, 1, CASK_TEXT_MAX, cask_content, title),
		CASK_FIELD(HEADER_MAC, BYTES, 1, CASK_MAC_SIZE, CASK_MAC_SIZE, cask_content, mac),
	};
	struct cask_object o;
	int ret;

	memset(c, 0, sizeof(*c));
	if (len > CASK_CONTENT_FIXED_MAX)
		return -EINVAL;
	ret = cask_object_open(&o, data, len, CASK_TYPE_CONTENT);
	if (ret)
		return ret;
	ret = cask_object_decode(&o, fields, COUNT(fields), c, NULL);
	if (ret)
		return ret;
	ret = cask_object_maced(&o, &c->mac, &c->maced);
	if (ret)
		return ret;
	read_layout(c);
	return check_layout(c, len);
}

/* Another method would be another way to the key, which this version does not know. */
static int read_key(struct cask_link *l)
{
	int ret = l->slot.data ? cask_slot_parse(&l->key, &l->slot) : 0;

	l->has_key = l->slot.data;
	return ret ?: l->has_key && l->key.method != CASK_METHOD_EKB ? -EOPNOTSUPP : 0;
}

/**
 * cask_link_parse() - read the link part
 * @l: what it says; all absent for an empty one
 * @data: the reserved bytes
 * @len: bytes of @data
 *
 * License and URL are hints, so the caller may go on as with an empty link when it is malformed.
 * Return: 0, -EINVAL, -EOPNOTSUPP.
 */
int cask_link_parse(struct cask_link *l, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(LINK_LICENSE, BYTES, 0, CASK_ID_SIZE, CASK_ID_SIZE,
			   cask_link, license_id),
		CASK_FIELD(LINK_URL, TEXT, 0, 1, CASK_TEXT_MAX, cask_link, url),
		CASK_FIELD(LINK_KEY, BYTES, 0, CASK_EKB_SLOT_SIZE, CASK_EKB_SLOT_SIZE,
			   cask_link, slot),
	};
	const __u8 *p = data;
	struct cask_object o;
	int ret;

	memset(l, 0, sizeof(*l));
	if (len < sizeof(struct cask_head) || !cask_le32(p))
		return 0;
	if (cask_le32(p + 8) > len)
		return -EINVAL;
	ret = cask_object_open(&o, p, cask_le32(p + 8), CASK_TYPE_LINK);
	return ret ?: cask_object_decode(&o, fields, COUNT(fields), l, NULL) ?: read_key(l);
}
