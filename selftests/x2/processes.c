// SPDX-License-Identifier: GPL-2.0
/*
 * processes.c - look through every process but this one: what of its memory is
 * in RAM or swap, and the files without a name that it has open.
 *
 * Pages that are in neither have never been written by the process. A page that
 * is swapped out is read back by reading it. One that goes while it is looked for
 * is passed over; one that stays and cannot be read ends the search.
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

#define WANTED_MAX		8
/* A page may have gone and another come between two looks. */
#define TRIES			100

struct process {
	char pid[16];
	char name[32];
	int mem;
	int pagemap;
};

/* Processes that there must be, and how much was read of all with that name. */
static struct {
	const char *name;
	uint64_t bytes;
} wanted[WANTED_MAX];

/* Of all processes, pages that went before they could be read. */
static unsigned long pages_gone;

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

static void search_run(const struct process *p, struct run *run, const char *mapping)
{
	int ret, tries = 0;

	while ((ret = scan_run(fill, run, run->at))) {
		if (ret == -EIO && !is_there(p, run->at)) {
			pages_gone++;
			run->at += PAGE;
		} else if (ret != -EIO || ++tries == TRIES) {
			die("process %s (%s) %s at 0x%" PRIx64 ": %s", p->pid, p->name, mapping,
			    run->at, strerror(-ret));
		}
	}
}

static void search_mapping(const struct process *p, uint64_t start, uint64_t end,
			   const char *mapping)
{
	struct run run = { .mem = p->mem };
	char place[512];

	for (uint64_t at = start; at < end; at += PAGE) {
		if (!is_there(p, at))
			continue;
		run.at = at;
		while (at + PAGE < end && is_there(p, at + PAGE))
			at += PAGE;
		run.end = at + PAGE;
		search_run(p, &run, mapping);
	}
	snprintf(place, sizeof(place), "process %s (%s) %s", p->pid, p->name, mapping);
	scan_report(place);
}

/* How many bytes of it there were. */
static uint64_t search_memory(const struct process *p)
{
	char path[32], line[1024], mapping[512], rights[8];
	uint64_t start, end, before = scan_total();
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
	return scan_total() - before;
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
		/* Closed meanwhile. */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			die("%s: %m", path);
		snprintf(place, sizeof(place), "process %s (%s) unlinked", p->pid, p->name);
		search_fd(place, fd);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

static void credit(const struct process *p, uint64_t bytes)
{
	for (int i = 0; i < WANTED_MAX && wanted[i].name; i++)
		if (!strcmp(wanted[i].name, p->name))
			wanted[i].bytes += bytes;
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
		credit(&p, search_memory(&p));
		search_deleted(&p);
	}
	close(p.mem);
	close(p.pagemap);
}

/* Names of processes that there must be, up to the first that is NULL. */
static void want(char *names)
{
	char *name;

	for (int i = 0; (name = strsep(&names, ",")); i++) {
		if (i == WANTED_MAX)
			die("more than %d processes are wanted", WANTED_MAX);
		wanted[i].name = name;
	}
}

static void must_have_been(void)
{
	for (int i = 0; i < WANTED_MAX && wanted[i].name; i++)
		if (!wanted[i].bytes)
			die("no memory of %s was there to look through", wanted[i].name);
}

/**
 * search_processes() - look through all that /proc lists, without this one
 * @names: of processes of whose memory there must be some, with commas between; may be empty
 */
void search_processes(const char *names)
{
	char *copy = strdup(names);
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir || !copy)
		die("/proc: %m");
	if (*copy)
		want(copy);
	while ((entry = readdir(dir))) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid())
			search_process(entry->d_name);
	}
	closedir(dir);
	must_have_been();
	free(copy);
	if (pages_gone)
		fprintf(stderr, "x2-search: %lu pages of processes went meanwhile\n", pages_gone);
}
