// SPDX-License-Identifier: GPL-2.0
/*
 * leaves.c - this device's leaves in categories, and the EKBs of those: fetched, kept, and
 * brought to the module.
 *
 *	DIR/categories/<issuer>.<category>.leaf		LEAF statement
 *	DIR/categories/<issuer>.<category>.ekb		the last EKB, as the server sent it
 *	DIR/categories/<issuer>.<category>.ekb.part	what came of a later one, until the module took it (download.c)
 *
 * All of it is sealed or public, and the module has to believe it anew after each of its starts. A
 * LEAF that it takes stays, for a later one costs it the root keys that it has. A server that goes
 * back to an older EKB, or names one of another category, is not listened to. Nothing is kept that the
 * module did not take, and of a distributor no more than LEAVES_MAX categories: one that it names no
 * more stays, since licenses may open by it, until another needs the room.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/cask_netlink.h>

#include "block.h"
#include "download.h"
#include "file.h"
#include "leaves.h"
#include "log.h"
#include "text.h"

#define MODE		0600
#define NAME_MAX_HERE	(TEXT_HEX_SIZE(CASK_KID_SIZE) + TEXT_HEX_SIZE(CASK_ID_SIZE) + sizeof(".leaf"))
/* The module takes one at a time; a restart of it, in between, begins with another. */
#define BRING_TRIES	3

/**
 * struct fetching - a distributor that is being asked
 * @issuer: which
 * @next: of the others
 */
struct fetching {
	const uint8_t *issuer;
	struct fetching *next;
};

static char *folder;
/*
 * Each distributor is asked once at a time: of two the slower would put back what the other replaced. But
 * none waits for another's server.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static struct fetching *fetching;
/*
 * Held while an EKB is brought, so that two that were fetched do not interrupt each other. Not by
 * leaves_restore(), whose caller lets nobody else ask the module.
 */
static pthread_mutex_t bringing = PTHREAD_MUTEX_INITIALIZER;

/* What a crash left unfinished. */
static void tidy(void)
{
	struct dirent *entry;
	DIR *d = opendir(folder);

	while (d && (entry = readdir(d)))
		if (cask_file_ends_with(entry->d_name, ".tmp"))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

/**
 * leaves_open() - make the directory, or tidy it
 * @dir: caskd's state, which is locked
 *
 * Return: 0 or -errno.
 */
int leaves_open(const char *dir)
{
	folder = cask_file_path(dir, "categories");
	if (!folder)
		return -ENOMEM;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	tidy();
	return cask_file_sync_parent(folder);
}

/**
 * leaves_close() - forget where it is
 */
void leaves_close(void)
{
	free(folder);
	folder = NULL;
}

static char *path_of(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE],
		     const char *kind)
{
	char name[NAME_MAX_HERE], hex[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	text_hex(issuer, CASK_KID_SIZE, name);
	text_hex(category, CASK_ID_SIZE, hex);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), ".%s.%s", hex, kind);
	return cask_file_path(folder, name);
}

/* --- EKBs --- */

/* The one that is kept. */
static int load_block(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE],
		      struct block *b)
{
	_cleanup_free_ char *path = path_of(issuer, category, "ekb");
	int ret = path ? cask_file_read(path, BLOCK_MAX, &b->data, &b->size) : -ENOMEM;

	ret = ret ? ret : block_read(b);
	return !ret && !block_is_of(b, issuer, category) ? -EINVAL : ret;
}

static int bring_parts(const struct block *b, struct problem *p)
{
	size_t at = 0, part;

	if (netlink_ekb_add(&b->statement, p))
		return -1;
	for (; at < b->entries.size; at += part) {
		const uint8_t *data = b->entries.data;
		struct netlink_blob blob = { data + at, b->entries.size - at };

		if (blob.size > CASK_STORE_DATA_MAX)
			blob.size = CASK_STORE_DATA_MAX;
		part = blob.size;
		if (netlink_ekb_data(at, &blob, p))
			return -1;
	}
	return 0;
}

/* Whether another one was begun in between, or the module with it. */
static bool was_interrupted(const struct problem *p)
{
	return !strcmp(p->code, "kernel") && (p->error == ENOENT || p->error == EINVAL);
}

static int bring(const struct block *b, struct problem *p)
{
	int ret = -1;

	for (int tries = 0; ret && tries < BRING_TRIES; tries++) {
		ret = bring_parts(b, p);
		if (ret && !was_interrupted(p))
			break;
	}
	return ret;
}

