// SPDX-License-Identifier: GPL-2.0
/*
 * pageout.c - push the anonymous memory of processes out to swap.
 *
 *	x2-pageout PID...
 *
 * Fails if a process has nothing in swap then.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void __attribute__((noreturn)) die(const char *what, const char *pid)
{
	fprintf(stderr, "x2-pageout: %s of process %s: %m\n", what, pid);
	exit(1);
}

static FILE *open_of(const char *pid, const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	file = fopen(path, "r");
	if (!file)
		die(name, pid);
	return file;
}

/* Mappings of files are left alone: their pages would only be read again. */
static void push(const char *pid)
{
	int pidfd = syscall(SYS_pidfd_open, atoi(pid), 0);
	FILE *maps = open_of(pid, "maps");
	uint64_t start, end, inode;
	char line[1024];

	if (pidfd < 0)
		die("pidfd", pid);
	while (fgets(line, sizeof(line), maps)) {
		struct iovec range;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " rw%*s %*s %*s %" SCNu64, &start, &end,
			   &inode) != 3 || inode)
			continue;
		range = (struct iovec){ (void *)start, end - start };
		/* EINVAL: it is locked in memory, and never gets to swap. */
		if (syscall(SYS_process_madvise, pidfd, &range, 1, MADV_PAGEOUT, 0) < 0 &&
		    errno != EINVAL)
			die("memory", pid);
	}
	fclose(maps);
	close(pidfd);
}

static unsigned long swapped_kib(const char *pid)
{
	FILE *status = open_of(pid, "status");
	unsigned long kib = 0;
	char line[256];

	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmSwap: %lu", &kib) == 1)
			break;
	fclose(status);
	return kib;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++) {
		unsigned long kib;

		push(argv[i]);
		kib = swapped_kib(argv[i]);
		printf("process %s has %lu KiB in swap\n", argv[i], kib);
		failed |= !kib;
	}
	return failed;
}
