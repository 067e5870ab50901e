// SPDX-License-Identifier: GPL-2.0 OR MIT
/* statement.c - payloads of statements: GRANT, SCOPE, LICENSE, REANCHOR, TIME. */
#include "parse.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define BODY_HEAD_SIZE	8	/* magic, type, version: not the length, which slots add to */

static int decode(const void *data, size_t len, __u16 type,
		  const struct cask_field *fields, unsigned int count, void *out)
{
	struct cask_object o;
	int ret = cask_object_open(&o, data, len, type);

	return ret ?: cask_object_decode(&o, fields, count, out, NULL);
}

/**
 * cask_grant_parse() - read a GRANT
 * @g: what it says
 * @data: payload of the statement
 * @len: bytes of @data
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP as cask_object_decode().
 */
int cask_grant_parse(struct cask_grant *g, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(SEQUENCE, LE64, 1, 0, 0, cask_grant, sequence),
		CASK_FIELD(SIGNER, BYTES, 1, 1, CASK_COSE_KEY_MAX, cask_grant, signer),
	};

	memset(g, 0, sizeof(*g));
	return decode(data, len, CASK_TYPE_GRANT, fields, COUNT(fields), g);
}

/**
 * cask_scope_parse() - read a SCOPE
 * @s: what it says
 * @data: payload of the statement
 * @len: bytes of @data
 *
 * Return: 0; -EINVAL when malformed or its period ends before it begins;
 * -EOPNOTSUPP for an unknown critical section or purpose.
 */
int cask_scope_parse(struct cask_scope *s, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(PURPOSES, LE32, 1, 0, 0, cask_scope, purposes),
		CASK_FIELD(NAMESPACE, BYTES, 1, 0, CASK_ID_SIZE, cask_scope, namespace_),
		CASK_FIELD(NOT_BEFORE, LE64, 1, 0, 0, cask_scope, not_before),
		CASK_FIELD(NOT_AFTER, LE64, 1, 0, 0, cask_scope, not_after),
		CASK_FIELD(SEQUENCE, LE64, 1, 0, 0, cask_scope, sequence),
		CASK_FIELD(SIGNER, BYTES, 1, 1, CASK_COSE_KEY_MAX, cask_scope, signer),
		CASK_FIELD(SERVER_KEY, BYTES, 1, CASK_X25519_SIZE, CASK_X25519_SIZE,
			   cask_scope, server_key),
		CASK_FIELD(NAME, TEXT, 1, 1, 64, cask_scope, name),
	};
	int ret;

	memset(s, 0, sizeof(*s));
	ret = decode(data, len, CASK_TYPE_SCOPE, fields, COUNT(fields), s);
	if (ret)
		return ret;
	if (s->purposes & ~CASK_PURPOSE_ALL)
		return -EOPNOTSUPP;
	/* Every scope ends; 0 means for ever elsewhere. */
	return !s->not_after || s->not_before > s->not_after ? -EINVAL : 0;
}

static int parse_slots(struct cask_license_view *l, struct cask_object *o, struct cask_sec *s)
{
	int ret;

	do {
		/* What stood behind a slot would be bound to none. */
		if (s->type != CASK_SEC_SLOT)
			return -EINVAL;
		if (l->slot_count == CASK_SLOTS_MAX)
			return -EINVAL;
		ret = cask_slot_parse(&l->slots[l->slot_count++], &s->value);
		if (ret)
			return ret;
	} while ((ret = cask_object_next(o, s)) > 0);
	return ret;
}

/* The operations that a suite's keys are good for; none for an unknown suite. */
static __u32 suite_permits(__u32 suite)
{
	if (cask_suite_is_file(suite))
		return CASK_OPERATION_FILE;
	if (suite == CASK_SUITE_MEDIUM_CLASS)
		return CASK_OPERATION_MEDIUM;
	return cask_suite_is_raw(suite) ? CASK_OPERATION_DECRYPT : 0;
}