/* --- after a start of the module --- */

static bool leaf_is_of(const struct netlink_blob *statement, const uint8_t issuer[CASK_KID_SIZE],
		       const uint8_t category[CASK_ID_SIZE])
{
	struct cask_leaf_view says;
	struct cask_cose cose;

	return !cask_cose_parse(&cose, statement->data, statement->size) &&
	       !cask_leaf_parse(&says, cose.payload.data, cose.payload.len) &&
	       !memcmp(says.issuer.data, issuer, CASK_KID_SIZE) &&
	       !memcmp(says.category.data, category, CASK_ID_SIZE);
}

/* The one that is kept. */
static int bring_leaf(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE],
		      const char *path, struct problem *p)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct netlink_blob statement;
	int err = cask_file_read(path, CASK_STATEMENT_MAX, &data, &statement.size);

	statement.data = data;
	if (!err && !leaf_is_of(&statement, issuer, category))
		err = -EINVAL;
	if (err)
		return problem_store(p, -err, "reading a leaf");
	/* One that is as late may be there already, made anew: it is the same leaf. */
	if (!netlink_leaf_add(&statement, p) || (!strcmp(p->code, "kernel") && p->error == ESTALE))
		return 0;
	return -1;
}

static void restore(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE],
		    const char *path)
{
	_cleanup_block_ struct block b = { 0 };
	struct problem p = { 0 };
	int err;

	if (bring_leaf(issuer, category, path, &p)) {
		cask_notice("%s: %s", path, p.detail);
		return;
	}
	err = load_block(issuer, category, &b);
	if (err && err != -ENOENT)
		cask_warn("%s: its EKB: %s", path, strerror(-err));
	else if (!err && bring(&b, &p))
		cask_notice("%s: %s", path, p.detail);
}

/* Name of a LEAF, or not. */
static bool read_name(const char *name, uint8_t issuer[CASK_KID_SIZE], uint8_t category[CASK_ID_SIZE])
{
	char hex[NAME_MAX_HERE];

	if (strlen(name) != 2 * CASK_KID_SIZE + 2 * CASK_ID_SIZE + sizeof(".leaf") ||
	    strcmp(name + 2 * CASK_KID_SIZE + 2 * CASK_ID_SIZE + 1, ".leaf"))
		return false;
	snprintf(hex, sizeof(hex), "%.*s", 2 * CASK_KID_SIZE, name);
	if (text_from_hex(hex, issuer, CASK_KID_SIZE))
		return false;
	snprintf(hex, sizeof(hex), "%.*s", 2 * CASK_ID_SIZE, name + 2 * CASK_KID_SIZE + 1);
	return !text_from_hex(hex, category, CASK_ID_SIZE);
}

/**
 * leaves_restore() - bring the module all that is kept
 *
 * Before the licenses, some of which open by it.
 */
void leaves_restore(void)
{
	uint8_t issuer[CASK_KID_SIZE], category[CASK_ID_SIZE];
	struct dirent *entry;
	DIR *d = opendir(folder);

	if (!d) {
		cask_warn("%s: %m", folder);
		return;
	}
	while ((entry = readdir(d))) {
		_cleanup_free_ char *path = cask_file_path(folder, entry->d_name);

		if (path && read_name(entry->d_name, issuer, category))
			restore(issuer, category, path);
	}
	closedir(d);
}

/* --- from the distributor --- */

static int keep(const char *path, const void *data, size_t size, struct problem *p)
{
	int err = path ? cask_file_write(path, data, size, MODE) : -ENOMEM;

	return err ? problem_store(p, -err, "keeping a category") : 0;
}

/**
 * struct turn - a distributor's, to be asked
 * @d: which
 * @place: of its server
 * @leaves: this device's, as that says
 * @count: of them
 * @until: CLOCK_MONOTONIC seconds, when there is no more time
 * @came: an EKB did, or some of it
 * @late: there was no time for another, or all of it
 */
struct turn {
	struct distributor *d;
	struct request_place place;
	struct server_leaf leaves[LEAVES_MAX];
	size_t count;
	int64_t until;
	bool came;
	bool late;
};

static bool is_listed(const struct turn *t, const uint8_t category[CASK_ID_SIZE])
{
	for (size_t i = 0; i < t->count; i++)
		if (!memcmp(t->leaves[i].category, category, CASK_ID_SIZE))
			return true;
	return false;
}

