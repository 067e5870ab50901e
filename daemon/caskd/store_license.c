// SPDX-License-Identifier: GPL-2.0
/*
 * store_license.c - the licenses that the store has, and what renews them until the module has it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "store_internal.h"

#define RENEWED	".renewed"

static int find_license(const struct holding *h)
{
	for (size_t i = 0; i < store.license_count; i++)
		if (holding_is(&store.licenses[i], h->issuer, h->license_id))
			return i;
	return -1;
}

static int append_license(const struct holding *h)
{
	struct holding *grown;

	if (store.license_count >= STORE_LICENSES_MAX)
		return -ENOSPC;
	grown = reallocarray(store.licenses, store.license_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	store.licenses = grown;
	grown[store.license_count++] = *h;
	return 0;
}

/* Name and statement must agree: a file that was moved or altered is not used. */
static int read_holding(const char *path, const char *name, struct holding *ret)
{
	_cleanup_free_ uint8_t *statement = NULL;
	struct holding h, named;
	size_t size;
	int err;

	err = holding_from_name(name, &named) ?:
	      cask_file_read(path, CASK_STATEMENT_MAX, &statement, &size) ?:
	      holding_read(statement, size, &h);
	if (err)
		return err;
	if (!holding_is(&h, named.issuer, named.license_id))
		return -EINVAL;
	h.machine = named.machine;
	h.owner = named.owner;
	*ret = h;
	return 0;
}

/**
 * store_load_license() - read a file of a license
 * @path: of the file
 * @name: in its directory; renewed licenses are left to store_load_renewed()
 *
 * Return: 0, also of one that will not do, which is reported; or -ENOMEM.
 */
int store_load_license(const char *path, const char *name)
{
	struct holding h;
	int err;

	if (cask_file_ends_with(name, RENEWED))
		return 0;
	err = read_holding(path, name, &h);
	if (!err)
		err = find_license(&h) >= 0 ? -EINVAL : append_license(&h);
	if (err == -ENOMEM)
		return err;
	if (err)
		cask_warn("%s: not used: %s", path, strerror(-err));
	return 0;
}

static bool same_owner(const struct holding *a, const struct holding *b)
{
	return a->machine == b->machine && (a->machine || a->owner == b->owner);
}

/* When all else is there: it takes the place of what it renews, in memory. */
static int take_renewed(const struct holding *h)
{
	int at = find_license(h);

	if (at < 0)
		return append_license(h);
	if (!same_owner(h, &store.licenses[at]) || h->version <= store.licenses[at].version)
		return -EINVAL;
	store.licenses[at] = *h;
	return 0;
}

/**
 * store_load_renewed() - read a file of a renewed license, when all that are not were read
 * @path: of the file
 * @name: in its directory; others are skipped
 *
 * Return: 0, also of one that will not do, which is reported; or -ENOMEM.
 */
int store_load_renewed(const char *path, const char *name)
{
	char plain[HOLDING_NAME_MAX];
	struct holding h;
	int err;

	if (!cask_file_ends_with(name, RENEWED))
		return 0;
	snprintf(plain, sizeof(plain), "%.*s", (int)(strlen(name) - strlen(RENEWED)), name);
	err = read_holding(path, plain, &h);
	h.beside = true;
	err = err ?: take_renewed(&h);
	if (err == -ENOMEM)
		return err;
	if (err)
		cask_warn("%s: not used: %s", path, strerror(-err));
	return 0;
}

static char *license_path(const struct holding *h)
{
	char name[HOLDING_NAME_MAX + sizeof(RENEWED)];

	holding_name(h, name);
	if (h->beside)
		strcat(name, RENEWED);
	return cask_file_path(store.licenses_dir, name);
}

/* Of the other of the two that there may be. */
static char *other_path(const struct holding *h)
{
	struct holding other = *h;

	other.beside = !h->beside;
	return license_path(&other);
}

/* Returns 0 when @path holds just this, -EEXIST when something else, -errno. */
static int compare_license(const char *path, const void *statement, size_t size)
{
	_cleanup_free_ uint8_t *there = NULL;
	size_t there_size;
	int ret = cask_file_read(path, CASK_STATEMENT_MAX, &there, &there_size);

	if (ret)
		return ret;
	return there_size == size && !memcmp(there, statement, size) ? 0 : -EEXIST;
}

