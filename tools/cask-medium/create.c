// SPDX-License-Identifier: GPL-2.0
/*
 * create.c - cask-medium create: make a medium, in an image file or on a block device.
 *
 * The kernel draws the number and writes first and second layer; the file system in the
 * third is mke2fs's. That comes first: what fails on the way leaves no medium. An image
 * appears under its name when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "medium.h"
#include "text.h"

#define SLOT_SIZE	65536
#define ALIGN		(1 << 20)	/* of the third layer: what disks like */
#define THIRD_MIN	(1 << 20)
#define SIZE_MAX_HERE	CASK_PLAIN_SIZE_MAX

/**
 * struct making - a medium that is being made
 * @c: the command
 * @target: where it shall be
 * @path: of an image, where it is meanwhile; else NULL
 * @fd: of it, or -1
 * @device: it is a block device
 * @force: write over what is there
 * @size: of all, bytes
 * @arg: what the kernel is asked for
 */
struct making {
	struct context *c;
	const char *target;
	char *path;
	int fd;
	bool device;
	bool force;
	uint64_t size;
	struct cask_medium_create arg;
};

static int failed(const struct making *m, int error)
{
	return output_file_error(m->c, m->target, error, strerror(-error));
}

static int refused(const struct making *m, int error, const char *text)
{
	return output_file_error(m->c, m->target, error, text);
}

/* "1G": bytes, or with K, M, G, T times 1024. Returns 0 or -EINVAL. */
static int read_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t value;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || (*end && (!unit || end[1])))
		return -EINVAL;
	for (const char *u = units; unit && u <= unit; u++)
		if (__builtin_mul_overflow(value, 1024, &value))
			return -EINVAL;
	if (value > SIZE_MAX_HERE)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int open_image(struct making *m)
{
	struct stat st;

	if (!m->size)
		return arguments_usage(m->c, "--size is missing");
	if (!m->force && !lstat(m->target, &st))
		return failed(m, -EEXIST);
	if (asprintf(&m->path, "%s.XXXXXX", m->target) < 0) {
		m->path = NULL;
		return failed(m, -ENOMEM);
	}
	m->fd = mkostemp(m->path, O_CLOEXEC);
	if (m->fd < 0) {
		free(m->path);
		m->path = NULL;
		return failed(m, -errno);
	}
	return ftruncate(m->fd, m->size) ? failed(m, -errno) : STATUS_OK;
}

static bool is_zero(int fd, uint64_t from, size_t size)
{
	_cleanup_free_ char *data = malloc(size);
	ssize_t n = data ? pread(fd, data, size, from) : -1;

	for (ssize_t i = 0; i < n; i++)
		if (data[i])
			return false;
	return n == (ssize_t)size;
}

/*
 * Partition tables, file systems and arrays say that they are there within the first or
 * the last of it.
 */
static bool is_blank(const struct making *m)
{
	return m->size >= 2 * ALIGN && is_zero(m->fd, 0, ALIGN) &&
	       is_zero(m->fd, m->size - ALIGN, ALIGN);
}

/* With O_EXCL nobody has it mounted. */
static int open_device(struct making *m)
{
	uint64_t there;

	m->fd = open(m->target, O_RDWR | O_EXCL | O_CLOEXEC);
	if (m->fd < 0)
		return failed(m, -errno);
	if (ioctl(m->fd, BLKGETSIZE64, &there))
		return failed(m, -errno);
	if (m->size > there)
		return refused(m, -ENOSPC, "the device is smaller than that");
	m->size = m->size ? m->size : there;
	if (!m->force && !is_blank(m))
		return refused(m, -EEXIST, "the device is not blank; --force writes over it");
	return STATUS_OK;
}

/* What the kernel finds there is not a first layer any more. */
static int wipe(const struct making *m)
{
	static const char zeros[CASK_MEDIUM_SECOND];

	if (!m->device || !m->force)
		return STATUS_OK;
	if (pwrite(m->fd, zeros, sizeof(zeros), 0) != sizeof(zeros) || fsync(m->fd))
		return failed(m, -EIO);
	return STATUS_OK;
}

static int lay_out(struct making *m)
{
	uint64_t second = CASK_MEDIUM_SECOND + 2 * SLOT_SIZE;

	m->arg.slot_size = SLOT_SIZE;
	m->arg.third_offset = (second + ALIGN - 1) / ALIGN * ALIGN;
	if (m->size < m->arg.third_offset + THIRD_MIN)
		return refused(m, -ENOSPC, "a medium has at least 2 MiB");
	m->arg.third_size = (m->size - m->arg.third_offset) & ~UINT64_C(4095);
	return STATUS_OK;
}

static int make_layers(struct making *m, int fd)
{
	int err;

	m->arg.fd = fd;
	err = cask_medium_create(&m->arg);
	if (err == -ENOKEY) {
		if (medium_get_class(m->c, m->arg.class_id, m->arg.issuer))
			return STATUS_FAILED;
		err = cask_medium_create(&m->arg);
	}
	return err ? medium_failed(m->c, m->target, err) : STATUS_OK;
}

/* Whether the module makes such a medium: on a file that nobody sees, before anything is written over. */
static int rehearse(struct making *m)
{
	int fd = memfd_create("medium", MFD_CLOEXEC), ret;

	if (fd < 0)
		return failed(m, -errno);
	ret = ftruncate(fd, m->size) ? failed(m, -errno) : make_layers(m, fd);
	close(fd);
	/* The one that will be has another, and the module takes none. */
	memset(m->arg.number, 0, sizeof(m->arg.number));
	return ret;
}

