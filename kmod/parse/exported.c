// SPDX-License-Identifier: GPL-2.0 OR MIT
/* exported.c - copies of licenses that lie on media, without counts. */
#include "parse.h"

_Static_assert(sizeof(struct cask_exported_record) == 156, "cask_exported_record");
_Static_assert(sizeof(struct cask_lent) == 20, "cask_lent");

#define AT(member)	offsetof(struct cask_exported_record, member)

static void take_license(struct cask_license_view *l, const __u8 *p)
{
	l->content_id = (struct cask_bytes){ p + AT(content_id), CASK_ID_SIZE };
	l->not_before = cask_le64(p + AT(not_before));
	l->not_after = cask_le64(p + AT(not_after));
	l->version = cask_le32(p + AT(version));
	l->operations = cask_le32(p + AT(operations));
	l->suite = cask_le32(p + AT(suite));
	l->min_level = cask_le32(p + AT(min_level));
	l->max_opens = CASK_OPENS_ANY;
	l->max_offline_opens = CASK_OPENS_ANY;
}

/**
 * cask_exported_parse() - read an EXPORTED
 * @e: what it says; to be believed when its key opens
 * @issuer: of the record, CASK_KID_SIZE bytes
 * @license_id: its name, CASK_ID_SIZE bytes
 * @value: its value
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP as cask_license_check_rights().
 */
int cask_exported_parse(struct cask_exported_view *e, const __u8 *issuer, const __u8 *license_id,
			const struct cask_bytes *value)
{
	const __u8 *p = value->data;

	memset(e, 0, sizeof(*e));
	if (value->len != sizeof(struct cask_exported_record))
		return -EINVAL;
	e->license.issuer = (struct cask_bytes){ issuer, CASK_KID_SIZE };
	e->license.license_id = (struct cask_bytes){ license_id, CASK_ID_SIZE };
	take_license(&e->license, p);
	e->signer = (struct cask_bytes){ p + AT(signer), CASK_KID_SIZE };
	e->device_id = (struct cask_bytes){ p + AT(device_id), CASK_KID_SIZE };
	if (cask_bytes_are_zero(&e->device_id))
		e->device_id = (struct cask_bytes){ NULL, 0 };
	e->bound = (struct cask_bytes){ p, AT(wrapped) };
	e->wrapped = (struct cask_bytes){ p + AT(wrapped), CASK_MEDIUM_WRAP_SIZE };
	/* The key of a class opens media: it is on none. */
	if (e->license.suite == CASK_SUITE_MEDIUM_CLASS)
		return -EINVAL;
	return cask_license_check_rights(&e->license);
}