/* The EKB first: what has no LEAF nobody looks for. */
static void forget(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE])
{
	_cleanup_free_ char *ekb = path_of(issuer, category, "ekb");
	_cleanup_free_ char *leaf = path_of(issuer, category, "leaf");

	if (ekb)
		download_forget(ekb);
	if (!ekb || !leaf || (unlink(ekb) && errno != ENOENT) || unlink(leaf))
		cask_warn("forgetting a category: %m");
}

/* Before one more of those that it names is kept. */
static void make_room(const struct turn *t)
{
	const uint8_t *issuer = t->d->bundle.issuer;
	uint8_t whose[CASK_KID_SIZE], category[CASK_ID_SIZE], old[CASK_ID_SIZE];
	unsigned int count = 0;
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(folder);

	while (d && (entry = readdir(d))) {
		if (!read_name(entry->d_name, whose, category) || memcmp(whose, issuer, CASK_KID_SIZE))
			continue;
		count++;
		if (is_listed(t, category))
			continue;
		memcpy(old, category, sizeof(old));
		found = true;
	}
	if (d)
		closedir(d);
	if (count >= LEAVES_MAX && found)
		forget(issuer, old);
}

/* The one that is kept, if the module takes it; else the one that came, if it does. */
static int take_leaf(const struct turn *t, const struct server_leaf *leaf, struct problem *p)
{
	const uint8_t *issuer = t->d->bundle.issuer;
	_cleanup_free_ char *path = path_of(issuer, leaf->category, "leaf");
	const struct netlink_blob statement = { leaf->statement, leaf->size };

	if (path && !bring_leaf(issuer, leaf->category, path, p))
		return 0;
	if (!leaf_is_of(&statement, issuer, leaf->category))
		return problem_set(p, 502, "server-answer", "the server sent no leaf of the category");
	if (netlink_leaf_add(&statement, p))
		return -1;
	if (path && access(path, F_OK))
		make_room(t);
	return keep(path, leaf->statement, leaf->size, p);
}

static int fetch_block(struct turn *t, const struct download_ask *ask, struct block *b, struct problem *p)
{
	int ret = download_ekb(&t->place, ask, &b->data, &b->size, p);

	t->came |= ret > 0;
	t->late |= ret > 0;
	if (ret)
		return -1;
	if (!block_read(b) && block_is_of(b, t->d->bundle.issuer, ask->category))
		return 0;
	download_forget(ask->path);
	return problem_set(p, 502, "server-answer", "the server sent no EKB of the category");
}

static int bring_alone(const struct block *b, struct problem *p)
{
	int ret;

	pthread_mutex_lock(&bringing);
	ret = bring(b, p);
	pthread_mutex_unlock(&bringing);
	return ret;
}

/* What another try may end otherwise, or newer statements of the distributor, is not fetched anew for that. */
static bool is_for_good(const struct problem *p)
{
	return !problem_may_pass(p) && p->error != ENOKEY;
}

/* What the module does not believe must not take the place of what it did. */
static int take_fresh(struct turn *t, const struct block *fresh, const char *path, struct problem *p)
{
	if (bring_alone(fresh, p)) {
		if (is_for_good(p))
			download_forget(path);
		return -1;
	}
	if (download_keep(path, p))
		return -1;
	t->came = true;
	return 0;
}

static int take_block(struct turn *t, const struct server_leaf *leaf, struct problem *p)
{
	const uint8_t *issuer = t->d->bundle.issuer;
	_cleanup_block_ struct block kept = { 0 }, fresh = { 0 };
	_cleanup_free_ char *path = path_of(issuer, leaf->category, "ekb");
	struct download_ask ask = {
		.version = leaf->version, .path = path, .max = BLOCK_MAX, .until = t->until,
	};
	int err = load_block(issuer, leaf->category, &kept);

	if (!path)
		return keep(path, NULL, 0, p);
	/* What the module does not take may have come to harm. */
	if (!err && kept.says.version >= leaf->version) {
		if (!bring_alone(&kept, p))
			return 0;
		if (!is_for_good(p))
			return -1;
		err = -EINVAL;
	}
	memcpy(ask.category, leaf->category, sizeof(ask.category));
	if (fetch_block(t, &ask, &fresh, p))
		return -1;
	if (err || fresh.says.version >= kept.says.version)
		return take_fresh(t, &fresh, path, p);
	download_forget(path);
	return problem_set(p, 502, "server-answer", "the server went back to an older EKB");
}

