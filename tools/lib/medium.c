// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * medium.c - media, through the kernel: CASK_IOC_MEDIUM_*. The kernel reads and
 * writes first and second layer by the descriptor that it is given.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"
#include "parse.h"

/* An ioctl of the device. Returns what it does, or a negative errno. */
static int ask_device(unsigned long request, void *arg)
{
	int device = cask_device_open(), ret, saved;

	if (device < 0)
		return device;
	ret = ioctl(device, request, arg);
	saved = errno;
	close(device);
	return ret < 0 ? -saved : ret;
}

static int ask(int medium, unsigned long request, void *arg)
{
	return ioctl(medium, request, arg) < 0 ? -errno : 0;
}

/**
 * cask_medium_create() - make a medium: its number, first and second layer
 * @medium: what it shall be; its number is written on success
 *
 * Return: 0; -ENODEV, -EPERM as cask_open_content(); -ENOKEY without the class key;
 * -EEXIST when there is a first layer already; another negative errno of
 * CASK_IOC_MEDIUM_CREATE (cask(4)).
 */
int cask_medium_create(struct cask_medium_create *medium)
{
	int ret = ask_device(CASK_IOC_MEDIUM_CREATE, medium);

	return ret < 0 ? ret : 0;
}

/**
 * cask_medium_open() - open a medium
 * @fd: image file or block device; writable if the second layer shall change
 *
 * Return: a descriptor (close-on-exec) for the functions below; -ENODEV, -EPERM as
 * cask_open_content(); -ENOKEY without the class key, which cask_medium_read_head()
 * names and cask_agent_class_get() gets; another negative errno of CASK_IOC_MEDIUM_OPEN.
 */
int cask_medium_open(int fd)
{
	struct cask_medium_open arg = { .fd = fd };

	return ask_device(CASK_IOC_MEDIUM_OPEN, &arg);
}

/**
 * cask_medium_get_info() - what a medium is, and its state
 * @medium: from cask_medium_open()
 * @ret_info: filled in
 *
 * Return: 0 or -errno.
 */
int cask_medium_get_info(int medium, struct cask_medium_info *ret_info)
{
	struct cask_medium_info info;
	int ret;

	memset(&info, 0, sizeof(info));
	ret = ask(medium, CASK_IOC_MEDIUM_INFO, &info);
	if (!ret)
		*ret_info = info;
	return ret;
}

/**
 * cask_medium_get_license() - one license on a medium
 * @medium: from cask_medium_open()
 * @index: which, from 0
 * @ret_license: filled in
 *
 * Return: 0; -ENOENT when there are not so many; another negative errno.
 */
int cask_medium_get_license(int medium, uint32_t index, struct cask_medium_license *ret_license)
{
	struct cask_medium_license license;
	int ret;

	memset(&license, 0, sizeof(license));
	license.index = index;
	ret = ask(medium, CASK_IOC_MEDIUM_LICENSE, &license);
	if (!ret)
		*ret_license = license;
	return ret;
}

/* @ret_licenses may be NULL. */
static int give(int medium, unsigned long request, const void *data, size_t size,
		uint32_t *ret_licenses)
{
	struct cask_medium_data arg = { .data = (uintptr_t)data, .len = size };
	int ret = size > CASK_BACKUP_MAX ? -EINVAL : ask(medium, request, &arg);

	if (!ret && ret_licenses)
		*ret_licenses = arg.licenses;
	return ret;
}

/**
 * cask_medium_install() - put a license onto a medium
 * @medium: from cask_medium_open(), writable
 * @statement: from cask_agent_medium_license_get()
 * @size: bytes of @statement
 *
 * Return: 0, also when it is there already; -EEXIST when another license has its id;
 * another negative errno.
 */
int cask_medium_install(int medium, const void *statement, size_t size)
{
	return give(medium, CASK_IOC_MEDIUM_INSTALL, statement, size, NULL);
}

/**
 * cask_medium_restore() - put back what a backup holds and the second layer has not
 * @medium: from cask_medium_open(), writable
 * @data: a backup
 * @size: bytes of @data
 * @ret_licenses: how many the second layer got; may be NULL
 *
 * Return: 0 or -errno.
 */
