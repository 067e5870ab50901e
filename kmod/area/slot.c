// SPDX-License-Identifier: GPL-2.0 OR MIT
/* slot.c - the head of a slot of the secure area, read and written. */
#include "area.h"

/**
 * cask_area_length() - how long a slot is
 * @data: its first bytes
 * @len: bytes of @data
 *
 * What lies behind it is of longer images before. Return: bytes; @len when it does
 * not begin as a slot does.
 */
size_t cask_area_length(const void *data, size_t len)
{
	const __u8 *p = data;
	__u32 length;

	if (len < sizeof(struct cask_head) || cask_le32(p) != CASK_MAGIC)
		return len;
	length = cask_le32(p + offsetof(struct cask_head, length));
	return length <= CASK_AREA_MAX ? length : len;
}

#define AREA_FIELD(type, kind, min, max, member) \
	CASK_FIELD(type, kind, true, min, max, cask_area_view, member)

/**
 * cask_area_parse() - read a slot
 * @a: what it says; to be believed when its tag is authentic
 * @data: the slot, nothing before or after it
 * @len: bytes of @data
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP when it is of a later version.
 */
int cask_area_parse(struct cask_area_view *a, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		AREA_FIELD(STORAGE_ID, BYTES, CASK_ID_SIZE, CASK_ID_SIZE, storage_id),
		AREA_FIELD(COUNTER, LE64, 0, 0, counter),
		AREA_FIELD(SALT, BYTES, CASK_AREA_SALT_SIZE, CASK_AREA_SALT_SIZE, salt),
		AREA_FIELD(RECORDS, BYTES, CASK_GCM_TAG_SIZE, CASK_AREA_MAX, sealed),
	};
	struct cask_object o;
	int ret;

	memset(a, 0, sizeof(*a));
	ret = len > CASK_AREA_MAX ? -EINVAL : cask_object_open(&o, data, len, CASK_TYPE_AREA);
	ret = ret ? ret : cask_object_decode(&o, fields, sizeof(fields) / sizeof(fields[0]), a, NULL);
	if (ret)
		return ret;
	/* Nothing else: this device wrote it. */
	if (len - a->sealed.len != CASK_AREA_HEAD_SIZE || !a->counter)
		return -EINVAL;
	a->head.data = data;
	a->head.len = CASK_AREA_HEAD_SIZE;
	return 0;
}

/**
 * cask_area_head() - write the head of a slot
 * @out: what comes before the enciphered records
 * @storage_id: CASK_ID_SIZE bytes
 * @counter: of the image
 * @salt: CASK_AREA_SALT_SIZE bytes
 * @records: bytes of the records
 */
void cask_area_head(__u8 out[CASK_AREA_HEAD_SIZE], const __u8 *storage_id, __u64 counter,
		    const __u8 *salt, size_t records)
{
	__u8 count[8], *p = out;

	cask_head_put(p, CASK_TYPE_AREA, CASK_AREA_OVERHEAD + records);
	cask_put_le64(count, counter);
	p = cask_section_put(p + sizeof(struct cask_head), CASK_SEC_STORAGE_ID, storage_id,
			     CASK_ID_SIZE);
	p = cask_section_put(p, CASK_SEC_COUNTER, count, sizeof(count));
	p = cask_section_put(p, CASK_SEC_SALT, salt, CASK_AREA_SALT_SIZE);
	cask_section_put(p, CASK_SEC_RECORDS, NULL, records + CASK_GCM_TAG_SIZE);
}
