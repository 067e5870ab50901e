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
 * @flags: CASK_OPEN_MEDIUM: with a license on a medium; CASK_OPEN_RECORD: to record it to a
 *	disc, which the license has to permit; not of a key without a file
 * @license_id: the license to use; all zero: the one the file's link part
 *	names if it fits, else any usable license of the caller, or on the medium, for
 *	the content
 * @content_id: without a file, the content (in CENC the KID); else all zero
 * @issuer: without a file, whose license: thumbprint of the distributor's root
 *	key; all zero when it does not matter; else all zero
 * @medium_fd: from CASK_IOC_MEDIUM_OPEN; zero without CASK_OPEN_MEDIUM
 * @reserved: zero
 */
struct cask_open {
	__s32 content_fd;
	__u32 flags;
	__u8 license_id[CASK_ID_SIZE];
	__u8 content_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__s32 medium_fd;
	__u32 reserved[3];
};
#define CASK_OPEN_MEDIUM	(1 << 0)
#define CASK_OPEN_RECORD	(1 << 1)

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

/**
 * struct cask_medium_create - argument of CASK_IOC_MEDIUM_CREATE
 * @fd: regular file or block device, read and write, without a first layer
 * @flags: CASK_MEDIUM_LOCKED: the second layer is this apparatus's alone
 * @class_id: content id of a class key that the caller has a license for
 * @issuer: whose class: thumbprint of the distributor's root key
 * @slot_size: bytes of a slot of the second layer, see struct cask_medium_layout
 * @third_offset: of the third layer, bytes
 * @third_size: of the third layer, bytes
 * @number: written: the medium's
 * @reserved: zero
 */
struct cask_medium_create {
	__s32 fd;
	__u32 flags;
	__u8 class_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u32 slot_size;
	__u32 reserved;
	__u64 third_offset;
	__u64 third_size;
	__u8 number[CASK_MEDIUM_NUMBER_SIZE];
};
#define CASK_MEDIUM_LOCKED	(1 << 0)

/**
 * struct cask_medium_open - argument of CASK_IOC_MEDIUM_OPEN
 * @fd: regular file or block device, readable; to change the second layer, also writable
 * @flags: zero
 */
struct cask_medium_open {
	__s32 fd;
	__u32 flags;
};

enum cask_medium_state {
	CASK_MEDIUM_GOOD	= 0,
	CASK_MEDIUM_LOST	= 1,	/* nothing in the second layer can be read */
	CASK_MEDIUM_STALE	= 2,	/* an older copy of a medium that went on elsewhere */
	CASK_MEDIUM_FOREIGN	= 3,	/* its second layer is another apparatus's */
	CASK_MEDIUM_GONE	= 4,	/* what is there now is not what was opened */
};

/**
 * struct cask_medium_info - result of CASK_IOC_MEDIUM_INFO; all zero when passed in
 * @number: of the medium
 * @class_id: of the medium
 * @issuer: whose class
 * @apparatus: the device key that its second layer is locked to, or all zero
 * @state: enum cask_medium_state
 * @licenses: how many are in the second layer
 * @counter: of the image of the second layer
 * @third_offset: of the third layer, bytes
 * @third_size: of the third layer, bytes
 * @slot_size: of the second layer, bytes
 * @used: of a slot, bytes
 * @reserved: zero
 */
struct cask_medium_info {
	__u8 number[CASK_MEDIUM_NUMBER_SIZE];
	__u8 class_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u8 apparatus[CASK_X25519_SIZE];
	__u32 state;
	__u32 licenses;
	__u64 counter;
	__u64 third_offset;
	__u64 third_size;
	__u32 slot_size;
	__u32 used;
	__u64 reserved[2];
};

/* Whether a license on a medium is a copy of a device's. */
enum cask_medium_copy {
	CASK_COPY_NONE		= 0,
	CASK_COPY_EXPORTED	= 1,
	CASK_COPY_LENT		= 2,	/* checked out of this device */
	CASK_COPY_LENT_ELSEWHERE = 3,	/* checked out of another one */
};