int cask_medium_restore(int medium, const void *data, size_t size, uint32_t *ret_licenses)
{
	return give(medium, CASK_IOC_MEDIUM_RESTORE, data, size, ret_licenses);
}

/**
 * cask_medium_backup() - have the kernel make a backup of the second layer
 * @medium: from cask_medium_open()
 * @backup: how; where to, and the size there, CASK_BACKUP_MAX always does; its size
 *	becomes that of the backup
 *
 * Return: 0 or -errno.
 */
int cask_medium_backup(int medium, struct cask_medium_backup *backup)
{
	return ask(medium, CASK_IOC_MEDIUM_BACKUP, backup);
}

static int lend(int medium, unsigned long request, const uint8_t issuer[CASK_KID_SIZE],
		const uint8_t license_id[CASK_ID_SIZE])
{
	struct cask_medium_lend arg = { 0 };

	memcpy(arg.license_id, license_id, sizeof(arg.license_id));
	memcpy(arg.issuer, issuer, sizeof(arg.issuer));
	return ask(medium, request, &arg);
}

/**
 * cask_medium_export() - put a copy of a license of this device onto a medium, to stay
 * @medium: from cask_medium_open(), writable
 * @issuer: of the license, whose class of media it is, too
 * @license_id: of the license
 *
 * What was interrupted is finished by doing it again, and counts once. Return: 0 or -errno, for
 * cask_medium_lend_strerror().
 */
int cask_medium_export(int medium, const uint8_t issuer[CASK_KID_SIZE],
		       const uint8_t license_id[CASK_ID_SIZE])
{
	return lend(medium, CASK_IOC_MEDIUM_EXPORT, issuer, license_id);
}

/**
 * cask_medium_check_out() - put a copy of a license of this device onto a medium for a time
 * @medium: from cask_medium_open(), writable
 * @issuer: of the license, whose class of media it is, too
 * @license_id: of the license
 *
 * As cask_medium_export(). Return: 0 or -errno.
 */
int cask_medium_check_out(int medium, const uint8_t issuer[CASK_KID_SIZE],
			  const uint8_t license_id[CASK_ID_SIZE])
{
	return lend(medium, CASK_IOC_MEDIUM_CHECKOUT, issuer, license_id);
}

/**
 * cask_medium_check_in() - take off a medium what this device checked out to it
 * @medium: from cask_medium_open(), writable
 * @issuer: of the license
 * @license_id: of the license, which need not be there any more
 *
 * As cask_medium_export(). Return: 0 or -errno.
 */
int cask_medium_check_in(int medium, const uint8_t issuer[CASK_KID_SIZE],
			 const uint8_t license_id[CASK_ID_SIZE])
{
	return lend(medium, CASK_IOC_MEDIUM_CHECKIN, issuer, license_id);
}

/**
 * cask_medium_read_head() - what stands in a first layer, for everyone to read
 * @fd: image file or block device; its position does not change
 * @ret_head: filled in; nothing of it has been authenticated, that needs the class key
 *
 * Return: 0; -EINVAL when it is no medium; -EOPNOTSUPP when a newer version made it;
 * -errno of reading.
 */
int cask_medium_read_head(int fd, struct cask_medium_head *ret_head)
{
	uint8_t data[CASK_MEDIUM_HEAD_MAX];
	struct cask_medium_head head = { 0 };
	struct cask_medium_view view;
	ssize_t n = cask_read_at(fd, data, sizeof(data), 0);
	int ret = n < 0 ? n : cask_medium_parse(&view, data, n);

	if (ret)
		return ret;
	memcpy(head.number, view.number.data, sizeof(head.number));
	memcpy(head.class_id, view.class_id.data, sizeof(head.class_id));
	memcpy(head.issuer, view.issuer.data, sizeof(head.issuer));
	head.locked = view.apparatus.data;
	if (head.locked)
		memcpy(head.apparatus, view.apparatus.data, sizeof(head.apparatus));
	head.slot_size = view.slot_size;
	head.third_offset = view.third_offset;
	head.third_size = view.third_size;
	*ret_head = head;
	return 0;
}
