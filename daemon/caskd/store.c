// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - what survives a restart: distributors and licenses.
 *
 *	DIR/lock				held while caskd runs
 *	DIR/distributors/<issuer>.json
 *	DIR/licenses/<issuer>.<license id>.<uid or "machine">.cose
 *	DIR/licenses/....cose.renewed		beside it: renewed, and not taken by the module yet
 *
 * Each thing is one file that appears, changes and goes at once and durably, so
 * there is nothing to repair after a crash but to remove unfinished files. What
 * cannot be read is left alone and reported.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "log.h"
#include "store.h"
#include "text.h"

#define DISTRIBUTOR_FILE_MAX	(512 * 1024)
#define MODE			0600
#define RENEWED			".renewed"

static struct {
	pthread_mutex_t lock;
	char *dir;
	char *distributors_dir;
	char *licenses_dir;
	int lock_fd;
	struct distributor *distributors[STORE_DISTRIBUTORS_MAX];
	size_t distributor_count;
	struct holding *licenses;
	size_t license_count;
} store = { .lock = PTHREAD_MUTEX_INITIALIZER, .lock_fd = -1 };

static int make_dir(const char *parent, const char *name, char **ret_path)
{
	char *path = cask_file_path(parent, name);

	if (!path)
		return -ENOMEM;
	if (mkdir(path, 0700) && errno != EEXIST) {
		free(path);
		return -errno;
	}
	*ret_path = path;
	return 0;
}

static int take_lock(const char *dir)
{
	_cleanup_free_ char *path = cask_file_path(dir, "lock");
	_cleanup_close_ int fd = -1;

	if (!path)
		return -ENOMEM;
	/* Not for writing: on a file system that became read-only licenses still install. */
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		cask_err("%s: another caskd uses this directory", dir);
		return -errno;
	}
	store.lock_fd = steal_fd(&fd);
	return 0;
}

static int load_dir(const char *dir, int (*load)(const char *path, const char *name))
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int ret = 0;

	if (!d)
		return -errno;
	while (!ret && (errno = 0, entry = readdir(d))) {
		_cleanup_free_ char *path = NULL;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		path = cask_file_path(dir, entry->d_name);
		if (!path)
			ret = -ENOMEM;
		/* What a crash left behind before its rename. */
		else if (cask_file_ends_with(entry->d_name, ".tmp"))
			unlink(path);
		else
			ret = load(path, entry->d_name);
	}
	if (!ret)
		ret = -errno;
	closedir(d);
	return ret;
}

static int find_distributor(const uint8_t issuer[CASK_KID_SIZE])
{
	for (size_t i = 0; i < store.distributor_count; i++)
		if (!memcmp(store.distributors[i]->bundle.issuer, issuer, CASK_KID_SIZE))
			return i;
	return -1;
}

static int find_license(const struct holding *h)
{
	for (size_t i = 0; i < store.license_count; i++)
		if (holding_is(&store.licenses[i], h->issuer, h->license_id))
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

static int load_distributor(const char *path, const char *name)
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

static int load_license(const char *path, const char *name)
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

static int load_renewed(const char *path, const char *name)
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

/**
 * store_open() - lock the directory and read all there is
 * @dir: made if missing
 *
 * Return: 0; -EWOULDBLOCK when another caskd has it; -errno.
 */
int store_open(const char *dir)
{
	int ret;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	store.dir = strdup(dir);
	if (!store.dir)
		return -ENOMEM;
	ret = take_lock(dir) ?:
	      make_dir(dir, "distributors", &store.distributors_dir) ?:
	      make_dir(dir, "licenses", &store.licenses_dir) ?:
	      cask_file_sync_parent(store.licenses_dir) ?:
	      load_dir(store.distributors_dir, load_distributor) ?:
	      load_dir(store.licenses_dir, load_license) ?:
	      load_dir(store.licenses_dir, load_renewed);
	if (ret)
		store_close();
	return ret;
}

/**
 * store_close() - forget everything and unlock the directory
 */
void store_close(void)
{
	for (size_t i = 0; i < store.distributor_count; i++)
		distributor_unref(store.distributors[i]);
	store.distributor_count = 0;
	free(store.licenses);
	store.licenses = NULL;
	store.license_count = 0;
	free(store.dir);
	free(store.distributors_dir);
	free(store.licenses_dir);
	store.dir = store.distributors_dir = store.licenses_dir = NULL;
	if (store.lock_fd >= 0)
		close(store.lock_fd);
	store.lock_fd = -1;
}

/**
 * store_responds() - whether nothing hangs in the disk
 * @until: CLOCK_REALTIME, when to say no
 */
bool store_responds(const struct timespec *until)
{
	if (pthread_mutex_timedlock(&store.lock, until))
		return false;
	pthread_mutex_unlock(&store.lock);
	return true;
}

/**
 * store_check() - whether the store can go on
 * @ret: filled in
 *
 * As caskd sees the directory, which its sandbox may show otherwise than to others.
 */
void store_check(struct store_health *ret)
{
	struct statvfs fs = { 0 };

	*ret = (struct store_health){ .path = store.dir };
	if (faccessat(AT_FDCWD, store.licenses_dir, W_OK | X_OK, AT_EACCESS) ||
	    statvfs(store.licenses_dir, &fs))
		ret->error = errno;
	ret->free = (uint64_t)fs.f_bavail * fs.f_frsize;
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
	return cask_file_write(path, text, strlen(text), MODE);
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
	ret = path ? cask_file_write(path, statement, size, MODE) : -ENOMEM;
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
	ret = cask_file_write(path, statement, size, MODE);
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