static int make_files(const struct making *m)
{
	char options[64], blocks[32];
	const char *const words[] = {
		"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-E", options, "--",
		RUN_FILE, blocks, NULL
	};
	int status, err;

	snprintf(options, sizeof(options), "offset=%" PRIu64, (uint64_t)m->arg.third_offset);
	snprintf(blocks, sizeof(blocks), "%" PRIu64, (uint64_t)m->arg.third_size / 4096);
	err = run_program(words, m->fd, &status);
	if (err)
		return failed(m, err);
	if (status == 127)
		return refused(m, -ENOENT, "mke2fs is not there (package e2fsprogs)");
	return status ? refused(m, -EIO, "mke2fs failed") : STATUS_OK;
}

/* As if the file had been made here and now. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The same device again, for ourselves (O_EXCL) or not: mke2fs wants it for itself. */
static int reopen_device(struct making *m, int flags)
{
	char path[32];
	int fd;

	if (!m->device)
		return STATUS_OK;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", m->fd);
	fd = open(path, O_RDWR | O_CLOEXEC | flags);
	if (fd < 0)
		return failed(m, -errno);
	close(m->fd);
	m->fd = fd;
	return STATUS_OK;
}

static int publish(struct making *m)
{
	int err;

	if (fsync(m->fd))
		return failed(m, -errno);
	if (m->device)
		return STATUS_OK;
	if (fchmod(m->fd, usual_mode()))
		return failed(m, -errno);
	err = cask_file_rename(m->path, m->target, m->force);
	if (err)
		return failed(m, err);
	free(m->path);
	m->path = NULL;
	err = cask_file_sync_parent(m->target);
	return err ? failed(m, err) : STATUS_OK;
}

static int make(struct making *m)
{
	int ret = m->device ? open_device(m) : open_image(m);

	ret = ret ? ret : lay_out(m);
	ret = ret ? ret : rehearse(m);
	ret = ret ? ret : reopen_device(m, 0);
	ret = ret ? ret : make_files(m);
	ret = ret ? ret : reopen_device(m, O_EXCL);
	ret = ret ? ret : wipe(m);
	ret = ret ? ret : make_layers(m, m->fd);
	ret = ret ? ret : publish(m);
	if (m->fd >= 0)
		close(m->fd);
	if (ret && m->path)
		unlink(m->path);
	free(m->path);
	return ret;
}

/* Whose class: what was said, or the only distributor's. */
static int take_issuer(struct context *c, const char *text, uint8_t ret[CASK_KID_SIZE])
{
	struct cask_error error;
	const json_t *list;
	json_t *status;
	int err;

	if (text)
		return text_from_hex(text, ret, CASK_KID_SIZE) ?
		       arguments_usage(c, "an issuer has 64 digits, 0-9 and a-f") : STATUS_OK;
	if (cask_agent_status(output_agent(c), &status, &error))
		return output_error(c, &error);
	list = json_object_get(status, "distributors");
	err = json_array_size(list) == 1 ?
	      text_from_hex(output_get(json_array_get(list, 0), "issuer"), ret, CASK_KID_SIZE) : -1;
	json_decref(status);
	return err ? arguments_usage(c, "--issuer says whose class it is, of several or no "
				     "distributors") : STATUS_OK;
}

static int print(const struct making *m)
{
	char label[CASK_LABEL_MAX], hex[CASK_ID_TEXT_SIZE];

	cask_label_text(m->arg.number, sizeof(m->arg.number), label);
	if (m->c->json)
		return output_json(json_pack("{ss ss ss}", "medium", m->target, "number",
					     cask_hex(m->arg.number, sizeof(m->arg.number), hex),
					     "label", label));
	printf("%s\n", label);
	return STATUS_OK;
}

static int run(struct context *c, int argc, char **argv)
{
	const char *size = NULL, *class = NULL, *issuer = NULL;
	struct making m = { .c = c, .fd = -1 };
	bool lock = false;
	const struct argument own[] = {
		{ "class", &class, NULL, true }, { "size", &size, NULL, false },
		{ "issuer", &issuer, NULL, false }, { "lock", NULL, &lock, false },
		{ "force", NULL, &m.force, false },
	};
	struct stat st;
	int ret = arguments_parse(c, argc, argv, own, 5, 1);

	if (ret < 0)
		ret = arguments_id(c, class, m.arg.class_id);
	if (ret >= 0)
		return ret;
	m.target = argv[optind];
	if (size && read_size(size, &m.size))
		return arguments_usage(c, "a size is a number of bytes, or one with K, M, G or T");
	m.device = !stat(m.target, &st) && S_ISBLK(st.st_mode);
	m.arg.flags = lock ? CASK_MEDIUM_LOCKED : 0;
	ret = take_issuer(c, issuer, m.arg.issuer);
	ret = ret ? ret : make(&m);
	return ret ? ret : print(&m);
}

const struct command command_create = {
	.name = "create",
	.arguments = "IMAGE|DEVICE --class ID [--size SIZE] [--lock] [--issuer ID] [--force]",
	.summary = "make a medium, with a file system in its third layer",
	.details = "  --class ID     of media: a content id of the distributor's\n"
		   "  --size SIZE    of an image: bytes, or with K, M, G, T; of a device: all of it\n"
		   "  --lock         the second layer is for this apparatus only\n"
		   "  --issuer ID    whose class, if there are several distributors\n"
		   "  --force        write over an image, or a device that is not blank\n",
	.run = run,
};
