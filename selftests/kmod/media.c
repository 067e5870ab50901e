// SPDX-License-Identifier: GPL-2.0
/* media.c - what tests of media share. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "counted.h"
#include "media.h"

static void __attribute__((noreturn)) die(const char *what)
{
	perror(what);
	abort();
}

static int dev_ioctl(unsigned long cmd, void *arg)
{
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	int ret;

	if (dev < 0)
		return -errno;
	ret = ioctl(dev, cmd, arg);
	ret = ret < 0 ? -errno : ret;
	close(dev);
	return ret;
}

/* An ioctl of a medium that may wait for the agent. */
struct request {
	int fd;
	unsigned long cmd;
	void *arg;
};

static int call(void *arg)
{
	struct request *r = arg;
	int ret = ioctl(r->fd, r->cmd, r->arg);

	return ret < 0 ? -errno : ret;
}

static int medium_ioctl(struct media *m, int fd, unsigned long cmd, void *arg)
{
	struct request r = { fd, cmd, arg };

	return served(m->w, call, &r);
}

/* --- the class --- */

int media_install_class(struct media *m)
{
	struct forge_bytes l;
	int ret;

	forge_license(m->w->a, &m->class_license, m->w->device_key, m->class_key, &l);
	ret = agent_license_add(m->w->agent, l.data, l.size, -1);
	forge_free(&l);
	return ret;
}

void media_forget_class(struct media *m)
{
	agent_license_del(m->w->agent, m->w->a->root.pub.kid, m->class_license.fields.id);
}

struct media *media_new(void)
{
	struct world *w = world_new();

	return w ? media_of(w) : NULL;
}

struct media *media_of(struct world *w)
{
	struct media *m = calloc(1, sizeof(*m));
	int ret;

	m->w = w;
	RAND_bytes(m->class_id, sizeof(m->class_id));
	RAND_bytes(m->class_key, sizeof(m->class_key));
	m->class_license = forge_license_default(m->w->a, m->class_id);
	m->class_license.fields.operations = CASK_OPERATION_MEDIUM;
	m->class_license.fields.suite = CASK_SUITE_MEDIUM_CLASS;
	world_content(m->w, 10000);
	snprintf(m->path, sizeof(m->path), "%s/medium", m->w->dir);
	media_blank(m->path);
	ret = media_install_class(m) ?: media_create(m, m->path, 0, m->number);
	if (ret) {
		fprintf(stderr, "medium: %s\n", strerror(-ret));
		media_free(m);
		return NULL;
	}
	return m;
}

void media_free(struct media *m)
{
	if (!m)
		return;
	media_forget_class(m);
	world_free(m->w);
	free(m);
}

/* --- media --- */

void media_blank(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, THIRD + THIRD_SIZE) || close(fd))
		die(path);
}

int media_create(struct media *m, const char *path, uint32_t flags, uint8_t *ret_number)
{
	struct cask_medium_create arg = {
		.fd = open(path, O_RDWR | O_CLOEXEC), .flags = flags,
		.slot_size = SLOT, .third_offset = THIRD, .third_size = THIRD_SIZE,
	};
	int ret;

	memcpy(arg.class_id, m->class_id, CASK_ID_SIZE);
	memcpy(arg.issuer, m->w->a->root.pub.kid, CASK_KID_SIZE);
	ret = dev_ioctl(CASK_IOC_MEDIUM_CREATE, &arg);
	close(arg.fd);
	if (!ret)
		memcpy(ret_number, arg.number, sizeof(arg.number));
	return ret;
}

static int call_open(void *arg)
{
	return dev_ioctl(CASK_IOC_MEDIUM_OPEN, arg);
}

int media_open(struct media *m, const char *path, int flags)
{
	struct cask_medium_open arg = { .fd = open(path, flags | O_CLOEXEC) };
	int ret;

	if (arg.fd < 0)
		die(path);
	ret = served(m->w, call_open, &arg);
	close(arg.fd);
	return ret;
}

struct cask_medium_info media_info(int fd)
{
	struct cask_medium_info i = { 0 };

	if (ioctl(fd, CASK_IOC_MEDIUM_INFO, &i))
		die("CASK_IOC_MEDIUM_INFO");
	return i;
}

