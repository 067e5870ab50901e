/* SPDX-License-Identifier: GPL-2.0 */
/* compat.h - what differs between the kernels that Cask builds for; nowhere else. */
#ifndef CASK_COMPAT_H
#define CASK_COMPAT_H

#include <linux/fs.h>
#include <linux/version.h>

/* 6.5 replaced generic_file_splice_read() by one function for each kind of file. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define cask_splice_read	copy_splice_read
#else
#define cask_splice_read	generic_file_splice_read
#endif

#endif /* CASK_COMPAT_H */
