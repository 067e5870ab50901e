// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * open.c - open contents through the kernel: CASK_IOC_OPEN, CASK_IOC_ACCEPT and CASK_IOC_INFO.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

static int call(unsigned long number, struct cask_open *arg, const uint8_t license_id[CASK_ID_SIZE])
{
	int device = cask_device_open(), ret, saved;

	if (device < 0)
		return device;
	if (license_id)
		memcpy(arg->license_id, license_id, sizeof(arg->license_id));
	ret = ioctl(device, number, arg);
	saved = errno;
	close(device);
	return ret < 0 ? -saved : ret;
}

static int open_content(struct cask_open *arg, const uint8_t license_id[CASK_ID_SIZE])
{
	return call(CASK_IOC_OPEN, arg, license_id);
}

/**
 * cask_open_content() - open the plaintext of a .cask file
 * @content_fd: the .cask file, readable; may be closed afterwards
 * @license_id: the license to use, or NULL for any that fits
 *
 * Return: a descriptor (O_RDONLY, close-on-exec) of a file that is the
 * plaintext; or -ENODEV without the module, -EPERM when the caller may not use
 * the device, or a negative errno of CASK_IOC_OPEN (Documentation/protocol.rst).
 */
int cask_open_content(int content_fd, const uint8_t license_id[CASK_ID_SIZE])
{
	struct cask_open arg = { .content_fd = content_fd };

	return open_content(&arg, license_id);
}

/**
 * cask_open_to_record() - open the plaintext of a .cask file to record it to a disc
 * @content_fd: the .cask file, readable; may be closed afterwards
 * @license_id: the license to use, or NULL for any that fits and permits it
 *
 * Return: as cask_open_content(); -EMEDIUMTYPE when no license permits it.
 */
int cask_open_to_record(int content_fd, const uint8_t license_id[CASK_ID_SIZE])
{
	struct cask_open arg = { .content_fd = content_fd, .flags = CASK_OPEN_RECORD };

	return open_content(&arg, license_id);
}

/**
 * cask_open_on_medium() - open the plaintext of a .cask file with a license on a medium
 * @content_fd: the .cask file, readable; may be closed afterwards
 * @medium: from cask_medium_open(); a license that counts wants it writable
 * @license_id: the license to use, or NULL for any on the medium that fits
 *
 * No server is asked.
 *
 * Return: as cask_open_content(); errnos in words by cask_medium_strerror().
 */
int cask_open_on_medium(int content_fd, int medium, const uint8_t license_id[CASK_ID_SIZE])
{
	struct cask_open arg = {
		.content_fd = content_fd, .flags = CASK_OPEN_MEDIUM, .medium_fd = medium,
	};

	return open_content(&arg, license_id);
}

/**
 * cask_accept_content() - accept a .cask file into the store, in its license's download period
 * @content_fd: the .cask file, readable
 * @medium: from cask_medium_open(), for a license on it; -1: of this device
 * @license_id: the license, or NULL for any that fits
 *
 * Return: 0, also when the license has no download period; -EKEYEXPIRED or -ETIME out of it;
 * else as cask_open_content().
 */
int cask_accept_content(int content_fd, int medium, const uint8_t license_id[CASK_ID_SIZE])
{
	struct cask_open arg = { .content_fd = content_fd };

	if (medium >= 0) {
		arg.flags = CASK_OPEN_MEDIUM;
		arg.medium_fd = medium;
	}
	return call(CASK_IOC_ACCEPT, &arg, license_id);
}

/**
 * cask_get_info() - what is known of an opened content
 * @fd: from cask_open_content() or cask_open_on_medium()
 * @ret_info: filled in
 *
 * Return: 0, or -errno; -ENOTTY when @fd is not such a file.
 */
int cask_get_info(int fd, struct cask_info *ret_info)
{
	struct cask_info info;

	memset(&info, 0, sizeof(info));
	if (ioctl(fd, CASK_IOC_INFO, &info) < 0)
		return -errno;
	*ret_info = info;
	return 0;
}
