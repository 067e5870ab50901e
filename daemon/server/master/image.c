// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - where a medium is written: a new file, or a block device.
 *
 * The first layer is written last: without it there is no medium. A file has another name
 * until it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "crypto.h"
#include "file.h"
#include "image.h"
#include "scratch.h"
#include "text.h"

#define FILE_MODE	0644	/* its second layer is sealed */
#define BLANK		(1U << 20)	/* where file systems and partition tables show, at both ends */

static int write_at(int fd, const void *data, size_t size, uint64_t offset)
{
	if (lseek(fd, offset, SEEK_SET) < 0)
		return -errno;
	return cask_file_put(fd, data, size);
}

static int is_blank(int fd, uint64_t offset)
{
	_cleanup_free_ uint8_t *data = malloc(BLANK);
	ssize_t n;

	if (!data)
		return -ENOMEM;
	if (lseek(fd, offset, SEEK_SET) < 0)
		return -errno;
	n = cask_file_fill(fd, data, BLANK);
	if (n < 0)
		return n;
	for (ssize_t i = 0; i < n; i++)
		if (data[i])
			return -ENOTEMPTY;
	return 0;
}

/* Whatever it was, from here on it is nothing. */
static int wipe(int fd)
{
	static const uint8_t zeros[CASK_MEDIUM_SECOND];
	int ret = write_at(fd, zeros, sizeof(zeros), 0);

	return !ret && fsync(fd) ? -errno : ret;
}

static int begin_device(struct image *image, uint64_t size, bool force)
{
	/* O_EXCL: nobody has mounted it. mke2fs asks for the same, so what stays open is without. */
	_cleanup_close_ int fd = open(image->path, O_RDWR | O_EXCL | O_CLOEXEC);
	char same[32];
	uint64_t there;
	int ret = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &there))
		return -errno;
	snprintf(same, sizeof(same), "/proc/self/fd/%d", fd);
	image->fd = open(same, O_RDWR | O_CLOEXEC);
	if (image->fd < 0)
		return -errno;
	image->size = size ? size : there;
	if (image->size > there)
		return -ENOSPC;
	if (!force)
		ret = is_blank(fd, 0);
	if (!ret && !force)
		ret = is_blank(fd, there > BLANK ? there - BLANK : 0);
	return ret ? ret : wipe(fd);
}

static int begin_file(struct image *image, uint64_t size)
{
	char hex[TEXT_HEX_SIZE(8)];
	uint8_t random[8];
	int ret = crypto_random(random, sizeof(random));

	text_hex(random, sizeof(random), hex);
	if (asprintf(&image->scratch, "%s.%s.tmp", image->path, hex) < 0) {
		image->scratch = NULL;
		return -ENOMEM;
	}
	image->size = size;
	if (!ret)
		ret = scratch_add(image->scratch);
	if (ret)
		return ret;
	image->fd = open(image->scratch, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	return image->fd < 0 || ftruncate(image->fd, size) ? -errno : 0;
}

/**
 * image_begin() - begin to write a medium
 * @image: to be given to image_free()
 * @path: a block device, or a file that will be
 * @size: bytes; 0: as long as the block device
 * @force: also where there is something
 *
 * Return: 0; -EEXIST when there is a file; -ENOTEMPTY for a block device that is not blank;
 * -EDESTADDRREQ when a file has no size; -EINVAL for what is neither; -ENOSPC for a block device that
 * is too small; -EBUSY for one that is in use; or another -errno.
 */
int image_begin(struct image *image, const char *path, uint64_t size, bool force)
{
	struct stat st;

	*image = (struct image){ .path = path, .fd = -1 };
	if (!stat(path, &st)) {
		image->device = S_ISBLK(st.st_mode);
		if (image->device)
			return begin_device(image, size, force);
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		if (!force)
			return -EEXIST;
	} else if (errno != ENOENT) {
		return -errno;
	}
	return size ? begin_file(image, size) : -EDESTADDRREQ;
}

/**
 * image_write_second() - write the second layer, durably, and all that is before it
 * @image: begun
 * @medium: for the layout
 * @counter: of the image in it
 * @layer: the object LAYER, for the slot that its counter says; the other slot is blank
 * @layer_size: bytes of it
 *
 * Return: 0 or -errno.
 */
int image_write_second(const struct image *image, const struct medium *medium, uint64_t counter,
		       const uint8_t *layer, size_t layer_size)
{
	_cleanup_free_ uint8_t *both = calloc(2, medium->slot_size);
	int ret;

	if (!both)
		return -ENOMEM;
	memcpy(both + (counter & 1) * medium->slot_size, layer, layer_size);
	ret = write_at(image->fd, both, 2 * (size_t)medium->slot_size, CASK_MEDIUM_SECOND);
	return !ret && fsync(image->fd) ? -errno : ret;
}

/**
 * image_write_first() - write the first layer, durably: now it is a medium
 * @image: with all else written
 * @first: the object MEDIUM
 * @first_size: bytes of it
 *
 * Return: 0 or -errno.
 */
int image_write_first(const struct image *image, const uint8_t *first, size_t first_size)
{
	uint8_t page[CASK_MEDIUM_SECOND] = { 0 };
	int ret;

	memcpy(page, first, first_size);
	ret = write_at(image->fd, page, sizeof(page), 0);
	return !ret && fsync(image->fd) ? -errno : ret;
}

/**
 * image_finish() - give a file its name
 * @image: a whole medium
 * @force: also if there is one of that name
 *
 * Return: 0, -EEXIST, or another -errno.
 */
int image_finish(const struct image *image, bool force)
{
	int ret = image->device ? 0 : cask_file_rename(image->scratch, image->path, force);

	return ret || image->device ? ret : cask_file_sync_parent(image->path);
}

/**
 * image_free() - close it and free what was allocated
 * @image: of image_begin()
 */
void image_free(struct image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	free(image->scratch);
	*image = (struct image){ .fd = -1 };
}
