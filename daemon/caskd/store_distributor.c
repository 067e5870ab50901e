// SPDX-License-Identifier: GPL-2.0
/*
 * store_distributor.c - the distributors that the store has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "log.h"
#include "store_internal.h"
#include "text.h"

#define DISTRIBUTOR_FILE_MAX	(512 * 1024)

static int find_distributor(const uint8_t issuer[CASK_KID_SIZE])
{
	for (size_t i = 0; i < store.distributor_count; i++)
		if (!memcmp(store.distributors[i]->bundle.issuer, issuer, CASK_KID_SIZE))
			return i;
	return -1;
}

static int read_distributor(const char *path, struct distributor **ret)
{
	_cleanup_free_ uint8_t *text = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t size;
	int err = cask_file_read(path, DISTRIBUTOR_FILE_MAX, &text, &size);

	if (!err)
		err = cask_json_parse(text, size, &json);
	return err ? err : distributor_from_json(json, ret);
}

/**
 * store_load_distributor() - read a file of a distributor
 * @path: of the file
 * @name: in its directory
 *
 * Return: 0, also of one that will not do, which is reported; or -ENOMEM.
 */
int store_load_distributor(const char *path, const char *name)
{
	struct distributor *d;
	int err = read_distributor(path, &d);

	if (err == -ENOMEM)
		return err;
	if (err) {
		cask_warn("%s: not used: %s", path, strerror(-err));
		return 0;
	}
	if (store.distributor_count == STORE_DISTRIBUTORS_MAX ||
	    find_distributor(d->bundle.issuer) >= 0) {
		cask_warn("%s: not used: too many, or there already", path);
		distributor_unref(d);
		return 0;
	}
	store.distributors[store.distributor_count++] = d;
	return 0;
}

static char *distributor_path(const struct distributor *d)
{
	char name[TEXT_HEX_SIZE(CASK_KID_SIZE) + sizeof(".json")];

	text_hex(d->bundle.issuer, CASK_KID_SIZE, name);
	strcat(name, ".json");
	return cask_file_path(store.distributors_dir, name);
}

static int write_distributor(const struct distributor *d)
{
	_cleanup_free_ char *path = distributor_path(d), *text = NULL;
	_cleanup_json_ json_t *json = distributor_to_json(d);

	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	if (!path || !text)
		return -ENOMEM;
	return cask_file_write(path, text, strlen(text), STORE_MODE);
}

static int put_distributor(struct distributor *d)
{
	int at = find_distributor(d->bundle.issuer), ret;

	if (at < 0 && store.distributor_count == STORE_DISTRIBUTORS_MAX)
		return -ENOSPC;
	ret = write_distributor(d);
	if (ret)
		return ret;
	if (at < 0)
		at = store.distributor_count++;
	else
		distributor_unref(store.distributors[at]);
	store.distributors[at] = distributor_ref(d);
	return 0;
}

/**
 * store_put_distributor() - keep a distributor, or replace the one of its issuer
 * @d: registered; a reference is taken
 *
 * Return: 0, -ENOSPC, -errno.
 */
int store_put_distributor(struct distributor *d)
{
	int ret;

	pthread_mutex_lock(&store.lock);
	ret = put_distributor(d);
	pthread_mutex_unlock(&store.lock);
	return ret;
}

/**
 * store_replace_distributor() - keep a newer version of a distributor
 * @old: what the newer one was made from
 * @fresh: of the same issuer; a reference is taken
 *
 * Return: 0; -ESTALE when @old is not what is kept any more: the device may have
 * registered anew meanwhile; -errno.
 */
int store_replace_distributor(const struct distributor *old, struct distributor *fresh)
{
	int at, ret;

	pthread_mutex_lock(&store.lock);
	at = find_distributor(old->bundle.issuer);
	ret = at >= 0 && store.distributors[at] == old ? put_distributor(fresh) : -ESTALE;
	pthread_mutex_unlock(&store.lock);
	return ret;
}

/**
 * store_get_distributor() - look one up
 * @issuer: thumbprint of its root key
 * @ret: a reference
 *
 * Return: 0 or -ENOENT.
 */
int store_get_distributor(const uint8_t issuer[CASK_KID_SIZE], struct distributor **ret)
{
	int at;

	pthread_mutex_lock(&store.lock);
	at = find_distributor(issuer);
	if (at >= 0)
		*ret = distributor_ref(store.distributors[at]);
	pthread_mutex_unlock(&store.lock);
	return at < 0 ? -ENOENT : 0;
}

/**
 * store_list_distributors() - all of them
 * @ret: references
 * @ret_count: how many
 *
 * Return: 0.
 */
int store_list_distributors(struct distributor *ret[STORE_DISTRIBUTORS_MAX], size_t *ret_count)
{
	pthread_mutex_lock(&store.lock);
	for (size_t i = 0; i < store.distributor_count; i++)
		ret[i] = distributor_ref(store.distributors[i]);
	*ret_count = store.distributor_count;
	pthread_mutex_unlock(&store.lock);
	return 0;
}
