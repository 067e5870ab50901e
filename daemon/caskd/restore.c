// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - tell the module what we hold and it does not know: anchors, then
 * leaves and EKBs, then licenses. restore_all() is the agent_ready callback.
 *
 * What the module refuses stays on disk, and its errno is shown with the
 * license: after a reload with an ephemeral root the device is another one, and
 * the old licenses are EXDEV until it is the old one again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leaves.h"
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

/* Returns the errno of the module or of the disk, 0 for success, -1 when it could not be asked. */
static int add(const struct holding *h)
{
	_cleanup_free_ uint8_t *statement = NULL;
	struct netlink_license added;
	struct netlink_blob blob;
	struct problem p = { 0 };
	int err;

	err = store_read_license(h, &statement, &blob.size);
	if (err) {
		cask_warn("reading a license: %s", strerror(-err));
		return -err;
	}
	blob.data = statement;
	if (!netlink_license_add(&blob, h->machine ? NULL : &h->owner, &added, &p))
		return 0;
	return p.error ? p.error : -1;
}

/* What was renewed, and what it was before if the module does not take that. Returns as above, of the first. */
static int restore_license(const struct holding *h)
{
	struct holding before = *h;
	int error = add(h);

	before.beside = false;
	if (error && h->beside)
		add(&before);
	return error;
}

/**
 * restore_note() - note what the module said to a license
 * @h: which; when somebody removed it meanwhile, the module forgets it, too
 * @error: errno of its refusal, 0 when it took it, -1 when it could not be asked
 */
void restore_note(const struct holding *h, int error)
{
	struct problem p;
	int err;

	if (store_note_license(h, error > 0 ? error : 0)) {
		if (!error)
			netlink_license_del(h->issuer, h->license_id, &p);
		return;
	}
	err = error ? 0 : store_settle_license(h);
	if (err && err != -ENOENT)
		cask_warn("a renewed license: %s", strerror(-err));
}

/*
 * Room in the module, or in memory, may come, and what could not be read may be read
 * later; the module's other refusals are for now or for good.
 */
static bool waits_for_room(const struct holding *h)
{
	switch (h->error) {
	case ENOMEM:
	case ENOSPC:
	case EIO:
	case EMFILE:
	case ENFILE:
	case EBUSY:
		return true;
	default:
		return false;
	}
}

/**
 * struct selection - which licenses shall be tried
 * @issuer: those of it that are not installed, or NULL
 * @room: those that wait for room
 */
struct selection {
	const uint8_t *issuer;
	bool room;
};

static bool is_selected(const struct selection *s, const struct holding *h)
{
	if (s->issuer)
		return h->error && !memcmp(h->issuer, s->issuer, CASK_KID_SIZE);
	return !s->room || waits_for_room(h);
}

/**
 * struct outcome - of an attempt to install licenses
 * @tried: how many
 * @installed: of them
 * @foreign: of them, that are for another device
 */
struct outcome {
	size_t tried;
	size_t installed;
	size_t foreign;
};

static void restore_licenses(const struct selection *s, struct outcome *ret)
{
	_cleanup_free_ struct holding *list = NULL;
	size_t count = 0;

	memset(ret, 0, sizeof(*ret));
	if (store_list_licenses(&list, &count)) {
		cask_warn("out of memory: licenses are not installed");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		int error;

		if (!is_selected(s, &list[i]))
			continue;
		error = restore_license(&list[i]);
		restore_note(&list[i], error);
		ret->tried++;
		ret->installed += !error;
		ret->foreign += error == EXDEV;
	}
}

/**
 * restore_all() - install all distributors, leaves, EKBs and licenses in the module
 */
void restore_all(void)
{
	const struct selection all = { 0 };
	struct outcome outcome;

	restore_distributors();
	leaves_restore();
	restore_licenses(&all, &outcome);
	if (outcome.tried)
		cask_notice("%zu of %zu licenses installed", outcome.installed, outcome.tried);
	if (outcome.foreign)
		cask_notice("%zu licenses are for a device that this one is not any more: "
			    "caskctl register, then get them anew", outcome.foreign);
	if (outcome.installed < outcome.tried)
		refresh_wake();
}

/**
 * restore_issuer() - try again what the module did not take of a distributor
 * @issuer: whose statements in the module are newer than at the last try
 */
void restore_issuer(const uint8_t issuer[CASK_KID_SIZE])
{
	const struct selection its = { .issuer = issuer };
	struct outcome outcome;

	restore_licenses(&its, &outcome);
	if (outcome.installed)
		cask_notice("%zu of %zu licenses installed, which were not", outcome.installed,
			    outcome.tried);
}

/**
 * restore_waiting() - try again what the module had no room for
 *
 * Return: whether nothing waits for room any more.
 */
bool restore_waiting(void)
{
	const struct selection waiting = { .room = true };
	struct outcome outcome;

	restore_licenses(&waiting, &outcome);
	if (outcome.installed)
		cask_notice("%zu of %zu licenses installed, for which there was no room",
			    outcome.installed, outcome.tried);
	return outcome.installed == outcome.tried;
}