static int replace_license(struct holding *there, const struct holding *h, bool beside,
			   const void *statement, size_t size)
{
	struct holding fresh = *h;
	_cleanup_free_ char *path = NULL;
	int ret;

	fresh.beside = beside;
	path = license_path(&fresh);
	ret = path ? cask_file_write(path, statement, size, STORE_MODE) : -ENOMEM;
	if (!ret)
		*there = fresh;
	return ret;
}

static int put_again(struct holding *there, const struct holding *h, const void *statement,
		     size_t size)
{
	_cleanup_free_ char *path = license_path(there);
	int ret;

	if (!path)
		return -ENOMEM;
	if (!same_owner(h, there))
		return -EEXIST;
	ret = compare_license(path, statement, size);
	/* Somebody took the file away behind our back. */
	if (ret == -ENOENT)
		return replace_license(there, h, there->beside, statement, size);
	/* It was renewed: what the module has stays until it has this. */
	if (ret == -EEXIST && h->version > there->version)
		return replace_license(there, h, true, statement, size);
	return ret ? ret : STORE_HAD_IT;
}

static int put_license(const struct holding *h, const void *statement, size_t size)
{
	_cleanup_free_ char *path = license_path(h);
	int at = find_license(h), ret;

	if (!path)
		return -ENOMEM;
	if (at >= 0)
		return put_again(&store.licenses[at], h, statement, size);
	ret = append_license(h);
	if (ret)
		return ret;
	ret = cask_file_write(path, statement, size, STORE_MODE);
	if (ret)
		store.license_count--;
	return ret;
}

/**
 * store_put_license() - keep a license
 * @h: what it is and whose
 * @statement: LICENSE
 * @size: bytes of @statement
 *
 * A higher version is kept beside a lower, until store_settle_license() or store_put_back(). Return: 0; STORE_HAD_IT when just this is there
 * already; -EEXIST when another license has the id, or another owner this one; -ENOSPC, -errno.
 */
int store_put_license(const struct holding *h, const void *statement, size_t size)
{
	int ret;

	pthread_mutex_lock(&store.lock);
	ret = put_license(h, statement, size);
	pthread_mutex_unlock(&store.lock);
	return ret;
}

static int settle(struct holding *there, const struct holding *h)
{
	_cleanup_free_ char *from = license_path(there), *to = other_path(there);
	int ret;

	if (!there->beside || there->version != h->version)
		return 0;
	ret = from && to ? cask_file_rename(from, to, true) : -ENOMEM;
	if (ret)
		return ret;
	there->beside = false;
	return cask_file_sync_parent(to);
}

/**
 * store_settle_license() - the module has taken a license
 * @h: which; if it lies beside what it renews, it takes its place
 *
 * Return: 0, -ENOENT when it was removed, -errno.
 */
int store_settle_license(const struct holding *h)
{
	int at, ret = -ENOENT;

	pthread_mutex_lock(&store.lock);
	at = find_license(h);
	if (at >= 0)
		ret = settle(&store.licenses[at], h);
	pthread_mutex_unlock(&store.lock);
	return ret;
}

static int put_back(struct holding *there)
{
	_cleanup_free_ char *from = license_path(there), *to = other_path(there);
	char name[HOLDING_NAME_MAX];
	struct holding before;
	int ret;

	if (!there->beside)
		return 0;
	holding_name(there, name);
	ret = from && to ? read_holding(to, name, &before) : -ENOMEM;
	if (ret)
		return ret;
	if (unlink(from) && errno != ENOENT)
		return -errno;
	*there = before;
	return cask_file_sync_parent(from);
}

/**
 * store_put_back() - no module takes a renewed license: what it was before stays
 * @h: which
 *
 * Return: 0, -ENOENT when it was removed, -errno.
 */
int store_put_back(const struct holding *h)
{
	int at, ret = -ENOENT;

	pthread_mutex_lock(&store.lock);
	at = find_license(h);
	if (at >= 0)
		ret = put_back(&store.licenses[at]);
	pthread_mutex_unlock(&store.lock);
	return ret;
}

