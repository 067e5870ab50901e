// SPDX-License-Identifier: GPL-2.0
/* world.c - what the tests of the module share. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "scratch.h"
#include "world.h"

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	abort();
}

/* --- keys and statements that outlive a test --- */

static const char *kept(const char *name, const char *what)
{
	static char path[PATH_MAX];
	const char *dir = getenv("CASK_TEST_KEYS") ?: "/tmp/cask-test-keys";

	if (mkdir(dir, 0700) && errno != EEXIST)
		die(dir);
	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, what);
	return path;
}

static struct forge_key key_of(EVP_PKEY *pkey)
{
	struct forge_key key = { .pkey = pkey };

	if (cose_key_from_pkey(pkey, &key.pub))
		die("cose_key_from_pkey");
	return key;
}

static EVP_PKEY *read_key(const char *path)
{
	EVP_PKEY *pkey = NULL;
	FILE *f = fopen(path, "r");

	if (f) {
		pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	return pkey;
}

/*
 * RSA keys take seconds to find on an emulated machine, so the build leaves a
 * pool of them (kmod-keys); each is used for one name only.
 */
static EVP_PKEY *from_pool(void)
{
	static const char *pool;
	char path[PATH_MAX];
	int n, fd;

	pool = getenv("CASK_TEST_POOL");
	for (n = 0; pool && n < 1000; n++) {
		snprintf(path, sizeof(path), "used.%d", n);
		fd = open(kept("pool", path), O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0)
			continue;
		close(fd);
		snprintf(path, sizeof(path), "%s/%d.pem", pool, n);
		return read_key(path);
	}
	return NULL;
}

static struct forge_key kept_key(const char *name, const char *what, enum cose_alg alg)
{
	char *path = strdup(kept(name, what));
	EVP_PKEY *pkey = read_key(path);
	FILE *f;

	if (!pkey) {
		pkey = alg == COSE_ALG_RS256 ? from_pool() : NULL;
		if (!pkey && cose_generate(alg, &pkey))
			die("cose_generate");
		f = fopen(path, "w");
		if (!f || !PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) || fclose(f))
			die(path);
	}
	free(path);
	return key_of(pkey);
}

static bool kept_bytes(const char *path, struct forge_bytes *b)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return false;
	b->data = malloc(CASK_STATEMENT_MAX);
	b->size = fread(b->data, 1, CASK_STATEMENT_MAX, f);
	fclose(f);
	return true;
}

static void keep_bytes(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		die(path);
}

static void kept_x25519(const char *name, struct forge_distributor *d)
{
	struct forge_distributor *fresh;
	struct forge_bytes b;

	if (kept_bytes(kept(name, "server"), &b)) {
		memcpy(d->server_private, b.data, CASK_X25519_SIZE);
		memcpy(d->server_public, b.data + CASK_X25519_SIZE, CASK_X25519_SIZE);
		forge_free(&b);
		return;
	}
	fresh = forge_distributor_new(COSE_ALG_ES256);
	memcpy(d->server_private, fresh->server_private, CASK_X25519_SIZE);
	memcpy(d->server_public, fresh->server_public, CASK_X25519_SIZE);
	forge_distributor_free(fresh);
	b.data = malloc(2 * CASK_X25519_SIZE);
	memcpy(b.data, d->server_private, CASK_X25519_SIZE);
	memcpy(b.data + CASK_X25519_SIZE, d->server_public, CASK_X25519_SIZE);
	keep_bytes(kept(name, "server"), b.data, 2 * CASK_X25519_SIZE);
	free(b.data);
}

struct forge_distributor *world_distributor(const char *name, enum cose_alg alg)
{
	struct forge_distributor *d = calloc(1, sizeof(*d));

	/* RS256: the key that every kernel takes, whatever the distributor signs with. */
	d->provisioning = kept_key("provisioning", "pem", COSE_ALG_RS256);
	d->root = kept_key(name, "root.pem", alg);
	d->license = kept_key(name, "license.pem", alg);
	kept_x25519(name, d);
	return d;
}

