// SPDX-License-Identifier: GPL-2.0
/*
 * decoy.c - keys where no key may be, for the searcher to find.
 *
 *	x2-decoy print FORMS PLACE	writes that place's forms, one a line
 *	x2-decoy stay FORMS FILE	puts forms into its heap, stack, data, environment, swap and the
 *					journal, FILE (mapped) and a file without a name; says so and
 *					stays until its input ends
 *
 * FORMS is what x2-fingerprint --plain wrote for keys "PLACE.16" and "PLACE.32".
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "forms.h"
#include "text.h"

#define BLOB_MAX	16384
#define PAGE		4096
#define JOURNAL		"/run/systemd/journal/socket"
#define PAGEOUT_TRIES	100

static const char *forms;
/* Not zero: in the part of memory that began as a part of the program's file. */
static uint8_t data[BLOB_MAX] = { 1 };

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "x2-decoy: %s: %m\n", what);
	exit(1);
}

/* All forms of the place's keys, each with a newline behind. */
static size_t gather(const char *place, uint8_t *to)
{
	char hex[TEXT_HEX_SIZE(FORM_MAX)], name[64], form[16];
	size_t n = 0, length = strlen(place);
	FILE *file = fopen(forms, "r");

	if (!file)
		die(forms);
	while (fscanf(file, "%128s %63s %15s", hex, name, form) == 3) {
		size_t size = strlen(hex) / 2;

		if (strncmp(name, place, length) || name[length] != '.')
			continue;
		if (n + size + 1 > BLOB_MAX || text_from_hex(hex, to + n, size))
			die(name);
		n += size;
		to[n++] = '\n';
	}
	fclose(file);
	if (!n)
		die(place);
	return n;
}

static int print(const char *place)
{
	static uint8_t blob[BLOB_MAX];
	size_t n = gather(place, blob), at = 0;

	/* A write for each line: so the kernel's log and trace want it. */
	for (size_t i = 0; i < n; i++) {
		if (blob[i] != '\n')
			continue;
		if (write(STDOUT_FILENO, blob + at, i + 1 - at) < 0)
			die("write");
		at = i + 1;
	}
	return 0;
}

/*
 * Strings of an environment lie one behind the other, each with its zero: cut at
 * its zeros a text of any bytes is an environment.
 */
static void become_environment(char **argv)
{
	static uint8_t blob[BLOB_MAX] = "DECOY=";
	static char *environment[BLOB_MAX];
	size_t n = 6 + gather("environment", blob + 6), count = 0;
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		die("/proc/self/exe");
	self[length] = 0;
	for (char *p = (char *)blob; p < (char *)blob + n; p += strlen(p) + 1)
		environment[count++] = p;
	execve(self, argv, environment);
	die("exec");
}

static void plant_heap(void)
{
	uint8_t *blob = malloc(BLOB_MAX);

	if (!blob)
		die("heap");
	gather("heap", blob);
}

static void plant_mapped(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, BLOB_MAX))
		die(path);
	map = mmap(NULL, BLOB_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die(path);
	gather("mapped", map);
	close(fd);
}

static void plant_unlinked(const char *near)
{
	static uint8_t blob[BLOB_MAX];
	size_t n = gather("unlinked", blob);
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.unlinked", near);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || unlink(path) || write(fd, blob, n) != (ssize_t)n)
		die(path);
	memset(blob, 0, sizeof(blob));
}

static bool is_swapped(const uint8_t *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)page / PAGE * 8) != 8)
		die("pagemap");
	close(fd);
	return entry >> 62 & 1;
}

static void plant_swap(void)
{
	uint8_t *pages = mmap(NULL, BLOB_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	size_t n;

	if (pages == MAP_FAILED)
		die("swap");
	n = gather("swap", pages);
	for (int i = 0; i < PAGEOUT_TRIES; i++) {
		size_t at = 0;

		if (madvise(pages, BLOB_MAX, MADV_PAGEOUT))
			die("MADV_PAGEOUT");
		while (at < n && is_swapped(pages + at))
			at += PAGE;
		if (at >= n)
			return;
	}
	die("pages are not swapped out");
}

/* systemd's own protocol carries any bytes: a name, a length, the bytes. */
static void plant_journal(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static uint8_t entry[16 + BLOB_MAX] = "MESSAGE\n";
	uint64_t n = gather("journal", entry + 16);

	memcpy(entry + 8, &n, 8);
	entry[16 + n] = '\n';
	if (fd < 0 || sendto(fd, entry, 16 + n + 1, 0, (void *)&address, sizeof(address)) < 0)
		die(JOURNAL);
	close(fd);
	memset(entry, 0, sizeof(entry));
}

static int stay(const char *path)
{
	uint8_t stack[BLOB_MAX];
	char byte;

	plant_heap();
	plant_mapped(path);
	plant_unlinked(path);
	plant_swap();
	plant_journal();
	gather("data", data);
	gather("stack", stack);
	/* The compiler may not forget what nobody reads. */
	__asm__ volatile("" : : "r"(stack), "r"(data) : "memory");
	puts("planted");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return stack[0] == data[0];
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("usage");
	forms = argv[2];
	if (!strcmp(argv[1], "print"))
		return print(argv[3]);
	if (!getenv("DECOY"))
		become_environment(argv);
	return stay(argv[3]);
}