/**
 * store_room() - whether an owner may have one more license
 * @owner: uid, or NULL for the machine
 *
 * To be asked before a license is granted, and perhaps paid for. So many as may
 * be under way at once still fit when the last one is told yes.
 *
 * Return: 0; -EDQUOT when this user has too many; -ENOSPC when all have.
 */
int store_room(const uint32_t *owner)
{
	size_t total, own = 0;

	pthread_mutex_lock(&store.lock);
	total = store.license_count;
	for (size_t i = 0; owner && i < total; i++)
		own += !store.licenses[i].machine && store.licenses[i].owner == *owner;
	pthread_mutex_unlock(&store.lock);
	/* Root is the machine's administrator, under whichever name. */
	if (!owner || !*owner)
		return total < STORE_LICENSES_MAX - STORE_UNDER_WAY ? 0 : -ENOSPC;
	if (own >= STORE_LICENSES_OF_USER)
		return -EDQUOT;
	return total < STORE_LICENSES_OF_USERS ? 0 : -ENOSPC;
}

/**
 * store_read_license() - the statement of a license
 * @h: which and whose; and with beside which of the two
 * @ret_statement: the caller frees it
 * @ret_size: bytes of it
 *
 * Return: 0 or -errno.
 */
int store_read_license(const struct holding *h, uint8_t **ret_statement, size_t *ret_size)
{
	_cleanup_free_ char *path = license_path(h), *other = other_path(h);
	int ret;

	if (!path || !other)
		return -ENOMEM;
	ret = cask_file_read(path, CASK_STATEMENT_MAX, ret_statement, ret_size);
	/* It has taken its place meanwhile. */
	if (ret == -ENOENT && h->beside)
		ret = cask_file_read(other, CASK_STATEMENT_MAX, ret_statement, ret_size);
	return ret;
}

static int remove_license(const struct holding *h)
{
	struct holding plain = *h;
	_cleanup_free_ char *path = NULL, *renewed = NULL;
	int at = find_license(h);

	plain.beside = false;
	path = license_path(&plain);
	renewed = other_path(&plain);
	if (!path || !renewed)
		return -ENOMEM;
	if (at < 0)
		return -ENOENT;
	/* What is renewed first: alone it would be a license again. */
	if (store.licenses[at].beside && unlink(renewed) && errno != ENOENT)
		return -errno;
	store.licenses[at].beside = false;
	if (unlink(path) && errno != ENOENT)
		return -errno;
	store.licenses[at] = store.licenses[--store.license_count];
	return cask_file_sync_parent(path);
}

/**
 * store_remove_license() - keep a license no longer
 * @h: which and whose
 *
 * Return: 0, -ENOENT, -errno.
 */
int store_remove_license(const struct holding *h)
{
	int ret;

	pthread_mutex_lock(&store.lock);
	ret = remove_license(h);
	pthread_mutex_unlock(&store.lock);
	return ret;
}

/**
 * store_list_licenses() - all of them
 * @ret: a copy that the caller frees
 * @ret_count: how many
 *
 * Return: 0 or -ENOMEM.
 */
int store_list_licenses(struct holding **ret, size_t *ret_count)
{
	struct holding *copy;
	size_t count;

	pthread_mutex_lock(&store.lock);
	count = store.license_count;
	copy = calloc(count + 1, sizeof(*copy));
	if (copy && count)
		memcpy(copy, store.licenses, count * sizeof(*copy));
	pthread_mutex_unlock(&store.lock);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	*ret_count = count;
	return 0;
}

/**
 * store_note_license() - remember what the module said to a license
 * @h: which
 * @error: errno of its refusal, or 0
 *
 * Return: 0, or -ENOENT when it has been removed meanwhile.
 */
int store_note_license(const struct holding *h, int error)
{
	int at;

	pthread_mutex_lock(&store.lock);
	at = find_license(h);
	if (at >= 0)
		store.licenses[at].error = error;
	pthread_mutex_unlock(&store.lock);
	return at >= 0 ? 0 : -ENOENT;
}