/*
 * The default scope is made once: its period, and a P-256 signature, would
 * differ the next time, and the kernel takes the same sequence only for the
 * same statement.
 */
static void default_scope(struct forge_distributor *d, struct forge_bytes *b)
{
	struct forge_scope scope = forge_scope_default(d);
	char name[17];
	unsigned int i;

	for (i = 0; i < 8; i++)
		sprintf(name + 2 * i, "%02x", d->root.pub.kid[i]);
	if (kept_bytes(kept(name, "scope"), b))
		return;
	forge_scope(d, &scope, b);
	keep_bytes(kept(name, "scope"), b->data, b->size);
}

int world_install_anchor(struct world *w, struct forge_distributor *d,
			 const struct forge_scope *scope)
{
	const struct forge_grant grant = forge_grant_default(d);
	struct forge_bytes g, s;
	int ret;

	forge_grant(d, &grant, &g);
	if (scope)
		forge_scope(d, scope, &s);
	else
		default_scope(d, &s);
	const struct agent_attr attrs[] = {
		{ CASK_A_PROVISIONING_KEY, d->provisioning.pub.bytes, d->provisioning.pub.size },
		{ CASK_A_GRANT, g.data, g.size },
		{ CASK_A_SCOPE, s.data, s.size }, { 0 },
	};
	ret = agent_anchor_add(w->agent, attrs, NULL);
	forge_free(&g);
	forge_free(&s);
	return ret;
}

static int learn_device(struct world *w)
{
	struct agent_reply *r = malloc(sizeof(*r));
	int ret = agent_hello(w->agent, r);

	if (!ret) {
		memcpy(w->device_key, nla_data(r->attrs[CASK_A_DEVICE_KEY]), CASK_X25519_SIZE);
		memcpy(w->device_id, nla_data(r->attrs[CASK_A_DEVICE_ID]), CASK_KID_SIZE);
		w->algs = nla_get_u32(r->attrs[CASK_A_SIGNATURES]);
	}
	free(r);
	return ret;
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	int ret;

	w->agent = agent_new();
	if (!w->agent) {
		perror("no agent");
		free(w);
		return NULL;
	}
	w->disk = calloc(1, sizeof(*w->disk));
	agent_disk(w->agent, w->disk);
	w->a = world_distributor("a", COSE_ALG_RS256);
	ret = learn_device(w) ?: world_install_anchor(w, w->a, NULL);
	if (ret) {
		fprintf(stderr, "anchor: %s\n", strerror(-ret));
		world_free(w);
		return NULL;
	}
	w->dir = scratch_new("/tmp");
	if (!w->dir || chmod(w->dir, 0755))
		die("/tmp");
	snprintf(w->path, sizeof(w->path), "%s/content.cask", w->dir);
	RAND_bytes(w->content_id, sizeof(w->content_id));
	RAND_bytes(w->content_key, sizeof(w->content_key));
	w->license = forge_license_default(w->a, w->content_id);
	w->block_size = BLOCK;
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	if (w->dir) {
		if (scratch_free(w->dir))
			perror("cannot remove what the world was in");
		agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id);
	}
	agent_free(w->agent);
	free(w->disk);
	forge_distributor_free(w->a);
	free(w);
}

/* --- content and license --- */

uint8_t world_plain(size_t i)
{
	/* Differs from block to block and from byte to byte. */
	return i * 31 + (i >> 8) * 7 + (i >> 12) * 101;
}

void world_content(struct world *w, size_t size)
{
	struct forge_content content = { .block_size = w->block_size,
					 .license_id = w->license.fields.id, .root = w->root };
	uint8_t *plain = malloc(size + 1);
	size_t i;

	for (i = 0; i < size; i++)
		plain[i] = world_plain(i);
	memcpy(content.content_id, w->content_id, CASK_ID_SIZE);
	memcpy(content.content_key, w->content_key, CASK_KEY_SIZE);
	memcpy(content.issuer, w->a->root.pub.kid, CASK_KID_SIZE);
	forge_content(&content, plain, size, w->path);
	if (chmod(w->path, 0644))
		die(w->path);
	free(plain);
}

