// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - tell a module that knows nothing of us what we hold: anchors,
 * then licenses. It is the netlink_ready callback.
 *
 * What the module refuses stays on disk, and its errno is shown with the
 * license: after a reload with an ephemeral root the device is another one, and
 * the old licenses are EXDEV until it is the old one again.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "netlink.h"
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
 * restore_all() - install all distributors and licenses in the module
 */
void restore_all(void)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0, installed = 0;

	restore_distributors();
	if (store_list_licenses(&list, &count)) {
		cask_warn("out of memory: licenses are not installed");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		int error = restore_license(&list[i]);

		store_note_license(&list[i], error > 0 ? error : 0);
		installed += !error;
	}
	if (count)
		cask_notice("%zu of %zu licenses installed", installed, count);
}
