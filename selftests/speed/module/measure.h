/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure.h - what the benchmark asks its module: the crypto API alone, inside
 * the kernel, through /dev/cask-speed.
 */
#ifndef CASK_SPEED_MEASURE_H
#define CASK_SPEED_MEASURE_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum speed_op {
	SPEED_CTR,
	SPEED_CBC_DEC,
	SPEED_GCM,
	SPEED_READ,
	SPEED_OPS
};

#define SPEED_BYTES_MAX		(1u << 20)

/**
 * struct speed_measure - decrypt in place in kernel memory, once
 * @op: enum speed_op, not SPEED_READ
 * @bytes: of a job, at most SPEED_BYTES_MAX in all jobs
 * @count: jobs
 * @reserved: unused
 * @insns: result: ticks of the time stamp counter
 * @driver: result: which implementation of the crypto API did it
 */
struct speed_measure {
	__u32 op;
	__u32 bytes;
	__u32 count;
	__u32 reserved;
	__u64 insns;
	char driver[128];
};

#define SPEED_IOC_MEASURE	_IOWR(0xC6, 1, struct speed_measure)

#endif /* CASK_SPEED_MEASURE_H */
