// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - tell the module what we hold and it does not know: anchors, then
 * licenses. restore_all() is the netlink_ready callback.
 *
 * What the module refuses stays on disk, and its errno is shown with the
 * license: after a reload with an ephemeral root the device is another one, and
 * the old licenses are EXDEV until it is the old one again.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "netlink.h"
#include "refresh.h"
#include "restore.h"
#include "store.h"

static void restore_distributors(void)
{
	struct distributor *list[STORE_DISTRIBUTORS_MAX];
	struct problem p;
	size_t count = 0;

	store_list_distributors(list, &count);
	for (size_t i = 0; i < count; i++) {
		if (distributor_install(list[i], &p))
			cask_warn("%s: %s", list[i]->bundle.name, p.detail);
		distributor_unref(list[i]);
	}
}

/* Returns the errno of the module, 0 for success, -1 when it could not be asked. */
static int restore_license(const struct holding *h)
{
	_cleanup_free_ uint8_t *statement = NULL;
	struct netlink_license added;
	struct netlink_blob blob;
	struct problem p = { 0 };
	int err;

	err = store_read_license(h, &statement, &blob.size);
	if (err) {
		cask_warn("reading a license: %s", strerror(-err));
		return -1;
	}
	blob.data = statement;
	if (!netlink_license_add(&blob, h->machine ? NULL : &h->owner, &added, &p))
		return 0;
	return p.error ? p.error : -1;
}

/**
 * restore_note() - note what the module said to a license
 * @h: which; when somebody removed it meanwhile, the module forgets it, too
 * @error: errno of its refusal, or 0
 */
void restore_note(const struct holding *h, int error)
{
	struct problem p;

	if (store_note_license(h, error) && !error)
		netlink_license_del(h->issuer, h->license_id, &p);
}

/* Those of @issuer that are not installed, or, without @issuer, all. */
static size_t restore_licenses(const uint8_t *issuer, size_t *ret_count)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0, installed = 0;

	*ret_count = 0;
	if (store_list_licenses(&list, &count)) {
		cask_warn("out of memory: licenses are not installed");
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		int error;

		if (issuer && (!list[i].error || memcmp(list[i].issuer, issuer, CASK_KID_SIZE)))
			continue;
		++*ret_count;
		error = restore_license(&list[i]);
		restore_note(&list[i], error > 0 ? error : 0);
		installed += !error;
	}
	return installed;
}

/**
 * restore_all() - install all distributors and licenses in the module
 */
void restore_all(void)
{
	size_t count, installed;

	restore_distributors();
	installed = restore_licenses(NULL, &count);
	if (count)
		cask_notice("%zu of %zu licenses installed", installed, count);
	if (installed < count)
		refresh_wake();
}

/**
 * restore_issuer() - try again what the module did not take of a distributor
 * @issuer: whose statements in the module are newer than at the last try
 */
void restore_issuer(const uint8_t issuer[CASK_KID_SIZE])
{
	size_t count, installed = restore_licenses(issuer, &count);

	if (installed)
		cask_notice("%zu of %zu licenses installed, which were not", installed, count);
}
