// SPDX-License-Identifier: GPL-2.0
/*
 * pending.c - requests for licenses whose answer we do not know.
 *
 *	DIR/requests/<issuer>.<content id>.<uid or "machine">.key
 *	DIR/requests/<issuer>.<class id>.class.<uid>.key
 *	DIR/requests/<issuer>.<content id>.<medium>[-locked].<uid>.key
 *	DIR/requests/<issuer>.<content id>.renewal-<license id>.<uid or "machine">.key
 *
 * The file appears before the request goes out and goes when its end is known:
 * the license is kept, or the server has refused. What lies between is asked for
 * again under the same Idempotency-Key, so that a license which was granted, and
 * perhaps paid for, is got and not granted twice. A license for a medium is not ours
 * to install: its request goes when who asked has put it there, and the answer stays in
 * the file until then. One for a class of media is for the machine, but anybody may ask: it
 * is of who asks, so that nobody ends, or crowds out, a request of another. And what a user asked
 * for is that user's alone, who agreed to its price: nobody goes on with it in another's session.
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
#define KIND_MAX	(sizeof(".renewal-") + 2 * CASK_ID_SIZE)
#define USER_HASH_SIZE	32
#define USER_MAX	(sizeof(".user-") + 2 * USER_HASH_SIZE)
#define NAME_MAX_HERE	(2 * CASK_KID_SIZE + 1 + 2 * CASK_ID_SIZE + KIND_MAX + USER_MAX + 1 + OWNER_MAX + \
			 sizeof(".key"))

static struct {
	pthread_mutex_t lock;
	char *dir;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Of whom it is the request: of a class's license who asks is not whose it will be. */
static bool is_machines(const struct pending *p)
{
	return p->machine && !p->class;
}

static void owner_of(const struct pending *p, char out[OWNER_MAX + 1])
{
	if (is_machines(p))
		strcpy(out, "machine");
	else
		snprintf(out, OWNER_MAX + 1, "%u", p->owner);
}