/**
 * struct cask_medium_license - argument of CASK_IOC_MEDIUM_LICENSE
 * @index: which, from 0; everything else zero when passed in
 * @license_id: written
 * @content_id: written
 * @issuer: written: thumbprint of the distributor's root key
 * @not_before: written: first second of the usage period, 0 if open
 * @not_after: written: last second of the usage period, 0 if open
 * @suite: written: enum cask_suite
 * @opens_max: written: how often it may be opened, or CASK_OPENS_ANY
 * @opens_left: written: of them, how often still in this device
 * @error: written: why it cannot be opened now, an errno, or 0
 * @copy: written: enum cask_medium_copy
 * @reserved: zero
 */
struct cask_medium_license {
	__u32 index;
	__u32 suite;
	__u8 license_id[CASK_ID_SIZE];
	__u8 content_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u64 not_before;
	__u64 not_after;
	__u32 opens_max;
	__u32 opens_left;
	__u32 error;
	__u32 copy;
	__u32 reserved[2];
};

/**
 * struct cask_medium_data - argument of CASK_IOC_MEDIUM_INSTALL and _RESTORE
 * @data: address of a LICENSE statement, or of a BACKUP
 * @len: bytes of it
 * @licenses: written: how many the second layer got
 */
struct cask_medium_data {
	__u64 data;
	__u32 len;
	__u32 licenses;
};

/**
 * struct cask_medium_lend - argument of CASK_IOC_MEDIUM_EXPORT, _CHECKOUT and _CHECKIN
 * @license_id: of a license of this device; to check in, of what was checked out of it
 * @issuer: its and the medium's: thumbprint of the distributor's root key
 * @reserved: zero
 */
struct cask_medium_lend {
	__u8 license_id[CASK_ID_SIZE];
	__u8 issuer[CASK_KID_SIZE];
	__u32 reserved[4];
};

/**
 * struct cask_medium_backup - argument of CASK_IOC_MEDIUM_BACKUP
 * @data: address for a BACKUP
 * @size: bytes there, CASK_BACKUP_MAX always do; written: bytes of the BACKUP
 * @derivation: enum cask_derivation
 * @locks: enum cask_locks
 * @reserved: zero
 * @apparatus: public key of the device that is to restore it, all zero: this one; all
 *	zero without an apparatus's lock
 */
struct cask_medium_backup {
	__u64 data;
	__u32 size;
	__u32 derivation;
	__u32 locks;
	__u32 reserved;
	__u8 apparatus[CASK_X25519_SIZE];
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

/* On /dev/cask: draws a number and writes the first layer and an empty second one. */
#define CASK_IOC_MEDIUM_CREATE	_IOWR(CASK_IOC_MAGIC, 4, struct cask_medium_create)

/* On /dev/cask: returns a new descriptor (close-on-exec) of a medium, for what follows. */
#define CASK_IOC_MEDIUM_OPEN	_IOW(CASK_IOC_MAGIC, 5, struct cask_medium_open)

#define CASK_IOC_MEDIUM_INFO	_IOWR(CASK_IOC_MAGIC, 6, struct cask_medium_info)
#define CASK_IOC_MEDIUM_LICENSE	_IOWR(CASK_IOC_MAGIC, 7, struct cask_medium_license)
#define CASK_IOC_MEDIUM_INSTALL	_IOWR(CASK_IOC_MAGIC, 8, struct cask_medium_data)
#define CASK_IOC_MEDIUM_BACKUP	_IOWR(CASK_IOC_MAGIC, 9, struct cask_medium_backup)
#define CASK_IOC_MEDIUM_RESTORE	_IOWR(CASK_IOC_MAGIC, 10, struct cask_medium_data)

/* A copy of a license of this device, onto the medium and, what was checked out, off it again. */
#define CASK_IOC_MEDIUM_EXPORT	_IOW(CASK_IOC_MAGIC, 11, struct cask_medium_lend)
#define CASK_IOC_MEDIUM_CHECKOUT	_IOW(CASK_IOC_MAGIC, 12, struct cask_medium_lend)
#define CASK_IOC_MEDIUM_CHECKIN	_IOW(CASK_IOC_MAGIC, 13, struct cask_medium_lend)

/*
 * On /dev/cask: accepts a .cask file into the store, if the license has a download period and it
 * is now; @flags may be CASK_OPEN_MEDIUM.
 */
#define CASK_IOC_ACCEPT	_IOW(CASK_IOC_MAGIC, 20, struct cask_open)

#endif /* _LINUX_CASK_H */
