// SPDX-License-Identifier: GPL-2.0
/*
 * pending.c - requests for licenses whose answer we do not know.
 *
 *	DIR/requests/<issuer>.<content id>.<uid or "machine">.key
 *
 * The file appears before the request goes out and goes when its end is known:
 * the license is kept, or the server has refused. What lies between is asked for
 * again under the same Idempotency-Key, so that a license which was granted, and
 * perhaps paid for, is got and not granted twice.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "crypto.h"
#include "file.h"
#include "log.h"
#include "pending.h"

#define OWNER_MAX	10	/* digits of a uid */
#define NAME_MAX_HERE	(2 * CASK_KID_SIZE + 1 + 2 * CASK_ID_SIZE + 1 + OWNER_MAX + sizeof(".key"))

static struct {
	pthread_mutex_t lock;
	char *dir;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void owner_of(const struct pending *p, char out[OWNER_MAX + 1])
{
	if (p->machine)
		strcpy(out, "machine");
	else
		snprintf(out, OWNER_MAX + 1, "%u", p->owner);
}

static char *path_of(const struct pending *p)
{
	char issuer[TEXT_HEX_SIZE(CASK_KID_SIZE)], content[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char name[NAME_MAX_HERE], owner[OWNER_MAX + 1];

	text_hex(p->issuer, CASK_KID_SIZE, issuer);
	text_hex(p->content_id, CASK_ID_SIZE, content);
	owner_of(p, owner);
	snprintf(name, sizeof(name), "%s.%s.%s.key", issuer, content, owner);
	return cask_file_path(state.dir, name);
}

/**
 * struct crowd - how many requests are pending
 * @owner: the owner's part of the name, with its dots
 * @own: of this owner
 * @all: of all
 * @keep_from: when the oldest may have begun that are not removed, 0 for any time
 * @since: when the oldest of this owner began
 * @oldest: its name
 */
struct crowd {
	char owner[OWNER_MAX + sizeof("..key")];
	unsigned int own;
	unsigned int all;
	time_t keep_from;
	time_t since;
	char oldest[NAME_MAX_HERE];
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && !strcmp(text + length - tail, end);
}

static void count_one(struct crowd *c, int dir, const char *name)
{
	struct stat st;

	if (strlen(name) >= sizeof(c->oldest) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	if (c->keep_from && st.st_mtime < c->keep_from && !unlinkat(dir, name, 0))
		return;
	c->all++;
	if (!ends_with(name, c->owner))
		return;
	if (!c->own++ || st.st_mtime < c->since) {
		c->since = st.st_mtime;
		strcpy(c->oldest, name);
	}
}

/* Counts the files; what a crash left unfinished is removed. */
static int count(struct crowd *c)
{
	struct dirent *entry;
	DIR *d = opendir(state.dir);

	if (!d)
		return -errno;
	while ((entry = readdir(d))) {
		if (ends_with(entry->d_name, ".tmp")) {
			unlinkat(dirfd(d), entry->d_name, 0);
		} else if (entry->d_name[0] != '.') {
			count_one(c, dirfd(d), entry->d_name);
		}
	}
	closedir(d);
	return 0;
}

/**
 * pending_open() - make the directory, or tidy it
 * @dir: caskd's state, which is locked
 *
 * Return: 0 or -errno.
 */
int pending_open(const char *dir)
{
	struct crowd c = { 0 };

	state.dir = cask_file_path(dir, "requests");
	if (!state.dir)
		return -ENOMEM;
	if (!mkdir(state.dir, 0700))
		return cask_file_sync_parent(state.dir);
	return errno == EEXIST ? count(&c) : -errno;
}

/**
 * pending_close() - forget where it is
 */
void pending_close(void)
{
	free(state.dir);
	state.dir = NULL;
}

/* A line: the key, and behind a blank the nonce in hex if there is one. */
#define LINE_MAX_HERE	(PENDING_KEY_SIZE + TEXT_HEX_SIZE(CASK_NONCE_SIZE))

static int write_line(const char *path, const struct pending *p)
{
	char line[LINE_MAX_HERE], nonce[TEXT_HEX_SIZE(CASK_NONCE_SIZE)] = "";

	if (p->once)
		text_hex(p->nonce, CASK_NONCE_SIZE, nonce);
	snprintf(line, sizeof(line), "%s%s%s", p->key, p->once ? " " : "", nonce);
	return cask_file_write(path, line, strlen(line), 0600);
}

/* Fills in key and nonce. Returns 0, -ENOENT, -EINVAL when it is none, or -errno. */
static int read_line(const char *path, struct pending *p)
{
	_cleanup_free_ uint8_t *text = NULL;
	uint8_t random[PENDING_RANDOM_SIZE], nonce[CASK_NONCE_SIZE];
	char *blank;
	size_t size;
	int ret = cask_file_read(path, LINE_MAX_HERE - 1, &text, &size);

	if (ret)
		return ret == -EFBIG ? -EINVAL : ret;
	blank = strchr((char *)text, ' ');
	if (blank)
		*blank = 0;
	if (text_from_base64url((char *)text, random, sizeof(random)) ||
	    (blank && text_from_hex(blank + 1, nonce, sizeof(nonce))))
		return -EINVAL;
	memcpy(p->key, text, PENDING_KEY_SIZE);
	p->once = blank;
	if (blank)
		memcpy(p->nonce, nonce, sizeof(nonce));
	return 0;
}

/* Root's own always fit: its own and the machine's. */
static bool fits(const struct pending *p, const struct crowd *c)
{
	return c->own < PENDING_OF_USER &&
	       (p->machine || !p->owner || c->all < PENDING_OF_USERS) && c->all < PENDING_MAX;
}

/* The content in a file's name; what is not one of ours names none. */
static void take_content(const char *name, uint8_t content[CASK_ID_SIZE])
{
	char text[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	const char *dot = strchr(name, '.');

	if (!dot)
		return;
	snprintf(text, sizeof(text), "%.*s", 2 * CASK_ID_SIZE, dot + 1);
	text_from_hex(text, content, CASK_ID_SIZE);
}

static int check_room(struct pending *p)
{
	struct crowd c = { 0 };
	char owner[OWNER_MAX + 1];
	int ret;

	owner_of(p, owner);
	snprintf(c.owner, sizeof(c.owner), ".%s.key", owner);
	ret = count(&c);
	if (ret || fits(p, &c))
		return ret;
	/* Only now: by a clock that was wrong they may look older than they are. */
	c = (struct crowd){ .keep_from = time(NULL) - PENDING_SECONDS };
	snprintf(c.owner, sizeof(c.owner), ".%s.key", owner);
	ret = count(&c);
	if (ret || fits(p, &c))
		return ret;
	if (c.own)
		take_content(c.oldest, p->oldest);
	return -EDQUOT;
}

static int begin(struct pending *p)
{
	_cleanup_free_ char *path = path_of(p);
	struct pending found;
	uint8_t random[PENDING_RANDOM_SIZE];
	int ret;

	if (!path)
		return -ENOMEM;
	found = *p;
	ret = read_line(path, &found);
	if (!ret)
		*p = found;
	p->again = !ret;
	/* What is there and cannot be read now must not be written over. */
	if (ret != -ENOENT && ret != -EINVAL)
		return ret;
	ret = check_room(p);
	if (ret)
		return ret;
	if (crypto_random(random, sizeof(random)))
		return -EIO;
	text_base64url(random, sizeof(random), p->key);
	return write_line(path, p);
}

/**
 * pending_begin() - before the request goes out: the key to send it under
 * @p: its key and again are filled in: a new key, or the one of the same request before,
 *	with the nonce of that
 *
 * Those whose keys no server knows any more are forgotten when there is no room otherwise.
 *
 * Return: 0; -EDQUOT when too many of this owner, or of all, are pending; -errno.
 */
int pending_begin(struct pending *p)
{
	int ret;

	pthread_mutex_lock(&state.lock);
	ret = begin(p);
	pthread_mutex_unlock(&state.lock);
	return ret;
}

/**
 * pending_end() - the end of the request is known
 * @p: begun; if another one has taken its place, that stays
 *
 * That it goes need not be durable: asked again, the server says the same.
 */
void pending_end(const struct pending *p)
{
	_cleanup_free_ char *path = NULL;
	struct pending found = *p;

	pthread_mutex_lock(&state.lock);
	path = path_of(p);
	if (path && !read_line(path, &found) && !strcmp(found.key, p->key) && unlink(path))
		cask_warn("%s: %m", path);
	pthread_mutex_unlock(&state.lock);
}

/**
 * pending_keep() - the end of the request is not known
 * @p: begun
 *
 * The same request in another connection, begun first, may have ended without having
 * gone out, and have taken the key away that this one went out under.
 */
void pending_keep(const struct pending *p)
{
	_cleanup_free_ char *path = NULL;
	struct pending found = *p;
	int err = 0;

	pthread_mutex_lock(&state.lock);
	path = path_of(p);
	if (!path)
		err = -ENOMEM;
	else if (read_line(path, &found) == -ENOENT)
		err = write_line(path, p);
	pthread_mutex_unlock(&state.lock);
	if (err)
		cask_warn("keeping a request: %s", strerror(-err));
}
