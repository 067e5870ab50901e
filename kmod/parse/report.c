// SPDX-License-Identifier: GPL-2.0 OR MIT
/* report.c - a device's report of uses, and a distributor's word that they are on record. */
#include "parse.h"

#define ENTRY_SIZE	sizeof(struct cask_log_entry)

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct cask_field report_fields[] = {
	CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE, cask_report_view, issuer),
	CASK_FIELD(DEVICE_ID, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE, cask_report_view, device_id),
	CASK_FIELD(LOG_PLACE, BYTES, 1, sizeof(struct cask_log_place),
		   sizeof(struct cask_log_place), cask_report_view, place),
	CASK_FIELD(LOG_ENTRIES, BYTES, 1, ENTRY_SIZE, CASK_LOG_SIZE_MAX, cask_report_view, entries),
	CASK_FIELD(LOG_MAC, BYTES, 1, CASK_MAC_SIZE, CASK_MAC_SIZE, cask_report_view, mac),
};

static const struct cask_field acknowledgement_fields[] = {
	CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE, cask_report_view, issuer),
	CASK_FIELD(DEVICE_ID, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE, cask_report_view, device_id),
	CASK_FIELD(LOG_PLACE, BYTES, 1, sizeof(struct cask_log_place),
		   sizeof(struct cask_log_place), cask_report_view, place),
	CASK_FIELD(LOG_MAC, BYTES, 1, CASK_MAC_SIZE, CASK_MAC_SIZE, cask_report_view, mac),
};

static int decode(struct cask_report_view *r, struct cask_object *o,
		  const struct cask_field *fields, unsigned int count)
{
	int ret = cask_object_decode(o, fields, count, r, NULL);

	ret = ret ? ret : cask_object_maced(o, &r->mac, &r->maced);
	if (ret)
		return ret;
	r->series = r->place.data;
	r->number = cask_le64(r->place.data + offsetof(struct cask_log_place, number));
	r->count = r->entries.len / ENTRY_SIZE;
	return r->number ? 0 : -EINVAL;
}

static int check_entry(const __u8 *p)
{
	static const __u8 none[CASK_ID_SIZE];
	__u32 event = cask_le32(p + offsetof(struct cask_log_entry, event));
	__u32 unit = cask_le32(p + offsetof(struct cask_log_entry, unit));

	if (!memcmp(p + offsetof(struct cask_log_entry, license_id), none, sizeof(none)) ||
	    cask_le64(p + offsetof(struct cask_log_entry, amount)) > CASK_METER_MAX)
		return -EINVAL;
	return event >= CASK_LOG_OPENED && event <= CASK_LOG_RETURNED && unit <= CASK_UNIT_SECONDS ?
		0 : -EOPNOTSUPP;
}

/**
 * cask_report_parse() - read a REPORT
 * @r: what it says
 * @data: the object
 * @len: bytes of @data
 *
 * The caller checks the MAC: @r->mac over @r->maced. Return: 0; -EINVAL when malformed;
 * -EOPNOTSUPP for an unknown critical section, event or unit.
 */
int cask_report_parse(struct cask_report_view *r, const void *data, size_t len)
{
	struct cask_object o;
	size_t i;
	int ret;

	memset(r, 0, sizeof(*r));
	ret = cask_object_open(&o, data, len, CASK_TYPE_REPORT) ?:
	      decode(r, &o, report_fields, COUNT(report_fields));
	if (ret)
		return ret;
	/* The place behind the last has a number, too. */
	if (r->entries.len % ENTRY_SIZE || r->number > ~0ULL - r->count)
		return -EINVAL;
	for (i = 0; i < r->count && !ret; i++)
		ret = check_entry(r->entries.data + i * ENTRY_SIZE);
	return ret;
}

/**
 * cask_acknowledgement_parse() - read an ACKNOWLEDGEMENT
 * @r: what it says
 * @data: the object
 * @len: bytes of @data
 *
 * The caller checks the MAC: @r->mac over @r->maced. Return: 0; -EINVAL when malformed;
 * -EOPNOTSUPP for an unknown critical section.
 */
int cask_acknowledgement_parse(struct cask_report_view *r, const void *data, size_t len)
{
	struct cask_object o;

	memset(r, 0, sizeof(*r));
	return cask_object_open(&o, data, len, CASK_TYPE_ACKNOWLEDGEMENT) ?:
	       decode(r, &o, acknowledgement_fields, COUNT(acknowledgement_fields));
}

/**
 * cask_report_build() - write a REPORT, but for the MAC, which is its last CASK_MAC_SIZE bytes
 * @out: where to
 * @r: what it says; of @r->place and @r->mac nothing is needed
 *
 * Return: bytes of the whole object.
 */
size_t cask_report_build(__u8 out[CASK_REPORT_MAX], const struct cask_report_view *r)
{
	struct cask_log_place place;
	__u8 *p = out + sizeof(struct cask_head);

	memcpy(place.series, r->series, sizeof(place.series));
	cask_put_le64((__u8 *)&place.number, r->number);
	p = cask_section_put(p, CASK_SEC_ISSUER, r->issuer.data, CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_DEVICE_ID, r->device_id.data, CASK_KID_SIZE);
	p = cask_section_put(p, CASK_SEC_LOG_PLACE, &place, sizeof(place));
	p = cask_section_put(p, CASK_SEC_LOG_ENTRIES, r->entries.data, r->count * ENTRY_SIZE);
	p = cask_section_put(p, CASK_SEC_LOG_MAC, NULL, CASK_MAC_SIZE);
	cask_head_put(out, CASK_TYPE_REPORT, p - out);
	return p - out;
}