/* What it is, other than of a content for a device. */
static void kind_of(const struct pending *p, char out[KIND_MAX])
{
	char number[TEXT_HEX_SIZE(CASK_MEDIUM_NUMBER_SIZE)], license[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	_Static_assert(CASK_MEDIUM_NUMBER_SIZE == CASK_ID_SIZE && sizeof("-locked") < sizeof(".renewal-"),
		       "KIND_MAX");
	strcpy(out, p->class ? ".class" : "");
	text_hex(p->license_id, CASK_ID_SIZE, license);
	if (p->renews)
		snprintf(out, KIND_MAX, ".renewal-%s", license);
	text_hex(p->number, CASK_MEDIUM_NUMBER_SIZE, number);
	if (p->medium)
		snprintf(out, KIND_MAX, ".%s%s", number, p->locked ? "-locked" : "");
}

/* Which user asks: an id may be longer than a name, and of any characters. */
static int user_of(const struct pending *p, char out[USER_MAX])
{
	char hex[TEXT_HEX_SIZE(USER_HASH_SIZE)];
	uint8_t hash[USER_HASH_SIZE];

	*out = 0;
	if (!p->user)
		return 0;
	if (crypto_sha256(p->user, strlen(p->user), hash))
		return -EIO;
	text_hex(hash, sizeof(hash), hex);
	snprintf(out, USER_MAX, ".user-%s", hex);
	return 0;
}

static char *path_of(const struct pending *p)
{
	char issuer[TEXT_HEX_SIZE(CASK_KID_SIZE)], content[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	char name[NAME_MAX_HERE], kind[KIND_MAX], user[USER_MAX], owner[OWNER_MAX + 1];

	if (user_of(p, user))
		return NULL;
	text_hex(p->issuer, CASK_KID_SIZE, issuer);
	text_hex(p->content_id, CASK_ID_SIZE, content);
	kind_of(p, kind);
	owner_of(p, owner);
	snprintf(name, sizeof(name), "%s.%s%s%s.%s.key", issuer, content, kind, user, owner);
	return cask_file_path(state.dir, name);
}

/*
 * A line: the key, behind a blank the nonce in hex if there is one, behind a "$" the price if there
 * is one; behind "@" how many times and behind another which term, if there is one. Then the answer.
 */
#define PRICE_MAX	(sizeof("$") + 20)
#define TERM_MAX	(sizeof("@@") + 10 + PENDING_TERM_MAX)
#define LINE_MAX_HERE	(PENDING_KEY_SIZE + TEXT_HEX_SIZE(CASK_NONCE_SIZE) + 1 + PRICE_MAX + TERM_MAX)

/**
 * struct limits - how many requests may be pending
 * @own: of one owner
 * @users: before one more of a user other than root
 * @all: of all
 */
struct limits {
	unsigned int own;
	unsigned int users;
	unsigned int all;
};

static const struct limits of_any = { PENDING_OF_USER, PENDING_OF_USERS, PENDING_MAX };
static const struct limits of_counted = {
	PENDING_COUNTED_OF_USER, PENDING_COUNTED_OF_USERS, PENDING_COUNTED_MAX,
};

/**
 * struct crowd - how many requests are pending
 * @counted: only those are counted that have a nonce
 * @owner: the owner's part of the name, with its dots
 * @own: of this owner
 * @all: of all
 * @keep_from: when the oldest may have begun that are not removed, 0 for any time
 * @since: when the oldest of this owner began
 * @oldest: its name
 */
struct crowd {
	bool counted;
	char owner[OWNER_MAX + sizeof("..key")];
	unsigned int own;
	unsigned int all;
	time_t keep_from;
	time_t since;
	char oldest[NAME_MAX_HERE];
};

static bool has_nonce(int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char line[PENDING_KEY_SIZE];

	return fd >= 0 && cask_file_fill(fd, line, sizeof(line)) == sizeof(line) &&
	       line[PENDING_KEY_SIZE - 1] == ' ';
}

static void count_one(struct crowd *c, int dir, const char *name)
{
	struct stat st;

	if (strlen(name) >= sizeof(c->oldest) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	if (c->keep_from && st.st_mtime < c->keep_from && !unlinkat(dir, name, 0))
		return;
	if (c->counted && !has_nonce(dir, name))
		return;
	c->all++;
	if (!cask_file_ends_with(name, c->owner))
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
		if (cask_file_ends_with(entry->d_name, ".tmp")) {
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

static int write_file(const char *path, const struct pending *p, const void *answer, size_t size)
{
	char nonce[TEXT_HEX_SIZE(CASK_NONCE_SIZE)] = "", price[PRICE_MAX] = "", term[TERM_MAX] = "";
	_cleanup_free_ char *data = malloc(LINE_MAX_HERE + size);
	int length;

	if (!data)
		return -ENOMEM;
	if (p->once)
		text_hex(p->nonce, CASK_NONCE_SIZE, nonce);
	if (p->price)
		snprintf(price, sizeof(price), "$%llu", (unsigned long long)p->price);
	if (p->term[0])
		snprintf(term, sizeof(term), "@%u@%s", p->quantity, p->term);
	length = snprintf(data, LINE_MAX_HERE, "%s%s%s%s%s%s", p->key, p->once ? " " : "", nonce, price,
			  term, answer ? "\n" : "");
	if (answer)
		memcpy(data + length, answer, size);
	return cask_file_write(path, data, length + size, 0600);
}

/* The answer behind the line, if there is one. */
static int read_answer(struct pending *p, const uint8_t *data, size_t size)
{
	p->answer = NULL;
	p->answer_size = size;
	if (!data)
		return 0;
	p->answer = malloc(size + 1);
	if (!p->answer)
		return -ENOMEM;
	memcpy(p->answer, data, size);
	return 0;
}

static int read_price(const char *text, uint64_t *ret_price)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 18 || text[digits])
		return -EINVAL;
	*ret_price = strtoull(text, NULL, 10);
	return 0;
}

/* Behind the first "@": the number, another, and the name, which may be of anything. */
static int read_term(const char *text, struct pending *p)
{
	char *end;
	unsigned long quantity = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || *end != '@' || quantity > UINT32_MAX || !end[1] ||
	    strlen(end + 1) > PENDING_TERM_MAX)
		return -EINVAL;
	p->quantity = quantity;
	strcpy(p->term, end + 1);
	return 0;
}

static int read_line(struct pending *p, char *line)
{
	uint8_t random[PENDING_RANDOM_SIZE], nonce[CASK_NONCE_SIZE];
	char *at = strchr(line, '@'), *blank, *dollar;
	uint64_t price = 0;

	p->term[0] = 0;
	p->quantity = 0;
	if (at)
		*at = 0;
	/* A renewal has one; of a class, and for a medium, there is none. */
	if (at ? p->class || p->medium || read_term(at + 1, p) : p->renews)
		return -EINVAL;
	blank = strchr(line, ' ');
	dollar = strchr(line, '$');
	if (blank)
		*blank = 0;
	if (dollar)
		*dollar = 0;
	if (dollar && read_price(dollar + 1, &price))
		return -EINVAL;
	if (text_from_base64url(line, random, sizeof(random)) ||
	    (blank && text_from_hex(blank + 1, nonce, sizeof(nonce))))
		return -EINVAL;
	memcpy(p->key, line, PENDING_KEY_SIZE);
	p->once = blank;
	p->price = price;
	if (blank)
		memcpy(p->nonce, nonce, sizeof(nonce));
	return 0;
}

/* Fills in key, nonce and answer. Returns 0, -ENOENT, -EINVAL when it is none, or -errno. */
static int read_file(const char *path, struct pending *p)
{
	_cleanup_free_ uint8_t *text = NULL;
	uint8_t *end;
	size_t size;
	int ret = cask_file_read(path, LINE_MAX_HERE + CASK_STATEMENT_MAX, &text, &size);

	if (ret)
		return ret == -EFBIG ? -EINVAL : ret;
	end = memchr(text, '\n', size);
	if (end)
		*end++ = 0;
	return read_line(p, (char *)text) ?: read_answer(p, end, end ? text + size - end : 0);
}

/* Root's own always fit: its own and the machine's. */
static bool fits(const struct pending *p, const struct crowd *c, const struct limits *l)
{
	return c->own < l->own && (is_machines(p) || !p->owner || c->all < l->users) &&
	       c->all < l->all;
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

static int count_of(const struct pending *p, bool counted, time_t keep_from, struct crowd *ret)
{
	char owner[OWNER_MAX + 1];

	owner_of(p, owner);
	*ret = (struct crowd){ .counted = counted, .keep_from = keep_from };
	snprintf(ret->owner, sizeof(ret->owner), ".%s.key", owner);
	return count(ret);
}

static int check_limits(struct pending *p, const struct limits *l, bool counted)
{
	struct crowd c;
	int ret = count_of(p, counted, 0, &c);

	if (ret || fits(p, &c, l))
		return ret;
	/* Only now: by a clock that was wrong they may look older than they are. */
	ret = count_of(p, counted, time(NULL) - PENDING_SECONDS, &c);
	if (ret || fits(p, &c, l))
		return ret;
	if (c.own)
		take_content(c.oldest, p->oldest);
	return -EDQUOT;
}

static int check_room(struct pending *p)
{
	int ret = check_limits(p, &of_any, false);

	return ret || !p->once ? ret : check_limits(p, &of_counted, true);
}

/**
 * pending_room() - whether there is room for a request that has not begun
 * @p: it; once says whether it is to have a nonce
 *
 * Return: 0; -EDQUOT when too many of this owner, or of all, are pending; -errno.
 */
int pending_room(struct pending *p)
{
	int ret;

	pthread_mutex_lock(&state.lock);
	ret = check_room(p);
	pthread_mutex_unlock(&state.lock);
	return ret;
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
	ret = read_file(path, &found);
	/* One without a nonce, where the server wants one, gets no other answer than this one did. */
	p->again = !ret && (found.once || !p->once);
	if (p->again) {
		found.again = true;
		*p = found;
		return 0;
	}
	if (!ret)
		pending_clear(&found);
	/* What is there and cannot be read now must not be written over. */
	else if (ret != -ENOENT && ret != -EINVAL)
		return ret;
	ret = check_room(p);
	if (ret)
		return ret;
	if (crypto_random(random, sizeof(random)))
		return -EIO;
	text_base64url(random, sizeof(random), p->key);
	return write_file(path, p, NULL, 0);
}

/**
 * pending_begin() - before the request goes out: the key to send it under
 * @p: its key and again are filled in: a new key, or the one of the same request before,
 *	with the nonce and the answer of that; with once set, only if that has a nonce
 *
 * Those of long ago are forgotten when there is no room otherwise, though the server knows their keys still.
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

/* Whether the request is there still: 0, -ENOENT, or another -errno. */
static int look(const char *path, const struct pending *p)
{
	struct pending found = *p;
	int ret;

	found.answer = NULL;
	ret = read_file(path, &found);
	if (ret == -EINVAL || (!ret && strcmp(found.key, p->key)))
		ret = -ENOENT;
	free(found.answer);
	return ret;
}

static void remove_file(const char *path)
{
	int err = unlink(path) ? -errno : cask_file_sync_parent(path);

	if (err)
		cask_warn("%s: %s", path, strerror(-err));
}

/**
 * pending_end() - the end of the request is known
 * @p: begun; if another one has taken its place, that stays
 *
 * When this returns it has gone for good, unless a warning was logged: the same request after
 * that is another one, for which another answer comes.
 */
void pending_end(const struct pending *p)
{
	_cleanup_free_ char *path = NULL;

	pthread_mutex_lock(&state.lock);
	path = path_of(p);
	if (path && !look(path, p))
		remove_file(path);
	pthread_mutex_unlock(&state.lock);
}

/**
 * pending_find() - a request that has begun
 * @p: its key, nonce and answer are filled in
 *
 * Return: 0; -ENOENT when there is none; -errno.
 */
int pending_find(struct pending *p)
{
	_cleanup_free_ char *path = NULL;
	int ret;

	pthread_mutex_lock(&state.lock);
	path = path_of(p);
	ret = path ? read_file(path, p) : -ENOMEM;
	pthread_mutex_unlock(&state.lock);
	return ret;
}

/**
 * pending_answer() - keep the answer until somebody has done with it
 * @p: begun
 * @answer: LICENSE statement
 * @size: bytes of @answer, at most CASK_STATEMENT_MAX
 *
 * A request that has ended does not begin again by that: the same one in another connection
 * had the same answer, and has done with it.
 *
 * Return: 0 or -errno: the request stays, and the same answer is to be had again.
 */
int pending_answer(const struct pending *p, const void *answer, size_t size)
{
	_cleanup_free_ char *path = NULL;
	int ret;

	pthread_mutex_lock(&state.lock);
	path = path_of(p);
	ret = path ? look(path, p) : -ENOMEM;
	if (!ret)
		ret = write_file(path, p, answer, size);
	pthread_mutex_unlock(&state.lock);
	return ret == -ENOENT ? 0 : ret;
}

/**
 * pending_clear() - free what it holds; what is on disk stays
 * @p: begun or found
 */
void pending_clear(struct pending *p)
{
	free(p->answer);
	p->answer = NULL;
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
	found.answer = NULL;
	if (!path)
		err = -ENOMEM;
	else if (read_file(path, &found) == -ENOENT)
		err = write_file(path, p, NULL, 0);
	pthread_mutex_unlock(&state.lock);
	free(found.answer);
	if (err)
		cask_warn("keeping a request: %s", strerror(-err));
}