int media_license(struct media *m, int fd, uint32_t index, struct cask_medium_license *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->index = index;
	return medium_ioctl(m, fd, CASK_IOC_MEDIUM_LICENSE, ret);
}

int media_install(struct media *m, int fd, const void *statement, size_t len)
{
	struct cask_medium_data arg = { .data = (uintptr_t)statement, .len = len };

	return medium_ioctl(m, fd, CASK_IOC_MEDIUM_INSTALL, &arg);
}

int media_lend(struct media *m, int fd, unsigned long cmd)
{
	struct cask_medium_lend arg = { 0 };

	memcpy(arg.license_id, m->w->license.fields.id, CASK_ID_SIZE);
	memcpy(arg.issuer, m->w->license.fields.issuer, CASK_KID_SIZE);
	return medium_ioctl(m, fd, cmd, &arg);
}

int media_restore(struct media *m, int fd, const void *backup, size_t len, uint32_t *ret_licenses)
{
	struct cask_medium_data arg = { .data = (uintptr_t)backup, .len = len };
	int ret = medium_ioctl(m, fd, CASK_IOC_MEDIUM_RESTORE, &arg);

	*ret_licenses = arg.licenses;
	return ret;
}

/* --- licenses --- */

struct medium_keys media_keys(const struct media *m, const uint8_t *number)
{
	struct medium_keys keys;

	if (medium_derive(m->class_key, number, &keys))
		die("medium_derive");
	return keys;
}

struct license_medium media_target(const struct media *m, const uint8_t *number,
				   const uint8_t *device_key)
{
	struct medium_keys keys = media_keys(m, number);
	struct license_medium t = { .locked = device_key };

	memcpy(t.class_id, m->class_id, sizeof(t.class_id));
	memcpy(t.number, number, sizeof(t.number));
	memcpy(t.wrap, keys.wrap, sizeof(t.wrap));
	if (device_key)
		memcpy(t.device.key, device_key, sizeof(t.device.key));
	return t;
}

int media_grant(struct media *m, int fd, const struct license_medium *target)
{
	struct world *w = m->w;
	struct forge_bytes l;
	int ret;

	w->license.medium = target;
	forge_license(w->a, &w->license, w->device_key, w->content_key, &l);
	w->license.medium = NULL;
	ret = media_install(m, fd, l.data, l.size);
	forge_free(&l);
	return ret;
}

int media_grant_counted(struct media *m, int fd, uint32_t opens)
{
	struct license_medium target = media_target(m, m->number, m->w->device_key);
	int ret = ask_for(m->w, opens);

	return ret ?: media_grant(m, fd, &target);
}

static int call_play(void *arg)
{
	return dev_ioctl(CASK_IOC_OPEN, arg);
}

int media_play(struct media *m, int fd)
{
	struct cask_open arg = {
		.content_fd = open(m->w->path, O_RDONLY | O_CLOEXEC),
		.flags = CASK_OPEN_MEDIUM, .medium_fd = fd,
	};
	int ret = served(m->w, call_play, &arg);

	close(arg.content_fd);
	return ret;
}

int media_check(struct media *m, int fd)
{
	uint8_t plain[10001];
	int player = media_play(m, fd);
	ssize_t n, i;

	if (player < 0)
		return player;
	n = read(player, plain, sizeof(plain));
	close(player);
	if (n != 10000)
		return n < 0 ? -errno : -EIO;
	for (i = 0; i < n; i++)
		if (plain[i] != world_plain(i))
			return -EILSEQ;
	return 0;
}

/* --- images --- */

void media_write(const char *path, uint64_t offset, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, len, offset) != (ssize_t)len || close(fd))
		die(path);
}

void media_copy(const char *from, const char *to)
{
	static uint8_t bytes[THIRD + THIRD_SIZE];
	int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		die(from);
	close(fd);
	media_blank(to);
	media_write(to, 0, bytes, sizeof(bytes));
}

void media_lose(const char *path)
{
	static const uint8_t zeros[2 * SLOT];

	media_write(path, CASK_MEDIUM_SECOND, zeros, sizeof(zeros));
}

int limit_files(rlim_t bytes)
{
	struct rlimit r;

	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &r))
		return -errno;
	r.rlim_cur = bytes;
	return setrlimit(RLIMIT_FSIZE, &r) ? -errno : 0;
}
