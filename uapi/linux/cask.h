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
 * @content_fd: readable regular file in .cask format; or -1 to use a key without
 *	a file, by CASK_IOC_DECRYPT
 * @flags: zero
 * @license_id: the license to use; all zero: the one the file's link part
 *	names if it fits, else any usable license of the caller for the content
 * @content_id: without a file, the content (in CENC the KID); else all zero
 * @issuer: without a file, whose license: thumbprint of the distributor's root
 *	key; all zero when it does not matter; else all zero
 * @reserved: zero
 */
struct cask_open {
	__s32 content_fd;
	__u32 flags;
	__u8 license_id[CASK_ID_SIZE];
	__u8 content_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u64 reserved[2];
};

/**
 * struct cask_info - result of CASK_IOC_INFO; all zero when passed in
 * @content_id: of the file
 * @license_id: in use
 * @issuer: thumbprint of the distributor's root key
 * @plain_size: bytes of the plaintext, 0 without a file
 * @block_size: plaintext bytes of a block, 0 without a file
 * @suite: enum cask_suite
 * @not_before: first second of the usage period, 0 if open
 * @not_after: last second of the usage period, 0 if open
 * @bytes: plaintext bytes handed out through this open file
 * @packets: jobs of CASK_IOC_DECRYPT that succeeded on this open file
 * @seconds: seconds in which this open file handed out plaintext
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
	__u64 packets;
	__u64 seconds;
	__u64 bad_block;
	__u32 bad_errno;
	__u32 reserved[3];
};

/**
 * struct cask_job - a packet or a sample to decrypt
 * @src: address of the ciphertext; of AES-128-GCM, with the tag at its end
 * @dst: address for the plaintext: @src itself, or memory that does not overlap it
 * @aad: address of additional data, AES-128-GCM only
 * @len: bytes at @src; of AES-128-CBC a multiple of 16, of AES-128-GCM at least 16
 * @aad_len: bytes at @aad, at most CASK_AAD_MAX
 * @flags: zero
 * @iv: initial counter block (CTR), IV (CBC), or nonce of 12 bytes and zeros (GCM)
 * @result: written: 0; or -errno, and then @dst may hold a part of the plaintext, of
 *	AES-128-GCM only if it is authentic
 * @reserved: zero
 */
struct cask_job {
	__u64 src;
	__u64 dst;
	__u64 aad;
	__u32 len;
	__u16 aad_len;
	__u16 flags;
	__u8 iv[16];
	__s32 result;
	__u32 reserved;
};
#define CASK_AAD_MAX	256

/**
 * struct cask_decrypt - argument of CASK_IOC_DECRYPT
 * @jobs: address of an array of struct cask_job
 * @count: of jobs
 * @flags: zero
 * @reserved: zero
 */
struct cask_decrypt {
	__u64 jobs;
	__u32 count;
	__u32 flags;
	__u64 reserved[2];
};

#define CASK_IOC_MAGIC	0xC5

/*
 * On /dev/cask: returns a new descriptor (O_RDONLY, close-on-exec) of a
 * regular file that holds the plaintext.
 */
#define CASK_IOC_OPEN	_IOW(CASK_IOC_MAGIC, 1, struct cask_open)

/* On a file that CASK_IOC_OPEN returned. */
#define CASK_IOC_INFO	_IOWR(CASK_IOC_MAGIC, 2, struct cask_info)

/*
 * On a file that CASK_IOC_OPEN returned for a license of a key without a file:
 * does the jobs in order, by the license's suite, and returns how many succeeded.
 */
#define CASK_IOC_DECRYPT	_IOW(CASK_IOC_MAGIC, 3, struct cask_decrypt)

#endif /* _LINUX_CASK_H */
