/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * cask.h - ioctls of /dev/cask and of the files it opens, cask(4).
 */
#ifndef _LINUX_CASK_H
#define _LINUX_CASK_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/cask_format.h>

/**
 * struct cask_open - argument of CASK_IOC_OPEN
 * @content_fd: readable regular file in .cask format
 * @flags: zero
 * @license_id: the license to use; all zero: the one the file's link part
 *	names if it fits, else any usable license of the caller for the content
 * @reserved: zero
 */
struct cask_open {
	__s32 content_fd;
	__u32 flags;
	__u8 license_id[CASK_ID_SIZE];
	__u64 reserved[2];
};

/**
 * struct cask_info - result of CASK_IOC_INFO; all zero when passed in
 * @content_id: of the file
 * @license_id: in use
 * @issuer: thumbprint of the distributor's root key
 * @plain_size: bytes of the plaintext
 * @block_size: plaintext bytes of a block
 * @suite: enum cask_suite
 * @not_before: first second of the usage period, 0 if open
 * @not_after: last second of the usage period, 0 if open
 * @bytes: plaintext bytes handed out through this open file
 * @bad_block: index of the block that the last failed read of this open file
 *	stopped at
 * @bad_errno: errno of that read, 0 if none has failed
 * @reserved: zero
 */
struct cask_info {
	__u8 content_id[CASK_ID_SIZE];
	__u8 license_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u64 plain_size;
	__u32 block_size;
	__u32 suite;
	__u64 not_before;
	__u64 not_after;
	__u64 bytes;
	__u64 bad_block;
	__u32 bad_errno;
	__u32 reserved[3];
};

#define CASK_IOC_MAGIC	0xC5

/*
 * On /dev/cask: returns a new descriptor (O_RDONLY, close-on-exec) of a
 * regular file that holds the plaintext.
 */
#define CASK_IOC_OPEN	_IOW(CASK_IOC_MAGIC, 1, struct cask_open)

/* On a file that CASK_IOC_OPEN returned. */
#define CASK_IOC_INFO	_IOWR(CASK_IOC_MAGIC, 2, struct cask_info)

#endif /* _LINUX_CASK_H */
