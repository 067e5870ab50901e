// SPDX-License-Identifier: GPL-2.0
/*
 * processes.c - look through every process but this one: what of its memory is
 * in RAM or swap, and the files without a name that it has open.
 *
 * Pages that are in neither have never been written by the process. A page that
 * is swapped out is read back by reading it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "search.h"

#define PAGE			4096
/* Of /proc/PID/pagemap. */
#define PAGE_PRESENT		(1ULL << 63)
#define PAGE_SWAPPED		(1ULL << 62)

struct process {
	char pid[16];
	char name[32];
	int mem;
	int pagemap;
};

/* Consecutive pages of a process. */
struct run {
	int mem;
	uint64_t at, end;
};

static ssize_t fill(void *arg, uint8_t *to, size_t size)
{
	struct run *run = arg;
	uint64_t left = run->end - run->at;
	ssize_t n;

	if (!left)
		return 0;
	n = pread(run->mem, to, size < left ? size : left, run->at);
	if (n > 0)
		run->at += n;
	return n < 0 ? -errno : n;
}

static bool is_there(const struct process *p, uint64_t address)
{
	uint64_t entry;

	return pread(p->pagemap, &entry, sizeof(entry), address / PAGE * sizeof(entry)) ==
		sizeof(entry) && entry & (PAGE_PRESENT | PAGE_SWAPPED);
}

/* The kernel's own pages in every process; they hold clocks and code. */
static bool is_kernels(const char *mapping)
{
	return !strncmp(mapping, "[vvar", 5) || !strcmp(mapping, "[vsyscall]");
}

static void search_mapping(const struct process *p, uint64_t start, uint64_t end,
			   const char *mapping)
{
	struct run run = { .mem = p->mem };
	char place[512];
	int ret;

	for (uint64_t at = start; at < end; at += PAGE) {
		if (!is_there(p, at))
			continue;
		run.at = at;
		while (at + PAGE < end && is_there(p, at + PAGE))
			at += PAGE;
		run.end = at + PAGE;
		ret = scan_run(fill, &run, run.at);
		/* Gone meanwhile: unmapped, or the whole process. */
		if (ret && ret != -EIO && ret != -ESRCH)
			die("process %s (%s) %s: %s", p->pid, p->name, mapping, strerror(-ret));
	}
	snprintf(place, sizeof(place), "process %s (%s) %s", p->pid, p->name, mapping);
	scan_report(place);
}

static void search_memory(const struct process *p)
{
	char path[32], line[1024], mapping[512], rights[8];
	uint64_t start, end;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", p->pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		mapping[0] = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %511[^\n]", &start, &end,
			   rights, mapping) < 3)
			die("%s: %s", path, line);
		if (!is_kernels(mapping))
			search_mapping(p, start, end, *mapping ? mapping : "anonymous");
	}
	if (maps)
		fclose(maps);
}

/* A file of the module has a name by this count; its plaintext is the player's. */
static void search_deleted(const struct process *p)
{
	char path[64], place[128];
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/fd", p->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%.16s", p->pid, entry->d_name);
		if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_nlink)
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die("%s: %m", path);
		snprintf(place, sizeof(place), "process %s (%s) unlinked", p->pid, p->name);
		search_fd(place, fd);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

static int open_of(const struct process *p, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/%s", p->pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A kernel thread has no memory of its own: an empty maps. */
static void search_process(const char *pid)
{
	struct process p = { .mem = -1, .pagemap = -1 };
	int comm;
	ssize_t n;

	snprintf(p.pid, sizeof(p.pid), "%s", pid);
	comm = open_of(&p, "comm");
	if (comm < 0)
		return;
	n = read(comm, p.name, sizeof(p.name) - 1);
	close(comm);
	p.name[n > 0 ? n - 1 : 0] = 0;
	p.mem = open_of(&p, "mem");
	p.pagemap = open_of(&p, "pagemap");
	if ((p.mem < 0 || p.pagemap < 0) && errno != ENOENT && errno != ESRCH)
		die("process %s (%s): %m", pid, p.name);
	if (p.mem >= 0 && p.pagemap >= 0) {
		search_memory(&p);
		search_deleted(&p);
	}
	close(p.mem);
	close(p.pagemap);
}

/** search_processes() - look through all that /proc lists, without this one */
void search_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		die("/proc: %m");
	while ((entry = readdir(dir))) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid())
			search_process(entry->d_name);
	}
	closedir(dir);
}