static bool is_later(const struct distributor *d, const struct server_leaf *leaf)
{
	_cleanup_block_ struct block kept = { 0 };

	return load_block(d->bundle.issuer, leaf->category, &kept) || leaf->version > kept.says.version;
}

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* @wants: only later EKBs of these, if it is there */
static int visit(struct turn *t, leaves_wants *wants, const struct server_leaf *leaf, struct problem *p)
{
	if (wants && !(wants(t->d->bundle.issuer, leaf->category) && is_later(t->d, leaf)))
		return 0;
	if (seconds_now() >= t->until) {
		t->late = true;
		return problem_set(p, 504, "server-timeout", "there was no time for a category");
	}
	if (!take_leaf(t, leaf, p) && !take_block(t, leaf, p))
		return 0;
	cask_notice("%s: a category: %s", t->d->bundle.name, p->detail);
	return -1;
}

/* A server that stands still sends nothing, and there is nothing of it to go on with. */
static int fetch(struct turn *t, leaves_wants *wants, struct problem *p)
{
	int ret = 0;

	if (distributor_place(t->d, &t->place, p) ||
	    server_leaves(&t->place, t->leaves, LEAVES_MAX, &t->count, p))
		return -1;
	/* One that fails does not keep the others from being had. What may pass is what is said of several. */
	for (size_t i = 0; i < t->count; i++) {
		struct problem other = { 0 };
		int failed = visit(t, wants, &t->leaves[i], &other);

		if (failed && (!ret || problem_may_pass(&other)))
			*p = other;
		ret = ret ? ret : failed;
		free(t->leaves[i].statement);
	}
	return t->came && t->late ? 1 : ret;
}

static bool is_being_fetched(const uint8_t issuer[CASK_KID_SIZE])
{
	for (const struct fetching *f = fetching; f; f = f->next)
		if (!memcmp(f->issuer, issuer, CASK_KID_SIZE))
			return true;
	return false;
}

/* Returns whether it is ours; else another thread asks @until then. */
static bool begin(struct fetching *f, int64_t until)
{
	const struct timespec at = { .tv_sec = until };
	bool other;
	int err = 0;

	pthread_mutex_lock(&lock);
	while ((other = is_being_fetched(f->issuer)) && !err)
		err = pthread_cond_clockwait(&ended, &lock, CLOCK_MONOTONIC, &at);
	if (!other) {
		f->next = fetching;
		fetching = f;
	}
	pthread_mutex_unlock(&lock);
	return !other;
}

static void end(const struct fetching *f)
{
	struct fetching **at = &fetching;

	pthread_mutex_lock(&lock);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
}

static int fetch_alone(struct turn *t, leaves_wants *wants, int64_t wait_until, struct problem *p)
{
	struct fetching f = { .issuer = t->d->bundle.issuer };
	int ret;

	if (!begin(&f, wait_until)) {
		problem_set(p, 504, "server-timeout", "another asks for categories already");
		return 1;
	}
	ret = fetch(t, wants, p);
	end(&f);
	return ret;
}

/**
 * leaves_fetch() - have a distributor's leaves for this device, and its EKBs of now
 * @d: registered
 * @seconds: for all of it, but the list of what there is, when that takes longer; what has come of an EKB by
 *	then is gone on with by another call
 * @p: unless it returns 0
 *
 * May wait for another thread that asks the same distributor, in the same time. Return: 0, -1, or 1 when there
 * was no more time, and there is more to come: something came, or the other thread still asks.
 */
int leaves_fetch(struct distributor *d, unsigned int seconds, struct problem *p)
{
	struct turn t = { .d = d, .until = seconds_now() + seconds };

	return fetch_alone(&t, NULL, t.until, p);
}

/**
 * leaves_look() - have the later EKBs that a distributor names, of some categories
 * @d: registered
 * @wants: says of which; what there is already is left as it is
 * @seconds: as for leaves_fetch()
 * @p: unless it returns 0
 *
 * Waits for no other thread. Return: as leaves_fetch().
 */
int leaves_look(struct distributor *d, leaves_wants *wants, unsigned int seconds, struct problem *p)
{
	struct turn t = { .d = d, .until = seconds_now() + seconds };

	return fetch_alone(&t, wants, 0, p);
}
