// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * device.c - open /dev/cask, for one ioctl each time.
 */
#include <errno.h>
#include <fcntl.h>

#include "internal.h"

/**
 * cask_device_open() - open the module's device
 *
 * What the module answers must stay apart from what the device node answers.
 *
 * Return: a descriptor; -ENODEV without the module, -EPERM when the caller may not
 * use the device, or another negative errno.
 */
int cask_device_open(void)
{
	int fd = open(CASK_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return -ENODEV;
	case EACCES:
	case EPERM:
		return -EPERM;
	default:
		return -errno;
	}
}
