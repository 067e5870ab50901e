/* SPDX-License-Identifier: GPL-2.0 */
/* compat.h - what differs between the kernels that Cask builds for; nowhere else. */
#ifndef CASK_COMPAT_H
#define CASK_COMPAT_H

#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/version.h>

/* 6.12 moved it. */
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.5 replaced generic_file_splice_read() by one function for each kind of file. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define cask_splice_read	copy_splice_read
#else
#define cask_splice_read	generic_file_splice_read
#endif

/* 6.5 named the flag; before, this one keeps a cache from being merged as well. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE		SLAB_NOLEAKTRACE
#endif

/* 6.6 hid the times behind accessors; new_inode() leaves the old ones of whatever was there. */
static inline void cask_inode_init_times(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	simple_inode_init_ts(inode);
#else
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
#endif
}

#endif /* CASK_COMPAT_H */