/* What installs once would do so in each device. */
static bool is_for_many(const struct cask_license_view *l)
{
	unsigned int i;

	for (i = 0; i < l->slot_count; i++)
		if (l->slots[i].method == CASK_METHOD_MEDIUM)
			return true;
	return false;
}

/* A parameter serves once and for one device: nothing else brings the key of such a license. */
static int find_second_key(struct cask_license_view *l)
{
	unsigned int i;
	int ret;

	for (i = 0; i < l->slot_count && l->slots[i].method != CASK_METHOD_TWOKEY; i++)
		;
	if (i == l->slot_count)
		return 0;
	if (l->slot_count != 1)
		return -EINVAL;
	ret = cask_twokey_parse(&l->twokey, &l->slots[0].wrapped);
	if (ret)
		return ret;
	if (l->twokey.mode == CASK_TWOKEY_SYNCHRONISED)
		return l->nonce.data ? -EINVAL : 0;
	return l->nonce.data && !memcmp(l->nonce.data, l->twokey.parameter, CASK_NONCE_SIZE) ?
		0 : -EINVAL;
}

/* Only a file has a head, and a copy that leaves the device has no key to take along. */
static int check_header(const struct cask_license_view *l)
{
	unsigned int i;

	for (i = 0; i < l->slot_count && l->slots[i].method != CASK_METHOD_HEADER; i++)
		;
	if (i == l->slot_count)
		return 0;
	return l->slot_count == 1 && cask_suite_is_file(l->suite) && !l->max_exports &&
	       !l->max_checkouts ? 0 : -EINVAL;
}

/* How its use is metered, if it is. */
static int find_metering(struct cask_license_view *l)
{
	const __u8 *p = l->metering.data;

	if (!p)
		return 0;
	l->unit = cask_le32(p + offsetof(struct cask_metering, unit));
	l->quantum = cask_le64(p + offsetof(struct cask_metering, quantum));
	l->max_unreported = cask_le64(p + offsetof(struct cask_metering, max_unreported));
	if (cask_le32(p + offsetof(struct cask_metering, reserved)) || !l->quantum ||
	    l->quantum > l->max_unreported || l->max_unreported > CASK_METER_MAX)
		return -EINVAL;
	return l->unit >= CASK_UNIT_BYTES && l->unit <= CASK_UNIT_SECONDS ? 0 : -EOPNOTSUPP;
}

static int check_log(const struct cask_license_view *l)
{
	bool log = l->permissions & CASK_PERMISSION_LOG;

	/* What is metered is reported. */
	if (l->unit && !log)
		return -EINVAL;
	/* Nobody opens a class of media, and a file is not played in packets. */
	if (log && l->suite == CASK_SUITE_MEDIUM_CLASS)
		return -EINVAL;
	return l->unit == CASK_UNIT_PACKETS && !cask_suite_is_raw(l->suite) ? -EINVAL : 0;
}

/* What nobody could keep where a copy is, wherever the medium is then: one copy would undo it. */
static int check_copies(const struct cask_license_view *l)
{
	if (!l->max_exports && !l->max_checkouts)
		return 0;
	return l->permissions & CASK_PERMISSION_LOG || l->download.data ||
	       l->max_opens != CASK_OPENS_ANY || l->max_offline_opens != CASK_OPENS_ANY ? -EINVAL : 0;
}

/* Copies that leave the device: how many there are to be. */
static int take_copies(struct cask_license_view *l)
{
	const __u8 *p = l->checkouts.data;

	if (l->exports.data) {
		l->max_exports = cask_le32(l->exports.data);
		if (!l->max_exports)
			return -EINVAL;
	}
	if (p) {
		l->max_checkouts = cask_le32(p + offsetof(struct cask_checkouts, total));
		l->at_once = cask_le32(p + offsetof(struct cask_checkouts, at_once));
		if (!l->at_once || l->at_once > CASK_LENT_MAX || l->at_once > l->max_checkouts)
			return -EINVAL;
	}
	return 0;
}

