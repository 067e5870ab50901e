// SPDX-License-Identifier: GPL-2.0
/*
 * short.c - reads and writes that do less than they were asked to. For LD_PRELOAD.
 *
 * POSIX allows it of every read() and write(); disks that fill up, signals and
 * network file systems do it, Linux' own file systems hardly ever.
 */
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* At least a byte: none would be the end of the file. */
static size_t less(size_t size)
{
	return size < 2 ? size : size / 2;
}

ssize_t read(int fd, void *data, size_t size)
{
	return syscall(SYS_read, fd, data, less(size));
}

ssize_t write(int fd, const void *data, size_t size)
{
	return syscall(SYS_write, fd, data, less(size));
}

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
	return syscall(SYS_pread64, fd, data, less(size), offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	return syscall(SYS_pwrite64, fd, data, less(size), offset);
}
