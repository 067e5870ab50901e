// SPDX-License-Identifier: GPL-2.0
/*
 * holding.c - a license as it is held on disk: a statement, and whose it is.
 *
 * Owner and statement are one file, the owner in its name, so that no crash can
 * part them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holding.h"
#include "parse.h"
#include "text.h"

#define MACHINE	"machine"
#define SUFFIX	".cose"

/**
 * holding_read() - what a statement says
 * @statement: LICENSE; its signature is for the module to check
 * @size: bytes of @statement
 * @ret: all but owner and error; those are zero
 *
 * Return: 0, -EINVAL when malformed, -EOPNOTSUPP when unknown.
 */
int holding_read(const void *statement, size_t size, struct holding *ret)
{
	struct cask_license_view license;
	struct holding h = { 0 };
	struct cask_cose cose;
	int err;

	if (size > CASK_STATEMENT_MAX)
		return -EINVAL;
	err = cask_cose_parse(&cose, statement, size);
	if (!err)
		err = cask_license_parse(&license, cose.payload.data, cose.payload.len);
	if (err)
		return err;
	memcpy(h.issuer, license.issuer.data, sizeof(h.issuer));
	memcpy(h.license_id, license.license_id.data, sizeof(h.license_id));
	memcpy(h.content_id, license.content_id.data, sizeof(h.content_id));
	h.version = license.version;
	h.created = license.created;
	h.not_before = license.not_before;
	h.not_after = license.not_after;
	h.operations = license.operations;
	h.download_from = license.download_from;
	h.download_until = license.download_until;
	h.permissions = license.permissions;
	if (license.max_offline_opens != CASK_OPENS_ANY)
		h.max_offline_opens = license.max_offline_opens;
	h.in_header = cask_license_is_in_header(&license);
	if (h.in_header)
		memcpy(h.category, license.slots[0].key_id, sizeof(h.category));
	*ret = h;
	return 0;
}

/**
 * holding_name() - the name of its file
 * @h: with issuer, license id and owner
 * @ret_name: zero-terminated
 */
void holding_name(const struct holding *h, char ret_name[HOLDING_NAME_MAX])
{
	char issuer[TEXT_HEX_SIZE(CASK_KID_SIZE)], id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char owner[11] = MACHINE;

	text_hex(h->issuer, sizeof(h->issuer), issuer);
	text_hex(h->license_id, sizeof(h->license_id), id);
	if (!h->machine)
		snprintf(owner, sizeof(owner), "%" PRIu32, h->owner);
	snprintf(ret_name, HOLDING_NAME_MAX, "%s.%s.%s" SUFFIX, issuer, id, owner);
}

static int read_owner(const char *text, struct holding *h)
{
	unsigned long long uid;

	h->machine = !strcmp(text, MACHINE);
	if (h->machine)
		return 0;
	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
		return -EINVAL;
	uid = strtoull(text, NULL, 10);
	if (uid > HOLDING_UID_MAX)
		return -EINVAL;
	h->owner = uid;
	return 0;
}

/**
 * holding_from_name() - whose license a file is
 * @name: of the file
 * @ret: issuer, license id and owner; the rest is zero
 *
 * Return: 0, or -EINVAL when no holding is called so.
 */
int holding_from_name(const char *name, struct holding *ret)
{
	char copy[HOLDING_NAME_MAX], again[HOLDING_NAME_MAX];
	char *issuer = copy, *id, *owner, *suffix;
	struct holding h = { 0 };

	if (strlen(name) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, name);
	id = strchr(issuer, '.');
	owner = id ? strchr(id + 1, '.') : NULL;
	suffix = owner ? strchr(owner + 1, '.') : NULL;
	if (!suffix || strcmp(suffix, SUFFIX))
		return -EINVAL;
	*id++ = *owner++ = *suffix = 0;
	if (text_from_hex(issuer, h.issuer, sizeof(h.issuer)) ||
	    text_from_hex(id, h.license_id, sizeof(h.license_id)) || read_owner(owner, &h))
		return -EINVAL;
	/* One name for each owner: no leading zeros. */
	holding_name(&h, again);
	if (strcmp(name, again))
		return -EINVAL;
	*ret = h;
	return 0;
}

/**
 * holding_is() - whether it is a certain license
 * @h: the holding
 * @issuer: NULL for any
 * @license_id: of an issuer
 */
bool holding_is(const struct holding *h, const uint8_t issuer[CASK_KID_SIZE],
		const uint8_t license_id[CASK_ID_SIZE])
{
	return (!issuer || !memcmp(h->issuer, issuer, sizeof(h->issuer))) &&
	       !memcmp(h->license_id, license_id, sizeof(h->license_id));
}