static int read_download(struct cask_license_view *l)
{
	const __u8 *p = l->download.data;

	if (!p)
		return 0;
	l->download_from = cask_le64(p + offsetof(struct cask_download_period, not_before));
	l->download_until = cask_le64(p + offsetof(struct cask_download_period, not_after));
	if (l->download_until)
		return l->download_from > l->download_until ? -EINVAL : 0;
	return l->download_from ? 0 : -EINVAL;
}

/* What there is only of a file, and what goes with a usage period only. */
static int check_conditions(const struct cask_license_view *l)
{
	if (l->permissions & ~CASK_PERMISSION_ALL)
		return -EOPNOTSUPP;
	if (!cask_suite_is_file(l->suite) &&
	    (l->download.data || l->permissions & CASK_PERMISSION_RECORD))
		return -EINVAL;
	if (l->max_offline_opens == CASK_OPENS_ANY)
		return 0;
	/* Nobody counts how often a medium is put in. */
	if (!l->max_offline_opens || l->suite == CASK_SUITE_MEDIUM_CLASS)
		return -EINVAL;
	return l->not_before || l->not_after ? 0 : -EINVAL;
}

/**
 * cask_license_check_rights() - whether what a license grants goes together
 * @l: from outside, but for the slots and what copies there are to be
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP for an unknown suite or level, or an operation that is not
 * the suite's.
 */
int cask_license_check_rights(const struct cask_license_view *l)
{
	if (cask_bytes_are_zero(&l->license_id) || cask_bytes_are_zero(&l->content_id))
		return -EINVAL;
	if (l->not_after && l->not_before > l->not_after)
		return -EINVAL;
	if (!l->operations)
		return -EINVAL;
	/* A count that could be installed again would be none. */
	if (!l->max_opens || (l->max_opens != CASK_OPENS_ANY && !cask_license_is_once(l)))
		return -EINVAL;
	if ((l->max_exports || l->max_checkouts) && !cask_license_is_once(l))
		return -EINVAL;
	if (l->nonce.data && is_for_many(l))
		return -EINVAL;
	/* Nobody counts how often a medium is put in, and the key of a class leaves no device. */
	if (l->suite == CASK_SUITE_MEDIUM_CLASS &&
	    (l->max_opens != CASK_OPENS_ANY || l->max_exports || l->max_checkouts))
		return -EINVAL;
	if (!suite_permits(l->suite) || l->operations & ~suite_permits(l->suite) ||
	    l->min_level > CASK_LEVEL_PRODUCTION)
		return -EOPNOTSUPP;
	return check_conditions(l);
}

/**
 * cask_license_parse() - read a LICENSE
 * @l: what it says
 * @data: payload of the statement
 * @len: bytes of @data
 *
 * Return: 0; -EINVAL when malformed; -EOPNOTSUPP for an unknown critical
 * section, suite, level, permission, operation for the suite, mode of a second key, or unit of
 * a meter. Slots of
 * unknown methods are returned as they are: another slot may fit.
 */