int world_install(struct world *w, long owner)
{
	struct forge_bytes l;
	int ret;

	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	ret = agent_license_add(w->agent, l.data, l.size, owner);
	forge_free(&l);
	return ret;
}

static int call_open(void *path)
{
	return open_path(path, NULL);
}

int world_play(struct world *w)
{
	return served(w, call_open, w->path);
}

int read_first(void *fd)
{
	char byte;

	return pread(*(int *)fd, &byte, 1, 0) < 0 ? -errno : 0;
}

int world_open(struct world *w)
{
	const struct license_fields *f = &w->license.fields;
	int ret = world_install(w, getuid());

	if (ret)
		return ret;
	return f->not_before || f->not_after ? world_play(w) : open_path(w->path, NULL);
}

int open_with(int dev, const struct cask_open *arg)
{
	int ret = ioctl(dev, CASK_IOC_OPEN, arg);

	return ret < 0 ? -errno : ret;
}

int open_fd(int fd, const uint8_t *license_id)
{
	struct cask_open arg = { .content_fd = fd };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	int ret;

	if (dev < 0)
		return -errno;
	if (license_id)
		memcpy(arg.license_id, license_id, CASK_ID_SIZE);
	ret = open_with(dev, &arg);
	close(dev);
	return ret;
}

int open_path(const char *path, const uint8_t *license_id)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = open_fd(fd, license_id);
	close(fd);
	return ret;
}

struct cask_info info_of(int fd)
{
	struct cask_info info;

	memset(&info, 0, sizeof(info));
	if (ioctl(fd, CASK_IOC_INFO, &info))
		die("CASK_IOC_INFO");
	return info;
}

void forget(struct world *w)
{
	agent_license_del(w->agent, w->a->root.pub.kid, w->license.fields.id);
}

struct service {
	int (*fn)(void *arg);
	void *arg;
	int ret;
	atomic_bool done;
};

static void *serve(void *arg)
{
	struct service *s = arg;

	s->ret = s->fn(s->arg);
	atomic_store(&s->done, true);
	return NULL;
}

int served(struct world *w, int (*fn)(void *arg), void *arg)
{
	struct service s = { .fn = fn, .arg = arg };
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, &s))
		die("pthread_create");
	while (!atomic_load(&s.done))
		agent_serve(w->agent, 20);
	pthread_join(thread, NULL);
	return s.ret;
}

uint64_t number_of(struct world *w, int attr)
{
	struct agent_reply *r = malloc(sizeof(*r));
	const struct agent_attr attrs[] = {
		{ CASK_A_ISSUER, w->a->root.pub.kid, CASK_KID_SIZE },
		{ CASK_A_LICENSE_ID, w->license.fields.id, CASK_ID_SIZE }, { 0 },
	};
	uint64_t n = ~0ULL;

	if (!agent_call(w->agent, CASK_CMD_LICENSE_GET, 0, attrs, r))
		n = nla_get_u64(r->attrs[attr]);
	free(r);
	return n;
}

/* --- time, other users, broken files --- */

void advance(time_t seconds)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += seconds;
	clock_settime(CLOCK_REALTIME, &t);
}

int run_as(uid_t uid, int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			die("setresuid");
		_exit(fn(arg));
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

int set_param(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/cask/parameters/%s", name);
	return write_file(path, value);
}

void flip(const char *path, uint64_t offset, uint8_t mask)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	if (fd < 0 || pread(fd, &byte, 1, offset) != 1)
		die(path);
	byte ^= mask;
	if (pwrite(fd, &byte, 1, offset) != 1 || close(fd))
		die(path);
}

uint64_t size_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path);
	return st.st_size;
}