int cask_license_parse(struct cask_license_view *l, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(NOT_BEFORE, LE64, 0, 0, 0, cask_license_view, not_before),
		CASK_FIELD(NOT_AFTER, LE64, 0, 0, 0, cask_license_view, not_after),
		CASK_FIELD(LICENSE_ID, BYTES, 1, CASK_ID_SIZE, CASK_ID_SIZE,
			   cask_license_view, license_id),
		CASK_FIELD(CONTENT_ID, BYTES, 1, CASK_ID_SIZE, CASK_ID_SIZE,
			   cask_license_view, content_id),
		CASK_FIELD(VERSION, LE32, 1, 0, 0, cask_license_view, version),
		CASK_FIELD(CREATED, LE64, 1, 0, 0, cask_license_view, created),
		CASK_FIELD(OPERATIONS, LE32, 1, 0, 0, cask_license_view, operations),
		CASK_FIELD(SUITE, LE32, 1, 0, 0, cask_license_view, suite),
		CASK_FIELD(MIN_LEVEL, LE32, 1, 0, 0, cask_license_view, min_level),
		CASK_FIELD(NONCE, BYTES, 0, CASK_NONCE_SIZE, CASK_NONCE_SIZE,
			   cask_license_view, nonce),
		CASK_FIELD(MAX_OPENS, LE32, 0, 0, 0, cask_license_view, max_opens),
		CASK_FIELD(DOWNLOAD_PERIOD, BYTES, 0, sizeof(struct cask_download_period),
			   sizeof(struct cask_download_period), cask_license_view, download),
		CASK_FIELD(PERMISSIONS, LE32, 0, 0, 0, cask_license_view, permissions),
		CASK_FIELD(MAX_OFFLINE_OPENS, LE32, 0, 0, 0, cask_license_view, max_offline_opens),
		CASK_FIELD(METER, BYTES, 0, sizeof(struct cask_metering),
			   sizeof(struct cask_metering), cask_license_view, metering),
		CASK_FIELD(MAX_EXPORTS, BYTES, 0, 4, 4, cask_license_view, exports),
		CASK_FIELD(CHECKOUTS, BYTES, 0, sizeof(struct cask_checkouts),
			   sizeof(struct cask_checkouts), cask_license_view, checkouts),
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_license_view, issuer),
		CASK_FIELD(DEVICE_ID, BYTES, 0, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_license_view, device_id),
	};
	struct cask_object o;
	struct cask_sec slot;
	int ret;

	memset(l, 0, sizeof(*l));
	l->max_opens = CASK_OPENS_ANY;
	l->max_offline_opens = CASK_OPENS_ANY;
	ret = cask_object_open(&o, data, len, CASK_TYPE_LICENSE);
	if (ret)
		return ret;
	ret = cask_object_decode(&o, fields, COUNT(fields), l, &slot);
	if (ret <= 0)
		return ret ?: -EINVAL;

	l->head.data = data;
	l->head.len = BODY_HEAD_SIZE;
	l->sections.data = l->head.data + sizeof(struct cask_head);
	l->sections.len = slot.offset - sizeof(struct cask_head);
	return parse_slots(l, &o, &slot) ?: find_second_key(l) ?: find_metering(l) ?:
	       take_copies(l) ?: read_download(l) ?: cask_license_check_rights(l) ?: check_log(l) ?:
	       check_copies(l) ?: check_header(l);
}

/**
 * cask_reanchor_parse() - read a REANCHOR
 * @r: what it says
 * @data: payload of the statement
 * @len: bytes of @data
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP as cask_object_decode().
 */
int cask_reanchor_parse(struct cask_reanchor_view *r, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(CREATED, LE64, 1, 0, 0, cask_reanchor_view, created),
		CASK_FIELD(NONCE, BYTES, 1, CASK_NONCE_SIZE, CASK_NONCE_SIZE,
			   cask_reanchor_view, nonce),
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_reanchor_view, issuer),
		CASK_FIELD(DEVICE_ID, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_reanchor_view, device_id),
	};

	memset(r, 0, sizeof(*r));
	return decode(data, len, CASK_TYPE_REANCHOR, fields, COUNT(fields), r);
}

/**
 * cask_time_parse() - read a TIME
 * @t: what it says
 * @data: payload of the statement
 * @len: bytes of @data
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP as cask_object_decode().
 */
int cask_time_parse(struct cask_time_view *t, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		CASK_FIELD(CREATED, LE64, 1, 0, 0, cask_time_view, created),
		CASK_FIELD(ISSUER, BYTES, 1, CASK_KID_SIZE, CASK_KID_SIZE,
			   cask_time_view, issuer),
	};

	memset(t, 0, sizeof(*t));
	return decode(data, len, CASK_TYPE_TIME, fields, COUNT(fields), t);
}
